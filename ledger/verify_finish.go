package ledger

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// finish makes the checks that need the whole ledger, and says what is left to know.
func (v *verifier) finish() error {
	for _, rec := range v.r.Pending() {
		v.failAt(rec.Index, "", CodeOrphan, "the record is not covered by a bundle")
	}
	v.report.Head = v.r.Head()
	v.report.Replay = &v.r
	if err := v.checkFacts(); err != nil {
		return err
	}
	v.settleRoster()
	v.checkCheckpoint()
	v.checkEarlier()
	v.checkProvenTimes()
	v.checkRevocations()
	v.states()
	v.report.CannotSee = v.report.cannotSee(v.rosterDigest())
	return nil
}

// checkFacts is the part of step 11 about what was shown.
func (v *verifier) checkFacts() error {
	var texts map[Hash][]byte
	var err error
	for i, s := range v.shown {
		if i%factsAtOnce == 0 {
			if err := v.ctx.Err(); err != nil {
				return err
			}
			texts, err = v.factsOf(v.shown[i:min(i+factsAtOnce, len(v.shown))])
		}
		text := texts[s.shown]
		switch {
		case text == nil && (err == nil || notSupplied(err)):
			v.failAt(s.index, "facts", CodePopulation, "the facts %s that were shown are missing", s.shown)
			continue
		case text == nil:
			v.failAt(s.index, "facts", CodeUnreadable, "the facts that were shown cannot be read: %s", Display(err.Error()))
			continue
		case Sum(text) != s.shown:
			v.failAt(s.index, "facts", CodePopulation, "the facts are not those that were shown: their digest is %s", Sum(text))
			continue
		}
		value, err := Parse(text)
		f, ok := value.(*Facts)
		if err != nil || !ok {
			v.failAt(s.index, "facts", CodePopulation, "what was shown is no text of kind facts")
			continue
		}
		if f.Log != v.report.Log || f.Item != s.item || f.Grant != s.grant || f.Source != s.source ||
			quoteOf(f.Account, f.Identity, f.Entitlement) != s.quoted {
			v.failAt(s.index, "facts", CodePopulation, "the facts that were shown are of another item, account, identity or entitlement than the record")
		}
		if f.Previous != 0 && !v.isWithheld(f.Previous) {
			if d, c, ok := v.r.Decision(f.Previous); !ok || f.Previous >= s.index || grantOf(c, d) != f.Grant {
				v.failAt(s.index, "facts", CodePopulation, "the facts name entry %d as the last decision on the grant, which it is not", f.Previous)
			}
		}
	}
	if v.in.Facts == nil && len(v.r.places) > 0 {
		v.notChecked("what was shown for %d decisions, since the facts were not supplied", len(v.r.places))
	}
	return nil
}

// factsAtOnce is how many facts are asked for together.
const factsAtOnce = 256

func (v *verifier) factsOf(shown []shownFacts) (map[Hash][]byte, error) {
	hashes := make([]Hash, len(shown))
	for i, s := range shown {
		hashes[i] = s.shown
	}
	return v.in.Facts(v.ctx, hashes)
}

func grantOf(c *CampaignState, d DecisionState) Hash {
	it, _ := c.Item(d.Item)
	return it.Grant
}

// settleRoster decides which roster counted, and says so among the trust inputs.
func (v *verifier) settleRoster() {
	chosen, source := v.byLogged, "the data"
	if v.own != nil {
		source = v.o.SignersFrom
		v.report.RosterConfirmed = true
		if !v.ownKnown {
			chosen = v.byOwn
			source += " (it is no version in this ledger, and was used instead of the ledger's)"
		}
	}
	for _, f := range chosen {
		v.report.Fail(f)
	}
	v.report.Trust = append(v.report.Trust, Trust{"roster", v.rosterDigest(), source, v.report.RosterConfirmed})
	if v.o.Log != "" {
		v.report.Trust = append(v.report.Trust, Trust{"log name", v.o.Log, v.o.LogFrom, true})
	} else {
		v.report.Trust = append(v.report.Trust, Trust{"log name", v.report.Log, "the data", false})
	}
	if v.o.TimeRoots != nil {
		v.report.Trust = append(v.report.Trust, Trust{"time roots", "certificates", v.o.TimeRootsFrom, true})
	}
	for _, w := range v.o.Witnesses {
		v.report.Trust = append(v.report.Trust, Trust{"witness", w, v.o.WitnessesFrom, true})
	}
}

