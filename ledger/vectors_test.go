package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// vectors is the folder of the test vectors; its README says what each file is.
const vectors = "testdata/vectors"

func readVector(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(readVector(t, name)))
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// wantCode fails the test unless err is a Failure with the code.
func wantCode(t testing.TB, err error, code Code) {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("error is %v, want a failure %s", err, code)
	}
	if f.Code != code {
		t.Fatalf("code is %s, want %s: %v", f.Code, code, err)
	}
	if f.Words == "" {
		t.Fatal("a failure without words")
	}
}

func TestVectorsText(t *testing.T) {
	var cases []struct {
		Name  string
		Input []byte `json:"input_b64"`
		OK    bool
		Kind  Kind
	}
	readJSON(t, "text.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			v, err := Parse(c.Input)
			if !c.OK {
				wantCode(t, err, CodeFormat)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if KindOf(c.Input) != c.Kind {
				t.Errorf("kind is %q, want %q", KindOf(c.Input), c.Kind)
			}
			again, err := Format(v)
			if err != nil || !bytes.Equal(again, c.Input) {
				t.Errorf("written again: %v\n%s\nwant\n%s", err, again, c.Input)
			}
		})
	}
	if len(cases) < 90 {
		t.Errorf("only %d cases", len(cases))
	}
}

func TestVectorsEscape(t *testing.T) {
	var cases []struct {
		Name string
		Raw  []byte `json:"raw_b64"`
		Text string
	}
	readJSON(t, "escape.json", &cases)
	for _, c := range cases {
		if got := Escape(string(c.Raw)); got != c.Text {
			t.Errorf("%s: escaped %q, want %q", c.Name, got, c.Text)
		}
		if got, err := Unescape(c.Text); err != nil || got != string(c.Raw) {
			t.Errorf("%s: unescaped %q, %v, want %q", c.Name, got, err, c.Raw)
		}
	}
}

