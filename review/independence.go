package review

import "strings"

// Org is what the imports say of people for independence: who they are, whom they report to, what they can administer. It is
// filled once (People first, then identities, then administrators) and read from then on; a nil *Org knows names alone.
type Org struct {
	People  *People
	manager map[string]string                // person -> manager
	scopes  map[SourceID]map[string][]string // source -> person -> resources they administer; "" is all of the source
}

// NewOrg starts from a directory that already knows everybody.
func NewOrg(p *People) *Org {
	return &Org{People: p, manager: map[string]string{}, scopes: map[SourceID]map[string][]string{}}
}

// AddIdentity notes whom an identity reports to.
func (o *Org) AddIdentity(id *Identity) {
	if id.Manager != "" {
		o.manager[o.People.One(id.Key)] = o.People.One(id.Manager)
	}
}

// AddAdministrator notes that an identity holds admin rights in a source: over one resource and what lies below it, or over
// everything if the resource is empty, the root or the whole cluster.
func (o *Org) AddAdministrator(identity string, source SourceID, resource string) {
	if identity == "" {
		return
	}
	if resource == "/" || resource == "cluster" {
		resource = ""
	}
	who := o.People.One(identity)
	if o.scopes[source] == nil {
		o.scopes[source] = map[string][]string{}
	}
	for _, have := range o.scopes[source][who] {
		if have == resource {
			return
		}
	}
	o.scopes[source][who] = append(o.scopes[source][who], resource)
}

func (o *Org) people() *People {
	if o == nil {
		return nil
	}
	return o.People
}

// Administers reports whether a person can give or take what is held on a resource of a source.
func (o *Org) Administers(who Principal, source SourceID, resource string) bool {
	if o == nil {
		return false
	}
	for _, scope := range o.scopes[source][o.People.One(string(who))] {
		if scope == "" || scope == resource || strings.HasPrefix(resource, strings.TrimSuffix(scope, "/")+"/") {
			return true
		}
	}
	return false
}

// ReportsTo reports whether a person's own manager is the one named.
func (o *Org) ReportsTo(who Principal, boss string) bool {
	if o == nil || boss == "" {
		return false
	}
	manager, ok := o.manager[o.People.One(string(who))]
	return ok && manager == o.People.One(boss)
}

// Conflict is a reason why somebody is not independent of an item.
type Conflict struct {
	Word   string // subject, granter, exception-owner, reports-to-subject, administrator
	Text   string // a sentence about "you"
	Blocks bool   // the person may not decide; else it is shown and recorded with launch
}

// Words of conflicts.
const (
	ConflictSubject       = "subject"
	ConflictGranter       = "granter"
	ConflictOwner         = "exception-owner"
	ConflictReports       = "reports-to-subject"
	ConflictAdministrator = "administrator"
)

// Conflicts lists why a person is not independent of an item, the gravest first. Nothing in a policy permits deciding on one's own access (rulings 14).
func (o *Org) Conflicts(p Policy, who Principal, it *Item) []Conflict {
	if who == "" {
		return nil
	}
	people, me := o.people(), string(who)
	var out []Conflict
	if people.Same(me, it.Identity) || people.Same(me, it.Login) {
		out = append(out, Conflict{ConflictSubject, "it is your own access", true})
	}
	if people.Same(me, it.GrantedBy) || people.Same(me, it.Granter) {
		out = append(out, Conflict{ConflictGranter, "you granted this access", true})
	}
	if people.Same(me, it.ExceptionOwner) {
		out = append(out, Conflict{ConflictOwner, "you own the exception it stands under", true})
	}
	if o.ReportsTo(who, it.Identity) {
		out = append(out, Conflict{ConflictReports, "you report to the person whose access it is", true})
	}
	if p.AdminsReview != AdminsAllow && o.Administers(who, it.Source, it.Resource) {
		out = append(out, Conflict{ConflictAdministrator, "you can administer this access yourself", p.AdminsReview == AdminsBlock})
	}
	return out
}

// Blocked says why a person may not decide on an item; empty if they may.
func (o *Org) Blocked(p Policy, who Principal, it *Item) string {
	c, _ := blocking(o.Conflicts(p, who, it))
	return c.Text
}

// blocking gives the first conflict that forbids a decision.
func blocking(cs []Conflict) (Conflict, bool) {
	for _, c := range cs {
		if c.Blocks {
			return c, true
		}
	}
	return Conflict{}, false
}

// Independence says in sentences why a reviewer is or is not independent of an item: what was compared, and what could not be.
func (o *Org) Independence(p Policy, who Principal, it *Item) []string {
	has := map[string]bool{}
	for _, c := range o.Conflicts(p, who, it) {
		has[c.Word] = true
	}
	reviewer := string(who)
	say := func(word, yes, no string) string {
		if has[word] {
			return "✗ " + reviewer + " " + yes
		}
		return "✓ " + reviewer + " " + no
	}
	var out []string
	if it.Identity == "" {
		out = append(out, "? no person or thing is known behind this account")
	} else {
		out = append(out, say(ConflictSubject, "is the holder", "is not the holder "+it.Identity),
			say(ConflictReports, "reports to the holder", "does not report to the holder"))
	}
	if it.GrantedBy == "" {
		out = append(out, "? the source does not say who granted it")
	} else {
		out = append(out, say(ConflictGranter, "granted it", "did not grant it ("+it.granterWords()+" did)"))
	}
	if it.ExceptionOwner != "" {
		out = append(out, say(ConflictOwner, "owns the exception", "does not own the exception ("+it.ExceptionOwner+" does)"))
	}
	if p.AdminsReview != AdminsAllow {
		out = append(out, say(ConflictAdministrator, "can administer it", "holds no admin rights over it in the imports"))
	}
	return out
}

// granterWords is who granted access as people know them, with the source's own name for them.
func (it *Item) granterWords() string {
	if it.Granter == "" || it.Granter == it.GrantedBy {
		return it.GrantedBy
	}
	return it.Granter + ", " + it.GrantedBy
}
