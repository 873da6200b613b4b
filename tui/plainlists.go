package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tickmark/review"
)

// Exceptions and revokes in line mode: a list with numbers, and managers' acts on these numbers, with the questions and
// checks of the screens.

// listAnswer does what a word asks for, with what follows it: exceptions, revokes, approve 2, renew 2, close 2, claim
// 1 3. Not one of these: false.
func (p *plainMode) listAnswer(ctx context.Context, answer string) (bool, error) {
	word, rest, _ := strings.Cut(answer, " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(word) {
	case "exceptions":
		return true, p.listExceptions(ctx, rest)
	case "revokes", "revocations", "remediation":
		return true, p.listRevokes(ctx, rest)
	case "approve":
		return true, p.onExceptions(rest, func(es []review.Exception) error { return p.approve(ctx, es) })
	case "renew":
		return true, p.onExceptions(rest, func(es []review.Exception) error { return p.renew(ctx, es) })
	case "close":
		return true, p.onExceptions(rest, func(es []review.Exception) error { return p.closeOff(ctx, es) })
	case "claim":
		return true, p.claim(ctx, rest)
	}
	return false, nil
}

func (p *plainMode) listExceptions(ctx context.Context, filter string) error {
	es, err := p.desk.Exceptions(ctx, filter)
	if err != nil {
		p.fail(err)
		return nil
	}
	sortExceptions(es)
	p.exceptions = es
	if len(es) == 0 {
		p.say("No exceptions.")
		return nil
	}
	for i, e := range es {
		state := exceptionSign(e.State).word
		if e.Outcome != "" {
			state = "closed, " + e.Outcome
		}
		if e.Until != "" {
			state += ", until " + e.Until
		}
		if w := untilWords(e); w != "" {
			state += ", " + w
		}
		p.say("Number %d: %s: %s. %s answers for it. Control: %s. Reason: %s.", i+1, exceptionWords(e), state, orNone(e.Owner), orNone(e.Control), strings.TrimSuffix(orNone(e.Reason), "."))
		if e.Approval != "" {
			p.say("It waits for the approval of %s.", e.ApprovalBy)
		}
		if e.Staged != "" {
			p.say("Staged on it and not signed: %s.", e.Staged)
		}
	}
	p.say("approve, renew or close, with its number, such as: renew 1.")
	return nil
}

func (p *plainMode) listRevokes(ctx context.Context, filter string) error {
	rs, err := p.desk.Remediations(ctx, filter)
	if err != nil {
		p.fail(err)
		return nil
	}
	sortRevokes(rs)
	p.revokes = rs
	if len(rs) == 0 {
		p.say("No revokes.")
		return nil
	}
	for i, r := range rs {
		state := remediationSign(r.State).word
		switch {
		case r.Moot():
			state = "superseded"
		case r.Overdue:
			state += ", overdue"
		}
		if r.Ticket != "" {
			state += ", ticket " + r.Ticket
		}
		p.say("Number %d: %s: %s since %s, revoked %s%s.", i+1, revokeWords(r), state, day(r.Since), ago(r.Decided, p.now()), strings.TrimSuffix(because(r.Reason), "."))
		if r.Staged != "" {
			p.say("Staged on it and not signed: %s.", r.Staged)
		}
	}
	p.say("claim says that one was carried out, with its number, such as: claim 1. Only an import shows it gone.")
	return nil
}

func exceptionWords(e review.Exception) string {
	return fmt.Sprintf("%s of %s on %s", accessWords(e.EntName, e.Entitlement, e.Account), who(e.Name, e.Identity), e.System)
}

func revokeWords(r review.Remediation) string {
	return fmt.Sprintf("%s of %s on %s", accessWords(r.EntName, r.Entitlement, r.Account), who(r.Name, r.Identity), r.System)
}

func orNone(s string) string {
	if s == "" {
		return "nobody said"
	}
	return s
}

