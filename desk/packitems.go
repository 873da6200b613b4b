package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// query finds the campaign of a query and its items in order.
func (p *Pack) query(q review.Query) (*packReview, []int64, error) {
	c, err := p.review(q.Campaign)
	if err != nil {
		return nil, nil, err
	}
	list, err := p.ordered(c, q)
	return c, list, err
}

// Count counts the items of a query, withheld ones too where they may match.
func (p *Pack) Count(_ context.Context, q review.Query) (int64, error) {
	_, list, err := p.query(q)
	return int64(len(list)), err
}

// Page reads up to limit items around an anchor, in the order of the query. usage for a bad filter or sort column,
// not-found for an anchor that is no item of the campaign.
func (p *Pack) Page(_ context.Context, q review.Query, at review.Anchor, limit int) (review.Page, error) {
	c, list, err := p.query(q)
	if err != nil || limit <= 0 {
		return review.Page{}, err
	}
	from, to := 0, len(list) // the page lies within
	if at.From != "" {
		i, found, err := p.anchor(c, q, list, at.From)
		switch {
		case err != nil:
			return review.Page{}, err
		case at.Back && found && at.Incl:
			to = i + 1
		case at.Back:
			to = i
		case found && !at.Incl:
			from = i + 1
		default:
			from = i
		}
	}
	if at.Back {
		from = max(from, to-limit)
	} else {
		to = min(to, from+limit)
	}
	page := review.Page{First: from == 0, Last: to == len(list), Offset: int64(from), Items: make([]review.Item, 0, max(to-from, 0))}
	for _, ord := range list[from:to] {
		page.Items = append(page.Items, c.line(ord))
	}
	return page, nil
}

// anchor finds the place of an item in a list, or, if it does not match the query, of the next that follows it in its order.
func (p *Pack) anchor(c *packReview, q review.Query, list []int64, id review.ItemID) (i int, found bool, err error) {
	at, err := p.place(id)
	if err != nil {
		return 0, false, err
	}
	if at.review != c {
		return 0, false, review.Errorf(review.KindNotFound, "campaign %s has no item %s", review.Quote(string(c.name)), review.Quote(id.Short()))
	}
	if i = slices.Index(list, at.ord); i >= 0 {
		return i, true, nil
	}
	all, err := p.ordered(c, review.Query{Sort: q.Sort})
	if err != nil {
		return 0, false, err
	}
	places := make(map[int64]int, len(list))
	for i, ord := range list {
		places[ord] = i
	}
	for _, ord := range all[max(slices.Index(all, at.ord), 0):] {
		if i, ok := places[ord]; ok {
			return i, false, nil
		}
	}
	return len(list), false, nil
}

// NextUndecided is the next disclosed item after one that nobody has decided, wrapping round; "" if there is none.
func (p *Pack) NextUndecided(_ context.Context, q review.Query, after review.ItemID) (review.ItemID, error) {
	c, list, err := p.query(q)
	if err != nil {
		return "", err
	}
	start := 0
	if after != "" {
		i, found, err := p.anchor(c, q, list, after)
		if err != nil {
			return "", err
		}
		if start = i; found {
			start++
		}
	}
	for n := range list {
		if i, shown := c.disclosed(list[(start+n)%len(list)]); shown && c.items[i].State == review.ItemOpen {
			return c.items[i].ID, nil
		}
	}
	return "", nil
}

// Groups counts the items of a query by a column of review.ItemColumns, or by source, finding, mark or campaign, largest
// first. An item with several findings counts for each; one without any for none.
func (p *Pack) Groups(_ context.Context, q review.Query, column string) ([]review.GroupCount, error) {
	c, list, err := p.query(q)
	if err != nil {
		return nil, err
	}
	keys := packGroups(column)
	if keys == nil {
		return nil, review.Errorf(review.KindUsage, "items are not grouped by %s", review.Quote(column)).
			WithHint("group by one of %s, source, finding, mark or campaign", strings.Join(review.ItemColumns[:], ", "))
	}
	at := map[string]int{}
	var out []review.GroupCount
	for _, ord := range list {
		it := c.item(ord)
		for _, k := range keys(it) {
			i, ok := at[k.Key]
			if !ok {
				i = len(out)
				at[k.Key] = i
				out = append(out, k)
			}
			g := &out[i]
			g.Items++
			g.Decided += one(it.Verdict.Decides())
			if it.MaxSeverity.Rank() > g.Severity.Rank() {
				g.Severity = it.MaxSeverity
			}
		}
	}
	slices.SortStableFunc(out, func(a, b review.GroupCount) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(a.Key, b.Key))
	})
	return out, nil
}

