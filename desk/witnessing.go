package desk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// Witness is the other side: somebody outside, such as an auditor, who keeps the newest head they were shown of each
// ledger and cosigns a later one only if it extends that (C2SP cosignature/v1). All of it is one small file on their own
// computer; there is no database.
type Witness struct {
	path  string
	skey  string
	Name  string
	Key   string          // the public key, one line
	Heads []WitnessedHead // in the order they were first seen
}

// WitnessedHead is the newest head of a ledger that a witness cosigned. JSON names are contracts for scripts.
type WitnessedHead struct {
	Log  string    `json:"log"`
	Size int64     `json:"size"`
	Root string    `json:"root"`
	Time time.Time `json:"time"` // of the cosignature
	VKey string    `json:"vkey"` // the ledger's note key
}

// witnessBegin is the first line of the file. The secret key is the second, the number of ledgers the third; then comes a
// line for each: name, size, root, time, note key.
const witnessBegin = "tickmark witness v1"

// InitWitness makes a witness with a new key.
func InitWitness(path, name string, random io.Reader) (*Witness, error) {
	skey, vkey, err := ledger.GenerateWitnessKey(name, random)
	if err != nil {
		return nil, review.Errorf(review.KindUsage, "%s cannot be the name of a witness", review.Quote(name)).
			WithHint("a name without blanks and plus signs that says who it is, such as audit.example/dana")
	}
	w := &Witness{path: path, skey: skey, Name: name, Key: vkey}
	err = underLock(filepath.Dir(path), func() error {
		if _, err := os.Lstat(path); err == nil {
			return review.Errorf(review.KindExists, "there is a file at %s already", review.Safe(path)).
				WithHint("`tickmark ledger witness list` shows it; --state FILE names another")
		}
		return w.save()
	})
	return w, w.trouble(err)
}

// OpenWitness reads a witness.
func OpenWitness(path string) (*Witness, error) {
	w := &Witness{path: path}
	return w, w.trouble(w.load())
}

// trouble words errors of the machine.
func (w *Witness) trouble(err error) error {
	var known *review.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return review.Errorf(review.KindNotFound, "there is no witness at %s", review.Safe(w.path)).
			WithHint("make one: `tickmark ledger witness init --name audit.example/dana`")
	}
	return review.Errorf(review.KindIO, "the witness at %s cannot be used: %w", review.Safe(w.path), err).WithHint("look at permissions and free space")
}

func (w *Witness) save() error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\nheads: %d\n", witnessBegin, w.skey, len(w.Heads))
	for _, h := range w.Heads {
		b.WriteString(strings.Join([]string{h.Log, ledger.Head{Size: h.Size, Root: h.hash()}.String(), ledger.FormatTime(h.Time), h.VKey}, " ") + "\n")
	}
	return replaceFile(w.path, []byte(b.String()))
}

func (h WitnessedHead) hash() ledger.Hash {
	root, _ := ledger.ParseTree(h.Root) // it was made from one
	return root
}

func (w *Witness) load() error {
	b, err := os.ReadFile(w.path)
	if err != nil {
		return err
	}
	damaged := review.Errorf(review.KindIO, "the witness at %s is damaged", review.Safe(w.path)).
		WithHint("put it back from your backup; without it nobody can tell whether a head extends the one you cosigned last")
	rest, ok := strings.CutPrefix(string(b), witnessBegin+"\n")
	lines := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	if !ok || !strings.HasSuffix(rest, "\n") || len(lines) < 2 || lines[1] != fmt.Sprintf("heads: %d", len(lines)-2) {
		return damaged
	}
	w.skey = lines[0]
	if w.Key, err = ledger.WitnessKey(w.skey); err != nil {
		return damaged
	}
	if _, w.Name, err = ledger.ParseWitnessKey([]byte(w.Key)); err != nil {
		return damaged
	}
	w.Heads = nil
	for _, line := range lines[2:] {
		f := strings.Split(line, " ")
		if len(f) != 5 {
			return damaged
		}
		head, err := ledger.ParseHead(f[1] + " " + f[2])
		at, err2 := ledger.ParseTime(f[3])
		vkey, err3 := ledger.ParseVerifierKey([]byte(f[4]))
		if err := errors.Join(err, err2, err3); err != nil || !ledger.ValidLog(f[0]) {
			return damaged
		}
		w.Heads = append(w.Heads, WitnessedHead{Log: f[0], Size: head.Size, Root: head.Root.Base64(), Time: at, VKey: vkey})
	}
	return nil
}

