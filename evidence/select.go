package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// selection says what a pack will hold: the pack statement, and which texts are disclosed.
type selection struct {
	stmt      ledger.Pack
	inView    map[string]bool
	drawn     map[ledger.Hash]bool // items disclosed; nil: all of the campaigns in view
	grants    map[string]bool      // their grant keys as written; nil: all
	samples   []drawnItem          // in the order of the draw
	imports   map[int64]bool       // imports whose rows are disclosed; nil: all
	all       []*surveyed
	originals bool
	evidence  bool
	seed      string
	notes     []string
}

// drawnItem is an item of a sample, or one that was asked for.
type drawnItem struct {
	campaign string
	item     ledger.Hash
	rank     int // from 1; 0 for one that was asked for
}

// surveyed is a campaign as the first pass over the ledger sees it.
type surveyed struct {
	index int64
	stmt  *ledger.Campaign
	alive map[int64]*carried // exceptions and revokes, by index of the decision
}

// carried is an exception or revoke that may reach into a later window.
type carried struct {
	from, until ledger.Date // until empty: without end so far
}

// survey goes through the ledger once for what choosing needs.
type survey struct {
	newest    time.Time
	campaigns []*surveyed
	byID      map[string]*surveyed
	imports   []indexed[*ledger.Import]
	rosters   []indexed[*ledger.Roster]
	anchors   []indexed[*ledger.Anchor]
	byImport  map[string][]int64 // campaign -> imports its remediation records name
}

func surveyLedger(ctx context.Context, src Source, head ledger.Head) (*survey, error) {
	s := &survey{byID: map[string]*surveyed{}, byImport: map[string][]int64{}}
	var index int64 = -1
	var pending []indexed[any]
	for t, err := range src.Entries(ctx, 0, head.Size) {
		if err != nil {
			return nil, err
		}
		index++
		if t.Bytes == nil {
			continue
		}
		switch kind := ledger.KindOf(t.Bytes); {
		case kind == ledger.KindDecision:
			if v := field(t.Bytes, "verdict"); v != ledger.VerdictException && v != ledger.VerdictRevoke {
				continue
			}
		case kind == ledger.KindReassign, kind == ledger.KindOpen:
			continue
		}
		v, _, _, err := ledger.ParseEntry(t.Bytes)
		if err != nil {
			return nil, review.Errorf(review.KindRefused, "entry %d of the ledger is damaged: %s", index, plainWords(err)).
				WithHint("run `tickmark verify` on the database")
		}
		if sig := ledger.SigOf(v); sig != nil && sig.Time.After(s.newest) {
			s.newest = sig.Time
		}
		switch v := v.(type) {
		case *ledger.Roster:
			s.rosters = append(s.rosters, indexed[*ledger.Roster]{index, v})
		case *ledger.Import:
			s.imports = append(s.imports, indexed[*ledger.Import]{index, v})
		case *ledger.Campaign:
			c := &surveyed{index: index, stmt: v, alive: map[int64]*carried{}}
			s.campaigns = append(s.campaigns, c)
			s.byID[v.Campaign] = c
		case *ledger.Decision, *ledger.Closure, *ledger.Remediation:
			pending = append(pending, indexed[any]{index, v})
		case *ledger.Bundle:
			for _, r := range pending {
				s.follow(r, ledger.DateOf(v.Time))
			}
			pending = pending[:0]
		case *ledger.Anchor:
			s.anchors = append(s.anchors, indexed[*ledger.Anchor]{index, v})
		}
	}
	return s, nil
}

// follow keeps up with exceptions and revokes.
func (s *survey) follow(r indexed[any], day ledger.Date) {
	switch v := r.v.(type) {
	case *ledger.Decision:
		if c := s.byID[v.Campaign]; c != nil {
			c.alive[r.index] = &carried{from: day, until: v.Until}
		}
	case *ledger.Closure:
		if c := s.byID[v.Campaign]; c != nil && c.alive[v.Exception] != nil {
			if v.Outcome == ledger.OutcomeRenewed {
				c.alive[v.Exception].until = v.Until
			} else {
				c.alive[v.Exception].until = day
			}
		}
	case *ledger.Remediation:
		if v.Import != 0 {
			s.byImport[v.Campaign] = append(s.byImport[v.Campaign], v.Import)
		}
		if c := s.byID[v.Campaign]; c != nil && c.alive[v.Decision] != nil {
			c.alive[v.Decision].until = ""
			if v.State == ledger.StateGone {
				c.alive[v.Decision].until = day
			}
		}
	}
}

