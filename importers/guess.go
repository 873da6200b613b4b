package importers

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"tickmark/review"
)

// field is one field of a generic mapping and where its value comes from (importers.md 7).
type field struct {
	name  string
	label string // the column for people
	i     int    // CSV column, or -1
	path  string // JSON: dotted normal path
	fixed string
}

var fieldNames = review.MapFields()

// synonyms are the names a field is guessed by, in order of preference (importers.md 7.2).
var synonyms = map[string][]string{
	"identity": {"identity", "identityid", "userid", "user", "username", "login", "principalid", "loginname", "account", "accountname",
		"samaccountname", "principal", "principalname", "upn", "userprincipalname", "email", "mail", "emailaddress", "member", "memberid",
		"assignee", "grantee", "subject", "employee", "uname", "bname"},
	"account": {"account", "accountname", "accountid"},
	"entitlement": {"entitlement", "entitlementname", "permission", "permissionid", "permissionset", "role", "rolename", "roletechnicalname",
		"group", "groupname", "memberof", "profile", "policy", "privilege", "access", "accesslevel", "license", "grantedrole", "agrname", "app"},
	"resource":     {"resource", "resourceid", "resourcename", "scope", "object", "database", "schema", "project", "repository", "namespace", "orgunit"},
	"system":       {"system", "application", "tenant"},
	"status":       {"status", "state", "accountstatus", "enabled", "active", "isactive"},
	"last_login":   {"lastlogin", "lastlogon", "lastlogondate", "lastsignin", "lastactive", "lastseen", "lastaccess", "lastactivity", "trdat"},
	"last_used":    {"lastused", "lastuseddate", "lastusedat"},
	"granted":      {"granted", "grantedat", "assigneddate", "assignedon", "createdon", "addedon", "startdate", "fromdat", "validfrom"},
	"granted_by":   {"grantedby", "assignedby", "addedby", "provisionedby", "grantor"},
	"created":      {"created", "createdat", "createddate", "creationdate", "whencreated"},
	"expires":      {"expires", "enddate", "todat", "validto", "accessexpiration", "assignmentendtime"},
	"display_name": {"displayname", "fullname", "name"},
	"email":        {"email", "mail", "emailaddress", "workemail"},
	"manager":      {"manager", "manageremail", "managermail", "managerid", "supervisor", "reportsto", "linemanager"},
	"owner":        {"owner", "ownerid"},
	"department":   {"department", "dept"},
	"mfa":          {"mfa", "mfaactive", "2fa", "has2fa", "twofactor", "2svenrolled", "mfaconfigured"},
	"type":         {"type", "identitytype", "usertype", "principaltype", "objecttype", "accounttype", "ustyp"},
	"worker_id":    {"workerid", "employeeid", "employeenumber", "personnelnumber"},
	"privileged":   {"privileged", "isprivileged", "privilege", "privilegelevel"},
}

// column is what can be mapped: a CSV column or a JSON path.
type column struct {
	label  string
	norm   string
	i      int
	path   string
	scalar bool // and top-level
}

// mapFields settles the mapping of a generic file: --map, a saved profile, or a guess. A profile is the mapping that an
// earlier report gave: fields and columns, and entries split:COLUMN and const:FIELD.
func (p *plan) mapFields(pr *probe) error {
	cols := p.mappable(pr)
	assigned, splits, consts := p.o.Map, p.o.Split, p.o.Const
	if len(assigned) == 0 && p.o.Profile != nil {
		if saved, ok := p.o.Profile(p.headerHash()); ok {
			for _, a := range saved {
				if name, ok := strings.CutPrefix(a.Name, "split:"); ok {
					splits = append(slices.Clip(splits), review.Assign{Name: name, Value: a.Value})
				} else if name, ok := strings.CutPrefix(a.Name, "const:"); ok {
					consts = append(slices.Clip(consts), review.Assign{Name: name, Value: a.Value})
				} else {
					assigned = append(assigned, a)
				}
			}
			p.evidence = append(p.evidence, "a saved profile for this header")
		}
	}
	for _, a := range consts {
		name, err := fieldName(a.Name, "--const")
		if err != nil {
			return err
		}
		p.fields = append(p.fields, field{name: name, i: -1, fixed: a.Value})
	}
	if len(assigned) > 0 {
		if err := p.assign(assigned, cols); err != nil {
			return err
		}
	} else {
		p.guess(cols)
	}
	for _, a := range consts {
		p.mapping = append(p.mapping, review.Assign{Name: "const:" + a.Name, Value: a.Value})
	}
	for _, a := range splits {
		c, err := findColumn(a.Name, cols, p.csv)
		if err != nil {
			return err
		}
		if a.Value == "" {
			return review.Errorf(review.KindUsage, "--split %s names no separator", review.Quote(a.Name)).WithHint("write it as COLUMN=SEPARATOR, for example --split 'memberOf=;'")
		}
		p.splits = append(p.splits, review.Assign{Name: c.norm, Value: strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(a.Value)})
		p.mapping = append(p.mapping, review.Assign{Name: "split:" + c.label, Value: a.Value})
	}
	if err := p.byHand(pr); err != nil {
		return err
	}
	return p.needIdentity(cols)
}

