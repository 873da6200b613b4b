package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickmark/ledger"
	"tickmark/review"
)

// drafts gives the staged verdicts of a person in words.
func (k *kit) drafts(by review.Principal) []string {
	k.Helper()
	list, err := k.db.StagedVerdicts(context.Background(), by, "", 0)
	k.must(err)
	out := []string{}
	for _, v := range list {
		out = append(out, fmt.Sprint(k.record(v.Item).Account, " ", v.Verdict, " ", string(v.Facts) == string(k.facts(v.Item))))
	}
	return out
}

func (k *kit) wantDrafts(by review.Principal, want ...string) {
	k.Helper()
	if want == nil {
		want = []string{}
	}
	if d := cmp.Diff(want, k.drafts(by)); d != "" {
		k.Error(d)
	}
}

func (k *kit) redo(by review.Principal) Undone {
	k.Helper()
	out, err := k.db.Redo(context.Background(), by, func(list []StagedVerdict) ([]StagedVerdict, error) {
		for i := range list {
			list[i].Facts, list[i].Supersedes = k.facts(list[i].Item), k.record(list[i].Item).InForce
		}
		return list, nil
	})
	k.must(err)
	return out
}

func (k *kit) undo(by review.Principal) Undone {
	k.Helper()
	out, err := k.db.Undo(context.Background(), by)
	k.must(err)
	return out
}

func TestUndoAndRedoStaging(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	ann, ben := k.item("q4", "ann", "PAY"), k.item("q4", "ben", "PAY")
	k.stage(bob, review.Keep, ann, ben)
	k.wantDrafts(bob, "ann keep true", "ben keep true")
	k.stage(bob, review.Revoke, ann)
	k.wantDrafts(bob, "ben keep true", "ann revoke true")
	k.wantDrafts(carol)

	u := k.undo(bob)
	if u.Words != "revoke on 1" || len(u.Items) != 1 || u.Items[0] != ann {
		t.Errorf("%+v", u)
	}
	k.wantDrafts(bob, "ben keep true", "ann keep true")
	k.undo(bob)
	k.wantDrafts(bob)
	k.empty("staged", "facts") // undo deletes unsigned facts
	if u := k.undo(bob); u.Words != "" || u.Items != nil {
		t.Errorf("there is nothing left to undo: %+v", u)
	}
	if u := k.redo(bob); u.Words != "keep on 2" || len(u.Items) != 2 {
		t.Errorf("%+v", u)
	}
	k.wantDrafts(bob, "ann keep true", "ben keep true")
	k.redo(bob)
	k.wantDrafts(bob, "ben keep true", "ann revoke true")
	if u := k.redo(bob); u.Words != "" || u.Items != nil {
		t.Errorf("there is nothing left to redo: %+v", u)
	}
	k.undo(bob)
	k.stage(bob, review.Abstain, ben) // a new act ends what could be redone
	if u := k.redo(bob); u.Words != "" {
		t.Errorf("%+v", u)
	}
	out, err := k.db.Unstage(ctx, bob, "take back", []review.ItemID{ann, k.item("q4", "cat", "PAY")}, nil)
	if err != nil || out.Act == 0 {
		t.Error(err, out)
	}
	k.wantDrafts(bob, "ben abstain true")
	k.undo(bob)
	k.wantDrafts(bob, "ben abstain true", "ann keep true")
	k.redo(bob)
	k.wantDrafts(bob, "ben abstain true")
	if out, err = k.db.Unstage(ctx, bob, "nothing", []review.ItemID{ann}, nil); err != nil || out.Act != 0 {
		t.Error(err, out)
	}
	_, err = k.db.Stage(ctx, bob, "w", []StagedVerdict{{Staged: review.Staged{Item: review.ItemID(ledger.Sum(nil).String())}}}, nil)
	k.refused(err, review.KindNotFound)
	on, err := k.db.StagedOn(ctx, bob, []review.ItemID{ann, ben})
	if err != nil || len(on) != 1 || on[0].Item != ben || on[0].Campaign != "q4" {
		t.Errorf("%v %+v", err, on)
	}
	k.sound()
}

