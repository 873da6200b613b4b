package evidence

import (
	"errors"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"tickmark/ledger"
)

// open lists the items without a decision.
func (p *page) open(id string, f *figures) {
	n := f.open + f.abstain
	if n == 0 {
		return
	}
	rows := make([]*ledger.Row, len(f.undecided))
	for i, it := range f.undecided {
		r, err := p.b.row(it.imp, it.row)
		p.fail(err)
		if r == nil {
			r = &ledger.Row{}
		}
		rows[i] = r
	}
	names, err := p.b.namesShown(rows)
	p.fail(err)
	p.put("<h3 id=\"%s-open\">Items without a decision</h3>\n<p>%s: %s never answered, %s where the reviewer said they cannot judge.</p>\n", id, plural(n, "item"), grouped(f.open), grouped(f.abstain))
	p.put("<table><thead><tr><th>Source</th><th>Account</th><th>Identity</th><th>Entitlement</th><th>Assigned to</th><th>State</th></tr></thead>\n<tbody>\n")
	unnamed := 0
	for i, it := range f.undecided {
		r := rows[i]
		name := names[entitled{r.Source, r.Entitlement}]
		if name == "" && opaqueID.MatchString(r.Entitlement) {
			unnamed++
		}
		p.put("<tr><td class=\"d\">%s</td><td>%s</td><td>%s</td><td>%s%s</td><td class=\"p\">%s</td><td>%s</td></tr>\n", p.b.sourceOf(it.imp), show(r.Account), show(r.Identity),
			held2(r.Entitlement, r.Kind), markup(lineBreakSmall(esc(name))), who(p.b.nameOf(it.reviewer)), mark(map[bool]string{true: "abstain", false: "open"}[it.verdict == abstain]))
	}
	p.put("</tbody></table>\n")
	p.rest(n, int64(len(f.undecided)), "population")
	if len(names) > 0 {
		p.put("<p><small>A signed row names an entitlement by its native id. The name under it is what a reviewer was shown for the same entitlement on an item that is decided.</small></p>\n")
	}
	if unnamed > 0 {
		p.put("<p><small>%s by the id of the entitlement alone: nothing signed in this pack gives it a name. The raw export may, whose SHA-256 the import states.</small></p>\n", countWords(unnamed))
	}
}

// opaqueID matches native ids that say nothing to a person: a GUID.
var opaqueID = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// entitled is an entitlement of a source, by its native id.
type entitled struct{ source, entitlement string }

// namesShown gives the names that entitlements of rows had on a reviewer's screen, in the newest of the facts the pack
// holds, where they say more than the native id does. The rows themselves name none.
func (b *book) namesShown(rows []*ledger.Row) (map[entitled]string, error) {
	wanted := map[entitled]bool{}
	for _, r := range rows {
		if r.Entitlement != "" {
			wanted[entitled{r.Source, r.Entitlement}] = true
		}
	}
	names := map[entitled]string{}
	if len(wanted) == 0 {
		return names, nil
	}
	f := make([]string, factsValues)
	for _, c := range b.view {
		list, ok := find(b.pack.fsys.list(), campaignFile(c.stmt.Campaign, "facts.txt"))
		if !ok {
			continue
		}
		from, err := b.pack.fsys.open(list)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for t, err := range splitTexts(io.NewSectionReader(from, 0, list.size)) {
			if err != nil {
				from.Close()
				return nil, err
			}
			if _, ok := values(t.text, ledger.KindFacts, f); !ok || f[factsName] == "" || strings.EqualFold(f[factsName], f[factsEntitlement]) {
				continue
			}
			raw, err := ledger.Unescape(f[factsEntitlement])
			if k := (entitled{f[factsSource], raw}); err == nil && wanted[k] {
				names[k] = f[factsName]
			}
		}
		from.Close()
	}
	return names, nil
}

func countWords(n int) string {
	if n == 1 {
		return "1 line says what is held"
	}
	return grouped(int64(n)) + " lines say what is held"
}
