package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:         "key",
		Short:       "who may sign what, with which key",
		Example:     "tickmark key list",
		Annotations: exits(exitDoc{exitDone, "done"}),
	}
	return family(cmd, a.keyList(), a.keyHistory(), a.keyEnrol(), a.keyRetire(), a.keyRevoke())
}

func (a *app) keyList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the roster in force",
		Long:        `Lists who may sign what. "possession not shown" means that nobody has proven yet to hold the key; its first good statement does.`,
		Example:     "tickmark key list --json",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				roster, err := d.Roster(cmd.Context())
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(list(roster))
				}
				a.rosterTable(roster)
				return nil
			})
		},
	}
}

func (a *app) keyEnrol() *cobra.Command {
	var o desk.EnrolOptions
	var principal, from, until string
	var roles []string
	var line bool
	cmd := &cobra.Command{
		Use:   "enrol --principal PERSON --key FILE.pub",
		Short: "let somebody sign",
		Long: `Adds a key to the roster and signs the new version. Your own key must have the roster role. --key names the public key to enrol here; to choose the key you sign with, set it in the configuration or keep it in the agent.

With --proof the person shows that they hold the key: --line prints the roster line, they sign it with ssh-keygen under enrol.v1@tickmark, you enrol with the signature. The dates must be the same both times.`,
		Example: `tickmark key enrol --principal bob@corp.example --key bob.pub --roles review
tickmark key enrol --principal bob@corp.example --key bob.pub --roles review --line > bob.line
ssh-keygen -Y sign -n enrol.v1@tickmark -f ~/.ssh/id_ed25519 bob.line
tickmark key enrol --principal bob@corp.example --key bob.pub --roles review --proof bob.line.sig
tickmark key enrol --principal ca@corp.example --key ca.pub --cert-authority --roles review`,
		Args: noArgs,
		Annotations: exits(
			exitDoc{exitDone, "enrolled; the roster's new version is signed"},
			exitDoc{exitRefused, "the key is too weak or belongs to somebody else, or you may not sign rosters"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.principal == "" || a.key == "" {
				return usage("enrol needs --principal and --key").WithHint("for example --principal bob@corp.example --key bob.pub")
			}
			// Here both name the person to enrol, not the one who signs.
			principal, o.KeyFile = a.principal, a.key
			a.principal, a.key = "", ""
			o.Principal, o.Roles = review.Principal(principal), commaList(roles)
			var err error
			if o.From, err = instantOf("--valid-from", from); err != nil {
				return err
			}
			if o.Until, err = instantOf("--valid-until", until); err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				if line {
					text, err := d.EnrolLine(o)
					if err != nil {
						return err
					}
					return a.artefact("line", text, "")
				}
				r, err := d.Enrol(cmd.Context(), o)
				if err != nil {
					return err
				}
				return a.receipts([]review.Receipt{r})
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringSliceVar(&roles, "roles", nil, "`roster,import,manage,review,export,host`: what the key may sign (else all but host)")
	fs.BoolVar(&o.CertAuthority, "cert-authority", false, "the key certifies the keys of this person")
	fs.StringVar(&o.Proof, "proof", "", "`FILE.sig`: the person's signature over the roster line")
	fs.BoolVar(&line, "line", false, "only print the roster line that a proof signs")
	fs.StringVar(&from, "valid-from", "", "the `DAY` it begins to count (else now)")
	fs.StringVar(&until, "valid-until", "", "the `DAY` it ends (else open)")
	a.completeFlag(cmd, "roles", words("roster", "import", "manage", "review", "export", "host"))
	return cmd
}

func (a *app) keyRetire() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "retire PERSON|FINGERPRINT", Short: "end a key's time; what it signed before stays good",
		Example:     "tickmark key retire bob@corp.example --at 2026-12-31",
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "retired; the roster's new version is signed"}, exitDoc{exitRefused, "you may not sign rosters, or nobody could sign afterwards"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			when, err := instantOf("--at", at)
			if err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				if when.IsZero() {
					when = d.Now()
				}
				r, err := d.Retire(cmd.Context(), args[0], when)
				if err != nil {
					return err
				}
				return a.receipts([]review.Receipt{r})
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the `TIME` it ends (else now)")
	return cmd
}

func (a *app) keyRevoke() *cobra.Command {
	var since, why string
	cmd := &cobra.Command{
		Use: "revoke FINGERPRINT --why TEXT", Short: "a key was stolen or lost: nothing it signed counts",
		Long:        `Revokes a key. Its statements no longer count, wherever they stand, unless outside proof shows that they are older than --since. A person who leaves is retired, not revoked.`,
		Example:     "tickmark key revoke SHA256:HWFjfbHVcZXF7JLDm1XVA8Cjk43OOsBREWGuw/kL6bo --since 2026-11-20 --why 'laptop stolen'",
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "revoked; the roster's new version is signed"}, exitDoc{exitRefused, "you may not sign rosters, or nobody could sign afterwards"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return usage("revoke needs --why").WithHint("for example --why 'laptop stolen'")
			}
			when, err := instantOf("--since", since)
			if err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				if when.IsZero() {
					when = d.Now()
				}
				r, err := d.Revoke(cmd.Context(), args[0], when, why)
				if err != nil {
					return err
				}
				return a.receipts([]review.Receipt{r})
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&since, "since", "", "the `TIME` from which it cannot be trusted (else now)")
	fs.StringVar(&why, "why", "", "the reason, in `WORDS`")
	return cmd
}

// rosterTable prints the roster in force.
func (a *app) rosterTable(lines []desk.KeyLine) {
	t := newTable("Person", "Key", "Type", "Roles", "From", "Until", "Possession", "Note")
	for _, l := range lines {
		var notes []string
		if l.SelfEnrolled {
			notes = append(notes, "self-enrolled")
		}
		if l.CA {
			notes = append(notes, "certificate authority")
		}
		if l.Revoked != "" {
			notes = append(notes, "revoked since "+l.Revoked)
		}
		until := "open"
		if !l.Until.IsZero() {
			until = minute(l.Until)
		}
		possession := l.Possession
		if possession == "not shown" {
			possession = "possession not shown"
		}
		t.row(string(l.Principal), string(l.Key), l.Type, strings.Join(l.Roles, ","), minute(l.From), until, possession, strings.Join(notes, ", "))
	}
	a.table(t)
}
