package ledger

import (
	"sort"
	"time"
)

// Verdicts of a decision.
const (
	VerdictKeep      = "keep"
	VerdictRevoke    = "revoke"
	VerdictException = "exception"
	VerdictAbstain   = "abstain"
)

// Outcomes of a closure.
const (
	OutcomeRemediated = "remediated"
	OutcomeRenewed    = "renewed"
	OutcomeWithdrawn  = "withdrawn"
)

// States that a remediation record states.
const (
	StateClaimed      = "claimed"
	StateGone         = "gone"
	StateStillPresent = "still-present"
	StateCameBack     = "came-back"
)

// Replay follows a ledger from entry 0 and knows, after each entry, what is in force: head, roster, imports, campaigns,
// the decision in force on each item, who is to decide it, what became of exceptions and revokes, and where each
// signer's chain stands. Whatever a database keeps about a ledger can be derived from it again.
//
//	var r ledger.Replay
//	for entry := range entries {
//		applied, err := r.Apply(entry) // err: the entry is not canonical; it counts as a leaf and changes nothing else
//		...                            // applied.Records: what a bundle has just put in force
//	}
//
// It judges nothing: an entry that is canonical takes effect, whoever signed it. [Verify] judges, and uses a Replay to
// know the state that each entry met. Withheld entries count as leaves ([Replay.Withheld]).
//
// Records take effect when their bundle comes. Population and first assignments are documents, not entries: feed them
// with [CampaignState.AddMember] and [CampaignState.Assign] after the campaign's entry if they are needed.
//
// The zero value is an empty ledger. It keeps about 100 bytes per item and 100 per decision, no texts except those of
// exceptions and revokes, and is not safe for concurrent use.
type Replay struct {
	nodes   Nodes
	log     string
	pending []Record // records that no bundle has covered yet

	times       []timeMark
	rosters     []RosterState
	imports     []*ImportState
	bySource    map[string][]*ImportState
	campaigns   []*CampaignState
	byCampaign  map[string]*CampaignState
	places      []place // of all decisions, by index
	bundles     []*BundleState
	exceptions  []*ExceptionState
	byException map[int64]*ExceptionState
	revokes     []*RevokeState
	byRevoke    map[int64]*RevokeState
	signers     map[string]SignerState
	anchors     []AnchorState
}

// timeMark says that from the entry at index on the latest stated time is at least time.
type timeMark struct {
	index int64
	time  time.Time
}

// place says where the decision at index is kept.
type place struct {
	index    int64
	campaign *CampaignState
	decision int32
}

// Record is a record entry: a decision, reassign, closure or remediation.
type Record struct {
	Index int64
	Leaf  Hash
	Value any    // *Decision, *Reassign, *Closure, *Remediation; nil if withheld or not canonical
	Text  []byte // nil if withheld
}

// Applied is what [Replay.Apply] did.
type Applied struct {
	Index     int64
	Value     any    // the parsed text
	Statement []byte // its bytes, shared with the entry
	Armored   []byte // its signature, nil if it has none
	Records   []Record
	Orphans   []Record // records before this entry that no bundle covers and none can any more
}

// RosterState is a version of the roster.
type RosterState struct {
	Index  int64
	Roster *Roster
}

// ImportState is an import.
type ImportState struct {
	Index  int64
	Import *Import
}

// AnchorState is an anchor.
type AnchorState struct {
	Index  int64
	Anchor *Anchor
}

// BundleState is a bundle: the records from First to Index-1 are in force since it came.
type BundleState struct {
	Index  int64
	First  int64
	Bundle *Bundle
}

// SignoffState is a sign-off.
type SignoffState struct {
	Index   int64
	Signoff *Signoff
}

// SignerState is the end of a signer's chain of statements. The next one has Seq+1 and Prev.
type SignerState struct {
	Seq   int64
	Prev  Hash  // hash of the last statement
	Index int64 // of the last statement
}

