package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/importers"
	"tickmark/review"
	"tickmark/tui"
)

func (a *app) demoCommand() *cobra.Command {
	var noTUI bool
	var dir string
	cmd := &cobra.Command{
		Use:   "demo [--no-tui] [--dir FOLDER]",
		Short: "a sample company to try everything on",
		Long: `Makes a throwaway database with a throwaway key, imports the exports of a made-up company in several formats, runs its last review and opens the one of today: findings of every kind, an exception that expired, a revoke whose access came back. Then it opens the workstation.

Everything happens by the same import, launch, decide and sign as in earnest, with the clock of each day.`,
		Example: `tickmark demo
tickmark demo --no-tui --dir sample`,
		Args: noArgs,
		Annotations: exits(
			exitDoc{exitDone, "the sample is there; with --no-tui the next lines to try are printed"},
			exitDoc{exitUsage, "wrong use, or the folder of --dir holds a database already"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir, noTUI || a.wantsJSON) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVar(&noTUI, "no-tui", false, "make the sample, print what to try next, open no screen")
	fs.StringVar(&dir, "dir", "", "keep the sample in this `FOLDER`: exports, key, database")
	return cmd
}

const demoDatabase = "tickmark.db"

func (a *app) demo(ctx context.Context, dir string, noTUI bool) (err error) {
	throwaway := dir == "" && !noTUI
	if dir == "" {
		if dir, err = os.MkdirTemp("", "tickmark-demo-"); err != nil {
			return review.Errorf(review.KindIO, "no folder can be made for the sample: %w", err).WithHint("name one with --dir FOLDER")
		}
	} else if dir, err = filepath.Abs(dir); err != nil {
		return review.Errorf(review.KindIO, "the folder %s cannot be used: %w", review.Safe(dir), err).WithHint("name another one with --dir")
	}
	if throwaway {
		defer os.RemoveAll(dir)
	}
	if _, err := os.Stat(filepath.Join(dir, demoDatabase)); err == nil {
		return review.Errorf(review.KindExists, "there is a database in %s already", review.Safe(dir)).
			WithHint("name an empty folder, or use the sample that is there: tickmark --db %s", review.Safe(filepath.Join(dir, demoDatabase)))
	}
	story := storyAt(a.now())
	if err := story.writeExports(dir); err != nil {
		return err
	}
	clock := newDemoClock(func() time.Time { return a.now() })
	d, err := a.playDemo(ctx, dir, story, clock)
	if err != nil {
		return err
	}
	defer d.Close()
	clock.live()
	if !noTUI {
		return a.workstation(ctx, d, d.Path(), tui.Options{Notice: "A made-up company: nothing here is real, the key is thrown away."}, false)
	}
	return a.demoNext(story, filepath.Join(dir, demoDatabase))
}

// writeExports puts the embedded files of the company below dir/exports.
func (s demoStory) writeExports(dir string) error {
	err := fs.WalkDir(demoFiles, "demo", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name = strings.TrimPrefix(name, "demo/")
		b, err := s.file(name)
		if err != nil {
			return err
		}
		to := exportPath(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o600)
	})
	if err != nil {
		return review.Errorf(review.KindIO, "the sample cannot be written to %s: %w", review.Safe(dir), err).WithHint("name a folder you may write to with --dir")
	}
	return nil
}

func exportPath(dir, name string) string {
	return filepath.Join(dir, "exports", filepath.FromSlash(path.Clean(name)))
}

// demoClock stands where the story is, and runs as the computer's once the story is told.
type demoClock struct {
	mu   sync.Mutex
	real func() time.Time
	at   time.Time // of the story; zero once live
}

func newDemoClock(real func() time.Time) *demoClock {
	return &demoClock{real: real}
}

func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return c.real()
	}
	return c.at
}

// set moves the story to a time it tells.
func (c *demoClock) set(told time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = told
}

func (c *demoClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *demoClock) live() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}

