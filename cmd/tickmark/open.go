package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tickmark/desk"
	"tickmark/evidence"
	"tickmark/review"
	"tickmark/tui"
)

// openFlags are the flags of `tickmark FILE...`: those of import, and how to show what was opened.
type openFlags struct {
	imports importFlags
	plain   bool
}

// register declares them on the root. The flags of import are described there and hidden here.
func (f *openFlags) register(root *cobra.Command) {
	f.imports.register(root)
	root.Flags().VisitAll(func(fl *pflag.Flag) {
		if fl.Name != "version" {
			fl.Hidden = true
		}
	})
	root.Flags().BoolVar(&f.plain, "plain", false, "line mode: full sentences, numbered answers, no screen control")
}

// openExports takes exports to the first decision in one step: a database if there is none, import, a review with the
// person as the reviewer, the workstation (rulings 12). What will be signed is said before anything is.
func (a *app) openExports(ctx context.Context, files []string, f openFlags) error {
	in, err := f.imports.options()
	if err != nil {
		return err
	}
	o, err := a.options()
	if err != nil {
		return err
	}
	_, statErr := os.Stat(o.Path)
	if in.DryRun {
		return a.lookAt(ctx, files, in)
	}
	var d *desk.Desk
	if statErr == nil {
		a.say("Opening %s: the import of %s and a review with you as the reviewer are signed with your key.", o.Path, fileWords(files))
		if d, err = desk.Open(ctx, o); err != nil {
			return err
		}
	} else if d, err = a.beginWith(ctx, o, files); errors.Is(err, errDeclined) {
		a.say("Nothing is stored or signed then. This is what the file holds:")
		return a.lookAt(ctx, files, in)
	} else if err != nil {
		return err
	}
	defer d.Close()
	onScreen := len(files) == 1 && files[0] != "-" && !f.plain && !a.wantsJSON && a.hasScreen()
	if err := a.agreeGuess(ctx, d, files, in); err != nil {
		var no *outcome
		if onScreen && errors.As(err, &no) && no.mapping {
			return a.mapOnScreen(ctx, d, files[0], in)
		}
		return err
	}
	res, err := d.AdHoc(ctx, files, in, a.progress(fileWords(files)))
	a.clearProgress()
	if err != nil {
		n := len(res.Reports)
		if n == 0 || res.Reports[n-1].Reason == "" {
			return err
		}
		r := res.Reports[n-1]
		a.say("%s", r.File)
		if !sayable(r) || len(files) > 1 {
			return err
		}
		if !onScreen {
			return byScreenToo(err)
		}
		return a.mapOnScreen(ctx, d, files[0], in)
	}
	if res.Campaign == "" {
		return a.openBeside(ctx, d, res.Reports, onScreen)
	}
	return a.openAdHoc(ctx, d, res, f.plain)
}

// openBeside says what files hold that no review is of, and shows them among the imports.
func (a *app) openBeside(ctx context.Context, d *desk.Desk, imported []review.ImportReport, onScreen bool) error {
	if a.wantsJSON {
		reply := adHocReply{Imports: make([]review.ImportReport, len(imported))}
		for i, r := range imported {
			reply.Imports[i] = reportLists(r)
		}
		return a.json(reply)
	}
	for _, r := range imported {
		a.importReport(r)
	}
	const said = "imported; it holds no access to review, but what reviews of exports are made with"
	a.say("%s: %s", review.Safe(fileWords([]string{imported[0].File})), said)
	if !onScreen {
		return nil
	}
	return a.workstation(ctx, d, d.Path(), tui.Options{Screen: "imports", Notice: said}, false)
}

// sayable reports a refusal that ends as soon as a person says what the file does not.
func sayable(r review.ImportReport) bool {
	switch r.Reason {
	case "needs-resource", "needs-entitlement", "needs-identity", "wrong-instance", "missing-columns", "unbalanced-quote":
		return true
	}
	return r.Reason == "unknown-shape" && len(r.Columns) > 0
}

// mapOnScreen opens the workstation at the screen where a file is said to be what it is.
func (a *app) mapOnScreen(ctx context.Context, d *desk.Desk, file string, in review.ImportOptions) error {
	return a.workstation(ctx, d, d.Path(), tui.Options{Export: file, ExportOptions: in,
		ExportReview: func(ctx context.Context, r review.ImportReport) (review.CampaignID, error) {
			return d.DraftAdHoc(ctx, file, r)
		}}, false)
}

// byScreenToo adds to the refusal of a file that lacks a word of a person that it can be said on a screen.
func byScreenToo(err error) error {
	e := asError(context.Background(), err)
	return e.WithHint("%s; or on a screen: `tickmark`, then :imports, i and the file", e.Hint)
}

