package desk

import (
	"context"
	"fmt"
	"slices"
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
	drifts       []drift                     // per import
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
	identities   map[string]bool // with an item
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
		granters: map[review.ImportID]map[string]string{}, severity: map[review.Severity]int64{}, changes: map[review.Change]int64{}, identities: map[string]bool{}, withoutOwner: map[string]bool{}}
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
		if im.Rows == 0 && !named && !emptied(&im) {
			continue // a roster, a list of users or owners: it holds no grants by nature
		}
		p.imports = append(p.imports, im)
	}
	slices.SortFunc(p.imports, func(a, b store.Import) int { return int(a.ID - b.ID) })
	return nil
}

// emptied reports whether an import without grants is one that should hold some: nothing stood in its file, or the import
// of the source before it held grants. Left out in silence, such a source would drop out of the review.
func emptied(im *store.Import) bool {
	return im.RowsRead == 0 || slices.ContainsFunc(im.Warnings, func(w review.Warning) bool { return w.Keyword == keywordCounts && collapsed(w) })
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
	var accounts int
	for i := range p.imports {
		accounts += int(p.imports[i].Accounts)
	}
	p.drifts = make([]drift, len(p.imports))
	s.Accounts = make([]detect.Account, 0, accounts) // exactly: growing would keep twice as much for a while
	for i := range p.imports {
		im := &p.imports[i]
		asOf := im.ExportedAt
		s.Sources = append(s.Sources, detect.Source{ID: im.Source, System: im.System, Platform: review.PlatformOf(im.Format, im.System), Environment: environment(im), AsOf: asOf, Compared: p.before[im.Source]})
		at := map[string]int{}
		err := p.d.db.Accounts(ctx, im.ID, func(a *review.Account, identity string) error {
			p.drifts[i].see(p.dir, a, identity)
			person := p.identity(identity, a)
			n, ok := p.personAt[person.Key]
			if !ok {
				n = len(s.Identities)
				p.personAt[person.Key] = n
				s.Identities = append(s.Identities, detect.Identity{Identity: person, Moves: moves[person.WorkerID]})
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

// atMost is how many items of a first stage there can be.
func (p *population) atMost() (n int64) {
	for i := range p.imports {
		n += p.imports[i].Rows
	}
	return n
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
			n := store.NewItem{Grant: row, Stage: stage, Subject: person, Kind: it.Kind, Status: it.Status, Owner: p.answerable(&it, row, person), LastUsed: it.LastUsed,
				Findings: findings, Change: it.Change}
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

func (p *population) count(it *review.Item, n *store.NewItem, person *review.Identity) {
	p.preview.Items++
	p.identities[person.Key] = true
	if n.Stage > 1 {
		p.preview.LaterStage++
	}
	p.reviewers[n.Reviewer]++
	p.basis[review.Basis(n.Basis)]++
	p.changes[it.Change]++
	if n.Stage == 1 && it.Status == review.StandingLeaver {
		p.preview.Leavers++
	}
	if it.MaxSeverity != "" {
		p.severity[it.MaxSeverity]++
	}
	if (it.Kind.NonHuman() || len(person.Marks) > 0) && (person.Owner == "" || person.OwnerAlive == review.No) {
		p.withoutOwner[person.Key] = true
	}
}

// rulesText is what the campaign's rules-sha256 names: every rule with its version, as detect lists them.
func (p *population) rulesText() []byte { return detect.RulesText(p.policy, p.dir.sodRules) }
