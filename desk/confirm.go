package desk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// bundleLimit is how many records one signature may cover (rulings 10).
const bundleLimit = 10_000

// tallyWords are the words of a tally and their order, by act (ledger.md 3.6).
var tallyWords = map[review.Act][4]string{
	review.ActDecision:    {"keep", "revoke", "exception", "abstain"},
	review.ActReassign:    {"reassign"},
	review.ActClosure:     {"remediated", "renewed", "withdrawn"},
	review.ActRemediation: {"claimed", "gone", "still-present", "came-back"},
}

func tally(act review.Act, count map[string]int64) []review.Count {
	var out []review.Count
	for _, w := range tallyWords[act] {
		if w != "" {
			out = append(out, review.Count{Word: w, N: count[w]})
		}
	}
	return out
}

func tallyText(counts []review.Count) string {
	parts := make([]string, len(counts))
	for i, c := range counts {
		parts[i] = fmt.Sprintf("%s %d", c.Word, c.N)
	}
	return strings.Join(parts, ", ")
}

// Confirm signs every staged bundle of the campaign and act given ("" for all), whatever is in them.
func (d *Desk) Confirm(ctx context.Context, c review.CampaignID, a review.Act, passphrase []byte) ([]review.Receipt, error) {
	bundles, err := d.Staged(ctx)
	if err != nil {
		wipe(passphrase)
		return nil, err
	}
	var chosen []review.StagedBundle
	for _, b := range bundles {
		if c != "" && b.Campaign != c || a != "" && b.Act != a {
			continue
		}
		b.Mark = ""
		chosen = append(chosen, b)
	}
	return d.ConfirmShown(ctx, chosen, passphrase)
}

// ConfirmShown signs bundles as Staged gave them. One that holds something else by now, because another login of this
// person was at work, is refused. Earlier bundles stand if a later signature fails; the receipts of those that stand come
// back with the error (rulings 27).
func (d *Desk) ConfirmShown(ctx context.Context, bundles []review.StagedBundle, passphrase []byte) ([]review.Receipt, error) {
	defer wipe(passphrase)
	shown := make([]shownActs, len(bundles))
	for i, b := range bundles { // before the first signature, so that all of it or nothing is as it was shown
		var err error
		if shown[i], err = d.asShown(ctx, b); err != nil {
			return nil, err
		}
	}
	var receipts []review.Receipt
	abstained := map[review.CampaignID][]review.ItemID{}
	defer func() { // only now: what is proposed after a signature must not slip under the next one unseen
		for _, c := range sortedKeys(abstained) {
			d.passOn(context.WithoutCancel(ctx), c, abstained[c])
		}
	}()
	for i, b := range bundles {
		for {
			done, covered, err := d.confirmOne(ctx, b.Campaign, b.Act, passphrase, shown[i])
			if err != nil {
				return receipts, err
			}
			receipts = append(receipts, done)
			abstained[b.Campaign] = append(abstained[b.Campaign], abstainedOf(covered.verdicts)...)
			if shown[i] != nil {
				shown[i] = shown[i][len(covered.verdicts)+len(covered.acts):]
			}
			if covered.left == 0 || shown[i] != nil && len(shown[i]) == 0 {
				break
			}
		}
	}
	if len(receipts) == 0 {
		return nil, review.Errorf(review.KindUsage, "nothing is staged, so there is nothing to sign").
			WithHint("stage verdicts first: decide them in the workstation or with `tickmark decide`")
	}
	return receipts, nil
}

// confirmOne signs one bundle of at most bundleLimit records and gives it: what it covers, and whether more remains staged.
func (d *Desk) confirmOne(ctx context.Context, c review.CampaignID, a review.Act, passphrase []byte, shown shownActs) (review.Receipt, *bundle, error) {
	var b *bundle
	act := signedAct{
		passphrase: passphrase,
		prepare: func(ctx context.Context, seen ledger.Head, now time.Time) ([]any, any, error) {
			var err error
			if b, err = d.assemble(ctx, c, a, now); err != nil {
				return nil, nil, err
			}
			return b.records, b.statement, shown.holds(b)
		},
		stillGood: func(ctx context.Context) (bool, error) { return b.stillGood(ctx, d) },
		within: func(tx *store.Tx, _, _ int64) error {
			return b.take(tx)
		},
		describe: func(r *review.Receipt) { r.Campaign, r.Act, r.Tally = c, a, b.tally },
	}
	done, err := d.sign(ctx, act)
	if err != nil {
		return review.Receipt{}, nil, err
	}
	return done.receipt, b, nil
}

