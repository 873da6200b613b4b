package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Anchored is a head that somebody outside was given (ledger.md 3.8). JSON names are contracts for scripts.
type Anchored struct {
	Entry       review.EntryIndex `json:"entry"` // the anchor
	Type        string            `json:"type"`  // receipt, witness, timestamp
	Holder      string            `json:"holder"`
	Size        int64             `json:"size"` // of the head
	Root        string            `json:"root"`
	TokenSHA256 string            `json:"token_sha256,omitempty"`
	TokenTime   time.Time         `json:"token_time,omitzero"`
	Known       bool              `json:"known,omitempty"`      // it was noted before, and nothing was appended
	Checkpoint  string            `json:"checkpoint,omitempty"` // the signed note of the head, where it was asked for
}

// settingOutsideTime is the latest time that an outside proof states, so that no statement is signed as older than a proof
// its signer had seen (ledger.md 6, step 16).
const settingOutsideTime = "outside-time"

// maxHolder bounds the name of whom a head was given to (rulings 10).
const maxHolder = 8192

// AnchorReceipt notes that a head was given to somebody: the head of the note, which must be one of this ledger, or with
// no note the newest. The head's signed note is kept, so that evidence can carry it.
func (d *Desk) AnchorReceipt(ctx context.Context, holder string, note []byte) (Anchored, error) {
	head, err := d.db.Head(ctx)
	if err == nil && note != nil {
		head, err = d.ownHead(ctx, note)
	}
	if err != nil {
		return Anchored{}, err
	}
	kept, err := d.noteOf(ctx, head)
	if err != nil {
		return Anchored{}, err
	}
	a, err := d.anchor(ctx, &ledger.Anchor{Size: head.Size, Root: head.Root, Type: ledger.AnchorReceipt, Holder: holder}, nil, kept)
	a.Checkpoint = string(kept)
	return a, err
}

// ownHead gives the head of a signed note, which must be signed by this ledger's note key and be a head the ledger has or
// had.
func (d *Desk) ownHead(ctx context.Context, note []byte) (ledger.Head, error) {
	vkey, err := d.VKey()
	if err != nil {
		return ledger.Head{}, err
	}
	c, err := ledger.VerifyCheckpoint(note, vkey)
	if err != nil {
		return ledger.Head{}, outside(err, "a head is what `tickmark ledger checkpoint` printed, byte for byte")
	}
	now, err := d.db.Head(ctx)
	if err != nil {
		return ledger.Head{}, err
	}
	if c.Size > now.Size {
		return ledger.Head{}, review.Errorf(review.KindRefused, "that head has %d entries, but this ledger only %d", c.Size, now.Size).
			WithHint("entries were taken away since it was signed: find the newer database, and tell your auditor").WithReason("rollback")
	}
	head, err := d.headAt(ctx, c.Size)
	if err == nil && head != c.Head {
		err = review.Errorf(review.KindRefused, "this ledger never had that head of %d entries", c.Size).
			WithHint("the record was rewritten since it was signed: keep both, and tell your auditor").WithReason("rewrite")
	}
	return head, err
}

// anchor appends an anchor with what its holder gave, which is kept by its hash, and the head's note. A token that is kept
// already was noted before.
func (d *Desk) anchor(ctx context.Context, a *ledger.Anchor, token, note []byte) (Anchored, error) {
	a.Log = d.log
	if strings.TrimSpace(a.Holder) == "" || len(a.Holder) > maxHolder {
		return Anchored{}, review.Errorf(review.KindUsage, "it is not said who holds the head").WithHint("name somebody outside, in at most %d bytes: --holder 'Dana, external auditor'", maxHolder)
	}
	if token != nil {
		a.TokenSHA256 = ledger.Sum(token)
		if known, ok, err := d.knownToken(ctx, a.TokenSHA256); ok || err != nil {
			return known, err
		}
	}
	text, err := ledger.Format(a)
	if err != nil {
		return Anchored{}, review.Errorf(review.KindUsage, "the anchor cannot be written: %s", review.Safe(err.Error())).WithHint("say whom it was given to in plain words")
	}
	for {
		now, err := d.db.Head(ctx)
		if err != nil {
			return Anchored{}, err
		}
		latest, err := d.outsideTime(ctx)
		if err != nil {
			return Anchored{}, err
		}
		head, err := d.db.Append(ctx, now, [][]byte{text}, func(tx *store.Tx) error {
			if token != nil {
				if _, err := tx.PutFile(token); err != nil {
					return err
				}
			}
			if a.TokenTime.After(latest) {
				if err := tx.SetSetting("", settingOutsideTime, stamp(a.TokenTime)); err != nil {
					return err
				}
			}
			return tx.PutNote(a.Size, note)
		})
		if err == nil {
			d.noteSeen(seen{Head: head})
			return anchored(review.EntryIndex(now.Size), a), nil
		}
		if moved, err2 := d.db.Head(ctx); review.KindOf(err) != review.KindConflict || err2 != nil || moved == now {
			return Anchored{}, err
		}
	}
}

