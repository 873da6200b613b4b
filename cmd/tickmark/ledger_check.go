package main

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/ledger"
	"tickmark/review"
)

func (a *app) ledgerCheck() *cobra.Command {
	var c headCheck
	cmd := &cobra.Command{
		Use: "check FILE --vkey FILE", Short: "check a head or a proof without a database",
		Long: `Checks what was given away: a signed head (ledger checkpoint), with --witness the lines of witnesses on it, with --earlier and --consistency that it extends an earlier head; or a proof of one entry (ledger prove) together with the entry's bytes (ledger show --raw).`,
		Example: `tickmark ledger check head-now --vkey ledger.vkey --earlier head-20 --consistency 20-to-now
tickmark ledger check 000007.tlog-proof --vkey ledger.vkey --entry 000007.txt`,
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "it holds"}, exitDoc{exitRefused, "it does not hold"}),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			reply, err := c.check(args[0])
			if err != nil {
				return err
			}
			if a.wantsJSON {
				return a.json(reply)
			}
			a.checkPage(reply)
			return nil
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&c.vkey, "vkey", "", "`FILE` with the ledger's note key, which you have by another way")
	fs.StringVar(&c.entry, "entry", "", "`FILE` with the bytes of the entry that is proved")
	fs.StringVar(&c.earlier, "earlier", "", "`FILE` with the earlier head")
	fs.StringVar(&c.consistency, "consistency", "", "`FILE` with the proof that the head extends it")
	fs.StringVar(&c.witness, "witness", "", "`FILE` with public keys of witnesses, one a line: each must have signed")
	return cmd
}

// headCheck is what check was given.
type headCheck struct{ vkey, entry, earlier, consistency, witness string }

// checkReply is what check answers to scripts: what holds.
type checkReply struct {
	OK        bool          `json:"ok"`
	Log       string        `json:"log"`
	Size      int64         `json:"size"`
	Root      string        `json:"root"`
	Entry     *int64        `json:"entry,omitempty"`
	LeafHash  string        `json:"leaf_hash,omitempty"`
	Earlier   *headReply    `json:"earlier,omitempty"`
	Witnesses []witnessLine `json:"witnesses,omitempty"`
}

type witnessLine struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"`
}

func (c *headCheck) check(name string) (checkReply, error) {
	var none checkReply
	file, err := readFile("FILE", name)
	if err != nil {
		return none, err
	}
	if c.vkey == "" {
		return none, usage("the ledger's note key is needed").WithHint("--vkey FILE; the organisation prints it with `tickmark ledger vkey`")
	}
	vkey, err := readVKey("--vkey", c.vkey)
	if err != nil {
		return none, err
	}
	if (c.earlier == "") != (c.consistency == "") {
		return none, usage("--earlier and --consistency belong together").WithHint("the proof leads from the earlier head to this one")
	}
	if bytes.HasPrefix(file, []byte("c2sp.org/tlog-proof")) {
		if c.earlier != "" || c.witness != "" {
			return none, usage("%s is a proof of an entry, not a head", review.Safe(name)).WithHint("it is checked with --entry FILE")
		}
		return c.inclusion(file, vkey)
	}
	if c.entry != "" {
		return none, usage("%s is no proof of an entry", review.Safe(name)).WithHint("`tickmark ledger prove ENTRY` makes one")
	}
	head, err := ledger.VerifyCheckpoint(file, vkey)
	if err != nil {
		return none, doesNotHold(err)
	}
	reply := checkReply{OK: true, Log: head.Origin, Size: head.Size, Root: head.Root.Base64()}
	if c.earlier != "" {
		if reply.Earlier, err = c.extends(head, vkey); err != nil {
			return none, err
		}
	}
	reply.Witnesses, err = c.cosigned(file)
	return reply, err
}

// inclusion checks a proof of one entry.
func (c *headCheck) inclusion(proof []byte, vkey string) (checkReply, error) {
	if c.entry == "" {
		return checkReply{}, usage("a proof of an entry needs the entry").WithHint("--entry FILE; `tickmark ledger show ENTRY --raw` prints its bytes, a pack has them in log/entries")
	}
	entry, err := readFile("--entry", c.entry)
	if err != nil {
		return checkReply{}, err
	}
	leaf := ledger.LeafHash(entry)
	index, head, err := ledger.VerifyProof(proof, leaf, vkey)
	if err != nil {
		return checkReply{}, doesNotHold(err)
	}
	return checkReply{OK: true, Log: head.Origin, Size: head.Size, Root: head.Root.Base64(), Entry: &index, LeafHash: leaf.Base64()}, nil
}

