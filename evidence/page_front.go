package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tickmark/ledger"
)

// cover says what the page is about.
func (p *page) cover(title string, r *reading) {
	s := &p.b.pack.stmt
	p.put("<header class=\"cover\">\n<p class=\"kicker\">Access review evidence</p>\n<h1>%s</h1>\n", title)
	when := fmt.Sprintf("%s to %s", s.WindowStart, s.WindowEnd)
	if s.WindowStart == s.WindowEnd {
		when = string(s.WindowStart)
	}
	p.put("<p class=\"lead\">%s. Window %s, as of %s.</p>\n", upperFirst(p.b.viewWords()), when, s.AsOf)
	p.put("<dl class=\"facts\">\n<dt>Ledger</dt><dd><code>%s</code>, %s entries</dd>\n", s.Log, grouped(s.Size))
	p.put("<dt>Exported by</dt><dd>%s with %s</dd>\n", s.Exporter, show(s.Tool))
	p.put("<dt>Disclosure</dt><dd>%s</dd>\n</dl>\n", p.b.disclosure())
	t := &r.total
	p.put("<div class=\"tiles\">\n")
	defer p.put("</div>\n</header>\n")
	if r.sampled {
		p.withheldTiles(r)
		return
	}
	p.tile(grouped(t.population), "", "items of access under review in "+plural(int64(len(r.campaigns)), "campaign"))
	p.tile(percent(t.decided(), t.items), fmt.Sprintf("%s of %s", grouped(t.decided()), grouped(t.items)), "decided, each decision signed; see who signed, and how")
	p.tile(grouped(t.byState["verified-gone"]), "of "+grouped(t.revoked), "revokes proven gone by a later export")
	p.tile(grouped(t.byEnd["active"]), fmt.Sprintf("of %s", grouped(t.exception)), "exceptions still running; "+grouped(t.byEnd["expired"])+" expired and not closed")
	p.tile(grouped(r.covers[coverCovered]), fmt.Sprintf("of %s", grouped(sum(r.covers))), "source periods covered in time and in full")
	p.tile(grouped(sum(r.findings)), "", "hints of named rules were shown to reviewers; "+grouped(r.findings["critical"]+r.findings["high"])+" high or critical")
}

func (p *page) tile(figure, of, words string) {
	p.put("<div class=\"tile\"><b>%s%s</b><span>%s</span></div>\n", figure, markup(small(of)), words)
}

func small(words string) string {
	if words == "" {
		return ""
	}
	return " <small>" + words + "</small>"
}

