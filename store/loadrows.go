package store

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"strconv"
	"strings"

	"modernc.org/sqlite/vtab"

	"tickmark/ledger"
	"tickmark/review"
)

// The rows of one import on their way into the database. Each has its columns and how to give them, in one order.

type grantRow struct {
	id       int64
	account  uint32
	native   string // native id of the account
	status   uint8  // its status, for the shape
	identity string
	g        review.Grant
	// Numbers in the dictionaries.
	entitlement, resource, path, identityTerm, manner uint32
	proof                                             [48]byte

	granted, expires, lastUsed, timesRaw any // set by prepare
}

// prepare computes what the database stores; it runs beside the reader.
func (r *grantRow) prepare() {
	var a, b, c string
	r.granted, a = codeTime(r.g.Granted)
	r.expires, b = codeTime(r.g.Expires)
	r.lastUsed, c = codeTime(r.g.LastUsed)
	r.timesRaw = joinRaw(a, b, c)
	copy(r.proof[:], r.g.RawSHA256[:])
}

func grantColumns() []string {
	return []string{"id", "account", "entitlement", "resource", "path", "identity", "manner", "granted", "expires", "last_used", "times_raw", "locator", "proof"}
}

func grantValue(r *grantRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return int64(r.account)
	case 2:
		return number(r.entitlement)
	case 3:
		return number(r.resource)
	case 4:
		return number(r.path)
	case 5:
		return number(r.identityTerm)
	case 6:
		return int64(r.manner)
	case 7:
		return r.granted
	case 8:
		return r.expires
	case 9:
		return r.lastUsed
	case 10:
		return r.timesRaw
	case 11:
		return locatorValue(r.g.Locator)
	case 12:
		return r.proof[:]
	}
	return nil
}

type mannerRow struct {
	id   int64
	kind string
	text [6]string // how, state, level, granted by, condition, irrevocable
}

func mannerColumns() []string {
	return []string{"id", "kind", "how", "state", "level", "granted_by", "condition", "irrevocable"}
}

func mannerValue(r *mannerRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return grantKinds().code(r.kind)
	}
	return text(r.text[column-2])
}

func number(n uint32) vtab.Value {
	if n == 0 {
		return nil
	}
	return int64(n)
}

const linePrefix = "line "

// locatorValue stores "line N" as the number N.
func locatorValue(s string) vtab.Value {
	if rest, ok := strings.CutPrefix(s, linePrefix); ok && len(rest) > 0 && len(rest) < 19 && rest[0] >= '1' && rest[0] <= '9' {
		if n, err := strconv.ParseInt(rest, 10, 64); err == nil {
			return n
		}
	}
	if s == "" {
		return nil
	}
	return s
}

