package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

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
	File        string
	Key         string // fingerprint of what the signature must embed
	Certificate []byte `json:",omitempty"` // if that is one
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
	q, err := d.demandOf(ctx, b.statement, now)
	if err != nil {
		return res, err
	}
	namespace := q.namespace
	pub, err := d.detachedKey(ctx, q)
	if err != nil {
		return res, err
	}
	with := frozen{File: filepath.Base(file), Key: ssh.FingerprintSHA256(pub)}
	if _, isCert := pub.(*ssh.Certificate); isCert {
		with.Certificate = pub.Marshal()
	}
	chain, err := d.db.Signer(ctx, d.Me())
	if err != nil {
		return res, err
	}
	b.statement.Sig = ledger.Sig{Signer: string(d.Me()), Key: with.Key, Via: keys.ViaDetached, Seq: chain.Seq + 1, Prev: chain.Prev, Time: now, Seen: seen}
	b.statement.Meaning = ledger.MeaningOf(b.statement)
	text, err := ledger.Format(b.statement)
	if err != nil {
		return res, internal("the statement cannot be written", err)
	}
	records, err := formatAll(b.records)
	if err != nil {
		return res, err
	}
	f := store.Freeze{By: d.Me(), Campaign: first.Campaign, Act: first.Act, Statement: text, Records: records, At: now, Payload: marshal(with)}
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

// detachedKey is what will sign elsewhere, as the signature must embed it: the key or certificate asked for, else the
// person's only enrolled key that satisfies the demand.
func (d *Desk) detachedKey(ctx context.Context, q demand) (ssh.PublicKey, error) {
	me := d.Me()
	st, err := d.standing(ctx)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, d.nobody(ctx)
	}
	if named := firstOf(d.o.Key, d.o.Config.Key); named != "" {
		pub, err := d.publicNamed(ctx, named)
		if err != nil {
			return nil, err
		}
		for _, l := range st.LinesOf(string(me)) {
			if pub == nil && l.Fingerprint() == named {
				pub = l.Key
			}
		}
		if pub == nil {
			return nil, review.Errorf(review.KindKey, "the key %s is not %s's for the role %q", review.Safe(named), me, roleOf(q.namespace)).WithHint("`tickmark key list`").WithReason("not-on-roster")
		}
		refused := d.allow(st, me, pub, q)
		if cert, ok := pub.(*ssh.Certificate); ok && refused != nil && d.allow(st, me, cert.Key, q) == nil {
			return cert.Key, nil
		}
		return pub, refused
	}
	lines, err := d.candidates(st, me, q)
	switch {
	case err != nil:
		return nil, err
	case len(lines) > 1:
		return nil, review.Errorf(review.KindUsage, "%s has %d enrolled keys", me, len(lines)).WithHint("say which one will sign with --key FINGERPRINT")
	case lines[0].CertAuthority:
		return nil, review.Errorf(review.KindUsage, "%s signs with a certificate", me).WithHint("name it with --key FILE-cert.pub")
	}
	return lines[0].Key, nil
}

// accept checks a detached signature and gives it as the ledger stores it. ssh-keygen embeds the plain key where a
// certificate was meant; the signature does not cover that, so the certificate takes its place.
func (f *frozen) accept(namespace string, statement, armored []byte) ([]byte, error) {
	sig, err := keys.AcceptDetached(namespace, statement, armored, f.Key)
	if err == nil || f.Certificate == nil {
		return sig, keyError(err)
	}
	pub, parseErr := ssh.ParsePublicKey(f.Certificate)
	cert, ok := pub.(*ssh.Certificate)
	if parseErr != nil || !ok {
		return nil, keyError(err)
	}
	plain, err := keys.AcceptDetached(namespace, statement, armored, ssh.FingerprintSHA256(cert.Key))
	if err != nil {
		return nil, keyError(err)
	}
	parsed, err := ledger.ParseSSHSig(plain)
	if err == nil {
		sig, err = parsed.Embed(cert)
	}
	if err == nil {
		_, err = ledger.VerifySSHSig(namespace, statement, sig)
	}
	if err != nil {
		return nil, internal("the certificate cannot be put into the signature", err)
	}
	return sig, nil
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
	sig, err := p.accept(namespace, f.Statement, armored)
	if err != nil {
		return review.Receipt{}, err
	}
	if err := d.mayStillSign(ctx, statement, sig); err != nil {
		return review.Receipt{}, err
	}
	entry, err := ledger.JoinEntry(f.Statement, sig)
	if err != nil {
		return review.Receipt{}, internal("the entry cannot be written", err)
	}
	done, err := d.appendFrozen(ctx, f, statement, entry)
	return done.receipt, err
}

// mayStillSign holds a detached signature against the roster as it is now and what the campaign demands.
func (d *Desk) mayStillSign(ctx context.Context, statement *ledger.Bundle, armored []byte) error {
	q, err := d.demandOf(ctx, statement, statement.Time)
	if err != nil {
		return err
	}
	sig, err := ledger.ParseSSHSig(armored)
	if err != nil {
		return internal("the signature cannot be read", err)
	}
	st, err := d.standing(ctx)
	if err != nil {
		return err
	}
	if err := d.allow(st, review.Principal(statement.Signer), sig.PublicKey, q); err != nil {
		return err
	}
	return q.check(armored)
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
	var files filed
	if err := d.filedOf(ctx, &files, verdicts, f.Acts); err != nil {
		return appended{}, err
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
			if err := files.put(tx); err != nil {
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
		d.passOn(ctx, f.Campaign, abstainedOf(verdicts))
		return done, nil
	}
}

// filedOf takes the evidence files that what was frozen names.
func (d *Desk) filedOf(ctx context.Context, files *filed, verdicts []store.StagedVerdict, ids []int64) error {
	var acts []store.StagedAct
	if len(ids) > 0 {
		all, err := d.db.StagedActs(ctx, d.Me(), "", review.ActClosure)
		if err != nil {
			return err
		}
		for _, a := range all {
			if slices.Contains(ids, a.ID) {
				acts = append(acts, a)
			}
		}
	}
	return files.takeAll(verdicts, acts)
}
