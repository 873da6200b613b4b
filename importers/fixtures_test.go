package importers

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"tickmark/review"
)

// fixture is a made-up export of one format and what it must give. The conformance suite reads each in many disguises.
type fixture struct {
	file   string
	args   []string
	format string
	want   string // rows rejected accounts identities grants complete
	warn   string // keywords that must be reported
	mapKey bool   // keys of some objects are data, not names
}

var fixtures = []fixture{
	{file: "generic-csv.csv", want: "4 0 3 3 4 unknown"},
	{file: "generic-json.json", want: "3 0 2 2 3 unknown", warn: "guessed-mapping"},
	{file: "generic-ndjson.ndjson", want: "3 0 3 3 3 unknown", warn: "guessed-mapping"},
	{file: "ad-users.csv", want: "3 0 3 3 3 unknown"},
	{file: "ad-group-members.csv", want: "3 0 3 3 3 unknown"},
	{file: "entra-users.csv", want: "3 0 3 3 0 unknown"},
	{file: "entra-role-assignments.csv", want: "3 0 3 3 3 unknown", warn: "unverified-format"},
	{file: "entra-app-role-assignments.json", want: "3 0 2 2 3 unknown"},
	{file: "entra-oauth2-grants.json", want: "3 0 2 2 4 unknown"},
	{file: "entra-service-principals.json", want: "2 0 2 2 0 unknown", warn: "secrets-dropped"},
	{file: "entra-access-review-history.csv", want: "2 0 0 0 0 unknown", warn: "unverified-format"},
	{file: "aws-credential-report.csv", want: "3 0 3 3 5 full"},
	{file: "aws-account-authorization.json", want: "4 0 4 4 6 full", warn: "single-object-as-list"},
	{file: "aws-iam-users.json", want: "2 0 2 2 0 full"},
	{file: "aws-access-keys.json", want: "3 0 2 2 2 full"},
	{file: "aws-policy-entities.json", args: []string{"--entitlement", "arn:aws:iam::aws:policy/ReadOnlyAccess"}, want: "4 0 4 4 4 full"},
	{file: "aws-identity-center.json", want: "3 0 2 2 3 full", warn: "unresolved-principal-names"},
	{file: "google-users.json", want: "2 0 2 2 2 full"},
	{file: "google-users.csv", want: "2 0 2 2 0 unknown", warn: "secrets-dropped"},
	{file: "google-group-members.csv", want: "3 0 3 3 3 unknown", warn: "public-principal"},
	{file: "google-tokens.csv", want: "2 0 2 2 3 unknown"},
	{file: "okta-users.json", want: "3 0 3 3 0 unknown"},
	{file: "okta-app-users.json", want: "2 0 2 2 2 unknown"},
	{file: "okta-admin-roles.json", want: "2 0 2 2 2 unknown", warn: "unresolved-principal-names"},
	{file: "okta-groups.json", want: "2 0 0 0 0 unknown", warn: "catalogue-only"},
	{file: "okta-assignments.csv", want: "3 0 2 2 2 unknown", warn: "unverified-format"},
	{file: "azure-role-assignments.json", want: "3 0 2 2 3 unknown", warn: "unresolved-principal-names"},
	{file: "azurehound.json", want: "5 0 2 2 2 full"},
	{file: "k8s-role-bindings.json", want: "3 0 4 3 4 full", warn: "binding-without-subjects"},
	{file: "github-collaborators.json", args: []string{"--resource", "lumen/shop"}, want: "3 0 3 3 3 unknown"},
	{file: "github-consumed-licenses.json", want: "2 0 2 2 5 full"},
	{file: "github-enterprise-people.csv", want: "2 0 2 2 3 unknown"},
	{file: "ghes-users.csv", want: "2 0 2 2 2 unknown"},
	{file: "gitlab-members.json", args: []string{"--resource", "lumen/shop"}, want: "2 0 2 2 2 unknown"},
	{file: "gitlab-members.csv", want: "2 0 2 2 2 unknown"},
	{file: "atlassian-users.csv", want: "2 0 2 2 3 unknown"},
	{file: "atlassian-users-groups.csv", format: "atlassian-users", want: "3 0 2 2 3 unknown"},
	{file: "slack-members.json", want: "4 0 4 4 3 full", warn: "secrets-dropped"},
	{file: "slack-members.csv", want: "3 0 3 3 2 unknown"},
	{file: "gcp-iam-policy.json", args: []string{"--resource", "lumen"}, want: "3 0 6 6 6 full", warn: "public-principal"},
	{file: "gcp-asset-policies.ndjson", want: "3 0 4 4 4 unknown"},
	{file: "salesforce-users.json", want: "2 0 2 2 2 full"},
	{file: "salesforce-permission-sets.csv", want: "3 0 2 2 3 unknown"},
	{file: "servicenow-roles.json", want: "2 0 1 1 2 unknown", warn: "unverified-format"},
	{file: "servicenow-roles.csv", want: "3 0 2 2 3 unknown", warn: "unverified-format"},
	{file: "snowflake-grants.json", want: "3 0 3 3 3 unknown"},
	{file: "snowflake-grants-privileges.csv", format: "snowflake-grants", want: "3 0 2 2 2 unknown"},
	{file: "oracle-role-privs.csv", want: "3 0 3 3 3 unknown"},
	{file: "postgres-roles.csv", want: "4 0 4 4 1 unknown"},
	{file: "mysql-privileges.tsv", want: "3 0 3 3 3 unknown"},
	{file: "sap-agr-users.csv", want: "3 0 2 2 2 unknown"},
	{file: "sap-usr02.csv", want: "3 0 3 3 0 unknown"},
	{file: "keycloak-realm.json", want: "3 0 5 5 8 full", warn: "secrets-dropped", mapKey: true},
	{file: "scim.json", want: "3 0 2 2 4 full"},
	{file: "baton-grants.json", want: "2 0 2 2 2 full"},
	{file: "bloodhound-users.json", want: "3 0 2 2 0 full"},
	{file: "bloodhound-groups.json", want: "3 0 2 2 3 full"},
	{file: "hr-roster.csv", want: "4 0 0 4 0 unknown"},
	{file: "hr-roster.json", want: "2 0 0 2 0 unknown"},
	{file: "sod-rules.csv", want: "2 0 0 0 0 unknown", warn: "one-sided-rule"},
	{file: "links.csv", args: []string{"--as", "links"}, want: "2 0 0 0 0 unknown"},
	{file: "owners.csv", args: []string{"--as", "owners"}, want: "3 0 0 0 0 unknown"},
	{file: "last-used.csv", args: []string{"--as", "last-used"}, want: "2 0 0 0 0 unknown"},
}