func TestSigningTakesWhatWasStaged(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	ann, ben, cat := k.item("q4", "ann", "PAY"), k.item("q4", "ben", "PAY"), k.item("q4", "cat", "PAY")
	k.stage(bob, review.Keep, ann, ben)
	k.stage(bob, review.Keep, cat)
	staged, err := k.db.StagedOn(ctx, bob, []review.ItemID{ann, ben})
	k.must(err)

	// Somebody restages while the key is waited for: nothing is signed.
	k.stage(bob, review.Revoke, ben)
	head := k.head()
	_, err = k.tryBundle("q4", review.ActDecision, bob, func(tx *Tx) error { return tx.TakeStaged(staged) },
		k.decision(ann, bob, review.Keep), k.decision(ben, bob, review.Keep))
	k.refused(err, review.KindConflict)
	if k.head() != head {
		t.Error("the head moved")
	}
	k.wantDrafts(bob, "ann keep true", "cat keep true", "ben revoke true")

	staged, err = k.db.StagedOn(ctx, bob, []review.ItemID{ann, ben})
	k.must(err)
	k.bundle("q4", review.ActDecision, bob, func(tx *Tx) error {
		if err := tx.PutReceipt(bob, review.Receipt{Entry: 7, Receipt: "r"}); err != nil {
			return err
		}
		return tx.TakeStaged(staged)
	}, k.decision(ann, bob, review.Keep), k.decision(ben, bob, review.Revoke))
	k.wantDrafts(bob, "cat keep true")
	known, missing := ledger.Sum(k.facts(ann)), ledger.Sum([]byte("never shown"))
	if many, err := k.db.Facts(ctx, []ledger.Hash{missing, known}); err != nil || len(many) != 1 || ledger.Sum(many[known]) != known {
		t.Errorf("facts of a signed decision are gone: %d of 1, %v", len(many), err)
	}
	if many, err := k.db.Facts(ctx, nil); err != nil || len(many) != 0 {
		t.Errorf("no facts: %d, %v", len(many), err)
	}
	receipts, err := k.db.Receipts(ctx, bob)
	if err != nil || len(receipts) != 1 || receipts[0].Entry != 7 {
		t.Error(err, receipts)
	}
	// What was signed is not undone; what was not is, past the acts that were.
	u := k.undo(bob)
	if u.Words != "keep on 1" || len(u.Items) != 1 || u.Items[0] != cat {
		t.Errorf("%+v", u)
	}
	if u := k.undo(bob); u.Items != nil {
		t.Errorf("signed verdicts were undone: %+v", u)
	}
	if left, err := k.db.Facts(ctx, []ledger.Hash{known, ledger.Sum(k.facts(cat))}); err != nil || len(left) != 1 || left[known] == nil {
		t.Errorf("facts of what is signed stay, of what was undone go: %d, %v", len(left), err)
	}
	for _, sql := range []string{"DELETE FROM facts", "UPDATE facts SET text = x'00'", "UPDATE facts SET signed = 0"} {
		if k.db.Write(ctx, func(tx *Tx) error { _, err := tx.exec(sql); return err }) == nil {
			t.Errorf("%s: nothing refuses it", sql)
		}
	}
	// A second decision on the item makes an older draft stale.
	k.stage(bob, review.Abstain, ann)
	k.decide(bob, review.Revoke, ann)
	stale, err := k.db.StaleStaged(ctx, bob)
	if err != nil || len(stale) != 1 || stale[0].Item != ann {
		t.Error(err, stale)
	}
	k.sound()
}

// closureActs stages the closure of an exception.
func (k *kit) closureAct(by review.Principal, item review.ItemID, ref review.EntryIndex, what string) int64 {
	k.Helper()
	_, err := k.db.StageActs(context.Background(), by, what, []StagedAct{{Act: review.ActClosure, Campaign: "q4", Item: item, Ref: ref, What: what, Payload: json.RawMessage(`{"x":1}`)}}, nil)
	k.must(err)
	list := k.acts(by)
	return list[len(list)-1].ID
}