// choose settles window, campaigns and disclosure (evidence-pack.md 5.4, rulings 34).
func choose(ctx context.Context, src Source, s *survey, head ledger.Head, o Options) (*selection, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	sel := &selection{inView: map[string]bool{}, seed: o.Seed}
	sel.stmt = ledger.Pack{Log: src.Log(), Size: head.Size, Root: head.Root, View: o.view(), AsOf: ledger.DateOf(s.newest),
		Exporter: string(o.Exporter), Key: string(o.Key), Tool: o.Tool}
	if s.newest.IsZero() {
		return nil, review.Errorf(review.KindRefused, "the ledger holds no signed statement yet").WithHint("import a file and launch a campaign first")
	}
	if err := sel.chooseCampaigns(ctx, src, s, o); err != nil {
		return nil, err
	}
	sel.stmt.Disclosure = "full"
	if len(sel.stmt.Campaigns) < len(s.campaigns) {
		sel.stmt.Disclosure = "view"
		sel.chooseImports(s)
	}
	sel.originals, sel.evidence = o.IncludeOriginals, o.IncludeEvidence
	if o.Redact {
		sel.stmt.Disclosure, sel.originals = "sampled", false
		sel.drawn, sel.grants = map[ledger.Hash]bool{}, map[string]bool{}
		sel.chooseImports(s)
		return sel, nil
	}
	if err := sel.draw(ctx, src, o); err != nil {
		return nil, err
	}
	if o.Sample > 0 && o.Disclose != "all" {
		sel.stmt.Disclosure, sel.originals = "sampled", false
		sel.stmt.SampleSeed, sel.stmt.SampleSize = o.Seed, int64(o.Sample)
		if err := sel.disclose(ctx, src); err != nil {
			return nil, err
		}
		sel.chooseImports(s)
	}
	return sel, nil
}

func (o Options) check() error {
	usage := func(format string, args ...any) *review.Error {
		return review.Errorf(review.KindUsage, format, args...)
	}
	switch {
	case o.For != "" && o.For != "soc1" && o.For != "soc2":
		return usage("there is no view for %s", review.Quote(o.For)).WithHint("use soc1 or soc2")
	case o.For != "" && o.Type != 1 && o.Type != 2:
		return usage("a view for %s needs its type", o.For).WithHint("add --type 1 for a point in time, or --type 2 for a period")
	case o.For == "" && o.Type != 0:
		return usage("a type needs a view").WithHint("add --for soc1 or --for soc2")
	case o.Sample < 0, o.Sample > 0 && o.Seed == "":
		return usage("a sample needs a size above 0 and a seed").WithHint("add --sample N --seed WORD; the auditor names the word")
	case o.Sample == 0 && o.Seed != "":
		return usage("a seed needs a sample").WithHint("add --sample N")
	case o.Disclose != "" && o.Disclose != "all" && o.Disclose != "sample":
		return usage("disclosure is all or sample, not %s", review.Quote(o.Disclose)).WithHint("--disclose sample withholds everything but the sample")
	case o.Disclose == "sample" && o.Sample == 0:
		return usage("there is no sample to disclose").WithHint("add --sample N --seed WORD")
	case o.Redact && (o.Sample > 0 || len(o.Items) > 0 || o.IncludeOriginals || o.IncludeEvidence):
		return usage("a redacted pack holds no sample, no original and no evidence file").WithHint("leave --redact out, or the sample")
	case !ledger.ValidPrincipal(string(o.Exporter)):
		return usage("%s cannot sign an export", review.Quote(string(o.Exporter))).WithHint("name the person who exports, name@domain")
	case !ledger.ValidFingerprint(string(o.Key)):
		return usage("%s is no key fingerprint", review.Quote(string(o.Key))).WithHint("a fingerprint looks like SHA256:...; see: tickmark key list")
	case o.Tool == "":
		return review.Errorf(review.KindInternal, "an export must name its program")
	}
	for _, d := range []string{o.From, o.To} {
		if d != "" && !ledger.ValidDate(d) {
			return usage("%s is no day", review.Quote(d)).WithHint("a window is FROM..TO with days like 2026-12-31")
		}
	}
	if (o.From == "") != (o.To == "") || o.From > o.To {
		return usage("the window %s..%s has no two ends in order", review.Safe(o.From), review.Safe(o.To)).WithHint("a window is FROM..TO with days like 2026-12-31")
	}
	if o.Type == 1 && o.From != o.To {
		return usage("type 1 is one day, the window has two").WithHint("use --window D..D, or --type 2")
	}
	return nil
}

