package main

import (
	"crypto/rand"
	"path/filepath"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

// witnessPath is where a witness's key and the heads it cosigned lie: on the witness's own computer, not the review host.
func witnessPath(state string) string {
	if state != "" {
		return state
	}
	return filepath.Join(dataDir(), "witness")
}

func (a *app) ledgerWitness() *cobra.Command {
	cmd := &cobra.Command{
		Use: "witness", Short: "heads kept and cosigned by somebody outside",
		Long: `A witness is somebody outside, such as an auditor, who keeps the newest head they were shown of each ledger and cosigns a later one only if it extends that (C2SP cosignature). Whoever trusts the witness then knows how old a head is at least, and that nobody was shown another ledger of that size.

init, sign and list work on the witness's own computer, without a database. add takes the cosigned head back into the ledger.`,
		Example: `tickmark ledger witness init --name audit.example/dana
tickmark ledger witness sign head-now --vkey ledger.vkey --output head-now.cosigned`,
		Annotations: exits(exitDoc{exitDone, "done"}),
	}
	return family(cmd, a.witnessInit(), a.witnessSign(), a.witnessList(), a.witnessAdd())
}

const stateUsage = "the witness's `FILE` (else in the XDG data folder)"

func (a *app) witnessInit() *cobra.Command {
	var state, name string
	cmd := &cobra.Command{
		Use: "init --name NAME", Short: "become a witness: a key of your own",
		Long:        `Makes a key and the small file that remembers which head of each ledger you cosigned last. Prints the public key; organisations name it with --witness, verifiers too. Keep the file: without it nobody can tell whether a head extends the one you cosigned last.`,
		Example:     "tickmark ledger witness init --name audit.example/dana",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "made; the public key is printed"}, exitDoc{exitUsage, "wrong use, or there is a witness already"}),
		RunE: func(*cobra.Command, []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			if name == "" {
				return usage("init needs --name").WithHint("a name that says who you are: --name audit.example/dana")
			}
			w, err := desk.InitWitness(witnessPath(state), name, rand.Reader)
			if err != nil {
				return err
			}
			if a.wantsJSON {
				return a.json(witnessReply{w.Name, w.Key, witnessPath(state), list(w.Heads)})
			}
			a.print("%s\n", w.Key)
			a.say("The secret key lies in %s.", witnessPath(state))
			return nil
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&name, "name", "", "the witness's `NAME`, such as audit.example/dana")
	fs.StringVar(&state, "state", "", stateUsage)
	return cmd
}

// witnessReply is a witness as scripts read it.
type witnessReply struct {
	Name  string               `json:"name"`
	VKey  string               `json:"vkey"`
	State string               `json:"state"`
	Heads []desk.WitnessedHead `json:"heads"`
}

func (a *app) witnessList() *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: "list", Short: "your public key, and the newest head of each ledger",
		Example:     "tickmark ledger witness list",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(*cobra.Command, []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			w, err := desk.OpenWitness(witnessPath(state))
			if err != nil {
				return err
			}
			if a.wantsJSON {
				return a.json(witnessReply{w.Name, w.Key, witnessPath(state), list(w.Heads)})
			}
			a.print("%s\n", w.Key)
			if len(w.Heads) == 0 {
				a.say("No head is cosigned yet.")
				return nil
			}
			a.print("\n")
			t := newTable("Ledger", ">Size", "Cosigned", "Root")
			for _, h := range w.Heads {
				t.row(h.Log, number(h.Size), minute(h.Time), h.Root)
			}
			a.table(t)
			return nil
		},
	}
	cmd.Flags().StringVar(&state, "state", "", stateUsage)
	return cmd
}

// cosignedReply is what sign answers to scripts.
type cosignedReply struct {
	desk.WitnessedHead
	Witness string `json:"witness"`
	File    string `json:"file,omitempty"`
	Note    string `json:"note,omitempty"`
}