func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// attention lists what an auditor must not miss. The words in capitals are those of `tickmark verify`.
func (p *page) attention(r *reading) {
	var lines []markup
	say := func(where, code, format string, args ...any) {
		words := esc(fmt.Sprintf(format, args...))
		if code != "" {
			words += " <small>" + code + "</small>"
		}
		lines = append(lines, markup(`<li><a href="#`+where+`">`+words+`</a></li>`))
	}
	for i, f := range r.campaigns {
		c, id := f.c, fmt.Sprintf("c%d", i+1)
		if c.closed == nil && !p.b.pastDue(c) {
			say(id, ledger.StateNotSignedOff, "Campaign %s still runs: it is due on %s and not yet signed off by its manager", c.stmt.Campaign, day(c.stmt.Due))
		} else if c.closed == nil {
			say(id, ledger.StateNotSignedOff, "Campaign %s was due on %s and is not signed off by its manager", c.stmt.Campaign, day(c.stmt.Due))
		} else if c.closed.time.After(c.stmt.Due) {
			say(id, "", "Campaign %s was signed off %s after it was due (%s, due %s)", c.stmt.Campaign, plural(lateDays(c), "day"), minute(c.closed.time), minute(c.stmt.Due))
		}
		if d := c.closed; c.undisclosed && d != nil && d.open > 0 {
			say(id, ledger.StateItemsOpen, "%s of campaign %s had no decision when its manager signed off", plural(d.open, "item"), c.stmt.Campaign)
		} else if n := f.open + f.abstain; n > 0 {
			say(id+"-open", ledger.StateItemsOpen, "%s of campaign %s %s no decision", plural(n, "item"), c.stmt.Campaign, verb(n, "has", "have"))
		}
		if n := f.revoked - f.byState["verified-gone"]; n > 0 {
			say(id+"-revokes", ledger.StateRevokesOpen, "%s of campaign %s: no later export shows the access gone (still there: %d, came back: %d)", plural(n, "revoke"), c.stmt.Campaign, f.byState["still-present"], f.byState["came-back"])
		}
		if n := f.stayed; n > 0 {
			say(id+"-revokes", "", "%s of campaign %s %s not carried out: a later campaign let the access stay", plural(n, "revoke"), c.stmt.Campaign, verb(n, "was", "were"))
		}
		if n := f.byEnd["expired"]; n > 0 {
			say(id+"-exceptions", "", "%s of campaign %s ran out and %s neither renewed nor closed", plural(n, "exception"), c.stmt.Campaign, verb(n, "was", "were"))
		}
	}
	for i, f := range r.campaigns {
		if n := int64(len(p.b.signals(f.c))); n > 0 && !f.c.undisclosed {
			say(fmt.Sprintf("c%d-reviewers", i+1), "", "%s about how campaign %s was reviewed", plural(n, "signal"), f.c.stmt.Campaign)
		}
	}
	if hosts := p.b.hostSigned(); hosts > 0 {
		say("signatures", ledger.StateHostSigned, "%s were signed by the review host for the reviewer: they prove what the host says, not what the reviewer did", plural(hosts, "statement"))
	}
	if n := r.covers[coverMissing]; n > 0 {
		say("coverage", "", "No campaign for %s of the window", plural(n, "source period"))
	}
	if n := r.covers[coverIncomplete]; n > 0 {
		words := "Incomplete: %s"
		if r.sampled {
			words = "Incomplete, or not shown to be complete by what is disclosed: %s"
		}
		say("coverage", "", words, plural(n, "source period"))
	}
	if gaps := p.b.uncovered(); len(gaps) > 0 {
		say("coverage", "", "No campaign is about these parts of the window: %s", spans(gaps))
	}
	for _, imp := range p.b.imports {
		for _, t := range imp.v.Totals {
			if t.Declared != t.Found {
				say("imports", ledger.StateControlTotalDiffers, "Import %d of %s: control total %s was declared as %d, found %d", imp.index, imp.v.Source, t.Name, t.Declared, t.Found)
			}
		}
	}
	if len(lines) == 0 {
		p.put("<div class=\"note good\"><b>Nothing stands out.</b> Every campaign in view is signed off in time, every item has a decision, every revoke is proven gone, and no exception has run out. That is what the signed record says; <a href=\"#limits\">what it cannot say</a> stands further down.</div>\n")
		return
	}
	p.put("<div class=\"note alert\"><b>What needs attention</b><ul>\n")
	for _, l := range lines {
		p.put("%s\n", l)
	}
	p.put("</ul></div>\n")
}

// verb is the form that goes with a number.
func verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func esc(s string) string { return string(escaped(s)) }

func (p *page) contents(r *reading) {
	p.put("<nav aria-label=\"Contents\">\n<a href=\"#summary\">Summary</a>\n<a href=\"#coverage\">Coverage: every source and period</a>\n<a href=\"#controls\">Control by control</a>\n")
	for i, f := range r.campaigns {
		p.put("<a href=\"#c%d\">Campaign %s</a>\n", i+1, f.c.stmt.Campaign)
	}
	p.put("<a href=\"#imports\">Where the data came from</a>\n<a href=\"#signatures\">Who signed, with which key</a>\n<a href=\"#integrity\">The ledger and its head</a>\n<a href=\"#limits\">What this can and cannot prove</a>\n<a href=\"#verify\">How to check it yourself</a>\n<a href=\"#decisions\">Every decision</a>\n</nav>\n")
}

