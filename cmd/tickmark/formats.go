package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tickmark/importers"
	"tickmark/review"
)

func (a *app) formatsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "formats [ID]",
		Short: "what is recognised, and how to export it",
		Long:  `Lists the formats that are recognised by their content. With an ID it says, step by step, how to make that export in the source system, and what such a file cannot say.`,
		Example: `tickmark formats
tickmark formats aws-credential-report`,
		Args:              between(0, 1),
		ValidArgsFunction: a.formatNames,
		Annotations:       exits(exitDoc{exitDone, "shown"}),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				f, ok := importers.LookupFormat(args[0])
				if !ok {
					return review.Errorf(review.KindNotFound, "there is no format %s", review.Quote(args[0])).WithHint("`tickmark formats` lists them")
				}
				if a.wantsJSON {
					return a.json(formatReply(f))
				}
				a.formatPage(f)
				return nil
			}
			all := importers.Formats()
			if a.wantsJSON {
				out := make([]formatJSON, len(all))
				for i, f := range all {
					out[i] = formatReply(f)
				}
				return a.json(out)
			}
			t := newTable("Format", "Checked", "What it is")
			for _, f := range all {
				t.row(f.ID, markWord(f.Mark), f.Title)
			}
			a.table(t)
			return nil
		},
	}
}

// formatJSON is a format as scripts read it.
type formatJSON struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases"`
	Title    string   `json:"title"`
	Checked  string   `json:"checked"`
	Required []string `json:"required"`
	Steps    []string `json:"steps"`
	Command  string   `json:"command"`
	Gaps     []string `json:"gaps"`
}

func formatReply(f importers.FormatInfo) formatJSON {
	return formatJSON{f.ID, list(f.Aliases), f.Title, markWord(f.Mark), list(f.Required), list(f.Steps), f.Command, list(f.Gaps)}
}

// markWord says how far a format is checked.
func markWord(mark string) string {
	switch mark {
	case "S":
		return "samples"
	case "D":
		return "documentation"
	}
	return "unverified"
}

func (a *app) formatPage(f importers.FormatInfo) {
	st := a.outStyle
	a.print("%s  %s\n", st.title(f.ID), f.Title)
	a.facts(
		"  checked against", markWord(f.Mark),
		"  also", strings.Join(f.Aliases, ", "),
		"  recognised by", strings.Join(f.Required, ", "),
	)
	if len(f.Steps) > 0 {
		a.print("\n%s\n", st.title("How to make it"))
		for i, s := range f.Steps {
			a.print("  %d. %s\n", i+1, s)
		}
	}
	if f.Command != "" {
		a.print("\n%s\n  %s\n", st.title("Command"), strings.ReplaceAll(f.Command, "\n", "\n  "))
	}
	if len(f.Gaps) > 0 {
		a.print("\n%s\n", st.title("What it cannot say"))
		for _, g := range f.Gaps {
			a.print("  - %s\n", g)
		}
	}
}
