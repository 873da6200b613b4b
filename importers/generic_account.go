package importers

import (
	"strings"

	"tickmark/review"
)

// native is the account's key within the source (importers.md 5.8, 7.5; rulings 2).
func (m *genericMap) native(account, system, instance string) string {
	e := &m.natives[(len(account)*131+int(account[0])*31+int(account[len(account)-1])*17+int(account[len(account)/2]))%len(m.natives)]
	if e.account == account && e.system == system && e.instance == instance {
		return e.native
	}
	native := loginKey(account)
	if instance != "" {
		native = systemPrefix(instance) + native
	}
	if system != "" {
		native = systemPrefix(system) + native
	}
	*e = nativeEntry{account, system, instance, native}
	return native
}

// systemPrefix writes a system in front of a native id (rulings 2).
func systemPrefix(system string) string {
	return strings.ReplaceAll(strings.ReplaceAll(system, "%", "%25"), "/", "%2F") + "/"
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
	a := review.Account{NativeID: native, Login: account, System: system, DisplayName: m.name.value(r), WorkerID: m.worker.value(r),
		IdentityKey: loginKey(who), KeySource: "column", Manager: m.manager.value(r), Owner: m.owner.value(r), Department: m.department.value(r), MFA: review.Maybe}
	if e := m.email.value(r); e != "" {
		a.Emails = []string{lower(e)}
	} else if looksLikeEmail(who) {
		a.Emails = []string{lower(who)}
	}
	m.kind(&a, m.typ.value(r))
	if s := m.mfa.value(r); s != "" {
		a.MFA = parseTri(s)
	}
	m.status(r, &a)
	if m.created.dates != nil {
		a.Created = r.time(m.created)
	}
	if m.lastLogin.dates != nil {
		a.LastLogin = r.time(m.lastLogin)
	}
	m.x.accountFacts(&a, facts)
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
	if s := m.fixedStatus; s != "" && len(m.flags) == 0 {
		a.Status = statusWord(s)
		raw = append(raw, s)
	}
	a.StatusRaw = strings.Join(raw, ", ")
}

type flagColumn struct {
	col
	word     bool          // a word or a yes for active
	inverted review.Status // what a yes means
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
