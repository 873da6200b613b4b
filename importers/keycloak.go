package importers

import (
	"strings"

	"tickmark/review"
)

var keycloakRealm = &format{
	FormatInfo: FormatInfo{
		ID: "keycloak-realm", Title: "Keycloak realm with users, groups and roles", Mark: "S",
		Steps: []string{
			"Stop one node of the server, or use a copy of it: the export runs beside it.",
			"Run the command below; an export into one file holds the users. The partial export of the admin console leaves them out.",
			"Delete the file after the import: it holds password hashes and client secrets (they are dropped unread here).",
		},
		Command: "bin/kc.sh export --realm NAME --file realm.json",
		Gaps:    []string{"when users last signed in: the event log knows", "roles inside composite roles", "users of federated directories that never signed in"},
	},
	version: 1, full: true,
	shapes: []shape{
		{json: true, top: []string{"realm", "users"}, known: []string{"groups", "roles", "clients", "enabled"}, lists: []string{"users", "groups", "clients"}, first: []string{"groups", "clients"}},
		{json: true, top: []string{"realm", "clients"}, known: []string{"groups", "roles", "users", "enabled"}, lists: []string{"users", "groups", "clients"}, first: []string{"groups", "clients"}},
	},
	start: func(x *run) mapper {
		x.defaults("keycloak")
		top := x.plan.outline.objs[0]
		if top.member("users") == nil {
			x.fail(refuse("no-users", "%s: a realm with users was expected, an export without them was found", x.plan.spot()).
				WithHint("export again with: %s", x.plan.format.Command))
			return mapper{}
		}
		m := &keycloak{x: x, realm: top.text("realm"), created: x.date(pastTime, review.Unknown, "createdtimestamp")}
		x.sawInstance(m.realm)
		return mapper{first: func(r *row) {
			if r.list == "groups" {
				m.group(r.v, "")
			} else if r.v.d.secrets {
				x.scratch = x.keptJSON(x.scratch[:0], r.v) // counts the secrets of clients
			}
		}, each: m.user}
	},
}

type keycloak struct {
	x       *run
	realm   string
	created when
}

// roles makes a grant of every realm and client role of a user or group.
func (m *keycloak) roles(v val, account string) {
	x := m.x
	x.row.items(v.get("realmroles"), func(e val) {
		if name := e.text(); name != "" {
			g := review.Grant{Account: account, Entitlement: role(name), Resource: review.Resource{NativeID: "realm", Name: m.realm, Kind: "realm"}}
			if name == "admin" || name == "realm-admin" {
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "an administrator role by its name"
			}
			x.grant(&g)
		}
	})
	clients := v.get("clientroles")
	for c := clients.first(); c.ok(); c = c.sibling() {
		client := c.key()
		x.row.items(c, func(e val) {
			if name := e.text(); name != "" {
				g := review.Grant{Account: account, Entitlement: role(name), Resource: review.Resource{NativeID: "client/" + client, Name: client, Kind: "client"}}
				if client == "realm-management" || strings.HasSuffix(client, "-realm") {
					if strings.HasPrefix(name, "manage") || name == "realm-admin" || name == "impersonation" {
						g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "a role that manages the realm"
					}
				}
				x.grant(&g)
			}
		})
	}
}

// group hands on a group that holds roles, and the groups below it.
func (m *keycloak) group(v val, above string) {
	path := v.get("path").text()
	if path == "" {
		path = above + "/" + v.get("name").text()
	}
	if v.get("realmroles").first().ok() || v.get("clientroles").first().ok() {
		a := review.Account{NativeID: path, Login: path, DisplayName: v.get("name").text(), Kind: review.Group, Status: review.Active}
		m.x.account(&a)
		m.roles(v, a.NativeID)
	}
	for c := v.get("subgroups").first(); c.ok(); c = c.sibling() {
		m.group(c, path)
	}
}

func (m *keycloak) user(r *row) {
	x := m.x
	login := r.v.get("username").text()
	a := review.Account{NativeID: r.v.get("id").text(), Login: login, Emails: emails(r.v.get("email").text()), Kind: review.Human, KindInferred: true,
		DisplayName: squeeze(r.v.get("firstname").text() + " " + r.v.get("lastname").text()), Created: r.time(m.created)}
	fill(&a.NativeID, lower(login))
	if a.NativeID == "" {
		r.refuse("missing-identity", col{label: "/username"}, "a user name was expected, none was found; export the realm again")
		return
	}
	enabled := r.v.get("enabled")
	if enabled.ok() {
		a.Status = activeWhen(triOf(enabled.isTrue()))
	}
	if strings.HasPrefix(login, "service-account-") || r.v.get("serviceaccountclientid").text() != "" {
		a.Kind, a.KindInferred, a.MFA = review.Service, false, review.NA
	} else if credentials := r.v.get("credentials"); credentials.ok() {
		a.MFA = review.No
		r.items(credentials, func(c val) {
			if t := c.get("type").text(); t == "otp" || t == "totp" || strings.HasPrefix(t, "webauthn") {
				a.MFA = review.Yes
			}
		})
	}
	x.account(&a)
	m.roles(r.v, a.NativeID)
	r.items(r.v.get("groups"), func(e val) {
		if path := e.text(); path != "" {
			x.grant(&review.Grant{Account: a.NativeID, Entitlement: named(path, lastPart(path), "group")})
		}
	})
}