// rosterDigest is that of the roster the result rests on.
func (v *verifier) rosterDigest() string {
	switch {
	case v.own != nil:
		return v.ownDigest.String()
	case len(v.rosters) > 0:
		return v.rosters[len(v.rosters)-1].roster.SignersSHA256.String()
	}
	return "none"
}

// readTrust reads the trust inputs of the options. They are the verifier's own, so what is wrong with them is an error.
func (v *verifier) readTrust() error {
	if v.o.Log != "" && !ValidLog(v.o.Log) {
		return failf(CodeFormat, "%s is not the name of a ledger", quote(v.o.Log))
	}
	if v.o.Signers != nil {
		file, err := ParseRosterFile(v.o.Signers)
		if err != nil {
			return err
		}
		v.own, v.ownDigest = file, Sum(v.o.Signers)
	}
	if v.o.VKey != "" {
		if _, err := ParseVerifierKey([]byte(v.o.VKey)); err != nil {
			return err
		}
	}
	for _, w := range v.o.Witnesses {
		if _, err := newCosigner(w); err != nil {
			return err
		}
	}
	for _, e := range v.o.Earlier {
		if e.Note == nil {
			continue
		}
		if _, err := earlierHead(e.Note); err != nil {
			return err
		}
	}
	return nil
}

// logKey gives the note key that counts.
func (v *verifier) logKey() (vkey, source string) {
	if v.o.VKey != "" {
		return v.o.VKey, v.o.VKeyFrom
	}
	return v.in.VKey, "the data"
}

// checkCheckpoint is step 20.
func (v *verifier) checkCheckpoint() {
	vkey, source := v.logKey()
	if vkey != "" {
		v.report.Trust = append(v.report.Trust, Trust{"log key", vkey, source, v.o.VKey != ""})
	}
	if v.o.VKey != "" && v.in.VKey != "" && v.in.VKey != v.o.VKey {
		v.failAt(NoIndex, "", CodeCheckpoint, "the log key that came with the data is not yours")
	}
	if v.in.Checkpoint == nil {
		return
	}
	file := v.nameOf(FileRef{Index: NoIndex, Role: FileCheckpoint})
	if vkey == "" {
		v.failAt(NoIndex, file, CodeCheckpoint, "there is no log key to check the head with")
		return
	}
	c, err := VerifyCheckpoint(v.in.Checkpoint, vkey)
	switch {
	case err != nil:
		v.failErr(NoIndex, file, err)
	case c.Origin != v.report.Log:
		v.failAt(NoIndex, file, CodeCheckpoint, "the head is of the ledger %s", c.Origin)
	case c.Size != v.report.Head.Size:
		v.failAt(NoIndex, file, CodeCheckpoint, "the head is of %d entries, but there are %d", c.Size, v.report.Head.Size)
	case c.Root != v.report.Head.Root:
		v.failAt(NoIndex, file, CodeCheckpoint, "the head has another root than these entries")
	default:
		v.report.HeadConfirmed = v.o.VKey != ""
	}
}