func (o Options) view() string {
	if o.For == "" {
		return "full"
	}
	return fmt.Sprintf("%s-type%d", o.For, o.Type)
}

// chooseCampaigns sets window and campaigns.
func (sel *selection) chooseCampaigns(ctx context.Context, src Source, s *survey, o Options) error {
	chosen, err := namedCampaigns(s, o.Campaigns)
	if err != nil {
		return err
	}
	if o.For == "soc1" && len(o.Campaigns) == 0 {
		if chosen, err = sel.financial(ctx, src, s, chosen, o); err != nil {
			return err
		}
	}
	window := period{ledger.Date(o.From), ledger.Date(o.To)}
	switch {
	case o.Type == 1 && o.From == "":
		window = period{sel.stmt.AsOf, sel.stmt.AsOf}
	case o.From == "":
		window = span(chosen, sel.stmt.AsOf)
	}
	sel.stmt.WindowStart, sel.stmt.WindowEnd = window.start, window.end
	if len(o.Campaigns) == 0 && (o.Type != 0 || o.From != "") {
		chosen = slices.DeleteFunc(chosen, func(c *surveyed) bool { return !c.concerns(window, o.Type) })
		if o.Type == 1 && len(chosen) == 0 {
			chosen = newestBefore(s, window.end)
		}
	}
	if len(chosen) == 0 && len(s.campaigns) > 0 {
		return review.Errorf(review.KindRefused, "no campaign belongs to this view from %s to %s", window.start, window.end).
			WithHint("widen --window, or name campaigns with --campaign; see: tickmark campaign list")
	}
	for _, c := range chosen {
		sel.stmt.Campaigns = append(sel.stmt.Campaigns, c.stmt.Campaign)
		sel.inView[c.stmt.Campaign] = true
	}
	sel.all = s.campaigns
	return nil
}

// concerns reports whether a campaign belongs to a window: its period meets it or, for Type 2, an exception or an open
// revoke of an earlier campaign reaches into it.
func (c *surveyed) concerns(window period, kind int) bool {
	own := period{c.stmt.PeriodStart, c.stmt.PeriodEnd}
	if own.meets(window) {
		return true
	}
	if kind != 2 || own.end > window.start {
		return false
	}
	for _, x := range c.alive {
		if x.from <= window.end && (x.until == "" || x.until >= window.start) {
			return true
		}
	}
	return false
}

func namedCampaigns(s *survey, names []string) ([]*surveyed, error) {
	if len(names) == 0 {
		return slices.Clone(s.campaigns), nil
	}
	for _, n := range names {
		if s.byID[n] == nil {
			return nil, review.Errorf(review.KindNotFound, "the ledger has no campaign %s", review.Quote(n)).
				WithHint("drafts cannot be exported; see: tickmark campaign list")
		}
	}
	var out []*surveyed
	for _, c := range s.campaigns {
		if slices.Contains(names, c.stmt.Campaign) {
			out = append(out, c)
		}
	}
	return out, nil
}

func newestBefore(s *survey, day ledger.Date) []*surveyed {
	for _, c := range slices.Backward(s.campaigns) {
		if ledger.DateOf(c.stmt.Time) <= day {
			return []*surveyed{c}
		}
	}
	return nil
}

// span is the window from the earliest period start to the latest period end.
func span(chosen []*surveyed, asOf ledger.Date) period {
	if len(chosen) == 0 {
		return period{asOf, asOf}
	}
	w := period{chosen[0].stmt.PeriodStart, chosen[0].stmt.PeriodEnd}
	for _, c := range chosen {
		w.start, w.end = min(w.start, c.stmt.PeriodStart), max(w.end, c.stmt.PeriodEnd)
	}
	return w
}

// financial keeps the campaigns that look at a source which their policy, or else the options, call relevant to
// financial reporting; all of them where nothing is called so.
func (sel *selection) financial(ctx context.Context, src Source, s *survey, from []*surveyed, o Options) ([]*surveyed, error) {
	named := false
	var out []*surveyed
	for _, c := range from {
		sources := o.FinancialSources
		if text, err := src.File(ctx, c.stmt.PolicySHA256); err == nil && review.ReadablePolicy(text) {
			if p, err := review.ParsePolicy(text); err == nil && len(p.FinancialSources) > 0 {
				sources = p.FinancialSources
			}
		}
		named = named || len(sources) > 0
		looks := func(i int64) bool { return slices.Contains(sources, s.sourceOf(i)) }
		if slices.ContainsFunc(c.stmt.Imports, looks) {
			out = append(out, c)
		}
	}
	if !named {
		sel.notes = append(sel.notes, "no source is called relevant to financial reporting, so campaigns over all sources are in this SOC 1 view; the policy's financial-sources narrows it")
		return from, nil
	}
	return out, nil
}

