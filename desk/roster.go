package desk

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"tickmark/ledger"
	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/store"
)

// KeyLine is one line of the roster in force. JSON names are contracts for scripts.
type KeyLine struct {
	Principal    review.Principal   `json:"principal"`
	Key          review.Fingerprint `json:"key"`
	Type         string             `json:"type"`
	Roles        []string           `json:"roles"`
	From         time.Time          `json:"from,omitzero"`
	Until        time.Time          `json:"until,omitzero"`
	Possession   string             `json:"possession"` // shown, not shown
	Revoked      string             `json:"revoked,omitempty"`
	CA           bool               `json:"certificate_authority,omitempty"`
	SelfEnrolled bool               `json:"self_enrolled,omitempty"`
	Comment      string             `json:"comment,omitempty"`
}

const selfEnrolled, possessionShown = "self-enrolled", "possession-shown"

// Roster lists who may sign what, with which key, when.
func (d *Desk) Roster(ctx context.Context) ([]KeyLine, error) {
	file, err := d.roster(ctx)
	if err != nil || file == nil {
		return nil, err
	}
	revoked, err := d.revocations(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]KeyLine, 0, len(file.Lines))
	for _, l := range file.Lines {
		k := KeyLine{Principal: review.Principal(l.Principal), Key: review.Fingerprint(l.Fingerprint()), Type: l.Key.Type(), From: l.ValidAfter, Until: l.ValidBefore,
			CA: l.CertAuthority, SelfEnrolled: l.Comment == selfEnrolled, Comment: l.Comment, Possession: "not shown"}
		for _, ns := range l.Namespaces {
			k.Roles = append(k.Roles, roleOf(ns))
		}
		signed, err := d.db.KeySigned(ctx, k.Key)
		if err != nil {
			return nil, err
		}
		if signed || l.Comment == possessionShown {
			k.Possession = "shown"
		}
		for _, r := range revoked {
			if r.Key == string(k.Key) {
				k.Revoked = stamp(r.Since) + " " + r.Why
			}
		}
		out = append(out, k)
	}
	return out, nil
}

func (d *Desk) revocations(ctx context.Context) ([]ledger.Revocation, error) {
	in, err := d.db.Roster(ctx)
	if err != nil || in.Revoked.IsZero() {
		return nil, err
	}
	b, err := d.db.File(ctx, in.Revoked)
	if err != nil {
		return nil, err
	}
	list, err := ledger.ParseRevocations(b)
	if err != nil {
		return nil, internal("the revocation file cannot be read", err)
	}
	return list, nil
}

// EnrolOptions say whose key is added.
type EnrolOptions struct {
	Principal     review.Principal
	KeyFile       string // FILE.pub, a private key file or a certificate authority's public key
	Roles         []string
	CertAuthority bool
	Proof         string // a signature file under enrol.v1@tickmark over the roster line (rulings 15)
	From, Until   time.Time
}

// EnrolLine is the roster line that enrolling would add: what a proof of possession signs.
func (d *Desk) EnrolLine(o EnrolOptions) (string, error) {
	l, err := d.newLine(o)
	if err != nil {
		return "", err
	}
	return ledger.FormatRosterLine(l) + "\n", nil
}

func (d *Desk) newLine(o EnrolOptions) (ledger.RosterLine, error) {
	if !ledger.ValidPrincipal(string(o.Principal)) {
		return ledger.RosterLine{}, review.Errorf(review.KindUsage, "%q is not a principal", review.Safe(string(o.Principal))).WithHint("principals look like alice@example.com")
	}
	namespaces, _, err := namespacesOf(o.Roles)
	if err != nil {
		return ledger.RosterLine{}, err
	}
	pub, _, err := keys.ReadPublic(o.KeyFile)
	if err != nil {
		return ledger.RosterLine{}, keyError(err)
	}
	pub = plainKey(pub)
	if err := keys.CheckKey(pub); err != nil {
		return ledger.RosterLine{}, keyError(err)
	}
	return ledger.RosterLine{Principal: string(o.Principal), CertAuthority: o.CertAuthority, Namespaces: namespaces, ValidAfter: o.From, ValidBefore: o.Until, Key: pub}, nil
}

