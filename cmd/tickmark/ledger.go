package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:         "ledger",
		Short:       "the signed record itself",
		Example:     "tickmark ledger list --limit 20",
		Annotations: exits(exitDoc{exitDone, "done"}),
	}
	return family(cmd, a.ledgerList(), a.ledgerShow(), a.ledgerReceipts(), a.ledgerCheckpoint(), a.ledgerVKey(), a.ledgerProve(), a.ledgerConsistency(),
		a.ledgerCheck(), a.ledgerAnchor(), a.ledgerAnchors(), a.ledgerWitness(), a.ledgerTimestamp(), a.ledgerRebuild())
}

// entriesAtOnce is how many entries are fetched together.
const entriesAtOnce = 500

func (a *app) ledgerList() *cobra.Command {
	var limit int
	var before int64
	cmd := &cobra.Command{
		Use: "list", Short: "entries in words, newest first",
		Example:     "tickmark ledger list --limit 20 --json",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return a.readDesk(ctx, func(d *desk.Desk) error {
				s := jsonStream{a: a}
				t := newTable(">Entry", "Kind", "When", "Signer", "What")
				at, left := review.EntryIndex(before), limit
				for {
					n := entriesAtOnce
					if limit > 0 {
						n = min(n, left)
					}
					es, err := d.Entries(ctx, at, n)
					if err != nil {
						return err
					}
					for _, e := range es {
						if a.wantsJSON {
							if err := s.add(e); err != nil {
								return err
							}
							continue
						}
						t.row(number(e.Index), e.Kind, minute(e.Time), string(e.Signer), e.Summary)
					}
					left -= len(es)
					if len(es) < n || limit > 0 && left <= 0 || es[len(es)-1].Index == 0 {
						break
					}
					at = es[len(es)-1].Index
				}
				if a.wantsJSON {
					s.close()
					return nil
				}
				a.table(t)
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N`; 0 is all")
	cmd.Flags().Int64Var(&before, "after", 0, "go on below this `ENTRY`, the last one of the page before")
	return cmd
}

func entryIndex(s string) (review.EntryIndex, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, usage("%s is not the number of an entry", review.Quote(s)).WithHint("`tickmark ledger list` shows them")
	}
	return review.EntryIndex(n), nil
}

func (a *app) ledgerShow() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use: "show ENTRY", Short: "one entry with its signed text",
		Example: `tickmark ledger show 8
tickmark ledger show 8 --raw > 000008.txt`,
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "shown"}, exitDoc{exitUsage, "wrong use, or there is no such entry"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := entryIndex(args[0])
			if err != nil {
				return err
			}
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				e, err := d.Entry(cmd.Context(), i)
				if err != nil {
					return err
				}
				if raw {
					return a.artefact("text", e.Text, "")
				}
				if a.wantsJSON {
					return a.json(e)
				}
				bundle := ""
				if e.Bundle > 0 {
					bundle = number(e.Bundle)
				}
				a.print("%s  %s\n", a.outStyle.title("Entry "+number(e.Index)), review.Safe(e.Summary))
				when := ""
				if !e.Time.IsZero() {
					when = minute(e.Time)
				}
				a.facts("  kind", e.Kind, "  review", string(e.Campaign), "  signer", string(e.Signer), "  key", string(e.Key), "  via", e.Via,
					"  time", when, "  covered by", bundle, "  leaf hash", e.LeafHash)
				a.print("\n%s\n", safeLines(e.Text))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "the entry's bytes as they are signed and hashed, and nothing else")
	return cmd
}

func (a *app) ledgerCheckpoint() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "checkpoint", Short: "the head as a signed note, to be kept elsewhere",
		Long:        `Prints the head of the ledger as a signed note (C2SP checkpoint). Whoever keeps it can show later that nothing before it was changed or removed: tickmark verify --checkpoint FILE.`,
		Example:     "tickmark ledger checkpoint > head-2026-11",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "printed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				note, err := d.Checkpoint(cmd.Context())
				if err != nil {
					return err
				}
				return a.artefact("checkpoint", note, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}

func (a *app) ledgerProve() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "prove ENTRY", Short: "a proof that the entry is under the head",
		Example:     "tickmark ledger prove 7 > 000007.tlog-proof",
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "printed"}, exitDoc{exitUsage, "wrong use, or there is no such entry"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := entryIndex(args[0])
			if err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				proof, err := d.Prove(cmd.Context(), i)
				if err != nil {
					return err
				}
				return a.artefact("proof", proof, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}

// artefact prints a signed text byte for byte, or writes it to a new file, or puts it into JSON.
func (a *app) artefact(name, text, output string) error {
	switch {
	case output != "":
		if err := a.writeNew(output, []byte(text)); err != nil {
			return err
		}
		if a.wantsJSON {
			return a.json(map[string]string{"file": output})
		}
		a.say("%s is written", output)
	case a.wantsJSON:
		return a.json(map[string]string{name: text})
	default:
		a.write([]byte(text))
	}
	return nil
}

func (a *app) ledgerRebuild() *cobra.Command {
	var apply bool
	cmd := &cobra.Command{
		Use: "rebuild", Short: "recompute the current state from the ledger and compare",
		Long:        `Recomputes what is in force from the signed entries and compares it with what is stored. With --apply the stored state is replaced: the ledger wins.`,
		Example:     "tickmark ledger rebuild",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "no difference, or --apply mended it"}, exitDoc{exitAttention, "the stored state differs: it is listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				r, err := d.Rebuild(cmd.Context(), apply)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					reply := rebuildReply{r.Entries, list(r.Differences), r.Total, r.Applied}
					if err := a.json(reply); err != nil {
						return err
					}
				} else {
					for _, line := range r.Differences {
						a.print("%s\n", review.Safe(line))
					}
					if more := r.Total - int64(len(r.Differences)); more > 0 {
						a.print("and %d more\n", more)
					}
					a.say("%s recomputed, %s", plural(r.Entries, "entry"), plural(r.Total, "difference"))
				}
				if r.Total > 0 && !r.Applied {
					return attention("The stored state is not what the ledger says.").withHint("`tickmark ledger rebuild --apply` mends it")
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "replace the stored state with the recomputed one")
	return cmd
}

// rebuildReply is what rebuild answers to scripts.
type rebuildReply struct {
	Entries     int64    `json:"entries"`
	Differences []string `json:"differences"`
	Total       int64    `json:"total"`
	Applied     bool     `json:"applied"`
}