func (k *kit) acts(by review.Principal) []StagedAct {
	k.Helper()
	list, err := k.db.StagedActs(context.Background(), by, "", "")
	k.must(err)
	return list
}

func TestManagersActs(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	item := k.item("q4", "ann", "PAY")
	first := k.closureAct(alice, item, 9, "renewed")
	second := k.closureAct(alice, item, 9, "withdrawn") // replaces
	if list := k.acts(alice); len(list) != 1 || list[0].ID != second || list[0].What != "withdrawn" || string(list[0].Payload) != `{"x":1}` || list[0].Item != item || first == second {
		t.Errorf("%+v", list)
	}
	k.undo(alice)
	if list := k.acts(alice); len(list) != 1 || list[0].ID != first || list[0].What != "renewed" {
		t.Errorf("%+v", list)
	}
	k.undo(alice)
	if list := k.acts(alice); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	k.redo(alice)
	k.redo(alice)
	if list := k.acts(alice); len(list) != 1 || list[0].What != "withdrawn" {
		t.Errorf("%+v", list)
	}
	// The role's acts are everybody's, and in nobody's undo log.
	_, err := k.db.StageActs(ctx, "", "settled by import 2", []StagedAct{{Act: review.ActRemediation, Campaign: "q4", Item: item, Ref: 5, What: "gone"}}, nil)
	k.must(err)
	if len(k.acts(alice)) != 2 || len(k.acts(bob)) != 1 || len(k.acts("")) != 2 {
		t.Errorf("%+v", k.acts(""))
	}
	if list, err := k.db.StagedActs(ctx, bob, "q4", review.ActRemediation); err != nil || len(list) != 1 || list[0].By != "" {
		t.Error(err, list)
	}
	if u := k.undo(bob); u.Acts != nil {
		t.Errorf("%+v", u)
	}
	role := k.acts(bob)[0].ID
	k.bundle("q4", review.ActReassign, alice, func(tx *Tx) error { return tx.TakeActs([]int64{role}) },
		&ledger.Reassign{Log: testLog, Campaign: "q4", Item: k.record(item).ItemHash, From: bob, To: carol, Reason: "r", Manager: alice, Salt: saltText(make([]byte, 16))})
	_, err = k.tryBundle("q4", review.ActReassign, alice, func(tx *Tx) error { return tx.TakeActs([]int64{role}) },
		&ledger.Reassign{Log: testLog, Campaign: "q4", Item: k.record(item).ItemHash, From: carol, To: bob, Reason: "r", Manager: alice, Salt: saltText(make([]byte, 16))})
	k.refused(err, review.KindConflict)
	if out, err := k.db.UnstageActs(ctx, bob, "not mine", []int64{k.acts(alice)[0].ID}); err != nil || out.Act != 0 || len(k.acts(alice)) != 1 {
		t.Error("another person's act was taken back", err)
	}
	if _, err := k.db.UnstageActs(ctx, alice, "mine", []int64{k.acts(alice)[0].ID}); err != nil || len(k.acts(alice)) != 0 {
		t.Error(err)
	}
	k.undo(alice)
	if len(k.acts(alice)) != 1 {
		t.Error("an act taken back did not come again")
	}
	k.sound()
}