// bundle is one act being prepared: its records, its statement, and what signing it takes from the drafts.
type bundle struct {
	records   []any
	statement *ledger.Bundle
	tally     []review.Count
	left      int // more than 0: acts are staged beyond those covered

	verdicts []store.StagedVerdict
	items    []store.ItemRecord // of verdicts, in the same order
	acts     []store.StagedAct
	filed    filed // the evidence files they name
}

func (b *bundle) take(tx *store.Tx) error {
	if err := b.filed.put(tx); err != nil {
		return err
	}
	if len(b.verdicts) > 0 {
		if err := tx.TakeStaged(b.verdicts); err != nil {
			return err
		}
	}
	if len(b.acts) == 0 {
		return nil
	}
	ids := make([]int64, len(b.acts))
	for i, a := range b.acts {
		ids[i] = a.ID
	}
	return tx.TakeActs(ids)
}

// stillGood reports whether a signed bundle may follow entries that came in between: the same people still decide the
// same items, and no decision on them came in. Manager's acts are prepared again instead.
func (b *bundle) stillGood(ctx context.Context, d *Desk) (bool, error) {
	if len(b.verdicts) == 0 {
		return false, nil
	}
	ids := make([]review.ItemID, len(b.verdicts))
	for i, v := range b.verdicts {
		ids[i] = v.Item
	}
	now, err := d.db.Record(ctx, ids)
	if err != nil {
		return false, err
	}
	for i := range now {
		if now[i].InForce != b.items[i].InForce || now[i].Reviewer != b.items[i].Reviewer {
			return false, nil
		}
	}
	camp, err := d.db.Campaign(ctx, b.verdicts[0].Campaign)
	return err == nil && camp.SignedOff.IsZero(), err
}

// assemble makes the records and the bundle statement of what this person has staged.
func (d *Desk) assemble(ctx context.Context, c review.CampaignID, a review.Act, now time.Time) (*bundle, error) {
	b := &bundle{}
	var since time.Time
	var err error
	if a == review.ActDecision {
		since, err = d.assembleDecisions(ctx, b, c)
	} else {
		since, err = d.assembleActs(ctx, b, c, a)
	}
	if err != nil {
		return nil, err
	}
	if err := b.filed.takeAll(b.verdicts, b.acts); err != nil {
		return nil, err
	}
	if len(b.records) == 0 {
		return nil, review.Errorf(review.KindConflict, "nothing is staged any more: it was signed or taken back meanwhile").
			WithHint("look at `tickmark staged`")
	}
	var opened, bulk int64
	var leaves []ledger.Hash
	var all bytes.Buffer
	count := map[string]int64{}
	for _, r := range b.records {
		text, err := ledger.Format(r)
		if err != nil {
			return nil, internal("a record cannot be written", err)
		}
		leaves = append(leaves, ledger.LeafHash(text))
		all.Write(text)
		count[recordWord(r)]++
		if dec, ok := r.(*ledger.Decision); ok {
			opened += one(dec.Opened)
			bulk += one(dec.Bulk)
		}
	}
	b.tally = tally(a, count)
	b.statement = &ledger.Bundle{
		Log: d.log, Campaign: string(c), Act: string(a), Actor: string(d.Me()), Records: int64(len(b.records)),
		Tally: tallyText(b.tally), RecordsRoot: ledger.Root(leaves), RecordsSHA256: ledger.Sum(all.Bytes()),
		Opened: opened, Bulk: bulk, Elapsed: max(0, int64(now.Sub(since)/time.Second)),
	}
	return b, nil
}

