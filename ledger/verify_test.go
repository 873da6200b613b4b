package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// world is a ledger and its documents in memory, as a test changes them.
type world struct {
	entries    [][]byte
	checkpoint []byte
	vkey       string
	files      map[Hash][]byte
	original   map[int64][]byte // by import
	rows       map[int64][][]byte
	members    map[string][][]byte
	assigns    map[string][][]byte
	facts      map[Hash][]byte
}

// vectorWorld is the example ledger of the vectors.
func vectorWorld(t testing.TB) *world {
	t.Helper()
	log, entries := readLog(t)
	w := &world{
		entries: entries, checkpoint: readVector(t, "log/checkpoint"), vkey: log.VKey,
		files: make(map[Hash][]byte), original: make(map[int64][]byte), rows: make(map[int64][][]byte),
		members: make(map[string][][]byte), assigns: make(map[string][][]byte), facts: make(map[Hash][]byte),
	}
	for _, name := range []string{"allowed_signers", "documents/policy.txt", "documents/rules.txt", "documents/import-000002-rejects.csv", "documents/import-000014-rejects.csv"} {
		b := readVector(t, path.Join("log", name))
		w.files[Sum(b)] = b
	}
	for _, i := range []int64{2, 14} {
		w.original[i] = readVector(t, fmt.Sprintf("log/documents/import-%06d.csv", i))
		w.rows[i] = SplitTexts(readVector(t, fmt.Sprintf("log/documents/import-%06d-rows.txt", i)))
	}
	const campaign = "2026q4-erp"
	w.members[campaign] = SplitTexts(readVector(t, "log/documents/campaign-members.txt"))
	w.assigns[campaign] = SplitTexts(readVector(t, "log/documents/campaign-assignments.txt"))
	for _, f := range SplitTexts(readVector(t, "log/documents/campaign-facts.txt")) {
		w.facts[Sum(f)] = f
	}
	return w
}

func seqOf(texts [][]byte, ok bool) iter.Seq2[Text, error] {
	if !ok {
		return func(yield func(Text, error) bool) { yield(Text{}, fs.ErrNotExist) }
	}
	return EntriesOf(texts)
}

// input gives the world to a verifier.
func (w *world) input() Input {
	return Input{
		Entries: EntriesOf(w.entries), Size: int64(len(w.entries)), Checkpoint: w.checkpoint, VKey: w.vkey,
		File: func(_ context.Context, ref FileRef) (io.ReadCloser, error) {
			b, ok := w.files[ref.Digest]
			if ref.Role == FileOriginal {
				b, ok = w.original[ref.Index]
			}
			if !ok {
				return nil, fs.ErrNotExist
			}
			return io.NopCloser(bytes.NewReader(b)), nil
		},
		Rows: func(_ context.Context, i int64) iter.Seq2[Text, error] { r, ok := w.rows[i]; return seqOf(r, ok) },
		Members: func(_ context.Context, c string) iter.Seq2[Text, error] {
			m, ok := w.members[c]
			return seqOf(m, ok)
		},
		Assignments: func(_ context.Context, c string) iter.Seq2[Text, error] {
			a, ok := w.assigns[c]
			return seqOf(a, ok)
		},
		Facts: func(_ context.Context, shown []Hash) (map[Hash][]byte, error) {
			out := map[Hash][]byte{}
			for _, h := range shown {
				if f, ok := w.facts[h]; ok {
					out[h] = f
				}
			}
			return out, nil
		},
	}
}

func (w *world) verify(t testing.TB, o Options) *Report {
	t.Helper()
	return verifyInput(t, w.input(), o)
}

