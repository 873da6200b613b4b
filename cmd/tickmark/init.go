package main

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) initCommand() *cobra.Command {
	var in desk.InitOptions
	var roles []string
	cmd := &cobra.Command{
		Use:   "init --principal YOU@EXAMPLE.COM",
		Short: "make a database and enrol your key",
		Long:  `Makes the database, opens its ledger and enrols your key for every role, so that one person can do the whole job; the roster then says "self-enrolled" and every report repeats it. The key is --key, else the agent's only usable one, else (asked first on a terminal) a new Ed25519 key in the data folder.`,
		Example: `tickmark init --principal alice@corp.example --key ~/.ssh/id_ed25519
tickmark init --principal alice@corp.example --db erp.db --title "ERP access reviews"`,
		Args: noArgs,
		Annotations: exits(
			exitDoc{exitDone, "the database is there and your key is enrolled"},
			exitDoc{exitUsage, "wrong use, or there is a database already"},
			exitDoc{exitRefused, "the key is too weak to sign with"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			o, err := a.options()
			if err != nil {
				return err
			}
			if o.Principal == "" {
				return usage("init needs --principal: who you are in every record").WithHint("for example --principal alice@corp.example")
			}
			in.Principal, in.Roles = o.Principal, commaList(roles)
			if _, err := os.Stat(o.Path); err == nil {
				return review.Errorf(review.KindExists, "there is a file at %s already", review.Safe(o.Path)).
					WithHint("use it as it is, or name another file with --db")
			}
			if !in.Generate {
				if err := a.chooseKey(ctx, &o, &in); err != nil {
					return err
				}
			}
			d, res, err := desk.Init(ctx, o, in)
			if err != nil {
				return err
			}
			if err := d.Close(); err != nil {
				return err
			}
			if a.wantsJSON {
				return a.json(res)
			}
			a.initPage(res)
			a.say("Next: tickmark import FILE, or open a review of one file at once: tickmark FILE")
			return nil
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&in.Title, "title", "", "what the ledger is about, in `WORDS`")
	fs.StringSliceVar(&roles, "roles", nil, "`roster,import,manage,review,export,host`: what your key may sign (else all but host)")
	fs.BoolVar(&in.Generate, "generate", false, "make a new key if --key names none, without asking")
	fs.StringVar(&in.LogPrefix, "log-prefix", "", "begin the ledger's unique name with this `NAME`, such as reviews.corp.example/erp")
	a.completeFlag(cmd, "roles", words("roster", "import", "manage", "review", "export", "host"))
	return cmd
}

func (a *app) initPage(r desk.InitResult) {
	a.print("%s\n", a.outStyle.title(review.Safe(r.Database)))
	made := ""
	if r.Generated {
		made = ", made now"
	}
	a.facts(
		"  ledger", r.Log,
		"  you", string(r.Principal),
		"  key", string(r.Key)+made,
		"  key file", r.KeyFile,
		"  may sign", strings.Join(r.Roles, ", ")+" (self-enrolled)",
		"  receipt", r.Receipt.Receipt,
	)
}

// errDeclined is a person's no to a new key.
var errDeclined = review.Errorf(review.KindKey, "without a key nothing can be signed").WithHint("name one with --key FILE, or load one with ssh-add")

// chooseKey settles which key a new database begins with, where neither a flag nor the configuration names one: the
// agent's only usable key; of several the person chooses; with none a new one is made, after asking where somebody can be
// asked (rulings 12).
func (a *app) chooseKey(ctx context.Context, o *desk.Options, in *desk.InitOptions) error {
	if o.Key != "" {
		return nil
	}
	if o.Agent != nil {
		held, err := o.Agent.List(ctx)
		if err != nil {
			a.say("The ssh-agent does not answer: %s", err)
		}
		var usable []int
		for i, k := range held {
			if k.Refusal == nil {
				usable = append(usable, i)
			}
		}
		switch {
		case len(usable) == 1:
			o.Key = held[usable[0]].Fingerprint
			return nil
		case len(usable) > 1 && !a.interactive():
			return review.Errorf(review.KindKey, "the ssh-agent holds %d keys that could sign", len(usable)).
				WithHint("say which with --key FINGERPRINT; `ssh-add -l` lists them")
		case len(usable) > 1:
			a.say("The ssh-agent holds several keys:")
			for n, i := range usable {
				a.say("  %d  %s %s", n+1, held[i].Fingerprint, held[i].Comment)
			}
			answer, err := a.ask(ctx, "Sign with number: ")
			if err != nil {
				return err
			}
			for n, i := range usable {
				if answer == number(n+1) {
					o.Key = held[i].Fingerprint
					return nil
				}
			}
			return usage("%s is none of them", review.Quote(answer)).WithHint("type a number from the list, or name the key with --key")
		}
	}
	if a.interactive() {
		yes, err := a.confirm(ctx, "You have no key here that could sign. Make a new one in "+o.KeyDir+"?")
		if err != nil {
			return err
		}
		if !yes {
			return errDeclined
		}
	} else {
		a.say("No key was named and no agent holds one: a new Ed25519 key is made in %s", o.KeyDir)
	}
	in.Generate = true
	return nil
}

// commaList splits values that hold commas and drops blanks.
func commaList(in []string) []string {
	var out []string
	for _, s := range in {
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
