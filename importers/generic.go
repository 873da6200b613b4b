package importers

import (
	"bytes"
	"fmt"
	"strings"

	"tickmark/review"
)

var genericInfo = FormatInfo{
	Mark: "S",
	Steps: []string{
		"Export one record for each account and entitlement, with a header line (CSV) or named keys (JSON).",
		"Include at least who holds the access and what is held; if you can, add the resource, the status, the day it was granted and the day it was last used.",
		"Name the columns identity and entitlement and nothing needs to be guessed; otherwise check the guess with `tickmark import FILE --dry-run` or state it with --map identity=COLUMN,entitlement=COLUMN.",
		"Keep the mapping for next time with --save-profile NAME.",
	},
	Gaps: []string{
		"whether the list is complete: declare it with --completeness full, and state the expected totals with --expect",
		"when and how the export was made: say so with --exported-at, --exported-by and --query",
	},
}

func genericFormat(id, title, example string, csv bool) *format {
	f := &format{FormatInfo: genericInfo, version: 1, tier: 2, shapes: []shape{{csv: csv, json: !csv}}, start: startGeneric}
	f.ID, f.Title, f.Command = id, title, example
	return f
}

var (
	genericCSV    = genericFormat("generic-csv", "Any CSV file with a header", "tickmark import access.csv --map identity=login,entitlement=role --dry-run", true)
	genericJSON   = genericFormat("generic-json", "Any JSON list of objects", "tickmark import access.json --map identity=user,entitlement=/role/name --dry-run", false)
	genericNDJSON = genericFormat("generic-ndjson", "Any stream of JSON objects, one after another", "tickmark import access.ndjson --dry-run", false)
)

// genericMap maps records by fields (importers.md 7). It is the path of the largest files: an account that was met
// before with the same facts costs one look-up.
type genericMap struct {
	x       *run
	at      map[string]col
	fixed   map[string]string
	flags   []flagColumn // columns that together make the status
	dates   map[string]when
	split   string
	idents  col
	account col
	system  col
	ent     col
	res     col
	facts   []col // columns that say something of the account
	wide    []int

	natives [1024]nativeEntry
	packed  []byte
	grant   review.Grant
	many    int64 // records whose entitlement cell seems to hold several values
	count   int64
	perRow  bool // the system differs from record to record
}

type nativeEntry struct{ account, system, native string }

type flagColumn struct {
	col
	word     bool          // a word or a yes for active
	inverted review.Status // what a yes means
}

func startGeneric(x *run) mapper {
	p := x.plan
	m := &genericMap{x: x, at: map[string]col{}, fixed: map[string]string{}, dates: map[string]when{}}
	for name, v := range map[string]string{"identity": x.o.Identity, "resource": x.o.Resource, "entitlement": x.o.Entitlement} {
		if v != "" {
			m.fixed[name] = v
		}
	}
	for _, f := range p.fields {
		if f.fixed != "" {
			m.fixed[f.name] = f.fixed
			continue
		}
		c := col{i: f.i, label: f.label, names: []string{f.path}}
		if p.csv {
			c.cache = x.newIntern()
		}
		switch f.name {
		case "status":
			m.addFlag(c)
			continue
		case "created", "granted":
			m.dates[f.name] = when{c, x.cal.column(f.label, pastTime)}
			continue
		case "last_login", "last_used":
			m.dates[f.name] = when{c, x.cal.column(f.label, usedTime)}
			continue
		case "expires":
			w := when{c, x.cal.column(f.label, endTime)}
			w.dates.empty = review.NotApplicable
			m.dates[f.name] = w
			continue
		}
		m.at[f.name] = c
	}
	none := col{i: -1}
	get := func(name string) col {
		if c, ok := m.at[name]; ok {
			return c
		}
		return none
	}
	m.idents, m.account, m.system, m.ent, m.res = get("identity"), get("account"), get("system"), get("entitlement"), get("resource")
	m.perRow = m.system.label != ""
	for _, name := range [...]string{"display_name", "email", "manager", "department", "owner", "mfa", "type", "worker_id"} {
		if c, ok := m.at[name]; ok {
			m.facts = append(m.facts, c)
		}
	}
	for _, f := range m.flags {
		m.facts = append(m.facts, f.col)
	}
	for _, name := range [...]string{"created", "last_login"} {
		if w, ok := m.dates[name]; ok {
			m.facts = append(m.facts, w.col)
		}
	}
	for _, s := range p.splits {
		if norm(m.ent.label) == s.Name || m.ent.label == s.Name {
			m.split = s.Value
		}
	}
	if p.wide {
		m.bindWide()
	}
	if s := m.fixed["system"]; s != "" {
		x.system = s
	}
	x.defaults(fileSystem(p.in.Name))
	x.sawInstance(m.fixed["instance"])
	return mapper{each: m.each, done: m.done}
}