// Enrol adds a key to the roster. It counts from the next entry on.
func (d *Desk) Enrol(ctx context.Context, o EnrolOptions) (review.Receipt, error) {
	line, err := d.newLine(o)
	if err != nil {
		return review.Receipt{}, err
	}
	if o.Proof != "" {
		if err := d.checkProof(o, line); err != nil {
			return review.Receipt{}, err
		}
		line.Comment = possessionShown
	}
	if line.ValidAfter.IsZero() {
		line.ValidAfter = d.Now()
	}
	return d.newRoster(ctx, func(file *ledger.RosterFile) (*ledger.RosterFile, error) {
		print := line.Fingerprint()
		for _, l := range file.Lines {
			switch {
			case l.Fingerprint() != print:
			case l.CertAuthority != line.CertAuthority:
				return nil, review.Errorf(review.KindKey, "this key is on the roster of %s as %s", l.Principal, authorityWord(l.CertAuthority)).
					WithHint("an authority certifies keys and signs nothing else: use a key of its own for it")
			case l.Principal != line.Principal && !line.CertAuthority:
				return nil, review.Errorf(review.KindKey, "this key is %s's already", l.Principal).WithHint("every person enrols a key of their own")
			}
		}
		next, err := file.Add(line)
		if err != nil {
			return nil, review.Errorf(review.KindKey, "the key cannot be enrolled: %s", review.Safe(err.Error())).WithHint("`tickmark key list` shows what is there")
		}
		return next, nil
	}, nil)
}

func (d *Desk) checkProof(o EnrolOptions, line ledger.RosterLine) error {
	sig, err := os.ReadFile(o.Proof)
	if err != nil {
		return review.Errorf(review.KindUsage, "cannot read the proof %s: %w", review.Safe(o.Proof), err).WithHint("it is what `ssh-keygen -Y sign -n enrol.v1@tickmark` wrote")
	}
	text := ledger.FormatRosterLine(line) + "\n"
	_, err = keys.AcceptDetached(ledger.NamespaceEnrol, []byte(text), sig, line.Fingerprint())
	return keyError(err)
}

// Retire closes the windows of a person's keys, or of one key, from a moment on. What was signed before stays good.
func (d *Desk) Retire(ctx context.Context, who string, at time.Time) (review.Receipt, error) {
	if at.IsZero() {
		at = d.Now()
	}
	return d.newRoster(ctx, func(file *ledger.RosterFile) (*ledger.RosterFile, error) {
		named := func(l ledger.RosterLine) bool { return l.Principal == who || l.Fingerprint() == who }
		if !slices.ContainsFunc(file.Lines, named) {
			return nil, notOnRoster(who)
		}
		next, changed, err := file.CloseLines(named, at)
		if err != nil {
			return nil, review.Errorf(review.KindKey, "the key cannot be retired: %s", review.Safe(err.Error())).WithHint("`tickmark key list` shows its dates")
		}
		if changed == 0 {
			return nil, review.Errorf(review.KindConflict, "%s is retired already", review.Safe(who)).WithHint("`tickmark key list` shows the dates; a window is never widened: enrol a new key instead")
		}
		return next, nil
	}, nil)
}

func authorityWord(authority bool) string {
	if authority {
		return "a certificate authority"
	}
	return "a key that signs"
}

func notOnRoster(who string) error {
	return review.Errorf(review.KindNotFound, "%s is not on the roster", review.Safe(who)).WithHint("`tickmark key list` shows who is")
}

