package desk

import (
	"encoding/csv"
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

// In a sampled pack the drawn items come first, in the order of the draw, and everything else is there as withheld.
func TestSampledPackShowsTheDrawAndWhatIsWithheld(t *testing.T) {
	o := audited(t)
	p, res := o.pack("sampled", evidence.Options{Sample: 2, Seed: "dice 4-1-6-3"})
	if !p.Drawn() {
		t.Fatal("no item is marked as drawn")
	}
	q := review.Query{Campaign: "2026q3"}
	all := lines(t, p, q)
	if len(all) != 8 {
		t.Fatalf("%d items, the population has 8", len(all))
	}
	leaves, err := os.ReadFile(filepath.Join(p.Path(), "campaigns/2026q3/members.leafhashes.txt"))
	o.must(err)
	for i, it := range all {
		drawn := i < 2
		if drawn != (it.Withheld == "") || drawn != (it.Sample == fmt.Sprintf("#%d", i+1)) {
			t.Errorf("line %d: sample %q, withheld %q", i, it.Sample, it.Withheld)
		}
		if drawn && string(it.ID) != res.Samples[i] {
			t.Errorf("number %d of the draw is %s, the exporter drew %s", i+1, it.ID, res.Samples[i])
		}
		det, err := p.Detail(t.Context(), it.ID)
		o.must(err)
		if drawn {
			if !hasStep(det.Trail, "sample", fmt.Sprintf("number %d of 2", i+1)) || !hasStep(det.Trail, "dossier", "samples/2026q3/") {
				t.Errorf("the trail of %s does not tell of the draw: %v", it.ID, det.Trail)
			}
			continue
		}
		if it.Verdict == review.NoVerdict || it.State == review.ItemOpen {
			t.Errorf("a withheld item reads as undecided: %+v", it)
		}
		_, leaf, _ := strings.Cut(det.Withheld, "2026q3, ")
		if !strings.Contains(string(leaves), leaf+"\n") || leaf == "" {
			t.Errorf("%q names no leaf hash of the population", det.Withheld)
		}
	}
	for filter, n := range map[string]int64{"verdict:none": 0, "state:open": 0, "withheld": 6, "finding:withheld": 6} {
		q.Filter = filter
		got, err := p.Count(t.Context(), q)
		o.must(err)
		if got != n {
			t.Errorf("%s matches %d items, want %d", filter, got, n)
		}
	}
	groups, err := p.Groups(t.Context(), review.Query{Campaign: "2026q3"}, "system")
	o.must(err)
	if i := slices.IndexFunc(groups, func(g review.GroupCount) bool { return g.Key == withheldWord }); i < 0 || groups[i].Items != 6 {
		t.Errorf("systems %+v", groups)
	}

	cs, err := p.Campaigns(t.Context())
	o.must(err)
	state := review.Signed // sealed it may be or not: that is withheld
	if open, err := p.Remediations(t.Context(), "state:still-present"); err != nil || len(open) > 0 {
		state = review.Remediating
	}
	if c := cs[0]; c.Items != 8 || c.Withheld != 6 || c.Keep != 5 || c.Revoke != 2 || c.Exception != 1 || c.Undecided != 0 || c.State != state {
		t.Errorf("the counts are not those of the sign-off: %+v", c)
	}
	if c := cs[1]; c.Items != 8 || c.Keep != 1 || c.Withheld != 6 {
		t.Errorf("the counts are not those of the signed tallies: %+v", c)
	}
	shown := map[review.Verdict]int64{}
	for _, it := range all[:2] {
		shown[it.Verdict]++
	}
	rs, err := p.Remediations(t.Context(), "")
	o.must(err)
	es, err := p.Exceptions(t.Context(), "")
	o.must(err)
	hiddenRevoke := slices.ContainsFunc(rs, func(r review.Remediation) bool { return r.State == withheldWord })
	hiddenException := slices.ContainsFunc(es, func(e review.Exception) bool { return e.State == withheldWord })
	if hiddenRevoke != (shown[review.Revoke] < 2) || hiddenException != (shown[review.Except] < 1) {
		t.Errorf("of the sample %v; revokes %+v, exceptions %+v", shown, rs, es)
	}
	withheld := 0
	entries, err := p.Entries(t.Context(), 0, 1000)
	o.must(err)
	for _, e := range entries {
		if e.Kind != withheldWord {
			continue
		}
		withheld++
		one, err := p.Entry(t.Context(), e.Index)
		o.must(err)
		if !strings.Contains(one.Text, "withheld") || one.LeafHash == "" || one.Bundle == 0 {
			t.Errorf("withheld entry %+v", one)
		}
	}
	if int64(withheld) != res.Withheld || int64(len(entries)) != res.Size {
		t.Errorf("%d of %d entries are withheld, the exporter says %d of %d", withheld, len(entries), res.Withheld, res.Size)
	}
	imports, err := p.Imports(t.Context())
	o.must(err)
	for _, im := range imports {
		if im.Diff != nil || !strings.Contains(strings.Join(im.Notes, " "), "withheld") {
			t.Errorf("import %d does not say that rows are withheld: %+v", im.ID, im)
		}
	}
	_, _, err = p.DiffImports(t.Context(), 0, imports[0].ID, 10)
	o.refused(err, review.KindRefused)
}

func hasStep(trail []review.Step, label, text string) bool {
	return slices.ContainsFunc(trail, func(s review.Step) bool { return s.Label == label && strings.Contains(s.Text, text) })
}

// A redacted pack shows how much there is and nothing of it; a view shows that there is more than it holds.
func TestRedactedAndNarrowPacks(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("redacted", evidence.Options{Redact: true})
	for _, it := range lines(t, p, review.Query{Campaign: "2026q3"}) {
		if it.Withheld == "" || it.Account != withheldWord {
			t.Errorf("an item is disclosed: %+v", it)
		}
	}
	if n, err := p.Count(t.Context(), review.Query{Campaign: "2026q3"}); err != nil || n != 8 {
		t.Errorf("%d items, %v", n, err)
	}
	card, err := p.Card(t.Context(), review.Query{Campaign: "2026q3"}, "", 0)
	o.must(err)
	if card.Key != withheldWord || card.Items != 8 || card.Of != 1 {
		t.Errorf("card %+v", card)
	}
	rs, err := p.Remediations(t.Context(), "")
	o.must(err)
	if len(rs) != 1 || rs[0].Entitlement != "2 revokes withheld" {
		t.Errorf("revokes %+v", rs)
	}
	if det, err := p.Detail(t.Context(), rs[0].Item); err != nil || det.Withheld == "" {
		t.Errorf("the line of withheld revokes leads to %+v, %v", det, err)
	}
	if next, err := p.NextUndecided(t.Context(), review.Query{Campaign: "2026q3"}, ""); err != nil || next != "" {
		t.Errorf("a withheld item is offered as undecided: %q, %v", next, err)
	}

	p, _ = o.pack("narrow", evidence.Options{Campaigns: []string{"2026q3"}, For: "soc2", Type: 2, From: "2026-10-01", To: "2026-12-31"})
	cs, err := p.Campaigns(t.Context())
	o.must(err)
	if len(cs) != 2 || cs[1].State != review.NotInView || cs[1].Items != 8 || len(cs[0].Frameworks) != 1 {
		t.Errorf("campaigns %+v", cs)
	}
	for _, it := range lines(t, p, review.Query{Campaign: "2026q4"}) {
		if !strings.Contains(it.Withheld, "not in the view") {
			t.Errorf("an item of a campaign out of view reads %+v", it)
		}
	}
	cover, err := p.Coverage(t.Context(), "", "")
	o.must(err)
	if !slices.ContainsFunc(cover, func(c review.Coverage) bool { return c.Campaign == "2026q4" && c.Status == string(review.NotInView) }) {
		t.Errorf("coverage %+v does not say that a campaign is left out", cover)
	}
}

// A pack that withholds items is called covered in the workstation where its own table says so, and nowhere else.
func TestWithheldItemsLeaveCoverageAsTheTableHasIt(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", auditedQ3, review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.later(time.Minute)
	_, err := o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: "2026q3", Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14),
		PeriodStart: "2026-10-01", PeriodEnd: "2026-12-31"})
	o.must(err)
	_, err = o.desk.Launch(t.Context(), "2026q3", nil, nil)
	o.must(err)
	verdict := review.Abstain // an item that the sign-off calls open
	for _, item := range o.items("2026q3") {
		o.decide(item, review.Draft{Verdict: verdict, Reason: "so it is"})
		verdict = review.Keep
	}
	o.later(20 * time.Minute)
	o.confirm()
	o.later(time.Minute)
	_, err = o.desk.SignOff(t.Context(), "2026q3", "", nil)
	o.must(err)
	for name, opts := range map[string]evidence.Options{"redacted": {Redact: true}, "sampled": {Sample: 2, Seed: "dice 4-1-6-3"}, "whole": {}} {
		p, _ := o.pack(name, opts)
		rows, err := p.Coverage(t.Context(), "", "")
		o.must(err)
		f, err := os.Open(filepath.Join(p.Path(), "tables/coverage.csv"))
		o.must(err)
		table, err := csv.NewReader(f).ReadAll()
		f.Close()
		o.must(err)
		if len(table) < 2 {
			t.Fatalf("%s: the table is empty", name)
		}
		for _, want := range table[1:] {
			if !slices.ContainsFunc(rows, func(r review.Coverage) bool {
				return string(r.Source) == want[0] && r.PeriodStart == want[1] && r.PeriodEnd == want[2] && r.Status == want[15]
			}) {
				t.Errorf("%s: the table has %v, the screen %+v", name, want, rows)
			}
		}
	}
}