// addFlag binds one of the columns that make the status.
func (m *genericMap) addFlag(c col) {
	n := norm(lastPathPart(c))
	if s, ok := invertedStatus(n); ok {
		m.flags = append(m.flags, flagColumn{col: c, inverted: s})
		return
	}
	m.flags = append(m.flags, flagColumn{col: c, word: true})
}

func lastPathPart(c col) string {
	if len(c.names) > 0 && c.names[0] != "" {
		return c.names[0][strings.LastIndexByte(c.names[0], '.')+1:]
	}
	return c.label
}

// bindWide takes every column that is not mapped and not dropped as an entitlement (importers.md 7.6).
func (m *genericMap) bindWide() {
	for i := range m.x.plan.header {
		taken := m.x.plan.dropped[i] != 0
		for _, f := range m.x.plan.fields {
			taken = taken || f.fixed == "" && f.i == i
		}
		if !taken {
			m.wide = append(m.wide, i)
		}
	}
}

// fileSystem is the file name without folders and extension: the system of a file that names none (importers.md 7.5).
func fileSystem(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSuffix(name, ".gz")
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	return name
}

func (m *genericMap) each(r *row) {
	x := m.x
	m.count++
	who := r.id(m.idents)
	if who == "" {
		if who = m.fixed["identity"]; who == "" {
			r.reject("missing-identity", m.idents, "an identity", "fill the column, or map another one with --map identity=COLUMN")
			return
		}
	}
	account := r.text(m.account)
	if account == "" {
		if account = m.fixed["account"]; account == "" {
			account = who
		}
	}
	system := ""
	if m.perRow {
		system = r.text(m.system)
	}
	native := m.native(account, system)
	facts := m.accountFacts(r, system)
	if !x.accounts.knows(native, facts) {
		m.sendAccount(r, who, account, native, system, facts)
	}
	if x.plan.guessed && len(x.samples) < 3 {
		m.sample(r)
	}
	g := &m.grant
	*g = review.Grant{Account: native}
	m.fillGrant(r, g)
	switch {
	case m.wide != nil:
		m.wideGrants(r)
	case m.ent.label != "":
		m.grants(r)
	case m.fixed["entitlement"] != "":
		m.emit(m.fixed["entitlement"])
	}
}

// native is the account's key within the source (importers.md 5.8, 7.5; rulings 2).
func (m *genericMap) native(account, system string) string {
	e := &m.natives[(len(account)*131+int(account[0])*31+int(account[len(account)-1])*17+int(account[len(account)/2]))%len(m.natives)]
	if e.account == account && e.system == system {
		return e.native
	}
	native := loginKey(account)
	if m.perRow && system != "" {
		native = systemPrefix(system) + native
	}
	*e = nativeEntry{account, system, native}
	return native
}

// systemPrefix writes a system in front of a native id (rulings 2).
func systemPrefix(system string) string {
	return strings.ReplaceAll(strings.ReplaceAll(system, "%", "%25"), "/", "%2F") + "/"
}

// accountFacts hashes what the record says of its account.
func (m *genericMap) accountFacts(r *row, system string) uint64 {
	m.packed = append(m.packed[:0], system...)
	m.packed = append(m.packed, 0)
	for _, c := range m.facts {
		m.packed = append(m.packed, r.bytes(c)...)
		m.packed = append(m.packed, 0)
	}
	return m.x.accounts.hash.sum(m.packed)
}

