package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/review"
)

// The trail of a removed access names its row, its decision, who signed it with which key, and the import that shows it
// gone; and the files it names are there.
func TestPackTrailFromRowToRemoval(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full", evidence.Options{})
	rs, err := p.Remediations(t.Context(), "state:verified-gone")
	o.must(err)
	if len(rs) != 1 || rs[0].VerifiedBy == 0 || !strings.Contains(strings.Join(rs[0].Notes, " "), "erp2.csv") || !strings.Contains(strings.Join(rs[0].Notes, " "), "not among them") {
		t.Fatalf("revokes proven gone: %+v", rs)
	}
	det, err := p.Detail(t.Context(), rs[0].Item)
	o.must(err)
	d := det.Decisions[0]
	for _, want := range [][2]string{
		{"export", "erp.csv, source erp"}, {"row", "leaf hash"}, {"population", "of 8, fixed by root"}, {"decision", fmt.Sprintf("entry %d: revoke", d.Index)},
		{"signed by", "alice@corp.example"}, {"signed by", string(d.Key)}, {"bundle", "8 records (keep 5, revoke 2, exception 1, don't know 0)"},
		{"proof", fmt.Sprintf("proofs/%06d.tlog-proof", d.Index)}, {"removal", "verified gone"}, {"shown by", "erp2.csv"}, {"", "the grant is not among them"},
	} {
		if !hasStep(det.Trail, want[0], want[1]) {
			t.Errorf("no step %q with %q in\n%v", want[0], want[1], det.Trail)
		}
	}
	files := 0
	for _, s := range det.Trail {
		if len(s.Label) > 12 {
			t.Errorf("the label %q is too long", s.Label)
		}
		for word := range strings.FieldsFuncSeq(s.Text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
			if !strings.Contains(word, "/") || strings.HasPrefix(word, "SHA256:") || strings.HasSuffix(word, "=") {
				continue
			}
			files++
			if _, err := os.Stat(filepath.Join(p.Path(), word)); err != nil {
				t.Errorf("%s: %v", s.Label, err)
			}
		}
	}
	if files < 6 {
		t.Errorf("the trail names %d files", files)
	}
	leaf, _ := os.ReadFile(filepath.Join(p.Path(), "log/leafhashes.txt"))
	e, err := p.Entry(t.Context(), d.Index)
	o.must(err)
	if !strings.Contains(string(leaf), e.LeafHash) || !hasStep(det.Trail, "leaf hash", e.LeafHash) || e.Kind != "decision" || e.Bundle == 0 {
		t.Errorf("entry %+v", e)
	}

	still, err := p.Remediations(t.Context(), "state:still-present ticket:CHG-7")
	o.must(err)
	if len(still) != 1 || still[0].Claimed == "" {
		t.Errorf("revokes still present: %+v", still)
	}
}

// Pages fit together in every order, and an anchor that does not match the filter is where it would stand.
func TestPackPages(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("sampled", evidence.Options{Sample: 5, Seed: "x"})
	for _, q := range []review.Query{{}, {Filter: "-system:withheld"}, {Sort: []review.SortKey{{Column: "ord", Desc: true}}}, {Sort: []review.SortKey{{Column: "entitlement"}, {Column: "identity", Desc: true}}}} {
		q.Campaign = "2026q3"
		all := lines(t, p, q)
		for limit := 1; limit <= 4; limit++ {
			var forth, back []review.ItemID
			var at review.Anchor
			for {
				page, err := p.Page(t.Context(), q, at, limit)
				o.must(err)
				for i, it := range page.Items {
					if int64(len(forth)) != page.Offset+int64(i) {
						t.Fatalf("offset %d, want %d", page.Offset, len(forth)-i)
					}
					forth = append(forth, it.ID)
				}
				if page.Last {
					break
				}
				at = review.Anchor{From: forth[len(forth)-1]}
			}
			at = review.Anchor{Back: true}
			for {
				page, err := p.Page(t.Context(), q, at, limit)
				o.must(err)
				ids := make([]review.ItemID, 0, len(page.Items))
				for _, it := range page.Items {
					ids = append(ids, it.ID)
				}
				back = append(ids, back...)
				if page.First {
					break
				}
				at.From = back[0]
			}
			want := make([]review.ItemID, 0, len(all))
			for _, it := range all {
				want = append(want, it.ID)
			}
			if !slices.Equal(forth, want) || !slices.Equal(back, want) {
				t.Errorf("%+v by %d: forth %v, back %v, want %v", q, limit, forth, back, want)
			}
		}
	}
	all := lines(t, p, review.Query{Campaign: "2026q3"})
	q := review.Query{Campaign: "2026q3", Filter: "id:" + strings.TrimPrefix(string(all[3].ID), "sha256:")}
	page, err := p.Page(t.Context(), q, review.Anchor{From: all[1].ID}, 5)
	o.must(err)
	if len(page.Items) != 1 || page.Items[0].ID != all[3].ID {
		t.Errorf("after an item that does not match: %+v", page)
	}
	_, err = p.Page(t.Context(), review.Query{Campaign: "2026q4"}, review.Anchor{From: all[1].ID}, 5)
	o.refused(err, review.KindNotFound)
	_, err = p.Page(t.Context(), review.Query{Campaign: "nowhere"}, review.Anchor{}, 5)
	o.refused(err, review.KindNotFound)
	_, err = p.Page(t.Context(), review.Query{Campaign: "2026q3", Filter: "verdict:maybe"}, review.Anchor{}, 5)
	o.refused(err, review.KindUsage)
	_, err = p.Page(t.Context(), review.Query{Campaign: "2026q3", Sort: []review.SortKey{{Column: "colour"}}}, review.Anchor{}, 5)
	o.refused(err, review.KindUsage)
	_, err = p.Groups(t.Context(), review.Query{Campaign: "2026q3"}, "colour")
	o.refused(err, review.KindUsage)
	for _, column := range review.ItemColumns {
		if _, err := p.Page(t.Context(), review.Query{Campaign: "2026q3", Sort: []review.SortKey{{Column: column}}}, review.Anchor{}, 1); err != nil {
			t.Errorf("sorted by %s: %v", column, err)
		}
	}
	for _, id := range []review.ItemID{"", "withheld:2026q3:0", "withheld:2026q3:9", "withheld:2026q3:x", "withheld:none:1", review.ItemID(fmt.Sprintf("withheld:2026q3:%d", all[0].Ord))} {
		_, err := p.Item(t.Context(), id)
		o.refused(err, review.KindNotFound)
	}
}