func (d *Desk) assembleDecisions(ctx context.Context, b *bundle, c review.CampaignID) (since time.Time, err error) {
	staged, err := d.freshVerdicts(ctx, c, bundleLimit+1)
	if err != nil {
		return since, err
	}
	b.left = max(0, len(staged)-bundleLimit)
	b.verdicts = staged[:len(staged)-b.left]
	if len(b.verdicts) == 0 {
		return since, nil
	}
	ids := make([]review.ItemID, len(b.verdicts))
	for i, v := range b.verdicts {
		ids[i] = v.Item
	}
	if b.items, err = d.db.Record(ctx, ids); err != nil {
		return since, err
	}
	if err := d.stillOpen().check(ctx, c); err != nil {
		return since, err
	}
	for i := range b.verdicts {
		v, rec := &b.verdicts[i], &b.items[i]
		if since.IsZero() || v.At.Before(since) {
			since = v.At
		}
		if err := d.mayDecide(ctx, rec); err != nil {
			return since, err
		}
		salt, err := d.salt()
		if err != nil {
			return since, err
		}
		b.records = append(b.records, &ledger.Decision{
			Log: rec.Log, Campaign: string(c), Import: int64(rec.ImportEntry), Row: rec.Row, Item: rec.ItemHash, Grant: rec.GrantKey,
			Account: ledger.LongID(rec.Account), Identity: rec.RowIdentity, Entitlement: ledger.LongID(rec.Entitlement),
			Verdict: string(v.Verdict), Replace: v.Replace, Effective: ledger.Date(v.Effective), Until: ledger.Date(v.Until),
			Owner: v.Owner, Control: v.Control, Reason: v.Reason, Reviewer: string(d.Me()), Opened: v.Opened, Bulk: v.Bulk,
			ShownSHA256: ledger.Sum(v.Facts), Supersedes: int64(rec.InForce), Salt: salt,
		})
	}
	return since, nil
}

// freshVerdicts are the first n (0: all) of this person's staged verdicts of a campaign, after those were taken back whose
// item has changed hands or was decided meanwhile (rulings 16).
func (d *Desk) freshVerdicts(ctx context.Context, c review.CampaignID, n int) ([]store.StagedVerdict, error) {
	me := d.Me()
	stale, err := d.db.StaleStaged(ctx, me)
	if err != nil {
		return nil, err
	}
	if len(stale) > 0 {
		ids := make([]review.ItemID, len(stale))
		for i, v := range stale {
			ids[i] = v.Item
		}
		if _, err := d.db.Unstage(ctx, me, fmt.Sprintf("%d verdicts whose item was decided or reassigned meanwhile", len(ids)), ids, nil); err != nil {
			return nil, err
		}
		d.o.Say("%d staged verdicts were taken back: their item was decided or reassigned meanwhile; look at them again", len(ids))
	}
	staged, err := d.db.StagedVerdicts(ctx, me, c, n)
	if err != nil {
		return nil, err
	}
	return staged, nil
}

func recordWord(r any) string {
	switch r := r.(type) {
	case *ledger.Decision:
		return r.Verdict
	case *ledger.Reassign:
		return "reassign"
	case *ledger.Closure:
		return r.Outcome
	case *ledger.Remediation:
		return r.State
	}
	return ""
}

