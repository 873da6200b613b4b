package tui

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"tickmark/review"
)

// fakeDesk is a desk in memory, with the rules of package review and nothing durable. It is the company of the tests.
type fakeDesk struct {
	blocking []review.Notice
	mu       sync.Mutex
	clock    func() time.Time
	me       review.Principal
	policy   review.Policy
	items    []*review.Item // in population order
	byID     map[review.ItemID]*review.Item
	people   map[string]review.Identity
	drafts   map[review.ItemID]review.Staged
	past     []fakeStep
	undone   []fakeStep
	owner    review.Principal
	title    string
	due      time.Time
	closed   bool
	signoff  map[review.Principal]time.Time
	extra    []review.Campaign // other campaigns

	exceptions   []review.Exception
	remediations []review.Remediation
	closures     []fakeClosure
	asked        []review.ClosureDraft // what StageClosure was given
	imports      []review.ImportReport
	rejects      []review.Reject
	links        []review.Link // what Link was given
	entries      []review.LedgerEntry
	settings     map[string]string
	keys         []review.KeyInfo
	drafted      []review.Campaign
	spec         review.CampaignSpec // of the campaign drafted last
	blocks       []review.Notice     // what stands in the way of launching

	hook    func(ctx context.Context, call string) error // called first by every method
	sorted  map[string][]*review.Item
	none    bool                    // there is no campaign at all
	stages  int                     // how often Stage was called
	turns   int64                   // changes of drafts so far
	acts    map[review.ItemID]int64 // the turn that staged what is on an item
	meant   review.ImportOptions    // how the last file was to be read
	stopped bool                    // imports are cancelled
	profile string                  // name under which the last import kept its columns
	foreign map[int64]bool          // turns of another login
	big     bool                    // too many items to count one by one: they are all this person's
	strict  bool                    // NextUndecided leaves out what this person may not decide
}

type fakeStep struct {
	words  string
	ids    []review.ItemID
	before map[review.ItemID]*review.Staged
	after  map[review.ItemID]*review.Staged
}

type fakeClosure struct {
	act   review.Act
	line  review.StagedLine
	id    review.EntryIndex
	word  string
	apply func()
}

const fakeCampaign review.CampaignID = "q4-2026"

var fakeNow = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func (d *fakeDesk) enter(ctx context.Context, call string) error {
	if d.hook != nil {
		if err := d.hook(ctx, call); err != nil {
			return err
		}
	}
	return ctx.Err()
}

type fakePerson struct {
	name, mail, dept, title, manager string
	kind                             review.Kind
	marks                            []review.Mark
	hr                               string
	owner                            string
	ownerAlive                       review.Tri
}

func fakePeople() []fakePerson {
	h := review.Human
	return []fakePerson{
		{"Jane Doe", "jane.doe@corp.example", "Finance", "Accountant", "tom.lead@corp.example", h, nil, "active", "", ""},
		{"Tom Lead", "tom.lead@corp.example", "Finance", "Head of Accounting", "ceo@corp.example", h, nil, "active", "", ""},
		{"Alice Reviewer", "alice@corp.example", "Finance", "Controller", "ceo@corp.example", h, nil, "active", "", ""},
		{"Zoë Müller-Lüdenscheidt", "zoe.mueller@corp.example", "Engineering", "Site Reliability Engineer", "ines@corp.example", h, nil, "active", "", ""},
		{"山田太郎", "taro.yamada@corp.example", "Engineering", "Developer", "ines@corp.example", h, nil, "active", "", ""},
		{"محمد علي", "m.ali@corp.example", "Sales", "Account Executive", "sven@corp.example", h, nil, "active", "", ""},
		{"नीलम शर्मा", "neelam@corp.example", "Engineering", "Developer", "ines@corp.example", h, nil, "leave", "", ""},
		{"Bob Gone", "bob.gone@corp.example", "Sales", "Account Executive", "sven@corp.example", h, nil, "terminated", "", ""},
		{"Carla Moved", "carla@corp.example", "Treasury", "Treasurer", "tom.lead@corp.example", h, nil, "active", "", ""},
		{"svc-payroll", "svc-payroll", "", "", "", review.Service, []review.Mark{"integration"}, "", "jane.doe@corp.example", review.Yes},
		{"ci-deploy", "ci-deploy", "", "", "", review.Workload, nil, "", "bob.gone@corp.example", review.No},
		{"break-glass-01", "break-glass-01", "", "", "", review.Service, []review.Mark{"break-glass"}, "", "", ""},
		{"helpdesk (shared)", "helpdesk@corp.example", "", "", "", review.Service, []review.Mark{"shared"}, "", "ines@corp.example", review.Yes},
		{"Audit Partner LLP", "partner@audit.example", "", "External auditor", "", review.External, []review.Mark{"third-party"}, "", "tom.lead@corp.example", review.Yes},
		{"Ines Ops", "ines@corp.example", "Engineering", "Head of Platform", "ceo@corp.example", h, nil, "active", "", ""},
	}
}

// newFakeDesk makes a company in the middle of a review of about 90 items, as Alice sees it.
func newFakeDesk() *fakeDesk {
	d := &fakeDesk{
		clock: func() time.Time { return fakeNow }, me: "alice@corp.example", policy: review.DefaultPolicy(), byID: map[review.ItemID]*review.Item{},
		people: map[string]review.Identity{}, drafts: map[review.ItemID]review.Staged{}, owner: "alice@corp.example",
		title: "Q4 access review", due: time.Date(2026, 11, 27, 23, 59, 59, 0, time.UTC), signoff: map[review.Principal]time.Time{},
		strict: true, acts: map[review.ItemID]int64{}, foreign: map[int64]bool{}, settings: map[string]string{}, sorted: map[string][]*review.Item{},
	}
	d.policy.KeepReasonAtHigh = true
	d.keys = []review.KeyInfo{{Principal: d.me, Fingerprint: "SHA256:HWFjfbHVcZXF7JLDm1XVA8Cjk43OOsBREWGuw/kL6bo", Type: "ssh-ed25519", Via: "agent",
		Prompt: "your agent may ask you to confirm", Roles: []string{"review", "manage"}}}
	d.fill()
	return d
}

func fakeRules() []review.Rule {
	return []review.Rule{
		{ID: "leaver", Version: 1, Severity: review.Critical, Title: "The person has left, the access has not", Serves: []string{"soc2:CC6.2", "800-53:AC-2"}},
		{ID: "sod", Version: 1, Severity: review.High, Title: "Two rights that should not be in one hand"},
		{ID: "dormant", Version: 1, Severity: review.Medium, Title: "Not used for longer than the policy allows", Settings: []string{"dormant-days"}},
		{ID: "privileged", Version: 1, Severity: review.Medium, Title: "Administrative rights"},
		{ID: "owner-gone", Version: 1, Severity: review.High, Title: "The one who answers for it has left"},
	}
}

type fakeEnt struct {
	id, name, system, resource string
	source                     review.SourceID
	priv                       review.Privilege
}

func fakeEnts() []fakeEnt {
	return []fakeEnt{
		{"FI_AP_POST", "Post vendor invoices", "SAP ERP", "", "erp-prd", review.Write},
		{"FI_AP_DISPLAY", "Display vendor invoices", "SAP ERP", "", "erp-prd", review.Read},
		{"FI_VENDOR_CREATE", "Create and change vendors", "SAP ERP", "", "erp-prd", review.Write},
		{"arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess", "AWS 1111", "arn:aws:iam::111122223333:root", "aws-1111", review.Admin},
		{"arn:aws:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess", "AWS 1111", "", "aws-1111", review.Read},
		{"cluster-admin", "cluster-admin", "Kubernetes prod", "cluster", "k8s-prod", review.Admin},
		{"edit", "edit", "Kubernetes prod", "namespace/payments", "k8s-prod", review.Write},
		{"00g1salesforce", "Salesforce users", "Okta acme", "", "okta-acme", review.Read},
		{"00g1superadmin", "Super administrators", "Okta acme", "", "okta-acme", review.Admin},
		{"maintain", "maintain", "GitHub acme", "acme/ledger", "github-acme", review.Write},
		{"push", "push", "GitHub acme", "acme/website", "github-acme", review.Write},
		{"AKIA…7Q2M", "Access key AKIA…7Q2M", "AWS 1111", "", "aws-1111", review.UnknownPrivilege},
	}
}

