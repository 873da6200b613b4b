package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) remediationCommand() *cobra.Command {
	var filter string
	var p pager
	cmd := &cobra.Command{
		Use:   "remediation",
		Short: "revokes, until the access is gone",
		Long:  `Lists revokes being carried out. A revoke is finished when a later import shows the access absent; a closed ticket is a claim. Access that several stages of a campaign revoked is one line, under the id of the first of these decisions. Where a later campaign let the access stay, the line says so, is not overdue and is counted apart. The filter is text over all columns, state:open, claimed-done, verified-gone, still-present or came-back, overdue:yes and superseded:yes.`,
		Example: `tickmark remediation --filter state:open
tickmark remediation claim 57 --ticket CHG-1201 --done 2026-12-03`,
		Annotations: exits(exitDoc{exitDone, "listed"}),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0], args[0])
		}
		return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
			after, err := p.entry()
			if err != nil {
				return err
			}
			all, err := d.RemediationsAfter(cmd.Context(), filter, after, p.limit)
			if err != nil {
				return err
			}
			if a.wantsJSON {
				return a.json(all)
			}
			if len(all) == 0 {
				a.say("No revoke.")
				return nil
			}
			t := newTable(">ID", "State", ">Days", "Identity", "System", "Account", "Entitlement", "Ticket", "Claimed", ">Import", "Unsigned")
			for _, r := range all {
				state := string(r.State)
				switch {
				case r.Overdue:
					state += ", overdue"
				case r.Moot():
					state += ", " + r.Superseded.String()
				}
				proof := ""
				if r.VerifiedBy > 0 {
					proof = number(r.VerifiedBy)
				}
				t.row(number(r.ID), state, number(r.Days), r.Identity, r.System, r.Account, r.Entitlement, r.Ticket, r.Claimed, proof, r.Staged)
			}
			a.table(t)
			return nil
		})
	}
	cmd.Flags().StringVar(&filter, "filter", "", "only what matches, such as 'state:open aws'")
	p.register(cmd)
	return family(cmd, a.remediationClaim(), a.remediationExport())
}

func (a *app) remediationClaim() *cobra.Command {
	var draft review.ClaimDraft
	var all string
	cmd := &cobra.Command{
		Use:         "claim ID... | --filter FILTER --ticket T --done DAY",
		Short:       "stage the word that a revoke was carried out",
		Long:        `Stages a claim, to be signed by a manager. It proves nothing: the next complete import of the source does.`,
		Example:     `tickmark remediation claim 57 58 --ticket CHG-1201 --done 2026-12-03`,
		Annotations: exits(exitDoc{exitDone, "staged"}, exitDoc{exitAttention, "some were skipped: they are listed with the reason"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if draft.Ticket == "" || draft.Done == "" {
				return usage("claim needs --ticket and --done").WithHint("for example --ticket CHG-1201 --done 2026-12-03")
			}
			if _, err := instantOf("--done", draft.Done); err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				ids, err := entryIndexes(args, all, func() (ids []review.EntryIndex, err error) {
					rs, err := d.Remediations(cmd.Context(), all)
					for _, r := range rs {
						if r.Pending() {
							ids = append(ids, r.ID)
						}
					}
					return ids, err
				})
				if err != nil {
					return err
				}
				res, err := d.StageClaim(cmd.Context(), ids, draft)
				if err != nil {
					return err
				}
				return a.stageReply(res, "claim")
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&draft.Ticket, "ticket", "", "`TICKET` under which it was done")
	fs.StringVar(&draft.Done, "done", "", "the `DAY` it was done")
	fs.StringVar(&draft.Note, "note", "", "what else to know, in `WORDS`")
	fs.StringVar(&all, "filter", "", "every revoke that matches, in place of IDs")
	return cmd
}

func (a *app) remediationExport() *cobra.Command {
	var filter, output string
	var commands bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "the work list, as CSV or as ready commands",
		Long:  `Writes what is still to be revoked as CSV, or with --commands as command lines of the systems whose tools are public, quoted safely. People run them; tickmark never does.`,
		Example: `tickmark remediation export --filter state:open > work.csv
tickmark remediation export --commands --output revoke.sh`,
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "written"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				var buf bytes.Buffer
				n, err := d.ExportRemediation(cmd.Context(), filter, &buf, commands)
				if err != nil {
					return err
				}
				if output == "" {
					if a.wantsJSON {
						return a.json(map[string]any{"rows": n, "text": buf.String()})
					}
					a.write(buf.Bytes())
				} else if err := a.writeNew(output, buf.Bytes()); err != nil {
					return err
				} else if a.wantsJSON {
					return a.json(map[string]any{"rows": n, "file": output})
				}
				a.say("%s", plural(n, "revoke"))
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&filter, "filter", "", "only what matches, such as 'state:open aws'")
	fs.BoolVar(&commands, "commands", false, "command lines for a person to run, not CSV")
	fs.StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}

// writeNew writes a file that must not exist yet. Whoever came over SSH has no files here.
func (a *app) writeNew(name string, b []byte) error {
	if a.login != nil {
		return usage("files of the server cannot be named from outside").WithHint("leave --output out: it goes to standard output")
	}
	f, err := createNew(name)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return review.Errorf(review.KindIO, "%s cannot be written: %w", review.Safe(name), err).WithHint("look at free space and permissions")
	}
	return nil
}