// extends checks that a head extends the earlier one.
func (c *headCheck) extends(now ledger.Checkpoint, vkey string) (*headReply, error) {
	file, err := readFile("--earlier", c.earlier)
	if err != nil {
		return nil, err
	}
	heads, log, err := desk.ReadHeads(file, c.earlier)
	if err != nil {
		return nil, err
	}
	if log != now.Origin {
		return nil, review.Errorf(review.KindRefused, "the earlier head is of the ledger %s, this one of %s", log, now.Origin).WithHint("compare heads of one ledger")
	}
	old := heads[len(heads)-1]
	if old.Note != nil {
		if _, err := ledger.VerifyCheckpoint(old.Note, vkey); err != nil {
			return nil, doesNotHold(err)
		}
	}
	text, err := readFile("--consistency", c.consistency)
	if err != nil {
		return nil, err
	}
	hashes, err := ledger.ParseHashes(text)
	if err == nil {
		err = ledger.CheckConsistency(hashes, old.Head, now.Head)
	}
	if err != nil {
		return nil, doesNotHold(err)
	}
	reply := headOf(old.Head)
	return &reply, nil
}

// cosigned checks the lines of witnesses on a head. Each of the keys given must have signed.
func (c *headCheck) cosigned(note []byte) ([]witnessLine, error) {
	if c.witness == "" {
		return nil, nil
	}
	keys, err := readWitnessKeys("--witness", c.witness)
	if err != nil {
		return nil, err
	}
	var out []witnessLine
	for _, key := range keys {
		_, name, err := ledger.ParseWitnessKey([]byte(key))
		if err != nil {
			return nil, doesNotHold(err)
		}
		_, at, err := ledger.VerifyCosignature(note, key)
		if err != nil {
			return nil, doesNotHold(err)
		}
		out = append(out, witnessLine{name, at})
	}
	return out, nil
}

func (a *app) checkPage(r checkReply) {
	switch {
	case r.Entry != nil:
		a.print("Entry %d with these bytes is under the head of %s of %s.\n", *r.Entry, plural(r.Size, "entry"), r.Log)
	case r.Earlier != nil:
		a.print("The head of %s of %s extends the one of %s.\n", plural(r.Size, "entry"), r.Log, plural(r.Earlier.Size, "entry"))
	default:
		a.print("The head of %s of %s is signed by the note key.\n", plural(r.Size, "entry"), r.Log)
	}
	a.facts("  root", r.Root)
	for _, w := range r.Witnesses {
		a.facts("  witness", w.Name+", "+minute(w.Time))
	}
}

// doesNotHold is a check that failed.
func doesNotHold(err error) error {
	var f *ledger.Failure
	if !errors.As(err, &f) {
		return err
	}
	return review.Errorf(review.KindRefused, "it does not hold: %s", f.Words).WithReason(string(f.Code)).
		WithHint("files must be as they were printed, byte for byte; otherwise ask the organisation what happened")
}

// readVKey reads a ledger's note key that an option names.
func readVKey(flag, name string) (string, error) {
	b, err := readFile(flag, name)
	if err != nil {
		return "", err
	}
	vkey, err := ledger.ParseVerifierKey([]byte(firstLine(b)))
	if err != nil {
		return "", usage("%s: %s holds no note key", flag, review.Safe(name)).WithHint("it is one line, name+hash+key: `tickmark ledger vkey` prints it")
	}
	return vkey, nil
}

// readWitnessKeys reads public keys of witnesses, one a line; empty lines and those that begin with # are left out.
func readWitnessKeys(flag, name string) ([]string, error) {
	const hint = "a key is one line, name+hash+key: `tickmark ledger witness list` prints it on the witness's computer"
	b, err := readFile(flag, name)
	if err != nil {
		return nil, err
	}
	var keys []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, _, err := ledger.ParseWitnessKey([]byte(line))
		if err != nil {
			return nil, usage("%s: %s holds a line that is no witness's key", flag, review.Safe(name)).WithHint(hint)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, usage("%s: %s holds no key of a witness", flag, review.Safe(name)).WithHint(hint)
	}
	return keys, nil
}

// mustBeLocal refuses verbs that work with files to whoever came over SSH.
func (a *app) mustBeLocal() error {
	if a.login != nil {
		return usage("this verb works with files, and files of the server cannot be named from outside").WithHint("run it on the computer where the files are")
	}
	return nil
}