// mappable lists what fields can be mapped to.
func (p *plan) mappable(pr *probe) []column {
	var cols []column
	if p.csv {
		for i, n := range p.names {
			cols = append(cols, column{label: p.header[i], norm: n, i: i, scalar: true})
		}
		return cols
	}
	seen := map[string]bool{}
	for _, o := range pr.sample[:min(len(pr.sample), sampleRecords)] {
		for _, m := range o.members {
			plain := m.kind != '{' && m.kind != '['
			if seen[m.norm] {
				for i := range cols {
					if cols[i].path == m.norm && !plain {
						cols[i].scalar = false
					}
				}
				continue
			}
			seen[m.norm] = true
			cols = append(cols, column{label: m.key, norm: m.norm, i: -1, path: m.norm, scalar: plain})
		}
	}
	var nested []string
	for path := range pr.paths {
		if strings.Contains(path, ".") {
			nested = append(nested, path)
		}
	}
	sort.Strings(nested)
	for _, path := range nested {
		if secretPath(path) {
			continue
		}
		parts := strings.Split(path, ".")
		cols = append(cols, column{label: path, norm: strings.Join(parts[len(parts)-2:], ""), i: -1, path: path})
	}
	if pr.paths["_key"] {
		cols = append(cols, column{label: "_key", norm: "key", i: -1, path: "_key", scalar: true})
	}
	return cols
}

// fieldName reads a field of --map or --const; hyphens stand for underscores.
func fieldName(s, flag string) (string, error) {
	n := strings.ReplaceAll(lower(s), "-", "_")
	if slices.Contains(fieldNames, n) {
		return n, nil
	}
	e := review.Errorf(review.KindUsage, "%s %s is not a field", flag, review.Quote(s))
	if near := nearest(s, fieldNames); len(near) > 0 {
		return "", e.WithHint("did you mean %s? The fields are %s", strings.Join(near, " or "), strings.Join(fieldNames, " "))
	}
	return "", e.WithHint("the fields are %s", strings.Join(fieldNames, " "))
}