func TestDetachedBundleIsVoidOnceTouched(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	ann, ben := k.item("q4", "ann", "PAY"), k.item("q4", "ben", "PAY")
	_, err := k.db.FreezeOf(ctx, bob)
	k.refused(err, review.KindNotFound)
	freeze := func() Freeze {
		k.stage(bob, review.Keep, ann)
		f := Freeze{By: bob, Campaign: "q4", Act: review.ActDecision, Statement: []byte("statement\n"), Records: [][]byte{[]byte("r\xff")}, Facts: [][]byte{k.facts(ann)},
			Items: []review.ItemID{ann}, Payload: json.RawMessage(`{"a":2}`), At: k.now}
		k.must(k.db.PutFreeze(ctx, f))
		return f
	}
	f := freeze()
	got, err := k.db.FreezeOf(ctx, bob)
	k.must(err)
	if d := cmp.Diff(f, got); d != "" {
		t.Error(d)
	}
	take := func(f Freeze) error {
		return k.db.Write(ctx, func(tx *Tx) error { return tx.TakeFreeze(f) })
	}
	if out := k.stage(bob, review.Keep, ben); out.Voided {
		t.Error("an item that is not in it voids it")
	}
	if out := k.stage(bob, review.Revoke, ann); !out.Voided {
		t.Error("changing an item in it is not said")
	}
	k.refused(take(f), review.KindConflict)
	if got, err = k.db.FreezeOf(ctx, bob); err != nil || got.Void == "" {
		t.Error(err, got)
	}
	f = freeze()
	if u := k.undo(bob); !u.Voided {
		t.Error("undo does not say that it voids it")
	}
	k.refused(take(f), review.KindConflict)
	f = freeze()
	k.sign(&ledger.Signoff{Log: testLog, Campaign: "q4", Role: "reviewer", Items: 18, Open: 18, Tally: "keep 0, revoke 0, exception 0, abstain 0"}, bob, nil)
	k.refused(take(f), review.KindConflict)
	f = freeze()
	other := f
	other.Statement = []byte("another\n")
	k.refused(take(other), review.KindConflict)
	// Its own submission is a signature by the same person, and not what voids it.
	k.bundle("q4", review.ActDecision, bob, func(tx *Tx) error { return tx.TakeFreeze(f) }, k.decision(ann, bob, review.Keep))
	k.refused(take(f), review.KindConflict)
	freeze()
	k.must(k.db.DropFreeze(ctx, bob))
	_, err = k.db.FreezeOf(ctx, bob)
	k.refused(err, review.KindNotFound)
	k.empty("frozen")
}

func TestSettingsReceiptsAndSeenHeads(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.must(k.db.SetSetting(ctx, alice, "theme", "dark"))
	k.must(k.db.SetSetting(ctx, alice, "theme", "light"))
	k.must(k.db.SetSetting(ctx, alice, "columns", "a,b"))
	k.must(k.db.SetSetting(ctx, alice, "columns", ""))
	v, err := k.db.Setting(ctx, alice, "theme")
	if err != nil || v != "light" {
		t.Error(err, v)
	}
	all, err := k.db.Settings(ctx, alice)
	if d := cmp.Diff(map[string]string{"theme": "light"}, all); err != nil || d != "" {
		t.Error(err, d)
	}
	if v, err = k.db.Setting(ctx, bob, "theme"); err != nil || v != "" {
		t.Error(err, v)
	}
	if s, err := k.db.SeenHead(ctx, bob); err != nil || s.Head.Size != 0 {
		t.Error(err, s)
	}
	k.must(k.db.PutSeenHead(ctx, bob, ledger.Head{Size: 9, Root: ledger.Sum(nil)}))
	k.must(k.db.PutSeenHead(ctx, bob, ledger.Head{Size: 3}))
	if s, err := k.db.SeenHead(ctx, bob); err != nil || s.Head != (ledger.Head{Size: 9, Root: ledger.Sum(nil)}) {
		t.Error(err, s)
	}
}

func TestRedoGivesUpWithItsFacts(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	ann, ben := k.item("q4", "ann", "PAY"), k.item("q4", "ben", "PAY")
	k.stage(bob, review.Keep, ann, ben)
	k.undo(bob)
	mine := errors.New("mine")
	if _, err := k.db.Redo(ctx, bob, func([]StagedVerdict) ([]StagedVerdict, error) { return nil, mine }); err != mine {
		t.Error(err)
	}
	out, err := k.db.Redo(ctx, bob, func(list []StagedVerdict) ([]StagedVerdict, error) {
		list[0].Facts = k.facts(list[0].Item)
		return list[:1], nil // the other may no longer be decided
	})
	if err != nil || len(out.Items) != 1 {
		t.Error(err, out)
	}
	k.wantDrafts(bob, "ann keep true")
	k.sound()
}
