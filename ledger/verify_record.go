package ledger

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// shownFacts is a decision whose facts are still to be looked at.
type shownFacts struct {
	index              int64
	shown, item, grant Hash
	source             string
	quoted             quote16
}

// checkBundle is step 8, and the assurance of step 12.
func (v *verifier) checkBundle(a *Applied, b *Bundle, signature *Signature) {
	c := v.campaign(b.Campaign, b.Seen.Size)
	if b.Via != ViaHost && b.Actor != b.Signer {
		v.fail(CodeBundle, "%s signed as %s", b.Signer, b.Actor)
	}
	switch {
	case b.Records == 0:
		v.fail(CodeBundle, "the bundle covers no records")
	case int64(len(a.Records)) != b.Records:
		v.fail(CodeBundle, "the bundle covers %d records, but %d stand before it", b.Records, len(a.Records))
	case len(a.Orphans) > 0:
		v.fail(CodeBundle, "the bundle covers %d records, but %d stand before it", b.Records, len(a.Records)+len(a.Orphans))
	}
	var tree Tree
	digest := sha256.New()
	counts := make(map[string]int64, 4)
	var opened, bulk int64
	texts, values := true, true
	for i := range a.Records {
		rec := &a.Records[i]
		tree.Append(rec.Leaf)
		texts = texts && rec.Text != nil
		digest.Write(rec.Text)
		campaign, actor, act, word := recordFields(rec.Value)
		if rec.Value == nil {
			values = false
			continue
		}
		switch {
		case act != b.Act:
			v.failAt(rec.Index, "", CodeBundle, "a record of kind %s in a bundle of %s", act, b.Act)
		case campaign != b.Campaign:
			v.failAt(rec.Index, "", CodeBundle, "the record is of campaign %s, its bundle of %s", campaign, b.Campaign)
		case actor != b.Actor:
			v.failAt(rec.Index, "", CodeBundle, "the record is of %s, its bundle of %s", actor, b.Actor)
		}
		counts[word]++
		if d, ok := rec.Value.(*Decision); ok {
			opened += count(d.Opened)
			bulk += count(d.Bulk)
		}
	}
	if tree.Root() != b.RecordsRoot {
		v.fail(CodeBundle, "the records are not those that were signed: their root differs")
	}
	if texts && Hash(digest.Sum(nil)) != b.RecordsSHA256 {
		v.fail(CodeBundle, "the records are not those that were signed: their digest differs")
	}
	if values {
		if tally := FormatTally(b.Act, counts); tally != b.Tally {
			v.fail(CodeBundle, "the tally is %s, the records count %s", b.Tally, tally)
		}
		if b.Act == ActDecision && (b.Opened != opened || b.Bulk != bulk) {
			v.fail(CodeBundle, "opened %d and bulk %d are stated, the records count %d and %d", b.Opened, b.Bulk, opened, bulk)
		}
	}
	if c != nil && b.Act == ActDecision {
		v.checkAssurance(c.Campaign.Assurance, b, signature)
	}
}

