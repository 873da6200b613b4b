package desk

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

// witnessed cosigns a note of the office's ledger at a time.
type witnessed struct{ skey, vkey string }

func newWitness(t *testing.T, name string) witnessed {
	t.Helper()
	skey, vkey, err := ledger.GenerateWitnessKey(name, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return witnessed{skey, vkey}
}

func (w witnessed) sign(o *office, note string, at time.Time) []byte {
	o.t.Helper()
	b, err := ledger.Cosign([]byte(note), w.skey, at)
	o.must(err)
	return b
}

func (o *office) checkpoint() string {
	o.t.Helper()
	note, err := o.desk.Checkpoint(o.t.Context())
	o.must(err)
	return note
}

// A head is proven late, as proofs are: people sign between head and proof, and after it. All of that verifies.
func TestAHeadIsProvenWhileOthersSign(t *testing.T) {
	o := newOffice(t)
	dana := newWitness(t, "audit.example/dana")
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	head := o.checkpoint()
	o.later(time.Hour)
	o.launch("q4")
	o.later(time.Hour)
	note := dana.sign(o, head, o.now)
	o.later(time.Minute)
	added, unknown, err := o.desk.AddWitness(t.Context(), note, []string{dana.vkey})
	o.must(err)
	if unknown != 0 || len(added) != 1 || added[0].Size != 3 || added[0].Entry != 4 || added[0].Known {
		t.Fatalf("%+v, %d", added, unknown)
	}
	o.imports("hr.csv", exportQ4, review.ImportOptions{Source: "hr"})
	rep, err := o.desk.Verify(t.Context(), evidence.VerifyOptions{Witnesses: []string{dana.vkey}})
	o.must(err)
	if !rep.OK {
		t.Errorf("%+v", rep.Codes)
	}

	// Handing it in again changes nothing; nor does the witness's newer line on the same head damage the note.
	before, err := o.desk.db.Head(t.Context())
	o.must(err)
	again, _, err := o.desk.AddWitness(t.Context(), note, nil)
	o.must(err)
	if len(again) != 1 || !again[0].Known || again[0].Entry != added[0].Entry {
		t.Errorf("%+v", again)
	}
	if after, err := o.desk.db.Head(t.Context()); err != nil || after != before {
		t.Errorf("the ledger grew: %v %v", after, err)
	}
	later := dana.sign(o, string(note), o.now)
	if _, _, err := o.desk.AddWitness(t.Context(), later, nil); err != nil {
		t.Error(err)
	}
	kept, err := o.desk.db.Note(t.Context(), 3)
	o.must(err)
	if _, _, err := ledger.VerifyCosignature(kept, dana.vkey); err != nil || strings.Count(string(kept), "dana") != 1 {
		t.Errorf("the kept note is damaged: %v\n%s", err, kept)
	}
	o.verifies()
}

func TestProofsThatContradictTheLedger(t *testing.T) {
	o := newOffice(t)
	dana := newWitness(t, "dana")
	keys := []string{dana.vkey}
	head := o.checkpoint()
	add := func(note []byte) error {
		_, _, err := o.desk.AddWitness(t.Context(), note, keys)
		return err
	}
	if err := add(dana.sign(o, head, o.now.Add(-time.Minute))); reason(err) != "clock" {
		t.Errorf("a proof older than what it proves: %v", err)
	}
	if err := add(dana.sign(o, head, o.now.Add(time.Minute))); reason(err) != "clock" {
		t.Errorf("a proof from the future: %v", err)
	}
	broken := dana.sign(o, head, o.now)
	broken[len(broken)-10] ^= 1
	if err := add(broken); review.KindOf(err) != review.KindRefused {
		t.Errorf("a broken line: %v", err)
	}
	if err := add([]byte(head)); reason(err) != "unknown-witness" {
		t.Errorf("no line: %v", err)
	}
	skey, _, err := o.desk.mustHaveNoteKey()
	o.must(err)
	for name, c := range map[string]struct {
		head ledger.Head
		why  string
	}{
		"another root": {ledger.Head{Size: 2, Root: ledger.Sum(nil)}, "rewrite"},
		"a later head": {ledger.Head{Size: 9, Root: ledger.Sum(nil)}, "rollback"},
	} {
		note, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: o.desk.log, Head: c.head}, skey)
		o.must(err)
		if err := add(dana.sign(o, string(note), o.now)); reason(err) != c.why {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := o.desk.AnchorReceipt(t.Context(), "Dana", note); reason(err) != c.why {
			t.Errorf("%s given to somebody: %v", name, err)
		}
	}
	if all, err := o.desk.Anchors(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}

	// Nobody signs as older than a proof they had seen, though the slack between statements would allow it.
	o.later(time.Minute)
	o.must(add(dana.sign(o, head, o.now)))
	o.now = o.now.Add(-time.Second)
	_, err = o.desk.Retire(t.Context(), string(alice), o.now.AddDate(1, 0, 0))
	if reason(err) != "clock" {
		t.Errorf("signed with a clock behind the proof: %v", err)
	}
	o.later(time.Second)
	if _, err = o.desk.Retire(t.Context(), string(alice), o.now.AddDate(1, 0, 0)); err != nil {
		t.Error(err)
	}
	rep, err := o.desk.Verify(t.Context(), evidence.VerifyOptions{Witnesses: keys})
	o.must(err)
	if !rep.OK {
		t.Errorf("%+v", rep.Codes)
	}
}