// Revoke says that a key was not in its owner's hands alone since a moment: statements by it count no more, wherever they
// stand, unless an outside proof shows they are older (ledger.md 4.5).
func (d *Desk) Revoke(ctx context.Context, print string, since time.Time, why string) (review.Receipt, error) {
	if why == "" {
		return review.Receipt{}, review.Errorf(review.KindUsage, "a revocation needs its reason").WithHint("say what happened with --why")
	}
	if since.IsZero() {
		since = d.Now()
	}
	return d.newRoster(ctx, func(file *ledger.RosterFile) (*ledger.RosterFile, error) {
		// What an authority certified is not on the roster itself.
		known := slices.ContainsFunc(file.Lines, func(l ledger.RosterLine) bool { return l.CertAuthority || l.Fingerprint() == print })
		if signed, err := d.db.KeySigned(ctx, review.Fingerprint(print)); err != nil || !known && !signed {
			return nil, errors.Join(err, notOnRoster(print))
		}
		return file, nil
	}, &ledger.Revocation{Key: print, Since: since.UTC().Truncate(time.Second), Why: why})
}

// revokedKey is the key that a revocation is of, which must not be the one that signs it.
func revokedKey(r *ledger.Revocation) string {
	if r == nil {
		return ""
	}
	return r.Key
}

// newRoster signs the next version of the roster. change may be called again if others wrote meanwhile.
func (d *Desk) newRoster(ctx context.Context, change func(*ledger.RosterFile) (*ledger.RosterFile, error), revoke *ledger.Revocation) (review.Receipt, error) {
	if err := d.mustSign(); err != nil {
		return review.Receipt{}, err
	}
	var file, revokedFile []byte
	done, err := d.sign(ctx, signedAct{
		except: revokedKey(revoke),
		prepare: func(ctx context.Context, _ ledger.Head, now time.Time) ([]any, any, error) {
			in, err := d.db.Roster(ctx)
			if err != nil {
				return nil, nil, err
			}
			old, err := d.roster(ctx)
			if err != nil {
				return nil, nil, err
			}
			next, err := change(old)
			if err != nil {
				return nil, nil, err
			}
			list, err := d.revocations(ctx)
			if err != nil {
				return nil, nil, err
			}
			if revoke != nil {
				if slices.ContainsFunc(list, func(r ledger.Revocation) bool { return r.Key == revoke.Key && !revoke.Since.Before(r.Since) }) {
					return nil, nil, review.Errorf(review.KindConflict, "the key %s is revoked already", revoke.Key).WithHint("`tickmark key list` shows since when; an earlier --since would say more")
				}
				list = append(list, *revoke)
			}
			if after := (&standing{next, list}); !after.canAdministrate(demand{namespace: ledger.NamespaceRoster, at: now.Add(time.Second)}) {
				return nil, nil, review.Errorf(review.KindRefused, "afterwards nobody could change the roster any more").
					WithHint("enrol somebody with the roster role first: `tickmark key enrol --roles roster`").WithReason("last-key")
			}
			st := &ledger.Roster{Log: d.log, Version: in.Version + 1, Previous: int64(in.Entry), SignerLines: next.LineCount()}
			file = next.Format()
			st.SignersSHA256 = ledger.Sum(file)
			revokedFile = nil
			if len(list) > 0 {
				if revokedFile, err = ledger.FormatRevocations(list); err != nil {
					return nil, nil, review.Errorf(review.KindUsage, "the revocation cannot be written: %s", review.Safe(err.Error())).WithHint("give a fingerprint as SHA256:... and a short reason")
				}
				st.RevokedLines, st.RevokedSHA256 = int64(len(list)), ledger.Sum(revokedFile)
			}
			// A roster's files must be there when its entry comes in. They are named by hash and harmless without it.
			err = d.db.Write(ctx, func(tx *store.Tx) error {
				for _, b := range [][]byte{file, revokedFile} {
					if b == nil {
						continue
					}
					if _, err := tx.PutFile(b); err != nil {
						return err
					}
				}
				return nil
			})
			return nil, st, err
		},
		stillGood: always,
	})
	return done.receipt, err
}