// Staged lists what this person's signatures would cover: decisions first, campaigns in order of name.
func (d *Desk) Staged(ctx context.Context) ([]review.StagedBundle, error) {
	verdicts, err := d.freshVerdicts(ctx, "", 0)
	if err != nil {
		return nil, err
	}
	byCampaign := map[review.CampaignID][]store.StagedVerdict{}
	for _, v := range verdicts {
		byCampaign[v.Campaign] = append(byCampaign[v.Campaign], v)
	}
	var out []review.StagedBundle
	for _, c := range sortedKeys(byCampaign) {
		b, err := d.describeVerdicts(ctx, c, byCampaign[c])
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	acts, err := d.freshActs(ctx, "", "")
	if err != nil {
		return nil, err
	}
	if len(acts) > 0 && d.mustManage(ctx) != nil { // what waits for the managers' role is not a reviewer's to sign
		acts = slices.DeleteFunc(acts, func(a store.StagedAct) bool { return a.By == "" })
	}
	more, err := d.describeActs(ctx, acts)
	return append(out, more...), err
}

func (d *Desk) describeVerdicts(ctx context.Context, c review.CampaignID, verdicts []store.StagedVerdict) (review.StagedBundle, error) {
	b := review.StagedBundle{Campaign: c, Act: review.ActDecision, Records: len(verdicts), Mark: verdictTags(verdicts).mark()}
	ids := make([]review.ItemID, len(verdicts))
	for i, v := range verdicts {
		ids[i] = v.Item
	}
	items, err := d.db.Record(ctx, ids)
	if err != nil {
		return b, err
	}
	camp, err := d.db.Campaign(ctx, c)
	if err != nil {
		return b, err
	}
	count := map[string]int64{}
	goes := map[review.ItemID]bool{}
	for _, v := range verdicts {
		goes[v.Item] = v.Verdict == review.Revoke
	}
	var keepHigh, byPolicy int
	for i, v := range verdicts {
		it := &items[i]
		count[string(v.Verdict)]++
		b.Opened += int(one(v.Opened))
		b.Bulk += int(one(v.Bulk))
		if camp.NoAnswer == review.RevokeUnanswered && v.Verdict == review.Revoke && v.Reason == review.NoAnswerReason(camp.Due) {
			byPolicy++
		}
		if b.Since.IsZero() || v.At.Before(b.Since) {
			b.Since = v.At
		}
		if it.MaxSeverity.Rank() >= review.High.Rank() {
			b.High++
			if v.Verdict == review.Keep {
				settled, err := d.pairSettled(ctx, &it.Item, goes)
				if err != nil {
					return b, err
				}
				keepHigh += int(one(!settled))
			}
		}
		if len(b.Lines) < bundleLimit {
			b.Lines = append(b.Lines, review.StagedLine{
				Act: v.Act, Item: v.Item, What: string(v.Verdict), Identity: display(it.Name, it.Identity), System: it.System, Account: display(it.Login, it.Account),
				Entitlement: display(it.EntName, it.Entitlement), Reason: v.Reason, Severity: it.MaxSeverity, Bulk: v.Bulk,
			})
		}
	}
	b.Tally = tally(review.ActDecision, count)
	policy, err := d.Policy(ctx, c)
	if byPolicy > 0 {
		b.Warnings = append(b.Warnings, review.Notice{Code: "no-answer", Text: fmt.Sprintf("%d %s for want of an answer: the review's policy asks for %s, and your signature as its owner says so",
			byPolicy, plural(byPolicy, "is a revoke", "are revokes"), plural(byPolicy, "it", "them"))})
	}
	if byPolicy < len(verdicts) { // what a policy asks for is not judged in haste
		b.Warnings = append(b.Warnings, d.hasty(policy, &b, keepHigh)...)
	}
	return b, err
}

// hasty says what looks quick or risky about decisions about to be signed, by the policy's thresholds.
func (d *Desk) hasty(policy review.Policy, b *review.StagedBundle, keepHigh int) []review.Notice {
	var out []review.Notice
	n := b.Records
	seconds := d.Now().Sub(b.Since).Seconds()
	whole := int64(seconds + 0.5)
	if p := policy.HastySecondsPerItem; p > 0 && n >= 5 && seconds < float64(p*n) {
		out = append(out, review.Notice{Code: "hasty", Text: fmt.Sprintf("%d items in %d %s: less than the %d seconds per item the policy expects", n, whole, plural(whole, "second", "seconds"), p),
			Hint: "an auditor sees this figure; look again where you are not sure"})
	}
	if p := policy.HastyBulkShare; p > 0 && b.Bulk*100 > p*n {
		out = append(out, review.Notice{Code: "bulk", Text: fmt.Sprintf("%d of %d were decided in bulk", b.Bulk, n), Hint: "the record says so for each of them"})
	}
	if keepHigh > 0 {
		out = append(out, review.Notice{Code: "keep-high", Text: fmt.Sprintf("%d %s with a high or critical finding %s kept", keepHigh, plural(keepHigh, "item", "items"), plural(keepHigh, "is", "are")),
			Hint: "an exception with an end and a control may say more than a keep"})
	}
	if n > bundleLimit {
		out = append(out, review.Notice{Code: "split", Text: fmt.Sprintf("one signature covers at most %d records, so %d signatures will be asked for", bundleLimit, (n+bundleLimit-1)/bundleLimit)})
	}
	return out
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func plural[T int | int64](n T, single, many string) string {
	if n == 1 {
		return single
	}
	return many
}

// display prefers the name people know and falls back to the native id.
func display(name, id string) string {
	if name != "" {
		return name
	}
	return id
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// wipe overwrites a passphrase.
func wipe(b []byte) {
	for i := range b {
		b[i] = 0
	}
}
