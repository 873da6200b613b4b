package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tickmark/ledger"
	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/store"
)

// DetachResult says what was written to be signed on another computer.
type DetachResult struct {
	File      string            `json:"file"`
	Campaign  review.CampaignID `json:"campaign"`
	Act       review.Act        `json:"act"`
	Records   int               `json:"records"`
	Tally     []review.Count    `json:"tally"`
	Namespace string            `json:"namespace"`
	Command   string            `json:"command"` // what to run on the other computer
	More      int               `json:"more"`    // staged records that this file does not cover
}

// frozen is what a freeze remembers beside statement and records.
type frozen struct {
	File string
	Key  string
}

// Detach writes the statement over the first staged bundle to a file, exactly the bytes for ssh-keygen -Y sign. It freezes
// its records: changing one, or any other signature by the same person, voids the file (rulings 18).
func (d *Desk) Detach(ctx context.Context, file string) (DetachResult, error) {
	var res DetachResult
	if err := d.mustSign(); err != nil {
		return res, err
	}
	d.signing.Lock()
	defer d.signing.Unlock()
	bundles, err := d.Staged(ctx)
	if err != nil {
		return res, err
	}
	if len(bundles) == 0 {
		return res, review.Errorf(review.KindUsage, "nothing is staged, so there is nothing to sign").WithHint("stage verdicts first")
	}
	if _, err := os.Lstat(file); err == nil {
		return res, review.Errorf(review.KindExists, "there is a file at %s already", review.Safe(file)).WithHint("name another")
	}
	first := bundles[0]
	seen, err := d.db.Head(ctx)
	if err != nil {
		return res, err
	}
	now, err := d.statementTime(ctx, seen.Size)
	if err != nil {
		return res, err
	}
	b, err := d.assemble(ctx, first.Campaign, first.Act, now)
	if err != nil {
		return res, err
	}
	namespace := ledger.NamespaceOf(b.statement)
	key, err := d.detachedKey(ctx, namespace, now)
	if err != nil {
		return res, err
	}
	chain, err := d.db.Signer(ctx, d.Me())
	if err != nil {
		return res, err
	}
	b.statement.Sig = ledger.Sig{Signer: string(d.Me()), Key: key, Via: keys.ViaDetached, Seq: chain.Seq + 1, Prev: chain.Prev, Time: now, Seen: seen}
	b.statement.Meaning = ledger.MeaningOf(b.statement)
	text, err := ledger.Format(b.statement)
	if err != nil {
		return res, internal("the statement cannot be written", err)
	}
	records, err := formatAll(b.records)
	if err != nil {
		return res, err
	}
	f := store.Freeze{By: d.Me(), Campaign: first.Campaign, Act: first.Act, Statement: text, Records: records, At: now, Payload: marshal(frozen{File: filepath.Base(file), Key: key})}
	for _, v := range b.verdicts {
		f.Items, f.Facts = append(f.Items, v.Item), append(f.Facts, v.Facts)
	}
	for _, a := range b.acts {
		f.Acts = append(f.Acts, a.ID)
	}
	if err := d.db.PutFreeze(ctx, f); err != nil {
		return res, err
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return res, errors.Join(fileError(file, err), d.db.DropFreeze(ctx, d.Me()))
	}
	total := 0
	for _, x := range bundles {
		total += x.Records
	}
	return DetachResult{File: file, Campaign: first.Campaign, Act: first.Act, Records: len(records), Tally: b.tally, Namespace: namespace,
		Command: fmt.Sprintf("ssh-keygen -Y sign -n %s -f KEY %s", namespace, filepath.Base(file)), More: total - len(records)}, nil
}

// detachedKey is the fingerprint the statement names: the key asked for, else the person's only enrolled one.
func (d *Desk) detachedKey(ctx context.Context, namespace string, now time.Time) (string, error) {
	roster, err := d.roster(ctx)
	if err != nil {
		return "", err
	}
	lines := usable(roster, d.Me(), namespace, now)
	if named := firstOf(d.o.Key, d.o.Config.Key); named != "" {
		print, err := fingerprintNamed(named)
		if err != nil {
			return "", err
		}
		for _, l := range lines {
			if l.Fingerprint() == print {
				return print, nil
			}
		}
		return "", review.Errorf(review.KindKey, "the key %s is not %s's for the role %q", print, d.Me(), roleOf(namespace)).WithHint("`tickmark key list`").WithReason("not-on-roster")
	}
	switch len(lines) {
	case 0:
		return "", d.noRole(roster, d.Me(), namespace)
	case 1:
		return lines[0].Fingerprint(), nil
	}
	return "", review.Errorf(review.KindUsage, "%s has %d enrolled keys", d.Me(), len(lines)).WithHint("say which one will sign with --key FINGERPRINT")
}

