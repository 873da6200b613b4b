package main

import (
	"github.com/spf13/cobra"

	"tickmark/desk"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "is everything in order here",
		Long:    `Checks the database, the ledger's head, the keys at hand, the agent, the clock and the folders, and says what to do where something is wrong.`,
		Example: "tickmark doctor",
		Args:    noArgs,
		Annotations: exits(
			exitDoc{exitDone, "everything is in order"},
			exitDoc{exitAttention, "something is not: it is listed"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				checks := d.Doctor(cmd.Context())
				bad := 0
				for _, c := range checks {
					if !c.OK {
						bad++
					}
				}
				if a.wantsJSON {
					if err := a.json(doctorReply{bad == 0, list(checks)}); err != nil {
						return err
					}
				} else {
					t := newTable("Check", "Result", "Detail")
					for _, c := range checks {
						word, paint := "in order", a.outStyle.good
						if !c.OK {
							word, paint = "look at this", a.outStyle.bad
						}
						t.row(c.Name, cell{word, paint}, c.Detail)
					}
					a.table(t)
				}
				if bad > 0 {
					return attention("%s to look at", plural(bad, "check"))
				}
				return nil
			})
		},
	}
}

type doctorReply struct {
	OK     bool         `json:"ok"`
	Checks []desk.Check `json:"checks"`
}