// Imports tell what was read and what changed between two exports; cards go from identity to identity.
func TestPackImportsAndCards(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full", evidence.Options{})
	imports, err := p.Imports(t.Context())
	o.must(err)
	if len(imports) != 2 || imports[0].File != "erp2.csv" || imports[0].Previous != imports[1].ID || len(imports[0].Mapping) == 0 {
		t.Fatalf("imports %+v", imports)
	}
	if d := imports[0].Diff; d == nil || d.Added != 1 || d.Removed != 1 || d.Unchanged != 7 {
		t.Errorf("diff %+v", d)
	}
	if s := imports[0].Settled; s == nil || s.Gone != 1 || s.StillPresent != 1 {
		t.Errorf("settled %+v", s)
	}
	_, changed, err := p.DiffImports(t.Context(), 0, imports[0].ID, 10)
	o.must(err)
	if len(changed) != 2 || changed[0].Change != "removed" || changed[0].Account != "dan@corp.example" || changed[1].Account != "svc-new" {
		t.Errorf("diff %+v", changed)
	}
	_, _, err = p.DiffImports(t.Context(), 0, imports[1].ID, 10)
	o.refused(err, review.KindNotFound)
	_, err = p.Rejects(t.Context(), 999, 10)
	o.refused(err, review.KindNotFound)
	if list, err := p.Rejects(t.Context(), imports[0].ID, 10); err != nil || len(list) != 0 {
		t.Errorf("rejects %v, %v", list, err)
	}

	q := review.Query{Campaign: "2026q4"}
	card, err := p.Card(t.Context(), q, "", 0)
	o.must(err)
	seen := []string{card.Key}
	for card.Position < card.Of {
		card, err = p.Card(t.Context(), q, card.Key, 1)
		o.must(err)
		seen = append(seen, card.Key)
	}
	if slices.Sort(seen); !slices.Equal(seen, []string{"carla@corp.example", "dan@corp.example", "eve@corp.example", "svc-load", "svc-new", "svc-pay"}) {
		t.Errorf("identities %v", seen)
	}
	dan, err := p.Card(t.Context(), q, "dan@corp.example", 0)
	o.must(err)
	if dan.Items != 1 || dan.Decided != 1 || dan.Accounts != 1 || !strings.Contains(dan.EarlierBy, "2026q3") {
		t.Errorf("card %+v", dan)
	}
	page := lines(t, p, q)
	next, err := p.NextUndecided(t.Context(), q, page[len(page)-1].ID)
	o.must(err)
	if it, err := p.Item(t.Context(), next); err != nil || it.State != review.ItemOpen {
		t.Errorf("the next undecided item is %+v, %v", it, err)
	}
}

// Rejected records are listed from the file that the import's statement names.
func TestPackRejects(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "identity,entitlement\ncarla@corp.example,FI_POST\n,FI_POST\ndan@corp.example,FI_READ\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.later(time.Minute)
	o.launch("q4")
	want, err := o.desk.Rejects(t.Context(), 1, 0)
	o.must(err)
	p, _ := o.pack("full", evidence.Options{})
	imports, err := p.Imports(t.Context())
	o.must(err)
	got, err := p.Rejects(t.Context(), imports[0].ID, 0)
	o.must(err)
	if len(want) != 1 || len(got) != 1 || got[0].Line != want[0].Line || got[0].Reason != want[0].Reason || got[0].Column != want[0].Column {
		t.Errorf("rejects %+v, want %+v", got, want)
	}
}
