package desk

import (
	"context"
	"errors"
	"time"

	"tickmark/ledger"
	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/store"
)

// clockSlack is how far a statement's time may lie before the newest time the signer saw (ledger.md 6, step 16).
const clockSlack = 120 * time.Second

// signedAct is one statement to be signed and appended, with the records it covers.
type signedAct struct {
	// prepare builds the records and the statement, a pointer to a signed kind, for the head the signer sees. It fills
	// everything but the signature block. It runs again if the act must be signed anew.
	prepare func(ctx context.Context, seen ledger.Head, now time.Time) (records []any, statement any, err error)
	// stillGood says whether what was prepared may follow entries that others appended meanwhile. nil: it must be
	// prepared and signed again.
	stillGood func(ctx context.Context) (bool, error)
	// within changes the store in the transaction that appends; first is the index of the first record, entry that of
	// the statement.
	within func(tx *store.Tx, first, entry int64) error
	// describe adds to the receipt what the act alone knows. nil: nothing.
	describe func(*review.Receipt)
	// except is the fingerprint of a key that must not sign; may be empty.
	except string
	// passphrase was typed where the act was confirmed; empty: the desk asks if one is needed.
	passphrase []byte
}

// appended is where an act landed.
type appended struct {
	entry   int64 // index of the statement
	records int
	head    ledger.Head
	tree    *ledger.Tree // of head
	time    time.Time
	receipt review.Receipt
}

// sign prepares, signs and appends one act of this person. No lock of the database is held while the key is waited for.
func (d *Desk) sign(ctx context.Context, act signedAct) (appended, error) {
	d.signing.Lock()
	defer d.signing.Unlock()
	const attempts = 8
	for range attempts {
		done, again, err := d.signOnce(ctx, act)
		if err != nil || !again {
			return done, err
		}
	}
	return appended{}, review.Errorf(review.KindConflict, "others kept writing to the ledger while this was being signed").
		WithHint("nothing was changed; try again")
}

func (d *Desk) signOnce(ctx context.Context, act signedAct) (done appended, again bool, err error) {
	seen, err := d.db.Head(ctx)
	if err != nil {
		return done, false, err
	}
	now, err := d.statementTime(ctx, seen.Size)
	if err != nil {
		return done, false, err
	}
	records, statement, err := act.prepare(ctx, seen, now)
	if err != nil {
		return done, false, err
	}
	q, err := d.demandOf(ctx, statement, now)
	if err != nil {
		return done, false, err
	}
	q.passphrase, q.except = act.passphrase, act.except
	signer, err := d.signerFor(ctx, q)
	if err != nil {
		return done, false, err
	}
	sig := ledger.SigOf(statement)
	chain, err := d.db.Signer(ctx, d.Me())
	if err != nil {
		return done, false, err
	}
	*sig = ledger.Sig{Signer: string(d.Me()), Key: signer.Fingerprint(), Via: signer.Via(), Seq: chain.Seq + 1, Prev: chain.Prev, Time: now, Seen: seen}

	entries, err := formatAll(records)
	if err != nil {
		return done, false, err
	}
	entry, err := signStatement(ctx, signer, statement)
	if err != nil {
		return done, false, err
	}
	if _, armored := ledger.SplitEntry(entry); armored != nil {
		if err := q.check(armored); err != nil {
			return done, false, err
		}
	}
	entries = append(entries, entry)

	roster, err := d.db.RosterAt(ctx, review.EntryIndex(seen.Size))
	if err != nil {
		return done, false, err
	}
	expect := seen
	for {
		first := expect.Size
		last := first + int64(len(records))
		done = appended{entry: last, records: len(records), time: now}
		_, err := d.db.Append(ctx, expect, entries, func(tx *store.Tx) error {
			if act.within != nil {
				if err := act.within(tx, first, last); err != nil {
					return err
				}
			}
			return d.putReceipt(tx, &done, act.describe)
		})
		if err == nil {
			d.keep(done)
			d.forget()
			return done, false, nil
		}
		if review.KindOf(err) != review.KindConflict {
			return done, false, err
		}
		good, err2 := d.mayFollow(ctx, act, chain.Seq, roster.Entry)
		if err2 != nil {
			return done, false, err2
		}
		if !good {
			return done, true, nil
		}
		if expect, err = d.db.Head(ctx); err != nil {
			return done, false, err
		}
	}
}

// mayFollow says whether a signed statement may be appended although the head moved: nothing of this signer and no roster
// came in between, and what the act rests on still holds.
func (d *Desk) mayFollow(ctx context.Context, act signedAct, seq int64, roster review.EntryIndex) (bool, error) {
	if act.stillGood == nil {
		return false, nil
	}
	now, err := d.db.Signer(ctx, d.Me())
	if err != nil || now.Seq != seq {
		return false, err
	}
	if in, err := d.db.Roster(ctx); err != nil || in.Entry != roster {
		return false, err
	}
	return act.stillGood(ctx)
}

// always is for acts that rest on nothing but what their signer had seen and the roster: nobody needs to touch a key again
// because somebody else decided something.
func always(context.Context) (bool, error) { return true, nil }

// statementTime is the clock, refused where the ledger's own rule would refuse the statement afterwards.
func (d *Desk) statementTime(ctx context.Context, size int64) (time.Time, error) {
	now := d.Now()
	latest, err := d.db.LatestTime(ctx, size)
	if err != nil {
		return now, err
	}
	if now.Before(latest.Add(-clockSlack)) {
		return now, review.Errorf(review.KindRefused, "this computer's clock says %s, but the ledger holds a statement of %s", stamp(now), stamp(latest)).
			WithHint("set the clock right and sign again; everything staged is kept").WithReason("clock")
	}
	proven, err := d.outsideTime(ctx)
	if err == nil && now.Before(proven) {
		err = review.Errorf(review.KindRefused, "this computer's clock says %s, but the ledger holds an outside proof of %s", stamp(now), stamp(proven)).
			WithHint("set the clock right and sign again; everything staged is kept").WithReason("clock")
	}
	return now, err
}

// signStatement signs one statement and gives the entry's bytes. The signer checks what it gets.
func signStatement(ctx context.Context, signer keys.Signer, statement any) ([]byte, error) {
	ledger.SigOf(statement).Meaning = ledger.MeaningOf(statement)
	text, err := ledger.Format(statement)
	if err != nil {
		return nil, internal("the statement cannot be written", err)
	}
	armored, err := signer.Sign(ctx, ledger.NamespaceOf(statement), text)
	if err != nil {
		return nil, keyError(err)
	}
	return ledger.JoinEntry(text, armored)
}

func formatAll(records []any) ([][]byte, error) {
	out := make([][]byte, 0, len(records)+1)
	for _, r := range records {
		text, err := ledger.Format(r)
		if err != nil {
			return nil, internal("a record cannot be written", err)
		}
		out = append(out, text)
	}
	return out, nil
}

// putReceipt completes an act with the head it leaves and its receipt, which is stored with it: an act that is in the
// ledger has its receipt.
func (d *Desk) putReceipt(tx *store.Tx, done *appended, describe func(*review.Receipt)) error {
	var err error
	if done.tree, err = tx.Tree(); err != nil {
		return err
	}
	done.head = done.tree.Head()
	done.receipt = d.receiptOf(*done, describe)
	return tx.PutReceipt(d.Me(), done.receipt)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// internal wraps what should not happen.
func internal(what string, err error) error {
	var e *review.Error
	if errors.As(err, &e) {
		return err
	}
	return review.Errorf(review.KindInternal, "%s: %w", what, err).WithHint("nothing was changed; please report this with the command you ran")
}