func verifyInput(t testing.TB, in Input, o Options) *Report {
	t.Helper()
	r, err := Verify(context.Background(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func words(r *Report) string {
	var b strings.Builder
	for i := range r.Failures {
		b.WriteString(r.Failures[i].Error() + "\n")
	}
	return b.String()
}

func hasState(r *Report, code string) bool {
	return slices.ContainsFunc(r.States, func(s State) bool { return s.Code == code })
}

func TestVerifyVectorLog(t *testing.T) {
	w := vectorWorld(t)
	log, _ := readLog(t)
	r := w.verify(t, Options{})
	if !r.OK() {
		t.Fatalf("failures:\n%s", words(r))
	}
	if r.Entries != 20 || r.Records != 8 || r.Signatures != 10 || r.Withheld != 0 || r.Head.Root.Base64() != log.Roots[20] {
		t.Errorf("%d entries, %d records, %d signatures, head %s", r.Entries, r.Records, r.Signatures, r.Head)
	}
	if r.ExitStatus(false) != ExitOK || r.ExitStatus(true) != ExitUnconfirmed {
		t.Errorf("exit %d, strict %d", r.ExitStatus(false), r.ExitStatus(true))
	}
	for _, code := range []string{StateRosterUnconfirmed, StateUnanchoredTail} {
		if !hasState(r, code) {
			t.Errorf("no state %s", code)
		}
	}
	confirmed := w.verify(t, Options{
		Signers: readVector(t, "log/allowed_signers"), SignersFrom: "mail", VKey: log.VKey, VKeyFrom: "mail",
		Earlier: []Earlier{{Note: readVector(t, "log/checkpoint-13"), From: "receipt"}}, Log: log.Origin, LogFrom: "mail",
	})
	if !confirmed.OK() || confirmed.ExitStatus(true) != ExitOK || confirmed.Proven != 13 {
		t.Errorf("exit %d, proven %d:\n%s", confirmed.ExitStatus(true), confirmed.Proven, words(confirmed))
	}
	if hasState(confirmed, StateRosterUnconfirmed) {
		t.Error("the roster counts as unconfirmed")
	}
}

// mutation is one attack of testdata/vectors/mutations.json.
type mutation struct {
	ID, Attack string
	Ops        []struct {
		Op        string
		Entry, To int
		Find      string
		With      string
		Entries   [][]byte `json:"entries_b64"`
	}
	Options struct {
		IgnoreCheckpoint bool   `json:"ignore_checkpoint"`
		Earlier          string `json:"earlier_checkpoint"`
		Documents        *bool
		Origin           string
		RosterReplace    [][2]string `json:"roster_replace"`
	}
	MustReport []Code   `json:"must_report"`
	MustState  []string `json:"must_state"`
}

func (m *mutation) apply(t *testing.T, w *world) {
	for _, op := range m.Ops {
		switch op.Op {
		case "replace":
			old := w.entries[op.Entry]
			w.entries[op.Entry] = bytes.Replace(old, []byte(op.Find), []byte(op.With), 1)
			if bytes.Equal(old, w.entries[op.Entry]) {
				t.Fatal("the replacement changes nothing")
			}
		case "delete":
			w.entries = slices.Delete(w.entries, op.Entry, op.To)
		case "set":
			w.entries[op.Entry] = op.Entries[0]
		case "insert":
			w.entries = slices.Insert(w.entries, op.Entry, op.Entries...)
		case "move":
			n, err := strconv.Atoi(op.Find)
			if err != nil {
				t.Fatal(err)
			}
			moved := slices.Clone(w.entries[op.Entry : op.Entry+n])
			w.entries = slices.Delete(w.entries, op.Entry, op.Entry+n)
			w.entries = slices.Insert(w.entries, op.To, moved...)
		default:
			t.Fatalf("unknown op %s", op.Op)
		}
	}
}

func TestMutations(t *testing.T) {
	var all struct{ Mutations []mutation }
	readJSON(t, "mutations.json", &all)
	if len(all.Mutations) < 60 {
		t.Fatalf("only %d mutations", len(all.Mutations))
	}
	for _, m := range all.Mutations {
		t.Run(m.ID, func(t *testing.T) {
			w := vectorWorld(t)
			m.apply(t, w)
			o := Options{Log: m.Options.Origin}
			in := w.input()
			if m.Options.IgnoreCheckpoint || m.Options.Earlier != "" {
				in.Checkpoint = nil
			}
			if m.Options.Earlier != "" {
				o.Earlier = []Earlier{{Note: readVector(t, m.Options.Earlier), From: m.Options.Earlier}}
			}
			if d := m.Options.Documents; d != nil && !*d {
				in.Rows, in.Members, in.Assignments, in.Facts = nil, nil, nil, nil
			}
			if m.Options.RosterReplace != nil {
				roster := readVector(t, "log/allowed_signers")
				for _, r := range m.Options.RosterReplace {
					roster = bytes.Replace(roster, []byte(r[0]), []byte(r[1]), 1)
				}
				o.Signers, o.SignersFrom = roster, "changed"
			}
			r := verifyInput(t, in, o)
			for _, code := range m.MustReport {
				if !r.Has(code) {
					t.Errorf("%s: no %s among\n%s", m.Attack, code, words(r))
				}
			}
			if len(m.MustReport) == 0 && !r.OK() {
				t.Errorf("%s: should give no failure:\n%s", m.Attack, words(r))
			}
			for _, code := range m.MustState {
				if !hasState(r, code) {
					t.Errorf("%s: no STATE %s", m.Attack, code)
				}
			}
			t.Logf("%s: %s\n%s", m.ID, m.Attack, words(r))
		})
	}
}