// ExceptionState is an exception decision and what became of it.
type ExceptionState struct {
	Index    int64
	Bundle   *BundleState
	Campaign *CampaignState
	Decision *Decision
	Closures []ClosureState
}

// ClosureState is a closure of an exception.
type ClosureState struct {
	Index   int64
	Bundle  *BundleState
	Closure *Closure
}

// Last gives the last closure, nil if there is none.
func (e *ExceptionState) Last() *ClosureState {
	if len(e.Closures) == 0 {
		return nil
	}
	return &e.Closures[len(e.Closures)-1]
}

// Ended reports whether the exception was remediated or withdrawn. Nothing may follow that.
func (e *ExceptionState) Ended() bool {
	last := e.Last()
	return last != nil && last.Closure.Outcome != OutcomeRenewed
}

// Terms gives until, owner and control as they hold now: of the last renewal, else of the decision.
func (e *ExceptionState) Terms() (until Date, owner, control string) {
	until, owner, control = e.Decision.Until, e.Decision.Owner, e.Decision.Control
	for _, c := range e.Closures {
		if c.Closure.Outcome == OutcomeRenewed {
			until, owner, control = c.Closure.Until, c.Closure.Owner, c.Closure.Control
		}
	}
	return until, owner, control
}

// RevokeState is a revoke decision and what became of it.
type RevokeState struct {
	Index    int64
	Bundle   *BundleState
	Campaign *CampaignState
	Decision *Decision
	Records  []RemediationState
	wasGone  bool // one of the records says gone
}

// RemediationState is a remediation record of a revoke.
type RemediationState struct {
	Index  int64
	Bundle *BundleState
	Record *Remediation
}

// State is that of the last record in ledger order, and "" if there is none: the revoke is open.
func (s *RevokeState) State() string {
	if len(s.Records) == 0 {
		return ""
	}
	return s.Records[len(s.Records)-1].Record.State
}

// Apply follows the next entry. An entry that is not canonical gives an error with CodeFormat, counts as a leaf, and
// changes nothing else. entry is not kept.
func (r *Replay) Apply(entry []byte) (*Applied, error) {
	v, statement, armored, err := ParseEntry(entry)
	if err != nil {
		v = nil
	}
	leaf := LeafHash(entry)
	a := r.prepare(v, statement, armored)
	r.settle(a, entry, leaf, nil)
	return a, err
}

// prepare says what the next entry is about to do: which records it covers, which it leaves behind. v is nil for an entry
// that is not canonical.
func (r *Replay) prepare(v any, statement, armored []byte) *Applied {
	a := &Applied{Index: r.Size(), Value: v, Statement: statement, Armored: armored}
	switch b, isBundle := v.(*Bundle); {
	case a.isRecord():
	case isBundle:
		cut := max(0, int64(len(r.pending))-b.Records)
		a.Records, a.Orphans = r.pending[cut:], r.pending[:cut]
	default:
		a.Orphans = r.pending
	}
	return a
}

func (a *Applied) isRecord() bool { return a.Armored == nil && KindOf(a.Statement).IsRecord() }

// settle does what prepare said. before is called with each covered record just before it takes effect.
func (r *Replay) settle(a *Applied, entry []byte, leaf Hash, before func(*Record)) {
	if a.isRecord() {
		r.pend(Record{Index: a.Index, Leaf: leaf, Value: a.Value, Text: entry})
		r.nodes.Append(leaf)
		return
	}
	r.pending = nil
	if b, ok := a.Value.(*Bundle); ok {
		state := &BundleState{Index: a.Index, First: a.Index - int64(len(a.Records)), Bundle: b}
		r.bundles = append(r.bundles, state)
		for i := range a.Records {
			if before != nil {
				before(&a.Records[i])
			}
			r.applyRecord(&a.Records[i], state)
		}
	}
	r.applyEntry(a.Index, a.Value, a.Statement)
	r.nodes.Append(leaf)
}

// Withheld follows an entry of which only the leaf hash is known. Only records are ever withheld.
func (r *Replay) Withheld(leaf Hash) {
	r.pend(Record{Index: r.Size(), Leaf: leaf})
	r.nodes.Append(leaf)
}