// numbered picks from a list by numbers, "all" for all of it; it says what is wrong with them.
func numbered[T any](p *plainMode, list []T, which, lists string) ([]T, bool) {
	if len(list) == 0 {
		p.say("%s lists them; then say which, by number.", lists)
		return nil, false
	}
	if strings.EqualFold(which, "all") {
		return list, true
	}
	var out []T
	for _, w := range strings.Fields(strings.ReplaceAll(which, ",", " ")) {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 || n > len(list) {
			p.say("%s is no number of the list. Nothing is changed.", review.Quote(w))
			return nil, false
		}
		out = append(out, list[n-1])
	}
	if len(out) == 0 {
		p.say("Say which, by number, such as: 1, or 1 3, or all.")
		return nil, false
	}
	return out, true
}

// onExceptions picks exceptions for an act that none of them is barred from.
func (p *plainMode) onExceptions(which string, act func([]review.Exception) error) error {
	if p.refused() {
		return nil
	}
	es, ok := numbered(p, p.exceptions, which, "exceptions")
	if !ok {
		return nil
	}
	if slices.ContainsFunc(es, func(e review.Exception) bool { return e.State == review.Closed }) {
		p.say("A closed exception stays closed.")
		return nil
	}
	for _, e := range es {
		p.say("%s, until %s.", sentence(exceptionWords(e)), e.Until)
	}
	return act(es)
}

func (p *plainMode) approve(ctx context.Context, es []review.Exception) error {
	if slices.ContainsFunc(es, func(e review.Exception) bool { return e.Approval == "" }) {
		p.say("Only an exception that waits for a second person can be approved.")
		return nil
	}
	reason := ""
	if ok, err := p.ask(plainField{prompt: "Reason (why you agree, an empty line for the reviewer's reason):", into: &reason, optional: true}); err != nil || !ok {
		return err
	}
	r, err := p.desk.Approve(ctx, exceptionIDs(es), reason)
	return p.managed(ctx, r, err, "approved", "exception")
}

func (p *plainMode) renew(ctx context.Context, es []review.Exception) error {
	d := review.ClosureDraft{Outcome: "renewed"}
	ok, err := p.askAll([]plainField{
		{prompt: "Until (a day, or 90d):", check: p.rules().checkDay(longestRenewal(es)), into: &d.Until, isDay: true},
		plainKept("Owner (who answers for it", es, ownerOf, &d.Owner),
		plainKept("Control (what compensates for it meanwhile", es, controlOf, &d.Control),
		{prompt: "Reason (why it must still stay):", into: &d.Reason},
		{prompt: "Evidence (a file that shows the control, or its SHA-256, an empty line for none):", check: p.rules().checkEvidence, into: &d.EvidenceName, optional: true},
	})
	if err != nil || !ok {
		return err
	}
	owner, _ := common(es, ownerOf)
	control, _ := common(es, controlOf)
	d.Owner, d.Control = cmp.Or(d.Owner, owner), cmp.Or(d.Control, control)
	return p.stageClosure(ctx, es, d)
}

// plainKept is keptField in a sentence.
func plainKept(prompt string, es []review.Exception, of func(*review.Exception) string, into *string) plainField {
	value, same := common(es, of)
	if !same {
		return plainField{prompt: prompt + ", an empty line: each keeps its own):", into: into, optional: true}
	}
	return plainField{prompt: fmt.Sprintf("%s, an empty line for: %s):", prompt, orNone(value)), into: into, optional: value != ""}
}

func (p *plainMode) closeOff(ctx context.Context, es []review.Exception) error {
	outcomes := closeOutcomes(es)
	for _, o := range outcomes {
		p.say("%s: %s.", capital(o), outcomeMeans(o))
	}
	d := review.ClosureDraft{}
	if ok, err := p.ask(plainField{prompt: "Outcome (" + strings.Join(outcomes, ", ") + "):", into: &d.Outcome, check: func(v string) string {
		if !slices.Contains(outcomes, v) {
			return "one of " + strings.Join(outcomes, ", ")
		}
		return ""
	}}); err != nil || !ok {
		return err
	}
	control, _ := common(es, controlOf)
	fields := []plainField{{prompt: "Reason (in a sentence):", into: &d.Reason}}
	if d.Outcome == review.OutcomeRemediated {
		fields = slices.Insert(fields, 0,
			plainField{prompt: fmt.Sprintf("Control (what cured it, an empty line for: %s):", orNone(control)), into: &d.Control, optional: control != ""},
			plainField{prompt: "Evidence (a file that shows it, or its SHA-256, or: import N, which shows it gone):", check: p.rules().checkProof, into: &d.EvidenceName})
	}
	if ok, err := p.askAll(fields); err != nil || !ok {
		return err
	}
	if d.Outcome == review.OutcomeRemediated && d.Control == "" {
		d.Control = control
	}
	return p.stageClosure(ctx, es, d)
}

