package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickmark/review"
)

// Detector is an indexed snapshot. It is read-only once New has returned.
type Detector struct {
	s            *Snapshot
	rules        []rule
	accounts     []accountFacts
	entitlements []entitlementFacts
	identities   []identityFacts
	sod          sodIndex
	peers        peerIndex
}

type accountFacts struct {
	kind    review.Kind // without marks
	marks   []review.Mark
	kinds   kindSet
	service bool // named like a service account
}

type entitlementFacts struct {
	privileged string // why the table or policy calls it privileged; empty: it does not
	unlisted   bool   // the policy takes it off the list
	sides      []side
}

type identityFacts struct {
	group   int32   // peer group, -1 for none
	sources []int32 // distinct, in order
	moved   *Move   // the newest move inside the policy's days
}

// New indexes a snapshot.
func New(s *Snapshot) *Detector {
	d := &Detector{s: s}
	off := s.Policy.RulesOff
	for _, r := range table() {
		if !slices.Contains(off, r.ID) {
			r.kinds, r.not = kindsOf(r.Kinds), kindsOf(r.NotKinds)
			d.rules = append(d.rules, r)
		}
	}
	d.indexAccounts()
	d.indexEntitlements()
	d.indexIdentities()
	d.indexGrants()
	return d
}

func (d *Detector) indexAccounts() {
	marker, err := review.NewMarker(d.s.Policy)
	if err != nil {
		panic("detect: " + err.Error())
	}
	d.accounts = make([]accountFacts, len(d.s.Accounts))
	for i := range d.s.Accounts {
		a := &d.s.Accounts[i]
		f := &d.accounts[i]
		f.kind = cmp.Or(a.Kind, review.UnknownKind)
		f.marks = a.Marks
		if id := d.identity(a); id != nil {
			if f.kind == review.UnknownKind && id.Kind != "" {
				f.kind = id.Kind
			}
			for _, m := range id.Marks {
				if !slices.Contains(f.marks, m) {
					f.marks = append(slices.Clip(f.marks), m)
				}
			}
		}
		f.marks = marker.Marks(f.marks, a.System, a.NativeID, a.Login, a.DisplayName)
		f.kinds = kindsOf([]review.Kind{f.kind})
		for _, m := range f.marks {
			f.kinds |= kindsOf([]review.Kind{review.Kind(m)})
		}
		if a.External == review.Yes {
			f.kinds |= kindsOf([]review.Kind{review.External})
		}
		f.service = looksLikeService(a.Login) || a.Login == "" && looksLikeService(a.NativeID)
	}
}

func (d *Detector) indexEntitlements() {
	listed, err := review.ParsePatterns(d.s.Policy.PrivilegedPatterns)
	if err != nil {
		panic("detect: " + err.Error())
	}
	table := readPrivileged(privilegedNames)
	d.sod = newSoDIndex(d.s)
	d.entitlements = make([]entitlementFacts, len(d.s.Entitlements))
	for i := range d.s.Entitlements {
		e := &d.s.Entitlements[i]
		f := &d.entitlements[i]
		system := cmp.Or(e.System, d.s.Sources[e.Source].System)
		if listed.Excepts(system, e.NativeID, e.Name) {
			f.unlisted = true
		} else if p, ok := listed.Find(system, e.NativeID, e.Name); ok {
			f.privileged = "the policy lists " + p.String()
		} else {
			f.privileged = table.why(d.s.Sources[e.Source].Platform, e.NativeID, e.Name)
		}
		f.sides = d.sod.sidesOf(system, string(d.s.Sources[e.Source].ID), e.NativeID, e.Name)
	}
}

func (d *Detector) indexIdentities() {
	d.peers = newPeerIndex(d.s)
	d.identities = make([]identityFacts, len(d.s.Identities))
	oldest := d.s.Now.AddDate(0, 0, -d.s.Policy.MoverDays)
	for i := range d.s.Identities {
		f := &d.identities[i]
		f.group = d.peers.groupOf(i)
		for j := range d.s.Identities[i].Moves {
			m := &d.s.Identities[i].Moves[j]
			if m.At.Before(oldest) || m.At.After(d.s.Now) {
				continue
			}
			if f.moved == nil || m.At.After(f.moved.At) {
				f.moved = m
			}
		}
	}
}

func (d *Detector) indexGrants() {
	for g := range d.s.Grants {
		a := &d.s.Accounts[g.Account]
		if a.Identity < 0 {
			continue
		}
		id := &d.identities[a.Identity]
		if at, found := slices.BinarySearch(id.sources, int32(a.Source)); !found {
			id.sources = slices.Insert(id.sources, at, int32(a.Source))
		}
		if g.Entitlement < 0 || !usable(a, g) {
			continue
		}
		d.sod.add(int32(a.Identity), int32(g.Account), int32(g.Entitlement), d.entitlements[g.Entitlement].sides)
		d.peers.add(id.group, int32(a.Identity), int32(g.Entitlement))
	}
	d.peers.count(d.identities)
}