// checkEarlier is step 21.
func (v *verifier) checkEarlier() {
	for _, e := range v.o.Earlier {
		head := e.Head
		if e.Note != nil {
			vkey, _ := v.logKey()
			c, err := earlierHead(e.Note)
			if err == nil && vkey != "" {
				c, err = VerifyCheckpoint(e.Note, vkey)
			}
			if err != nil {
				v.failErr(NoIndex, e.From, err)
				continue
			}
			if c.Origin != v.report.Log {
				v.failAt(NoIndex, e.From, CodeReplay, "the earlier head is of the ledger %s", c.Origin)
				continue
			}
			head = c.Head
		}
		v.report.Trust = append(v.report.Trust, Trust{"earlier head", head.String(), e.From, true})
		switch root, ok := v.r.nodes.RootAt(head.Size); {
		case !ok:
			v.failAt(NoIndex, e.From, CodeRollback, "the earlier head is of %d entries, but there are only %d", head.Size, v.report.Head.Size)
		case root != head.Root:
			v.failAt(NoIndex, e.From, CodeRewrite, "the first %d entries are not those of the earlier head", head.Size)
		default:
			v.report.HeadConfirmed = true
			v.proofs = append(v.proofs, outsideProof{index: NoIndex, size: head.Size})
		}
	}
}

// checkProvenTimes is step 16 with verified outside times: what lies below a proven size is not younger than the proof,
// and what was signed by somebody who had seen the proof is not older. A head is proven some time after it came to be, so
// what was signed in between, over that head or a later one, is rightly older than its proof.
func (v *verifier) checkProvenTimes() {
	for _, p := range v.proofs {
		v.report.OutsideProof = true
		v.report.Proven = max(v.report.Proven, p.size)
	}
	times := newProvenTimes(v.proofs)
	for _, s := range v.statements {
		known, seen := times.known(s.index), times.seen(s.seen)
		switch {
		case !known.IsZero() && s.time.After(known):
			v.failAt(s.index, "", CodeTime, "the time %s is after %s, when an outside party already knew the entry", FormatTime(s.time), FormatTime(known))
		case !seen.IsZero() && s.time.Before(seen):
			v.failAt(s.index, "", CodeTime, "the time %s is before %s, the time of an outside proof that the signer had seen", FormatTime(s.time), FormatTime(seen))
		}
	}
}

// provenTimes answers for any entry what the outside proofs with a time say, however many there are.
type provenTimes struct {
	bySize  []outsideProof // ascending; time is the earliest of this and all larger sizes
	byIndex []outsideProof // ascending; time is the latest of this and all lower indexes
}

func newProvenTimes(proofs []outsideProof) *provenTimes {
	timed := slices.DeleteFunc(slices.Clone(proofs), func(p outsideProof) bool { return p.time.IsZero() })
	t := &provenTimes{timed, slices.Clone(timed)}
	slices.SortFunc(t.bySize, func(a, b outsideProof) int { return cmp.Compare(a.size, b.size) })
	for i := len(t.bySize) - 2; i >= 0; i-- {
		if later := t.bySize[i+1].time; later.Before(t.bySize[i].time) {
			t.bySize[i].time = later
		}
	}
	slices.SortFunc(t.byIndex, func(a, b outsideProof) int { return cmp.Compare(a.index, b.index) })
	for i := 1; i < len(t.byIndex); i++ {
		if earlier := t.byIndex[i-1].time; earlier.After(t.byIndex[i].time) {
			t.byIndex[i].time = earlier
		}
	}
	return t
}

// known is the earliest time at which an outside party knew the entry, zero if none is proven.
func (t *provenTimes) known(index int64) time.Time {
	i := sort.Search(len(t.bySize), func(i int) bool { return t.bySize[i].size > index })
	if i == len(t.bySize) {
		return time.Time{}
	}
	return t.bySize[i].time
}

// seen is the latest time of a proof that whoever saw so many entries had before them, zero if there was none.
func (t *provenTimes) seen(size int64) time.Time {
	i := sort.Search(len(t.byIndex), func(i int) bool { return t.byIndex[i].index >= size })
	if i == 0 {
		return time.Time{}
	}
	return t.byIndex[i-1].time
}