// Sign cosigns a head and remembers it. The first head of a ledger is taken on trust, under the note key in vkey, which is
// remembered ("" afterwards). A later one must extend it, and consistency, RFC 6962 hashes one per line, proves that. What
// is remembered is on the disk before the cosigned note is given away, so that no two heads are ever cosigned of which
// neither extends the other.
func (w *Witness) Sign(note []byte, vkey string, consistency []byte, now time.Time) (cosigned []byte, head WitnessedHead, err error) {
	err = underLock(filepath.Dir(w.path), func() error {
		if err := w.load(); err != nil {
			return err
		}
		var at int
		if head, at, err = w.judge(note, vkey, consistency, now.UTC().Truncate(time.Second)); err != nil {
			return err
		}
		if cosigned, err = ledger.Cosign(note, w.skey, head.Time); err != nil {
			return outside(err, "hand in the note as `tickmark ledger checkpoint` printed it")
		}
		if at == len(w.Heads) {
			w.Heads = append(w.Heads, head)
		} else {
			w.Heads[at] = head
		}
		return w.save()
	})
	if err != nil {
		return nil, head, w.trouble(err)
	}
	return cosigned, head, nil
}

// judge says whether a head may be cosigned, and gives what is to be remembered and its place.
func (w *Witness) judge(note []byte, vkey string, consistency []byte, now time.Time) (head WitnessedHead, at int, err error) {
	_, log, err := ReadHeads(note, "the note")
	if err != nil {
		return head, 0, err
	}
	at = len(w.Heads)
	var last WitnessedHead
	for i, h := range w.Heads {
		if h.Log == log {
			at, last = i, h
		}
	}
	switch {
	case last.Log == "" && vkey == "":
		return head, at, review.Errorf(review.KindUsage, "you have not seen the ledger %s before, so its note key is needed", log).
			WithHint("ask the organisation for it (`tickmark ledger vkey`) by a way of its own, and name it with --vkey FILE")
	case last.Log != "" && vkey != "" && vkey != last.VKey:
		return head, at, review.Errorf(review.KindRefused, "that is not the note key you know of the ledger %s", log).
			WithHint("ask the organisation why it changed: a ledger keeps its note key").WithReason("vkey")
	case vkey == "":
		vkey = last.VKey
	}
	c, err := ledger.VerifyCheckpoint(note, vkey)
	if err != nil {
		return head, at, outside(err, "hand in the note as `tickmark ledger checkpoint` printed it")
	}
	head = WitnessedHead{Log: c.Origin, Size: c.Size, Root: c.Root.Base64(), Time: now, VKey: vkey}
	if last.Log == "" {
		return head, at, nil
	}
	old := ledger.Head{Size: last.Size, Root: last.hash()}
	const fork = "two heads signed by the same note key of which neither extends the other prove it: keep the note, and ask the organisation"
	switch {
	case now.Before(last.Time):
		err = review.Errorf(review.KindRefused, "this computer's clock says %s, but you cosigned this ledger at %s", stamp(now), stamp(last.Time)).
			WithHint("set the clock right").WithReason("clock")
	case c.Size < old.Size:
		err = review.Errorf(review.KindRefused, "the head has %d entries, but you cosigned one with %d", c.Size, old.Size).
			WithHint("it is an older note, or entries were taken away; ask for the newest").WithReason("rollback")
	case c.Size == old.Size && c.Root != old.Root:
		err = review.Errorf(review.KindRefused, "the head of %d entries is not the one you cosigned", c.Size).WithHint(fork).WithReason("rewrite")
	case c.Size > old.Size && consistency == nil:
		err = review.Errorf(review.KindUsage, "you cosigned the head of %d entries, so a proof is needed that this one extends it", old.Size).
			WithHint("the organisation makes it: `tickmark ledger consistency --from %d`; name it with --consistency FILE", old.Size)
	case c.Size > old.Size:
		var hashes []ledger.Hash
		if hashes, err = ledger.ParseHashes(consistency); err != nil {
			return head, at, outside(err, "a consistency proof is what `tickmark ledger consistency` prints")
		}
		if ledger.CheckConsistency(hashes, old, c.Head) != nil {
			err = review.Errorf(review.KindRefused, "the proof does not show that this head extends the one of %d entries that you cosigned", old.Size).
				WithHint("ask for a proof from %d to %d; if there is none, the record was rewritten", old.Size, c.Size).WithReason("rewrite")
		}
	}
	return head, at, err
}
