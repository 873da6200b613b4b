package importers

import (
	"strings"

	"tickmark/review"
)

// sapAccount is a user of a client. A file of several clients keeps them apart; the first one is the file's instance.
func sapAccount(x *run, user, client string) string {
	x.sawInstance(client)
	if client != "" && client != x.instance {
		return client + "/" + loginKey(user)
	}
	return loginKey(user)
}

var sapAgrUsers = &format{
	FormatInfo: FormatInfo{
		ID: "sap-agr-users", Title: "SAP role assignments (table AGR_USERS)", Mark: "D",
		Steps: []string{
			"Transaction SE16N (or SE16), table AGR_USERS, no selection, no limit of hits.",
			"Display, Export, spreadsheet or local file with field names as headings; save as CSV UTF-8.",
			"Check that the number of hits shown equals the number of lines, and state it with --expect rows=N.",
		},
		Gaps: []string{"which users are locked and what kind they are: add sap-usr02", "what a role allows: table AGR_1251", "profiles assigned directly: table UST04"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"agrname", "uname"}, known: []string{"mandt", "fromdat", "todat", "exclude", "changedat", "changetim", "changetst", "orgflag", "colflag"}}},
	start: func(x *run) mapper {
		x.defaults("sap")
		user, held, client, exclude, org := x.bound("account", "uname"), x.bound("entitlement", "agrname"), x.bound("instance", "mandt"), x.col("exclude"), x.col("orgflag")
		from, to := x.date(pastTime, review.Unknown, "fromdat"), x.date(endTime, review.NotApplicable, "todat")
		return mapper{each: func(r *row) {
			who := r.id(user)
			if who == "" {
				r.reject("missing-identity", user, "a user name", "export the table again")
				return
			}
			a := review.Account{NativeID: sapAccount(x, who, r.text(client)), Login: who, Kind: review.UnknownKind}
			x.account(&a)
			name := r.text(held)
			if name == "" || strings.EqualFold(r.text(exclude), "x") {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: role(name), Granted: r.time(from), Expires: r.time(to)}
			if g.Expires.IsKnown() && !x.cal.now.IsZero() && g.Expires.At.Before(x.cal.now) {
				g.State = "expired"
			}
			if strings.EqualFold(r.text(org), "x") {
				g.How, g.Irrevocable = "inherited", "assigned through organisational management: change the position"
			}
			x.grant(&g)
		}}
	},
}

var sapUsr02 = &format{
	FormatInfo: FormatInfo{
		ID: "sap-usr02", Title: "SAP users (table USR02)", Mark: "D",
		Steps: []string{
			"Transaction SE16N, table USR02; choose the fields MANDT, BNAME, USTYP, UFLAG, CLASS, ERDAT, TRDAT, GLTGV, GLTGB and no others.",
			"Leave out the fields BCODE, PASSCODE and PWDSALTEDHASH: they hold password hashes.",
			"Display, Export, spreadsheet or local file with field names as headings; save as CSV UTF-8.",
		},
		Gaps: []string{"roles: add sap-agr-users", "names and e-mail addresses: table USR21 with ADRP and ADR6"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"bname", "ustyp"}, known: []string{"mandt", "uflag", "class", "erdat", "aname", "trdat", "ltime", "gltgv", "gltgb", "accnt", "pwdchgdate", "pwdinitial"}}},
	start: func(x *run) mapper {
		x.defaults("sap")
		user, typ, flag, client, class := x.bound("account", "bname"), x.bound("type", "ustyp"), x.bound("status", "uflag"), x.bound("instance", "mandt"), x.col("class")
		created, seen, until := x.date(pastTime, review.Unknown, "erdat"), x.date(usedTime, review.Never, "trdat"), x.date(endTime, review.NotApplicable, "gltgb")
		return mapper{each: func(r *row) {
			who := r.id(user)
			if who == "" {
				r.reject("missing-identity", user, "a user name", "export the table again")
				return
			}
			a := review.Account{NativeID: sapAccount(x, who, r.text(client)), Login: who, Status: review.Active, Created: r.time(created), LastLogin: r.time(seen)}
			switch strings.ToUpper(r.text(typ)) {
			case "A":
				a.Kind = review.Human
			case "B", "S", "C":
				a.Kind = review.Service
			case "L", "R":
				a.Kind = review.System
			}
			if f := r.str(flag); !r.has(flag) {
				a.Status = review.UnknownStatus
			} else if strings.Trim(f, "0") != "" {
				a.Status, a.StatusRaw = review.Locked, f
			}
			if t := r.time(until); t.IsKnown() && !x.cal.now.IsZero() && t.At.Before(x.cal.now) {
				a.Status = worse(a.Status, review.Expired)
			}
			if c := r.text(class); c != "" {
				a.Attributes = map[string]string{"user_group": c}
			}
			x.account(&a)
		}}
	},
}
