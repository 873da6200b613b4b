package main

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	mcobra "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
)

// manCommand prints the manual page of the whole command tree in roff.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "man",
		Short:       "the manual page, in roff",
		Hidden:      true,
		Args:        noArgs,
		Example:     "tickmark man | man -l -",
		Annotations: exits(exitDoc{exitDone, "the page was printed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := mcobra.NewManPage(1, cmd.Root())
			if err != nil {
				return err
			}
			page = page.WithSection("Exit status", manExits(cmd.Root())).
				WithSection("Environment", manEnvironment).
				WithSection("Files", manFiles)
			a.print("%s\n", page.Build(&manDocument{Document: roff.NewDocument()}))
			return nil
		},
	}
}

const manEnvironment = `TICKMARK_DB: the database, where --db does not name one.
SSH_AUTH_SOCK: the agent that holds your key.
SSH_ASKPASS, SSH_ASKPASS_REQUIRE: a program that asks for passphrases, as for ssh.
NO_COLOR: any value that is not empty turns colours off.
XDG_DATA_HOME, XDG_STATE_HOME, XDG_CONFIG_HOME: where files live.`

const manFiles = `$XDG_DATA_HOME/tickmark/tickmark.db: the database, with tickmark.db.logkey beside it.
$XDG_DATA_HOME/tickmark/keys: keys that tickmark made for you.
$XDG_STATE_HOME/tickmark: the newest ledger heads you have seen.
$XDG_CONFIG_HOME/tickmark/config.toml: the configuration; none is needed.`

func manExits(root *cobra.Command) string {
	var lines []string
	for _, d := range exitsOf(root) {
		lines = append(lines, fmt.Sprintf("%d: %s.", d.code, d.text))
	}
	return strings.Join(lines, "\n")
}

// manDocument is a roff document whose date is that of the build, without the quotes that mark a flag's value, and in
// whose text a percent sign is a percent sign.
type manDocument struct{ *roff.Document }

func (d *manDocument) Heading(section uint, title, description string, _ time.Time) {
	d.Document.Heading(section, title, description, buildTime())
}

func (d *manDocument) Text(text string) {
	d.Document.Text(strings.NewReplacer("%", "%%", "`", "").Replace(text))
}

func buildTime() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return t
			}
		}
	}
	return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
}
