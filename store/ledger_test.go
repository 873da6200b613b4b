package store

import (
	"context"
	"errors"
	"strings"
	"testing"

	"tickmark/ledger"
	"tickmark/review"
)

func TestAppendMovesTheHead(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	head := k.head()
	if head.Size != 2 {
		t.Fatalf("size %d", head.Size)
	}
	leaves, err := k.db.LeafHashes(ctx, 0)
	k.must(err)
	if ledger.Root(leaves) != head.Root {
		t.Error("the stored root is not that of the leaves")
	}
	var seen []review.EntryIndex
	k.must(k.db.Entries(ctx, 0, 0, func(e Entry) error {
		if ledger.LeafHash(e.Bytes) != e.Leaf {
			t.Errorf("entry %d: leaf", e.Index)
		}
		seen = append(seen, e.Index)
		return nil
	}))
	if len(seen) != 2 || seen[1] != 1 {
		t.Errorf("entries %v", seen)
	}
	roster, err := k.db.Roster(ctx)
	k.must(err)
	if roster.Entry != 1 || roster.Version != 1 {
		t.Errorf("roster %+v", roster)
	}
	if before, err := k.db.RosterAt(ctx, 1); err != nil || before.Entry != 0 {
		t.Errorf("roster at 1: %+v %v", before, err)
	}
	_, err = k.db.Entry(ctx, 2)
	k.refused(err, review.KindNotFound)
	last, err := k.db.EntriesBack(ctx, 0, 1)
	if err != nil || len(last) != 1 || last[0].Index != 1 || last[0].Signer != alice {
		t.Errorf("%v %+v", err, last)
	}
}

func TestAppendToAnotherHeadIsAConflict(t *testing.T) {
	k := newKit(t)
	stale := k.head()
	entry := k.entry(&ledger.Roster{Log: testLog, Version: 2, Previous: 1, SignersSHA256: ledger.Sum(nil)}, bob)
	k.small("erp") // somebody else was faster
	ran := false
	_, err := k.db.Append(context.Background(), stale, [][]byte{entry}, func(*Tx) error { ran = true; return nil })
	k.refused(err, review.KindConflict)
	if ran {
		t.Error("with ran although the head had moved")
	}
	wrong := k.head()
	wrong.Root[0] ^= 1
	_, err = k.db.Append(context.Background(), wrong, [][]byte{entry}, nil)
	k.refused(err, review.KindConflict)
	k.sound()
}

func TestAppendIsAllOrNothing(t *testing.T) {
	k := newKit(t)
	before := k.head()
	mine := errors.New("mine")
	_, err := k.trySign(&ledger.Roster{Log: testLog, Version: 2, Previous: 1, SignersSHA256: ledger.Sum(nil)}, alice, func(tx *Tx) error {
		if _, err := tx.PutFile([]byte("with it")); err != nil {
			return err
		}
		return mine
	})
	if err != mine {
		t.Fatal(err)
	}
	if k.head() != before {
		t.Error("the head moved")
	}
	_, err = k.db.File(context.Background(), ledger.Sum([]byte("with it")))
	k.refused(err, review.KindNotFound)
}

func TestAppendRefuses(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	roster := func() *ledger.Roster {
		return &ledger.Roster{Log: testLog, Version: 2, Previous: 1, SignersSHA256: ledger.Sum(nil)}
	}
	good := k.entry(roster(), alice)
	other := roster()
	other.Log = "reviews.corp.example/test/00000002"
	forked := roster()
	k.entry(forked, alice)
	forked.Seq++
	text := k.format(forked)
	fork, err := ledger.JoinEntry(text, []byte("-----BEGIN SSH SIGNATURE-----\n"))
	k.must(err)
	statement, _ := ledger.SplitEntry(good)
	for name, entries := range map[string][][]byte{
		"nothing":                 {},
		"not canonical":           {append([]byte("x"), good...)},
		"no signature":            {statement},
		"another ledger":          {k.entry(other, alice)},
		"a second open":           {k.format(&ledger.Open{Log: testLog, Time: k.now, Title: "x", Suite: "sshsig-sha512 rfc6962-sha256"})},
		"a break in the chain":    {fork},
		"one statement twice":     {good, good},
		"a record without bundle": {k.format(&ledger.Reassign{Log: testLog, Campaign: "c", From: alice, To: bob, Reason: "r", Manager: alice, Salt: strings.Repeat("0", 32)})},
	} {
		if _, err := k.db.Append(ctx, k.head(), entries, nil); err == nil {
			t.Errorf("%s: appended", name)
		} else if kind := review.KindOf(err); kind != review.KindRefused && kind != review.KindInternal {
			t.Errorf("%s: %v (%s)", name, err, kind)
		}
	}
	k.sound()
}