// checkRevocations is ledger.md 4.5.
func (v *verifier) checkRevocations() {
	if len(v.revocations) == 0 {
		return
	}
	earliest, times := earliestRevocations(v.revocations), newProvenTimes(v.proofs)
	for _, s := range v.statements {
		r, ok := revokedPrint(earliest, s.prints)
		if !ok {
			continue
		}
		if known := times.known(s.index); known.IsZero() || !known.Before(r.Since) {
			v.failAt(s.index, "", CodeKey, "the key %s is revoked since %s (%s), and no outside proof shows that the statement is older", r.Key, FormatTime(r.Since), Display(r.Why))
		}
	}
}

// states says what is no failure and must be known.
func (v *verifier) states() {
	r := v.report
	var unsigned, open, openCampaigns, host int64
	for _, c := range v.r.Campaigns() {
		unsigned += count(c.ManagerSignoff() == nil)
		if n := c.Count(r.Head.Size); c.Withheld(ActDecision) == 0 && n.Open() > 0 {
			open += n.Open()
			openCampaigns++
		}
	}
	revokes := v.revokesOpen()
	for _, b := range v.r.Bundles() {
		if b.Bundle.Via == ViaHost {
			host += b.Bundle.Records
		}
	}
	r.State(StateNotSignedOff, unsigned, counted(unsigned, "campaign has", "campaigns have")+" no manager's sign-off")
	r.State(StateItemsOpen, open, counted(open, "item", "items")+" in "+counted(openCampaigns, "campaign", "campaigns")+numbered(open, " is", " are")+" undecided")
	r.State(StateRevokesOpen, revokes, counted(revokes, "revoke is", "revokes are")+" not shown to be carried out by a later import")
	r.State(StateHostSigned, host, counted(host, "decision was", "decisions were")+" signed by the host for reviewers who logged in: "+numbered(host, "it proves", "they prove")+" what the host says, not what the reviewer did")
	if !r.RosterConfirmed {
		r.State(StateRosterUnconfirmed, 1, "the roster came with the data; compare its digest "+v.rosterDigest()+" with the organisation's")
	}
	if tail := r.Head.Size - r.Proven; tail > 0 {
		r.State(StateUnanchoredTail, tail, "no outside proof that was checked covers the last "+counted(tail, "entry", "entries"))
	}
	r.State(StateWithheld, r.Withheld, counted(r.Withheld, "record is", "records are")+" present as leaf hashes only; tallies over "+numbered(r.Withheld, "it", "them")+" cannot be recounted")
	r.State(StateRowsWithheld, v.unmatched.rows, counted(v.unmatched.rows, "row of an import was", "rows of imports were")+" not supplied")
	r.State(StateMembersWithheld, v.unmatched.members, counted(v.unmatched.members, "member of a population was", "members of populations were")+" not supplied")
	r.State(StateAssignmentsWithheld, v.unmatched.assignments, counted(v.unmatched.assignments, "assignment was", "assignments were")+" not supplied")
}

// numbered is the word that goes with a number.
func numbered(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func counted(n int64, one, many string) string { return itoa(n) + " " + numbered(n, one, many) }

// revokesOpen counts the accesses revoked that the newest record about them does not call gone. Where several stages of a campaign
// revoked one access, it is one.
func (v *verifier) revokesOpen() (n int64) {
	type access struct {
		campaign string
		grant    Hash
	}
	type newest struct {
		record int64
		gone   bool
	}
	all := map[access]newest{}
	for _, s := range v.r.Revokes() {
		if !v.r.InForce(s.Index) {
			continue
		}
		k := access{s.Decision.Campaign, s.Decision.Grant}
		now := newest{gone: s.State() == StateGone}
		if len(s.Records) > 0 {
			now.record = s.Records[len(s.Records)-1].Index
		}
		if old, again := all[k]; !again || now.record > old.record {
			all[k] = now
		}
	}
	for _, a := range all {
		n += count(!a.gone)
	}
	return n
}
