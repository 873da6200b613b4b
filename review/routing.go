package review

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// Basis says how a reviewer was found (ledger.md 3.4 `assignment`).
type Basis string

// Bases.
const (
	ByManager  Basis = "manager"
	ByOwner    Basis = "owner"
	ByName     Basis = "named"
	ByRule     Basis = "rule"
	ByFallback Basis = "fallback"
)

// Routes is a campaign's way of finding reviewers, parsed once.
type Routes struct {
	steps    []routeStep
	named    []Principal
	stage2   []Principal
	others   []Principal
	fallback Principal
	policy   Policy
	org      *Org
	now      time.Time
}

type routeStep struct {
	basis Basis
	where Filter    // of a rule
	to    Principal // of a rule
}

// ParseRoutes reads the chain of a campaign: manager, owner, named, rule:FILTER => PRINCIPAL, fallback. An empty chain is
// named where reviewers are named, else manager, owner. The campaign's owner decides what the chain leaves over.
func ParseRoutes(spec CampaignSpec, p Policy, org *Org, now time.Time) (*Routes, error) {
	r := &Routes{named: spec.Reviewers, stage2: spec.Stage2, fallback: spec.Owner, policy: p, org: org, now: now}
	for _, text := range spec.Routing {
		step, err := parseRouteStep(text)
		if err != nil {
			return nil, err
		}
		r.steps = append(r.steps, step)
	}
	if len(r.steps) == 0 && len(spec.Reviewers) == 0 {
		r.steps = []routeStep{{basis: ByManager}, {basis: ByOwner}}
	}
	if len(spec.Reviewers) > 0 && !slices.ContainsFunc(r.steps, func(s routeStep) bool { return s.basis == ByName }) {
		r.steps = append(r.steps, routeStep{basis: ByName})
	}
	if !slices.ContainsFunc(r.steps, func(s routeStep) bool { return s.basis == ByFallback }) {
		r.steps = append(r.steps, routeStep{basis: ByFallback})
	}
	return r, nil
}

