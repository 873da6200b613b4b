package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickmark/review"
	"tickmark/review/detect"
	"tickmark/store"
)

// population is everything a campaign would put before reviewers: the imports it looks at, who is behind the accounts,
// and what rules say. It is made from the newest imports each time; only launching freezes it.
type population struct {
	d       *Desk
	spec    review.CampaignSpec
	policy  review.Policy
	dir     *directory
	marker  *review.Marker
	scope   review.Filter
	imports []store.Import
	before  map[review.SourceID]review.CampaignID // last campaign that covered a source

	progress       func(review.Progress)                 // may be nil
	passed         int64                                 // how often the grants were read
	administrators map[administrator]bool                // met in the first reading
	granters       map[review.ImportID]map[string]string // by import and name in lower case

	people       map[string]*review.Identity // by ledger identity
	personAt     map[string]int              // position in snapshot.Identities
	accountAt    []map[string]int            // per import: native id -> position in snapshot.Accounts
	entitleAt    map[entKey]int
	exceptions   map[review.GrantKey]*review.Exception
	snapshot     *detect.Snapshot
	detector     *detect.Detector
	org          *review.Org
	routes       *review.Routes
	now          time.Time
	grantErr     error
	excluded     tallies
	preview      review.Preview
	reviewers    map[review.Principal]int64
	basis        map[review.Basis]int64
	withoutKey   map[string]int64 // named by imports as who should decide, with no key to sign: how many items
	admins       int64            // items decided by somebody who can administer the access, where the policy warns
	unroutable   string           // the first item nobody may decide, and who was asked
	severity     map[review.Severity]int64
	changes      map[review.Change]int64
	withoutOwner map[string]bool
}

// administrator holds admin rights over a resource of a source.
type administrator struct {
	identity string
	source   review.SourceID
	resource string
}

type entKey struct {
	source int
	system string
	id     string
}

// newPopulation reads what a campaign needs except the grants themselves.
func (d *Desk) newPopulation(ctx context.Context, spec review.CampaignSpec, progress func(review.Progress)) (*population, error) {
	p := &population{d: d, spec: spec, progress: progress, administrators: map[administrator]bool{}, now: d.Now(), people: map[string]*review.Identity{}, personAt: map[string]int{}, entitleAt: map[entKey]int{},
		before: map[review.SourceID]review.CampaignID{}, exceptions: map[review.GrantKey]*review.Exception{}, reviewers: map[review.Principal]int64{}, basis: map[review.Basis]int64{}, withoutKey: map[string]int64{},
		granters: map[review.ImportID]map[string]string{}, severity: map[review.Severity]int64{}, changes: map[review.Change]int64{}, withoutOwner: map[string]bool{}}
	var err error
	if p.policy, err = d.policyOf(spec); err != nil {
		return nil, err
	}
	if p.scope, err = review.ParseFilter(spec.Scope); err != nil {
		return nil, err
	}
	if p.marker, err = review.NewMarker(p.policy); err != nil {
		return nil, err
	}
	if p.dir, err = d.directory(ctx); err != nil {
		return nil, err
	}
	if err := p.chooseImports(ctx); err != nil {
		return nil, err
	}
	if err := p.readPast(ctx); err != nil {
		return nil, err
	}
	for i := range p.imports {
		if p.granters[p.imports[i].ID], err = d.granters(ctx, p.imports[i].ID); err != nil {
			return nil, err
		}
	}
	if err := p.readAccounts(ctx); err != nil {
		return nil, err
	}
	p.detector = detect.New(p.snapshot)
	if p.grantErr != nil {
		return nil, p.grantErr
	}
	return p, p.readOrg(ctx)
}

// policyOf is the policy pinned to a campaign: the file given with it, else the configured one.
func (d *Desk) policyOf(spec review.CampaignSpec) (review.Policy, error) {
	policy := d.policy
	if spec.PolicyFile != "" {
		var err error
		if policy, err = review.ParsePolicy([]byte(spec.PolicyFile)); err != nil {
			return policy, err
		}
	}
	if len(spec.Frameworks) > 0 {
		controls, err := review.ParseControls(spec.Frameworks)
		if err != nil {
			return policy, err
		}
		policy.Controls = nil
		for _, c := range controls { // as given where an id of an older version was, so that the evidence notes it
			if text := c.Text(); !slices.Contains(policy.Controls, text) {
				policy.Controls = append(policy.Controls, text)
			}
		}
	}
	return policy, nil
}

