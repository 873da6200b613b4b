package evidence

import (
	"fmt"
	"html"
	"slices"
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
		return
	}
	p.put("<p>What follows is evidence for these controls, not a conclusion about them. Ids only; the wording is the framework's.</p>\n")
	if view == "soc1" {
		p.financialSources()
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
		p.put("<tr><td><a href=\"#c%d\">%s</a></td><td class=\"d\">%s to %s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td></tr>\n",
			at, c.stmt.Campaign, c.stmt.PeriodStart, c.stmt.PeriodEnd, grouped(f.population), percent(f.decided(), f.items), grouped(f.revoke),
			grouped(f.byState["verified-gone"]), grouped(f.exception), grouped(f.byEnd["expired"]), signed)
	}
	p.put("</tbody></table>\n")
}

// financialSources says which sources in view the policies call relevant to financial reporting.
func (p *page) financialSources() {
	tagged := map[string]bool{}
	for _, c := range p.b.view {
		if c.policy != nil {
			for _, s := range c.policy.FinancialSources {
				tagged[s] = true
			}
		}
	}
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
	} else {
		p.put("<p>Relevant to financial reporting, by the policy of the campaigns: %s.", join(in...))
		if len(out) > 0 {
			p.put(" Also in these campaigns, but not tagged so: %s.", join(out...))
		}
		p.put("</p>\n")
	}
	pairs := 0
	for _, c := range p.b.view {
		if c.policy != nil {
			pairs += len(c.policy.SoD)
		}
	}
	if pairs > 0 {
		p.put("<p>%s</p>\n", fmt.Sprintf("The policies name %s of entitlements that one identity should not hold together; what they found is among the findings of each campaign.", plural(int64(pairs), "pair")))
	}
}