// SplitRouting parts a chain, as people write it, at the commas between its steps; those inside a rule's filter are part
// of it.
func SplitRouting(chain string) []string {
	var out []string
	for i, part := range strings.Split(chain, ",") {
		word, _, _ := strings.Cut(strings.TrimSpace(part), ":")
		switch b := Basis(word); {
		case i > 0 && b != ByManager && b != ByOwner && b != ByName && b != ByRule && b != ByFallback:
			out[len(out)-1] += "," + part
		case strings.TrimSpace(part) != "":
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

func parseRouteStep(text string) (routeStep, error) {
	text = strings.TrimSpace(text)
	switch b := Basis(text); b {
	case ByManager, ByOwner, ByName, ByFallback:
		return routeStep{basis: b}, nil
	}
	expression, ok := strings.CutPrefix(text, "rule:")
	if !ok {
		return routeStep{}, Errorf(KindUsage, "routing knows no step %s", Quote(text)).
			WithHint("steps are manager, owner, named, rule:FILTER => PRINCIPAL and fallback")
	}
	filter, to, ok := cutLast(expression, "=>")
	who := strings.TrimSpace(to)
	if !ok || !IsPrincipal(who) {
		return routeStep{}, Errorf(KindUsage, "the routing rule %s names nobody", Quote(expression)).
			WithHint("write rule:system:aws privileged:yes => cloud@example.com")
	}
	f, err := ParseFilter(strings.TrimSpace(filter))
	if err != nil {
		return routeStep{}, err
	}
	return routeStep{basis: ByRule, where: f, to: Principal(who)}, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Answerable names who could answer for one item, as the imports say; each may be empty.
type Answerable struct {
	Manager          string // of the holder
	IdentityOwner    string // of a thing
	OwnerAlive       Tri    // whether IdentityOwner is an active worker
	AccountOwner     string
	EntitlementOwner string
	SystemOwner      string
}

// Assignment is who decides on an item, and how that was found.
type Assignment struct {
	Reviewer Principal // always somebody: the campaign's owner where nobody may decide
	Basis    Basis
	Tried    []string // who came before in the chain and why it is not them
	Blocked  string   // why the reviewer may not decide: the item is unroutable; empty if they may
	Own      bool     // it is unroutable because it is the reviewer's own access (rulings 14)
	NoKey    []string // who came before in the chain and has no key to sign with
}

// Others names further people who can sign decisions: they are asked, in this order, where the whole chain may not decide.
func (r *Routes) Others(who []Principal) { r.others = who }

// Route finds the reviewer of an item in its first stage.
func (r *Routes) Route(it *Item, who Answerable) Assignment {
	return r.first(it, nil, func(yield func(Basis, candidate) bool) {
		for _, s := range r.steps {
			for _, c := range r.candidates(s, it, who) {
				if !yield(s.basis, c) {
					return
				}
			}
		}
	})
}

// RouteNext finds a reviewer of a later stage: somebody of the second stage's list, else the campaign's owner, and never one of
// those who decide in an earlier stage.
func (r *Routes) RouteNext(it *Item, earlier []Principal) Assignment {
	return r.first(it, earlier, func(yield func(Basis, candidate) bool) {
		for _, who := range r.stage2 {
			if !yield(ByName, candidate{"second-stage reviewer " + string(who), string(who)}) {
				return
			}
		}
		yield(ByFallback, candidate{"owner of the campaign " + string(r.fallback), string(r.fallback)})
	})
}

// Chain names who could decide an item, in the order in which the campaign asks, as far as the item itself tells.
func (r *Routes) Chain(it *Item) []string {
	var out []string
	if it.Stage > 1 {
		for _, who := range r.stage2 {
			out = append(out, string(who))
		}
		return append(out, string(r.fallback))
	}
	for _, s := range r.steps {
		for _, c := range r.candidates(s, it, Answerable{Manager: it.Manager, IdentityOwner: it.Owner}) {
			out = append(out, c.name)
		}
	}
	return out
}

// first takes the first candidate who may decide, then anybody else who can sign, then gives the item up to the fallback.
func (r *Routes) first(it *Item, earlier []Principal, chain iter.Seq2[Basis, candidate]) Assignment {
	var a Assignment
	try := func(b Basis, c candidate) bool {
		principal, why := r.eligible(b, c, it)
		if why == noKey {
			a.NoKey = append(a.NoKey, c.name)
		}
		if principal != "" && slices.ContainsFunc(earlier, func(e Principal) bool { return r.org.people().Same(string(e), string(principal)) }) {
			principal, why = "", "decides in an earlier stage"
		}
		if principal == "" {
			a.Tried = append(a.Tried, c.what+" "+why)
			return false
		}
		a.Reviewer, a.Basis = principal, b
		return true
	}
	for b, c := range chain {
		if try(b, c) {
			return a
		}
	}
	for _, who := range r.others {
		if try(ByFallback, candidate{"also enrolled " + string(who), string(who)}) {
			return a
		}
	}
	a.Reviewer, a.Basis, a.Blocked = r.fallback, ByFallback, "decides in an earlier stage"
	if c, ok := blocking(r.org.Conflicts(r.policy, r.fallback, it)); ok {
		a.Blocked, a.Own = c.third(), c.Word == ConflictSubject
	}
	return a
}

// candidate is a name that may decide, and what it is to the item.
type candidate struct{ what, name string }

func (r *Routes) candidates(s routeStep, it *Item, who Answerable) []candidate {
	var out []candidate
	add := func(what, name string) {
		if name != "" {
			out = append(out, candidate{what + " " + name, name})
		}
	}
	switch s.basis {
	case ByManager:
		add("manager", who.Manager)
	case ByOwner:
		if who.OwnerAlive != No {
			add("owner of the identity", who.IdentityOwner)
		}
		add("owner of the account", who.AccountOwner)
		add("owner of the entitlement", who.EntitlementOwner)
		add("owner of the system", who.SystemOwner)
	case ByName:
		for _, n := range r.named {
			add("reviewer", string(n))
		}
	case ByRule:
		if s.where.Match(it, r.now) {
			add("reviewer by rule", string(s.to))
		}
	case ByFallback:
		add("owner of the campaign", string(r.fallback))
	}
	return out
}

// noKey is why somebody named by an import is passed over.
const noKey = "has no key enrolled"

// eligible gives the principal of a candidate if they may decide, else why not. People whom the campaign itself names need no
// key yet; managers and owners found in imports do, because nobody else would notice that they cannot sign.
func (r *Routes) eligible(b Basis, c candidate, it *Item) (Principal, string) {
	principal, enrolled := r.org.people().Principal(c.name)
	if !enrolled {
		if b == ByManager || b == ByOwner {
			return "", noKey
		}
		principal = Principal(c.name)
	}
	if conflict, ok := blocking(r.org.Conflicts(r.policy, principal, it)); ok {
		return "", conflict.third()
	}
	return principal, ""
}

// third is a conflict as said of somebody else.
func (c Conflict) third() string {
	switch c.Word {
	case ConflictSubject:
		return "is the holder"
	case ConflictGranter:
		return "granted it"
	case ConflictOwner:
		return "owns the exception"
	case ConflictReports:
		return "reports to the holder"
	}
	return "can administer it"
}

// StagesOf is how many stages an item has: those of the campaign, and a second for grave findings if the policy says so.
func StagesOf(stages int, p Policy, it *Item) int {
	stages = max(stages, 1)
	if p.HighNeedsStage2 && Worst(it.Findings).Rank() >= High.Rank() {
		return max(stages, 2)
	}
	return stages
}

// Reassignment is a signed change of who decides (ledger.md 3.7 `reassign`).
type Reassignment struct {
	From, To Principal
	Until    string // YYYY-MM-DD; empty: for good
	Reason   string
	By       Principal
}

// Assignee is who decides after all changes: the last one holds, its until being advisory until the reverse is signed.
func Assignee(first Principal, changes []Reassignment) Principal {
	if len(changes) == 0 {
		return first
	}
	return changes[len(changes)-1].To
}

// Accountable is who answers for the decision: a delegate acts for the one who delegated, a lasting reassignment moves the duty.
func Accountable(first Principal, changes []Reassignment) Principal {
	who := first
	for _, c := range changes {
		if c.Until == "" {
			who = c.To
		}
	}
	return who
}

// GiveBack is the reassignment to stage when a delegation has run out (rulings 26); false while it runs or if there is none.
func GiveBack(first Principal, changes []Reassignment, now time.Time) (Reassignment, bool) {
	if len(changes) == 0 {
		return Reassignment{}, false
	}
	last := changes[len(changes)-1]
	until, err := time.Parse(time.DateOnly, last.Until)
	if err != nil || now.Before(until) {
		return Reassignment{}, false
	}
	back := Accountable(first, changes)
	if back == last.To {
		return Reassignment{}, false
	}
	return Reassignment{From: last.To, To: back, Reason: "the delegation ended on " + last.Until}, true
}

// CheckReassign tells whether an item may go to somebody.
func CheckReassign(p Policy, org *Org, now time.Time, it *Item, to Principal, until, reason string) *Error {
	switch {
	case !IsPrincipal(string(to)):
		return Errorf(KindUsage, "%s is no principal", Quote(string(to))).WithHint("a principal is written name@domain in lower case; key list shows those enrolled")
	case to == it.Reviewer:
		return Errorf(KindRefused, "%s decides on it already", to).WithHint("name somebody else")
	case strings.TrimSpace(reason) == "":
		return Errorf(KindUsage, "a reassignment needs a reason").WithHint("say why somebody else is to decide")
	case org.people() != nil && !org.people().Enrolled(to):
		return Errorf(KindNotFound, "%s has no key enrolled and could not sign", to).WithHint("tickmark key enrol --principal %s --key FILE.pub", to)
	}
	if until != "" {
		day, err := parseDay(until)
		if err != nil {
			return err
		}
		if !day.After(now) {
			return Errorf(KindUsage, "the delegation would end on %s, which is past", until).WithHint("give a later day, or none for good")
		}
	}
	if c, ok := blocking(org.Conflicts(p, to, it)); ok {
		return Errorf(KindNotAllowed, "%s may not decide on it, because %s %s", to, to, c.third()).WithHint("name somebody independent of the access")
	}
	return nil
}

// parseDay reads YYYY-MM-DD.
func parseDay(s string) (time.Time, *Error) {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, Errorf(KindUsage, "%s is no day", Quote(s)).WithHint("write days as YYYY-MM-DD, such as 2026-12-31")
	}
	return day, nil
}