func (d *fakeDesk) fill() {
	rng := rand.New(rand.NewPCG(7, 11))
	ents := fakeEnts()
	for pi, p := range fakePeople() {
		d.people[p.mail] = review.Identity{Key: p.mail, DisplayName: p.name, Emails: []string{p.mail}, Kind: p.kind, Marks: p.marks, HRStatus: p.hr,
			Owner: p.owner, OwnerAlive: p.ownerAlive, Manager: p.manager, Department: p.dept, Title: p.title,
			Hired: review.Time{State: review.Known, At: fakeNow.AddDate(-3, 0, -pi), Day: true}}
		if p.hr == "terminated" {
			id := d.people[p.mail]
			id.Terminated = review.Time{State: review.Known, At: fakeNow.AddDate(0, -1, -3), Day: true}
			d.people[p.mail] = id
		}
		n := 4 + rng.IntN(5)
		start := rng.IntN(len(ents))
		for k := range n {
			d.add(p, ents[(start+k)%len(ents)], rng)
		}
	}
	d.others()
	d.history()
}

// add makes an item of a person's hold on an entitlement, and lets the rules fire that the numbers call for.
func (d *fakeDesk) add(p fakePerson, e fakeEnt, rng *rand.Rand) *review.Item {
	ord := int64(len(d.items) + 1)
	sum := sha256.Sum256([]byte(p.mail + "\x00" + e.id + "\x00" + fmt.Sprint(ord)))
	it := &review.Item{
		ID: review.ItemID(fmt.Sprintf("sha256:%x", sum)), Campaign: fakeCampaign, Ord: ord, Stage: 1, Identity: p.mail, Name: p.name, Kind: p.kind,
		Marks: p.marks, Status: "active", Owner: p.owner, Manager: p.manager, Department: p.dept, Source: e.source, System: e.system,
		Account: strings.Split(p.mail, "@")[0], Login: strings.Split(p.mail, "@")[0], AccountStatus: review.Active, Entitlement: e.id, EntName: e.name,
		Resource: e.resource, How: "direct", GrantKind: "grant", Privilege: e.priv, Verdict: review.NoVerdict, State: review.ItemOpen, Reviewer: d.me,
		Change: review.Unchanged, PrevVerdict: review.Keep, Import: 3, Row: ord, Grant: review.GrantKey(fmt.Sprintf("sha256:%x", sha256.Sum256(sum[:]))),
	}
	used := fakeNow.AddDate(0, 0, -rng.IntN(200))
	switch rng.IntN(6) {
	case 0:
		it.LastUsed = review.Time{State: review.Never}
	case 1:
		it.LastUsed = review.Time{State: review.NotCollected}
	case 2:
		it.LastUsed = review.Time{State: review.Unknown}
	default:
		it.LastUsed = review.Time{State: review.Known, At: used}
	}
	it.Granted = review.Time{State: review.Known, At: fakeNow.AddDate(0, -rng.IntN(40), 0), Day: true}
	it.Expires = review.Time{State: review.NotApplicable}
	fire := func(rule string, sev review.Severity, reason string) {
		it.Findings = append(it.Findings, review.Finding{Rule: rule, Version: 1, Severity: sev, Reason: reason})
	}
	if p.hr == "terminated" {
		it.Status = "leaver"
		fire("leaver", review.Critical, "left on "+day(fakeNow.AddDate(0, -1, -3))+", account still active")
	}
	if e.priv == review.Admin {
		fire("privileged", review.Medium, e.name+" allows everything on "+e.system)
	}
	if it.LastUsed.State == review.Known && fakeNow.Sub(used) > 90*24*time.Hour {
		fire("dormant", review.Medium, fmt.Sprintf("last used %s ago, the policy allows 90 days", span(days(used, fakeNow))))
	}
	if e.id == "FI_AP_POST" && rng.IntN(2) == 0 {
		fire("sod", review.High, "also holds FI_VENDOR_CREATE on SAP ERP: can create a vendor and pay it")
	}
	if p.ownerAlive == review.No {
		fire("owner-gone", review.High, "owner "+p.owner+" has left")
	}
	switch rng.IntN(8) {
	case 0:
		it.Change, it.PrevVerdict = review.New, ""
		fire("new", review.Info, "not there in the review before")
	case 1:
		it.Change = review.Changed
	}
	it.MaxSeverity = review.Worst(it.Findings)
	if p.mail == string(d.me) {
		it.Blocked = "it is your own access"
	}
	d.items = append(d.items, it)
	d.byID[it.ID] = it
	return it
}

// others gives some items to another reviewer and signs a few, as a review in its second week looks.
func (d *fakeDesk) others() {
	for i, it := range d.items {
		if it.Department == "Sales" {
			it.Reviewer = "sven@corp.example"
		}
		if i%9 == 0 && it.Blocked == "" && it.Reviewer == d.me {
			it.Verdict, it.State = review.Keep, review.ItemSigned
		}
	}
	for _, it := range d.items {
		if it.Reviewer != d.me {
			it.Blocked = "it is assigned to " + string(it.Reviewer)
		}
	}
}

