package ledger

import (
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"golang.org/x/crypto/ssh"
)

// How far a statement's time may lie before what it should follow (ledger.md 6, step 16; rulings 19).
const (
	ClockSlack   = 120 * time.Second  // before the latest time among the entries the signer saw
	LatestBehind = 7 * 24 * time.Hour // before the latest time of any earlier entry
)

// CheckTime is step 16 without outside proofs. latestSeen is the latest time among the entries below seen.size, latest
// that among all earlier entries. A writer asks it before it appends. The error is a [*Failure] with CodeTime.
func CheckTime(t, latestSeen, latest time.Time) error {
	if t.Before(latestSeen.Add(-ClockSlack)) {
		return failf(CodeTime, "the time %s is more than %d s before %s, which the signer had seen", FormatTime(t), int(ClockSlack.Seconds()), FormatTime(latestSeen))
	}
	if t.Before(latest.Add(-LatestBehind)) {
		return failf(CodeTime, "the time %s is more than 7 days before %s, which an earlier entry states", FormatTime(t), FormatTime(latest))
	}
	return nil
}

// checkStatement checks a signed entry: steps 3 to 10, 16 to 18.
func (v *verifier) checkStatement(a *Applied) {
	sig := SigOf(a.Value)
	first := a.Index - int64(len(a.Records))

	signature := v.checkSignature(a, sig)
	before := v.report.FoundAll()
	var next *version
	if e, ok := a.Value.(*Roster); ok {
		next = v.checkRoster(e)
	}
	authorised := v.checkAuthority(a.Value, sig, signature, next)
	if next != nil && (a.Index == 1 || signature != nil && authorised && v.report.FoundAll() == before) {
		v.rosters = append(v.rosters, *next)
		v.readRevocations(a.Value.(*Roster))
	}

	chain := v.r.Signer(sig.Signer)
	if sig.Seq != chain.Seq+1 || sig.Prev != chain.Prev {
		v.fail(CodeChain, "the statement has seq %d, but %s comes next for %s", sig.Seq, describeNext(chain), sig.Signer)
	}
	v.checkSeen(sig.Seen, first)
	switch e := a.Value.(type) {
	case *Bundle:
		v.checkBundle(a, e, signature)
	case *Import:
		v.checkImport(e)
	case *Campaign:
		v.checkCampaign(e)
	case *Signoff:
		v.checkSignoff(e)
	}
	if err := CheckTime(sig.Time, v.r.LatestTime(sig.Seen.Size), v.r.LatestTime(a.Index)); err != nil {
		v.failErr(a.Index, "", err)
	}
	s := statement{index: a.Index, seen: sig.Seen.Size, time: sig.Time, prints: []string{sig.Key}}
	if signature != nil {
		v.report.Signatures++
		v.checkCounter(signature)
		s.prints = fingerprints(signature.PublicKey)
	}
	v.statements = append(v.statements, s)
}

func describeNext(s SignerState) string {
	if s.Seq == 0 {
		return "seq 1 without prev"
	}
	return "the one after entry " + itoa(s.Index)
}

// checkSignature is steps 3 and 4: it gives the signature if the mathematics hold.
func (v *verifier) checkSignature(a *Applied, sig *Sig) *Signature {
	if a.Armored == nil {
		v.fail(CodeSignature, "the statement is not signed")
		return nil
	}
	s, err := VerifySSHSig(NamespaceOf(a.Value), a.Statement, a.Armored)
	if s != nil && s.Fingerprint() != sig.Key {
		v.fail(CodeKey, "the statement names the key %s, but %s signed", sig.Key, s.Fingerprint())
	}
	if err != nil {
		v.failErr(a.Index, "", err)
		return nil
	}
	return s
}

// fingerprints gives all by which a key can be named in a revocation: its own, and for a certificate that of its key and
// of its authority.
func fingerprints(pub ssh.PublicKey) []string {
	prints := []string{ssh.FingerprintSHA256(pub)}
	if cert, ok := pub.(*ssh.Certificate); ok {
		prints = append(prints, ssh.FingerprintSHA256(cert.Key), ssh.FingerprintSHA256(cert.SignatureKey))
	}
	return prints
}

// checkAuthority is step 5: whether the signer may sign this with that key at that time. The ledger's own roster and the
// one the verifier brought along are asked both; which of the two counts is known at the end. next is the version that a
// roster statement brings, which authorises only version 1.
func (v *verifier) checkAuthority(value any, sig *Sig, signature *Signature, next *version) bool {
	var inForce *RosterFile
	switch {
	case v.index == 1 && next != nil:
		inForce = next.file
	case len(v.rosters) > 0:
		inForce = v.rosters[len(v.rosters)-1].file
	}
	ok := true
	if inForce == nil {
		v.byLogged = append(v.byLogged, Failure{Code: CodeRoster, Index: v.index, Words: "the roster file in force was not supplied"})
	} else {
		ok = v.askRoster(&v.byLogged, inForce, value, sig, signature)
	}
	if v.own != nil {
		v.askRoster(&v.byOwn, v.own, value, sig, signature)
	}
	return ok
}