func (s *survey) sourceOf(index int64) string {
	i, ok := slices.BinarySearchFunc(s.imports, index, func(e indexed[*ledger.Import], i int64) int { return cmp.Compare(e.index, i) })
	if !ok {
		return ""
	}
	return s.imports[i].v.Source
}

// chooseImports limits the rows to imports that the campaigns in view name, in their statements or as proof of what
// became of a revoke.
func (sel *selection) chooseImports(s *survey) {
	sel.imports = map[int64]bool{}
	for _, c := range s.campaigns {
		if !sel.inView[c.stmt.Campaign] {
			continue
		}
		for _, i := range slices.Concat(c.stmt.Imports, s.byImport[c.stmt.Campaign]) {
			sel.imports[i] = true
		}
	}
}

// draw ranks the items of every campaign in view and adds those that were asked for by name.
func (sel *selection) draw(ctx context.Context, src Source, o Options) error {
	asked := map[ledger.Hash]bool{}
	for _, s := range o.Items {
		h, err := ledger.ParseSHA(s)
		if err != nil {
			return review.Errorf(review.KindUsage, "%s is no item id", review.Quote(s)).WithHint("give whole ids, sha256:...; see: tickmark items --json")
		}
		asked[h] = true
	}
	if o.Sample == 0 && len(asked) == 0 {
		return nil
	}
	for _, c := range sel.all {
		if !sel.inView[c.stmt.Campaign] {
			continue
		}
		var items []ledger.Hash
		for t, err := range src.Members(ctx, c.stmt.Campaign) {
			if err != nil {
				return err
			}
			h, err := ledger.ParseSHA(field(t.Bytes, "item"))
			if err != nil {
				continue
			}
			items = append(items, h)
		}
		ranked := ledger.Rank(o.Seed, c.stmt.PopulationRoot, items)
		if o.Sample > len(ranked) {
			sel.notes = append(sel.notes, fmt.Sprintf("campaign %s has only %d items; all of them are in the sample", c.stmt.Campaign, len(ranked)))
		}
		for i, h := range ranked[:min(o.Sample, len(ranked))] {
			sel.samples = append(sel.samples, drawnItem{c.stmt.Campaign, h, i + 1})
			delete(asked, h)
		}
		for _, h := range items {
			if asked[h] {
				sel.samples = append(sel.samples, drawnItem{c.stmt.Campaign, h, 0})
				delete(asked, h)
			}
		}
	}
	for h := range asked {
		return review.Errorf(review.KindNotFound, "no campaign in view has the item %s", h).WithHint("see: tickmark items --json")
	}
	return nil
}

// disclose withholds everything but the drawn items.
func (sel *selection) disclose(ctx context.Context, src Source) error {
	sel.drawn, sel.grants = map[ledger.Hash]bool{}, map[string]bool{}
	for _, d := range sel.samples {
		if d.rank == 0 {
			return review.Errorf(review.KindUsage, "the item %s was not drawn, and this pack shows only what was", d.item).
				WithHint("add --disclose all, or write its dossier in a pack of its own, without --sample")
		}
		sel.drawn[d.item] = true
	}
	for _, c := range sel.all {
		if !sel.inView[c.stmt.Campaign] {
			continue
		}
		for t, err := range src.Members(ctx, c.stmt.Campaign) {
			if err != nil {
				return err
			}
			if h, err := ledger.ParseSHA(field(t.Bytes, "item")); err == nil && sel.drawn[h] {
				sel.grants[field(t.Bytes, "grant")] = true
			}
		}
	}
	return nil
}

// shows reports whether a record may be in the pack.
func (sel *selection) shows(record []byte) bool {
	if !sel.inView[field(record, "campaign")] {
		return sel.stmt.Disclosure == "full"
	}
	return sel.showsItem(field(record, "item"))
}

func (sel *selection) showsItem(item string) bool {
	if sel.drawn == nil {
		return true
	}
	h, err := ledger.ParseSHA(item)
	return err == nil && sel.drawn[h]
}

// showsRow reports whether a row of an import may be in the pack.
func (sel *selection) showsRow(imp int64, row []byte) bool {
	return (sel.imports == nil || sel.imports[imp]) && (sel.grants == nil || sel.grants[field(row, "grant")])
}
