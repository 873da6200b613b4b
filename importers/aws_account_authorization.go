package importers

import (
	"net/url"
	"strings"

	"tickmark/review"
)

var awsDetailLists = []string{"userdetaillist", "groupdetaillist", "roledetaillist", "policies"}

var awsAccountAuthorization = &format{
	FormatInfo: FormatInfo{
		ID: "aws-account-authorization", Title: "AWS IAM account authorization details", Mark: "S",
		Steps: []string{
			"Sign in to the account with permission for iam:GetAccountAuthorizationDetails.",
			"Run the command below; the client joins the pages itself. Do not filter: all four lists belong together.",
			"Repeat for every account.",
		},
		Command: "aws iam get-account-authorization-details > authorization.json",
		Gaps:    []string{"passwords and access keys: add aws-credential-report", "when users last used what: add an Access Advisor export as a last-used file", "people who come through IAM Identity Center: add aws-identity-center", "resource policies, service control policies and conditions"},
	},
	version: 1,
	shapes:  awsDetailShapes(),
	start:   startAWSAccountAuthorization,
}

// awsDetailShapes: any two of the four lists are the sign.
func awsDetailShapes() []shape {
	var out []shape
	for i, a := range awsDetailLists {
		for _, b := range awsDetailLists[i+1:] {
			out = append(out, shape{json: true, top: []string{a, b}, known: awsDetailLists, lists: awsDetailLists,
				first: []string{"policies", "groupdetaillist"}, again: []string{"groupdetaillist"}})
		}
	}
	return out
}

// awsDetails maps users, groups and roles, knowing the policies and the groups' ARNs beforehand.
type awsDetails struct {
	x        *run
	admin    map[string]string // policy ARN -> why it is privileged
	groups   map[string]string // group name -> ARN
	created  when
	roleUsed when
}

func startAWSAccountAuthorization(x *run) mapper {
	x.defaults("aws")
	m := &awsDetails{x: x, admin: map[string]string{}, groups: map[string]string{}, created: x.date(pastTime, review.Unknown, "createdate"), roleUsed: x.date(usedTime, review.Unknown, "lastuseddate")}
	return mapper{first: m.ahead, each: m.each, done: m.done}
}

// ahead learns policies and groups.
func (m *awsDetails) ahead(r *row) {
	arn := r.v.get("arn").text()
	if r.list == "groupdetaillist" {
		m.groups[r.v.get("groupname").text()] = arn
		return
	}
	name := r.v.get("policyname").text()
	why := awsPrivilegedName(name)
	r.items(r.v.get("policyversionlist"), func(v val) {
		if why == "" && v.get("isdefaultversion").isTrue() && m.allowsAll(v.get("document")) {
			why = "its statements allow everything, or all of IAM"
		}
	})
	if why != "" {
		m.admin[arn] = why
	}
	e := named(arn, name, "policy")
	e.Description = r.v.get("description").text()
	m.privilege(&e, why)
	m.x.catalogue(e)
}

func awsPrivilegedName(name string) string {
	switch name {
	case "AdministratorAccess", "IAMFullAccess", "PowerUserAccess":
		return "the managed policy " + name
	}
	return ""
}

func (m *awsDetails) privilege(e *review.Entitlement, why string) {
	if why != "" {
		e.Privilege, e.PrivilegeReason = review.Admin, why
	}
}

// allowsAll judges a policy document given as an object, JSON text or URL-encoded JSON text.
func (m *awsDetails) allowsAll(d val) bool {
	found := false
	m.x.row.items(m.x.opened(d).get("statement"), func(s val) {
		if !strings.EqualFold(s.get("effect").text(), "allow") || s.get("condition").first().ok() {
			return
		}
		if anyText(s.get("action"), func(a string) bool { return a == "*" || lower(a) == "iam:*" || a == "*:*" }) &&
			anyText(s.get("resource"), func(t string) bool { return t == "*" }) {
			found = true
		}
	})
	return found
}

// anyText looks for a text in a string or a list of strings.
func anyText(v val, is func(string) bool) bool {
	if v.kind() != '[' {
		return v.ok() && is(v.str())
	}
	for c := v.first(); c.ok(); c = c.sibling() {
		if is(c.str()) {
			return true
		}
	}
	return false
}

// opened is the document inside a text: JSON, or URL-encoded JSON. An object is itself.
func (x *run) opened(v val) val {
	if v.kind() != '"' {
		return v
	}
	text := v.str()
	if strings.HasPrefix(text, "%7B") || strings.HasPrefix(text, "%7b") {
		if decoded, err := url.PathUnescape(text); err == nil {
			text = decoded
		}
	}
	return parseText(text, x.plan.keys)
}