// packGroups gives the groups an item belongs to, with no counts yet; nil for a column that is none.
func packGroups(column string) func(*review.Item) []review.GroupCount {
	by := func(f func(it *review.Item) (key, label string)) func(*review.Item) []review.GroupCount {
		return func(it *review.Item) []review.GroupCount {
			key, label := f(it)
			return []review.GroupCount{{Key: key, Label: firstOf(label, key)}}
		}
	}
	text := func(f func(it *review.Item) string) func(*review.Item) []review.GroupCount {
		return by(func(it *review.Item) (string, string) { return f(it), "" })
	}
	switch column {
	case "finding":
		return func(it *review.Item) []review.GroupCount {
			var out []review.GroupCount
			for _, f := range it.Findings {
				g := review.GroupCount{Key: f.Rule, Label: f.Rule}
				if f.Severity == "" { // it stands for what is not known
					g.Label = f.Reason
				}
				if !slices.ContainsFunc(out, func(have review.GroupCount) bool { return have.Key == g.Key }) {
					out = append(out, g)
				}
			}
			return out
		}
	case "mark":
		return func(it *review.Item) []review.GroupCount {
			var out []review.GroupCount
			for _, m := range it.Marks {
				out = append(out, review.GroupCount{Key: string(m), Label: string(m)})
			}
			return out
		}
	case "identity":
		return by(func(it *review.Item) (string, string) { return it.Identity, it.Name })
	case "name":
		return text(func(it *review.Item) string { return it.Name })
	case "entitlement":
		return by(func(it *review.Item) (string, string) { return it.Entitlement, it.EntName })
	case "account":
		return by(func(it *review.Item) (string, string) { return it.Account, it.Login })
	case "resource":
		return text(func(it *review.Item) string { return it.Resource })
	case "system":
		return text(func(it *review.Item) string { return it.System })
	case "source":
		return text(func(it *review.Item) string { return string(it.Source) })
	case "campaign":
		return text(func(it *review.Item) string { return string(it.Campaign) })
	case "owner":
		return text(func(it *review.Item) string { return it.Owner })
	case "manager":
		return text(func(it *review.Item) string { return it.Manager })
	case "department":
		return text(func(it *review.Item) string { return it.Department })
	case "reviewer":
		return text(func(it *review.Item) string { return string(it.Reviewer) })
	case "kind":
		return text(func(it *review.Item) string { return string(it.Kind) })
	case "status":
		return text(func(it *review.Item) string { return it.Status })
	case "privilege":
		return text(func(it *review.Item) string { return string(it.Privilege) })
	case "verdict":
		return text(func(it *review.Item) string { return string(it.Verdict) })
	case "state":
		return text(func(it *review.Item) string { return string(it.State) })
	case "severity":
		return text(func(it *review.Item) string { return string(it.MaxSeverity) })
	case "change":
		return text(func(it *review.Item) string { return string(it.Change) })
	case "how":
		return text(func(it *review.Item) string { return it.How })
	}
	return nil
}

// Item gives one item as lists show it.
func (p *Pack) Item(_ context.Context, id review.ItemID) (review.Item, error) {
	at, err := p.place(id)
	if err != nil {
		return review.Item{}, err
	}
	return at.review.line(at.ord), nil
}

// Detail is all that the pack holds of an item, and where in the pack it stands.
func (p *Pack) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	at, err := p.place(id)
	if err != nil {
		return review.Detail{}, err
	}
	c := at.review
	det := review.Detail{Item: c.line(at.ord)}
	i, shown := c.disclosed(at.ord)
	if !shown {
		return det, nil
	}
	p.files.Lock()
	defer p.files.Unlock()
	det.Person = packPerson(&det.Item)
	det.EntDetail = review.Entitlement{NativeID: det.Entitlement, Name: det.EntName, Privilege: det.Privilege}
	det.Holder = review.Account{NativeID: det.Account, Status: det.AccountStatus, System: det.System}
	if imp := p.importAt(det.Import); imp != nil {
		det.ImportEntry, det.ImportFile, det.Extracted = review.EntryIndex(det.Import), imp.FileName, imp.Extracted
	}
	det.Locator = c.source[i].locator
	for j := range c.items {
		if j != i && c.items[j].Identity == det.Identity {
			det.Siblings++
		}
	}
	if det.Decisions, err = p.history(ctx, det.Grant); err != nil {
		return det, err
	}
	det.Independence = p.assignment(c, i)
	if det.Trail, err = p.trail(ctx, c, i); err != nil {
		return det, err
	}
	if shown := c.source[i].shown; !shown.IsZero() {
		text, err := p.pack.FactsText(shown)
		if err != nil {
			return det, p.partial(ctx, err, "what was shown for decisions")
		}
		det.Facts = string(text)
	}
	return det, nil
}

