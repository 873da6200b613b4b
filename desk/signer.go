package desk

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
	"tickmark/ledger/keys"
	"tickmark/review"
)

// settingKeyFile remembers, per person, where the private key file lies that they enrolled with. It is a path, not a key.
const settingKeyFile = "key-file"

// roles are the words of --roles and the namespaces they stand for (rulings 13, ledger.md 4.1).
var roles = [...]struct{ word, namespace string }{
	{"roster", ledger.NamespaceRoster},
	{"import", ledger.NamespaceImport},
	{"manage", ledger.NamespaceManage},
	{"review", ledger.NamespaceReview},
	{"export", ledger.NamespaceExport},
	{"host", ledger.NamespaceHost},
}

func roleOf(namespace string) string {
	for _, r := range roles {
		if r.namespace == namespace {
			return r.word
		}
	}
	return namespace
}

// findMe settles whom this desk acts for. Nobody is not an error: reading needs no key.
func (d *Desk) findMe(ctx context.Context) (review.Principal, error) {
	roster, err := d.roster(ctx)
	if err != nil || roster == nil {
		return "", err
	}
	if p := firstOf(d.o.Principal, review.Principal(d.o.Config.Principal)); p != "" {
		return p, nil
	}
	if d.o.LoginKey != "" {
		return principalOf(roster, string(d.o.LoginKey)), nil
	}
	if named := firstOf(d.o.Key, d.o.Config.Key); named != "" {
		pub, err := d.publicNamed(ctx, named)
		if err != nil || pub == nil {
			return principalOf(roster, named), err
		}
		return ownerOf(roster, pub), nil
	}
	people := principals(roster)
	if len(people) == 1 {
		return people[0], nil
	}
	var mine []review.Principal
	for _, p := range people {
		if d.keyFile(ctx, p) != "" {
			mine = append(mine, p)
		}
	}
	if len(mine) == 1 {
		return mine[0], nil
	}
	return d.meByAgent(ctx, roster), nil
}

// meByAgent is the one person whose enrolled key the agent holds; empty if none or several.
func (d *Desk) meByAgent(ctx context.Context, roster *ledger.RosterFile) review.Principal {
	if d.o.Agent == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	held, err := d.o.Agent.List(ctx)
	if err != nil {
		return ""
	}
	var me review.Principal
	for _, k := range held {
		switch p := ownerOf(roster, k.Public); {
		case p == "" || p == me:
		case me == "":
			me = p
		default:
			return ""
		}
	}
	return me
}

// publicNamed is the key that --key names, as a signature would embed it: a file, with the certificate that lies beside it,
// or a fingerprint of what the agent holds. nil: a fingerprint of nothing the agent holds.
func (d *Desk) publicNamed(ctx context.Context, name string) (ssh.PublicKey, error) {
	if !strings.HasPrefix(name, "SHA256:") {
		pub, _, err := keys.ReadPublic(name)
		if err != nil {
			return nil, keyError(err)
		}
		if _, isCert := pub.(*ssh.Certificate); isCert || strings.HasSuffix(name, ".pub") {
			return pub, nil
		}
		if cert, _, err := keys.ReadPublic(name + "-cert.pub"); err == nil && ssh.FingerprintSHA256(plainKey(cert)) == ssh.FingerprintSHA256(pub) {
			return cert, nil
		}
		return pub, nil
	}
	if d.o.Agent == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	held, err := d.o.Agent.List(ctx)
	if err != nil {
		return nil, nil // whether the agent answers matters when something is to be signed
	}
	for _, k := range held {
		if k.Fingerprint == name || ssh.FingerprintSHA256(plainKey(k.Public)) == name {
			return k.Public, nil
		}
	}
	return nil, nil
}

func plainKey(pub ssh.PublicKey) ssh.PublicKey {
	if cert, ok := pub.(*ssh.Certificate); ok {
		return cert.Key
	}
	return pub
}

// principalOf is whose plain key has a fingerprint. An authority's key is nobody's own.
func principalOf(roster *ledger.RosterFile, print string) review.Principal {
	for i := range roster.Lines {
		if !roster.Lines[i].CertAuthority && roster.Lines[i].Fingerprint() == print {
			return review.Principal(roster.Lines[i].Principal)
		}
	}
	return ""
}

