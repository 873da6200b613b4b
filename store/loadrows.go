package store

import (
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"

	"modernc.org/sqlite/vtab"

	"tickmark/ledger"
	"tickmark/review"
)

// The rows of one import on their way into the database. Each has its columns and how to give them, in one order.

type grantNumbers struct {
	entitlement, resource, path, identity, how, state, level, grantedBy, condition, irrevocable uint32
}

type grantRow struct {
	id       int64
	account  uint32
	accounts string // native id of the account
	status   uint8  // its status, for the shape
	identity string
	g        review.Grant
	n        grantNumbers
	salt     [16]byte

	granted, expires, lastUsed, timesRaw any // set by prepare
}

// prepare computes what the database stores; it runs beside the reader.
func (r *grantRow) prepare() {
	var a, b, c string
	r.granted, a = codeTime(r.g.Granted)
	r.expires, b = codeTime(r.g.Expires)
	r.lastUsed, c = codeTime(r.g.LastUsed)
	r.timesRaw = joinRaw(a, b, c)
}

func grantColumns() []string {
	return []string{"id", "kind", "account", "entitlement", "resource", "path", "identity", "how", "state", "level", "granted",
		"granted_by", "expires", "last_used", "condition", "irrevocable", "times_raw", "locator", "raw_sha256", "salt"}
}

func grantValue(r *grantRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return grantKinds().code(r.g.Kind)
	case 2:
		return int64(r.account)
	case 3:
		return number(r.n.entitlement)
	case 4:
		return number(r.n.resource)
	case 5:
		return number(r.n.path)
	case 6:
		return number(r.n.identity)
	case 7:
		return number(r.n.how)
	case 8:
		return number(r.n.state)
	case 9:
		return number(r.n.level)
	case 10:
		return r.granted
	case 11:
		return number(r.n.grantedBy)
	case 12:
		return r.expires
	case 13:
		return r.lastUsed
	case 14:
		return number(r.n.condition)
	case 15:
		return number(r.n.irrevocable)
	case 16:
		return r.timesRaw
	case 17:
		return locatorValue(r.g.Locator)
	case 18:
		return r.g.RawSHA256[:]
	case 19:
		return r.salt[:]
	}
	return nil
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
// expiry, state and level in the upper half, last use in the lower.
func (r *grantRow) shape() int64 {
	h := fnv.New32a()
	h.Write([]byte{r.status})
	for _, s := range [...]string{string(r.g.Entitlement.Privilege), r.g.State, r.g.Level, r.g.Expires.Stated(), r.g.Irrevocable} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	core := h.Sum32()
	h.Reset()
	h.Write([]byte(r.g.LastUsed.Stated()))
	return int64(uint64(core)<<32 | uint64(h.Sum32()))
}

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
}

func accountColumns() []string {
	return []string{"id", "native_id", "identity", "login", "display_name", "emails", "worker_id", "identity_key", "key_source", "kind",
		"kind_inferred", "marks", "status", "status_raw", "created", "last_login", "times_raw", "mfa", "external", "system", "manager",
		"owner", "department", "title", "attributes", "credentials", "unresolved", "irrevocable", "locator", "raw_sha256"}
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
		return jsonList(a.Emails)
	case 6:
		return text(a.WorkerID)
	case 7:
		return text(a.IdentityKey)
	case 8:
		return text(a.KeySource)
	case 9:
		return text(string(a.Kind))
	case 10:
		return flag(a.KindInferred)
	case 11:
		return jsonList(a.Marks)
	case 12:
		return text(string(a.Status))
	case 13:
		return text(a.StatusRaw)
	case 14:
		v, _ := codeTime(a.Created)
		return v
	case 15:
		v, _ := codeTime(a.LastLogin)
		return v
	case 16:
		_, created := codeTime(a.Created)
		_, login := codeTime(a.LastLogin)
		return joinRaw(created, login)
	case 17:
		return text(string(a.MFA))
	case 18:
		return text(string(a.External))
	case 19:
		return text(a.System)
	case 20:
		return text(a.Manager)
	case 21:
		return text(a.Owner)
	case 22:
		return text(a.Department)
	case 23:
		return text(a.Title)
	case 24:
		if len(a.Attributes) == 0 {
			return nil
		}
		return jsonText(a.Attributes)
	case 25:
		return jsonList(a.Credentials)
	case 26:
		return flag(a.Unresolved)
	case 27:
		return text(a.Irrevocable)
	case 28:
		return locatorValue(a.Locator)
	case 29:
		if a.RawSHA256 == [32]byte{} {
			return nil
		}
		return a.RawSHA256[:]
	}
	return nil
}

func text(s string) vtab.Value {
	if s == "" {
		return nil
	}
	return s
}

func flag(b bool) vtab.Value {
	if !b {
		return nil
	}
	return int64(1)
}

func jsonList[T any](list []T) vtab.Value {
	if len(list) == 0 {
		return nil
	}
	return jsonText(list)
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
		Account: ledger.LongID(r.accounts), Entitlement: ledger.LongID(r.g.Entitlement.NativeID), Resource: ledger.LongID(r.g.Resource.NativeID),
		Path: ledger.LongID(r.g.Path), Grant: key, Identity: ledger.LongID(r.identity), Privilege: string(privilege),
		RawSHA256: ledger.Hash(r.g.RawSHA256), Salt: salt,
	}
}
