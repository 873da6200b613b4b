package evidence

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
)

// Charts are inline SVG without any script or resource; every one has its figures in words beside it.

type slice struct {
	word   string
	colour string
	n      int64
}

const (
	colourKeep      = "#2f7355"
	colourRevoke    = "#b0442a"
	colourException = "#c08323"
	colourAbstain   = "#6c5b9c"
	colourOpen      = "#b3bcc6"
	colourUnsigned  = "#dfe4e9"
)

func (f *figures) slices() []slice {
	return []slice{{"keep", colourKeep, f.keep}, {"revoke", colourRevoke, f.revoke}, {"exception", colourException, f.exception},
		{"abstain", colourAbstain, f.abstain}, {"open", colourOpen, f.open}}
}

func (f *figures) revokeSlices() []slice {
	return []slice{{"verified-gone", colourKeep, f.byState["verified-gone"]}, {"claimed-done", colourException, f.byState["claimed-done"]},
		{"open", colourOpen, f.byState["open"]}, {"still-present", "#d07a62", f.byState["still-present"]}, {"came-back", colourRevoke, f.byState["came-back"]}}
}

// bar draws one stacked bar with a legend that gives every figure.
func (p *page) bar(caption string, slices []slice) {
	total := int64(0)
	for _, s := range slices {
		total += s.n
	}
	if total == 0 {
		return
	}
	const width, height = 1000.0, 34.0
	p.put("<figure><figcaption>%s</figcaption>\n<svg viewBox=\"0 0 1000 34\" role=\"img\" aria-label=\"%s\">", caption, caption)
	x := 0.0
	var legend strings.Builder
	for _, s := range slices {
		if s.n == 0 {
			continue
		}
		w := width * float64(s.n) / float64(total)
		p.put(`<rect x="%.1f" y="0" width="%.1f" height="%.0f" fill="%s"/>`, x, math.Max(w-1.5, 1), height, s.colour)
		if label := s.word + " " + grouped(s.n); w > float64(12+7*len(label)) {
			class := "w"
			if s.colour == colourOpen || s.colour == colourUnsigned {
				class = ""
			}
			p.put(`<text class="%s" x="%.1f" y="21.5" text-anchor="middle">%s</text>`, class, x+w/2, label)
		}
		x += w
		fmt.Fprintf(&legend, `<li><i style="background:%s"></i>%s: <b>%s</b> (%s)</li>`, s.colour, html.EscapeString(s.word), grouped(s.n), percent(s.n, total))
	}
	p.put("</svg>\n<ul class=\"legend\">%s</ul></figure>\n", markup(legend.String()))
}

// event is a point on a timeline.
type event struct {
	lane   int
	at     time.Time
	size   int64 // records; 0 for a plain mark
	colour string
	words  string
}

// timeline shows when things happened to a campaign, one lane per kind of thing, so that labels never collide.
func (p *page) timeline(c *campaign) {
	lanes := []string{"Period reviewed", "Export taken", "Launch", "Decisions signed", "Due", "Sign-off", "Removal checked"}
	var events []event
	for _, i := range c.stmt.Imports {
		if imp := p.b.importAt(i); imp != nil && !imp.Extracted.IsZero() {
			events = append(events, event{1, imp.Extracted, 0, "#1f3a5f", day(imp.Extracted)})
		}
	}
	events = append(events, event{2, c.stmt.Time, 0, "#1f3a5f", day(c.stmt.Time)}, event{4, c.stmt.Due, 0, colourRevoke, day(c.stmt.Due)})
	for _, e := range p.b.bundles {
		if e.campaign == c && e.act == ledger.ActDecision {
			events = append(events, event{3, e.time, e.records, "#1b5394", ""})
		}
	}
	if c.closed != nil {
		events = append(events, event{5, c.closed.time, 0, colourKeep, day(c.closed.time)})
	}
	seen := map[int64]bool{}
	for _, r := range c.revoke {
		if imp := p.b.importAt(r.imp); imp != nil && !seen[r.imp] && !imp.Extracted.IsZero() {
			seen[r.imp] = true
			events = append(events, event{6, imp.Extracted, 0, colourKeep, day(imp.Extracted)})
		}
	}
	from, to := c.stmt.PeriodStart.Time(), c.stmt.PeriodEnd.Time().Add(24*time.Hour)
	start, end := from, to
	for _, e := range events {
		start, end = earlier(start, e.at), later(end, e.at)
	}
	span := end.Sub(start).Seconds()
	const left, width, lane = 128.0, 850.0, 24.0
	at := func(t time.Time) float64 { return left + width*t.Sub(start).Seconds()/span }
	height := lane*float64(len(lanes)) + 22
	p.put("<figure><figcaption>When it happened</figcaption>\n<svg viewBox=\"0 0 1000 %.0f\" role=\"img\" aria-label=\"Timeline of campaign %s\">", height, c.stmt.Campaign)
	for i, name := range lanes {
		y := lane * float64(i)
		p.put(`<line x1="%.0f" x2="978" y1="%.1f" y2="%.1f" stroke="#e4e9ee"/><text class="s" x="0" y="%.1f">%s</text>`, left, y+lane/2, y+lane/2, y+16, name)
	}
	p.put(`<rect x="%.1f" y="5" width="%.1f" height="14" rx="2" fill="#cfdae6"/>`, at(from), math.Max(at(to)-at(from), 2))
	p.ticks(start, end, at, lane*float64(len(lanes)))
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Or(cmp.Compare(a.lane, b.lane), a.at.Compare(b.at)) })
	for i, e := range events {
		x, y := at(e.at), lane*float64(e.lane)+lane/2
		if e.size > 0 {
			p.put(`<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s" fill-opacity=".7"/>`, x, y, math.Min(3+math.Sqrt(float64(e.size)), 11), e.colour)
			continue
		}
		p.put(`<rect x="%.1f" y="%.1f" width="9" height="9" fill="%s" transform="rotate(45 %.1f %.1f)"/>`, x-4.5, y-4.5, e.colour, x, y)
		if i+1 < len(events) && events[i+1].lane == e.lane && at(events[i+1].at)-x < 100 {
			if events[i+1].words != e.words {
				events[i+1].words = first(e.words, 10) + " … " + events[i+1].words
			}
			continue // one label for marks that stand close together
		}
		anchor, dx := "start", 10.0
		if x > left+width-160 {
			anchor, dx = "end", -10
		}
		p.put(`<text class="h" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x+dx, y+4, anchor, e.words)
	}
	p.put("</svg></figure>\n")
}

// ticks writes month names below a timeline, at most a dozen.
func (p *page) ticks(start, end time.Time, at func(time.Time) float64, y float64) {
	months := int(end.Sub(start).Hours()/24/30) + 1
	step := max(1, (months+11)/12)
	for t := time.Date(start.Year(), start.Month(), 1, 0, 0, 0, 0, time.UTC); t.Before(end); t = t.AddDate(0, step, 0) {
		if t.Before(start) {
			continue
		}
		x := at(t)
		p.put(`<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#b9c4cf"/>`, x, x, y, y+5)
		if x < 945 {
			p.put(`<text class="s" x="%.1f" y="%.1f">%s</text>`, x+3, y+14, t.Format("Jan 2006"))
		}
	}
}