// summary answers the four questions in sentences.
func (p *page) summary(r *reading) {
	t := &r.total
	p.put("<h2 id=\"summary\">Summary</h2>\n")
	if r.sampled {
		p.bar("What the managers signed off, of "+plural(t.population, "item"), r.signed().slices)
	} else {
		p.bar("What became of "+plural(t.items, "item"), t.slices())
	}
	p.put("<div class=\"two\">\n<div><h3>Was anything left out?</h3>\n")
	excluded := int64(0)
	for _, f := range r.campaigns {
		for _, x := range f.c.stmt.Exclusions {
			excluded += x.Count
		}
	}
	p.put("<p>The population was counted, hashed and signed before the first decision: %s in review, %s excluded with a stated reason. Rows read, accepted and rejected are in <a href=\"#imports\">where the data came from</a>.</p></div>\n", plural(t.population, "item"), grouped(excluded))
	if r.sampled {
		p.withheldSummary(r)
		return
	}
	if t.decided()+t.abstain == 0 {
		p.put("<div><h3>Who decided?</h3>\n<p>Nobody has decided yet. Nobody may decide on their own access.</p></div>\n")
	} else {
		p.put("<div><h3>Who decided?</h3>\n<p>%s decided, every decision under a signature: see <a href=\"#signatures\">who signed, with which key</a>. Nobody may decide on their own access. %s of %s %s opened in detail, %s %s decided in bulk.</p></div>\n",
			people(p.deciders()), grouped(t.opened), plural(t.decided()+t.abstain, "decision"), verb(t.opened, "was", "were"), grouped(t.bulk), verb(t.bulk, "was", "were"))
	}
	p.put("<div><h3>Was it on time?</h3>\n<p>%s</p></div>\n", p.punctuality(r))
	p.put("<div><h3>Was it carried out?</h3>\n<p>%s. A closed ticket counts as a claim only; a revoke is finished when a later export shows the access absent.</p></div>\n</div>\n", outcome(t))
	p.bar("What became of "+plural(t.revoked, "revoke"), t.revokeSlices())
}

func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return grouped(n) + " people"
}

func (p *page) deciders() int64 {
	people := map[string]bool{}
	for _, c := range p.b.view {
		for i := range c.items {
			if c.items[i].decision != 0 {
				people[p.b.nameOf(c.items[i].decider)] = true
			}
		}
	}
	return int64(len(people))
}

func (p *page) punctuality(r *reading) string {
	late, open, running := int64(0), int64(0), int64(0)
	for _, f := range r.campaigns {
		switch {
		case f.c.closed == nil:
			open++
			if !p.b.pastDue(f.c) {
				running++
			}
		case f.c.closed.time.After(f.c.stmt.Due):
			late++
		}
	}
	n := int64(len(r.campaigns))
	words := fmt.Sprintf("Of %s in view, %d signed off in time, %d late, %d not signed off", plural(n, "campaign"), n-late-open, late, open)
	if running > 0 {
		words += fmt.Sprintf(" (%d of them not due yet)", running)
	}
	return words + "."
}

func outcome(f *figures) string {
	if f.revoke == 0 {
		return "No access was revoked"
	}
	parts := []string{fmt.Sprintf("%d proven gone", f.byState["verified-gone"])}
	for _, s := range f.revokeSlices()[1:] {
		if s.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", s.n, s.word))
		}
	}
	words := fmt.Sprintf("Of %s: %s", plural(f.revoked, "revoke"), strings.Join(parts, ", "))
	if f.stayed > 0 {
		words += fmt.Sprintf("; %d more %s superseded, a later campaign let the access stay", f.stayed, verb(f.stayed, "was", "were"))
	}
	return words
}