// locatorText reads what locatorValue stored.
func locatorText(v any) string {
	switch v := v.(type) {
	case int64:
		return linePrefix + strconv.FormatInt(v, 10)
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// shape digests what makes a grant with the same key a changed one (importers.md 15): status of the account, privilege,
// expiry, state, level and whether it can be revoked in the upper half, last use in the lower.
func (r *grantRow) shape(buf *[]byte) int64 {
	b := append((*buf)[:0], r.status)
	for _, s := range [...]string{string(r.g.Entitlement.Privilege), r.g.State, r.g.Level, r.g.Irrevocable} {
		b = append(append(b, s...), 0)
	}
	b = appendInstant(b, r.expires)
	core := crc32.Checksum(b, castagnoli())
	*buf = appendInstant(b[:0], r.lastUsed)
	return int64(uint64(core)<<32 | uint64(crc32.Checksum(*buf, castagnoli())))
}

// appendInstant writes a coded time without its spelling.
func appendInstant(b []byte, code any) []byte {
	n, ok := code.(int64)
	if !ok {
		return append(b, 0)
	}
	if n > knownFloor {
		n &^= 0x1e
	}
	return binary.BigEndian.AppendUint64(b, uint64(n))
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// keyRow is a row of grant_keys.
type keyRow struct {
	key   [16]byte
	row   uint32
	shape int64
}

func keyColumns() []string { return []string{"import", "key", "row", "shape"} }

func keyValue(id review.ImportID) func(r *keyRow, column int) vtab.Value {
	return func(r *keyRow, column int) vtab.Value {
		switch column {
		case 0:
			return int64(id)
		case 1:
			return r.key[:]
		case 2:
			return int64(r.row)
		}
		return r.shape
	}
}

func (r *keyRow) less(o *keyRow) int {
	a, b := binary.BigEndian.Uint64(r.key[:]), binary.BigEndian.Uint64(o.key[:])
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return strings.Compare(string(r.key[8:]), string(o.key[8:]))
}

type accountRow struct {
	id       int64
	a        review.Account
	identity string

	emails, lastLogin, more any // set by prepare
}

// prepare computes what the database stores; it runs beside the reader.
func (r *accountRow) prepare() {
	var raw string
	r.lastLogin, raw = codeTime(r.a.LastLogin)
	r.emails, r.more = text(strings.Join(r.a.Emails, "\n")), moreOf(&r.a, raw)
}

func accountColumns() []string {
	return []string{"id", "native_id", "identity", "login", "display_name", "emails", "identity_key", "kind", "status", "last_login", "system",
		"manager", "department", "title", "more"}
}

func accountValue(r *accountRow, column int) vtab.Value {
	a := &r.a
	switch column {
	case 0:
		return r.id
	case 1:
		return a.NativeID
	case 2:
		return text(r.identity)
	case 3:
		return text(a.Login)
	case 4:
		return text(a.DisplayName)
	case 5:
		return r.emails
	case 6:
		return text(a.IdentityKey)
	case 7:
		return text(string(a.Kind))
	case 8:
		return text(string(a.Status))
	case 9:
		return r.lastLogin
	case 10:
		return text(a.System)
	case 11:
		return text(a.Manager)
	case 12:
		return text(a.Department)
	case 13:
		return text(a.Title)
	case 14:
		return r.more
	}
	return nil
}

// accountMore is what few sources tell of an account.
type accountMore struct {
	WorkerID     string              `json:",omitempty"`
	KeySource    string              `json:",omitempty"`
	KindInferred bool                `json:",omitempty"`
	Marks        []review.Mark       `json:",omitempty"`
	StatusRaw    string              `json:",omitempty"`
	Created      review.Time         `json:",omitzero"`
	LoginRaw     string              `json:",omitempty"` // spelling of LastLogin that its code does not give back
	MFA          review.Tri          `json:",omitempty"`
	External     review.Tri          `json:",omitempty"`
	Owner        string              `json:",omitempty"`
	Attributes   map[string]string   `json:",omitempty"`
	Credentials  []review.Credential `json:",omitempty"`
	Unresolved   bool                `json:",omitempty"`
	Irrevocable  string              `json:",omitempty"`
	Locator      string              `json:",omitempty"`
	RawSHA256    []byte              `json:",omitempty"`
	Emails       []string            `json:",omitempty"` // where one of them holds a line break
}

// moreOf gives accountMore as JSON, NULL where there is nothing to tell. raw is the spelling of the last login.
func moreOf(a *review.Account, raw string) vtab.Value {
	m := accountMore{WorkerID: a.WorkerID, KeySource: a.KeySource, KindInferred: a.KindInferred, Marks: a.Marks, StatusRaw: a.StatusRaw, Created: a.Created,
		LoginRaw: raw, MFA: a.MFA, External: a.External, Owner: a.Owner, Attributes: a.Attributes, Credentials: a.Credentials, Unresolved: a.Unresolved,
		Irrevocable: a.Irrevocable, Locator: a.Locator}
	if a.RawSHA256 != [32]byte{} {
		m.RawSHA256 = a.RawSHA256[:]
	}
	for _, e := range a.Emails {
		if e == "" || strings.Contains(e, "\n") {
			m.Emails = a.Emails
		}
	}
	if v := jsonText(m); v != "{}" {
		return v
	}
	return nil
}

func text(s string) vtab.Value {
	if s == "" {
		return nil
	}
	return s
}

func jsonText(v any) vtab.Value {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // strings, times and numbers always marshal
	}
	return string(b)
}

type entitlementRow struct {
	id     int64
	e      review.Entitlement
	system string
	held   bool
}

func entitlementColumns() []string {
	return []string{"id", "native_id", "name", "kind", "description", "privilege", "privilege_reason", "system", "held"}
}

func entitlementValue(r *entitlementRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return text(r.e.NativeID)
	case 2:
		return text(r.e.Name)
	case 3:
		return text(r.e.Kind)
	case 4:
		return text(r.e.Description)
	case 5:
		return text(string(r.e.Privilege))
	case 6:
		return text(r.e.PrivilegeReason)
	case 7:
		return text(r.system)
	}
	if r.held {
		return int64(1)
	}
	return int64(0)
}

type resourceRow struct {
	id int64
	r  review.Resource
}

func resourceColumns() []string { return []string{"id", "native_id", "name", "kind"} }

func resourceValue(r *resourceRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return text(r.r.NativeID)
	case 2:
		return text(r.r.Name)
	}
	return text(r.r.Kind)
}

type termRow struct {
	id   int64
	text string
}

func termColumns() []string { return []string{"id", "text"} }

func termValue(r *termRow, column int) vtab.Value {
	if column == 0 {
		return r.id
	}
	return r.text
}

type extraRow struct {
	id   int64
	kind int
	data string
}

func extraColumns() []string { return []string{"id", "kind", "data"} }

func extraValue(r *extraRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return int64(r.kind)
	}
	return r.data
}

// rowText is the ledger's text of a row (ledger.md 3.3).
func rowText(log string, source review.SourceID, r *grantRow, key ledger.Hash, salt string) ledger.Row {
	privilege := r.g.Entitlement.Privilege
	if privileges().code(privilege) == 0 {
		privilege = review.UnknownPrivilege
	}
	return ledger.Row{
		Log: log, Source: string(source), Row: r.id & 0xffffffff, Locator: r.g.Locator, Kind: r.g.Kind,
		Account: ledger.LongID(r.native), Entitlement: ledger.LongID(r.g.Entitlement.NativeID), Resource: ledger.LongID(r.g.Resource.NativeID),
		Path: ledger.LongID(r.g.Path), Grant: key, Identity: ledger.LongID(r.identity), Privilege: string(privilege),
		RawSHA256: ledger.Hash(r.g.RawSHA256), Salt: salt,
	}
}
