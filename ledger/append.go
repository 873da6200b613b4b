package ledger

import "strconv"

// The kinds of which an import or a launch writes a million have writers of their own, without reflection. They write what
// [Append] writes, which a test holds them to, and refuse what it refuses.

// lines writes fields one after another; bad is the first field without canonical form.
type lines struct {
	dst []byte
	bad string
}

func (w *lines) name(name string) {
	w.dst = append(w.dst, name...)
	w.dst = append(w.dst, ": "...)
}

func (w *lines) check(name string, ok bool) {
	w.dst = append(w.dst, '\n')
	if !ok && w.bad == "" {
		w.bad = name
	}
}

// word writes a string that is not escaped.
func (w *lines) word(name, s string, ok bool) {
	w.name(name)
	w.dst = append(w.dst, s...)
	w.check(name, ok)
}

func (w *lines) text(name, s string, must bool) {
	w.name(name)
	w.dst = AppendEscape(w.dst, s)
	w.check(name, !must || s != "")
}

func (w *lines) number(name string, n int64) {
	w.name(name)
	w.dst = strconv.AppendInt(w.dst, n, 10)
	w.check(name, validNumber(n))
}

func (w *lines) sha(name string, h *Hash) {
	w.name(name)
	w.dst = h.appendSHA(w.dst)
	w.check(name, true)
}

// done gives the text that was written from start on.
func (w *lines) done(kind Kind, start int) ([]byte, error) {
	switch {
	case w.bad != "":
		return w.dst, failf(CodeFormat, "%s: field %s has no canonical form", kind, w.bad)
	case len(w.dst)-start > MaxText:
		return w.dst, failf(CodeFormat, "%s: %d bytes are more than %d", kind, len(w.dst)-start, MaxText)
	}
	return w.dst, nil
}

func begin(dst []byte, header string) lines { return lines{dst: append(dst, header...)} }

func isKindOfGrant(s string) bool {
	return s == "grant" || s == "account" || s == "credential" || s == "owner"
}

func isPrivilege(s string) bool {
	return s == "admin" || s == "write" || s == "read" || s == "unknown"
}

// AppendRow is [Append] of a row.
func AppendRow(dst []byte, r *Row) ([]byte, error) {
	w := begin(dst, "tickmark/row v1\n")
	w.word("log", r.Log, ValidLog(r.Log))
	w.word("source", r.Source, ValidID(r.Source))
	w.number("row", r.Row)
	w.text("locator", r.Locator, true)
	w.word("kind", r.Kind, isKindOfGrant(r.Kind))
	w.text("account", r.Account, true)
	w.text("entitlement", r.Entitlement, false)
	w.text("resource", r.Resource, false)
	w.text("path", r.Path, false)
	w.sha("grant", &r.Grant)
	w.text("identity", r.Identity, false)
	w.word("privilege", r.Privilege, isPrivilege(r.Privilege))
	w.sha("raw-sha256", &r.RawSHA256)
	w.word("salt", r.Salt, ValidSalt(r.Salt))
	return w.done(KindRow, len(dst))
}

// AppendMember is [Append] of a member.
func AppendMember(dst []byte, m *Member) ([]byte, error) {
	w := begin(dst, "tickmark/member v1\n")
	w.word("log", m.Log, ValidLog(m.Log))
	w.word("campaign", m.Campaign, ValidID(m.Campaign))
	w.sha("item", &m.Item)
	w.sha("grant", &m.Grant)
	w.number("import", m.Import)
	w.number("row", m.Row)
	w.word("salt", m.Salt, ValidSalt(m.Salt))
	return w.done(KindMember, len(dst))
}

// AppendAssignment is [Append] of an assignment.
func AppendAssignment(dst []byte, a *Assignment) ([]byte, error) {
	w := begin(dst, "tickmark/assignment v1\n")
	w.word("log", a.Log, ValidLog(a.Log))
	w.word("campaign", a.Campaign, ValidID(a.Campaign))
	w.sha("item", &a.Item)
	w.word("reviewer", a.Reviewer, ValidPrincipal(a.Reviewer))
	switch a.Basis {
	case "manager", "owner", "named", "rule", "fallback":
		w.word("basis", a.Basis, true)
	default:
		w.word("basis", a.Basis, false)
	}
	w.word("salt", a.Salt, ValidSalt(a.Salt))
	return w.done(KindAssignment, len(dst))
}