// parseText reads a JSON text that was a value of another; what is no JSON is absent.
func parseText(text string, keys *keyTable) val {
	s := &jsonScanner{buffer: buffer{f: &feed{charset: charset{name: "utf-8", lax: true}}, buf: []byte(text), end: len(text), eof: true}, keys: keys, maxString: maxElement}
	var d doc
	if err := s.doc(&d, 1); err != nil {
		return val{}
	}
	return d.root()
}

func (m *awsDetails) each(r *row) {
	x := m.x
	a := review.Account{NativeID: r.v.get("arn").text(), Created: r.time(m.created), Attributes: map[string]string{}, Status: review.Active, Kind: review.UnknownKind}
	if a.NativeID == "" {
		r.refuse("missing-identity", col{label: "/Arn"}, "an ARN was expected, none was found; make the export again")
		return
	}
	x.sawInstance(arnAccount(a.NativeID))
	var inline string
	switch r.list {
	case "userdetaillist":
		a.Login, inline = r.v.get("username").text(), "userpolicylist"
		if looksLikeEmail(a.Login) {
			a.Kind, a.KindInferred = review.Human, true
		}
	case "groupdetaillist":
		a.Login, a.Kind, inline = r.v.get("groupname").text(), review.Group, "grouppolicylist"
	case "roledetaillist":
		a.Login, a.Kind, inline = r.v.get("rolename").text(), review.Workload, "rolepolicylist"
		m.role(r, &a)
	default:
		r.refuse("unknown-resource", col{}, "a user, group or role was expected, "+review.Quote(r.list)+" was found; export the account again")
		return
	}
	if b := r.v.get("permissionsboundary", "permissionsboundaryarn").text(); b != "" {
		a.Attributes["permissions_boundary"] = b
	}
	x.account(&a)
	grant := func(e review.Entitlement, why string) {
		m.privilege(&e, why)
		x.grant(&review.Grant{Account: a.NativeID, Entitlement: e, Irrevocable: a.Irrevocable})
	}
	r.items(r.v.get("grouplist"), func(v val) {
		name := v.text()
		id := m.groups[name]
		if id == "" {
			id = name
		}
		grant(named(id, name, "group"), "")
	})
	r.items(r.v.get("attachedmanagedpolicies"), func(v val) {
		arn, name := v.get("policyarn").text(), v.get("policyname").text()
		why := m.admin[arn]
		if why == "" {
			why = awsPrivilegedName(name)
		}
		grant(named(arn, name, "policy"), why)
	})
	r.items(r.v.get(inline), func(v val) {
		name, why := v.get("policyname").text(), ""
		if m.allowsAll(v.get("policydocument")) {
			why = "its statements allow everything, or all of IAM"
		}
		grant(named(a.NativeID+"#"+name, name, "policy"), why)
	})
}

// role reads what only roles have: their path, their last use, and who may assume them.
func (m *awsDetails) role(r *row, a *review.Account) {
	x := m.x
	switch path := r.v.get("path").text(); {
	case strings.HasPrefix(path, "/aws-service-role/"):
		a.Irrevocable = "a role that AWS made for a service; it goes when the service is switched off"
	case strings.HasPrefix(path, "/aws-reserved/sso.amazonaws.com/"):
		a.Attributes["identity_center"] = "made by IAM Identity Center; review its permission set there"
	}
	if used := r.v.get("rolelastused"); used.ok() {
		if a.LastLogin = r.timeOf(m.roleUsed, used.get("lastuseddate")); a.LastLogin.Norm() == review.NotCollected {
			a.LastLogin = review.Time{State: review.Unknown}
		}
	}
	r.items(x.opened(r.v.get("assumerolepolicydocument")).get("statement"), func(s val) {
		if !strings.EqualFold(s.get("effect").text(), "allow") {
			return
		}
		trust := func(kind string, v val) {
			anyText(v, func(who string) bool {
				x.evidence(review.Evidence{Kind: "trust", Account: a.NativeID, Subject: who, Value: kind})
				return false
			})
		}
		p := s.get("principal")
		if p.kind() != '{' {
			trust("any", p)
			return
		}
		for c := p.first(); c.ok(); c = c.sibling() {
			trust(c.normKey(), c)
		}
	})
}

func (m *awsDetails) done() {
	x := m.x
	missing := 0
	for _, l := range awsDetailLists {
		have := false
		for _, o := range x.plan.outline.objs {
			have = have || o.member(l) != nil
		}
		if !have {
			missing++
		}
	}
	switch {
	case missing > 0:
		x.warnings.set("missing-list", int64(missing), "")
		if x.complete != review.Truncated {
			x.complete = review.UnknownScope
		}
	case x.complete != review.Truncated:
		x.complete = review.Full
	}
}
