package desk

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// witnessedLog is a ledger as its witness sees it: heads and proofs.
type witnessedLog struct {
	t          *testing.T
	name       string
	skey, vkey string
	tree       ledger.Nodes
}

func newLogForWitness(t *testing.T) *witnessedLog {
	t.Helper()
	l := &witnessedLog{t: t, name: "corp.example/reviews/0a1b2c3d"}
	var err error
	if l.skey, l.vkey, err = ledger.GenerateNoteKey(l.name, rand.Reader); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *witnessedLog) grow(n int, salt ...string) {
	for range n {
		l.tree.Append(ledger.LeafHash(fmt.Appendf(nil, "%d%v", l.tree.Size(), salt)))
	}
}

func (l *witnessedLog) note() []byte {
	l.t.Helper()
	note, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.name, Head: l.tree.Head()}, l.skey)
	if err != nil {
		l.t.Fatal(err)
	}
	return note
}

func (l *witnessedLog) from(size int64) []byte {
	l.t.Helper()
	hashes, err := l.tree.ProveConsistency(size, l.tree.Size())
	if err != nil {
		l.t.Fatal(err)
	}
	return ledger.FormatHashes(hashes)
}

// fork is another ledger of the same name and key with the first n entries of this one.
func (l *witnessedLog) fork(n int64) *witnessedLog {
	f := &witnessedLog{t: l.t, name: l.name, skey: l.skey, vkey: l.vkey}
	for i := range n {
		f.tree.Append(l.tree.Leaf(i))
	}
	return f
}

// A witness cosigns a growing ledger and refuses everything that does not extend what it cosigned last.
func TestWitnessRefusesForks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dana")
	w, err := InitWitness(path, "audit.example/dana", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	log := newLogForWitness(t)
	log.grow(5)
	five := log.note()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	sign := func(note []byte, vkey string, proof []byte) error {
		// Each time as another run of the program, with what the file remembers.
		again, err := OpenWitness(path)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
		cosigned, head, err := again.Sign(note, vkey, proof, now)
		if err != nil {
			if cosigned != nil {
				t.Error("a refused head came back")
			}
			return err
		}
		c, at, err := ledger.VerifyCosignature(cosigned, w.Key)
		if err != nil || !at.Equal(now) || c.Size != head.Size {
			t.Fatalf("the line does not fit: %v", err)
		}
		return nil
	}
	refused := func(what string, err error, kind review.ErrorKind, why string) {
		t.Helper()
		if review.KindOf(err) != kind || reason(err) != why {
			t.Errorf("%s: %v (kind %s, reason %q)", what, err, review.KindOf(err), reason(err))
		}
	}
	refused("no note key", sign(five, "", nil), review.KindUsage, "")
	other := newLogForWitness(t)
	refused("another note key", sign(five, other.vkey, nil), review.KindRefused, "")
	if err := sign(five, log.vkey, nil); err != nil {
		t.Fatal(err)
	}
	if err := sign(five, "", nil); err != nil {
		t.Errorf("the same head again: %v", err)
	}
	refused("the note key changed", sign(five, other.vkey, nil), review.KindRefused, "vkey")

	sameSize := log.fork(3)
	sameSize.grow(2, "forged")
	refused("a fork of the same size", sign(sameSize.note(), "", nil), review.KindRefused, "rewrite")
	shorter := log.fork(3)
	refused("a shorter ledger", sign(shorter.note(), "", nil), review.KindRefused, "rollback")

	log.grow(6)
	refused("no proof", sign(log.note(), "", nil), review.KindUsage, "")
	refused("an empty proof", sign(log.note(), "", []byte{}), review.KindRefused, "rewrite")
	refused("a proof from elsewhere", sign(log.note(), "", log.from(4)), review.KindRefused, "rewrite")
	refused("no proof at all", sign(log.note(), "", []byte("hello")), review.KindRefused, "")
	longer := sameSize.fork(5)
	longer.grow(6, "forged")
	refused("a longer fork", sign(longer.note(), "", longer.from(5)), review.KindRefused, "rewrite")
	if err := sign(log.note(), "", log.from(5)); err != nil {
		t.Errorf("a head that extends the last: %v", err)
	}
	refused("the head before", sign(five, "", nil), review.KindRefused, "rollback")
	now = now.AddDate(0, -1, 0)
	refused("the clock went back", sign(log.note(), "", nil), review.KindRefused, "clock")
	now = now.AddDate(0, 2, 0)

	// Another ledger is another matter.
	other.name = "other.example/reviews/99999999"
	var err2 error
	other.skey, other.vkey, err2 = ledger.GenerateNoteKey(other.name, rand.Reader)
	if err2 != nil {
		t.Fatal(err2)
	}
	other.grow(1)
	if err := sign(other.note(), other.vkey, nil); err != nil {
		t.Error(err)
	}
	end, err := OpenWitness(path)
	if err != nil || len(end.Heads) != 2 || end.Heads[0].Size != 11 || end.Heads[1].Size != 1 {
		t.Errorf("remembered %+v, %v", end.Heads, err)
	}
}

func TestWitnessFileIsWholeOrRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dana")
	w, err := InitWitness(path, "dana", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	log := newLogForWitness(t)
	log.grow(5)
	if _, _, err := w.Sign(log.note(), log.vkey, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.Key, "PRIVATE") || !strings.Contains(string(good), "PRIVATE") {
		t.Error("the keys are mixed up")
	}
	for cut := range len(good) {
		if err := os.WriteFile(path, good[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenWitness(path); review.KindOf(err) != review.KindIO {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	for _, bad := range []string{"5 ", "05 ", "-5 "} {
		changed := strings.Replace(string(good), " 5 ", " "+bad+"x", 1)
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenWitness(path); err == nil {
			t.Errorf("%q is accepted", changed)
		}
	}
	if _, err := InitWitness(path, "dana", rand.Reader); review.KindOf(err) != review.KindExists {
		t.Errorf("a witness is made over another: %v", err)
	}
	if _, err := OpenWitness(path + "-not"); review.KindOf(err) != review.KindNotFound {
		t.Errorf("a witness that is not there: %v", err)
	}
}