func TestAnchorsAreFoundByAnIndex(t *testing.T) {
	k := newKit(t)
	k.append(k.format(&ledger.Anchor{Log: testLog, Size: 1, Root: ledger.Sum(nil), Type: ledger.AnchorReceipt, Holder: "Dana"}))
	k.sign(&ledger.Roster{Log: testLog, Version: 2, Previous: 1, SignersSHA256: ledger.Sum(nil)}, alice, nil)
	var found []review.EntryIndex
	k.must(k.db.EntriesOf(k.ctx(), ledger.KindAnchor, func(e Entry) error {
		found = append(found, e.Index)
		return nil
	}))
	if len(found) != 1 || found[0] != 2 {
		t.Errorf("anchors %v", found)
	}
	var plan string
	var a, b, c int
	k.must(k.db.r.QueryRow("EXPLAIN QUERY PLAN SELECT e.bytes FROM entries e WHERE e.kind = 'anchor' ORDER BY e.idx").Scan(&a, &b, &c, &plan))
	if !strings.Contains(plan, "entries_anchors") {
		t.Error(plan)
	}
}

func TestNotesOnlyGrow(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	put := func(note string) error {
		return k.db.Write(ctx, func(tx *Tx) error { return tx.PutNote(2, []byte(note)) })
	}
	k.must(put("head\n"))
	k.must(put("head\n"))
	k.must(put("head\nwitness\n"))
	k.refused(put("head\n"), review.KindConflict)
	k.refused(put("tail\nwitness\nand more\n"), review.KindConflict)
	note, err := k.db.Note(ctx, 2)
	if err != nil || string(note) != "head\nwitness\n" {
		t.Errorf("%v %q", err, note)
	}
	if sizes, err := k.db.Notes(ctx); err != nil || len(sizes) != 1 || sizes[0] != 2 {
		t.Error(err, sizes)
	}
	if note, err := k.db.Note(ctx, 3); err != nil || note != nil {
		t.Error(err, note)
	}
}

func TestFiles(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	h, err := k.db.PutFile(ctx, []byte("policy"))
	k.must(err)
	again, err := k.db.PutFile(ctx, []byte("policy"))
	if err != nil || h != again || h != ledger.Sum([]byte("policy")) {
		t.Error(err, h, again)
	}
	b, err := k.db.File(ctx, h)
	if err != nil || string(b) != "policy" {
		t.Error(err, b)
	}
	empty, err := k.db.PutFile(ctx, nil)
	k.must(err)
	if b, err := k.db.File(ctx, empty); err != nil || len(b) != 0 {
		t.Error(err, b)
	}
	// Somebody with the file in hand gets past the triggers, not past the hash.
	_, err = k.db.w.Exec("DROP TRIGGER files_no_update; UPDATE files SET bytes = x'00'")
	k.must(err)
	_, err = k.db.File(ctx, h)
	k.refused(err, review.KindIO)
}

func TestSignerChain(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	s, err := k.db.Signer(ctx, alice)
	k.must(err)
	if s.Seq != 1 || s.Last != 1 {
		t.Errorf("%+v", s)
	}
	e, err := k.db.Entry(ctx, 1)
	k.must(err)
	statement, _ := ledger.SplitEntry(e.Bytes)
	if s.Prev != ledger.Sum(statement) {
		t.Error("prev is not the hash of the statement")
	}
	if none, err := k.db.Signer(ctx, bob); err != nil || none != (Signer{}) {
		t.Error(err, none)
	}
	if yes, err := k.db.KeySigned(ctx, e.Key); err != nil || !yes {
		t.Error(err, yes)
	}
	at, err := k.db.LatestTime(ctx, 2)
	if err != nil || !at.Equal(k.now) {
		t.Error(err, at)
	}
	if at, err := k.db.LatestTime(ctx, 1); err != nil || !at.IsZero() {
		t.Error(err, at)
	}
}

func TestRebuildFindsAndRepairsWhatWasChanged(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	k.decide(bob, review.Revoke, k.item("q4", "ann", "PAY"))
	k.decide(bob, review.Except, k.item("q4", "ben", "PAY"))
	k.stage(bob, review.Keep, k.item("q4", "cat", "PAY"))
	k.sound()
	_, err := k.db.w.Exec(`UPDATE decisions SET reason = 'forged' WHERE verdict = 2; DELETE FROM statements WHERE idx = 1; UPDATE item_now SET verdict = 1 WHERE verdict = 0;
		UPDATE tallies SET items = items + 1`)
	k.must(err)
	r, err := k.db.Rebuild(ctx, false)
	k.must(err)
	if r.Applied || r.Total < 5 || r.Entries != k.head().Size {
		t.Errorf("%+v", r)
	}
	r, err = k.db.Rebuild(ctx, true)
	k.must(err)
	if !r.Applied {
		t.Error("not applied")
	}
	k.sound()
	n, err := k.db.Counts(ctx, "q4", "")
	k.must(err)
	if want := (Counts{Items: 18, Decided: 3, Staged: 1, Signed: 2, Keep: 1, Revoke: 1, Exception: 1, Left: 16}); n != want {
		t.Errorf("%+v, want %+v", n, want)
	}
	// What is wrong in the ledger itself is told and left alone.
	_, err = k.db.w.Exec("DROP TRIGGER entries_no_update; UPDATE entries SET leaf = zeroblob(32) WHERE idx = 1")
	k.must(err)
	r, err = k.db.Rebuild(ctx, false)
	if err != nil || r.Total != 1 || !strings.Contains(r.Differences[0], "entry 1") {
		t.Errorf("%v %+v", err, r)
	}
}