// beginWith makes the database for a newcomer.
func (a *app) beginWith(ctx context.Context, o desk.Options, files []string) (*desk.Desk, error) {
	if o.Principal == "" {
		o.Principal = guessPrincipal()
	}
	init := desk.InitOptions{Principal: o.Principal}
	a.say("There is no database yet. tickmark will make %s for %s and sign three statements with your key:", o.Path, o.Principal)
	a.say("  who may sign (you, for every role), the import of %s, and a review of its content with you as the reviewer.", fileWords(files))
	if err := a.chooseKey(ctx, &o, &init); err != nil {
		return nil, err
	}
	d, res, err := desk.Init(ctx, o, init)
	if err != nil {
		return nil, err
	}
	a.say("Key %s is enrolled for %s.", res.Key, res.Principal)
	return d, nil
}

func fileWords(files []string) string {
	if len(files) == 1 {
		return filepath.Base(files[0])
	}
	return plural(len(files), "file")
}

// openAdHoc says what was read and opens the review.
func (a *app) openAdHoc(ctx context.Context, d *desk.Desk, res desk.AdHocResult, plain bool) error {
	c, err := d.Campaign(ctx, res.Campaign)
	if err != nil {
		return err
	}
	if a.wantsJSON {
		reports := make([]review.ImportReport, len(res.Reports))
		for i, r := range res.Reports {
			reports[i] = reportLists(r)
		}
		return a.json(adHocReply{campaignLists(c), reports, res.Reopened})
	}
	var notice []string
	for _, r := range res.Reports {
		line := fmt.Sprintf("%s: %s, %s, %s, %d rejected", filepath.Base(r.File), r.Format, plural(r.RowsRead, "row"), plural(r.Grants+r.AccountRows, "grant"), r.RowsReject)
		notice = append(notice, line)
		a.say("%s", line)
		for _, w := range r.Warnings {
			a.say("  %s, %d×: %s", w.Keyword, w.Count, w.Text)
		}
	}
	word := "opened"
	if res.Reopened {
		word = "opened again"
	}
	a.say("Review %s is %s: %s, due %s.", c.Name, word, plural(c.Items, "item"), day(c.Due))
	return a.workstation(ctx, d, d.Path(), tui.Options{Campaign: c.Name, Notice: strings.Join(notice, "; ")}, plain)
}

// adHocReply is what `tickmark FILE --json` answers: it opens the review and shows no screen.
type adHocReply struct {
	Campaign review.Campaign       `json:"campaign,omitzero"`
	Imports  []review.ImportReport `json:"imports"`
	Reopened bool                  `json:"reopened"`
}

// notInPrincipal are the characters a principal cannot hold.
var notInPrincipal = regexp.MustCompile(`[^a-z0-9._+-]+`)

// guessPrincipal is user@host in the characters a principal may hold (rulings 12).
func guessPrincipal() review.Principal {
	name := "me"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	tidy := func(s string) string {
		return strings.Trim(notInPrincipal.ReplaceAllString(strings.ToLower(s), "-"), "-")
	}
	return review.Principal(tidy(name) + "@" + strings.NewReplacer("_", "-", "+", "-").Replace(tidy(host)))
}

// openPack checks a pack and says what it found. On a terminal it then opens the pack for reading, also one that fails the
// check: what failed stands on every screen, and the exit code stays that of the check.
func (a *app) openPack(ctx context.Context, path string, plain bool) error {
	report, err := evidence.Verify(ctx, path, evidence.VerifyOptions{Progress: a.progress("verify")})
	if err != nil {
		return err
	}
	a.clearProgress()
	if a.wantsJSON {
		err = a.json(verifyLists(report))
	} else {
		err = report.WriteText(sheetWriter{a})
	}
	if err == nil && !a.wantsJSON && (plain || a.interactive()) {
		err = a.readPack(ctx, path, report, plain)
	}
	if code := report.Exit(false); err == nil && code != exitDone {
		return &outcome{code: code}
	}
	return err
}

// readPack opens a checked pack in the workstation. Its clock goes on from the newest statement of the pack, so that
// what was due or expired is what was when it was made.
func (a *app) readPack(ctx context.Context, path string, report *evidence.Report, plain bool) error {
	p, err := desk.OpenPack(ctx, path, desk.PackOptions{Report: report, Progress: a.progress("open")})
	a.clearProgress()
	if err != nil {
		return err
	}
	defer p.Close()
	opened := time.Now()
	o := tui.Options{Notice: p.Verdict(), ReadOnly: "this is an evidence pack: nothing in it can be changed", Window: p.Window(), Sample: p.Drawn(),
		Clock: func() time.Time { return p.Now().Add(time.Since(opened)) }}
	if n := int(report.Failures); n > 0 {
		o.Alarm = strings.ToUpper(plural(n, "failure"))
	}
	return a.workstation(ctx, p, path, o, plain)
}