func (m *genericMap) sendAccount(r *row, who, account, native, system string, facts uint64) {
	x := m.x
	text := func(name string) string {
		if c, ok := m.at[name]; ok {
			if s := r.text(c); s != "" {
				return s
			}
		}
		return m.fixed[name]
	}
	a := review.Account{NativeID: native, Login: account, System: system, DisplayName: text("display_name"), WorkerID: text("worker_id"),
		IdentityKey: loginKey(who), KeySource: "column", Manager: text("manager"), Owner: text("owner"), Department: text("department"), MFA: review.Maybe}
	if m.idents.label == "" || r.text(m.idents) == "" {
		a.IdentityKey = who
	}
	if e := text("email"); e != "" {
		a.Emails = []string{lower(e)}
	} else if looksLikeEmail(who) {
		a.Emails = []string{lower(who)}
	}
	m.kind(&a, text("type"))
	if s := text("mfa"); s != "" {
		a.MFA = parseTri(s)
	}
	m.status(r, &a)
	if w, ok := m.dates["created"]; ok {
		a.Created = r.time(w)
	}
	if w, ok := m.dates["last_login"]; ok {
		a.LastLogin = r.time(w)
	}
	x.accountFacts(&a, facts)
}

// kind settles what an account is: by its column, its prefix, or, inferred, by its name.
func (m *genericMap) kind(a *review.Account, typ string) {
	if typ != "" {
		if a.Kind = kindWord(typ); a.Kind != review.UnknownKind {
			if a.Kind == review.External {
				a.External = review.Yes
			}
			return
		}
	}
	prefix, _, found := strings.Cut(a.NativeID[strings.LastIndexByte(a.NativeID, '/')+1:], ":")
	if found {
		switch prefix {
		case "user":
			a.Kind = review.Human
		case "serviceaccount", "service", "serviceAccount":
			a.Kind = review.Service
		case "group":
			a.Kind = review.Group
		}
		if a.Kind != "" {
			return
		}
	}
	switch {
	case serviceName(a.Login):
		a.Kind, a.KindInferred = review.Service, true
	case len(a.Emails) > 0 || looksLikeEmail(a.Login):
		a.Kind, a.KindInferred = review.Human, true
	default:
		a.Kind = review.UnknownKind
	}
}

// status joins all columns that speak of it: the worst wins.
func (m *genericMap) status(r *row, a *review.Account) {
	var raw []string
	for _, f := range m.flags {
		s := r.text(f.col)
		if s == "" {
			continue
		}
		st := review.UnknownStatus
		if f.word {
			st = statusWord(s)
			if _, isBool := parseBool(s); !isBool || len(m.flags) == 1 {
				raw = append(raw, s)
			}
		} else if v, ok := parseBool(s); ok && v {
			st = f.inverted
			raw = append(raw, f.label+"="+s)
		} else if ok {
			st = review.Active
		}
		a.Status = worse(a.Status, st)
	}
	if s := m.fixed["status"]; s != "" && len(m.flags) == 0 {
		a.Status = statusWord(s)
		raw = append(raw, s)
	}
	a.StatusRaw = strings.Join(raw, ", ")
}

// fillGrant reads what every grant of the record shares.
func (m *genericMap) fillGrant(r *row, g *review.Grant) {
	if m.res.label != "" {
		g.Resource.NativeID = r.text(m.res)
	}
	if g.Resource.NativeID == "" {
		g.Resource.NativeID = m.fixed["resource"]
	}
	g.Resource.Name = g.Resource.NativeID
	if w, ok := m.dates["granted"]; ok {
		g.Granted = r.time(w)
	}
	if w, ok := m.dates["last_used"]; ok {
		g.LastUsed = r.time(w)
	}
	if w, ok := m.dates["expires"]; ok {
		g.Expires = r.time(w)
	}
	if c, ok := m.at["entitlement_kind"]; ok {
		g.Entitlement.Kind = entitlementKind(r.text(c))
	} else if s := m.fixed["entitlement_kind"]; s != "" {
		g.Entitlement.Kind = entitlementKind(s)
	}
	if c, ok := m.at["privileged"]; ok && r.isTrue(c) || m.fixed["privileged"] != "" && parseTri(m.fixed["privileged"]) == review.Yes {
		g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "the source says it is privileged"
	}
}