func (r *Replay) pend(rec Record) { r.pending = append(r.pending, rec) }

// Pending gives the records at the end of the ledger that no bundle has covered. An undamaged ledger has none.
func (r *Replay) Pending() []Record { return r.pending }

// applyEntry puts a signed entry, the open entry or an anchor in force.
func (r *Replay) applyEntry(index int64, v any, statement []byte) {
	switch e := v.(type) {
	case *Open:
		if index == 0 {
			r.log = e.Log
		}
		r.mark(index, e.Time)
	case *Roster:
		r.rosters = append(r.rosters, RosterState{index, e})
	case *Import:
		if r.bySource == nil {
			r.bySource = make(map[string][]*ImportState)
		}
		im := &ImportState{index, e}
		r.imports, r.bySource[e.Source] = append(r.imports, im), append(r.bySource[e.Source], im)
	case *Campaign:
		r.open(index, e)
	case *Signoff:
		if c := r.byCampaign[e.Campaign]; c != nil {
			c.signoffs = append(c.signoffs, SignoffState{index, e})
		}
	case *Anchor:
		r.anchors = append(r.anchors, AnchorState{index, e})
	}
	if sig := SigOf(v); sig != nil {
		if r.signers == nil {
			r.signers = make(map[string]SignerState)
		}
		r.signers[sig.Signer] = SignerState{sig.Seq, Sum(statement), index}
		r.mark(index, sig.Time)
	}
}

func (r *Replay) mark(index int64, t time.Time) {
	if n := len(r.times); n == 0 || t.After(r.times[n-1].time) {
		r.times = append(r.times, timeMark{index, t})
	}
}

func (r *Replay) open(index int64, e *Campaign) {
	if r.byCampaign == nil {
		r.byCampaign = make(map[string]*CampaignState)
	}
	if r.byCampaign[e.Campaign] != nil {
		return // a second campaign of the same name changes nothing
	}
	c := &CampaignState{Index: index, Campaign: e, byItem: make(map[Hash]int32),
		byPerson: make(map[string]int32), withheld: make(map[string]int64), imports: make(map[int64]bool, len(e.Imports))}
	for _, i := range e.Imports {
		c.imports[i] = true
	}
	r.campaigns = append(r.campaigns, c)
	r.byCampaign[e.Campaign] = c
}

// applyRecord puts a covered record in force.
func (r *Replay) applyRecord(rec *Record, b *BundleState) {
	c := r.byCampaign[b.Bundle.Campaign]
	if c == nil {
		return
	}
	switch v := rec.Value.(type) {
	case nil:
		c.withheld[b.Bundle.Act]++
	case *Decision:
		r.decide(c, rec.Index, v, b)
	case *Reassign:
		c.reassign(v.Item, v.To, rec.Index, b.Index)
	case *Closure:
		if e := r.byException[v.Exception]; e != nil {
			e.Closures = append(e.Closures, ClosureState{rec.Index, b, v})
		}
	case *Remediation:
		if s := r.byRevoke[v.Decision]; s != nil {
			s.Records = append(s.Records, RemediationState{rec.Index, b, v})
			s.wasGone = s.wasGone || v.State == StateGone
		}
	}
}

func (r *Replay) decide(c *CampaignState, index int64, d *Decision, b *BundleState) {
	if r.byException == nil {
		r.byException, r.byRevoke = make(map[int64]*ExceptionState), make(map[int64]*RevokeState)
	}
	r.places = append(r.places, place{index, c, c.decide(index, d, b)})
	switch d.Verdict {
	case VerdictException:
		e := &ExceptionState{Index: index, Bundle: b, Campaign: c, Decision: d}
		r.exceptions = append(r.exceptions, e)
		r.byException[index] = e
	case VerdictRevoke:
		s := &RevokeState{Index: index, Bundle: b, Campaign: c, Decision: d}
		r.revokes = append(r.revokes, s)
		r.byRevoke[index] = s
	}
}