// packPerson is what the facts of an item say of who has it.
func packPerson(it *review.Item) review.Identity {
	who := review.Identity{Key: it.Identity, Kind: it.Kind, Owner: it.Owner, Manager: it.Manager, HRStatus: review.NotInPack, OwnerAlive: review.NotInPack}
	if it.Kind != review.NotInPack && it.Owner == "" {
		who.OwnerAlive = "" // what was shown said that nobody answers for it
	}
	return who
}

// history lists the disclosed decisions on a grant, newest first, in all campaigns. The files must be locked.
func (p *Pack) history(ctx context.Context, grant review.GrantKey) ([]review.Past, error) {
	var out []review.Past
	for _, index := range p.decisionsOn(grant) {
		state, c, ok := p.replay.Decision(index)
		d, err := p.decision(ctx, index)
		if err != nil {
			return nil, err
		}
		if !ok || d == nil {
			continue
		}
		b := state.Bundle.Bundle
		out = append(out, review.Past{Index: review.EntryIndex(index), Campaign: review.CampaignID(c.Campaign.Campaign), Item: review.ItemID(d.Item.String()),
			Verdict: review.Verdict(d.Verdict), Reason: d.Reason, Until: string(d.Until), Reviewer: review.Principal(d.Reviewer), Signer: review.Principal(b.Signer),
			Key: review.Fingerprint(b.Key), Time: b.Time, InForce: state.SupersededBy == 0, Followed: p.followed(index)})
	}
	return out, nil
}

// decisionsOn gives the disclosed decisions on a grant, newest first.
func (p *Pack) decisionsOn(grant review.GrantKey) []int64 {
	key, err := ledger.ParseSHA(string(grant))
	if err != nil {
		return nil
	}
	list := slices.Clone(p.byGrant[key])
	slices.Reverse(list)
	return list
}

// decision reads a decision record; nil for an entry that is none or cannot be read. The files must be locked.
func (p *Pack) decision(ctx context.Context, index int64) (*ledger.Decision, error) {
	for t, err := range p.pack.Entries(ctx, index, index+1) {
		if err != nil {
			return nil, p.partial(ctx, err, fmt.Sprintf("entry %d", index))
		}
		v, _, _, err := ledger.ParseEntry(t.Bytes)
		if d, ok := v.(*ledger.Decision); ok && err == nil {
			return d, nil
		}
	}
	return nil, nil
}

// followed says in a word what became of a decision: the state of its revoke or exception.
func (p *Pack) followed(index int64) string {
	if r := p.replay.Revoke(index); r != nil {
		return string(revokeState(r.State()))
	}
	if x := p.replay.Exception(index); x != nil && x.Last() != nil {
		return x.Last().Closure.Outcome
	}
	return ""
}

// revokeState is the word of lists for a state that records give.
func revokeState(recorded string) review.RemediationState {
	switch recorded {
	case ledger.StateClaimed:
		return review.ClaimedDone
	case ledger.StateGone:
		return review.VerifiedGone
	case ledger.StateStillPresent:
		return review.StillPresent
	case ledger.StateCameBack:
		return review.Returned
	}
	return review.RevokeOpen
}

// assignment says who was to decide an item, and how it came to that.
func (p *Pack) assignment(c *packReview, i int) []string {
	var out []string
	if basis := c.basis[c.items[i].ID]; basis != "" {
		out = append(out, "assigned at launch: "+basisWords(basis))
	}
	for _, m := range p.moves[c.ids[i]] {
		until := ""
		if m.Until != "" {
			until = ", until " + string(m.Until)
		}
		out = append(out, fmt.Sprintf("entry %d: %s gave it from %s to %s%s: %s", m.index, m.Manager, m.From, m.To, until, ledger.Display(m.Reason)))
	}
	return out
}