func (v *verifier) askRoster(failures *[]Failure, file *RosterFile, value any, sig *Sig, signature *Signature) bool {
	before := len(*failures)
	add := func(err error) {
		if err != nil {
			*failures = append(*failures, v.asFailure(v.index, "", err))
		}
	}
	if signature != nil {
		_, err := file.Allow(sig.Signer, signature.PublicKey, NamespaceOf(value), sig.Time)
		add(err)
	}
	add(checkHost(file, value, sig))
	return len(*failures) == before
}

// checkHost is ledger.md 4.2.
func checkHost(file *RosterFile, value any, sig *Sig) error {
	b, isBundle := value.(*Bundle)
	if sig.Via != ViaHost {
		if isBundle && b.LoginKey != "" {
			return failf(CodeRoster, "a login key is stated, but the signature was not made by the host")
		}
		return nil
	}
	if !isBundle || b.Act != ActDecision {
		return failf(CodeRoster, "the host may sign nothing but bundles of decisions")
	}
	if b.LoginKey == "" {
		return failf(CodeRoster, "the host signed without stating which key authenticated the login")
	}
	if _, err := file.AllowFingerprint(b.Actor, b.LoginKey, NamespaceReview, sig.Time); err != nil {
		var f *Failure
		if errors.As(err, &f) {
			return failf(CodeRoster, "the login key is not the reviewer's: %s", f.Words)
		}
		return err
	}
	return nil
}

// checkRoster is the part of step 5 about a roster statement itself. It gives the version it brings, nil if the statement
// cannot follow.
func (v *verifier) checkRoster(e *Roster) *version {
	next := &version{index: v.index, roster: e}
	var last *version
	if n := len(v.rosters); n > 0 {
		last = &v.rosters[n-1]
	}
	switch {
	case v.index == 1:
		if e.Version != 1 || e.Previous != 0 {
			v.fail(CodeRoster, "the roster at index 1 is not version 1")
		}
	case last == nil || e.Version != last.roster.Version+1 || e.Previous != last.index:
		v.fail(CodeRoster, "version %d of the roster does not follow the version before", e.Version)
	case e.Previous >= e.Seen.Size:
		v.fail(CodeReference, "the version before, entry %d, is not below seen.size", e.Previous)
	}
	text, ok := v.readFile(FileRef{Index: v.index, Role: FileSigners, Digest: e.SignersSHA256}, CodeRoster)
	if v.own != nil && v.ownDigest == e.SignersSHA256 {
		v.ownKnown = true
		text, ok = v.o.Signers, true
	}
	if ok {
		file, err := ParseRosterFile(text)
		switch {
		case err != nil:
			v.failErr(v.index, string(FileSigners), err)
		case file.LineCount() != e.SignerLines:
			v.failAt(v.index, string(FileSigners), CodeRoster, "the file has %d lines, not %d", file.LineCount(), e.SignerLines)
		}
		next.file = file
		if err == nil && last != nil && last.file != nil {
			if err := last.file.CheckSuccessor(file); err != nil {
				v.failErr(v.index, string(FileSigners), err)
			}
		}
	}
	if e.RevokedSHA256.IsZero() && e.RevokedLines != 0 {
		v.fail(CodeRoster, "the roster counts %d revocations but names no file of them", e.RevokedLines)
	}
	return next
}

// readRevocations takes the revocation file of an accepted roster in force for the whole ledger.
func (v *verifier) readRevocations(e *Roster) {
	v.revocations = nil
	if e.RevokedSHA256.IsZero() {
		return
	}
	text, ok := v.readFile(FileRef{Index: v.index, Role: FileRevoked, Digest: e.RevokedSHA256}, CodeRoster)
	if !ok {
		v.fail(CodeRoster, "the revocation file was not supplied")
		return
	}
	list, err := ParseRevocations(text)
	switch {
	case err != nil:
		v.failErr(v.index, string(FileRevoked), err)
	case int64(len(list)) != e.RevokedLines:
		v.failAt(v.index, string(FileRevoked), CodeRoster, "the file has %d lines, not %d", len(list), e.RevokedLines)
	}
	v.revocations = list
}

// maxSmallFile bounds files that are held in memory whole.
const maxSmallFile = 64 << 20