func (f fixture) id() string {
	if f.format != "" {
		return f.format
	}
	return strings.TrimSuffix(f.file, filepath.Ext(f.file))
}

func (f fixture) isCSV() bool { ext := filepath.Ext(f.file); return ext == ".csv" || ext == ".tsv" }

func (f fixture) bytes(t testing.TB) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", "formats", f.file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func counts(rep *review.ImportReport) string {
	return fmt.Sprintf("%d %d %d %d %d %s", rep.RowsRead, rep.RowsReject, rep.Accounts, rep.Identities, rep.Grants, rep.Complete)
}

// summary writes what a sink took so that two reads can be compared: everything but places and raw hashes.
func (m *memory) summary() string {
	var lines []string
	for _, a := range m.accounts {
		a.Locator, a.RawSHA256 = "", [32]byte{}
		lines = append(lines, fmt.Sprintf("account %+v", a))
	}
	for _, g := range m.grants {
		g.Locator, g.RawSHA256 = "", [32]byte{}
		lines = append(lines, fmt.Sprintf("grant %+v", g))
	}
	for _, w := range m.workers {
		w.Locator, w.RawSHA256 = "", [32]byte{}
		lines = append(lines, fmt.Sprintf("worker %+v", w))
	}
	for _, e := range m.entitlements {
		lines = append(lines, fmt.Sprintf("entitlement %+v", e))
	}
	for _, e := range m.evidence {
		e.Locator = ""
		lines = append(lines, fmt.Sprintf("evidence %+v", e))
	}
	for _, r := range m.rules {
		r.Locator = ""
		lines = append(lines, fmt.Sprintf("rule %+v", r))
	}
	for _, l := range m.links {
		l.Locator = ""
		lines = append(lines, fmt.Sprintf("link %+v", l))
	}
	for _, o := range m.owners {
		o.Locator = ""
		lines = append(lines, fmt.Sprintf("owner %+v", o))
	}
	for _, u := range m.usages {
		u.Locator = ""
		lines = append(lines, fmt.Sprintf("usage %+v", u))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// table is a CSV file as records, read with the standard library.
func (f fixture) table(t testing.TB) [][]string {
	b := f.bytes(t)
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	head, _, _ := bytes.Cut(b, []byte("\n"))
	for _, c := range []rune{'\t', ';'} {
		if bytes.ContainsRune(head, c) && !bytes.ContainsRune(head, ',') {
			r.Comma = c
		}
	}
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(records, func(rec []string) bool { return len(rec) == 1 && len(records[0]) > 1 })
}

// csvText writes records with a delimiter and a line end.
func csvText(records [][]string, delim, end string, quoteAll bool) []byte {
	var b bytes.Buffer
	for _, rec := range records {
		for i, c := range rec {
			if i > 0 {
				b.WriteString(delim)
			}
			if quoteAll || strings.ContainsAny(c, delim+"\"\r\n,;\t|") {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString(end)
	}
	return b.Bytes()
}

// tree is a JSON value that keeps the order of keys.
type tree struct {
	keys  []string
	list  []tree
	leaf  string // raw text of a scalar
	isObj bool
	isArr bool
}

func parseTrees(t testing.TB, b []byte) []tree {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out []tree
	for d.More() {
		out = append(out, parseTree(t, d))
	}
	return out
}

func parseTree(t testing.TB, d *json.Decoder) tree {
	tok, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch v := tok.(type) {
	case json.Delim:
		n := tree{isObj: v == '{', isArr: v == '['}
		for d.More() {
			if n.isObj {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				n.keys = append(n.keys, key.(string))
			}
			n.list = append(n.list, parseTree(t, d))
		}
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		return n
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return tree{leaf: string(raw)}
	}
}

func (n tree) write(b *bytes.Buffer, indent string) {
	in := indent
	if in != "" {
		in += "  "
	}
	open, shut := "[", "]"
	if n.isObj {
		open, shut = "{", "}"
	}
	if !n.isObj && !n.isArr {
		b.WriteString(n.leaf)
		return
	}
	b.WriteString(open)
	for i, c := range n.list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(in)
		if n.isObj {
			raw, _ := json.Marshal(n.keys[i])
			b.Write(raw)
			b.WriteByte(':')
			if in != "" {
				b.WriteString("  ")
			}
		}
		c.write(b, in)
	}
	b.WriteString(indent)
	b.WriteString(shut)
}

func (n tree) text(pretty bool) []byte {
	var b bytes.Buffer
	indent := ""
	if pretty {
		indent = "\n"
	}
	n.write(&b, indent)
	return b.Bytes()
}

// mapped gives a copy with f applied to every object, outermost first; depth counts objects and lists.
func (n tree) mapped(depth int, f func(n *tree, depth int)) tree {
	c := tree{keys: slices.Clone(n.keys), list: slices.Clone(n.list), leaf: n.leaf, isObj: n.isObj, isArr: n.isArr}
	if c.isObj {
		f(&c, depth)
	}
	for i := range c.list {
		c.list[i] = c.list[i].mapped(depth+1, f)
	}
	return c
}
