package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) keyHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: "every version of the roster, and who changed what",
		Long:        `Lists the versions of the roster as the ledger holds them, oldest first: which key was enrolled, retired or revoked, for whom, when, and who signed that.`,
		Example:     "tickmark key history --json",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				versions, err := d.RosterHistory(cmd.Context())
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(list(versions))
				}
				t := newTable(">Version", ">Entry", "When", "Signed by", "Change", "Person", "Key", "Detail")
				for _, v := range versions {
					for _, c := range v.Changes {
						t.row(number(v.Version), number(v.Entry), minute(v.Time), string(v.Signer), c.What, string(c.Principal), string(c.Key), changeDetail(c))
					}
					if len(v.Changes) == 0 {
						t.row(number(v.Version), number(v.Entry), minute(v.Time), string(v.Signer), "nothing", "", "", "")
					}
				}
				a.table(t)
				return nil
			})
		},
	}
}

// changeDetail says in a few words what a change of the roster is about.
func changeDetail(c desk.RosterChange) string {
	var parts []string
	switch c.What {
	case "revoked":
		return "since " + minute(c.Since) + ": " + review.Safe(c.Why)
	case "retired":
		return "until " + minute(c.Until)
	}
	parts = append(parts, c.Type, strings.Join(c.Roles, ","))
	if c.CA {
		parts = append(parts, "certificate authority")
	}
	if c.SelfEnrolled {
		parts = append(parts, "self-enrolled")
	}
	if c.Possession != "" {
		parts = append(parts, "possession shown")
	}
	if !c.Until.IsZero() {
		parts = append(parts, "until "+minute(c.Until))
	}
	return strings.Join(parts, ", ")
}