// coverage is the matrix source x period (5.2).
func (p *page) coverage() {
	p.put("<h2 id=\"coverage\">Coverage: every source and period</h2>\n<p>A source period is <b>covered</b> when its campaign was signed off in time, with every item decided, over an export that is complete as far as it says and was taken inside the period. It is <b>late</b> if signed off after it was due, <b>incomplete</b> if something of this is missing, <b>missing</b> if there was no campaign.</p>\n")
	rows, others := p.b.coverageForPeople()
	if len(rows) == 0 {
		p.put("<p>No campaign is in view.</p>\n")
		return
	}
	if len(others) > 0 {
		p.put("<p>Shown are the sources that the policy calls relevant to financial reporting. The others of these campaigns (%s) are in %s.</p>\n", join(others...), p.link(tableFile("coverage"), "tables/coverage.csv"))
	}
	if p.b.pack.stmt.Disclosure == "sampled" {
		p.put("<p>Items, revokes and exceptions count what is disclosed here. Where a manager signed off with open items, every source of that campaign is called incomplete, because the open ones may be among those withheld.</p>\n")
	}
	if policy := p.b.newestPolicy(); policy != nil {
		p.put("<p>By the policy every source is due for review once in each %s of the window; a campaign answers for the %s its own period ends in.</p>\n", policy.Periods, policy.Periods)
	} else if gaps := p.b.uncovered(); len(gaps) > 0 {
		p.put("<p>No policy in view says in which periods a review is due, so the periods are those of the campaigns. No campaign is about these parts of the window: <b>%s</b>.</p>\n", spans(gaps))
	}
	p.grid(rows)
	p.put("<table><thead><tr><th>Source</th><th>Period</th><th>Campaign</th><th>Export taken</th><th>Due</th><th>Signed off</th><th class=\"n\">Decided</th><th class=\"n\">Revokes open</th><th class=\"n\">Exceptions open</th><th>State</th></tr></thead>\n<tbody>\n")
	for _, r := range rows {
		p.put("<tr><td class=\"d\">%s</td><td class=\"d\">%s<br>%s</td>", r.source, r.period.start, r.period.end)
		c := r.campaign
		if c == nil {
			running := ""
			if r.period.end > p.b.pack.stmt.AsOf {
				running = ", which is not over yet"
			}
			p.put("<td colspan=\"7\"><small>no campaign for this source and period%s</small></td><td>%s</td></tr>\n", running, mark(r.status))
			continue
		}
		taken, completeness := "not stated", ""
		if imp := p.b.importAt(r.imp); imp != nil {
			completeness = imp.Completeness
			if !imp.Extracted.IsZero() {
				taken = day(imp.Extracted)
			}
		}
		signed := "no"
		if c.closed != nil {
			signed = day(c.closed.time)
		}
		late := ""
		if r.daysLate > 0 {
			late = plural(r.daysLate, "day") + " late"
		}
		decided, revokes, exceptions := grouped(r.decided)+" of "+grouped(r.items), grouped(r.revokesOpen), grouped(r.exceptionsOpen)
		if c.undisclosed && r.items == 0 {
			decided, revokes, exceptions = "–", "–", "–"
		}
		p.put("<td>%s</td><td class=\"d\">%s<br><small>%s, import %d</small></td><td class=\"d\">%s</td><td class=\"d\">%s%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td></tr>\n",
			c.stmt.Campaign, taken, completeness, r.imp, day(c.stmt.Due), signed, markup(lineBreakSmall(late)), decided, revokes, exceptions, mark(r.status))
	}
	p.put("</tbody></table>\n<p><small>As a table: %s</small></p>\n", p.link(tableFile("coverage"), "tables/coverage.csv"))
}

// grid shows the matrix at a glance, where it has few enough columns.
func (p *page) grid(rows []cover) {
	var periods []period
	var sources []string
	cells := map[string]map[period]string{}
	for _, r := range rows {
		if !slices.Contains(periods, r.period) {
			periods = append(periods, r.period)
		}
		if cells[r.source] == nil {
			cells[r.source] = map[period]string{}
			sources = append(sources, r.source)
		}
		cells[r.source][r.period] = r.status
	}
	if len(periods) > 8 || len(sources) < 2 && len(periods) < 2 {
		return
	}
	slices.SortFunc(periods, func(a, b period) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	p.put("<table class=\"grid\"><thead><tr><th>Source</th>")
	for _, x := range periods {
		p.put("<th>%s<br>%s</th>", x.start, x.end)
	}
	p.put("</tr></thead>\n<tbody>\n")
	for _, s := range sources {
		p.put("<tr><td class=\"d\">%s</td>", s)
		for _, x := range periods {
			p.put("<td class=\"%s\">%s</td>", cells[s][x], orWords(cells[s][x], "–"))
		}
		p.put("</tr>\n")
	}
	p.put("</tbody></table>\n")
}

func lineBreakSmall(words string) string {
	if words == "" {
		return ""
	}
	return "<br><small>" + words + "</small>"
}

func lateDays(c *campaign) int64 {
	row := cover{campaign: c, period: c.period()}
	row.judge(nil)
	return max(row.daysLate, 0)
}
