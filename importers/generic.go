package importers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
)

var genericInfo = FormatInfo{
	Mark: "S",
	Steps: []string{
		"Export one record for each account and entitlement, with a header line (CSV) or named keys (JSON).",
		"Include at least who holds the access and what is held; if you can, add the resource, the status, how privileged it is, the day it was granted and who granted it, and the day it was last used.",
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
	x *run

	identity, account, system, instance, entitlement, resource binding
	name, email, worker, manager, owner, department            binding
	mfa, typ, entitlementKind, privileged, grantedBy           binding
	created, lastLogin, granted, lastUsed, expires             when
	flags                                                      []flagColumn // columns that together make the status
	fixedStatus                                                string

	facts []col // columns that say something of the account
	split string
	wide  []int // columns that are entitlements

	natives [1024]nativeEntry
	packed  []byte
	grant   review.Grant
	many    int64 // records whose entitlement cell seems to hold several values
	count   int64
}

// binding is where a field comes from: a column, a constant, or both.
type binding struct {
	col
	on    bool // there is a column
	fixed string
}

// value is a field of a record.
func (b *binding) value(r *row) string {
	if b.on {
		if s := r.text(b.col); s != "" {
			return s
		}
	}
	return b.fixed
}

type nativeEntry struct{ account, system, instance, native string }

func startGeneric(x *run) mapper {
	p := x.plan
	m := &genericMap{x: x}
	m.identity.fixed, m.resource.fixed, m.entitlement.fixed = x.o.Identity, x.o.Resource, x.o.Entitlement
	texts := map[string]*binding{"identity": &m.identity, "account": &m.account, "system": &m.system, "entitlement": &m.entitlement, "resource": &m.resource,
		"display_name": &m.name, "email": &m.email, "worker_id": &m.worker, "manager": &m.manager, "owner": &m.owner, "department": &m.department,
		"mfa": &m.mfa, "type": &m.typ, "entitlement_kind": &m.entitlementKind, "privileged": &m.privileged, "granted_by": &m.grantedBy, "instance": &m.instance}
	times := map[string]struct {
		w    *when
		role timeRole
	}{"created": {&m.created, pastTime}, "granted": {&m.granted, pastTime}, "last_login": {&m.lastLogin, usedTime}, "last_used": {&m.lastUsed, usedTime}, "expires": {&m.expires, endTime}}
	for _, f := range p.fields {
		c := col{i: f.i, label: f.label, names: []string{f.path}, csv: p.csv}
		if p.csv {
			c.cache = x.newIntern()
		}
		t, isTime := times[f.name]
		switch {
		case f.name == "status" && f.fixed != "":
			m.fixedStatus = f.fixed
		case f.name == "status":
			m.addFlag(c)
		case isTime && f.fixed == "":
			*t.w = when{c, x.cal.column(f.label, t.role)}
			if t.role == endTime {
				t.w.dates.empty = review.NotApplicable
			}
		case isTime:
		case f.fixed != "":
			texts[f.name].fixed = f.fixed
		default:
			*texts[f.name] = binding{c, true, texts[f.name].fixed}
		}
	}
	if m.system.fixed != "" {
		x.system = m.system.fixed
	}
	x.defaults(fileSystem(p.in.Name))
	x.sawInstance(m.instance.fixed)
	for _, b := range [...]*binding{&m.name, &m.email, &m.worker, &m.manager, &m.owner, &m.department, &m.mfa, &m.typ} {
		if b.on {
			m.facts = append(m.facts, b.col)
		}
	}
	for _, f := range m.flags {
		m.facts = append(m.facts, f.col)
	}
	for _, w := range [...]when{m.created, m.lastLogin} {
		if w.dates != nil {
			m.facts = append(m.facts, w.col)
		}
	}
	for _, s := range p.splits {
		if norm(m.entitlement.label) == s.Name || m.entitlement.label == s.Name {
			m.split = s.Value
		}
	}
	if p.wide {
		m.bindWide()
	}
	return mapper{each: m.each, done: m.done}
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

func (m *genericMap) each(r *row) {
	x := m.x
	m.count++
	who := m.identity.fixed
	if m.identity.on {
		if s := r.id(m.identity.col); s != "" {
			who = s
		}
	}
	if who == "" {
		r.reject("missing-identity", m.identity.col, "an identity", "fill the column, or map another one with --map identity=COLUMN")
		return
	}
	account := m.account.value(r)
	if account == "" {
		account = who
	}
	system, instance := "", ""
	if m.system.on {
		system = r.text(m.system.col)
	}
	if m.instance.on {
		instance = r.text(m.instance.col)
		x.sawInstance(instance)
	}
	native := m.native(account, system, instance)
	facts := m.accountFacts(r, system)
	met, err := x.accounts.knows(native, facts)
	x.fail(err)
	if !met {
		m.sendAccount(r, who, account, native, system, facts)
	}
	if (x.plan.guessed || x.o.DryRun) && len(x.samples) < 3 {
		m.sample(r)
	}
	g := &m.grant
	*g = review.Grant{Account: native}
	m.fillGrant(r, g)
	switch {
	case x.plan.wide:
		m.wideGrants(r)
	case m.entitlement.on:
		m.grants(r)
	case m.entitlement.fixed != "":
		m.emit(m.entitlement.fixed)
	}
}

// fillGrant reads what every grant of the record shares.
func (m *genericMap) fillGrant(r *row, g *review.Grant) {
	g.Resource.NativeID = m.resource.value(r)
	g.Resource.Name = g.Resource.NativeID
	if m.granted.dates != nil {
		g.Granted = r.time(m.granted)
	}
	if m.lastUsed.dates != nil {
		g.LastUsed = r.time(m.lastUsed)
	}
	if m.expires.dates != nil {
		g.Expires = r.time(m.expires)
	}
	if s := m.entitlementKind.value(r); s != "" {
		g.Entitlement.Kind = entitlementKind(s)
	}
	g.GrantedBy = m.grantedBy.value(r)
	if p := privilegeWord(m.privileged.value(r)); p != "" {
		g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = p, "the source says it is privileged"
		if p != review.Admin {
			g.Entitlement.PrivilegeReason = "the source says so"
		}
	}
}

// privilegeWord reads yes, or the word for how much an entitlement allows. Other words say nothing.
func privilegeWord(s string) review.Privilege {
	switch norm(s) {
	case "":
		return ""
	case "admin", "administrator", "administrative", "privileged", "high":
		return review.Admin
	case "write", "readwrite", "edit", "editor", "modify":
		return review.Write
	case "read", "readonly", "view", "viewer":
		return review.Read
	}
	if parseTri(s) == review.Yes {
		return review.Admin
	}
	return ""
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
		if v := r.val(m.entitlement.col); v.kind() == '[' {
			m.listGrants(r, v)
			return
		}
	}
	b := r.bytes(m.entitlement.col)
	if m.split == "" {
		if noValue(b) {
			if m.entitlement.fixed != "" {
				m.emit(m.entitlement.fixed)
			}
			return
		}
		if bytes.IndexByte(b, ';') >= 0 || bytes.IndexByte(b, '|') >= 0 {
			m.many++
			m.x.warnings.add("multi-valued-cells", m.x.here)
		}
		m.emit(r.text(m.entitlement.col))
		return
	}
	if bytes.Count(b, []byte(m.split)) >= maxValues {
		m.tooMany(r)
		return
	}
	for part := range bytes.SplitSeq(b, []byte(m.split)) {
		if part = trim(part); !noValue(part) {
			m.emit(m.entitlement.string(m.x, part))
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
	r.refuse("cell-too-large", m.entitlement.col, fmt.Sprintf("at most %d values in one cell were expected, more were found; export one record for each", maxValues))
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
		m.wideGrant(m.x.plan.header[i], r.bytes(col{i: i}))
	}
	for c := r.v.first(); c.ok(); c = c.sibling() {
		if k := c.d.keyInfo(c.node().key); !k.secret && !k.personal && !m.x.plan.mapsPath(k.norm) {
			m.wideGrant(k.raw, c.bytes())
		}
	}
}

func (m *genericMap) wideGrant(entitlement string, b []byte) {
	yes, isBool := parseBool(string(b))
	if noValue(b) || isBool && !yes {
		return
	}
	m.grant.Level = ""
	if !isBool {
		m.grant.Level = string(b)
	}
	m.emit(entitlement)
}

// mapsPath reports a JSON key that a field is taken from.
func (p *plan) mapsPath(norm string) bool {
	return slices.ContainsFunc(p.fields, func(f field) bool { return f.fixed == "" && f.path == norm })
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
	if !m.entitlement.on && !x.plan.wide && m.entitlement.fixed == "" {
		x.warnings.set("no-entitlement-column", 1, "")
	}
	if m.many*20 < m.count || m.many == 0 {
		delete(x.warnings.by, "multi-valued-cells")
	} else {
		x.warnings.say("multi-valued-cells", fmt.Sprintf("cells of the column %s seem to hold several values: if they do, split them with --split '%s=;'", review.Quote(m.entitlement.label), review.Safe(m.entitlement.label)))
	}
}