// findColumn reads a column of --map or --split: a header name, #3, or a JSON pointer.
func findColumn(s string, cols []column, csv bool) (column, error) {
	for _, c := range cols {
		if c.label == s {
			return c, nil
		}
	}
	if n, ok := strings.CutPrefix(s, "#"); ok && csv {
		if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(cols) {
			return cols[i-1], nil
		}
	}
	if rest, ok := strings.CutPrefix(s, "/"); ok && !csv {
		var parts []string
		for _, part := range strings.Split(rest, "/") {
			parts = append(parts, norm(strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")))
		}
		path := strings.Join(parts, ".")
		return column{label: s, norm: path, i: -1, path: path}, nil
	}
	want := norm(s)
	for _, c := range cols {
		if c.norm == want && want != "" || c.path == s {
			return c, nil
		}
	}
	var names []string
	for _, c := range cols {
		names = append(names, c.label)
	}
	e := review.Errorf(review.KindUsage, "the file has no column %s", review.Quote(s))
	if near := nearest(s, names); len(near) > 0 {
		return column{}, e.WithHint("did you mean %s? The columns are %s", review.Safe(strings.Join(near, " or ")), nameList(names))
	}
	return column{}, e.WithHint("the columns are %s", nameList(names))
}

// assign takes a mapping as given: nothing else is guessed.
func (p *plan) assign(assigned []review.Assign, cols []column) error {
	for _, a := range assigned {
		name, err := fieldName(a.Name, "--map")
		if err != nil {
			return err
		}
		if name == "entitlement" && a.Value == "*" {
			p.wide = true
			p.mapping = append(p.mapping, review.Assign{Name: name, Value: "*"})
			continue
		}
		c, err := findColumn(a.Value, cols, p.csv)
		if err != nil {
			return err
		}
		if secretName(c.norm) || secretPath(c.path) {
			return review.Errorf(review.KindUsage, "the column %s holds secrets and is never read", review.Quote(c.label)).WithHint("map another column to %s", name)
		}
		p.mapTo(name, c)
	}
	return nil
}

func (p *plan) mapTo(name string, c column) {
	p.fields = append(p.fields, field{name: name, label: c.label, i: c.i, path: c.path})
	p.mapping = append(p.mapping, review.Assign{Name: name, Value: c.label})
}

// guess maps fields by synonyms (importers.md 7.2).
func (p *plan) guess(cols []column) {
	taken := map[string]bool{}
	find := func(name string) (column, bool) {
		for _, s := range synonyms[name] {
			for _, c := range cols {
				switch {
				case c.norm != s, secretName(c.norm):
				case !c.scalar && (name == "identity" || name == "entitlement"):
				case taken[c.label] && name != "email":
				default:
					return c, true
				}
			}
		}
		return column{}, false
	}
	for _, name := range [...]string{"identity", "entitlement", "account", "resource", "system", "status", "last_login", "last_used", "granted", "granted_by", "created",
		"expires", "display_name", "email", "manager", "owner", "department", "mfa", "type", "worker_id", "privileged"} {
		if p.constant(name) != "" {
			continue
		}
		if c, ok := find(name); ok {
			taken[c.label] = true
			p.mapTo(name, c)
		}
	}
	for _, c := range cols {
		if _, inverted := invertedStatus(c.norm); inverted && c.scalar && !taken[c.label] {
			p.mapTo("status", c)
		}
	}
	p.guessed = true
	exact := 0
	for _, c := range cols {
		if c.label == "identity" || c.label == "entitlement" {
			exact++
		}
	}
	p.exact = exact >= 2
}

// constant is the value --const gives a field.
func (p *plan) constant(name string) string {
	for _, f := range p.fields {
		if f.name == name && f.fixed != "" {
			return f.fixed
		}
	}
	return ""
}

func (p *plan) field(name string) *field {
	for i := range p.fields {
		if p.fields[i].name == name {
			return &p.fields[i]
		}
	}
	return nil
}

// needIdentity refuses a mapping without an identity and shows one to edit (importers.md 7.3).
func (p *plan) needIdentity(cols []column) error {
	if p.field("identity") != nil || p.o.Identity != "" {
		return nil
	}
	if len(p.o.Map) > 0 {
		return review.Errorf(review.KindUsage, "--map names no identity").WithHint("add identity=COLUMN: it is the only field that is required")
	}
	var names []string
	for _, c := range cols {
		if c.scalar {
			names = append(names, c.label)
		}
	}
	entitlement := proposal("entitlement", cols, "")
	if f := p.field("entitlement"); f != nil {
		entitlement = cmp.Or(f.label, entitlement)
	}
	line := fmt.Sprintf("identity=%s,entitlement=%s", proposal("identity", cols, entitlement), entitlement)
	if strings.ContainsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t;|&<>()*?$`\"\\#!", r) }) && !strings.Contains(line, "'") {
		line = "'" + line + "'"
	}
	return refuse("unknown-shape", "%s: a column that says who was expected, none of these is one: %s", p.spot(), nameList(names)).
		WithHint("name the columns: --map %s", review.Safe(line))
}

// proposals are names that columns go by in other languages. They are no synonyms: a file is never read by them, they only
// fill the --map line of a refusal, which a person reads.
var proposals = map[string][]string{
	"identity": {"kennung", "benutzerkennung", "benutzername", "benutzer", "nutzername", "nutzer", "anmeldename", "konto", "mitarbeiter", "personalnummer",
		"identifiant", "utilisateur", "compte", "matricule", "usuario", "cuenta", "utente", "gebruiker"},
	"entitlement": {"berechtigung", "berechtigungen", "rolle", "rollen", "recht", "rechte", "gruppe", "gruppen", "profil", "zugriff",
		"habilitation", "rôle", "rôles", "droit", "droits", "groupe", "permiso", "permisos", "rol", "roles", "perfil", "grupo", "ruolo", "permesso"},
}

// proposal is the column that a person would most likely take for a field, or COLUMN.
func proposal(field string, cols []column, but string) string {
	for _, name := range proposals[field] {
		for _, c := range cols {
			if c.scalar && c.norm == name && c.label != but {
				return c.label
			}
		}
	}
	return "COLUMN"
}
