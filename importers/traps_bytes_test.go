package importers

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"tickmark/review"
)

// The tests in traps_*_test.go are the traps of importers.md 14, one test each.

const people = "identity,entitlement,display_name\nanna@lumen.example,ledger,Anna Käfer\nbo@lumen.example,ledger,Bo Ström\n"

func utf16Text(s string, big, bom bool) string {
	var b strings.Builder
	units := utf16.Encode([]rune(s))
	if bom {
		units = append([]uint16{0xFEFF}, units...)
	}
	for _, u := range units {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestTrap01UTF16(t *testing.T) {
	want, m := read(t, "a.csv", people)
	for _, c := range []struct{ big, bom bool }{{false, true}, {true, true}, {false, false}} {
		rep, got := read(t, "a.csv", utf16Text(people, c.big, c.bom))
		if counts(rep) != counts(want) || got.summary() != m.summary() {
			t.Errorf("big %v, BOM %v: %s, want %s", c.big, c.bom, counts(rep), counts(want))
		}
		if !strings.HasPrefix(rep.Encoding, "utf-16") {
			t.Errorf("reported as %s", rep.Encoding)
		}
	}
}

func TestTrap02BOMIsNoHeader(t *testing.T) {
	rep, m := read(t, "a.csv", "\xEF\xBB\xBFidentity,entitlement\nanna,ledger\n")
	if rep.Encoding != "utf-8-bom" || rep.Mapping[0] != (review.Assign{Name: "identity", Value: "identity"}) || m.grants[0].Account != "anna" {
		t.Errorf("%s %v %v", rep.Encoding, rep.Mapping, m.grants)
	}
	read(t, "a.csv", "\xEF\xBB\xBF\"identity\",entitlement\nanna,ledger\n")
}

func TestTrap03Windows1252WithSemicolonsAndLineBreaksInTheHeader(t *testing.T) {
	rep, m := read(t, "a.csv", "\"user\nlogin\";\"role\";\"display\r\nname\"\r\nanna;ledger;\"K\xe4fer, Anna\"\r\nbo;ledger;Str\xf6m \x80\r\n", "--map", "identity=user login,entitlement=role,display_name=display name")
	mustWarn(t, rep, "encoding-guessed")
	if rep.Encoding != "windows-1252" || rep.Delimiter != "semicolon" || m.accounts["anna"].DisplayName != "Käfer, Anna" || m.accounts["bo"].DisplayName != "Ström €" {
		t.Errorf("%s %s %v", rep.Encoding, rep.Delimiter, m.accounts)
	}
	if want := []string{"user login", "role", "display name"}; fmt.Sprint(rep.Mapping[0].Value, rep.Mapping[1].Value, rep.Mapping[2].Value) != fmt.Sprint(want[0], want[1], want[2]) {
		t.Errorf("columns %v, want %v", rep.Mapping, want)
	}
	// A byte the set does not define is U+FFFD, not a control character.
	_, m = read(t, "a.csv", "identity,entitlement,display_name\nanna,ledger,\x81\xe4\n")
	if m.accounts["anna"].DisplayName != "\uFFFDä" {
		t.Errorf("%q", m.accounts["anna"].DisplayName)
	}
	// Mostly UTF-8 with some broken bytes stays UTF-8, and says so.
	rep, m = read(t, "a.csv", "identity,entitlement,display_name\nanna,ledger,äöüß€\nbo,ledger,B\xff\n")
	mustWarn(t, rep, "invalid-utf8")
	if w := warned(rep, "invalid-utf8"); w == nil || w.First != "line 3" || m.accounts["bo"].DisplayName != "B\uFFFD" {
		t.Errorf("%+v %q", w, m.accounts["bo"].DisplayName)
	}
}

func TestTrap04LostAccents(t *testing.T) {
	rep, m := read(t, "a.csv", "identity,entitlement,display_name\nanna,ledger,Anna K?fer\nbo,ledger,Bo Str?m\ncy,ledger,why?\n")
	mustWarn(t, rep, "lost-accents")
	if m.accounts["anna"].DisplayName != "Anna K?fer" {
		t.Errorf("%q", m.accounts["anna"].DisplayName)
	}
	if rep, _ = read(t, "a.csv", "identity,entitlement,display_name\nanna,ledger,why?\n"); warned(rep, "lost-accents") != nil {
		t.Error("a question mark at the end is no lost accent")
	}
}

func TestTrap05LineEnds(t *testing.T) {
	want, m := read(t, "a.csv", people)
	for name, text := range map[string]string{
		"CRLF": strings.ReplaceAll(people, "\n", "\r\n"), "CR": strings.ReplaceAll(people, "\n", "\r"),
		"mixed": strings.Replace(strings.Replace(people, "\n", "\r", 1), "example,ledger,Bo Ström\n", "example,ledger,Bo Ström\r\n\r", 1), "none at the end": strings.TrimSuffix(people, "\n"),
	} {
		rep, got := read(t, "a.csv", text)
		if counts(rep) != counts(want) || got.summary() != m.summary() {
			t.Errorf("%s: %s, want %s", name, counts(rep), counts(want))
		}
	}
}

func TestTrap06Delimiters(t *testing.T) {
	for delim, name := range map[string]string{",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"} {
		text := strings.ReplaceAll(people, ",", delim)
		for _, t1 := range []string{text, "sep=" + delim + "\r\n" + text, "\"sep=" + delim + "\"\n" + text} {
			rep, _ := read(t, "a.csv", t1)
			if counts(rep) != "2 0 2 2 2 unknown" || rep.Delimiter != name {
				t.Errorf("%q: %s %s", delim, rep.Delimiter, counts(rep))
			}
		}
	}
	// What the first line says holds, also where another delimiter would be likelier.
	rep, _ := read(t, "a.csv", "sep=;\nwho|where;what|how|why\nanna|x;ledger|y|z\n", "--map", "identity=who|where", "--map", "entitlement=what|how|why")
	if counts(rep) != "1 0 1 1 1 unknown" || rep.Delimiter != "semicolon" {
		t.Errorf("sep=;: %s %s", rep.Delimiter, counts(rep))
	}
	rep, _ = read(t, "a.txt", "identity:entitlement\nanna:ledger\n", "--delimiter", ":")
	if counts(rep) != "1 0 1 1 1 unknown" {
		t.Errorf("--delimiter: %s", counts(rep))
	}
}

func TestTrap07WhatIsNoExport(t *testing.T) {
	var inner, outer, plain bytes.Buffer
	z := gzip.NewWriter(&inner)
	z.Write([]byte(people))
	z.Close()
	z = gzip.NewWriter(&outer)
	z.Write(inner.Bytes())
	z.Close()
	z = gzip.NewWriter(&plain)
	z.Write([]byte(people))
	z.Close()
	for text, reason := range map[string]string{
		"":      "empty",
		" \r\n": "empty", "\xEF\xBB\xBF\n\x00": "empty", "\xFF\xFE": "empty",
		"PK\x03\x04" + strings.Repeat("x", 200_000) + "xl/workbook.xml": "xlsx", "PK\x03\x04 a.csv": "zip",
		"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1":                           "xls",
		"SQLite format 3\x00":                                        "sqlite",
		"C1ZF\x00\x01":                                               "baton-container",
		"%PDF-1.7":                                                   "not-text",
		"<!DOCTYPE html><title>Sign in</title>":                      "html",
		"<?xml version=\"1.0\"?><html><body>x</body></html>":         "html",
		"<?xml version=\"1.0\"?><users/>":                            "xml",
		"dn: cn=anna,dc=lumen\n":                                     "ldif",
		"---\nkind: RoleBinding\n":                                   "yaml",
		"apiVersion: v1\nkind: List\n":                               "yaml",
		`{"error": "invalid_token", "error_description": "expired"}`: "error-document",
		`{"code": 403, "message": "forbidden", "status": "PERMISSION_DENIED"}`: "error-document",
		outer.String():                  "nested-archive",
		plain.String()[:plain.Len()-12]: "not-text",
	} {
		rep := refused(t, "users.csv", text, reason)
		if text != "" && rep.SHA256 == "" {
			t.Errorf("%s: the report of a refused file lacks its hash", reason)
		}
	}
	rep, _ := read(t, "users.csv.gz", plain.String())
	if counts(rep) != "2 0 2 2 2 unknown" || rep.Bytes != int64(plain.Len()) {
		t.Errorf("gzip: %s, %d bytes", counts(rep), rep.Bytes)
	}
}

func TestTrap08LinesThatAreNoRecords(t *testing.T) {
	rep, _ := read(t, "a.csv", "#TYPE Selected.ADUser\nAccess of all staff\nmade on Monday,,\n\nidentity,entitlement\nanna,ledger\nidentity,entitlement\nbo,ledger\n\n2 rows selected.\n")
	if counts(rep) != "2 0 2 2 2 unknown" {
		t.Errorf("%s %v", counts(rep), keywordsOf(rep))
	}
	mustWarn(t, rep, "leading-lines", "repeated-header")
	if !strings.Contains(strings.Join(rep.Evidence, " "), "Selected.ADUser") {
		t.Errorf("the #TYPE line is evidence: %v", rep.Evidence)
	}
	for _, footer := range []string{"(2 rows)", "2 row(s) affected", "no rows selected"} {
		if rep, _ := read(t, "a.csv", "identity,entitlement\nanna,ledger\n"+footer+"\n"); rep.RowsRead != 1 {
			t.Errorf("%s counts as a record", footer)
		}
	}
}
