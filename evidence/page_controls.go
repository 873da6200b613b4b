package evidence

import (
	"cmp"
	"html"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

func escaped(s string) markup { return markup(html.EscapeString(s)) }

// controlsChapter goes control by control: which campaigns support it and how they went.
func (p *page) controlsChapter(r *reading) {
	p.put("<h2 id=\"controls\">Control by control</h2>\n")
	view := viewFramework(p.b.pack.stmt.View)
	if len(r.controls) == 0 {
		p.put("<p>No control is named for the campaigns in view.")
		if view == "soc1" {
			p.put(" For SOC 1 the control objectives are the organisation's own; give their ids in the policy of a campaign.")
		}
		p.put("</p>\n")
		p.duties(r)
		return
	}
	p.put("<p>What follows is evidence for these controls, not a conclusion about them. Ids only; the wording is the framework's.</p>\n")
	if view == "soc1" {
		p.financialSources(r)
	}
	if r.sampled {
		p.put("<p>Decided is the manager's signed figure; revokes and exceptions count the items that are disclosed.</p>\n")
	}
	byCampaign := map[*campaign]*figures{}
	for _, f := range r.campaigns {
		byCampaign[f.c] = f
	}
	framework := ""
	for i := 0; i < len(r.controls); {
		first := r.controls[i]
		j := i
		for j < len(r.controls) && r.controls[j].Key == first.Key && r.controls[j].ID == first.ID {
			j++
		}
		if name := orWords(first.Framework+" "+first.Version, first.Framework); name != framework {
			framework = name
			p.put("<h3>%s</h3>\n", name)
		}
		p.control(r, r.controls[i:j], byCampaign)
		i = j
	}
	p.put("<p><small>As a table: %s</small></p>\n", p.link(tableFile("controls"), "tables/controls.csv"))
	p.duties(r)
}

func (p *page) control(r *reading, rows []controlRow, byCampaign map[*campaign]*figures) {
	p.put("<h4 id=\"control-%s\">%s", rows[0].OSCAL(), rows[0].ID)
	if rows[0].Note != "" {
		p.put(" <small>%s</small>", rows[0].Note)
	}
	p.put("</h4>\n<table><thead><tr><th>Campaign</th><th>Period</th><th class=\"n\">Population</th><th class=\"n\">Decided</th><th class=\"n\">Revoked</th><th class=\"n\">Proven gone</th><th class=\"n\">Exceptions</th><th class=\"n\">Expired</th><th>Signed off</th></tr></thead>\n<tbody>\n")
	for _, row := range rows {
		f := byCampaign[row.campaign]
		if f == nil {
			continue
		}
		c := f.c
		signed := mark("open")
		if c.closed != nil {
			signed = escaped(day(c.closed.time))
			if c.closed.time.After(c.stmt.Due) {
				signed += markup(" ") + mark("late")
			}
		}
		at := slices.Index(r.campaigns, f) + 1
		if f.relevant != nil {
			f = f.relevant
		}
		p.put("<tr><td><a href=\"#c%d\">%s</a></td><td class=\"d\">%s to %s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td></tr>\n",
			at, c.stmt.Campaign, c.stmt.PeriodStart, c.stmt.PeriodEnd, grouped(f.population), f.share(), f.figure(f.revoke),
			f.figure(f.byState["verified-gone"]), f.figure(f.exception), f.figure(f.byEnd["expired"]), signed)
	}
	p.put("</tbody></table>\n")
}

// financialSources says which sources in view the policies call relevant to financial reporting.
func (p *page) financialSources(r *reading) {
	tagged := p.b.financial()
	var in, out []string
	for _, s := range p.b.scopeSources() {
		if tagged[s] {
			in = append(in, s)
		} else {
			out = append(out, s)
		}
	}
	if len(in) == 0 {
		p.put("<p>No source is called relevant to financial reporting by the policy of these campaigns, so all of them are shown.</p>\n")
		return
	}
	p.put("<p>Relevant to financial reporting, by the policy of the campaigns: <b>%s</b>.", join(in...))
	switch {
	case len(out) > 0 && r.sampled:
		p.put(" The campaigns also cover sources that are not: %s. The figures below count whole campaigns, since items are withheld; <a href=\"#coverage\">coverage</a> counts source by source.", join(out...))
	case len(out) > 0:
		p.put(" The campaigns also cover sources that are not: %s. The figures below count the items of the relevant sources alone; the summary and the chapters of the campaigns count whole campaigns, as they were signed off.", join(out...))
	}
	p.put("</p>\n")
}

// sodCount is a pair of entitlements that one identity should not hold together, and what it found.
type sodCount struct {
	pair      review.SoDPair
	fromFile  bool  // no policy in view names it, a rules file does
	items     int64 // findings on items of campaigns in view
	byVerdict map[string]int64
}

// sodPairs lists the pairs that the policies in view name, each once.
func (b *book) sodPairs() (out []*sodCount) {
	for _, c := range b.view {
		if c.policy == nil {
			continue
		}
		for _, pair := range c.policy.SoD {
			if !slices.ContainsFunc(out, func(s *sodCount) bool { return s.pair.ID == pair.ID }) {
				out = append(out, &sodCount{pair: pair, byVerdict: map[string]int64{}})
			}
		}
	}
	return out
}

// countSoD counts a finding of the rule sod, whose text begins with the id and name of the pair. A pair that no policy in
// view names comes from a rules file.
func countSoD(pairs []*sodCount, text, verdict string) []*sodCount {
	i := slices.IndexFunc(pairs, func(s *sodCount) bool { return strings.HasPrefix(text, show(s.pair.ID)+" ") })
	if i < 0 {
		id, rest, _ := strings.Cut(text, " ")
		name, _, _ := strings.Cut(rest, ": ")
		i, pairs = len(pairs), append(pairs, &sodCount{pair: review.SoDPair{ID: id, Name: name}, fromFile: true, byVerdict: map[string]int64{}})
	}
	pairs[i].items++
	pairs[i].byVerdict[verdict]++
	return pairs
}

// duties shows the pairs, what they found, and what the reviewers made of it.
func (p *page) duties(r *reading) {
	if len(r.sod) == 0 {
		return
	}
	p.put("<h3 id=\"sod\">Segregation of duties</h3>\n<p>Pairs of entitlements that one identity should not hold together, as the campaigns' policies and rules files name them, and what the reviewers decided where one was found. A finding counts once for each item of the pair that was decided")
	if r.sampled {
		p.put(" and is disclosed")
	}
	p.put(".</p>\n<table><thead><tr><th>Pair</th><th>One side</th><th>Other side</th><th>Severity</th><th>Mitigating control</th><th class=\"n\">Findings</th><th class=\"n\">Kept</th><th class=\"n\">Revoked</th><th class=\"n\">Exception</th></tr></thead>\n<tbody>\n")
	slices.SortFunc(r.sod, func(x, y *sodCount) int { return cmp.Compare(x.pair.ID, y.pair.ID) })
	for _, s := range r.sod {
		x := s.pair
		if s.fromFile {
			p.put("<tr><td><b>%s</b><br><small>%s</small></td><td colspan=\"4\"><small>from a rules file; the finding names the entitlements, its severity and any mitigating control</small></td>", show(x.ID), x.Name)
			p.sodFigures(r, s)
			continue
		}
		p.put("<tr><td><b>%s</b><br><small>%s</small></td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>",
			show(x.ID), show(x.Name), show(join(x.A...)), show(join(x.B...)), mark(string(x.Severity)), orWords(show(x.Control), "none"))
		p.sodFigures(r, s)
	}
	p.put("</tbody></table>\n<p><small>Each with its identity: %s, rule sod</small></p>\n", p.link(tableFile("findings"), "tables/findings.csv"))
}

// sodFigures ends a row of the pairs. Where no item is disclosed nothing was counted, which is not zero.
func (p *page) sodFigures(r *reading, s *sodCount) {
	for _, n := range [...]int64{s.items, s.byVerdict[ledger.VerdictKeep], s.byVerdict[ledger.VerdictRevoke], s.byVerdict[ledger.VerdictException]} {
		figure := grouped(n)
		if r.redacted() {
			figure = "–"
		}
		p.put("<td class=\"n\">%s</td>", figure)
	}
	p.put("</tr>\n")
}