// chooseImports takes the newest import of every source in the campaign. Files without grants or account rows (rosters,
// rules, owners) stand beside it and are no population.
func (p *population) chooseImports(ctx context.Context) error {
	sources, err := p.d.db.Sources(ctx)
	if err != nil {
		return err
	}
	for _, id := range p.spec.Sources {
		if !slices.ContainsFunc(sources, func(im store.Import) bool { return im.Source == id }) {
			return review.Errorf(review.KindNotFound, "there is no source %q", review.Safe(string(id))).WithHint("`tickmark imports` shows the sources")
		}
	}
	for _, im := range sources {
		named := slices.Contains(p.spec.Sources, im.Source)
		if len(p.spec.Sources) > 0 && !named {
			continue
		}
		if im.Rows == 0 && !named {
			continue
		}
		p.imports = append(p.imports, im)
	}
	slices.SortFunc(p.imports, func(a, b store.Import) int { return int(a.ID - b.ID) })
	return nil
}

// readPast finds, per source, the campaign to compare with, and the exceptions still open.
func (p *population) readPast(ctx context.Context) error {
	campaigns, err := p.d.db.Campaigns(ctx)
	if err != nil {
		return err
	}
	for _, c := range campaigns {
		for _, id := range c.Imports {
			im, err := p.d.db.Import(ctx, id)
			if err != nil {
				return err
			}
			p.before[im.Source] = c.Name
		}
	}
	all, err := p.d.exceptions(ctx, store.ClosingQuery{Open: true})
	if err != nil {
		return err
	}
	for i := range all {
		key, err := p.d.db.GrantOf(ctx, all[i].ID)
		if err != nil {
			return err
		}
		p.exceptions[key] = &all[i]
	}
	return nil
}