func (a *app) witnessSign() *cobra.Command {
	var state, vkeyFile, consistency, output string
	cmd := &cobra.Command{
		Use: "sign HEAD --vkey FILE", Short: "cosign a head, if it extends the one you know",
		Long: `Checks the head of a ledger and adds your line to it. The first head of a ledger is taken on trust, under the note key in --vkey, which is remembered. A later head is refused unless --consistency proves that it extends the one you cosigned last: the organisation makes that proof with ` + "`tickmark ledger consistency --from SIZE`" + `, and witness list shows the size.

What you cosigned is kept before the line is given away.`,
		Example: `tickmark ledger witness sign head-20 --vkey ledger.vkey --output head-20.cosigned
tickmark ledger witness sign head-31 --consistency 20-to-31 --output head-31.cosigned`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "cosigned; the note with your line is printed"},
			exitDoc{exitUsage, "wrong use; or the note key or a proof is needed and not given"},
			exitDoc{exitRefused, "the head does not extend the one you know, or is not signed by the ledger's note key"},
		),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			note, err := readFile("HEAD", args[0])
			if err != nil {
				return err
			}
			vkey := ""
			if vkeyFile != "" {
				if vkey, err = readVKey("--vkey", vkeyFile); err != nil {
					return err
				}
			}
			var proof []byte
			if consistency != "" {
				if proof, err = readFile("--consistency", consistency); err != nil {
					return err
				}
				if proof == nil {
					proof = []byte{}
				}
			}
			if err := mustBeNew(output); err != nil {
				return err
			}
			w, err := desk.OpenWitness(witnessPath(state))
			if err != nil {
				return err
			}
			cosigned, head, err := w.Sign(note, vkey, proof, a.now())
			if err != nil {
				return err
			}
			reply := cosignedReply{WitnessedHead: head, Witness: w.Name, File: output}
			if output != "" {
				if err := a.writeNew(output, cosigned); err != nil {
					return err
				}
			} else {
				reply.Note = string(cosigned)
			}
			if a.wantsJSON {
				return a.json(reply)
			}
			if output == "" {
				a.write(cosigned)
			}
			a.say("%s cosigned the head of %s of %s.", w.Name, plural(head.Size, "entry"), head.Log)
			return nil
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&vkeyFile, "vkey", "", "`FILE` with the ledger's note key (needed for its first head)")
	fs.StringVar(&consistency, "consistency", "", "`FILE` with the proof that the head extends the one you know")
	fs.StringVar(&state, "state", "", stateUsage)
	fs.StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}

func (a *app) witnessAdd() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use: "add NOTE --witness FILE", Short: "take a cosigned head back into the ledger",
		Long:    `Checks the lines of witnesses on a head of this ledger, keeps them with it and notes them as anchors; packs carry them. A witness's public key is named once with --witness and remembered. Handing the same note in again changes nothing.`,
		Example: "tickmark ledger witness add head-20.cosigned --witness dana.witness",
		Args:    between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "noted"},
			exitDoc{exitAttention, "noted, but a line of a witness that is not known was left out"},
			exitDoc{exitRefused, "a line does not fit, no witness is known, or the ledger never had that head"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			note, err := readFile("NOTE", args[0])
			if err != nil {
				return err
			}
			var keys []string
			if keyFile != "" {
				if keys, err = readWitnessKeys("--witness", keyFile); err != nil {
					return err
				}
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				added, unknown, err := d.AddWitness(cmd.Context(), note, keys)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					if err := a.json(added); err != nil {
						return err
					}
				} else {
					for _, x := range added {
						a.print("%s\n", review.Safe(anchorWords(x)))
					}
				}
				if unknown > 0 {
					return attention("%s of a witness that is not known here was left out", plural(unknown, "line")).withHint("name its key with --witness FILE")
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&keyFile, "witness", "", "`FILE` with public keys of witnesses, one a line")
	return cmd
}
