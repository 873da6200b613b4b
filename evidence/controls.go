package evidence

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"tickmark/review"
)

// controlRow says that a campaign supports a control (5.2, 5.3).
type controlRow struct {
	review.Control
	campaign *campaign
}

// viewFramework gives the framework key a view is about, "" for all.
func viewFramework(view string) string {
	switch view {
	case "soc1-type1", "soc1-type2":
		return "soc1"
	case "soc2-type1", "soc2-type2":
		return "soc2"
	}
	return ""
}

// declared gives the controls that a campaign's own policy names, those of the view only; ok is false where the policy
// names none or cannot be read.
func (c *campaign) declared(view string) (rows []controlRow, ok bool) {
	if c.policy == nil || len(c.policy.Controls) == 0 {
		return nil, false
	}
	controls, err := review.ParseControls(c.policy.Controls)
	if err != nil {
		return nil, false
	}
	return c.controlRows(controls, view), true
}

// controlRows keeps the controls of the view; SOC 1 without an objective names nothing.
func (c *campaign) controlRows(controls []review.Control, view string) []controlRow {
	var rows []controlRow
	for _, k := range controls {
		if key := viewFramework(view); k.ID != "" && (key == "" || key == k.Key) {
			rows = append(rows, controlRow{k, c})
		}
	}
	return rows
}

// supported lists which campaign supports which control, in the order of controls.csv.
func (b *book) supported() []controlRow {
	var rows []controlRow
	for _, c := range b.view {
		if own, ok := c.declared(b.pack.stmt.View); ok {
			rows = append(rows, own...)
			continue
		}
		for _, r := range b.controls {
			if r.campaign == c {
				rows = append(rows, r)
			}
		}
	}
	slices.SortStableFunc(rows, func(x, y controlRow) int {
		return cmp.Or(cmp.Compare(x.Framework, y.Framework), cmp.Compare(x.Version, y.Version), cmp.Compare(x.ID, y.ID),
			cmp.Compare(x.campaign.index, y.campaign.index))
	})
	return slices.CompactFunc(rows, func(x, y controlRow) bool {
		return x.Key == y.Key && x.ID == y.ID && x.campaign == y.campaign
	})
}

func (b *book) controlRows(_ context.Context, emit emit) error {
	for _, r := range b.supported() {
		if err := emit([]string{r.Framework, r.Version, r.ID, r.campaign.stmt.Campaign, r.Note}); err != nil {
			return err
		}
	}
	return nil
}

// catalogued finds the control that a row of controls.csv names. A legacy id is no control any more; its note stands
// with the one that took its place.
func catalogued(framework, version, id, note string) (review.Control, bool) {
	for _, f := range review.Frameworks() {
		if f.Name != framework || f.Version != version {
			continue
		}
		found, err := review.ParseControls([]string{f.Key + ":" + id})
		if err != nil || len(found) != 1 || found[0].ID != id || found[0].Note != "" {
			return review.Control{}, false
		}
		control := found[0]
		if note != "" && !slices.Contains(review.LegacyNotes(control), note) {
			return review.Control{}, false
		}
		control.Note = note
		return control, true
	}
	return review.Control{}, false
}

// readControls takes the rows of controls.csv for those campaigns whose policy names no controls, so that the rest of
// the table can be recomputed. A row that the catalogue does not know is an error (5.3).
func readControls(p *Pack, b *book) ([]controlRow, error) {
	f, ok := find(p.fsys.list(), tableFile("controls"))
	if !ok {
		return nil, nil
	}
	c, err := p.fsys.open(f)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows := newCSVReader(c)
	if _, err := rows.next(); err != nil {
		return nil, err
	}
	var out []controlRow
	for {
		cells, err := rows.next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(cells) != 5 {
			return nil, errCSV
		}
		campaign := b.byID[unguard(cells[3])]
		if campaign == nil || !campaign.inView {
			return nil, fmt.Errorf("%s is no campaign in view", review.Quote(cells[3]))
		}
		if _, own := campaign.declared(p.stmt.View); own {
			continue
		}
		control, ok := catalogued(unguard(cells[0]), unguard(cells[1]), unguard(cells[2]), unguard(cells[4]))
		if !ok {
			return nil, fmt.Errorf("the catalogue has no %s %s %s with the note %s", review.Safe(cells[0]), review.Safe(cells[1]),
				review.Quote(cells[2]), review.Quote(cells[4]))
		}
		out = append(out, controlRow{control, campaign})
	}
}