// readAccounts makes the identities behind the accounts and the snapshot the rules look at.
func (p *population) readAccounts(ctx context.Context) error {
	s := &detect.Snapshot{Now: p.now, Policy: p.policy, SoD: p.dir.sodRules, Roster: len(p.dir.workers) > 0, People: &p.dir.People}
	moves, err := p.d.moves(ctx)
	if err != nil {
		return err
	}
	for i := range p.imports {
		im := &p.imports[i]
		asOf := im.ExportedAt
		s.Sources = append(s.Sources, detect.Source{ID: im.Source, System: im.System, Platform: review.PlatformOf(im.Format, im.System), Environment: environment(im), AsOf: asOf, Compared: p.before[im.Source]})
		at := map[string]int{}
		err := p.d.db.Accounts(ctx, im.ID, func(a *review.Account, identity string) error {
			person := p.identity(identity, a)
			n, ok := p.personAt[person.Key]
			if !ok {
				n = len(s.Identities)
				p.personAt[person.Key] = n
				s.Identities = append(s.Identities, detect.Identity{Identity: *person, Moves: moves[person.WorkerID]})
			}
			at[a.NativeID] = len(s.Accounts)
			s.Accounts = append(s.Accounts, detect.AccountOf(a, n, i))
			return nil
		})
		if err != nil {
			return err
		}
		p.accountAt = append(p.accountAt, at)
		err = p.d.db.Entitlements(ctx, im.ID, func(e *review.Entitlement, system string) error {
			k := entKey{i, system, e.NativeID}
			if _, ok := p.entitleAt[k]; !ok {
				p.entitleAt[k] = len(s.Entitlements)
				s.Entitlements = append(s.Entitlements, detect.Entitlement{Source: i, System: firstOf(system, im.System), NativeID: e.NativeID, Name: e.Name, Kind: e.Kind})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	// What was learned of an identity from a later account belongs to its first mention, too.
	for i := range s.Identities {
		s.Identities[i].Identity = *p.people[s.Identities[i].Key]
	}
	s.Grants = func(yield func(*detect.Grant) bool) {
		p.grantErr = p.eachGrant(ctx, "comparing duties and peers", false, func(i int, row *store.GrantRow) error {
			if row.Grant.Entitlement.Privilege == review.Admin {
				p.administrators[administrator{row.Identity, p.imports[i].Source, row.Grant.Resource.NativeID}] = true
			}
			g := p.grant(i, row)
			if !yield(&g) {
				return errStop
			}
			return nil
		})
		if p.grantErr == errStop {
			p.grantErr = nil
		}
	}
	p.snapshot = s
	return nil
}

var errStop = fmt.Errorf("stop")

func environment(im *store.Import) string { return firstOf(im.Environment, "unknown") }

const (
	// progressRows is how many rows pass between two reports of progress.
	progressRows = 1000
	// passes is how often all grants are read: to compare them with each other, and to make items of them.
	passes = 2
)

// eachGrant walks the rows of all imports in order, with what earlier campaigns say of them if past is asked for. stage says
// what is done with them, in words.
func (p *population) eachGrant(ctx context.Context, stage string, past bool, fn func(i int, row *store.GrantRow) error) error {
	at := review.Progress{Stage: stage, Unit: "grants"}
	for i := range p.imports {
		at.Total += p.imports[i].Rows
	}
	began := at.Total / passes * p.passed
	p.passed++
	var read int64
	for i := range p.imports {
		im := &p.imports[i]
		var o store.GrantOptions
		if past {
			o = store.GrantOptions{Earlier: p.before[im.Source], Last: true}
		}
		err := p.d.db.Grants(ctx, im.ID, o, func(row *store.GrantRow) error {
			if read%progressRows == 0 {
				if ctx.Err() != nil {
					return cancelled()
				}
				if p.progress != nil {
					at.Done = began + read/passes
					p.progress(at)
				}
			}
			read++
			return fn(i, row)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// grant is a row as rules see it. i is the import's position.
func (p *population) grant(i int, row *store.GrantRow) detect.Grant {
	g := detect.Grant{
		Ref: row.Row, Account: p.accountAt[i][row.Account.NativeID], Entitlement: -1, Kind: firstOf(row.Grant.Kind, "grant"),
		Resource: firstOf(row.Grant.Resource.Name, row.Grant.Resource.NativeID), How: row.Grant.How, State: row.Grant.State,
		Privilege: row.Grant.Entitlement.Privilege, PrivilegeReason: row.Grant.Entitlement.PrivilegeReason,
		Granted: row.Grant.Granted, LastUsed: p.lastUsed(row), Expires: row.Grant.Expires, GrantedBy: row.Grant.GrantedBy, Granter: p.granter(row),
		Past: p.past(p.imports[i].Source, row),
	}
	if row.Grant.Kind != "account" && row.Grant.Kind != "owner" {
		if n, ok := p.entitleAt[entKey{i, row.Account.System, row.Grant.Entitlement.NativeID}]; ok {
			g.Entitlement = n
		} else if n, ok := p.entitleAt[entKey{i, "", row.Grant.Entitlement.NativeID}]; ok {
			g.Entitlement = n
		}
	}
	return g
}

// granter is the identity behind the name a row gives for who granted it.
func (p *population) granter(row *store.GrantRow) string {
	return p.granters[row.Import][strings.ToLower(row.Grant.GrantedBy)]
}

// lastUsed prefers what the export says; an observation from a file of its own stands in where it says nothing.
func (p *population) lastUsed(row *store.GrantRow) review.Time {
	t := row.Grant.LastUsed
	if t.Norm() == review.Known || t.Norm() == review.Never {
		return t
	}
	for _, k := range []string{linkKey(row.Account.NativeID, row.Grant.Entitlement.NativeID), linkKey(row.Account.Login, row.Grant.Entitlement.NativeID), linkKey(row.Account.NativeID, ""), linkKey(row.Account.Login, "")} {
		if u, ok := p.dir.usage[k]; ok {
			return u
		}
	}
	return t
}

func (p *population) past(source review.SourceID, row *store.GrantRow) detect.Past {
	var past detect.Past
	if e := p.exceptions[review.GrantKey(row.Key.String())]; e != nil {
		past.ExceptionUntil, past.ExceptionIn, past.ExceptionOwner = e.Until, e.Campaign, e.Owner
	}
	if row.Last != nil && row.Last.Verdict == review.Revoke {
		past.Revoked, past.RevokedIn, past.RevokedOn = row.Last.Remediation, row.Last.Campaign, row.Last.Time
	}
	if p.before[source] != "" {
		past.Change = change(row)
		if row.Before != nil {
			past.What = row.Before.What
		}
	}
	return past
}

// change compares a row with the last campaign that covered its source, and with what was decided on it.
func change(row *store.GrantRow) review.Change {
	if last := row.Last; last != nil && last.Verdict == review.Revoke && (last.Remediation == review.VerifiedGone || last.Remediation == review.Returned) {
		return review.CameBack
	}
	switch {
	case row.Before == nil:
		return review.New
	case row.Before.Changed:
		return review.Changed
	}
	return review.Unchanged
}

// identity gives the identity behind an account, made once per ledger identity and completed by every further account.
func (p *population) identity(key string, a *review.Account) *review.Identity {
	id := p.people[key]
	if id == nil {
		id = &review.Identity{Key: key}
		if w := p.dir.worker(a); w != nil {
			p.fromWorker(id, w)
		}
		p.people[key] = id
	}
	if id.WorkerID == "" {
		p.fromAccount(id, a)
	}
	for _, m := range p.marker.Marks(a.Marks, a.System, a.NativeID, a.Login, a.DisplayName) {
		if !slices.Contains(id.Marks, m) {
			id.Marks = append(id.Marks, m)
		}
	}
	if id.Owner == "" && (a.Kind.NonHuman() || len(id.Marks) > 0) {
		id.Owner, id.OwnerAlive = p.ownerOf(a)
	}
	return id
}

func (p *population) fromWorker(id *review.Identity, w *review.Worker) {
	id.DisplayName, id.WorkerID, id.Kind, id.KindReason = w.Name, w.ID, review.Human, "named in the HR roster"
	if w.Email != "" {
		id.Emails = []string{fold(w.Email)}
	}
	id.HRStatus, id.Hired, id.Terminated = w.Status, w.Hired, w.Terminated
	id.Department, id.Title = w.Department, w.Title
	id.Manager = w.Manager
	if m := p.dir.workerNamed(w.Manager); m != nil {
		id.Manager = workerKey(m)
	}
}

func (p *population) fromAccount(id *review.Identity, a *review.Account) {
	id.DisplayName = firstOf(id.DisplayName, a.DisplayName)
	if id.Kind == "" || id.Kind == review.UnknownKind {
		id.Kind, id.KindReason = firstOf(a.Kind, review.UnknownKind), "as the export says"
		if a.KindInferred {
			id.KindReason = "inferred from the account"
		}
	}
	for _, m := range a.Emails {
		if m = fold(m); m != "" && !slices.Contains(id.Emails, m) {
			id.Emails = append(id.Emails, m)
		}
	}
	id.Department, id.Title = firstOf(id.Department, a.Department), firstOf(id.Title, a.Title)
	if id.Manager == "" && a.Manager != "" {
		id.Manager = a.Manager
		if m := p.dir.workerNamed(a.Manager); m != nil {
			id.Manager = workerKey(m)
		}
	}
}

// ownerOf is the accountable person of an account: named for the account, else by the export, else for its system.
func (p *population) ownerOf(a *review.Account) (string, review.Tri) {
	for _, what := range []string{"account", "system"} {
		for i := len(p.dir.owners) - 1; i >= 0; i-- {
			o := &p.dir.owners[i]
			if o.What != what || o.From.IsKnown() && o.From.At.After(p.now) {
				continue
			}
			s := fold(o.Subject)
			if what == "account" && (s == fold(a.NativeID) || s == fold(a.Login)) || what == "system" && s == fold(a.System) {
				return p.alive(o.Owner)
			}
		}
		if what == "account" && a.Owner != "" {
			return p.alive(a.Owner)
		}
	}
	return "", review.Maybe
}

// entitlementOwner is who answers for an entitlement, if somebody was named.
func (p *population) entitlementOwner(e *review.Entitlement) string {
	for i := len(p.dir.owners) - 1; i >= 0; i-- {
		o := &p.dir.owners[i]
		if o.What == "entitlement" && (fold(o.Subject) == fold(e.NativeID) || fold(o.Subject) == fold(e.Name)) {
			owner, _ := p.alive(o.Owner)
			return owner
		}
	}
	return ""
}

// systemOwner is who answers for a system, if somebody was named.
func (p *population) systemOwner(system string) string {
	for i := len(p.dir.owners) - 1; i >= 0; i-- {
		if o := &p.dir.owners[i]; o.What == "system" && fold(o.Subject) == fold(system) {
			owner, _ := p.alive(o.Owner)
			return owner
		}
	}
	return ""
}

// alive gives an owner's identity and whether that person is an active worker.
func (p *population) alive(owner string) (string, review.Tri) {
	w := p.dir.workerNamed(owner)
	if w == nil {
		return owner, review.Maybe
	}
	if w.Status == "terminated" {
		return workerKey(w), review.No
	}
	return workerKey(w), review.Yes
}

// moves are changes of department, title or manager between the newest roster and the one before it.
func (d *Desk) moves(ctx context.Context) (map[string][]detect.Move, error) {
	out := map[string][]detect.Move{}
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, im := range sources {
		if im.Loaded.Workers == 0 || im.Previous == 0 {
			continue
		}
		before := map[string]review.Worker{}
		if err := d.db.Workers(ctx, im.Previous, func(w *review.Worker) error { before[w.ID] = *w; return nil }); err != nil {
			return nil, err
		}
		at := im.ExportedAt
		if at.IsZero() {
			at = im.ImportedAt
		}
		err := d.db.Workers(ctx, im.ID, func(w *review.Worker) error {
			old, ok := before[w.ID]
			if !ok {
				return nil
			}
			for _, m := range []detect.Move{{What: "department", From: old.Department, To: w.Department}, {What: "title", From: old.Title, To: w.Title}, {What: "manager", From: old.Manager, To: w.Manager}} {
				if m.From != "" && m.To != "" && !strings.EqualFold(m.From, m.To) {
					m.At = at
					out[w.ID] = append(out[w.ID], m)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// item builds the item of a row, as lists would show it, for the scope filter and for routing.
func (p *population) item(i int, row *store.GrantRow, g *detect.Grant, findings []review.Finding) (review.Item, *review.Identity) {
	a := row.Account
	person := p.people[row.Identity]
	marks := p.detector.Marks(g)
	kind := person.Kind
	if person.WorkerID == "" {
		kind = firstOf(a.Kind, kind)
	}
	it := review.Item{
		Campaign: p.spec.ID, Stage: 1, Identity: person.Key, Name: firstOf(person.DisplayName, a.DisplayName, a.Login), Kind: review.IdentityKind(kind, marks, row.Grant.Kind),
		BaseKind: kind, Marks: marks, Status: review.IdentityStatus(person.HRStatus, a.Status), Owner: person.Owner, Manager: person.Manager, Department: person.Department,
		Source: p.imports[i].Source, System: firstOf(a.System, p.imports[i].System), Account: a.NativeID, Login: a.Login, AccountStatus: a.Status,
		Entitlement: row.Grant.Entitlement.NativeID, EntName: row.Grant.Entitlement.Name, Resource: row.Grant.Resource.NativeID, Path: row.Grant.Path, How: row.Grant.How,
		GrantKind: firstOf(row.Grant.Kind, "grant"), Privilege: firstOf(row.Grant.Entitlement.Privilege, review.UnknownPrivilege),
		Granted: row.Grant.Granted, LastUsed: g.LastUsed, GrantedBy: row.Grant.GrantedBy, Granter: g.Granter, Expires: row.Grant.Expires, Verdict: review.NoVerdict, State: review.ItemOpen,
		Findings: findings, MaxSeverity: review.Worst(findings), Change: firstOf(g.Past.Change, review.New), Import: row.Import, Row: row.Row, Grant: review.GrantKey(row.Key.String()),
	}
	if row.Last != nil {
		it.PrevVerdict = row.Last.Verdict
	}
	return it, person
}

// each yields every item the campaign would hold, routed and with findings, in the order of the population. take may be
// nil to only count.
func (p *population) each(ctx context.Context, take func(*store.NewItem) error) error {
	err := p.eachGrant(ctx, "checking and routing", true, func(i int, row *store.GrantRow) error {
		g := p.grant(i, row)
		findings := p.detector.Findings(&g)
		it, person := p.item(i, row, &g, findings)
		if !p.scope.Match(&it, p.now) {
			p.excluded.add("outside the scope: " + p.spec.Scope)
			return nil
		}
		var earlier []review.Principal
		for stage := 1; stage <= review.StagesOf(p.spec.Stages, p.policy, &it); stage++ {
			n := store.NewItem{Grant: row, Stage: stage, Subject: person, Kind: it.Kind, Status: it.Status, Owner: p.answerable(&it, row, person), Findings: findings, Change: it.Change}
			if row.Last != nil {
				n.Previous, n.PrevVerdict = row.Last.Index, row.Last.Verdict
			}
			earlier = p.assign(&it, row, person, &n, earlier)
			if p.dir.SameAs(string(n.Reviewer), person) { // nobody else could take it: it is the holder's to decide, and says so
				g.Reviewer = n.Reviewer
				n.Findings = p.detector.Findings(&g)
				it.Findings, it.MaxSeverity = n.Findings, review.Worst(n.Findings)
			}
			p.count(&it, &n, person)
			if take == nil {
				continue
			}
			if err := take(&n); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// answerable is the owner lists and facts show: of the account for things, else of the entitlement.
func (p *population) answerable(it *review.Item, row *store.GrantRow, person *review.Identity) string {
	if person.Owner != "" {
		return person.Owner
	}
	return p.entitlementOwner(&row.Grant.Entitlement)
}

func (p *population) count(it *review.Item, n *store.NewItem, person *review.Identity) {
	p.preview.Items++
	if n.Stage > 1 {
		p.preview.LaterStage++
	}
	p.reviewers[n.Reviewer]++
	p.basis[review.Basis(n.Basis)]++
	p.changes[it.Change]++
	if it.MaxSeverity != "" {
		p.severity[it.MaxSeverity]++
	}
	if (it.Kind.NonHuman() || len(person.Marks) > 0) && (person.Owner == "" || person.OwnerAlive == review.No) {
		p.withoutOwner[person.Key] = true
	}
}

// readOrg learns whom people report to and what they can administer, and parses the campaign's routing.
func (p *population) readOrg(ctx context.Context) (err error) {
	for _, id := range p.people {
		p.dir.KnowIdentity(id)
	}
	p.org = review.NewOrg(&p.dir.People)
	for _, id := range p.people {
		p.org.AddIdentity(id)
	}
	if p.policy.AdminsReview != review.AdminsAllow {
		for a := range p.administrators {
			p.org.AddAdministrator(a.identity, a.source, a.resource)
		}
	}
	if p.routes, err = review.ParseRoutes(p.spec, p.policy, p.org, p.now); err != nil {
		return err
	}
	others, err := p.d.reviewers(ctx)
	if err != nil {
		return err
	}
	p.routes.Others(others)
	return nil
}

// assign finds who decides an item and gives everybody who decides it so far. An item that nobody independent can take
// stays open with whom routing ends at, and is named in the guard (rulings 14).
func (p *population) assign(it *review.Item, row *store.GrantRow, person *review.Identity, n *store.NewItem, earlier []review.Principal) []review.Principal {
	var owner string
	if e := p.exceptions[it.Grant]; e != nil {
		owner = e.Owner
	}
	var a review.Assignment
	if n.Stage == 1 {
		a = p.routes.Route(it, p.answerableFor(row, person), owner)
	} else {
		a = p.routes.RouteNext(it, earlier, owner)
	}
	switch {
	case a.Own:
		p.preview.OwnAccess++
	case a.Blocked != "":
		p.preview.Unroutable++
		if p.unroutable == "" {
			p.unroutable = fmt.Sprintf("%s of %s: %s", display(it.EntName, it.Entitlement), display(it.Name, it.Identity), strings.Join(a.Tried, ", "))
		}
	}
	for _, name := range a.NoKey {
		p.withoutKey[name]++
	}
	if p.policy.AdminsReview == review.AdminsWarn && a.Blocked == "" && p.org.Administers(a.Reviewer, it.Source, it.Resource) {
		p.admins++
	}
	n.Reviewer, n.Basis = a.Reviewer, string(a.Basis)
	return append(earlier, a.Reviewer)
}

// answerableFor names who could answer for a grant, as the imports say.
func (p *population) answerableFor(row *store.GrantRow, person *review.Identity) review.Answerable {
	return review.Answerable{
		Manager: person.Manager, IdentityOwner: person.Owner, OwnerAlive: person.OwnerAlive,
		AccountOwner: row.Account.Owner, EntitlementOwner: p.entitlementOwner(&row.Grant.Entitlement), SystemOwner: p.systemOwner(row.Account.System),
	}
}

// rulesText is what the campaign's rules-sha256 names: every rule with its version, as detect lists them.
func (p *population) rulesText() []byte { return detect.RulesText(p.policy, p.dir.sodRules) }
