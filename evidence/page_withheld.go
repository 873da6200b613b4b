package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A pack that withholds items still holds every signed statement. So what cannot be counted item by item is taken from
// what people signed: the tallies of bundles and the managers' sign-offs. A figure is never shown as zero because the
// items it would count are withheld.

// counts are the verdicts of a sign-off, by word.
func (s *signoff) counts() map[string]int64 {
	counts := map[string]int64{}
	for part := range strings.SplitSeq(s.tally, ", ") {
		word, n, _ := strings.Cut(part, " ")
		counts[word] = parseDigits(n)
	}
	return counts
}

// signed adds up the managers' sign-offs of campaigns in view.
type signed struct {
	items, decided, revoked int64
	campaigns               int64 // that are signed off
	slices                  []slice
}

func (r *reading) signed() signed {
	var s signed
	byWord := map[string]int64{}
	for _, f := range r.campaigns {
		d := f.c.closed
		if d == nil {
			byWord["not signed off"] += f.population
			continue
		}
		s.campaigns++
		s.items += d.items
		s.decided += d.decided
		for word, n := range d.counts() {
			byWord[word] += n
		}
		byWord["open"] += d.open - d.counts()["abstain"]
	}
	s.revoked = byWord["revoke"]
	for _, x := range [...]slice{{"keep", colourKeep, 0}, {"revoke", colourRevoke, 0}, {"exception", colourException, 0},
		{"abstain", colourAbstain, 0}, {"open", colourOpen, 0}, {"not signed off", colourUnsigned, 0}} {
		x.n = max(byWord[x.word], 0)
		s.slices = append(s.slices, x)
	}
	return s
}

// share is how much of a campaign is decided: counted, or where items are withheld as its manager signed.
func (f *figures) share() string {
	switch d := f.c.closed; {
	case !f.c.undisclosed:
		return percent(f.decided(), f.items)
	case d != nil:
		return percent(d.decided, d.items)
	}
	return "–"
}

// figure is a count of disclosed items, or nothing where none is disclosed.
func (f *figures) figure(n int64) string {
	if f.c.undisclosed && f.items == 0 {
		return "–"
	}
	return grouped(n)
}

// work is what one person's bundles of decisions say they did in a campaign.
type work struct {
	person                string
	records, opened, bulk int64
	bundles, elapsed      int64
	via                   []string
}

// work adds up the bundles of decisions of a campaign, or of all in view, by person. Bundles are always disclosed; a
// decision that was replaced later counts each time.
func (b *book) work(c *campaign) []work {
	byName := map[string]*work{}
	for i := range b.bundles {
		e := &b.bundles[i]
		if e.act != "decision" || e.campaign == nil || !e.campaign.inView || c != nil && e.campaign != c {
			continue
		}
		w := byName[e.actor]
		if w == nil {
			w = &work{person: e.actor}
			byName[e.actor] = w
		}
		w.bundles++
		w.records += e.records
		w.opened += e.opened
		w.bulk += e.bulk
		w.elapsed += e.elapsed
		if !slices.Contains(w.via, e.via) {
			w.via = append(w.via, e.via)
		}
	}
	return slices.SortedFunc(func(yield func(work) bool) {
		for w := range maps.Values(byName) {
			slices.Sort(w.via)
			if !yield(*w) {
				return
			}
		}
	}, func(x, y work) int { return cmp.Compare(x.person, y.person) })
}

// withheldTiles heads a page whose figures cannot be counted item by item.
func (p *page) withheldTiles(r *reading) {
	t, s := &r.total, r.signed()
	p.tile(grouped(t.population), "", "items of access under review in "+plural(int64(len(r.campaigns)), "campaign"))
	open := ""
	if n := int64(len(r.campaigns)) - s.campaigns; n > 0 {
		open = "; " + plural(n, "campaign") + " not signed off"
	}
	p.tile(percent(s.decided, s.items), fmt.Sprintf("%s of %s", grouped(s.decided), grouped(s.items)), "decided, by the managers' sign-offs"+open)
	p.tile(grouped(s.revoked), "", "revoked, by the managers' sign-offs")
	if r.redacted() {
		p.tile("–", "", "what became of each revoke and exception is withheld")
	} else {
		p.tile(grouped(t.items), "", "items are disclosed, the sample; "+grouped(t.revoke)+" of them revoked, "+grouped(t.byState["verified-gone"])+" proven gone")
	}
	p.tile(grouped(r.covers[coverCovered]), fmt.Sprintf("of %s", grouped(sum(r.covers))), "source periods shown to be covered by what is disclosed")
	p.tile(grouped(p.b.withheld), fmt.Sprintf("of %s", grouped(p.b.entries)), "entries of the ledger are present as hashes only")
}

// withheldSummary answers the four questions from the signed statements.
func (p *page) withheldSummary(r *reading) {
	t, s := &r.total, r.signed()
	var records, opened, bulk int64
	who := p.b.work(nil)
	for _, w := range who {
		records, opened, bulk = records+w.records, opened+w.opened, bulk+w.bulk
	}
	p.put("<div><h3>Who decided?</h3>\n<p>%s signed %s: see <a href=\"#signatures\">who signed, with which key</a>. Nobody may decide on their own access. As the signed bundles count, %s opened in detail, %s decided in bulk.</p></div>\n",
		people(int64(len(who))), plural(records, "decision"), grouped(opened)+" "+verb(opened, "was", "were"), grouped(bulk)+" "+verb(bulk, "was", "were"))
	p.put("<div><h3>Was it on time?</h3>\n<p>%s</p></div>\n", p.punctuality(r))
	words := "What became of each revoke is withheld."
	if !r.redacted() {
		words = "No revoke is in the sample."
		if t.revoke > 0 {
			words = "In the sample: " + strings.TrimPrefix(outcome(t), "Of ") + "."
		}
	}
	p.put("<div><h3>Was it carried out?</h3>\n<p>The managers signed off %s. %s A closed ticket counts as a claim only; a revoke is finished when a later export shows the access absent.</p></div>\n</div>\n", plural(s.revoked, "revoke"), words)
	if !r.redacted() {
		p.bar("What became of "+plural(t.items, "item")+" of the sample", t.slices())
		p.bar("What became of "+plural(t.revoked, "revoke")+" of the sample", t.revokeSlices())
	}
}

// signedWork shows who did how much where the decisions themselves are withheld.
func (p *page) signedWork(c *campaign) {
	p.put("<h3>Reviewers</h3>\n<p>As the signed bundles count, decisions that were replaced later among them: <b>opened</b> are those made with the item's detail on the screen, <b>bulk</b> those made several at once, <b>time</b> runs from the first staged verdict to the signature.</p>\n")
	list := p.b.work(c)
	if len(list) == 0 {
		p.put("<p>Nobody has signed a decision of this campaign.</p>\n")
		return
	}
	p.put("<table><thead><tr><th>Reviewer</th><th class=\"n\">Decisions signed</th><th class=\"n\">Bundles</th><th class=\"n\">Opened</th><th class=\"n\">Bulk</th><th class=\"n\">Time</th><th>Signed via</th><th>Own sign-off</th></tr></thead>\n<tbody>\n")
	for _, w := range list {
		off := "–"
		if x := c.people[w.person]; x != nil {
			off = orWords(day(x.signedOff), "–")
		}
		p.put("<tr><td class=\"p\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td><td class=\"d\">%s</td></tr>\n",
			who(w.person), grouped(w.records), grouped(w.bundles), grouped(w.opened), grouped(w.bulk), seconds(w.elapsed), strings.Join(w.via, ", "), off)
	}
	p.put("</tbody></table>\n")
}