// playDemo tells the story of the company: one database, one key, stage after stage.
func (a *app) playDemo(ctx context.Context, dir string, story demoStory, clock *demoClock) (*desk.Desk, error) {
	stages := story.stages()
	clock.set(stages[0].Arrive.Add(-time.Hour))
	policy, err := story.file("policy.toml")
	if err != nil {
		return nil, err
	}
	o := desk.Options{
		Path: filepath.Join(dir, demoDatabase), Principal: demoReviewer, KeyDir: filepath.Join(dir, "keys"),
		Config: desk.Config{Policy: exportPath(dir, "policy.toml")}, Passphrase: a.passphrase,
		Now: clock.now, Say: a.say, Tool: tool(),
	}
	d, _, err := desk.Init(ctx, o, desk.InitOptions{Principal: demoReviewer, Title: "Access reviews of Northwind Harbor", Generate: true})
	if err != nil {
		return nil, err
	}
	for _, s := range stages {
		if err := a.playStage(ctx, d, dir, story, clock, s, string(policy)); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// secondsAnItem is how long the reviewer of the story looks at one decision.
const secondsAnItem = 40 * time.Second

func (a *app) playStage(ctx context.Context, d *desk.Desk, dir string, story demoStory, clock *demoClock, s demoStage, policy string) error {
	clock.set(s.Arrive)
	rows, files := int64(0), 0
	for _, src := range s.Sources {
		if _, known := importers.LookupFormat(src.Format); !known {
			continue
		}
		r, err := d.ImportFile(ctx, exportPath(dir, src.File), src.Options, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", src.File, err)
		}
		rows, files = rows+r.RowsRead, files+1
		clock.pass(20 * time.Second)
	}
	a.say("%s  %s with %s imported and signed", day(clock.now()), plural(files, "export"), plural(rows, "row"))
	if err := a.signSettled(ctx, d); err != nil {
		return err
	}
	if s.Campaign.ID == "" {
		return nil
	}
	clock.pass(10 * time.Minute)
	spec := s.Campaign
	spec.PolicyFile = policy
	if _, err := d.NewCampaign(ctx, spec); err != nil {
		return err
	}
	if _, err := d.Launch(ctx, spec.ID, nil, nil); err != nil {
		return err
	}
	c, err := d.Campaign(ctx, spec.ID)
	if err != nil {
		return err
	}
	a.say("%s  review %s launched over %s", day(clock.now()), c.Name, plural(c.Items, "item"))
	if s.Decide == "" {
		return nil
	}
	return a.decideDemo(ctx, d, story, clock, s)
}

// signSettled signs what the imports have proven about earlier revokes.
func (a *app) signSettled(ctx context.Context, d *desk.Desk) error {
	bundles, err := d.Staged(ctx)
	if err != nil || len(bundles) == 0 {
		return err
	}
	_, err = d.Confirm(ctx, "", review.ActRemediation, nil)
	return err
}

// decideDemo stages the decisions of a sheet one after the other, signs them and signs the review off.
func (a *app) decideDemo(ctx context.Context, d *desk.Desk, story demoStory, clock *demoClock, s demoStage) error {
	decisions, err := story.decisions(s.Decide)
	if err != nil {
		return err
	}
	var items []review.Item
	q := review.Query{Campaign: s.Campaign.ID, Asker: d.Me()}
	if err := d.EachItem(ctx, q, func(it *review.Item) error { items = append(items, *it); return nil }); err != nil {
		return err
	}
	clock.set(s.Close.Add(-time.Duration(len(decisions)) * secondsAnItem))
	for _, dec := range decisions {
		var ids []review.ItemID
		for i := range items {
			if dec.means(&items[i]) {
				ids = append(ids, items[i].ID)
			}
		}
		if len(ids) > 0 {
			res, err := d.Stage(ctx, review.Query{}, ids, dec.Draft, nil)
			if err != nil {
				return fmt.Errorf("%s, %s on %s: %w", s.Decide, dec.Draft.Verdict, dec.Account, err)
			}
			if len(res.Skipped) > 0 {
				return fmt.Errorf("%s, %s on %s: %s", s.Decide, dec.Draft.Verdict, dec.Account, res.Skipped[0].Reason)
			}
		}
		clock.pass(secondsAnItem)
	}
	receipts, err := d.Confirm(ctx, s.Campaign.ID, "", nil)
	if err != nil {
		return err
	}
	clock.pass(2 * time.Minute)
	if _, err := d.SignOff(ctx, s.Campaign.ID, "", nil); err != nil {
		return err
	}
	signed := 0
	for _, r := range receipts {
		signed += r.Records
	}
	a.say("%s  %s signed, review %s signed off", day(clock.now()), plural(signed, "decision"), s.Campaign.ID)
	return nil
}

// means reports whether a line of the sheet names the item; what a line leaves out matches anything.
func (dec demoDecision) means(it *review.Item) bool {
	same := func(said string, are ...string) bool {
		if said == "" {
			return true
		}
		for _, is := range are {
			is, _, _ = strings.Cut(is, " if sha256:") // a condition is no part of what people call a resource
			if strings.EqualFold(said, is) {
				return true
			}
		}
		return false
	}
	return same(dec.System, it.System) && same(dec.Account, it.Account, it.Login) &&
		same(dec.Entitlement, it.Entitlement, it.EntName) && same(dec.Resource, it.Resource)
}

// demoNext prints command lines to try, each of which works as it stands.
func (a *app) demoNext(story demoStory, db string) error {
	campaign := story.stages()[2].Campaign.ID
	at := "--db " + shellQuote(db)
	try := []string{
		"tickmark status " + at,
		"tickmark items " + at + " --campaign " + string(campaign) + " --filter 'finding:sod'",
		"tickmark findings " + at + " --campaign " + string(campaign),
		"tickmark exceptions " + at,
		"tickmark remediation " + at,
		"tickmark review " + string(campaign) + " " + at,
		"tickmark export " + at + " " + shellQuote(filepath.Join(filepath.Dir(db), "evidence.zip")),
		"tickmark verify " + at,
	}
	if a.wantsJSON {
		return a.json(map[string]any{"database": db, "campaign": campaign, "try": try})
	}
	a.print("The sample is in %s. Try:\n\n", review.Safe(db))
	for _, line := range try {
		a.print("%s\n", line)
	}
	return nil
}

// shellQuote quotes a word for a POSIX shell where it needs it.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:=@%,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