func principals(roster *ledger.RosterFile) []review.Principal {
	var out []review.Principal
	for i := range roster.Lines {
		if p := review.Principal(roster.Lines[i].Principal); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// roster is the roster file in force; nil before the first.
func (d *Desk) roster(ctx context.Context) (*ledger.RosterFile, error) {
	in, err := d.db.Roster(ctx)
	if err != nil || in.Entry == 0 {
		return nil, err
	}
	b, err := d.db.File(ctx, in.Signers)
	if err != nil {
		return nil, err
	}
	file, err := ledger.ParseRosterFile(b)
	if err != nil {
		return nil, internal("the roster cannot be read", err)
	}
	return file, nil
}

// keyFile is the private key file a person enrolled with, if it can be read here.
func (d *Desk) keyFile(ctx context.Context, p review.Principal) string {
	path, err := d.db.Setting(ctx, p, settingKeyFile)
	if err != nil || path == "" {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	f.Close()
	return path
}

// signerFor gives the key that satisfies a demand for this person, or says why none can. The key itself is asked for
// nothing yet.
func (d *Desk) signerFor(ctx context.Context, q demand) (keys.Signer, error) {
	me := d.Me()
	if me == "" {
		return nil, d.nobody(ctx)
	}
	st, err := d.standing(ctx)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, d.nobody(ctx)
	}
	s, err := d.findSigner(ctx, st, me, q)
	if err != nil {
		return nil, err
	}
	refused := d.allow(st, me, s.Public(), q)
	if plain := keys.WithoutCertificate(s); refused != nil && plain != s && d.allow(st, me, plain.Public(), q) == nil {
		return plain, nil
	}
	if refused != nil {
		return nil, refused
	}
	return s, nil
}

func (d *Desk) findSigner(ctx context.Context, st *standing, me review.Principal, q demand) (keys.Signer, error) {
	in := d.places(q.passphrase)
	if d.o.LoginKey != "" {
		if d.o.Agent == nil {
			return nil, review.Errorf(review.KindAgent, "no agent was forwarded, so nothing can be signed in this login").
				WithHint("log in again with `ssh -A`, or sign elsewhere: `tickmark sign --detached FILE`").WithReason("no-agent")
		}
		s, err := d.o.Agent.Find(ctx, string(d.o.LoginKey))
		return s, keyError(err)
	}
	if named := firstOf(d.o.Key, d.o.Config.Key); named != "" {
		s, err := keys.Find(ctx, named, in)
		return s, keyError(err)
	}
	lines, err := d.candidates(st, me, q)
	if err != nil {
		return nil, err
	}
	if path := d.keyFile(ctx, me); path != "" {
		if s, err := keys.Find(ctx, path, in); err == nil && slices.ContainsFunc(lines, func(l ledger.RosterLine) bool { return lineFits(l, s.Public()) }) {
			return s, nil
		}
	}
	if s, err := d.agentSigner(ctx, lines); s != nil || err != nil {
		return s, err
	}
	return nil, d.notAtHand(ctx, me)
}

// notAtHand says where a person's key was looked for.
func (d *Desk) notAtHand(ctx context.Context, me review.Principal) error {
	path, err := d.db.Setting(ctx, me, settingKeyFile)
	if err != nil {
		return err
	}
	const elsewhere = "name its file with --key FILE, or sign elsewhere: `tickmark sign --detached FILE`"
	e := review.Errorf(review.KindKey, "none of %s's enrolled keys is at hand", me).WithReason(string(keys.NoKey)).WithHint("load it with ssh-add, %s", elsewhere)
	if path != "" {
		e.Message += "; its file " + review.Safe(path) + " cannot be read"
	}
	switch {
	case d.o.Agent == nil && path == "":
		e.Kind, e.Reason = review.KindAgent, string(keys.NoAgent)
		e.Message += ": no ssh-agent is running here (SSH_AUTH_SOCK is not set)"
		return e.WithHint("start one with eval \"$(ssh-agent)\" and ssh-add, connect with ssh -A to forward yours, %s", elsewhere)
	case d.o.Agent != nil:
		if held, err := d.o.Agent.List(ctx); err == nil && len(held) == 0 {
			e.Message += ": the agent shows no keys"
			return e.WithHint("load it with ssh-add, or unlock the agent with ssh-add -X; else %s", elsewhere)
		}
	}
	return e
}

// candidates are the lines under which this person can satisfy the demand, at least one.
func (d *Desk) candidates(st *standing, me review.Principal, q demand) ([]ledger.RosterLine, error) {
	lines := st.lines(me, q)
	if len(lines) == 0 {
		for _, l := range usable(st.RosterFile, me, q.namespace, q.at) {
			if err := d.allow(st, me, l.Key, q); err != nil {
				return nil, err // revoked, or excluded by the demand
			}
		}
		return nil, d.noRole(st.RosterFile, me, q.namespace)
	}
	// What an authority certifies may be a security key; that shows later.
	fit := slices.DeleteFunc(slices.Clone(lines), func(l ledger.RosterLine) bool { return !l.CertAuthority && !q.mayBeMet(l.Key) })
	if len(fit) == 0 {
		return nil, q.notMet(lines[0].Key)
	}
	return fit, nil
}

// agentSigner gives the first of the lines' keys that the agent holds; nil if it holds none.
func (d *Desk) agentSigner(ctx context.Context, lines []ledger.RosterLine) (keys.Signer, error) {
	if d.o.Agent == nil {
		return nil, nil
	}
	held, err := d.o.Agent.List(ctx)
	if err != nil {
		return nil, keyError(err)
	}
	for _, l := range lines {
		for _, k := range held {
			pub := k.Public
			if !l.CertAuthority {
				pub = plainKey(pub)
			}
			if k.Refusal == nil && lineFits(l, pub) {
				s, err := d.o.Agent.Signer(ctx, pub)
				return s, keyError(err)
			}
		}
	}
	return nil, nil
}

// lineFits reports whether a roster line is about this key, or for an authority about a certificate of it for the line's
// person. Whether the certificate is good is judged later.
func lineFits(l ledger.RosterLine, pub ssh.PublicKey) bool {
	if !l.CertAuthority {
		return l.Fingerprint() == ssh.FingerprintSHA256(plainKey(pub))
	}
	cert, ok := pub.(*ssh.Certificate)
	return ok && ssh.FingerprintSHA256(cert.SignatureKey) == l.Fingerprint() && slices.Contains(cert.ValidPrincipals, l.Principal)
}

func (d *Desk) places(passphrase []byte) keys.Places {
	in := keys.Places{Agent: d.o.Agent}
	switch {
	case len(passphrase) > 0:
		in.Passphrase = func(context.Context, string) ([]byte, error) { return slices.Clone(passphrase), nil }
	case d.o.Passphrase != nil:
		in.Passphrase = keys.AskPassphrase(d.o.Passphrase)
	}
	return in
}

func usable(roster *ledger.RosterFile, p review.Principal, namespace string, now time.Time) []ledger.RosterLine {
	var out []ledger.RosterLine
	for _, l := range roster.LinesOf(string(p)) {
		if l.Allows(namespace) && l.ValidAt(now) {
			out = append(out, l)
		}
	}
	return out
}

// mustSign is for acts of somebody: browsing needs nobody.
func (d *Desk) mustSign() error {
	if d.Me() == "" {
		return d.nobody(context.Background())
	}
	return nil
}

func (d *Desk) nobody(ctx context.Context) error {
	roster, err := d.roster(ctx)
	if err != nil {
		return err
	}
	if roster == nil {
		return review.Errorf(review.KindKey, "this database has no roster yet").WithHint("start with `tickmark init --principal you@example.com`")
	}
	if named := firstOf(d.o.Key, d.o.Config.Key); named != "" {
		return review.Errorf(review.KindKey, "the key %s is not on the roster", review.Safe(named)).
			WithHint("somebody with the roster role enrols it: `tickmark key enrol --principal you@example.com --key FILE.pub`").WithReason("not-on-roster")
	}
	return review.Errorf(review.KindKey, "it is not clear who you are: none of the enrolled keys, or more than one, is at hand").
		WithHint("say --principal or --key; `tickmark key list` shows who is enrolled").WithReason("who")
}

func (d *Desk) noRole(roster *ledger.RosterFile, me review.Principal, namespace string) error {
	if len(roster.LinesOf(string(me))) == 0 {
		return review.Errorf(review.KindKey, "%s is not on the roster", me).
			WithHint("somebody with the roster role enrols you: `tickmark key enrol --principal %s --key FILE.pub`", me).WithReason("not-on-roster")
	}
	return review.Errorf(review.KindNotAllowed, "%s may not do this: the roster gives no key of theirs the role %q now", me, roleOf(namespace)).
		WithHint("`tickmark key list` shows roles and dates; a person with the roster role can add it")
}

func (d *Desk) notAllowed(roster *ledger.RosterFile, me review.Principal, pub ssh.PublicKey, namespace string, now time.Time, err error) error {
	print := ssh.FingerprintSHA256(plainKey(pub))
	if p := principalOf(roster, print); p != "" && p != me {
		return review.Errorf(review.KindKey, "the key %s belongs to %s, not to %s", print, p, me).WithHint("leave out --principal, or name your own key")
	} else if p == "" && len(usable(roster, me, namespace, now)) > 0 {
		return review.Errorf(review.KindKey, "the key %s is not on the roster", print).
			WithHint("enrol it (`tickmark key enrol`), or sign with the enrolled key").WithReason("not-on-roster")
	}
	if len(usable(roster, me, namespace, now)) == 0 {
		return d.noRole(roster, me, namespace)
	}
	return review.Errorf(review.KindKey, "the roster does not let this key sign: %s", review.Safe(err.Error())).WithHint("`tickmark key list` shows roles and dates")
}

// mustBeEnrolled refuses a person who could not sign in the role.
func (d *Desk) mustBeEnrolled(ctx context.Context, p review.Principal, namespace string) error {
	st, err := d.standing(ctx)
	if err != nil {
		return err
	}
	if st == nil || len(st.lines(p, demand{namespace: namespace, at: d.Now()})) == 0 {
		return review.Errorf(review.KindNotAllowed, "%s is not enrolled for the role %q", p, roleOf(namespace)).
			WithHint("enrol a key first: `tickmark key enrol --principal %s --key FILE.pub --roles %s`", p, roleOf(namespace))
	}
	return nil
}

// Keys says which key would sign decisions now, and where its prompt would appear.
func (d *Desk) Keys(ctx context.Context) ([]review.KeyInfo, error) {
	me := d.Me()
	info := review.KeyInfo{Principal: me}
	q, err := d.stagedDemand(ctx)
	if err != nil {
		return nil, err
	}
	s, err := d.signerFor(ctx, q)
	if err != nil {
		var e *review.Error
		if !errors.As(err, &e) {
			return nil, err
		}
		info.Problem = e.Message
		if e.Hint != "" {
			info.Problem += "; " + e.Hint
		}
		return []review.KeyInfo{info}, nil
	}
	info.Fingerprint, info.Type, info.Via = review.Fingerprint(s.Fingerprint()), plainKey(s.Public()).Type(), s.Via()
	if roster, err := d.roster(ctx); err == nil && roster != nil {
		if lines := usable(roster, me, ledger.NamespaceReview, d.Now()); len(lines) > 0 {
			for _, ns := range lines[0].Namespaces {
				info.Roles = append(info.Roles, roleOf(ns))
			}
		}
	}
	switch s.Via() {
	case keys.ViaAgent:
		info.Prompt = "the ssh-agent on this computer signs; if it asks for a touch, PIN or confirmation, that appears where the agent runs"
	case keys.ViaForwardedAgent:
		info.Prompt = "your own agent signs through the forwarded connection; if it asks, the prompt is on your own computer"
	case keys.ViaKeyFile:
		info.Prompt = "the key file signs here; nothing will ask"
		if path := firstOf(d.o.Key, d.o.Config.Key, d.keyFile(ctx, me)); keys.NeedsPassphrase(strings.TrimSuffix(path, ".pub")) {
			info.Passphrase = true
			info.Prompt = "the key file is encrypted: its passphrase is asked for here, used once and forgotten"
		}
	}
	return []review.KeyInfo{info}, nil
}

// keyError turns an error of ledger/keys into one for people (rulings 37).
func keyError(err error) error {
	var e *keys.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	kind := review.KindKey
	switch e.Reason {
	case keys.NoAgent, keys.Refused, keys.TimedOut:
		kind = review.KindAgent
	case keys.Passphrase:
		kind = review.KindPassphrase
	case keys.Cancelled:
		kind = review.KindCancelled
	case keys.Failed:
		kind = review.KindIO
	}
	return &review.Error{Kind: kind, Message: review.Safe(e.Message), Hint: review.Safe(e.Hint), Reason: string(e.Reason), Err: err}
}

func firstOf[T ~string](values ...T) T {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