// stageClosure takes the evidence for what it is, asks whether to keep a file, and stages.
func (p *plainMode) stageClosure(ctx context.Context, es []review.Exception, d review.ClosureDraft) error {
	typed := d.EvidenceName
	d.Import, _ = importNumber(typed)
	d.EvidenceName, d.EvidenceSHA256, _ = evidenceTyped(typed, "")
	if ok, err := p.askKeep(d.EvidenceName, &d.KeepEvidence); err != nil || !ok {
		return err
	}
	d.Shown = actsShown(es, func(e review.Exception) []int64 { return e.Acts })
	r, err := p.desk.StageClosure(ctx, exceptionIDs(es), d)
	return p.managed(ctx, r, err, d.Outcome, "exception")
}

// askKeep asks whether the bytes of an evidence file go into the database, where a file was named.
func (p *plainMode) askKeep(file string, keep *bool) (bool, error) {
	if file == "" {
		return true, nil
	}
	answer := ""
	ok, err := p.ask(plainField{prompt: "Keep file (yes: it goes into the database when you sign, at most 16 MiB; an empty line for no):", into: &answer, optional: true, check: func(v string) string {
		if v = strings.ToLower(v); !slices.Contains([]string{"yes", "y", "no", "n"}, v) {
			return "yes or no"
		}
		return ""
	}})
	*keep = strings.HasPrefix(strings.ToLower(answer), "y")
	return ok, err
}

func (p *plainMode) claim(ctx context.Context, which string) error {
	if p.refused() {
		return nil
	}
	rs, ok := numbered(p, p.revokes, which, "revokes")
	if !ok {
		return nil
	}
	for _, r := range rs {
		if why := claimWhy(r); why != "" {
			p.say("%s: %s.", sentence(revokeWords(r)), why)
			return nil
		}
		p.say("%s", sentence(revokeWords(r)))
	}
	d := review.ClaimDraft{}
	today := day(p.now())
	ok, err := p.askAll([]plainField{
		{prompt: "Ticket (where it was done):", into: &d.Ticket},
		{prompt: "Done on (the day, an empty line for today, " + today + "):", into: &d.Done, isDay: true, optional: true, check: p.rules().checkPast},
		{prompt: "Note (anything else, an empty line for nothing):", into: &d.Note, optional: true},
	})
	if err != nil || !ok {
		return err
	}
	if d.Done == "" {
		d.Done = today
	}
	ids := make([]review.EntryIndex, len(rs))
	for i, r := range rs {
		ids[i] = r.ID
	}
	d.Shown = actsShown(rs, func(r review.Remediation) []int64 { return r.Acts })
	r, err := p.desk.StageClaim(ctx, ids, d)
	return p.managed(ctx, r, err, "claimed done", "revoke")
}

// managed says what a manager's act has staged.
func (p *plainMode) managed(ctx context.Context, r review.StageResult, err error, what, one string) error {
	switch {
	case err != nil:
		p.fail(err)
		return nil
	case r.Staged == 0 && len(r.Skipped) > 0:
		p.say("Not staged: %s.", r.Skipped[0].Reason)
		return nil
	}
	p.say("Staged: %s, %s%s%s. It counts when it is signed.", count(int64(r.Staged), one), what, leftOut(r), hashedWords(r))
	return p.count(ctx, p.campaign.Name)
}

func exceptionIDs(es []review.Exception) []review.EntryIndex {
	ids := make([]review.EntryIndex, len(es))
	for i, e := range es {
		ids[i] = e.ID
	}
	return ids
}
