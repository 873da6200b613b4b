package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// campaign is the chapter of one campaign.
func (p *page) campaign(i int, f *figures) {
	c, s, id := f.c, f.c.stmt, fmt.Sprintf("c%d", i+1)
	p.put("<h2 class=\"new\" id=\"%s\">Campaign %s</h2>\n", id, s.Campaign)
	p.put("<dl class=\"facts\">\n<dt>Title</dt><dd>%s</dd>\n<dt>Owner</dt><dd>%s</dd>\n<dt>Scope</dt><dd>%s</dd>\n<dt>Period</dt><dd>%s to %s</dd>\n", show(s.Title), s.Owner, show(s.Scope), s.PeriodStart, s.PeriodEnd)
	p.put("<dt>Launched</dt><dd>%s UTC, population signed by %s (entry %s)</dd>\n<dt>Due</dt><dd>%s UTC</dd>\n", minute(s.Time), s.Signer, p.entryLink(c.index), minute(s.Due))
	p.put("<dt>Signed off</dt><dd>%s</dd>\n<dt>If nobody answers</dt><dd>%s</dd>\n<dt>Weakest signature accepted</dt><dd>%s</dd>\n</dl>\n", p.signedOff(c), noAnswerWords(s.NoAnswer), assuranceWords(s.Assurance))
	p.timeline(c)
	p.population(f)
	caption := "Decisions in force"
	if c.undisclosed {
		caption = "Decisions in force on the items that are disclosed"
	}
	p.bar(caption, f.slices())
	if f.unanswered > 0 {
		p.put("<p>%s no reviewer asked for: nobody had answered when the review was due, and its owner signed what the policy for that says (<q>%s</q>).</p>\n",
			plural(f.unanswered, "revoke"), review.NoAnswerReason(s.Due))
	}
	if f.superseded > 0 {
		p.put("<p>%s were replaced later by another one of the same item; both stand in the record.</p>\n", plural(f.superseded, "decision"))
	}
	p.open(id, f)
	if c.undisclosed {
		p.signedWork(c)
	} else {
		p.reviewers(id, c)
	}
	p.findings(f)
	p.revokes(id, f)
	p.exceptions(id, f)
}

func (p *page) signedOff(c *campaign) markup {
	if c.closed == nil {
		return "not yet by its manager " + mark("open")
	}
	d := c.closed
	words := escaped(fmt.Sprintf("%s UTC by %s: %s of %s decided, %s open (entry ", minute(d.time), d.signer, grouped(d.decided), grouped(d.items), grouped(d.open))) + p.entryLink(d.index) + ")"
	if d.time.After(c.stmt.Due) {
		words += markup(" "+string(mark("late"))+" ") + escaped(plural(lateDays(c), "day")+" after it was due")
	}
	return words
}

func noAnswerWords(word string) string {
	switch review.NoAnswer(word) {
	case review.LeaveOpen:
		return "the item stays open"
	case review.RevokeUnanswered:
		return "the owner revokes it, in their own name"
	case review.ReassignOpen:
		return "the item goes to somebody else"
	}
	return word
}

func assuranceWords(word string) string {
	switch review.Assurance(word) {
	case review.AnyKey:
		return "any enrolled key, also the review host's for a reviewer who logged in"
	case review.OwnKey:
		return "the reviewer's own key"
	case review.TouchKey:
		return "a security key that was touched"
	case review.PinKey:
		return "a security key with PIN"
	}
	return word
}

// population says what was reviewed and what was not.
func (p *page) population(f *figures) {
	s := f.c.stmt
	p.put("<h3>Population</h3>\n<p>%s, fixed by root <code>%s</code> before the first decision.", plural(s.Items, "item"), s.PopulationRoot.Base64())
	switch {
	case f.items == 0 && s.Items > 0:
		p.put(" None of them is disclosed in this pack.")
	case f.items < s.Items:
		p.put(" %s of them %s disclosed in this pack; the figures below count those.", grouped(f.items), verb(f.items, "is", "are"))
	}
	p.put("</p>\n<table><thead><tr><th>Import</th><th>Source</th><th>File</th><th>Export taken</th><th>Complete</th><th class=\"n\">Rows read</th><th class=\"n\">Accepted</th><th class=\"n\">Rejected</th><th class=\"n\">Grants</th></tr></thead>\n<tbody>\n")
	for _, i := range s.Imports {
		imp := p.b.importAt(i)
		if imp == nil {
			continue
		}
		rejected := escaped(grouped(imp.RowsRejected))
		if name := importFile(i, "rejects.csv"); imp.RowsRejected > 0 && p.has(name) {
			rejected = p.link(name, grouped(imp.RowsRejected))
		}
		p.put("<tr><td>%s</td><td>%s<br><small>%s</small></td><td>%s</td><td class=\"d\">%s</td><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
			p.entryLink(i), imp.Source, show(imp.System), show(imp.FileName), orWords(minute(imp.Extracted), "not stated"), imp.Completeness,
			grouped(imp.RowsRead), grouped(imp.RowsAccepted), rejected, grouped(imp.Grants))
	}
	p.put("</tbody></table>\n")
	if len(s.Exclusions) == 0 {
		p.put("<p>Nothing was excluded: every grant of these imports is an item.</p>\n")
		return
	}
	p.put("<table><thead><tr><th class=\"n\">Excluded</th><th>Why</th></tr></thead>\n<tbody>\n")
	for _, x := range s.Exclusions {
		p.put("<tr><td class=\"n\">%s</td><td>%s</td></tr>\n", grouped(x.Count), show(x.Reason))
	}
	p.put("</tbody></table>\n")
}