// Submit finishes a detached bundle with the signature made elsewhere.
func (d *Desk) Submit(ctx context.Context, sigFile string) (review.Receipt, error) {
	if err := d.mustSign(); err != nil {
		return review.Receipt{}, err
	}
	armored, err := os.ReadFile(sigFile)
	if err != nil {
		return review.Receipt{}, fileError(sigFile, err)
	}
	d.signing.Lock()
	defer d.signing.Unlock()
	f, err := d.db.FreezeOf(ctx, d.Me())
	if review.KindOf(err) == review.KindNotFound {
		return review.Receipt{}, review.Errorf(review.KindConflict, "no detached file of yours is waiting for a signature").
			WithHint("it was submitted already, or never written: `tickmark sign --detached FILE` writes one").WithReason("submitted")
	}
	if err != nil {
		return review.Receipt{}, err
	}
	if f.Void != "" {
		return review.Receipt{}, review.Errorf(review.KindConflict, "the detached file is void: %s", f.Void).WithHint("write it again with `tickmark sign --detached FILE`").WithReason("void")
	}
	var p frozen
	if err := json.Unmarshal(f.Payload, &p); err != nil {
		return review.Receipt{}, internal("the detached bundle cannot be read", err)
	}
	v, err := ledger.Parse(f.Statement)
	if err != nil {
		return review.Receipt{}, internal("the detached statement cannot be read", err)
	}
	statement, ok := v.(*ledger.Bundle)
	if !ok {
		return review.Receipt{}, internal("the detached statement is no bundle", errors.New(string(ledger.KindOf(f.Statement))))
	}
	namespace := ledger.NamespaceOf(statement)
	sig, err := keys.AcceptDetached(namespace, f.Statement, armored, p.Key)
	if err != nil {
		return review.Receipt{}, keyError(err)
	}
	entry, err := ledger.JoinEntry(f.Statement, sig)
	if err != nil {
		return review.Receipt{}, internal("the entry cannot be written", err)
	}
	done, err := d.appendFrozen(ctx, f, statement, entry)
	return done.receipt, err
}

func (d *Desk) appendFrozen(ctx context.Context, f store.Freeze, st *ledger.Bundle, entry []byte) (appended, error) {
	verdicts, err := d.db.StagedOn(ctx, d.Me(), f.Items)
	if err != nil {
		return appended{}, err
	}
	for i, v := range verdicts {
		if i < len(f.Facts) && !bytes.Equal(v.Facts, f.Facts[i]) {
			return appended{}, review.Errorf(review.KindConflict, "what the detached file covers changed meanwhile").WithHint("write it again").WithReason("void")
		}
	}
	roster, err := d.roster(ctx)
	if err != nil {
		return appended{}, err
	}
	if _, err := roster.AllowFingerprint(st.Signer, st.Key, ledger.NamespaceOf(st), st.Time); err != nil {
		return appended{}, review.Errorf(review.KindKey, "the roster does not allow this key any more: %s", review.Safe(err.Error())).WithHint("`tickmark key list`")
	}
	entries := append(append([][]byte{}, f.Records...), entry)
	for {
		head, err := d.db.Head(ctx)
		if err != nil {
			return appended{}, err
		}
		if latest, err := d.db.LatestTime(ctx, head.Size); err != nil {
			return appended{}, err
		} else if st.Time.Before(latest.Add(-7 * 24 * time.Hour)) {
			return appended{}, review.Errorf(review.KindRefused, "the detached file is more than seven days older than the newest statement").WithHint("write it again and sign it soon").WithReason("clock")
		}
		done := appended{entry: head.Size + int64(len(f.Records)), records: len(f.Records), time: st.Time}
		_, err = d.db.Append(ctx, head, entries, func(tx *store.Tx) error {
			if err := tx.TakeFreeze(f); err != nil {
				return err
			}
			if len(verdicts) > 0 {
				if err := tx.TakeStaged(verdicts); err != nil {
					return err
				}
			}
			if len(f.Acts) > 0 {
				if err := tx.TakeActs(f.Acts); err != nil {
					return err
				}
			}
			return d.putReceipt(tx, &done, func(r *review.Receipt) {
				r.Campaign, r.Act = f.Campaign, f.Act
				if count, err := ledger.ParseTally(st.Act, st.Tally); err == nil {
					r.Tally = tally(f.Act, count)
				}
			})
		})
		if review.KindOf(err) == review.KindConflict {
			if now, err2 := d.db.Head(ctx); err2 == nil && now != head {
				continue
			}
		}
		if err != nil {
			return appended{}, err
		}
		d.keep(done)
		d.forget()
		return done, nil
	}
}
