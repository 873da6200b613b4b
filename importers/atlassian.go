package importers

import (
	"strings"

	"tickmark/review"
)

var atlassianUsers = &format{
	FormatInfo: FormatInfo{
		ID: "atlassian-users", Title: "Atlassian Cloud users, groups and product access", Mark: "D",
		Steps: []string{
			"Go to admin.atlassian.com, choose the organisation, Directory, Users, Export users.",
			"Choose groups and product access, then Export; the file comes by e-mail.",
		},
		Gaps: []string{"permissions inside projects and spaces", "API tokens of users"},
	},
	version: 1,
	shapes: []shape{
		{csv: true, need: []string{"fullname", "groupname", "lastactivein*"}, known: []string{"userid", "id", "email", "userstatus", "active", "groupid"}},
		{csv: true, need: []string{"userid", "orgrole", "lastseenin*"}, known: []string{"username", "fullname", "email", "userstatus", "addedtoorg", "groupname"}},
	},
	start: func(x *run) mapper {
		x.defaults("atlassian")
		mail, id, name := x.bound("account", "email"), x.col("userid", "id"), x.bound("display_name", "fullname", "username", "name")
		status, group, orgRole := x.bound("status", "userstatus", "active", "status"), x.bound("entitlement", "groupname"), x.col("orgrole")
		created := x.date(pastTime, review.Unknown, "addedtoorg", "created")
		type product struct {
			name   string
			seen   when
			access col
		}
		var products []product
		for _, prefix := range [...]string{"lastactivein", "lastseenin"} {
			for _, i := range x.plan.columns(prefix) {
				h := x.plan.header[i]
				p := product{name: strings.TrimSpace(h[min(len(h), len("Last active in")):])}
				if prefix == "lastseenin" {
					p.name = strings.TrimSpace(h[min(len(h), len("Last seen in")):])
				}
				p.seen = when{col{i: i, label: h, csv: true}, x.cal.column(h, usedTime)}
				p.seen.dates.empty = review.Never
				p.access = x.col(norm(p.name), norm(p.name)+"access")
				products = append(products, p)
			}
		}
		return mapper{each: func(r *row) {
			who := r.id(mail)
			if who == "" {
				if who = r.id(id); who == "" {
					r.reject("missing-identity", mail, "an e-mail address or user id", "export the users again")
					return
				}
			}
			a := review.Account{NativeID: loginKey(who), Login: who, DisplayName: r.text(name), Emails: emails(r.text(mail)), Kind: review.Human, KindInferred: true, StatusRaw: r.text(status), Created: r.time(created)}
			if a.StatusRaw != "" {
				a.Status = statusWord(a.StatusRaw)
			}
			for _, p := range products {
				t := r.time(p.seen)
				if t.IsKnown() {
					x.evidence(review.Evidence{Kind: "last_used", Account: a.NativeID, Subject: p.name, Value: t.Raw, At: t})
				}
				a.LastLogin = betterTime(a.LastLogin, t, true)
			}
			if o := r.text(orgRole); o != "" {
				a.Attributes = map[string]string{"org_role": o}
			}
			x.account(&a)
			if g := r.text(group); g != "" {
				e := named(g, g, "group")
				if n := norm(g); strings.Contains(n, "admin") {
					e.Privilege, e.PrivilegeReason = review.Admin, "a group of administrators by its name"
				}
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: e})
			}
			for _, p := range products {
				level := r.text(p.access)
				if v, ok := parseBool(level); level == "" || ok && !v {
					continue
				}
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: named(p.name, p.name, "license"), Level: level, LastUsed: r.time(p.seen)})
			}
		}}
	},
}
