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

// list gives the positions of the items of a query, in its order.
func (r *Reading) list(q review.Query) ([]int, error) {
	key := fmt.Sprintf("%q %q %q %q %v", q.Campaign, q.Reviewer, q.Filter, q.Identity, q.Sort)
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, known := r.lists[key]; known {
		return at, nil
	}
	filter, err := review.ParseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	at := []int{}
	for i := range r.items {
		it := &r.items[i]
		if q.Campaign != "" && it.Campaign != q.Campaign || q.Reviewer != "" && it.Reviewer != q.Reviewer ||
			q.Identity != "" && holder(it) != q.Identity || !filter.Match(it, r.at) {
			continue
		}
		at = append(at, i)
	}
	order := q.Sort
	if len(order) == 0 {
		order = []review.SortKey{{Column: "severity", Desc: true}}
	}
	slices.SortStableFunc(at, func(x, y int) int {
		for _, k := range order {
			c := compareColumn(&r.items[x], &r.items[y], k.Column)
			if k.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	if len(r.lists) > 64 {
		clear(r.lists)
	}
	r.lists[key] = at
	return at, nil
}

// holder is whose card an item stands on: the identity, or the account where there is none.
func holder(it *review.Item) string {
	if it.Identity != "" {
		return it.Identity
	}
	return it.Account
}

// compareColumn orders two items by a column of review.ItemColumns.
func compareColumn(x, y *review.Item, column string) int {
	switch column {
	case "ord":
		return cmp.Or(strings.Compare(string(x.Campaign), string(y.Campaign)), cmp.Compare(x.Ord, y.Ord))
	case "severity", "risk":
		return cmp.Compare(x.MaxSeverity.Rank(), y.MaxSeverity.Rank())
	case "granted":
		return x.Granted.At.Compare(y.Granted.At)
	case "last-used":
		return x.LastUsed.At.Compare(y.LastUsed.At)
	}
	return strings.Compare(review.Fold(columnText(x, column)), review.Fold(columnText(y, column)))
}

func columnText(it *review.Item, column string) string {
	switch column {
	case "identity":
		return it.Identity
	case "name":
		return it.Name
	case "kind":
		return string(it.Kind)
	case "status":
		return it.Status
	case "owner":
		return it.Owner
	case "manager":
		return it.Manager
	case "department":
		return it.Department
	case "system":
		return it.System
	case "account":
		return it.Account
	case "entitlement":
		return it.EntName
	case "resource":
		return it.Resource
	case "privilege":
		return string(it.Privilege)
	case "verdict":
		return string(it.Verdict)
	case "state":
		return string(it.State)
	case "reviewer":
		return string(it.Reviewer)
	case "change":
		return string(it.Change)
	}
	return ""
}

// Count counts the items of a query.
func (r *Reading) Count(_ context.Context, q review.Query) (int64, error) {
	at, err := r.list(q)
	return int64(len(at)), err
}

// Page reads up to limit items around an anchor.
func (r *Reading) Page(_ context.Context, q review.Query, anchor review.Anchor, limit int) (review.Page, error) {
	at, err := r.list(q)
	if err != nil {
		return review.Page{}, err
	}
	from, to := 0, min(limit, len(at))
	if anchor.Back {
		from, to = max(0, len(at)-limit), len(at)
	}
	if anchor.From != "" {
		i := slices.IndexFunc(at, func(n int) bool { return r.items[n].ID == anchor.From })
		if i < 0 {
			return review.Page{}, review.Errorf(review.KindNotFound, "the item is not in this list").WithHint("go to the first line")
		}
		switch {
		case anchor.Back && anchor.Incl:
			from, to = max(0, i+1-limit), i+1
		case anchor.Back:
			from, to = max(0, i-limit), i
		case anchor.Incl:
			from, to = i, min(len(at), i+limit)
		default:
			from, to = i+1, min(len(at), i+1+limit)
		}
	}
	p := review.Page{First: from == 0, Last: to == len(at), Offset: int64(from)}
	for _, n := range at[from:max(from, to)] {
		p.Items = append(p.Items, r.items[n])
	}
	return p, nil
}

// Groups counts the items of a query by a column; an item with several findings counts under each of their rules.
func (r *Reading) Groups(_ context.Context, q review.Query, column string) ([]review.GroupCount, error) {
	at, err := r.list(q)
	if err != nil {
		return nil, err
	}
	groups := map[string]*review.GroupCount{}
	for _, n := range at {
		it := &r.items[n]
		keys := []string{columnText(it, column)}
		if column == "finding" {
			keys = nil
			for _, f := range it.Findings {
				if !slices.Contains(keys, f.Rule) {
					keys = append(keys, f.Rule)
				}
			}
		}
		for _, key := range keys {
			g := groups[key]
			if g == nil {
				g = &review.GroupCount{Key: key, Label: key}
				groups[key] = g
			}
			g.Items++
			if it.Verdict != review.NoVerdict {
				g.Decided++
			}
			if it.MaxSeverity.Rank() > g.Severity.Rank() {
				g.Severity = it.MaxSeverity
			}
		}
	}
	var out []review.GroupCount
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(x, y review.GroupCount) int {
		return cmp.Or(-cmp.Compare(x.Severity.Rank(), y.Severity.Rank()), -cmp.Compare(x.Items, y.Items), strings.Compare(x.Key, y.Key))
	})
	return out, nil
}

// Item gives one item.
func (r *Reading) Item(_ context.Context, id review.ItemID) (review.Item, error) {
	it := r.item(string(id))
	if it == nil {
		return review.Item{}, review.Errorf(review.KindNotFound, "the pack does not disclose the item %s", id.Short()).WithHint("it may be withheld")
	}
	return *it, nil
}

// Detail is an item with the facts that were signed, the decisions on its grant, and where it came from.
func (r *Reading) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	it, err := r.Item(ctx, id)
	if err != nil {
		return review.Detail{}, err
	}
	d := review.Detail{Item: it, Decisions: slices.Clone(r.past[it.Grant]), ImportEntry: review.EntryIndex(it.Import), Sources: 1,
		Person: review.Identity{Key: it.Identity, Kind: it.Kind, Owner: it.Owner, Manager: it.Manager},
		Holder: review.Account{NativeID: it.Account, Login: it.Login, Status: it.AccountStatus, Kind: it.BaseKind, IdentityKey: it.Identity},
	}
	d.EntDetail = review.Entitlement{NativeID: it.Entitlement, Name: it.EntName, Privilege: it.Privilege}
	d.ResourceName = it.Resource
	for _, im := range r.imports {
		if im.ID == it.Import {
			d.ImportFile, d.Extracted = im.File, im.ExportedAt
		}
	}
	if shown, ok := r.shown[id]; ok {
		if text, err := r.pack.Facts(ctx, shown); err == nil {
			d.Facts = string(text)
			if v, err := ledger.Parse(text); err == nil {
				if f, ok := v.(*ledger.Facts); ok {
					d.GrantedBy = ledger.Display(f.GrantedBy)
				}
			}
		}
	}
	for _, m := range r.remediations {
		for i := range d.Decisions {
			if d.Decisions[i].Index == m.ID {
				d.Decisions[i].Followed = string(m.State)
			}
		}
	}
	for _, e := range r.exceptions {
		for i := range d.Decisions {
			if d.Decisions[i].Index == e.ID {
				d.Decisions[i].Followed = string(e.State)
			}
		}
	}
	same, err := r.list(review.Query{Campaign: it.Campaign, Identity: holder(&it)})
	d.Siblings = int64(len(same)) - 1
	return d, err
}

// Card gives the identity at step positions from another, in the order of the query.
func (r *Reading) Card(_ context.Context, q review.Query, identity string, step int) (review.Card, error) {
	at, err := r.list(q)
	if err != nil || len(at) == 0 {
		return review.Card{}, err
	}
	var order []string
	known := map[string]bool{}
	for _, n := range at {
		if h := holder(&r.items[n]); !known[h] {
			known[h] = true
			order = append(order, h)
		}
	}
	i := slices.Index(order, identity)
	if i < 0 {
		i = 0
		if identity == "" && step == 0 {
			i = max(0, slices.IndexFunc(order, func(h string) bool {
				return slices.ContainsFunc(at, func(n int) bool { return holder(&r.items[n]) == h && r.items[n].Verdict == review.NoVerdict })
			}))
		}
	}
	i = min(max(0, i+step), len(order)-1)
	return r.card(order[i], int64(i+1), int64(len(order)), at), nil
}

func (r *Reading) card(key string, position, of int64, at []int) review.Card {
	c := review.Card{Identity: review.Identity{Key: key, Kind: review.UnknownKind}, Position: position, Of: of}
	accounts := map[string]bool{}
	for _, n := range at {
		it := &r.items[n]
		if holder(it) != key {
			continue
		}
		c.Items++
		if it.Verdict != review.NoVerdict {
			c.Decided++
		}
		if !slices.Contains(c.Systems, it.System) {
			c.Systems = append(c.Systems, it.System)
		}
		accounts[it.System+"\x00"+it.Account] = true
		c.Kind, c.DisplayName, c.Owner, c.Manager = it.Kind, it.Name, it.Owner, it.Manager
		if it.LastUsed.IsKnown() && (!c.LastSeen.IsKnown() || it.LastUsed.At.After(c.LastSeen.At)) {
			c.LastSeen = it.LastUsed
		}
		for _, f := range it.Findings {
			if !slices.ContainsFunc(c.Findings, func(g review.Finding) bool { return g.Rule == f.Rule }) {
				c.Findings = append(c.Findings, f)
			}
		}
	}
	c.Accounts = int64(len(accounts))
	slices.SortStableFunc(c.Findings, func(x, y review.Finding) int { return -cmp.Compare(x.Severity.Rank(), y.Severity.Rank()) })
	return c
}

// NextUndecided is the next open item after one, wrapping round.
func (r *Reading) NextUndecided(_ context.Context, q review.Query, after review.ItemID) (review.ItemID, error) {
	at, err := r.list(q)
	if err != nil {
		return "", err
	}
	start := slices.IndexFunc(at, func(n int) bool { return r.items[n].ID == after }) + 1
	for i := range at {
		it := &r.items[at[(start+i)%len(at)]]
		if it.Verdict == review.NoVerdict {
			return it.ID, nil
		}
	}
	return "", nil
}

// Exceptions lists exceptions that pass a filter.
func (r *Reading) Exceptions(_ context.Context, filter string) ([]review.Exception, error) {
	f, err := review.ParseExceptionFilter(filter)
	if err != nil {
		return nil, err
	}
	var out []review.Exception
	for i := range r.exceptions {
		if f.MatchException(&r.exceptions[i], r.at) {
			out = append(out, r.exceptions[i])
		}
	}
	return out, nil
}

// Remediations lists revokes that pass a filter.
func (r *Reading) Remediations(_ context.Context, filter string) ([]review.Remediation, error) {
	f, err := review.ParseRemediationFilter(filter)
	if err != nil {
		return nil, err
	}
	var out []review.Remediation
	for i := range r.remediations {
		if f.MatchRemediation(&r.remediations[i], r.at) {
			out = append(out, r.remediations[i])
		}
	}
	return out, nil
}

// Outcomes measures what became of revokes and exceptions.
func (r *Reading) Outcomes(_ context.Context, by string) ([]review.Outcomes, error) {
	var order []string
	sums := map[string]*review.Outcomes{}
	of := func(campaign review.CampaignID, source review.SourceID, owner string) *review.Outcomes {
		key := "all"
		switch by {
		case "campaign":
			key = string(campaign)
		case "source":
			key = string(source)
		case "owner":
			key = owner
		}
		if sums[key] == nil {
			sums[key] = &review.Outcomes{By: key}
			order = append(order, key)
		}
		return sums[key]
	}
	days := map[string][]float64{}
	for _, m := range r.remediations {
		o := of(m.Campaign, m.Source, m.Owner)
		o.Revokes++
		if m.State == review.VerifiedGone {
			o.Gone++
			days[o.By] = append(days[o.By], m.Since.Sub(m.Decided).Hours()/24)
		}
	}
	for _, e := range r.exceptions {
		if o := of(e.Campaign, e.Source, e.Owner); e.State == review.ExceptionExpired {
			o.Expired++
		}
	}
	var out []review.Outcomes
	for _, key := range order {
		o := sums[key]
		if o.Revokes > 0 {
			o.ShareGone = float64(o.Gone) / float64(o.Revokes)
		}
		if d := days[key]; len(d) > 0 {
			slices.Sort(d)
			o.MedianDays = d[len(d)/2]
		}
		out = append(out, *o)
	}
	return out, nil
}

// DiffImports compares two imports of a source by grant key, as far as their rows are disclosed.
func (r *Reading) DiffImports(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	d := review.Diff{From: from, To: to}
	before, missing, err := r.rows(ctx, from)
	if err != nil {
		return d, nil, err
	}
	after, alsoMissing, err := r.rows(ctx, to)
	if err != nil {
		return d, nil, err
	}
	if missing || alsoMissing {
		d.Note = "rows are withheld in this pack, so this is not the whole difference"
	}
	var lines []review.DiffLine
	add := func(change string, row *ledger.Row) {
		if limit <= 0 || len(lines) < limit {
			lines = append(lines, review.DiffLine{Change: change, Key: review.GrantKey(row.Grant.String()), Account: ledger.Display(row.Account),
				Entitlement: ledger.Display(row.Entitlement), Resource: ledger.Display(row.Resource)})
		}
	}
	for _, row := range after.order {
		if old, was := before.byKey[row.Grant]; !was {
			d.Added++
			add("added", row)
		} else if old.Privilege != row.Privilege {
			d.Changed++
			add("changed", row)
		} else {
			d.Unchanged++
		}
	}
	for _, row := range before.order {
		if _, is := after.byKey[row.Grant]; !is {
			d.Removed++
			add("removed", row)
		}
	}
	return d, lines, nil
}

type packRows struct {
	order []*ledger.Row
	byKey map[ledger.Hash]*ledger.Row
}

func (r *Reading) rows(ctx context.Context, id review.ImportID) (rows packRows, withheld bool, err error) {
	rows.byKey = map[ledger.Hash]*ledger.Row{}
	for text, err := range r.pack.Rows(ctx, int64(id)) {
		if err != nil {
			return rows, false, err
		}
		if text.Bytes == nil {
			withheld = true
			continue
		}
		v, err := ledger.Parse(text.Bytes)
		if row, ok := v.(*ledger.Row); err == nil && ok {
			rows.order = append(rows.order, row)
			rows.byKey[row.Grant] = row
		}
	}
	return rows, withheld, nil
}
