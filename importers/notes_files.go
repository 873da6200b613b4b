package importers

import (
	"strings"

	"tickmark/review"
)

// The files in this file are written by people, not by systems: what they state about accounts and access is imported
// and signed like everything else (rulings 6, importers.md 10.2).

var links = &format{
	FormatInfo: FormatInfo{
		ID: "links", Title: "Links between accounts and people, made by hand", Mark: "S",
		Steps: []string{
			"Write a CSV file with the header account,system,identity,action and one line for each link.",
			"account is the account's native id or login, system the source or system it belongs to, identity the e-mail or worker id of the person.",
			"action is link or unlink; an empty cell means link. An unlinked account is its own, whatever e-mail it bears.",
			"Keep one file with all links: the newest takes the place of the one before. Then import the exports it is about again, so that rows name the person.",
		},
		Command: "tickmark import links.csv --as links",
		Gaps:    []string{"accounts and access: the file only says who stands behind accounts of other imports"},
	},
	version: 1, tier: asOnly, rules: true,
	shapes: []shape{{csv: true, json: true, need: []string{"account", "identity"}, known: []string{"system", "action", "change", "link", "linkunlink"}}},
	start: func(x *run) mapper {
		account, system, identity := x.bound("account", "account"), x.bound("system", "system", "source"), x.bound("identity", "identity")
		action := x.bound("action", "action", "change", "linkunlink", "link", "op")
		return mapper{each: func(r *row) {
			l := review.Link{Account: r.text(account), System: r.text(system), Identity: lower(r.text(identity)), Locator: r.locator()}
			switch lower(r.text(action)) {
			case "", "link":
			case "unlink":
				l.Unlink = true
			default:
				r.reject("unknown-resource", action, "link or unlink", "write one of the two")
				return
			}
			if l.Account == "" || l.Identity == "" {
				r.reject("missing-identity", identity, "an account and an identity", "fill both cells")
				return
			}
			x.send(func() error { return x.sink.Link(&l) })
		}}
	},
}

var owners = &format{
	FormatInfo: FormatInfo{
		ID: "owners", Title: "Owners of accounts, entitlements and systems", Mark: "S",
		Steps: []string{
			"Write a CSV file with the header account,owner,from (or entitlement,owner,from or system,owner,from; the columns may stand together) and one line for each owner.",
			"Or name the subject in two columns: what,subject,owner,from, where what is account, entitlement or system.",
			"owner is the e-mail or worker id of the accountable person, from the first day, empty for always.",
			"Accounts and entitlements of that name are meant wherever they are; --system NAME means those of one system. Keep one file for each: the newest takes the place of the one before.",
		},
		Command: "tickmark import owners.csv --as owners",
		Gaps:    []string{"accounts and access: the file only says who answers for what other imports hold"},
	},
	version: 1, tier: asOnly, rules: true,
	shapes: []shape{{csv: true, json: true, need: []string{"owner"}, any: [][]string{{"account", "entitlement", "system", "subject"}}, known: []string{"from", "what"}}},
	start: func(x *run) mapper {
		subjects := []struct {
			what string
			col  col
		}{{"account", x.bound("account", "account")}, {"entitlement", x.bound("entitlement", "entitlement")}, {"system", x.bound("system", "system")}}
		what, subject := x.bound("what", "what", "subjecttype", "kind"), x.bound("subject", "subject")
		owner, from := x.bound("owner", "owner"), x.date(endTime, review.NotCollected, "from")
		return mapper{each: func(r *row) {
			o := review.Ownership{Owner: lower(r.text(owner)), From: r.time(from), Locator: r.locator()}
			for _, s := range subjects {
				if o.Subject == "" {
					o.What, o.Subject = s.what, r.text(s.col)
				}
			}
			if o.Subject == "" && r.text(subject) != "" {
				o.What, o.Subject = lower(r.text(what)), r.text(subject)
				if o.What != "account" && o.What != "entitlement" && o.What != "system" {
					r.reject("unknown-resource", what, "account, entitlement or system", "write one of the three")
					return
				}
			}
			if o.Owner == "" || o.Subject == "" {
				r.reject("missing-identity", owner, "an account, entitlement or system and its owner", "fill both cells")
				return
			}
			x.send(func() error { return x.sink.Ownership(&o) })
		}}
	},
}

var lastUsed = &format{
	FormatInfo: FormatInfo{
		ID: "last-used", Title: "Last use of accounts and entitlements, observed elsewhere", Mark: "S",
		Steps: []string{
			"Write a CSV file with the header account,entitlement,last_used (entitlement may be left out) and one line for each observation, for example from a log search.",
			"last_used is a time, or never.",
			"Accounts of that name are meant wherever they are; --system NAME means those of one system. Keep one file for each: the newest takes the place of the one before.",
		},
		Command: "tickmark import last-used.csv --as last-used",
		Gaps:    []string{"accounts and access: the file only says when those of other imports were used"},
	},
	version: 1, tier: asOnly, rules: true,
	shapes: []shape{{csv: true, json: true, need: []string{"account"}, any: [][]string{{"lastused", "lastusedat", "lastuseddate", "lastlogin"}}, known: []string{"entitlement"}}},
	start: func(x *run) mapper {
		account, entitlement := x.bound("account", "account"), x.bound("entitlement", "entitlement")
		used := x.date(usedTime, review.Unknown, "lastused", "lastusedat", "lastuseddate", "lastlogin")
		return mapper{each: func(r *row) {
			u := review.Usage{Account: r.text(account), Entitlement: r.text(entitlement), LastUsed: r.time(used), Locator: r.locator()}
			if u.Account == "" {
				r.reject("missing-identity", account, "an account", "fill the cell")
				return
			}
			x.send(func() error { return x.sink.Usage(&u) })
		}}
	},
}