func basisWords(basis string) string {
	switch basis {
	case "manager":
		return "as the manager of the identity"
	case "owner":
		return "as the owner"
	case "named":
		return "as a named reviewer of the campaign"
	case "rule":
		return "by a rule of the campaign"
	case "fallback":
		return "because nobody else was found"
	}
	return basis
}

// packStep is an identity of a walk with its items.
type packStep struct {
	identity string
	items    []int64
	decided  int64
}

// walk lists the identities with items in a query, in its order.
func (p *Pack) walk(c *packReview, q review.Query) ([]packStep, error) {
	return c.walks.get(q, func() ([]packStep, error) {
		list, err := p.ordered(c, q)
		if err != nil {
			return nil, err
		}
		at := map[string]int{}
		var steps []packStep
		for _, ord := range list {
			it := c.item(ord)
			i, ok := at[it.Identity]
			if !ok {
				i = len(steps)
				at[it.Identity] = i
				steps = append(steps, packStep{identity: it.Identity})
			}
			steps[i].items = append(steps[i].items, ord)
			steps[i].decided += one(it.Verdict.Decides())
		}
		return steps, nil
	})
}

// Card is the identity at step positions from another, in the order of the query; see tui.Desk. Withheld items are one
// identity.
func (p *Pack) Card(_ context.Context, q review.Query, identity string, step int) (review.Card, error) {
	q.Identity = ""
	c, err := p.review(q.Campaign)
	if err != nil {
		return review.Card{}, err
	}
	steps, err := p.walk(c, q)
	if err != nil {
		return review.Card{}, err
	}
	if len(steps) == 0 {
		return review.Card{}, review.Errorf(review.KindNotFound, "no identity has items here").WithHint("change the filter")
	}
	i := slices.IndexFunc(steps, func(s packStep) bool { return identity != "" && s.identity == identity })
	if i < 0 {
		i = max(slices.IndexFunc(steps, func(s packStep) bool { return s.decided < int64(len(s.items)) && s.identity != withheldWord }), 0)
	}
	i = min(max(i+step, 0), len(steps)-1)
	card := review.Card{Identity: packPerson(c.item(steps[i].items[0])), Position: int64(i + 1), Of: int64(len(steps)), Items: int64(len(steps[i].items)), Decided: steps[i].decided}
	p.fillCard(c, &card, steps[i].items)
	return card, nil
}

// fillCard adds what the items of one identity show together.
func (p *Pack) fillCard(c *packReview, card *review.Card, items []int64) {
	accounts := map[string]bool{}
	card.LastSeen = review.Time{State: review.NotInPack}
	var earlier ledger.DecisionState
	var before *ledger.CampaignState
	for _, ord := range items {
		it := c.item(ord)
		accounts[string(it.Source)+"\x1f"+it.Account] = true
		if !slices.Contains(card.Systems, it.System) {
			card.Systems = append(card.Systems, it.System)
		}
		if it.LastUsed.Norm() != review.NotInPack && (!card.LastSeen.IsKnown() || it.LastUsed.IsKnown() && it.LastUsed.At.After(card.LastSeen.At)) {
			card.LastSeen = it.LastUsed
		}
		for _, f := range it.Findings {
			i := slices.IndexFunc(card.Findings, func(have review.Finding) bool { return have.Rule == f.Rule })
			switch {
			case i < 0:
				card.Findings = append(card.Findings, f)
			case f.Severity.Rank() > card.Findings[i].Severity.Rank():
				card.Findings[i] = f
			}
		}
		for _, index := range p.decisionsOn(it.Grant) {
			state, in, ok := p.replay.Decision(index)
			if ok && in != c.state && (before == nil || state.Index > earlier.Index) {
				earlier, before = state, in
			}
		}
	}
	slices.Sort(card.Systems)
	card.Accounts = int64(len(accounts))
	slices.SortFunc(card.Findings, func(a, b review.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), strings.Compare(a.Rule, b.Rule))
	})
	if before != nil {
		card.EarlierBy = fmt.Sprintf("%s in %s, %s", earlier.Reviewer, before.Campaign.Campaign, earlier.Bundle.Bundle.Time.Format("2006-01-02"))
	}
}
