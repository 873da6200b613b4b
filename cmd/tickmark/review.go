package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/importers"
	"tickmark/review"
	"tickmark/review/detect"
	"tickmark/tui"
)

func (a *app) reviewCommand() *cobra.Command {
	var plain bool
	cmd := &cobra.Command{
		Use:   "review [CAMPAIGN] [--plain]",
		Short: "the workstation, on an existing review",
		Long: `Opens the workstation. With --plain, with TERM=dumb and without a terminal it is a line mode for screen readers and scripts: one item at a time in full sentences, answers by number.

Answers in line mode, each on a line of its own: 1 keep, 2 revoke, 3 exception, 4 don't know; x revoke for less or from a later day, e exception with an evidence file; . the last verdict again, w which of two duties stays, u undo, r redo; n next item, p next person, o also what is decided, /FILTER only what matches; b one answer for all of these, k keep again what is unchanged, g give to somebody else; exceptions and revokes (a filter may follow) list them with numbers, approve, renew, close and claim with numbers act on them; i all facts, l list what is staged, t take one out, s sign, f finish, q quit, ? all of this in words. What an answer needs (a reason, a day, a name) goes on the lines after it; b and k are asked back and need y or the count.`,
		Example: `tickmark review
tickmark review 2026q4-erp --plain`,
		Args:              between(0, 1),
		ValidArgsFunction: a.campaignNames,
		Annotations: exits(
			exitDoc{exitDone, "you left it; what is staged stays staged"},
			exitDoc{exitUsage, "wrong use, or there is no such review"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return a.openWorkstation(cmd.Context(), name, plain)
		},
	}
	cmd.Flags().BoolVar(&plain, "plain", false, "line mode: full sentences, numbered answers, no screen control")
	return cmd
}

// openWorkstation opens the workstation on the database, in front of a campaign if one is named.
func (a *app) openWorkstation(ctx context.Context, campaign string, plain bool) error {
	return a.anyDesk(ctx, func(d *desk.Desk) error {
		if campaign != "" {
			if _, err := d.Campaign(ctx, review.CampaignID(campaign)); err != nil {
				return err
			}
		}
		o := tui.Options{Campaign: review.CampaignID(campaign)}
		if d.ReadOnly() {
			o.ReadOnly = "the database cannot be written: its file or folder is read-only"
		}
		return a.workstation(ctx, d, d.Path(), o, plain)
	})
}

// asConfigured gives a workstation the looks and keys of the configuration.
func asConfigured(o *tui.Options, c desk.Config) {
	o.Theme, o.Mouse, o.Keys = c.Theme, c.Mouse, map[string][]string{}
	for action, key := range c.Keys {
		o.Keys[action] = []string{key}
	}
}

// hasScreen reports whether there is a terminal that can show screens.
func (a *app) hasScreen() bool { return a.inTerm && a.outTerm && os.Getenv("TERM") != "dumb" }

// workstation runs the screens, or line mode where there is no terminal that could show them, on a database or a pack.
func (a *app) workstation(ctx context.Context, d tui.Desk, path string, o tui.Options, plain bool) error {
	c, err := desk.LoadConfig(configPath())
	if err != nil {
		return err
	}
	o.Desk = d
	o.Title = filepath.Base(path)
	o.ASCII, o.NoColor = a.ascii, a.noColor
	asConfigured(&o, c)
	o.Env = os.Environ()
	o.Rules = detect.Rules()
	for _, f := range importers.Formats() {
		o.Formats = append(o.Formats, f.ID)
	}
	if o.Clock == nil {
		o.Clock = a.now
	}
	if d.Me() == "" && o.ReadOnly == "" {
		o.ReadOnly = "none of your keys is enrolled here"
	}
	if a.login != nil { // line mode for whoever came in: no key file and no other file of the server is theirs
		o.Remote, o.Env = true, nil
		if a.login.Agent == nil {
			o.Notice = noAgent
		}
		return tui.Plain(ctx, o, a.in, a.out)
	}
	if plain || !a.hasScreen() {
		o.Passphrase = func(ctx context.Context, k review.KeyInfo) ([]byte, error) {
			return a.passphrase(ctx, string(k.Fingerprint))
		}
		return tui.Plain(ctx, o, a.in, a.out)
	}
	a.onScreen, o.Said = true, a.unsaid.take
	defer func() {
		a.onScreen = false
		for _, line := range a.unsaid.take() {
			a.say("%s", line)
		}
	}()
	return tui.Run(ctx, o, a.in, a.out)
}