// byHand refuses a guess where a file has nothing but the columns of one of the files above, and so says of nobody what they
// hold: read as a list of accounts it would be another system under review.
func (p *plan) byHand(pr *probe) error {
	if !p.guessed || p.o.As != "" || p.o.Entitlement != "" || p.field("identity") != nil && p.field("entitlement") != nil {
		return nil
	}
	for _, f := range formats() {
		for i := range f.shapes {
			if f.tier != asOnly {
				continue
			}
			if m, missing := f.match(&f.shapes[i], pr); len(missing) == 0 && m.known == len(pr.names) {
				return refuse("missing-columns", "%s: columns that say who holds what were expected; these are the columns of the format %s: %s", p.spot(), f.ID, nameList(pr.names)).
					WithHint("say --as %s if it is that, or --as %s if it is the list of a system's accounts", f.ID, p.format.ID)
			}
		}
	}
	return nil
}

func sodNames() (a, b []string) {
	return []string{"role1", "rolea", "entitlementa", "entitlement1", "functiona"}, []string{"role2", "roleb", "entitlementb", "entitlement2", "functionb"}
}

func sodShape(a, b string) shape {
	return shape{csv: true, json: true, need: []string{a, b}, known: []string{"systema", "systemb", "system1", "system2", "ruleid", "riskid", "conflictid", "sodid", "rulename", "risklevel",
		"severity", "description", "control", "mitigatingcontrol", "unlessdepartment", "outsidedepartment"}}
}

var sodRules = &format{
	FormatInfo: FormatInfo{
		ID: "sod-rules", Aliases: []string{"sod"}, Title: "Rules of segregation of duties", Mark: "S",
		Steps: []string{
			"Write or export a CSV file with one line for each pair of entitlements that one person should not hold together.",
			"The header names the pair entitlement_a,entitlement_b (or role_a,role_b or role1,role2); add system_a,system_b,rule_id (or risk_id, conflict_id),rule_name,risk_level,description,control as you have them.",
			"An entitlement may end in * to mean all that begin so; an empty system means any; * or an empty cell in the second column flags every holder of the first.",
			"unless_department and outside_department restrict a rule.",
		},
		Command: "tickmark import sod.csv --as sod-rules",
		Gaps:    []string{"conditions written only in prose: they are not interpreted"},
	},
	version: 1, rules: true,
	shapes: []shape{sodShape("role1", "role2"), sodShape("rolea", "roleb"), sodShape("entitlementa", "entitlementb")},
	start:  startSoDRules,
}

func startSoDRules(x *run) mapper {
	namesA, namesB := sodNames()
	a, b := x.bound("entitlement_a", namesA...), x.bound("entitlement_b", namesB...)
	systemA, systemB := x.bound("system_a", "systema", "system1", "system"), x.bound("system_b", "systemb", "system2", "system")
	id, name, severity := x.bound("rule_id", "ruleid", "riskid", "conflictid", "sodid", "id"), x.bound("rule_name", "rulename", "riskname", "name"), x.bound("severity", "risklevel", "severity", "level", "risk")
	description, control := x.bound("description", "description", "riskdescription"), x.bound("control", "control", "mitigatingcontrol", "mitigation")
	unless, outside := x.bound("unless_department", "unlessdepartment"), x.bound("outside_department", "outsidedepartment")
	return mapper{each: func(r *row) {
		s := review.SoDRule{ID: r.text(id), Name: r.text(name), Description: r.text(description), Severity: r.text(severity), Control: r.text(control),
			SystemA: r.text(systemA), EntitlementA: r.text(a), SystemB: r.text(systemB), EntitlementB: r.text(b),
			UnlessDepartment: r.text(unless), OutsideDepartment: r.text(outside), Locator: r.locator()}
		if s.EntitlementA == "" || s.EntitlementA == "*" {
			r.reject("missing-identity", a, "an entitlement", "name what the rule is about")
			return
		}
		if s.ID == "" {
			s.ID = strings.ReplaceAll(r.locator(), " ", "-")
		}
		if s.EntitlementB == "" || s.EntitlementB == "*" || s.EntitlementB == "<any>" {
			s.EntitlementB, s.OneSided = "", true
			x.warn("one-sided-rule")
		}
		x.send(func() error { return x.sink.SoDRule(&s) })
	}}
}