// Size is the number of entries.
func (r *Replay) Size() int64 { return r.nodes.Size() }

// Log is the ledger's name, "" before the open entry.
func (r *Replay) Log() string { return r.log }

// Head is size and root.
func (r *Replay) Head() Head { return r.nodes.Head() }

// Nodes gives the tree, for earlier roots and for proofs.
func (r *Replay) Nodes() *Nodes { return &r.nodes }

// Rosters gives all versions in ledger order.
func (r *Replay) Rosters() []RosterState { return r.rosters }

// RosterAt gives the version in force for the entry at index: the newest below it.
func (r *Replay) RosterAt(index int64) (RosterState, bool) {
	i := sort.Search(len(r.rosters), func(i int) bool { return r.rosters[i].Index >= index })
	if i == 0 {
		return RosterState{}, false
	}
	return r.rosters[i-1], true
}

// Imports gives all imports in ledger order.
func (r *Replay) Imports() []*ImportState { return r.imports }

// Import gives the import whose statement is the entry at index, nil if there is none.
func (r *Replay) Import(index int64) *ImportState {
	i := sort.Search(len(r.imports), func(i int) bool { return r.imports[i].Index >= index })
	if i < len(r.imports) && r.imports[i].Index == index {
		return r.imports[i]
	}
	return nil
}

// NewestImport gives the newest import of a source below an index, nil if there is none.
func (r *Replay) NewestImport(source string, below int64) *ImportState {
	list := r.bySource[source]
	i := sort.Search(len(list), func(i int) bool { return list[i].Index >= below })
	if i == 0 {
		return nil
	}
	return list[i-1]
}

// Campaigns gives all campaigns in ledger order.
func (r *Replay) Campaigns() []*CampaignState { return r.campaigns }

// Campaign gives a campaign, nil if there is none of that id.
func (r *Replay) Campaign(id string) *CampaignState { return r.byCampaign[id] }

// Bundles gives all bundles in ledger order.
func (r *Replay) Bundles() []*BundleState { return r.bundles }

// Anchors gives all anchors in ledger order.
func (r *Replay) Anchors() []AnchorState { return r.anchors }

// Exceptions gives all exception decisions in ledger order, superseded ones too.
func (r *Replay) Exceptions() []*ExceptionState { return r.exceptions }

// Exception gives the exception decision at index, nil if there is none.
func (r *Replay) Exception(index int64) *ExceptionState { return r.byException[index] }

// Revokes gives all revoke decisions in ledger order, superseded ones too.
func (r *Replay) Revokes() []*RevokeState { return r.revokes }

// Revoke gives the revoke decision at index, nil if there is none.
func (r *Replay) Revoke(index int64) *RevokeState { return r.byRevoke[index] }

// Decision gives the decision at index and its campaign.
func (r *Replay) Decision(index int64) (DecisionState, *CampaignState, bool) {
	p, ok := r.place(index)
	if !ok {
		return DecisionState{}, nil, false
	}
	return p.campaign.decision(p.decision), p.campaign, true
}

func (r *Replay) place(index int64) (place, bool) {
	i := sort.Search(len(r.places), func(i int) bool { return r.places[i].index >= index })
	if i == len(r.places) || r.places[i].index != index {
		return place{}, false
	}
	return r.places[i], true
}

// InForce reports whether the entry at index is the decision in force on its item.
func (r *Replay) InForce(index int64) bool {
	p, ok := r.place(index)
	return ok && p.campaign.items[p.campaign.decisions[p.decision].item].last == p.decision
}

// Signer gives the end of a signer's chain; the zero value if the person has signed nothing.
func (r *Replay) Signer(principal string) SignerState { return r.signers[principal] }

// LatestTime gives the latest time that entries below an index state, the zero time if there is none.
func (r *Replay) LatestTime(below int64) time.Time {
	i := sort.Search(len(r.times), func(i int) bool { return r.times[i].index >= below })
	if i == 0 {
		return time.Time{}
	}
	return r.times[i-1].time
}