// entitlementKind reads the words for what an entitlement is.
func entitlementKind(s string) string {
	switch n := norm(s); n {
	case "role", "group", "policy", "permission", "license", "credential", "membership", "profile":
		return n
	case "licence":
		return "license"
	case "apikey", "token", "key", "accesskey":
		return "credential"
	}
	return ""
}

func (m *genericMap) emit(entitlement string) {
	g := &m.grant
	g.Entitlement.NativeID, g.Entitlement.Name = entitlement, entitlement
	resource := g.Resource.NativeID
	m.x.grant(g)
	g.Resource.NativeID = resource
}

// grants makes one grant of the entitlement cell, or one of each of its parts.
func (m *genericMap) grants(r *row) {
	if r.cells == nil {
		if v := r.val(m.ent); v.kind() == '[' {
			m.listGrants(r, v)
			return
		}
	}
	b := r.bytes(m.ent)
	if m.split == "" {
		if noValue(b) {
			if s := m.fixed["entitlement"]; s != "" {
				m.emit(s)
			}
			return
		}
		if bytes.IndexByte(b, ';') >= 0 || bytes.IndexByte(b, '|') >= 0 {
			m.many++
			m.x.warnings.add("multi-valued-cells", m.x.here)
		}
		m.emit(r.text(m.ent))
		return
	}
	if bytes.Count(b, []byte(m.split)) >= maxValues {
		m.tooMany(r)
		return
	}
	for part := range bytes.SplitSeq(b, []byte(m.split)) {
		if part = trim(part); !noValue(part) {
			m.emit(m.ent.string(m.x, part))
		}
	}
}

// string keeps bytes of a column.
func (c col) string(x *run, b []byte) string {
	if c.cache != nil {
		return c.cache.string(b)
	}
	return x.keep(b)
}

func (m *genericMap) tooMany(r *row) {
	r.refuse("cell-too-large", m.ent, fmt.Sprintf("at most %d values in one cell were expected, more were found; export one record for each", maxValues))
}

func (m *genericMap) listGrants(r *row, v val) {
	if v.len() > maxValues {
		m.tooMany(r)
		return
	}
	r.items(v, func(e val) {
		if s := e.text(); s != "" {
			m.emit(s)
		} else if e.kind() == '{' {
			for _, key := range [...]string{"id", "name", "displayname", "value"} {
				if s := e.get(key).text(); s != "" {
					m.emit(s)
					return
				}
			}
		}
	})
}

// wideGrants makes a grant of every column that says yes, or says something else than no.
func (m *genericMap) wideGrants(r *row) {
	for _, i := range m.wide {
		c := col{i: i, label: m.x.plan.header[i]}
		b := r.bytes(c)
		if noValue(b) {
			continue
		}
		yes, isBool := parseBool(string(b))
		if isBool && !yes {
			continue
		}
		m.grant.Level = ""
		if !isBool {
			m.grant.Level = string(b)
		}
		m.emit(c.label)
	}
}

// sample shows how a record was mapped.
func (m *genericMap) sample(r *row) {
	fields := map[string]string{}
	for _, f := range m.x.plan.fields {
		c := col{i: f.i, label: f.label, names: []string{f.path}}
		if v := r.str(c); f.fixed == "" && v != "" {
			fields[f.name] = v
		}
	}
	m.x.sample(fields)
}

func (m *genericMap) done() {
	x := m.x
	if x.plan.guessed && !x.plan.exact && m.count > 0 {
		var parts []string
		for _, a := range x.plan.mapping {
			parts = append(parts, a.Name+"="+a.Value)
		}
		x.warnings.set("guessed-mapping", 1, "")
		x.warnings.say("guessed-mapping", "the columns were guessed as "+review.Safe(strings.Join(parts, ","))+": look at the samples, or state the mapping with --map")
	}
	if m.ent.label == "" && m.wide == nil && m.fixed["entitlement"] == "" {
		x.warnings.set("no-entitlement-column", 1, "")
	}
	if m.many*20 < m.count || m.many == 0 {
		delete(x.warnings.by, "multi-valued-cells")
	} else {
		x.warnings.say("multi-valued-cells", fmt.Sprintf("cells of the column %s seem to hold several values: if they do, split them with --split '%s=;'", review.Quote(m.ent.label), review.Safe(m.ent.label)))
	}
}
