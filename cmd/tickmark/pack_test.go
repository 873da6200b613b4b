package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickmark/desk"
	"tickmark/evidence"
	"tickmark/review"
	"tickmark/tui"
)

// demoDesk tells the story of the sample company and leaves its database open.
func demoDesk(t *testing.T, dir string) *desk.Desk {
	t.Helper()
	a := newApp(nil, strings.NewReader(""), io.Discard, io.Discard)
	if err := (demoStory{}).writeExports(dir); err != nil {
		t.Fatal(err)
	}
	stages := demoStages()
	end := stages[len(stages)-1].Arrive.Add(2 * time.Hour)
	clock := newDemoClock(func() time.Time { return end })
	d, err := a.playDemo(t.Context(), dir, demoStory{}, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	clock.live()
	return d
}

// What a pack shows is what the database it was made from shows.
func TestPackReadsLikeItsDatabase(t *testing.T) {
	dir := t.TempDir()
	d := demoDesk(t, dir)
	pack := filepath.Join(dir, "pack")
	if _, err := d.Export(t.Context(), evidence.Options{}, pack); err != nil {
		t.Fatal(err)
	}
	r, err := desk.OpenPack(t.Context(), pack, desk.PackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var _ tui.Desk = r

	ctx := t.Context()
	for _, campaign := range []review.CampaignID{"2026q2-core", "2026q4-core"} {
		for _, filter := range []string{"", "verdict:revoke", "verdict:none", "system:aws", "account:ydemir"} {
			q := review.Query{Campaign: campaign, Filter: filter}
			want, err := d.Count(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.Count(ctx, q); err != nil || got != want {
				t.Errorf("%s %q: the pack has %d items, the database %d (%v)", campaign, filter, got, want, err)
			}
		}
		// Every item, one page after another, with the answer the database gives.
		var at review.Anchor
		seen := 0
		for {
			p, err := r.Page(ctx, review.Query{Campaign: campaign}, at, 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range p.Items {
				seen++
				same, err := d.Item(ctx, it.ID)
				if err != nil {
					t.Fatal(err)
				}
				type shown struct {
					Identity, System, Account, Entitlement, Reason, Until string
					Verdict                                               review.Verdict
					State                                                 review.ItemState
					Reviewer                                              review.Principal
					Grant                                                 review.GrantKey
				}
				of := func(it review.Item) shown {
					return shown{it.Identity, it.System, it.Account, it.Entitlement, it.Reason, it.Until, it.Verdict, it.State, it.Reviewer, it.Grant}
				}
				if diff := cmp.Diff(of(same), of(it)); diff != "" {
					t.Fatalf("item %d: database to pack:\n%s", it.Ord, diff)
				}
			}
			if p.Last {
				break
			}
			at = review.Anchor{From: p.Items[len(p.Items)-1].ID}
		}
		if n, _ := d.Count(ctx, review.Query{Campaign: campaign}); int64(seen) != n {
			t.Errorf("%s: %d items in pages, %d counted", campaign, seen, n)
		}
	}

	dexc, err := d.Exceptions(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	rexc, err := r.Exceptions(ctx, "")
	if err != nil || len(rexc) != len(dexc) {
		t.Fatalf("%d exceptions, not %d (%v)", len(rexc), len(dexc), err)
	}
	drem, err := d.Remediations(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	states := map[review.EntryIndex]review.RemediationState{}
	for _, m := range drem {
		states[m.ID] = m.State
	}
	rrem, err := r.Remediations(ctx, "")
	if err != nil || len(rrem) != len(drem) {
		t.Fatalf("%d revokes, not %d (%v)", len(rrem), len(drem), err)
	}
	for _, m := range rrem {
		if m.State != states[m.ID] {
			t.Errorf("revoke %d is %s in the pack and %s in the database", m.ID, m.State, states[m.ID])
		}
	}
	dover, err := d.Overview(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rover, err := r.Overview(ctx)
	if err != nil || rover.Ledger != dover.Ledger {
		t.Errorf("head %v, not %v (%v)", rover.Ledger, dover.Ledger, err)
	}
	es, err := r.Entries(ctx, 0, 10)
	if err != nil || len(es) != 10 || es[0].Index != review.EntryIndex(rover.Ledger.Size-1) {
		t.Errorf("entries %v (%v)", es, err)
	}
	card, err := r.Card(ctx, review.Query{Campaign: "2026q4-core"}, "", 0)
	if err != nil || card.Items == 0 || card.Of < 40 {
		t.Errorf("card %+v (%v)", card, err)
	}
	next, err := r.Card(ctx, review.Query{Campaign: "2026q4-core"}, card.Key, 1)
	if err != nil || next.Position != 2 {
		t.Errorf("the next card is %+v (%v)", next, err)
	}
	det, err := r.Detail(ctx, rexc[0].Item)
	if err != nil || !strings.HasPrefix(det.Facts, "tickmark/facts v1\n") || len(det.Decisions) == 0 || det.ImportFile == "" {
		t.Errorf("detail %+v (%v)", det, err)
	}
	if _, _, err := r.DiffImports(ctx, rover.Campaigns[0].Imports[0], rover.Campaigns[0].Imports[0], 0); err != nil {
		t.Error(err)
	}
	if _, err := r.Stage(ctx, review.Query{}, []review.ItemID{det.ID}, review.Draft{Verdict: review.Keep}, nil); review.KindOf(err) != review.KindNotAllowed {
		t.Errorf("a pack took a verdict: %v", err)
	}
}

// On a terminal a pack opens whatever the check found: full, sampled, redacted, or with a changed byte. What the check
// printed stays below, and the exit code is the check's.
func TestPackOpensOnATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	dir := t.TempDir()
	d := demoDesk(t, dir)
	for name, o := range map[string]evidence.Options{
		"full": {}, "full.zip": {}, "sampled": {Sample: 12, Seed: "dice 4-1-6-3"}, "redacted": {Redact: true},
	} {
		if _, err := d.Export(t.Context(), o, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	broken := filepath.Join(dir, "broken")
	if err := os.CopyFS(broken, os.DirFS(filepath.Join(dir, "full"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "tables", "controls.csv"), []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		code int
		says string
	}{
		"full": {exitDone, "No failure in"}, "full.zip": {exitDone, "No failure in"}, "sampled": {exitDone, "STATE WITHHELD"},
		"redacted": {exitDone, "STATE MEMBERS-WITHHELD"}, "broken": {exitRefused, "TABLE in tables/controls.csv"},
	} {
		var out strings.Builder
		a := newApp(nil, strings.NewReader("q"), &out, io.Discard)
		a.inTerm, a.outTerm = true, true
		err := a.openPack(t.Context(), filepath.Join(dir, name), false)
		if exitCode(err) != want.code {
			t.Errorf("%s: exit %d, want %d (%v)", name, exitCode(err), want.code, err)
		}
		report, screens, opened := strings.Cut(out.String(), "\x1b")
		if !opened || screens == "" {
			t.Errorf("%s: no screen was drawn", name)
		}
		if !strings.Contains(report, want.says) {
			t.Errorf("%s: the report does not say %q:\n%s", name, want.says, report)
		}
	}
}