func (d *fakeDesk) history() {
	add := func(kind, summary string, signer review.Principal, at time.Time) review.EntryIndex {
		i := review.EntryIndex(len(d.entries))
		sum := sha256.Sum256([]byte(fmt.Sprint(i, summary)))
		e := review.LedgerEntry{Index: i, Kind: kind, Summary: summary, Signer: signer, Time: at, LeafHash: base64.StdEncoding.EncodeToString(sum[:])}
		if signer != "" {
			e.Key, e.Via = d.keys[0].Fingerprint, "agent"
		}
		d.entries = append(d.entries, e)
		return i
	}
	t := fakeNow.AddDate(0, 0, -100)
	add("open", "ledger reviews.corp.example/acme/7f3a9c21", "", t)
	add("roster", "version 1, 3 keys", d.me, t)
	for i, src := range []string{"erp-prd", "aws-1111", "okta-acme"} {
		at := fakeNow.AddDate(0, 0, -20+i)
		r := review.ImportReport{ID: review.ImportID(i + 1), File: src + "-export.csv", Bytes: 48_211 + int64(i), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(src))),
			Encoding: "utf-8", Format: []string{"generic-csv", "aws-credential-report", "okta-app-users"}[i], Evidence: []string{"its header"}, System: src,
			RowsRead: 1201, RowsReject: int64(i), Accounts: 210, Identities: 190, Grants: 1200 - int64(i), Complete: review.Full, Completeness: review.Full,
			Source: review.SourceID(src), State: "signed", ExportedAt: at, ExportedFrom: "file", ExportedBy: "ops", ImportedAt: at.Add(time.Hour),
			Columns: []string{"user", "email", "role", "last used"}, Mapping: []review.Assign{{Name: "identity", Value: "user"}, {Name: "entitlement", Value: "role"}},
			Samples: []map[string]string{{"identity": "jdoe", "entitlement": "admin"}, {"identity": "tlead", "entitlement": "read"}, {"identity": "zoe", "entitlement": "write"}},
		}
		if i == 2 {
			r.Completeness, r.Previous = review.UnknownScope, 2
			r.Diff = &review.Diff{From: 2, To: 3, Added: 12, Removed: 4, Changed: 1, Unchanged: 1183, Note: "the export does not say that it is complete"}
			r.Warnings = []review.Warning{{Keyword: "completeness-unknown", Count: 1, Text: "an absence proves nothing: give --completeness full if it is"}}
		}
		r.Entry = add("import", fmt.Sprintf("%s: 1,200 grants from %s", src, r.File), d.me, at)
		d.imports = append(d.imports, r)
	}
	d.rejects = []review.Reject{{Line: 17, Column: "email", Reason: "bad-value", Text: "okta-acme-export.csv:17:email: expected an address, found \"n/a\"; leave it empty"},
		{Line: 400, Column: "", Reason: "short-row", Text: "okta-acme-export.csv:400: expected 12 columns, found 3; the row may be cut"}}
	add("campaign", "q4-2026 over 90 items", d.me, fakeNow.AddDate(0, 0, -14))
	base := func(i int, days int, state review.ExceptionState) review.Exception {
		it := d.items[i]
		return review.Exception{MaxDays: d.policy.ExceptionMaxDays, MaxRenewals: d.policy.ExceptionRenewals, ID: review.EntryIndex(10 + i), Item: it.ID, Campaign: "q3-2026", State: state, Identity: it.Identity, System: it.System, Source: it.Source,
			Account: it.Account, Name: it.Name, Entitlement: it.Entitlement, EntName: it.EntName, Privilege: it.Privilege, Reason: "month-end closing needs it", Owner: "tom.lead@corp.example",
			Control: "four-eyes check in the payment run", Until: day(fakeNow.AddDate(0, 0, days)), Days: days, Decided: fakeNow.AddDate(0, -3, 0),
			Reviewer: "alice@corp.example", Approver: "tom.lead@corp.example"}
	}
	d.exceptions = []review.Exception{base(2, -9, review.ExceptionExpired), base(11, 12, review.Expiring), base(20, 120, review.ExceptionActive)}
	rem := func(i int, st review.RemediationState, n int, overdue bool) review.Remediation {
		it := d.items[i]
		return review.Remediation{ID: review.EntryIndex(30 + i), Item: it.ID, Campaign: "q3-2026", State: st, Identity: it.Identity, System: it.System, Source: it.Source,
			Account: it.Account, Name: it.Name, Entitlement: it.Entitlement, EntName: it.EntName, Resource: it.Resource, Reason: "no longer in the team", Reviewer: d.me, Owner: "ines@corp.example",
			Decided: fakeNow.AddDate(0, 0, -n), Since: fakeNow.AddDate(0, 0, -n/2), Days: n, Overdue: overdue}
	}
	d.remediations = []review.Remediation{rem(5, review.Returned, 84, true), rem(8, review.RevokeOpen, 20, true), rem(14, review.ClaimedDone, 9, false), rem(25, review.VerifiedGone, 60, false)}
	d.remediations[2].Ticket, d.remediations[2].Claimed, d.remediations[2].ClaimedBy = "OPS-4411", day(fakeNow.AddDate(0, 0, -4)), "ines@corp.example"
	d.remediations[3].VerifiedBy = 3
	d.extra = []review.Campaign{{Name: "q3-2026", Title: "Q3 access review", State: review.Remediating, Owner: d.owner, Items: 812, Decided: 812, Signed: 812,
		Keep: 760, Revoke: 40, Exception: 12, Due: fakeNow.AddDate(0, -2, -20), Period: [2]string{"2026-07-01", "2026-09-30"},
		Reviewers: []review.ReviewerCount{{Principal: d.me, Items: 812, Decided: 812, Signed: 812, SignedOff: fakeNow.AddDate(0, -2, -21)}}}}
}

// --- reading

func (d *fakeDesk) Me() review.Principal {
	_ = d.enter(context.Background(), "Me")
	return d.me
}

func (d *fakeDesk) Now() time.Time { return d.clock() }

func (d *fakeDesk) Policy(ctx context.Context, c review.CampaignID) (review.Policy, error) {
	if err := d.enter(ctx, "Policy"); err != nil || c == fakeCampaign {
		return d.policy, err
	}
	return review.Policy{}, review.Errorf(review.KindNotFound, "there is no campaign %s", c)
}

// view is an item with its draft on it.
func (d *fakeDesk) view(it *review.Item) review.Item {
	out := *it
	if s, ok := d.drafts[it.ID]; ok {
		out.Verdict, out.State, out.Reason, out.Until = s.Verdict, review.ItemStaged, s.Reason, s.Until
		out.StagedBy, out.Act = s.By, d.acts[it.ID]
	}
	return out
}

func (d *fakeDesk) campaign() review.Campaign {
	c := review.Campaign{Name: fakeCampaign, Title: d.title, Owner: d.owner, Due: d.due, Launched: fakeNow.AddDate(0, 0, -14), Stages: 1,
		Period: [2]string{"2026-10-01", "2026-12-31"}, NoAnswer: review.LeaveOpen, Assurance: review.AnyKey, Frameworks: []string{"soc2"},
		Findings: map[review.Severity]int64{}}
	shares := map[review.Principal]*review.ReviewerCount{}
	items := d.items
	if d.big {
		items = nil
		n, staged := int64(len(d.items)), int64(len(d.drafts))
		c.Items, c.Decided, c.Staged = n, staged, staged
		shares[d.me] = &review.ReviewerCount{Principal: d.me, Items: n, Decided: staged, Staged: staged}
	}
	for _, it := range items {
		v := d.view(it)
		r := shares[v.Reviewer]
		if r == nil {
			r = &review.ReviewerCount{Principal: v.Reviewer, SignedOff: d.signoff[v.Reviewer]}
			shares[v.Reviewer] = r
		}
		c.Items++
		r.Items++
		if v.Verdict.Decides() {
			c.Decided++
			r.Decided++
		}
		switch v.State {
		case review.ItemStaged:
			c.Staged++
			r.Staged++
		case review.ItemSigned:
			c.Signed++
			r.Signed++
		}
		switch v.Verdict {
		case review.Keep:
			c.Keep++
		case review.Revoke:
			c.Revoke++
		case review.Except:
			c.Exception++
		case review.Abstain:
			c.Abstain++
		}
		for _, f := range it.Findings {
			c.Findings[f.Severity]++
		}
	}
	c.Undecided = c.Items - c.Decided
	for _, r := range shares {
		c.Reviewers = append(c.Reviewers, *r)
	}
	slices.SortFunc(c.Reviewers, func(x, y review.ReviewerCount) int { return cmp.Compare(x.Principal, y.Principal) })
	c.State = review.ActiveState
	if d.closed {
		c.State, c.SignedOff = review.Signed, d.clock()
	}
	return c
}

func (d *fakeDesk) Overview(ctx context.Context) (review.Overview, error) {
	if err := d.enter(ctx, "Overview"); err != nil {
		return review.Overview{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var running []review.Campaign
	if !d.none {
		running = append(running, d.campaign())
	}
	o := review.Overview{Campaigns: append(running, d.extra...), Exceptions: map[review.ExceptionState]int64{},
		Remediation: map[review.RemediationState]int64{}, Ledger: d.head()}
	o.Campaigns = append(o.Campaigns, d.drafted...)
	for _, e := range d.exceptions {
		o.Exceptions[e.State]++
	}
	for _, r := range d.remediations {
		o.Remediation[r.State]++
	}
	o.Blocking = d.blocking
	return o, nil
}

func (d *fakeDesk) head() review.LedgerHead {
	sum := sha256.Sum256([]byte(fmt.Sprint(len(d.entries))))
	return review.LedgerHead{Log: "reviews.corp.example/acme/7f3a9c21", Size: int64(len(d.entries)), Root: base64.StdEncoding.EncodeToString(sum[:])}
}

// find gives the items of a query in its order.
func (d *fakeDesk) find(q review.Query) ([]*review.Item, error) {
	f, err := review.ParseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(q.Sort)
	all, ok := d.sorted[key]
	if !ok {
		all = slices.Clone(d.items)
		slices.SortStableFunc(all, func(x, y *review.Item) int { return fakeCompare(x, y, q.Sort) })
		d.sorted[key] = all
	}
	if q.Filter == "" && q.Identity == "" && (q.Reviewer == "" || d.big) {
		return all, nil
	}
	now := d.clock()
	var out []*review.Item
	for _, it := range all {
		if q.Identity != "" && it.Identity != q.Identity || q.Reviewer != "" && it.Reviewer != q.Reviewer {
			continue
		}
		v := d.view(it)
		if f.Match(&v, now) {
			out = append(out, it)
		}
	}
	return out, nil
}

func fakeCompare(x, y *review.Item, keys []review.SortKey) int {
	text := func(it *review.Item, col string) string {
		switch col {
		case "identity":
			return it.Identity
		case "name":
			return it.Name
		case "entitlement":
			return it.EntName
		case "system":
			return it.System
		case "privilege":
			return string(it.Privilege)
		}
		return fmt.Sprintf("%09d", it.Ord)
	}
	for _, k := range keys {
		c := cmp.Compare(text(x, k.Column), text(y, k.Column))
		if k.Column == "severity" {
			c = cmp.Compare(x.MaxSeverity.Rank(), y.MaxSeverity.Rank())
		}
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	if len(keys) == 0 {
		if c := cmp.Compare(y.MaxSeverity.Rank(), x.MaxSeverity.Rank()); c != 0 {
			return c
		}
	}
	return cmp.Compare(x.Ord, y.Ord)
}

func (d *fakeDesk) Count(ctx context.Context, q review.Query) (int64, error) {
	if err := d.enter(ctx, "Count"); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	items, err := d.find(q)
	return int64(len(items)), err
}

func (d *fakeDesk) Page(ctx context.Context, q review.Query, at review.Anchor, limit int) (review.Page, error) {
	if err := d.enter(ctx, "Page"); err != nil {
		return review.Page{}, err
	}
	p, err := d.page(q, at, limit)
	if err == nil {
		err = d.enter(context.Background(), "Page answered")
	}
	return p, err
}

func (d *fakeDesk) page(q review.Query, at review.Anchor, limit int) (review.Page, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	items, err := d.find(q)
	if err != nil {
		return review.Page{}, err
	}
	lo, hi := 0, len(items)
	if at.From != "" {
		from, ok := d.byID[at.From]
		if !ok {
			return review.Page{}, review.Errorf(review.KindNotFound, "there is no such item")
		}
		// like a keyset: the place of the item in the order, whether or not it matches
		i, found := slices.BinarySearchFunc(items, from, func(x, y *review.Item) int { return fakeCompare(x, y, q.Sort) })
		if at.Back {
			hi = i
			if found && at.Incl {
				hi++
			}
		} else {
			lo = i
			if found && !at.Incl {
				lo++
			}
		}
	}
	if at.Back {
		lo = max(lo, hi-limit)
	} else {
		hi = min(hi, lo+limit)
	}
	p := review.Page{First: lo == 0, Last: hi == len(items), Offset: int64(lo)}
	for _, it := range items[lo:hi] {
		p.Items = append(p.Items, d.view(it))
	}
	return p, nil
}

func (d *fakeDesk) Groups(ctx context.Context, q review.Query, column string) ([]review.GroupCount, error) {
	if err := d.enter(ctx, "Groups"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	items, err := d.find(q)
	if err != nil {
		return nil, err
	}
	m := map[string]*review.GroupCount{}
	add := func(key, label string, it *review.Item, sev review.Severity) {
		g := m[key]
		if g == nil {
			g = &review.GroupCount{Key: key, Label: label}
			m[key] = g
		}
		g.Items++
		if v := d.view(it); v.Verdict.Decides() {
			g.Decided++
		}
		if sev.Rank() > g.Severity.Rank() {
			g.Severity = sev
		}
	}
	for _, it := range items {
		switch column {
		case "identity":
			add(it.Identity, it.Name, it, it.MaxSeverity)
		case "entitlement":
			add(it.Entitlement, it.EntName, it, it.MaxSeverity)
		case "system":
			add(it.System, "", it, it.MaxSeverity)
		case "finding":
			for _, f := range it.Findings {
				add(f.Rule, "", it, f.Severity)
			}
		}
	}
	var out []review.GroupCount
	for _, g := range m {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(x, y review.GroupCount) int {
		return cmp.Or(cmp.Compare(y.Severity.Rank(), x.Severity.Rank()), cmp.Compare(y.Items, x.Items), cmp.Compare(x.Key, y.Key))
	})
	return out, nil
}

func (d *fakeDesk) Item(ctx context.Context, id review.ItemID) (review.Item, error) {
	if err := d.enter(ctx, "Item"); err != nil {
		return review.Item{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	it, ok := d.byID[id]
	if !ok {
		return review.Item{}, review.Errorf(review.KindNotFound, "there is no such item")
	}
	return d.view(it), nil
}

func (d *fakeDesk) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	if err := d.enter(ctx, "Detail"); err != nil {
		return review.Detail{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	it, ok := d.byID[id]
	if !ok {
		return review.Detail{}, review.Errorf(review.KindNotFound, "there is no such item")
	}
	p := d.people[it.Identity]
	out := review.Detail{Item: d.view(it), Person: p, Holder: review.Account{NativeID: it.Account, Login: it.Login, Status: it.AccountStatus},
		EntDetail:    review.Entitlement{NativeID: it.Entitlement, Name: it.EntName, Privilege: it.Privilege, PrivilegeReason: "its name says so", Description: "What " + it.EntName + " allows"},
		ResourceName: it.Resource, Locator: fmt.Sprintf("line %d", it.Row+1), ImportEntry: 4, ImportFile: string(it.Source) + "-export.csv",
		Extracted: fakeNow.AddDate(0, 0, -18), Sources: 1, Facts: "tickmark/facts v1\nlog: reviews.corp.example/acme/7f3a9c21\nitem: " + string(it.ID) + "\naccount: " + it.Account + "\n",
		Siblings: 3, Independence: []string{"You do not report to " + who(it.Name, it.Identity) + " and have not granted this."}}
	out.GrantedBy = "jsmith"
	if p.Department != "" {
		out.Peers = review.Peers{Group: p.Department + ", " + p.Title, Have: 4, Of: 11}
	}
	if it.PrevVerdict != "" {
		out.Decisions = []review.Past{{Index: 7, Campaign: "q3-2026", Item: "sha256:earlier", Verdict: it.PrevVerdict, Reason: "AP clerk, role matches job",
			Reviewer: "alice@corp.example", Signer: "alice@corp.example", Time: fakeNow.AddDate(0, -3, 0), InForce: true}}
	}
	if s, ok := d.drafts[id]; ok {
		out.Draft = &s
	}
	return out, nil
}

func (d *fakeDesk) Card(ctx context.Context, q review.Query, identity string, step int) (review.Card, error) {
	if err := d.enter(ctx, "Card"); err != nil {
		return review.Card{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	q.Identity = ""
	items, err := d.find(q)
	if err != nil {
		return review.Card{}, err
	}
	var order []string
	for _, it := range items {
		if !slices.Contains(order, it.Identity) {
			order = append(order, it.Identity)
		}
	}
	if len(order) == 0 {
		return review.Card{}, review.Errorf(review.KindNotFound, "there is no identity with items for you").WithHint("Nothing of this campaign is yours.")
	}
	at := slices.Index(order, identity)
	if identity == "" || at < 0 {
		at = 0
		for _, it := range items {
			if v := d.view(it); (v.State == review.ItemOpen || v.Verdict == review.Abstain) && v.Blocked == "" { // as the store has it
				at = slices.Index(order, it.Identity)
				break
			}
		}
	}
	at = min(max(at+step, 0), len(order)-1)
	c := review.Card{Identity: d.people[order[at]], Position: int64(at + 1), Of: int64(len(order)), Accounts: 1, EarlierBy: "alice@corp.example in q3-2026, 2026-08-23"}
	if c.Key == "" {
		c.Key = order[at]
	}
	for _, it := range items {
		if it.Identity != order[at] {
			continue
		}
		v := d.view(it)
		c.Items++
		if v.Verdict.Decides() {
			c.Decided++
		}
		if !slices.Contains(c.Systems, it.System) {
			c.Systems = append(c.Systems, it.System)
		}
		if it.LastUsed.IsKnown() && (!c.LastSeen.IsKnown() || it.LastUsed.At.After(c.LastSeen.At)) {
			c.LastSeen = it.LastUsed
		}
		for _, f := range it.Findings {
			if !slices.ContainsFunc(c.Findings, func(x review.Finding) bool { return x.Rule == f.Rule }) {
				c.Findings = append(c.Findings, f)
			}
		}
	}
	slices.SortStableFunc(c.Findings, func(x, y review.Finding) int { return cmp.Compare(y.Severity.Rank(), x.Severity.Rank()) })
	return c, nil
}

func (d *fakeDesk) NextUndecided(ctx context.Context, q review.Query, after review.ItemID) (review.ItemID, error) {
	if err := d.enter(ctx, "NextUndecided"); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	items, err := d.find(q)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(items, func(it *review.Item) bool { return it.ID == after })
	for n := 1; n <= len(items); n++ {
		it := items[(at+n)%len(items)]
		if v := d.view(it); v.State == review.ItemOpen && (v.Blocked == "" || !d.strict) {
			return it.ID, nil
		}
	}
	return "", nil
}

// --- acts

func (d *fakeDesk) choose(q review.Query, ids []review.ItemID) ([]*review.Item, error) {
	if ids == nil {
		return d.find(q)
	}
	var out []*review.Item
	for _, id := range ids {
		it, ok := d.byID[id]
		if !ok {
			return nil, review.Errorf(review.KindNotFound, "there is no such item")
		}
		out = append(out, it)
	}
	return out, nil
}

func (d *fakeDesk) PreviewStage(ctx context.Context, q review.Query, ids []review.ItemID, dr review.Draft) (review.BulkPreview, error) {
	if err := d.enter(ctx, "PreviewStage"); err != nil {
		return review.BulkPreview{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	items, err := d.choose(q, ids)
	if err != nil {
		return review.BulkPreview{}, err
	}
	return review.PreviewBulk(d.policy, d.clock(), func(yield func(*review.Item) bool) {
		for _, it := range items {
			v := d.view(it)
			if !yield(&v) {
				return
			}
		}
	}, dr), nil
}

func (d *fakeDesk) Stage(ctx context.Context, q review.Query, ids []review.ItemID, dr review.Draft, shown review.Drafts) (review.StageResult, error) {
	if err := d.enter(ctx, "Stage"); err != nil {
		return review.StageResult{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stage(q, ids, dr, shown)
}

// stage is Stage for whoever holds the lock.
func (d *fakeDesk) stage(q review.Query, ids []review.ItemID, dr review.Draft, shown review.Drafts) (review.StageResult, error) {
	d.stages++
	items, err := d.choose(q, ids)
	if err != nil {
		return review.StageResult{}, err
	}
	dr.Bulk = len(items) > 1
	var r review.StageResult
	step := fakeStep{before: map[review.ItemID]*review.Staged{}, after: map[review.ItemID]*review.Staged{}}
	d.turns++
	act := d.turns
	for _, it := range items {
		v := *it
		if on := d.acts[it.ID]; on != 0 && shown != nil && d.foreign[on] && shown[it.ID] != on {
			if len(items) == 1 {
				return r, review.Errorf(review.KindConflict, "another session of yours has staged %s on it since it was shown", d.drafts[it.ID].Verdict).WithHint("Look, then give your verdict again")
			}
			r.Skipped = append(r.Skipped, review.Skip{ID: it.ID, Reason: "another session of yours has staged something on it since it was shown"})
			continue
		}
		if bad := review.CheckDraft(d.policy, d.clock(), &v, dr); bad != nil {
			r.Skipped = append(r.Skipped, review.Skip{ID: it.ID, Reason: bad.Message})
			continue
		}
		if was, ok := d.drafts[it.ID]; ok {
			step.before[it.ID] = &was
		} else {
			step.before[it.ID] = nil
		}
		s := review.Staged{Item: it.ID, Draft: dr, By: d.me, At: d.clock()}
		d.drafts[it.ID], d.acts[it.ID] = s, act
		step.after[it.ID] = &s
		step.ids = append(step.ids, it.ID)
		r.Staged++
	}
	if r.Staged > 0 {
		step.words = fmt.Sprintf("%s on %s", dr.Verdict.Words(), count(int64(r.Staged), "item"))
		d.past, d.undone = append(d.past, step), nil
	}
	return r, nil
}

func (d *fakeDesk) Unstage(ctx context.Context, ids []review.ItemID, _ review.Drafts) (review.StageResult, error) {
	if err := d.enter(ctx, "Unstage"); err != nil {
		return review.StageResult{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var r review.StageResult
	step := fakeStep{words: "clearing", before: map[review.ItemID]*review.Staged{}, after: map[review.ItemID]*review.Staged{}}
	for _, id := range ids {
		if was, ok := d.drafts[id]; ok {
			step.before[id], step.after[id] = &was, nil
			step.ids = append(step.ids, id)
			delete(d.drafts, id)
			delete(d.acts, id)
			r.Staged++
		}
	}
	if r.Staged > 0 {
		d.past, d.undone = append(d.past, step), nil
	}
	return r, nil
}

func (d *fakeDesk) restore(m map[review.ItemID]*review.Staged) {
	d.turns++
	for id, s := range m {
		d.acts[id] = d.turns
		if s == nil {
			delete(d.drafts, id)
			delete(d.acts, id)
		} else {
			d.drafts[id] = *s
		}
	}
}

func (d *fakeDesk) Undo(ctx context.Context) (string, []review.ItemID, error) {
	if err := d.enter(ctx, "Undo"); err != nil {
		return "", nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.past) == 0 {
		return "", nil, nil
	}
	s := d.past[len(d.past)-1]
	d.past, d.undone = d.past[:len(d.past)-1], append(d.undone, s)
	d.restore(s.before)
	return "undone: " + s.words, s.ids, nil
}

func (d *fakeDesk) Redo(ctx context.Context) (string, []review.ItemID, error) {
	if err := d.enter(ctx, "Redo"); err != nil {
		return "", nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.undone) == 0 {
		return "", nil, nil
	}
	s := d.undone[len(d.undone)-1]
	d.undone, d.past = d.undone[:len(d.undone)-1], append(d.past, s)
	d.restore(s.after)
	return "staged again: " + s.words, s.ids, nil
}

// OtherSide is one more item of the identity.
func (d *fakeDesk) OtherSide(ctx context.Context, id review.ItemID) ([]review.Item, error) {
	it, err := d.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	page, err := d.Page(ctx, review.Query{Campaign: it.Campaign, Identity: it.Identity, Asker: d.me}, review.Anchor{}, 100)
	var out []review.Item
	for _, other := range page.Items {
		if other.ID != id && len(out) == 0 {
			out = append(out, other)
		}
	}
	return out, err
}

func (d *fakeDesk) PickSide(ctx context.Context, stays review.ItemID, reason string, opened bool, _ review.Drafts) (review.StageResult, error) {
	against, err := d.OtherSide(ctx, stays)
	if err != nil {
		return review.StageResult{}, err
	}
	var ids []review.ItemID
	for _, it := range against {
		ids = append(ids, it.ID)
	}
	res, err := d.Stage(ctx, review.Query{}, ids, review.Draft{Verdict: review.Revoke, Reason: reason}, nil)
	if err != nil {
		return res, err
	}
	kept, err := d.Stage(ctx, review.Query{}, []review.ItemID{stays}, review.Draft{Verdict: review.Keep, Reason: reason, Opened: opened}, nil)
	res.Staged += kept.Staged
	return res, err
}

func (d *fakeDesk) Reassign(ctx context.Context, ids []review.ItemID, to review.Principal, until, reason string) (review.StageResult, error) {
	if err := d.enter(ctx, "Reassign"); err != nil {
		return review.StageResult{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		it := d.byID[id]
		d.closures = append(d.closures, fakeClosure{act: review.ActReassign, word: "reassign", line: review.StagedLine{Item: id, What: "reassign to " + string(to),
			Identity: it.Identity, System: it.System, Entitlement: it.EntName, Reason: reason}, apply: func() { it.Reviewer = to }})
	}
	return review.StageResult{Staged: len(ids)}, nil
}

// Pulse passes the hook by: it follows every act, whether or not anybody waits for it.
func (d *fakeDesk) Pulse(ctx context.Context) (review.Pulse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return review.Pulse{Last: d.turns, Entries: int64(len(d.entries))}, ctx.Err()
}

// elsewhere stages a verdict in another login of the same person.
func (d *fakeDesk) elsewhere(id review.ItemID, dr review.Draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.stage(review.Query{}, []review.ItemID{id}, dr, nil); err != nil {
		panic(err)
	}
	d.foreign[d.turns] = true
}

func (d *fakeDesk) Staged(ctx context.Context) ([]review.StagedBundle, error) {
	if err := d.enter(ctx, "Staged"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bundles(), nil
}

func (d *fakeDesk) bundles() []review.StagedBundle {
	var out []review.StagedBundle
	b := review.StagedBundle{Campaign: fakeCampaign, Act: review.ActDecision, Since: fakeNow}
	tally := map[review.Verdict]int64{}
	for _, it := range d.items {
		s, ok := d.drafts[it.ID]
		if !ok {
			continue
		}
		b.Records++
		tally[s.Verdict]++
		b.Mark += fmt.Sprint(it.ID, d.acts[it.ID])
		if s.Opened {
			b.Opened++
		}
		if s.Bulk {
			b.Bulk++
		}
		if it.MaxSeverity.Rank() >= review.High.Rank() {
			b.High++
		}
		b.Lines = append(b.Lines, review.StagedLine{Act: d.acts[it.ID], Item: it.ID, What: string(s.Verdict), Identity: it.Identity, System: it.System, Account: it.Account,
			Entitlement: it.EntName, Reason: s.Reason, Severity: it.MaxSeverity, Bulk: s.Bulk})
	}
	for _, v := range []review.Verdict{review.Keep, review.Revoke, review.Except, review.Abstain} {
		b.Tally = append(b.Tally, review.Count{Word: string(v), N: tally[v]})
	}
	if b.Records > 0 {
		if b.Bulk*100 > b.Records*d.policy.HastyBulkShare {
			b.Warnings = append(b.Warnings, review.Notice{Code: "hasty-bulk", Text: fmt.Sprintf("%d of %d verdicts were given in bulk", b.Bulk, b.Records), Hint: "The record says so."})
		}
		out = append(out, b)
	}
	for _, a := range []review.Act{review.ActReassign, review.ActClosure, review.ActRemediation} {
		x := review.StagedBundle{Campaign: "q3-2026", Act: a, Since: fakeNow}
		words := map[string]int64{}
		for _, c := range d.closures {
			if c.act == a {
				x.Records++
				words[c.word]++
				x.Lines = append(x.Lines, c.line)
			}
		}
		for w, n := range words {
			x.Tally = append(x.Tally, review.Count{Word: w, N: n})
		}
		slices.SortFunc(x.Tally, func(p, q review.Count) int { return cmp.Compare(p.Word, q.Word) })
		if x.Records > 0 {
			out = append(out, x)
		}
	}
	return out
}

func (d *fakeDesk) Keys(ctx context.Context) ([]review.KeyInfo, error) {
	return d.keys, d.enter(ctx, "Keys")
}

func (d *fakeDesk) receipt(kind, summary string, records int, c review.CampaignID, a review.Act, tally []review.Count) review.Receipt {
	for range records {
		d.entries = append(d.entries, review.LedgerEntry{Index: review.EntryIndex(len(d.entries)), Kind: "record", Summary: "a record", Time: d.clock(), LeafHash: "x"})
	}
	i := review.EntryIndex(len(d.entries))
	d.entries = append(d.entries, review.LedgerEntry{Index: i, Kind: kind, Summary: summary, Signer: d.me, Key: d.keys[0].Fingerprint, Via: "agent", Time: d.clock(), LeafHash: "x", Campaign: c})
	h := d.head()
	return review.Receipt{Entry: i, Records: records, Size: h.Size, Root: h.Root, Receipt: fmt.Sprintf("tickmark receipt %s %d %s", h.Log, h.Size, h.Root), Campaign: c, Act: a, Tally: tally, Time: d.clock()}
}

func (d *fakeDesk) ConfirmShown(ctx context.Context, shown []review.StagedBundle, pass []byte) ([]review.Receipt, error) {
	if err := d.enter(ctx, "ConfirmShown"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys[0].Passphrase && string(pass) != "correct horse" {
		return nil, review.Errorf(review.KindPassphrase, "the passphrase is wrong").WithHint("Try again; nothing was signed.")
	}
	var out []review.Receipt
	for _, b := range d.bundles() {
		was := slices.IndexFunc(shown, func(s review.StagedBundle) bool { return s.Campaign == b.Campaign && s.Act == b.Act })
		if was < 0 {
			continue
		}
		if shown[was].Mark != b.Mark {
			return nil, review.Errorf(review.KindConflict, "what is staged changed since it was shown").WithHint("look at it again, then sign")
		}
		switch b.Act {
		case review.ActDecision:
			for id, s := range d.drafts {
				it := d.byID[id]
				it.Verdict, it.Reason, it.Until = s.Verdict, s.Reason, s.Until
				it.State = review.ItemSigned
			}
			clear(d.drafts)
			clear(d.acts)
			d.past, d.undone = nil, nil
		default:
			d.closures = slices.DeleteFunc(d.closures, func(x fakeClosure) bool {
				if x.act == b.Act {
					x.apply()
				}
				return x.act == b.Act
			})
		}
		clear(d.sorted)
		out = append(out, d.receipt("bundle", fmt.Sprintf("%s: %s", b.Act, tallyWords(b.Tally)), b.Records, b.Campaign, b.Act, b.Tally))
	}
	return out, nil
}

func (d *fakeDesk) Quality(ctx context.Context, c review.CampaignID) ([]review.Quality, error) {
	if err := d.enter(ctx, "Quality"); err != nil {
		return nil, err
	}
	q := review.Quality{Principal: d.me, Decided: 40, Keeps: 36, Bulk: 10, Opened: 30, Seconds: 600, PerItem: 15}
	q.Signals = []review.Notice{{Code: "rubber-stamp", Text: "90% were kept"}}
	return []review.Quality{q, {Principal: "somebody.else@corp.example", Decided: 7, Keeps: 7, Seconds: 7, PerItem: 1}}, nil
}

func (d *fakeDesk) SignOff(ctx context.Context, c review.CampaignID, role review.Role, pass []byte) ([]review.Receipt, error) {
	if err := d.enter(ctx, "SignOff"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signoff[d.me] = d.clock()
	out := []review.Receipt{d.receipt("signoff", "reviewer", 0, c, "", nil)}
	if d.owner == d.me {
		d.closed = true
		out = append(out, d.receipt("signoff", "manager", 0, c, "", nil))
	}
	return out, nil
}

// --- managers

func (d *fakeDesk) Exceptions(ctx context.Context, filter string) ([]review.Exception, error) {
	if err := d.enter(ctx, "Exceptions"); err != nil {
		return nil, err
	}
	f, err := review.ParseExceptionFilter(filter)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []review.Exception
	for i := range d.exceptions {
		e := d.exceptions[i]
		if f.MatchException(&e, d.clock()) {
			out = append(out, e)
		}
	}
	return out, nil
}

// Approve agrees to what is proposed; the stand-in has no second stage.
func (d *fakeDesk) Approve(ctx context.Context, ids []review.EntryIndex, reason string) (review.StageResult, error) {
	if err := d.enter(ctx, "Approve"); err != nil {
		return review.StageResult{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var r review.StageResult
	for _, id := range ids {
		i := slices.IndexFunc(d.exceptions, func(e review.Exception) bool { return e.ID == id })
		if i < 0 || d.exceptions[i].Approval == "" {
			return r, review.Errorf(review.KindRefused, "exception %d waits for no approval", id)
		}
		e := &d.exceptions[i]
		e.Staged = "approved"
		r.Staged++
		d.closures = append(d.closures, fakeClosure{act: review.ActClosure, id: id, word: "exception", line: review.StagedLine{Item: e.Approval, What: "exception", Identity: e.Identity,
			System: e.System, Account: e.Account, Entitlement: e.Entitlement, Reason: reason}, apply: func() {
			e.Approver, e.Approval, e.ApprovalBy, e.State, e.Staged = d.Me(), "", "", review.ExceptionActive, ""
		}})
	}
	return r, nil
}

func (d *fakeDesk) StageClosure(ctx context.Context, ids []review.EntryIndex, c review.ClosureDraft) (review.StageResult, error) {
	if err := d.enter(ctx, "StageClosure"); err != nil {
		return review.StageResult{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, c)
	var r review.StageResult
	for _, id := range ids {
		i := slices.IndexFunc(d.exceptions, func(e review.Exception) bool { return e.ID == id })
		if i < 0 {
			return r, review.Errorf(review.KindNotFound, "there is no exception %d", id)
		}
		e := &d.exceptions[i]
		if stands := slices.DeleteFunc(slices.Clone(e.Acts), func(n int64) bool { return slices.Contains(c.Shown, n) }); c.Shown != nil && len(stands) > 0 {
			return r, review.Errorf(review.KindConflict, "another session of yours has staged %s on it since it was shown", e.Staged)
		}
		e.Staged = c.Outcome
		r.Staged++
		d.closures = append(d.closures, fakeClosure{act: review.ActClosure, id: id, word: c.Outcome, line: review.StagedLine{Item: e.Item, What: c.Outcome, Identity: e.Identity,
			System: e.System, Account: e.Account, Entitlement: e.Entitlement, Reason: c.Reason}, apply: func() {
			e.Staged = ""
			if c.Outcome == "renewed" {
				t, _ := time.Parse(time.DateOnly, c.Until)
				e.Until, e.Renewals, e.State, e.Days = c.Until, e.Renewals+1, review.ExceptionActive, days(d.clock(), t)
				return
			}
			e.State, e.Outcome = review.Closed, c.Outcome
		}})
	}
	return r, nil
}

func (d *fakeDesk) Remediations(ctx context.Context, filter string) ([]review.Remediation, error) {
	if err := d.enter(ctx, "Remediations"); err != nil {
		return nil, err
	}
	f, err := review.ParseRemediationFilter(filter)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []review.Remediation
	for i := range d.remediations {
		if f.MatchRemediation(&d.remediations[i], d.clock()) {
			out = append(out, d.remediations[i])
		}
	}
	return out, nil
}

func (d *fakeDesk) StageClaim(ctx context.Context, ids []review.EntryIndex, c review.ClaimDraft) (review.StageResult, error) {
	if err := d.enter(ctx, "StageClaim"); err != nil {
		return review.StageResult{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var r review.StageResult
	for _, id := range ids {
		i := slices.IndexFunc(d.remediations, func(x review.Remediation) bool { return x.ID == id })
		m := &d.remediations[i]
		m.Staged = "claimed"
		r.Staged++
		d.closures = append(d.closures, fakeClosure{act: review.ActRemediation, id: id, word: "claimed", line: review.StagedLine{Item: m.Item, What: "claimed", Identity: m.Identity,
			System: m.System, Account: m.Account, Entitlement: m.Entitlement, Reason: c.Ticket}, apply: func() {
			m.Staged, m.State, m.Ticket, m.Claimed = "", review.ClaimedDone, c.Ticket, c.Done
		}})
	}
	return r, nil
}

func (d *fakeDesk) Outcomes(ctx context.Context, by string) ([]review.Outcomes, error) {
	six := 6.0
	of := map[string][]review.Outcomes{
		"all":      {{By: "all", Revokes: 40, Gone: 36, ShareGone: 0.9, MedianDays: &six, Overdue: 2, Expired: 1}},
		"campaign": {{By: "2026q3", Revokes: 40, Gone: 36, ShareGone: 0.9, MedianDays: &six, Overdue: 2, Expired: 1}},
		"source":   {{By: "aws", Revokes: 30, Gone: 30, ShareGone: 1, MedianDays: &six}, {By: "erp", Revokes: 10, Gone: 6, ShareGone: 0.6, MedianDays: &six, Overdue: 2, Expired: 1}},
		"owner":    {{By: "", Revokes: 10, Gone: 6, ShareGone: 0.6, MedianDays: &six, Overdue: 2}, {By: "dan@corp.example", Expired: 1}},
	}
	return of[by], d.enter(ctx, "Outcomes")
}

func (d *fakeDesk) Crossing(ctx context.Context, from, to string) ([]review.Exception, error) {
	es, err := d.Exceptions(ctx, "")
	window := review.Period{Start: from, End: to}
	return slices.DeleteFunc(es, func(e review.Exception) bool { return !review.Crosses(window, &e) }), err
}

func (d *fakeDesk) Coverage(ctx context.Context, from, to string) ([]review.Coverage, error) {
	if err := d.enter(ctx, "Coverage"); err != nil {
		return nil, err
	}
	var out []review.Coverage
	for i, src := range []review.SourceID{"aws-1111", "erp-prd", "github-acme", "k8s-prod", "okta-acme"} {
		for q, start := range []string{"2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"} {
			c := review.Coverage{Source: src, PeriodStart: start, PeriodEnd: []string{"2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"}[q], Status: "covered",
				Campaign: review.CampaignID(fmt.Sprintf("q%d-2026", q+1)), Items: 200, Decided: 200, Completeness: "full"}
			switch {
			case q == 3:
				c.Status, c.Decided, c.Open, c.Need = "incomplete", 80, 120, "120 items are undecided"
			case i == 2 && q == 0:
				c = review.Coverage{Source: src, PeriodStart: start, PeriodEnd: "2026-03-31", Status: "missing", Need: "no campaign covers it: import the source and launch one"}
			case i == 4 && q == 1:
				c.Status, c.DaysLate = "late", 9
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// --- imports and campaigns

func (d *fakeDesk) Imports(ctx context.Context) ([]review.ImportReport, error) {
	if err := d.enter(ctx, "Imports"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.imports), nil
}

func (d *fakeDesk) Rejects(ctx context.Context, _ review.ImportID, limit int) ([]review.Reject, error) {
	return d.rejects, d.enter(ctx, "Rejects")
}

func (d *fakeDesk) DiffImports(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	return review.Diff{From: from, To: to, Added: 1, Removed: 1, Changed: 1, Unchanged: 1183}, []review.DiffLine{
		{Change: "added", Key: "sha256:a", Account: "jdoe", Entitlement: "Super administrators"},
		{Change: "removed", Key: "sha256:b", Account: "bgone", Entitlement: "Salesforce users"},
		{Change: "changed", Key: "sha256:c", Account: "tlead", Entitlement: "Salesforce users", Detail: "status active, was locked"},
	}, d.enter(ctx, "DiffImports")
}

func (d *fakeDesk) ImportFile(ctx context.Context, path string, o review.ImportOptions, progress func(review.Progress)) (review.ImportReport, error) {
	progress(review.Progress{Stage: "reading", Done: 24_000, Total: 48_000, Unit: "bytes", Rows: 600})
	if err := d.enter(ctx, "ImportFile"); err != nil {
		return review.ImportReport{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.Contains(path, "missing") {
		return review.ImportReport{File: path}, review.Errorf(review.KindIO, "%s cannot be opened", review.Quote(path)).WithHint("Check the path.")
	}
	if strings.Contains(path, "foreign") && len(o.Map) == 0 {
		return review.ImportReport{File: path, Columns: d.imports[0].Columns}, review.Errorf(review.KindRefused, "%s: a column that says who was expected", path).WithReason("unknown-shape").
			WithHint("name the columns: --map identity=COLUMN")
	}
	if d.stopped && !o.DryRun {
		return review.ImportReport{File: path}, review.Errorf(review.KindCancelled, "reading %s was cancelled", path)
	}
	d.meant = o
	if strings.Contains(path, "collaborators") && o.Resource == "" {
		return review.ImportReport{File: path}, review.Errorf(review.KindRefused, "%s: which repository it is about was expected", path).WithReason("needs-resource").
			WithHint("say it with --resource OWNER/REPO")
	}
	if o.Encoding == "klingon" {
		return review.ImportReport{File: path}, review.Errorf(review.KindUsage, "--encoding klingon is not an encoding").WithHint("use utf-8")
	}
	r := d.imports[0]
	for _, t := range o.Expect {
		t.Found = r.RowsRead
		r.Totals = append(r.Totals, t)
	}
	r.ID, r.File = review.ImportID(len(d.imports)+1), path
	if o.Source != "" {
		r.Source = o.Source
	}
	if len(o.Map) > 0 {
		r.Mapping, r.HeaderHash = slices.Clone(o.Map), "0011223344"
		for _, m := range o.Const {
			r.Mapping = append(r.Mapping, review.Assign{Name: "const:" + m.Name, Value: m.Value})
		}
		for _, m := range o.Split {
			r.Mapping = append(r.Mapping, review.Assign{Name: "split:" + m.Name, Value: m.Value})
		}
	}
	r.Rejects = d.rejects[:1]
	r.RowsReject = 1
	if o.DryRun {
		r.ID, r.State = 0, "dry-run"
		return r, nil
	}
	r.Settled = &review.Settled{Gone: 3, StillPresent: 1}
	d.profile = o.SaveProfile
	d.imports = append(d.imports, r)
	return r, nil
}

func (d *fakeDesk) People(ctx context.Context, account review.Link, text string, limit int) ([]review.Person, error) {
	if err := d.enter(ctx, "People"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var alike, others []review.Person
	for _, key := range slices.Sorted(maps.Keys(d.people)) {
		id := d.people[key]
		p := review.Person{Identity: key, Name: id.DisplayName, WorkerID: id.WorkerID, Status: id.HRStatus, Department: id.Department}
		switch {
		case !strings.Contains(strings.ToLower(key+id.DisplayName), strings.ToLower(text)):
		case strings.Contains(key, account.Account):
			p.Alike = true
			alike = append(alike, p)
		default:
			others = append(others, p)
		}
	}
	all := append(alike, others...)
	return all[:min(limit, len(all))], nil
}

func (d *fakeDesk) PreviewLink(ctx context.Context, l review.Link) (review.LinkPreview, error) {
	if err := d.enter(ctx, "PreviewLink"); err != nil {
		return review.LinkPreview{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, it := range d.items {
		if it.Account != l.Account {
			continue
		}
		v := review.LinkPreview{Account: review.Account{NativeID: it.Account, Login: it.Login, Kind: it.Kind}, System: it.System, Before: review.Person{Identity: it.Identity, Name: it.Name}}
		if l.Identity == "" && !l.Unlink {
			return v, nil
		}
		v.Link, v.Lines = l, len(d.links)+1
		v.After = review.Person{Identity: l.Identity, Name: d.people[l.Identity].DisplayName}
		v.Beside, v.Others = []string{"jdoe of aws"}, 3
		v.Again = []review.ImportReport{d.imports[0]}
		if l.Identity == it.Identity {
			v.Why = "it is the account of " + l.Identity + " already"
		}
		return v, nil
	}
	return review.LinkPreview{}, review.Errorf(review.KindNotFound, "no import lists an account %s", review.Quote(l.Account)).WithHint("Name it as the export writes it.")
}

func (d *fakeDesk) Link(ctx context.Context, l review.Link) (review.ImportReport, error) {
	if err := d.enter(ctx, "Link"); err != nil {
		return review.ImportReport{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.links = append(d.links, l)
	return review.ImportReport{ID: 9, Source: "workstation-links", State: "signed", Path: "/srv/review.db.links/links.csv"}, nil
}

func (d *fakeDesk) Campaigns(ctx context.Context) ([]review.Campaign, error) {
	o, err := d.Overview(ctx)
	return o.Campaigns, err
}

func (d *fakeDesk) NewCampaign(ctx context.Context, s review.CampaignSpec) (review.Campaign, error) {
	if err := d.enter(ctx, "NewCampaign"); err != nil {
		return review.Campaign{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.ContainsFunc(d.drafted, func(c review.Campaign) bool { return c.Name == s.ID }) {
		return review.Campaign{}, review.Errorf(review.KindExists, "there is a campaign %s already", s.ID)
	}
	c := review.Campaign{Name: s.ID, Title: s.Title, State: review.DraftState, Owner: s.Owner, Due: s.Due, Scope: s.Scope, NoAnswer: s.NoAnswer}
	d.drafted = append(d.drafted, c)
	d.spec = s
	return c, nil
}

func (d *fakeDesk) Draft(ctx context.Context, c review.CampaignID) (review.CampaignSpec, error) {
	if err := d.enter(ctx, "Draft"); err != nil {
		return review.CampaignSpec{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spec.ID != c {
		return review.CampaignSpec{}, review.Errorf(review.KindConflict, "campaign %s is not a draft", c)
	}
	return d.spec, nil
}

func (d *fakeDesk) ChangeDraft(ctx context.Context, s review.CampaignSpec) (review.Campaign, error) {
	if err := d.enter(ctx, "ChangeDraft"); err != nil {
		return review.Campaign{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spec = s
	c := &d.drafted[slices.IndexFunc(d.drafted, func(c review.Campaign) bool { return c.Name == s.ID })]
	c.Title, c.Owner, c.Due, c.Scope, c.NoAnswer = s.Title, s.Owner, s.Due, s.Scope, s.NoAnswer
	return *c, nil
}

func (d *fakeDesk) AcceptBlocks(ctx context.Context, c review.CampaignID, blocks []review.Notice) error {
	if err := d.enter(ctx, "AcceptBlocks"); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.blocks = slices.DeleteFunc(d.blocks, func(n review.Notice) bool {
		return slices.ContainsFunc(blocks, func(b review.Notice) bool { return b == n })
	})
	return nil
}

func (d *fakeDesk) PreviewLaunch(ctx context.Context, c review.CampaignID, progress func(review.Progress)) (review.Preview, error) {
	if err := d.enter(ctx, "PreviewLaunch"); err != nil {
		return review.Preview{}, err
	}
	return review.Preview{Campaign: c, Items: 90, Identities: 15, Reviewers: []review.ReviewerCount{{Principal: d.me, Items: 78}, {Principal: "sven@corp.example", Items: 12}},
		Imports: d.imports, Excluded: []review.Exclusion{{Reason: "disabled accounts", Count: 14}}, OwnAccess: 5, NoOwner: 2, Leavers: 3, Incomplete: 1, Blocks: slices.Clone(d.blocks),
		Changes: map[review.Change]int64{review.New: 8, review.Unchanged: 82}, Findings: map[review.Severity]int64{review.High: 4, review.Medium: 20},
		Notices: []review.Notice{{Code: "completeness", Text: "okta-acme does not say that it is complete", Hint: "Import it again with --completeness full."}},
		Signs:   "the campaign with exactly these 90 items, who decides each, and what is left out"}, nil
}

func (d *fakeDesk) Launch(ctx context.Context, c review.CampaignID, pass []byte, progress func(review.Progress)) (review.Receipt, error) {
	if err := d.enter(ctx, "Launch"); err != nil {
		return review.Receipt{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.drafted {
		if d.drafted[i].Name == c {
			d.drafted[i].State = review.ActiveState
		}
	}
	return d.receipt("campaign", string(c), 0, c, "", nil), nil
}

// --- ledger and settings

func (d *fakeDesk) Entries(ctx context.Context, before review.EntryIndex, limit int) ([]review.LedgerEntry, error) {
	if err := d.enter(ctx, "Entries"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if before == 0 || int(before) > len(d.entries) {
		before = review.EntryIndex(len(d.entries))
	}
	out := slices.Clone(d.entries[max(int(before)-limit, 0):before])
	slices.Reverse(out)
	return out, nil
}

func (d *fakeDesk) Entry(ctx context.Context, i review.EntryIndex) (review.LedgerEntry, error) {
	if err := d.enter(ctx, "Entry"); err != nil {
		return review.LedgerEntry{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[i]
	e.Text = "tickmark/" + e.Kind + " v1\nlog: reviews.corp.example/acme/7f3a9c21\nsummary: " + e.Summary + "\n"
	return e, nil
}

func (d *fakeDesk) Setting(ctx context.Context, name string) (string, error) {
	if err := d.enter(ctx, "Setting"); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings[name], nil
}

func (d *fakeDesk) SetSetting(ctx context.Context, name, value string) error {
	if err := d.enter(ctx, "SetSetting"); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settings[name] = value; value == "" {
		delete(d.settings, name)
	}
	return nil
}
