package main

import (
	"crypto/x509"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) ledgerTimestamp() *cobra.Command {
	cmd := &cobra.Command{
		Use: "timestamp", Short: "time stamps of heads by an authority (RFC 3161)",
		Long: `A time-stamping authority signs that it knew a head at a time. tickmark opens no connection: request writes a file, you send it to the authority by any means (most take an HTTP POST of type application/timestamp-query), and add takes the answer.`,
		Example: `tickmark ledger timestamp request head.tsq
tickmark ledger timestamp add head.tsr --time-roots roots.pem`,
		Annotations: exits(exitDoc{exitDone, "done"}),
	}
	return family(cmd, a.timestampRequest(), a.timestampAdd())
}

// requestReply is what request answers to scripts.
type requestReply struct {
	File string `json:"file"`
	Size int64  `json:"size"`
	Root string `json:"root"`
}

func (a *app) timestampRequest() *cobra.Command {
	var size int64
	cmd := &cobra.Command{
		Use: "request FILE", Short: "write a request for the newest head",
		Long:    `Writes a request in DER (application/timestamp-query) over the three lines of the head: name, size and root. The head is kept, so that the answer finds it again, also when more was signed meanwhile.`,
		Example: "tickmark ledger timestamp request head.tsq",
		Args:    between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "written"},
			exitDoc{exitUsage, "wrong use, or FILE exists already"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			if err := mustBeNew(args[0]); err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				der, head, err := d.TimestampRequest(cmd.Context(), size)
				if err != nil {
					return err
				}
				if err := a.writeNew(args[0], der); err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(requestReply{args[0], head.Size, head.Root.Base64()})
				}
				a.say("%s asks for a time stamp of the head of %s.", args[0], plural(head.Size, "entry"))
				a.say("Send it to an authority as application/timestamp-query, then: tickmark ledger timestamp add ANSWER --time-roots FILE")
				return nil
			})
		},
	}
	cmd.Flags().Int64Var(&size, "size", 0, "of the head of `N` entries (else the newest)")
	return cmd
}

func (a *app) timestampAdd() *cobra.Command {
	var roots, holder string
	var size int64
	cmd := &cobra.Command{
		Use: "add ANSWER --time-roots FILE", Short: "take an authority's answer into the ledger",
		Long:    `Checks the answer, or the bare token: that it is of a head of this ledger, its signature, and that its certificate is for time stamping only and leads to one of the roots. Then the token is kept and noted as an anchor; packs carry it. Handing the same answer in again changes nothing.`,
		Example: "tickmark ledger timestamp add head.tsr --time-roots roots.pem",
		Args:    between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "noted"},
			exitDoc{exitRefused, "the answer is of no head of this ledger, does not fit, leads to none of the roots, or contradicts a statement's time"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			answer, err := readFile("ANSWER", args[0])
			if err != nil {
				return err
			}
			if roots == "" {
				return usage("the authority's root certificates are needed").WithHint("--time-roots FILE in PEM; the authority publishes them")
			}
			pool, err := readRoots(roots)
			if err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				done, err := d.AddTimestamp(cmd.Context(), answer, pool, holder, size)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(done)
				}
				a.print("%s\n", review.Safe(anchorWords(done)))
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&roots, "time-roots", "", "`FILE` with root certificates of time authorities (PEM)")
	fs.StringVar(&holder, "holder", "", "the authority, in `WORDS` (else its certificate's name)")
	fs.Int64Var(&size, "size", 0, "the token is of the head of `N` entries (else it is found)")
	return cmd
}

// readRoots reads root certificates of time authorities.
func readRoots(name string) (*x509.CertPool, error) {
	b, err := readFile("--time-roots", name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, usage("--time-roots: %s holds no certificate", review.Safe(name)).WithHint("give the time authority's root certificates in PEM")
	}
	return pool, nil
}
