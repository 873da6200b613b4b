package evidence

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
)

// draw checks the size of a sampled pack's sample, and repeats the draw for a verifier who holds the ids of all items (8):
// the pack itself withholds them.
func (v *verifier) draw() error {
	s := v.pack.stmt
	if s.Disclosure != "sampled" {
		return nil
	}
	for _, c := range v.book.view {
		if want := min(s.SampleSize, c.stmt.Items); int64(len(c.items)) != want {
			v.fail(ledger.CodePopulation, campaignFile(c.stmt.Campaign, "members.txt"), "%d items are disclosed, the sample has %d", len(c.items), want)
		}
		if c.undisclosed && s.SampleSize > 0 {
			v.redraw(c)
		}
	}
	return nil
}

// redraw compares the disclosed items of a campaign with those that the seed draws from the verifier's list.
func (v *verifier) redraw(c *campaign) {
	say := func(format string, args ...any) {
		v.report.NotChecked = append(v.report.NotChecked, fmt.Sprintf(format, args...))
	}
	name := c.stmt.Campaign
	if v.o.Items == nil {
		say("whether the disclosed items of campaign %s are those drawn with the seed: that needs the ids of all items (--items FILE)", name)
		return
	}
	from := orWords(v.o.ItemsFrom, "your list")
	ids := itemsListed(v.o.Items, name)
	if int64(len(ids)) != c.stmt.Items {
		say("whether the disclosed items of campaign %s are those drawn with the seed: %s holds %d ids for it, its population has %d items", name, review.Safe(from), len(ids), c.stmt.Items)
		return
	}
	drawn := ledger.Rank(v.pack.stmt.SampleSeed, c.stmt.PopulationRoot, ids)[:min(v.pack.stmt.SampleSize, c.stmt.Items)]
	for _, id := range drawn {
		if c.item(id) == nil {
			v.fail(ledger.CodePopulation, campaignFile(name, "members.txt"), "the item %s is drawn by the seed and not disclosed", id)
		}
	}
	say("whether the %d ids in %s are those of campaign %s: only their number could be compared. The disclosed items are the ones drawn from them, or the failures above name the others", len(ids), review.Safe(from), name)
}

var itemID = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// itemsListed finds the ids of a campaign's items in a verifier's list: a table of the population with the columns
// campaign and item, as population.csv of a full pack is, or any text with one id a line.
func itemsListed(list []byte, campaign string) []ledger.Hash {
	var ids []ledger.Hash
	add := func(s string) {
		if h, err := ledger.ParseSHA(s); err == nil {
			ids = append(ids, h)
		}
	}
	rows := newCSVReader(bytes.NewReader(list))
	if header, err := rows.next(); err == nil && slices.Contains(header, "item") && slices.Contains(header, "campaign") {
		item, of := slices.Index(header, "item"), slices.Index(header, "campaign")
		for {
			cells, err := rows.next()
			if err == io.EOF {
				break
			}
			if err == nil && len(cells) > max(item, of) && cells[of] == campaign {
				add(cells[item])
			}
		}
	} else {
		for line := range bytes.Lines(list) {
			add(string(itemID.Find(line)))
		}
	}
	slices.SortFunc(ids, func(a, b ledger.Hash) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
