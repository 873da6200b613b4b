package desk

import (
	"context"
	"fmt"
	"strings"

	"tickmark/review"
	"tickmark/store"
)

// answerable is the owner lists and facts show: of the account for things, else of the entitlement.
func (p *population) answerable(it *review.Item, row *store.GrantRow, person *review.Identity) string {
	if person.Owner != "" {
		return person.Owner
	}
	return p.entitlementOwner(row.Account.System, &row.Grant.Entitlement)
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
	if e := p.exceptions[it.Grant]; e != nil {
		it.ExceptionOwner = e.Owner
	}
	var a review.Assignment
	if n.Stage == 1 {
		a = p.routes.Route(it, p.answerableFor(row, person))
	} else {
		a = p.routes.RouteNext(it, earlier)
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
		AccountOwner: row.Account.Owner, EntitlementOwner: p.entitlementOwner(row.Account.System, &row.Grant.Entitlement), SystemOwner: p.systemOwner(row.Account.System),
	}
}