func anchored(entry review.EntryIndex, a *ledger.Anchor) Anchored {
	out := Anchored{Entry: entry, Type: a.Type, Holder: a.Holder, Size: a.Size, Root: a.Root.Base64(), TokenTime: a.TokenTime}
	if !a.TokenSHA256.IsZero() {
		out.TokenSHA256 = a.TokenSHA256.String()
	}
	return out
}

// Anchors lists the heads that were given to somebody outside, oldest first.
func (d *Desk) Anchors(ctx context.Context) ([]Anchored, error) {
	var out []Anchored
	err := d.db.EntriesOf(ctx, ledger.KindAnchor, func(e store.Entry) error {
		v, _, _, err := ledger.ParseEntry(e.Bytes)
		if a, ok := v.(*ledger.Anchor); ok && err == nil {
			out = append(out, anchored(e.Index, a))
			return nil
		}
		return internal("an anchor cannot be read", err)
	})
	return out, err
}

// furthest is the one of two that covers more of the ledger; of equals the newer.
func furthest(o *review.Outside, a Anchored) *review.Outside {
	if o != nil && o.Size > a.Size {
		return o
	}
	return &review.Outside{Entry: a.Entry, Size: a.Size, Type: a.Type, Holder: review.Safe(a.Holder), Time: a.TokenTime}
}

func (d *Desk) knownToken(ctx context.Context, sha256 ledger.Hash) (Anchored, bool, error) {
	if _, err := d.db.File(ctx, sha256); err != nil {
		if review.KindOf(err) == review.KindNotFound {
			err = nil
		}
		return Anchored{}, false, err
	}
	all, err := d.Anchors(ctx)
	if err != nil {
		return Anchored{}, false, err
	}
	i := slices.IndexFunc(all, func(a Anchored) bool { return a.TokenSHA256 == sha256.String() })
	if i < 0 {
		return Anchored{}, false, nil
	}
	all[i].Known = true
	return all[i], true, nil
}

// provenAt is for a head that an outside party knew at a time. It refuses what a verifier would call a contradiction:
// statements below that head that claim to be younger, and a time that this computer's clock has not reached.
func (d *Desk) provenAt(ctx context.Context, head ledger.Head, at time.Time) error {
	latest, err := d.db.LatestTime(ctx, head.Size)
	if err != nil {
		return err
	}
	if latest.After(at) {
		return review.Errorf(review.KindRefused, "the proof is of %s, but the ledger below it holds a statement of %s", stamp(at), stamp(latest)).
			WithHint("this computer's clock was ahead when that was signed; set it right and have the newest head proven, which covers it as well").WithReason("clock")
	}
	// A time stamp of the current second may round up to the next.
	const patience = 2 * time.Second
	if ahead := at.Sub(d.Now()); ahead > 0 && ahead <= patience {
		select {
		case <-time.After(ahead):
		case <-ctx.Done():
			return cancelled()
		}
	} else if ahead > patience {
		return review.Errorf(review.KindRefused, "the proof is of %s, but this computer's clock says %s", stamp(at), stamp(d.Now())).
			WithHint("set the clock right, then hand the proof in again: statements signed before that time would contradict it").WithReason("clock")
	}
	return nil
}

// outsideTime is the latest time that an anchor of this ledger states; zero if none does.
func (d *Desk) outsideTime(ctx context.Context) (time.Time, error) {
	s, err := d.db.Setting(ctx, "", settingOutsideTime)
	if err != nil || s == "" {
		return time.Time{}, err
	}
	return ledger.ParseTime(s)
}

// outside turns a failure of something that came from outside into an error for people.
func outside(err error, hint string) error {
	var f *ledger.Failure
	if !errors.As(err, &f) {
		return err
	}
	return review.Errorf(review.KindRefused, "%s", f.Words).WithHint("%s", hint)
}