func count(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// recordFields gives what every record has: campaign, person, kind, and the word its tally counts.
func recordFields(value any) (campaign, actor, act, word string) {
	switch r := value.(type) {
	case *Decision:
		return r.Campaign, r.Reviewer, ActDecision, r.Verdict
	case *Reassign:
		return r.Campaign, r.Manager, ActReassign, "reassign"
	case *Closure:
		return r.Campaign, r.Manager, ActClosure, r.Outcome
	case *Remediation:
		return r.Campaign, r.Manager, ActRemediation, r.State
	}
	return "", "", "", ""
}

// checkAssurance holds a bundle of decisions against the weakest signature the campaign accepts.
func (v *verifier) checkAssurance(assurance string, b *Bundle, signature *Signature) {
	if assurance != "any" && b.Via == ViaHost {
		v.fail(CodePolicy, "the host signed, but the campaign demands %s", assurance)
	}
	if signature == nil {
		return
	}
	switch {
	case assurance == "touch" && !signature.SecurityKey():
		v.fail(CodePolicy, "the campaign demands a security key")
	case assurance == "pin" && !signature.PINVerified():
		v.fail(CodePolicy, "the campaign demands a security key that verified its user")
	}
}

// checkRecord is steps 9 to 15 for a record, just before it takes effect. b is its bundle.
func (v *verifier) checkRecord(rec *Record, b *Bundle) {
	c := v.r.Campaign(b.Campaign)
	if rec.Value == nil || c == nil {
		return
	}
	at := v.index
	v.index = rec.Index
	defer func() { v.index = at }()
	switch r := rec.Value.(type) {
	case *Decision:
		v.checkDecision(c, r, b)
	case *Reassign:
		v.checkReassign(c, r)
	case *Closure:
		v.checkClosure(c, r, b)
	case *Remediation:
		v.checkRemediation(c, r, b)
	}
}

// checkDecision is steps 9, 11, 12, 13 and the second half of 18 for a decision.
func (v *verifier) checkDecision(c *CampaignState, d *Decision, b *Bundle) {
	if s := c.ManagerSignoff(); s != nil {
		v.fail(CodeSignoff, "a decision after the manager's sign-off at %d", s.Index)
	}
	v.checkQuotes(c, d, b)
	it, known := c.Item(d.Item)
	v.checkVerdictFields(d, b)
	if it.Assignee != "" && it.Assignee != d.Reviewer {
		v.fail(CodePolicy, "the item is for %s to decide, not for %s", it.Assignee, d.Reviewer)
	}
	if strings.EqualFold(d.Identity, d.Reviewer) {
		v.fail(CodePolicy, "%s decided about their own access", d.Reviewer)
	}

	inForce := int64(0)
	if known && it.Decided {
		inForce = it.Decision.Index
	}
	if d.Supersedes == inForce || d.Supersedes != 0 && v.isWithheld(d.Supersedes) {
		if d.Supersedes >= b.Seen.Size {
			v.fail(CodeReference, "the superseded decision %d is not below seen.size", d.Supersedes)
		}
		return
	}
	v.fail(CodeDuplicate, "the record supersedes %s, but the decision in force on its item is %s", indexOrNone(d.Supersedes), indexOrNone(inForce))
	if _, _, ok := v.r.Decision(d.Supersedes); d.Supersedes != 0 && (!ok || d.Supersedes >= b.Seen.Size) {
		v.fail(CodeReference, "entry %d is no decision below seen.size", d.Supersedes)
	}
}

// checkQuotes holds what a decision says about its item against import, row and population.
func (v *verifier) checkQuotes(c *CampaignState, d *Decision, b *Bundle) {
	if !isItemOf(c.Campaign, d.Item, d.Grant) {
		v.fail(CodePopulation, "the item id is not that of the grant in this campaign")
	}
	if lists := v.lists[d.Campaign]; lists != nil {
		it, known := c.Item(d.Item)
		switch {
		case !known && lists.members:
			v.fail(CodePopulation, "the item is not in the campaign's population")
		case known && it.Import != 0 && (it.Grant != d.Grant || it.Import != d.Import || it.Row != d.Row):
			v.fail(CodePopulation, "the item has another grant, import or row in the campaign's population")
		}
	}
	im := v.r.Import(d.Import)
	switch {
	case im == nil:
		v.fail(CodeReference, "entry %d is no import", d.Import)
		return
	case d.Import >= b.Seen.Size:
		v.fail(CodeReference, "the import %d is not below seen.size", d.Import)
		return
	case !c.looksAt(d.Import):
		v.fail(CodePopulation, "the campaign does not look at the import %d", d.Import)
	case d.Row < 1 || d.Row > im.Import.Grants:
		v.fail(CodePopulation, "the import %d has no row %d", d.Import, d.Row)
		return
	}
	quoted := quoteOf(d.Account, d.Identity, d.Entitlement)
	if table := v.rows[d.Import]; d.Row <= int64(len(table.grants)) && !table.grants[d.Row-1].IsZero() {
		if table.grants[d.Row-1] != d.Grant {
			v.fail(CodePopulation, "the grant is not that of row %d of the import %d", d.Row, d.Import)
		}
		if table.quotes[d.Row-1] != quoted {
			v.fail(CodePopulation, "account, identity or entitlement are not those of row %d of the import %d", d.Row, d.Import)
		}
	}
	if v.in.Facts != nil {
		v.shown = append(v.shown, shownFacts{v.index, d.ShownSHA256, d.Item, d.Grant, im.Import.Source, quoted})
	}
}

// checkVerdictFields is the table of ledger.md 3.5.
func (v *verifier) checkVerdictFields(d *Decision, b *Bundle) {
	must, may := []string{}, []string{}
	switch d.Verdict {
	case VerdictKeep:
		may = []string{"reason"}
	case VerdictRevoke:
		must, may = []string{"reason"}, []string{"replace", "effective"}
	case VerdictException:
		must = []string{"until", "owner", "control", "reason"}
	case VerdictAbstain:
		must = []string{"reason"}
	}
	v.checkFields(d.Verdict, must, may, map[string]bool{
		"replace": d.Replace != "", "effective": d.Effective != "", "until": d.Until != "",
		"owner": d.Owner != "", "control": d.Control != "", "reason": d.Reason != "",
	}, CodePolicy)
	if d.Until != "" && d.Until <= DateOf(b.Time) {
		v.fail(CodePolicy, "the exception ends on %s, not after the day of signing", d.Until)
	}
}

// checkFields reports fields that a word must have and has not, or must not have and has.
func (v *verifier) checkFields(word string, must, may []string, has map[string]bool, code Code) {
	for _, name := range must {
		if !has[name] {
			v.fail(code, "%s without %s", word, name)
		}
	}
	for _, name := range []string{"replace", "effective", "until", "owner", "control", "reason", "evidence-sha256", "ticket", "done", "import"} {
		if has[name] && !slices.Contains(must, name) && !slices.Contains(may, name) {
			v.fail(code, "%s with %s", word, name)
		}
	}
}

// checkReassign is steps 11 and 12 for a reassign.
func (v *verifier) checkReassign(c *CampaignState, r *Reassign) {
	it, known := c.Item(r.Item)
	if lists := v.lists[r.Campaign]; !known && lists != nil && lists.members {
		v.fail(CodePopulation, "the item is not in the campaign's population")
	}
	if it.Assignee != "" && it.Assignee != r.From {
		v.fail(CodePolicy, "the item is for %s to decide, not for %s", it.Assignee, r.From)
	}
}

// checkClosure is steps 9 and 14.
func (v *verifier) checkClosure(c *CampaignState, r *Closure, b *Bundle) {
	switch r.Outcome {
	case OutcomeRenewed:
		v.checkFields(r.Outcome, []string{"until", "owner", "control"}, []string{"evidence-sha256"}, closureHas(r), CodeClosure)
	case OutcomeRemediated:
		v.checkFields(r.Outcome, []string{"control", "evidence-sha256"}, []string{"owner"}, closureHas(r), CodeClosure)
	case OutcomeWithdrawn:
		v.checkFields(r.Outcome, nil, []string{"owner", "control", "evidence-sha256"}, closureHas(r), CodeClosure)
	}
	e := v.r.Exception(r.Exception)
	switch {
	case e == nil && v.isWithheld(r.Exception):
		return
	case e == nil || e.Index >= b.Seen.Size:
		v.fail(CodeReference, "entry %d is no exception below seen.size", r.Exception)
		return
	case e.Campaign != c || e.Decision.Item != r.Item:
		v.fail(CodeReference, "the exception %d is of another item or campaign", r.Exception)
		return
	}
	last := int64(0)
	if l := e.Last(); l != nil {
		last = l.Index
	}
	if e.Ended() {
		v.fail(CodeClosure, "the exception %d ended with the closure at %d", r.Exception, last)
	}
	if r.Previous == last {
		if r.Previous >= b.Seen.Size {
			v.fail(CodeReference, "the closure %d is not below seen.size", r.Previous)
		}
		return
	}
	if !v.isWithheld(r.Previous) {
		v.fail(CodeClosure, "previous is %s, but the last closure of the exception is %s", indexOrNone(r.Previous), indexOrNone(last))
	}
}

func closureHas(r *Closure) map[string]bool {
	return map[string]bool{
		"until": r.Until != "", "owner": r.Owner != "", "control": r.Control != "", "evidence-sha256": !r.EvidenceSHA256.IsZero(),
	}
}

// checkRemediation is steps 9 and 15.
func (v *verifier) checkRemediation(c *CampaignState, r *Remediation, b *Bundle) {
	if r.State == StateClaimed {
		if r.Ticket == "" || r.Done.IsZero() {
			v.fail(CodeRemediation, "claimed without ticket or done")
		}
		if r.Import != 0 {
			v.fail(CodeRemediation, "claimed with an import")
		}
	}
	s := v.r.Revoke(r.Decision)
	switch {
	case s == nil && v.isWithheld(r.Decision):
		return
	case s == nil || s.Index >= b.Seen.Size:
		v.fail(CodeReference, "entry %d is no revoke below seen.size", r.Decision)
		return
	case s.Campaign != c || s.Decision.Item != r.Item:
		v.fail(CodeReference, "the revoke %d is of another item or campaign", r.Decision)
		return
	}
	if r.State != StateClaimed {
		v.checkProof(s, r, b)
	}
}

// checkProof recomputes what an import says about a revoke (ledger.md 3.7, rulings 25).
func (v *verifier) checkProof(s *RevokeState, r *Remediation, b *Bundle) {
	if r.Import == 0 {
		v.fail(CodeRemediation, "%s without import", r.State)
		return
	}
	im := v.r.Import(r.Import)
	if im == nil || r.Import >= b.Seen.Size {
		v.fail(CodeReference, "entry %d is no import below seen.size", r.Import)
		return
	}
	source := v.r.Import(s.Decision.Import)
	switch {
	case im.Index < s.Index:
		v.fail(CodeRemediation, "the import %d is older than the revoke %d", r.Import, s.Index)
		return
	case source == nil || source.Import.Source != im.Import.Source:
		v.fail(CodeRemediation, "the import %d is of another source than the revoke", r.Import)
		return
	case !im.Import.Extracted.After(s.Bundle.Bundle.Time):
		v.fail(CodeRemediation, "the import %d was not extracted after the revoke", r.Import)
		return
	case r.State == StateStillPresent && s.Decision.Effective != "" && DateOf(im.Import.Extracted) < s.Decision.Effective:
		v.fail(CodeRemediation, "the import %d was extracted before %s, the day the revoke takes effect", r.Import, s.Decision.Effective)
	case r.State == StateGone && im.Import.Completeness != "full" && im.Import.Completeness != "scoped":
		v.fail(CodeRemediation, "the import %d is %s and cannot carry an absence", r.Import, im.Import.Completeness)
	}
	table := v.rows[r.Import]
	if !table.complete {
		// One row is enough for presence; absence needs them all.
		if !table.has(s.Decision.Grant) {
			v.notChecked("the remediation at %d, since not all rows of the import %d were supplied", v.index, r.Import)
			return
		}
	}
	want := StateStillPresent
	switch {
	case table.complete && !table.has(s.Decision.Grant):
		want = StateGone
	case s.wasGone:
		want = StateCameBack
	}
	if r.State != want {
		v.fail(CodeRemediation, "the import %d says %s, not %s", r.Import, want, r.State)
	}
}