func (p *page) has(name string) bool {
	_, ok := find(p.b.pack.fsys.list(), name)
	return ok
}

// entitlement names what a decision in force is about: its native id and under it the name that was on the screen.
func (p *page) entitlement(c *campaign, item, native string) markup {
	words := escaped(orWords(native, "the account itself"))
	if it := c.itemNamed(item); it != nil && it.decision != 0 {
		name, err := p.b.shownName(p.ctx, c.shownFor(it), native)
		p.fail(err)
		words += markup(lineBreakSmall(esc(name)))
	}
	return words
}

// rest says where the rows are that a list leaves out.
func (p *page) rest(n, shown int64, table string) {
	if n > shown {
		p.put("<p><small>%s more are in %s.</small></p>\n", grouped(n-shown), p.link(tableFile(table), "tables/"+table+".csv"))
	}
}

// held2 names what is reviewed where there is no entitlement: the account itself or its ownership.
func held2(entitlement, kind string) string {
	if entitlement == "" && kind != "" && kind != "grant" {
		return "the " + kind + " itself"
	}
	return show(entitlement)
}

// reviewers shows who did how much, and how.
func (p *page) reviewers(id string, c *campaign) {
	p.put("<h3 id=\"%s-reviewers\">Reviewers</h3>\n<p>Attention figures are as recorded by the workstation: <b>opened</b> counts decisions made with the item's detail on the screen, <b>bulk</b> those made several at once, <b>time</b> runs from the first staged verdict to the signature.</p>\n", id)
	p.put("<table><thead><tr><th>Reviewer</th><th class=\"n\">Assigned</th><th class=\"n\">Decided</th><th class=\"n\">Keep</th><th class=\"n\">Revoke</th><th class=\"n\">Exception</th><th class=\"n\">Abstain</th><th class=\"n\">Opened</th><th class=\"n\">Bulk</th><th class=\"n\">Time</th><th>Signed via</th><th>Own sign-off</th></tr></thead>\n<tbody>\n")
	for _, s := range p.b.shares(c) {
		per := ""
		if n := s.decided + s.abstain; n > 0 && s.elapsed > 0 {
			per = "<br><small>" + esc(seconds(s.elapsed/n)) + " an item</small>"
		}
		p.put("<tr><td class=\"p\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s%s</td><td>%s</td><td class=\"d\">%s</td></tr>\n",
			who(s.principal), grouped(s.assigned), grouped(s.decided), grouped(s.keep), grouped(s.revoke), grouped(s.exception), grouped(s.abstain),
			grouped(s.opened), grouped(s.bulk), seconds(s.elapsed), markup(per), strings.Join(s.via, ", "), orWords(day(s.signedOff), "–"))
	}
	p.put("</tbody></table>\n")
	if signals := p.b.signals(c); len(signals) > 0 {
		p.put("<div class=\"note\"><b>How it was done</b>: thresholds of the policy that were crossed. They are no verdict on anybody; ask.<ul>\n")
		for _, s := range signals {
			p.put("<li>%s</li>\n", s)
		}
		p.put("</ul></div>\n")
	}
}

// signals says, person by person, which of the campaign's own thresholds a way of reviewing crossed.
func (b *book) signals(c *campaign) (out []string) {
	if c.policy == nil {
		return nil
	}
	for _, s := range b.shares(c) {
		q := review.Quality{Decided: s.decided + s.abstain, Keeps: s.keep, Bulk: s.bulk, Opened: s.opened, Seconds: s.elapsed}
		for _, n := range review.QualitySignals(*c.policy, q) {
			out = append(out, s.principal+": "+n.Text)
		}
	}
	return out
}