// readFile reads a small file and holds it against its digest. ok is false if it was not supplied or not readable; a
// file that differs is reported with the code and not used.
func (v *verifier) readFile(ref FileRef, code Code) (content []byte, ok bool) {
	if v.in.File == nil || ref.Digest.IsZero() {
		return nil, false
	}
	f, err := v.in.File(v.ctx, ref)
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(f, maxSmallFile+1))
		f.Close()
	}
	switch {
	case err != nil && notSupplied(err):
		return nil, false
	case err != nil:
		v.failAt(ref.Index, v.nameOf(ref), CodeUnreadable, "the file cannot be read: %s", Display(err.Error()))
		return nil, false
	case len(content) > maxSmallFile:
		v.failAt(ref.Index, v.nameOf(ref), code, "the file is larger than %d bytes", maxSmallFile)
		return nil, false
	case Sum(content) != ref.Digest:
		v.failAt(ref.Index, v.nameOf(ref), code, "the file's digest is %s, not %s", Sum(content), ref.Digest)
		return nil, false
	}
	return content, true
}

// hashFile hashes a file of any size and gives its length. It reports a digest that differs with the code.
func (v *verifier) hashFile(ref FileRef, code Code) (size int64, ok bool) {
	if v.in.File == nil || ref.Digest.IsZero() {
		return 0, false
	}
	f, err := v.in.File(v.ctx, ref)
	h := sha256.New()
	if err == nil {
		size, err = io.Copy(h, f)
		f.Close()
	}
	switch {
	case err != nil && notSupplied(err):
		return 0, false
	case err != nil:
		v.failAt(ref.Index, v.nameOf(ref), CodeUnreadable, "the file cannot be read: %s", Display(err.Error()))
		return 0, false
	}
	if sum := Hash(h.Sum(nil)); sum != ref.Digest {
		v.failAt(ref.Index, v.nameOf(ref), code, "the file's digest is %s, not %s", sum, ref.Digest)
		return 0, false
	}
	return size, true
}

// checkSeen is step 7. first is the first entry that the statement covers, itself if it covers no records.
func (v *verifier) checkSeen(seen Head, first int64) {
	switch root, ok := v.r.nodes.RootAt(seen.Size); {
	case seen.Size == 0:
		v.fail(CodeSeen, "the signer had seen nothing")
	case seen.Size > first || !ok:
		v.fail(CodeSeen, "the signer states a ledger of %d entries, more than the %d there were", seen.Size, first)
	case root != seen.Root:
		v.fail(CodeSeen, "the first %d entries are not those the signer had seen", seen.Size)
	}
}

// checkCounter is step 17.
func (v *verifier) checkCounter(s *Signature) {
	if !s.SecurityKey() {
		return
	}
	key := string(s.Key().Marshal())
	if last, ok := v.counters[key]; ok && s.Counter < last {
		v.fail(CodeCounter, "the security key's counter went from %d back to %d: it may have been copied", last, s.Counter)
		return
	}
	v.counters[key] = s.Counter
}

// checkSignoff is step 18.
func (v *verifier) checkSignoff(e *Signoff) {
	c := v.campaign(e.Campaign, e.Seen.Size)
	if c == nil {
		return
	}
	if e.Items != e.Decided+e.Open {
		v.fail(CodeSignoff, "%d items are not %d decided and %d open", e.Items, e.Decided, e.Open)
	}
	countable := c.Withheld(ActDecision) == 0
	var n Counts
	if e.Role == RoleManager {
		if e.Items != c.Campaign.Items {
			v.fail(CodeCompleteness, "the sign-off is over %d items, the campaign has %d", e.Items, c.Campaign.Items)
		}
		n = c.Count(e.Seen.Size)
		if countable && e.Open == 0 && n.Open() > 0 {
			v.fail(CodeCompleteness, "no item is stated as open, but %d are undecided", n.Open())
		}
	} else {
		countable = countable && c.Withheld(ActReassign) == 0 && v.lists[e.Campaign].assigned()
		n = c.CountFor(e.Signer, e.Seen.Size)
	}
	if !countable {
		v.notChecked("the counts of the sign-off at %d, since records or assignments were not supplied", v.index)
		return
	}
	if e.Role == RoleReviewer && e.Items != n.Items {
		v.fail(CodeSignoff, "the sign-off counts %d items, but %d were assigned to %s", e.Items, n.Items, e.Signer)
	}
	if tally := FormatTally(ActDecision, n.Tally); e.Decided != n.Decided || e.Tally != tally {
		v.fail(CodeSignoff, "the sign-off counts %d decided (%s), the ledger %d (%s)", e.Decided, e.Tally, n.Decided, tally)
	}
}

// campaign finds the campaign a statement is about, or reports that the name leads nowhere below seen.size.
func (v *verifier) campaign(id string, seen int64) *CampaignState {
	c := v.r.Campaign(id)
	switch {
	case c == nil:
		v.fail(CodeReference, "there is no campaign %s", id)
	case c.Index >= seen:
		v.fail(CodeReference, "the campaign %s, entry %d, is not below seen.size", id, c.Index)
	}
	return c
}