func TestVectorsIDs(t *testing.T) {
	var cases []struct {
		Name          string
		Fields        map[string][]byte `json:"fields_b64"`
		Text          string
		Grant         Hash
		Log, Campaign string
		Stage         string
		ItemText      string `json:"item_text"`
		Item          Hash
	}
	readJSON(t, "ids.json", &cases)
	var keyer GrantKeyer
	for _, c := range cases {
		f := func(name string) string { return string(c.Fields[name]) }
		text, err := Format(Grant{f("kind"), f("source"), f("account"), f("entitlement"), f("resource"), f("path")})
		if err != nil || string(text) != c.Text {
			t.Errorf("%s: grant text %q, %v", c.Name, text, err)
		}
		if key := GrantKey(f("kind"), f("source"), f("account"), f("entitlement"), f("resource"), f("path")); key != c.Grant {
			t.Errorf("%s: grant key %s, want %s", c.Name, key, c.Grant)
		}
		if key := keyer.Key(f("kind"), f("source"), f("account"), f("entitlement"), f("resource"), f("path")); key != c.Grant {
			t.Errorf("%s: grant key of keyer %s, want %s", c.Name, key, c.Grant)
		}
		stage, err := strconv.ParseInt(c.Stage, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		text, err = Format(Item{c.Log, c.Campaign, stage, c.Grant})
		if err != nil || string(text) != c.ItemText {
			t.Errorf("%s: item text %q, %v", c.Name, text, err)
		}
		if id := ItemID(c.Log, c.Campaign, stage, c.Grant); id != c.Item {
			t.Errorf("%s: item id %s, want %s", c.Name, id, c.Item)
		}
	}
}

func TestVectorsSample(t *testing.T) {
	var cases map[string]struct {
		Items  []Hash
		Root   string
		Seed   string
		Ranked []struct{ Item Hash }
	}
	readJSON(t, "sample.json", &cases)
	for name, c := range cases {
		root, err := ParseTree(c.Root)
		if err != nil {
			t.Fatal(err)
		}
		ranked := Rank(c.Seed, root, c.Items)
		if len(ranked) != len(c.Ranked) || len(ranked) == 0 {
			t.Fatalf("%s: %d items ranked, want %d", name, len(ranked), len(c.Ranked))
		}
		for i := range ranked {
			if ranked[i] != c.Ranked[i].Item {
				t.Errorf("%s: place %d is %s, want %s", name, i+1, ranked[i], c.Ranked[i].Item)
			}
		}
	}
}

func TestVectorsSSHSig(t *testing.T) {
	var cases []struct {
		Name      string
		Namespace string
		Message   []byte `json:"message_b64"`
		Signature string
		OK        bool
		Code      Code
	}
	readJSON(t, "sshsig.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			s, err := VerifySSHSig(c.Namespace, c.Message, []byte(c.Signature))
			if !c.OK {
				wantCode(t, err, c.Code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if again := EncodeSSHSig(s.PublicKey, s.Namespace, s.signature); string(again) != c.Signature {
				t.Errorf("written again:\n%s\nwant\n%s", again, c.Signature)
			}
		})
	}
}

// vectorLog is testdata/vectors/log/log.json.
type vectorLog struct {
	Origin      string
	Size        int64
	VKey        string
	Roots       []string
	Checkpoint  string
	Earlier     string `json:"earlier_checkpoint"`
	Consistency []struct {
		Old, New int64
		Proof    []string
	}
	Inclusion []struct {
		Index, Size int64
		Proof       []string
	}
	Entries []struct {
		Index     int64
		Kind      Kind
		File      string
		Bytes     int
		Entry     Hash   `json:"entry_sha256"`
		Leaf      string `json:"leaf_hash"`
		Statement Hash   `json:"statement_sha256"`
		Namespace string
		Signer    string
	}
}

func readLog(t testing.TB) (log vectorLog, entries [][]byte) {
	t.Helper()
	readJSON(t, "log/log.json", &log)
	for _, e := range log.Entries {
		entries = append(entries, readVector(t, e.File))
	}
	return log, entries
}

func TestVectorsLog(t *testing.T) {
	log, entries := readLog(t)
	if int64(len(entries)) != log.Size || log.Size == 0 {
		t.Fatalf("%d entries, want %d", len(entries), log.Size)
	}
	var tree Tree
	var nodes Nodes
	for i, e := range log.Entries {
		if tree.Root().Base64() != log.Roots[i] || tree.Size() != int64(i) {
			t.Errorf("root of size %d is %s, want %s", i, tree.Root().Base64(), log.Roots[i])
		}
		v, statement, armored, err := ParseEntry(entries[i])
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		leaf := LeafHash(entries[i])
		if Sum(entries[i]) != e.Entry || Sum(statement) != e.Statement || leaf.Base64() != e.Leaf || len(entries[i]) != e.Bytes {
			t.Errorf("entry %d: a hash differs", i)
		}
		if KindOf(entries[i]) != e.Kind || LogOf(v) != log.Origin || NamespaceOf(v) != e.Namespace {
			t.Errorf("entry %d: kind %s, log %s, namespace %s", i, KindOf(entries[i]), LogOf(v), NamespaceOf(v))
		}
		if sig := SigOf(v); sig != nil {
			if sig.Signer != e.Signer || sig.Meaning != MeaningOf(v) {
				t.Errorf("entry %d: signer %s, meaning %q", i, sig.Signer, sig.Meaning)
			}
			s, err := VerifySSHSig(NamespaceOf(v), statement, armored)
			if err != nil || s.Fingerprint() != sig.Key {
				t.Errorf("entry %d: %v", i, err)
			}
		} else if armored != nil {
			t.Errorf("entry %d: has a signature", i)
		}
		joined, err := JoinEntry(statement, armored)
		if err != nil || !bytes.Equal(joined, entries[i]) {
			t.Errorf("entry %d: split and joined differ", i)
		}
		tree.Append(leaf)
		nodes.Append(leaf)
	}
	for size, want := range log.Roots {
		root, ok := nodes.RootAt(int64(size))
		if !ok || root.Base64() != want {
			t.Errorf("root at size %d is %s, want %s", size, root.Base64(), want)
		}
	}
	if _, ok := nodes.RootAt(log.Size + 1); ok {
		t.Error("a root beyond the end")
	}
}

func TestVectorsProofs(t *testing.T) {
	log, entries := readLog(t)
	var nodes Nodes
	for _, e := range entries {
		nodes.Append(LeafHash(e))
	}
	head := func(size int64) Head {
		root, ok := nodes.RootAt(size)
		if !ok {
			t.Fatalf("no size %d", size)
		}
		return Head{size, root}
	}
	for _, c := range log.Inclusion {
		proof, err := nodes.ProveInclusion(c.Index, c.Size)
		if err != nil || !sameHashes(proof, c.Proof) {
			t.Errorf("inclusion of %d in %d: %v, %v", c.Index, c.Size, proof, err)
		}
		if err := CheckInclusion(proof, head(c.Size), c.Index, nodes.Leaf(c.Index)); err != nil {
			t.Error(err)
		}
		wrong := nodes.Leaf((c.Index + 1) % log.Size)
		wantCode(t, CheckInclusion(proof, head(c.Size), c.Index, wrong), CodeCheckpoint)
	}
	for _, c := range log.Consistency {
		proof, err := nodes.ProveConsistency(c.Old, c.New)
		if err != nil || !sameHashes(proof, c.Proof) {
			t.Errorf("consistency of %d and %d: %v, %v", c.Old, c.New, proof, err)
		}
		if err := CheckConsistency(proof, head(c.Old), head(c.New)); err != nil {
			t.Error(err)
		}
		other := head(c.Old)
		other.Root[0] ^= 1
		wantCode(t, CheckConsistency(proof, other, head(c.New)), CodeCheckpoint)
	}
	for i := range entries {
		text := readVector(t, "log/proofs/"+pad6(i)+".tlog-proof")
		index, cp, err := VerifyProof(text, nodes.Leaf(int64(i)), log.VKey)
		if err != nil || index != int64(i) || cp.Size != log.Size {
			t.Errorf("proof of %d: %v", i, err)
		}
		hashes, err := nodes.ProveInclusion(int64(i), log.Size)
		if err != nil {
			t.Fatal(err)
		}
		again := FormatProof(Proof{Index: int64(i), Hashes: hashes, Checkpoint: readVector(t, "log/checkpoint")})
		if !bytes.Equal(again, text) {
			t.Errorf("proof of %d:\n%s\nwant\n%s", i, again, text)
		}
	}
}

func pad6(i int) string { return strconv.Itoa(1_000_000 + i)[1:] }

func sameHashes(got []Hash, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i].Base64() != want[i] {
			return false
		}
	}
	return true
}

func TestVectorsCheckpoint(t *testing.T) {
	log, _ := readLog(t)
	vkey, err := ParseVerifierKey(readVector(t, "log/log.vkey"))
	if err != nil || vkey != log.VKey {
		t.Fatalf("log key %q, %v", vkey, err)
	}
	for name, size := range map[string]int64{log.Checkpoint: log.Size, log.Earlier: 13} {
		text := readVector(t, name)
		cp, err := VerifyCheckpoint(text, vkey)
		if err != nil {
			t.Fatal(err)
		}
		if cp.Origin != log.Origin || cp.Size != size || cp.Root.Base64() != log.Roots[size] {
			t.Errorf("%s: %+v", name, cp)
		}
		for i := range len(text) * 8 {
			bad := bytes.Clone(text)
			bad[i/8] ^= 1 << (i % 8)
			if _, err := VerifyCheckpoint(bad, vkey); err == nil {
				t.Errorf("%s: bit %d flipped is accepted", name, i)
			}
		}
	}
}