func (d *Detector) identity(a *Account) *Identity {
	if a.Identity < 0 {
		return nil
	}
	return &d.s.Identities[a.Identity]
}

// usable reports whether a grant gives anything today: its account stands and it has not run out.
func usable(a *Account, g *Grant) bool {
	return a.Status != review.Disabled && a.Status != review.Deleted && a.Status != review.Expired && g.State != "expired"
}

// Findings runs every rule on one grant; the worst finding comes first, then the order of Rules.
func (d *Detector) Findings(g *Grant) []review.Finding {
	f := d.look(g)
	for i := range d.rules {
		r := &d.rules[i]
		if r.kinds != 0 && f.kinds&r.kinds == 0 || f.kinds&r.not != 0 {
			continue
		}
		f.rule = r
		r.fire(&f)
	}
	slices.SortStableFunc(f.out, func(a, b review.Finding) int { return b.Severity.Rank() - a.Severity.Rank() })
	return f.out
}

// Privileged says why a grant counts as privileged, or nothing. The policy is asked first, then the import, then the
// built-in table; an import that calls it read or write is believed.
func (d *Detector) Privileged(g *Grant) string {
	f := d.look(g)
	return f.privileged()
}

// Marks are those of the grant's account and identity with what the policy's patterns add.
func (d *Detector) Marks(g *Grant) []review.Mark { return d.accounts[g.Account].marks }

// facts is one grant with everything it stands on, and where rules say what they found.
type facts struct {
	d        *Detector
	grant    *Grant
	account  *Account
	identity *Identity    // nil: none
	ent      *Entitlement // nil: the account itself
	source   *Source
	known    *accountFacts
	kinds    kindSet
	rule     *rule
	out      []review.Finding
}

func (d *Detector) look(g *Grant) facts {
	a := &d.s.Accounts[g.Account]
	f := facts{d: d, grant: g, account: a, identity: d.identity(a), source: &d.s.Sources[a.Source], known: &d.accounts[g.Account]}
	f.kinds = f.known.kinds
	if g.Entitlement >= 0 {
		f.ent = &d.s.Entitlements[g.Entitlement]
	}
	if f.credential() {
		f.kinds |= kindsOf([]review.Kind{review.Token})
	}
	return f
}

func (f *facts) policy() *review.Policy { return &f.d.s.Policy }

// asOf is the day use is judged by: that of the export where known, never later than now.
func (f *facts) asOf() time.Time {
	if at := f.source.AsOf; !at.IsZero() && at.Before(f.d.s.Now) {
		return at
	}
	return f.d.s.Now
}

func (f *facts) credential() bool {
	return f.grant.Kind == "credential" || f.ent != nil && f.ent.Kind == "credential"
}

// person reports whether a human being uses the account in their own name.
func (f *facts) person() bool {
	return (f.known.kind == review.Human || f.known.kind == review.External) && !f.marked(review.Shared) &&
		!f.marked(review.BreakGlass) && !f.marked(review.Integration)
}

func (f *facts) marked(k review.Kind) bool { return slices.Contains(f.known.marks, review.Mark(k)) }

// thing reports whether somebody else has to answer for the account.
func (f *facts) thing() bool {
	return f.known.kind.NonHuman() || f.marked(review.Shared) || f.marked(review.BreakGlass) || f.marked(review.Integration)
}

// nature is what makes a thing of the account: its kind, or the mark that outweighs it.
func (f *facts) nature() review.Kind {
	for _, k := range [...]review.Kind{review.BreakGlass, review.Shared, review.Integration} {
		if f.marked(k) {
			return k
		}
	}
	return f.known.kind
}

// held is what is held, in words.
func (f *facts) held() string {
	if f.ent == nil {
		return "the account"
	}
	return cut(cmp.Or(f.ent.Name, f.ent.NativeID))
}

func (f *facts) who() string {
	return cut(cmp.Or(f.account.Login, f.account.DisplayName, f.account.NativeID))
}

func (f *facts) privileged() string {
	if f.ent == nil {
		return ""
	}
	ef := &f.d.entitlements[f.grant.Entitlement]
	switch {
	case ef.unlisted:
		return ""
	case strings.HasPrefix(ef.privileged, "the policy"):
		return ef.privileged
	case f.grant.Privilege == review.Admin:
		return cut(cmp.Or(f.grant.PrivilegeReason, "the export shows admin rights"))
	case f.grant.Privilege == "" || f.grant.Privilege == review.UnknownPrivilege:
		return ef.privileged
	}
	return ""
}

// say records a finding of the rule that runs, with its usual severity.
func (f *facts) say(format string, args ...any) { f.sayAs(f.rule.Severity, format, args...) }

// sayAs records a finding with a severity of its own.
func (f *facts) sayAs(s review.Severity, format string, args ...any) {
	f.out = append(f.out, review.Finding{Rule: f.rule.ID, Version: f.rule.Version, Severity: s, Reason: fmt.Sprintf(format, args...)})
}

// cut bounds a name that goes into a reason.
func cut(s string) string {
	const most = 120
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// days counts whole days from one instant to another.
func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }
