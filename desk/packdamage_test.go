package desk

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tickmark/evidence"
	"tickmark/review"
)

// A damaged pack opens for reading: what was found stands first, the rest is shown as far as it goes.
func TestDamagedPackOpens(t *testing.T) {
	o := audited(t)
	whole, _ := o.pack("whole", evidence.Options{})
	for name, damage := range map[string]func(dir string) error{
		"a changed decision": func(dir string) error { return edit(dir, firstDecision(whole), "reason: ", "reason: x") },
		"no population": func(dir string) error {
			return os.Remove(filepath.Join(dir, "campaigns/2026q3/members.leafhashes.txt"))
		},
		"a cut population":    func(dir string) error { return os.Truncate(filepath.Join(dir, "campaigns/2026q3/members.txt"), 100) },
		"rows of another":     func(dir string) error { return edit(dir, "imports/000002/rows.txt", "carla", "karla") },
		"no facts":            func(dir string) error { return os.Remove(filepath.Join(dir, "campaigns/2026q3/facts.txt")) },
		"an entry of nothing": func(dir string) error { return os.Truncate(filepath.Join(dir, firstDecision(whole)), 0) },
		"no controls":         func(dir string) error { return edit(dir, "tables/controls.csv", "\"", "") },
		"no policy":           func(dir string) error { return os.Remove(filepath.Join(dir, "campaigns/2026q3/policy.txt")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			o.must(os.CopyFS(dir, os.DirFS(whole.Path())))
			o.must(damage(dir))
			rep, err := evidence.Verify(t.Context(), dir, evidence.VerifyOptions{})
			o.must(err)
			if rep.OK {
				t.Fatal("the damage is not found")
			}
			p := o.open(dir, rep)
			if !strings.Contains(p.Verdict(), "FAILURE") || !strings.Contains(p.Verdict(), "do not rely") {
				t.Errorf("the verdict is %q", p.Verdict())
			}
			over, err := p.Overview(t.Context())
			o.must(err)
			if len(over.Blocking) == 0 || !strings.HasPrefix(over.Blocking[0].Text, "FAILURE ") {
				t.Errorf("the failure does not stand first: %+v", over.Blocking)
			}
			lookAround(t, p)
		})
	}
}

func firstDecision(p *Pack) string {
	first := int64(math.MaxInt64)
	for _, list := range p.byGrant {
		first = min(first, slices.Min(list))
	}
	return fmt.Sprintf("log/entries/%06d.txt", first)
}

func edit(dir, name, old, new string) error {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600)
}

// lookAround asks for everything a screen could ask for; nothing may fail.
func lookAround(t *testing.T, p *Pack) {
	t.Helper()
	lookAt(t, p, func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	})
	for _, c := range p.campaigns {
		if n, err := p.Count(t.Context(), review.Query{Campaign: c.Name}); err != nil || n != c.Items {
			t.Errorf("%s has %d items, %d are counted, %v", c.Name, c.Items, n, err)
		}
	}
}

// lookAt asks for everything and hands over the errors.
func lookAt(t *testing.T, p *Pack, check func(what string, err error)) {
	t.Helper()
	ctx := t.Context()
	cs, err := p.Campaigns(ctx)
	check("campaigns", err)
	for _, c := range cs {
		q := review.Query{Campaign: c.Name}
		n, err := p.Count(ctx, q)
		check("count", err)
		all := lines(t, p, q)
		if int64(len(all)) != n {
			t.Errorf("%s has %d items, %d are listed", c.Name, n, len(all))
		}
		for _, it := range all {
			_, err := p.Detail(ctx, it.ID)
			check("detail", err)
		}
		if n > 0 {
			_, err = p.Card(ctx, q, "", 0)
			check("card", err)
		}
		for _, column := range []string{"identity", "entitlement", "system", "finding"} {
			_, err = p.Groups(ctx, q, column)
			check("groups", err)
		}
		_, err = p.Quality(ctx, c.Name)
		check("quality", err)
	}
	_, err = p.Exceptions(ctx, "")
	check("exceptions", err)
	_, err = p.Remediations(ctx, "")
	check("remediations", err)
	for _, by := range []string{"all", "campaign", "source", "owner"} {
		_, err = p.Outcomes(ctx, by)
		check("outcomes", err)
	}
	_, err = p.Coverage(ctx, "", "")
	check("coverage", err)
	_, err = p.Coverage(ctx, "2020-01-01", "2030-12-31")
	check("coverage", err)
	_, err = p.Imports(ctx)
	check("imports", err)
	entries, err := p.Entries(ctx, 0, 1<<20)
	check("entries", err)
	for _, e := range entries {
		_, err := p.Entry(ctx, e.Index)
		check("entry", err)
	}
	_, err = p.Overview(ctx)
	check("overview", err)
}

// Whatever a file of a pack holds, the pack opens or is refused in words, and so is everything asked of it.
func TestPackOfAnyBytesIsReadOrRefused(t *testing.T) {
	o := audited(t)
	whole, _ := o.pack("whole", evidence.Options{})
	dir := filepath.Join(t.TempDir(), "pack")
	o.must(os.CopyFS(dir, os.DirFS(whole.Path())))
	var names []string
	o.must(filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".html", ".xlsx", ".json", ".sh", ".ps1":
			return err // nothing is read from these
		}
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	state := uint64(1)
	random := func(n int) int { // the same in every run
		state = state*6364136223846793005 + 1442695040888963407
		return int(state >> 33 % uint64(n))
	}
	inWords := func(what string, err error) {
		t.Helper()
		if err != nil && review.KindOf(err) == review.KindInternal {
			t.Errorf("%s: %v", what, err)
		}
	}
	opened := 0
	for i := range 300 {
		path := names[random(len(names))]
		before, err := os.ReadFile(path)
		o.must(err)
		after := slices.Clone(before)
		switch what := random(5); {
		case len(after) == 0:
			after = []byte("tickmark/row v1\n")
		case what == 0:
			after = after[:random(len(after))]
		case what == 1:
			at := random(len(after))
			after = slices.Concat(after[:at], after[random(len(after)):])
		case what == 2:
			after[random(len(after))] = '\n'
		case what == 3:
			after[random(len(after))] = byte('0' + random(10))
		default:
			after[random(len(after))] ^= 1 << random(8)
		}
		o.must(os.WriteFile(path, after, 0o600))
		p, err := OpenPack(t.Context(), dir, PackOptions{})
		if err == nil {
			opened++
			lookAt(t, p, inWords)
			o.must(p.Close())
		}
		inWords(fmt.Sprintf("change %d, %s", i, path), err)
		o.must(os.WriteFile(path, before, 0o600))
	}
	if opened < 200 {
		t.Errorf("only %d of 300 changed packs opened", opened)
	}
}

// Screens ask from several goroutines at once.
func TestPackIsSafeForSeveralGoroutines(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full.zip", evidence.Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { lookAround(t, p) })
	}
	wg.Wait()
}

// The example pack of the specification opens, and shows its whole population and what became of its exceptions.
func TestPackOfTheSpecification(t *testing.T) {
	path := "../../shared/spec/vectors/pack"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the example pack of the specification is not here")
	}
	p, err := OpenPack(t.Context(), path, PackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if !strings.Contains(p.Verdict(), "not checked") {
		t.Errorf("an unchecked pack says %q", p.Verdict())
	}
	lookAround(t, p)
	for _, name := range []string{"exceptions", "remediation"} {
		want := map[string]string{}
		for _, r := range table(t, p, name) {
			want[cmp.Or(r["index"], r["decision_index"])] = r["state"]
		}
		got := map[string]string{}
		if name == "exceptions" {
			es, err := p.Exceptions(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range es {
				state := string(e.State)
				if e.Outcome != "" {
					state = e.Outcome
				} else if e.State == review.Expiring {
					state = string(review.ExceptionActive) // the tables know no warning time
				}
				got[fmt.Sprint(e.ID)] = state
			}
		} else {
			rs, err := p.Remediations(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rs {
				got[fmt.Sprint(r.ID)] = string(r.State)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
}