// findings says which hints were on the screen.
func (p *page) findings(f *figures) {
	if len(f.rules) == 0 {
		return
	}
	p.put("<h3>Hints shown to reviewers</h3>\n<p>Each comes from a named, versioned rule; the rules are fixed by hash in the campaign statement. A hint never decides.</p>\n<table><thead><tr><th>Severity</th><th>Rule</th><th class=\"n\">Items</th><th class=\"n\">Of these kept</th><th>Example</th></tr></thead>\n<tbody>\n")
	names := slices.SortedFunc(maps.Keys(f.rules), func(a, b string) int {
		x, y := review.Severity(f.rules[a].severity).Rank(), review.Severity(f.rules[b].severity).Rank()
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a, b))
	})
	for _, n := range names {
		r := f.rules[n]
		p.put("<tr><td>%s</td><td class=\"d\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td></tr>\n", mark(r.severity), n, grouped(r.items), grouped(r.kept), r.example)
	}
	p.put("</tbody></table>\n<p><small>All of them: %s</small></p>\n", p.link(tableFile("findings"), "tables/findings.csv"))
}

// revokes shows the outcome of each.
func (p *page) revokes(id string, f *figures) {
	if f.revoke == 0 {
		return
	}
	p.put("<h3 id=\"%s-revokes\">What became of each revoke</h3>\n", id)
	p.bar("Revokes by what a later export shows", f.revokeSlices())
	p.put("<table><thead><tr><th>Decision</th><th>Account</th><th>Revoked</th><th>Decided</th><th>Said to be done</th><th>What a later export shows</th><th>State</th></tr></thead>\n<tbody>\n")
	for _, r := range f.revokes {
		p.put("<tr><td>%s</td><td>%s<br><small>%s</small></td><td>%s%s%s</td>", p.entryLink(parseDigits(r[0])), r[4], r[3], p.entitlement(f.c, r[2], r[5]),
			markup(lineBreakSmall(prefixed("replaced by ", r[6]))), markup(lineBreakSmall(prefixed("effective ", r[8]))))
		p.put("<td class=\"d\">%s</td><td>%s%s</td><td>%s</td><td>%s</td></tr>\n", first(r[7], 10), first(r[10], 10), markup(lineBreakSmall(prefixed("ticket ", r[9]))),
			p.proofWords(r), mark(r[remedyState])+markup(lineBreakSmall(esc(r[remedyNote]))))
	}
	p.put("</tbody></table>\n")
	p.rest(int64(len(f.accesses)), int64(len(f.revokes)), "remediation")
}

// proofWords says which import settles a revoke.
func (p *page) proofWords(r []string) markup {
	if r[13] == "" {
		return "<small>no later export settles it</small>"
	}
	words := map[string]string{"verified-gone": "absent in", "still-present": "still there in", "came-back": "back again in"}[r[15]]
	return escaped(orWords(words, "last seen in")+" import ") + p.entryLink(parseDigits(r[13])) + escaped(" of "+first(r[14], 10))
}

// prefixed escapes: its result is put into markup.
func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + esc(s)
}

func first(s string, n int) string { return s[:min(n, len(s))] }

// exceptions lists each with its control, its owner and its end.
func (p *page) exceptions(id string, f *figures) {
	if len(f.exceptions) == 0 {
		return
	}
	p.put("<h3 id=\"%s-exceptions\">Exceptions</h3>\n<p>Access that stays against a rule until a day, answered for by a person, under a compensating control.</p>\n", id)
	p.put("<table><thead><tr><th>Decision</th><th>Account</th><th>Entitlement</th><th>Why</th><th>Compensating control</th><th>Owner</th><th>Until</th><th>State</th></tr></thead>\n<tbody>\n")
	for _, x := range f.exceptions {
		control, owner := x[7], x[6]
		if s := f.c.exception[parseDigits(x[0])]; s != nil && s.renewals > 0 {
			control, owner = s.control, s.owner
		}
		renewed := ""
		if x[13] != "0" {
			renewed = plural(parseDigits(x[13]), "renewal")
		}
		p.put("<tr><td>%s</td><td>%s<br><small>%s</small></td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td class=\"d\">%s%s</td><td>%s%s</td></tr>\n",
			p.entryLink(parseDigits(x[0])), x[4], x[3], p.entitlement(f.c, x[2], x[5]), x[9], escaped(control)+p.evidenceLinks(f.c, x), owner, x[17], markup(lineBreakSmall(renewed)),
			mark(x[12]), markup(lineBreakSmall(esc(first(x[16], 10)))))
	}
	p.put("</tbody></table>\n")
}

// evidenceLinks leads to the evidence files of an exception that the pack holds.
func (p *page) evidenceLinks(c *campaign, row []string) (out markup) {
	var named []ledger.Hash
	if e, ok := review.EvidenceIn(row[7]); ok {
		if h, err := ledger.ParseSHA("sha256:" + e.SHA256); err == nil {
			named = append(named, h)
		}
	}
	if s := c.exception[parseDigits(row[0])]; s != nil {
		named = append(named, s.named...)
	}
	for i, h := range named {
		if name := evidenceFile(h); p.has(name) && !slices.Contains(named[:i], h) {
			out += markup("<br>") + p.link(name, "evidence file")
		}
	}
	return out
}