func TestAnchorsAmongOtherWriters(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	var all sync.WaitGroup
	const each = 10
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range each {
				if _, err := o.desk.AnchorReceipt(t.Context(), "Dana", nil); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for i := range 4 {
		if _, err := o.desk.Retire(t.Context(), string(alice), o.now.AddDate(1, 0, -i)); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	anchors, err := o.desk.Anchors(t.Context())
	o.must(err)
	if len(anchors) != 4*each {
		t.Errorf("%d anchors", len(anchors))
	}
	o.verifies()
	if _, err := o.desk.AnchorReceipt(t.Context(), " ", nil); review.KindOf(err) != review.KindUsage {
		t.Errorf("nobody holds it: %v", err)
	}
}

// A page of receipts is for people, and every head on it is one for a verifier.
func TestReceiptPage(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	o.launch("q4")
	receipts, err := o.desk.Receipts(t.Context())
	o.must(err)
	page, err := o.desk.ReceiptPage(t.Context(), receipts)
	o.must(err)
	heads, log, err := ReadHeads(page, "page")
	o.must(err)
	if log != o.desk.log || len(heads) != len(receipts) || len(heads) != 3 {
		t.Fatalf("%d receipts, %d heads of %s:\n%s", len(receipts), len(heads), log, page)
	}
	notes := 0
	vkey, err := o.desk.VKey()
	o.must(err)
	for _, h := range heads {
		if h.Note == nil {
			continue
		}
		notes++
		if c, err := ledger.VerifyCheckpoint(h.Note, vkey); err != nil || c.Size != 4 {
			t.Errorf("%v %v", c, err)
		}
	}
	if notes != 1 {
		t.Errorf("%d signed heads on the page", notes)
	}
	rep, err := o.desk.Verify(t.Context(), evidence.VerifyOptions{Earlier: heads})
	o.must(err)
	if !rep.OK {
		t.Errorf("%+v", rep.Codes)
	}

	// A page with the ends of lines that mail makes of them is still one of receipts.
	if heads, _, err := ReadHeads([]byte(strings.ReplaceAll(string(page), "\n", "\r\n")), "page"); err != nil || len(heads) != 3 {
		t.Errorf("%d heads, %v", len(heads), err)
	}
	other := strings.ReplaceAll(string(page), o.desk.log, "other.example/x/00000000")
	for _, bad := range []string{"", "hello", "tickmark receipt: ledger x, entry 1 of 2", string(page) + other} {
		if _, _, err := ReadHeads([]byte(bad), "page"); review.KindOf(err) != review.KindUsage {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzReadHeads(f *testing.F) {
	f.Add([]byte("tickmark receipt: ledger corp.example/x/0a1b2c3d, entry 1 of 2, root RHu+xoOkzgXllYX0QOLZFY4PT0Kxio2XX/eT9ztkQEY=, 2026-11-23T04:04:49Z\n"))
	f.Add([]byte("text\ncorp.example/x/0a1b2c3d\n2\nRHu+xoOkzgXllYX0QOLZFY4PT0Kxio2XX/eT9ztkQEY=\n\n\u2014 corp.example/x/0a1b2c3d zxta\nmore\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		heads, log, err := ReadHeads(b, "file")
		if (err == nil) != (len(heads) > 0) {
			t.Fatalf("%d heads, %v", len(heads), err)
		}
		for _, h := range heads {
			if h.Head.Size < 0 || !ledger.ValidLog(log) || h.Note != nil && !strings.Contains(string(b), string(h.Note)) {
				t.Fatalf("%+v of %q", h, log)
			}
		}
	})
}

// The note key is used only if it is this ledger's and whole.
func TestNoteKeyOfAnotherLedger(t *testing.T) {
	o := newOffice(t)
	path := noteKeyPath(filepath.Join(o.dir, "review.db"))
	good, err := os.ReadFile(path)
	o.must(err)
	skey, vkey, err := ledger.GenerateNoteKey("other.example/x/00000000", rand.Reader)
	o.must(err)
	for name, content := range map[string]string{"of another ledger": skey + "\n" + vkey + "\n", "damaged": "x", "with another public half": strings.Split(string(good), "\n")[0] + "\n" + vkey + "\n"} {
		o.must(os.WriteFile(path, []byte(content), 0o600))
		if _, err := o.desk.Checkpoint(t.Context()); review.KindOf(err) != review.KindRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.must(os.Remove(path))
	_, err = o.desk.Checkpoint(t.Context())
	o.refused(err, review.KindNotFound)
	o.verifies()
	o.must(os.WriteFile(path, good, 0o600))
	o.checkpoint()
}

// The overview says how much of the ledger somebody outside holds, in a database and in its pack.
func TestOverviewNamesWhatIsHeldOutside(t *testing.T) {
	o := newOffice(t)
	ov, err := o.desk.Overview(t.Context())
	o.must(err)
	if ov.Ledger.Outside != nil {
		t.Errorf("nobody was given a head, and %+v is", ov.Ledger.Outside)
	}
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	o.launch("q4")
	first, err := o.desk.AnchorReceipt(t.Context(), "Dana", nil)
	o.must(err)
	o.decide(o.items("q4")["dan@corp.example FI_POST"], review.Draft{Verdict: review.Keep})
	o.confirm()
	path := filepath.Join(o.dir, "pack.zip")
	_, err = o.desk.Export(t.Context(), evidence.Options{}, path)
	o.must(err)
	p, err := OpenPack(t.Context(), path, PackOptions{})
	o.must(err)
	defer p.Close()
	for _, overview := range []func(context.Context) (review.Overview, error){o.desk.Overview, p.Overview} {
		ov, err := overview(t.Context())
		o.must(err)
		if out := ov.Ledger.Outside; out == nil || out.Size != first.Size || out.Holder != "Dana" || out.Type != "receipt" || out.Entry != first.Entry {
			t.Errorf("%+v, want %+v", out, first)
		}
	}
}
