package evidence

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	oscal "github.com/defenseunicorns/go-oscal/src/pkg/validation"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xuri/excelize/v2"

	"tickmark/ledger"
)

func TestCSVRoundTrip(t *testing.T) {
	rows := [][]string{{""}, {"a", "b"}, {"=1+1", "+x", "-x", "@x", "'x", "''"}, {`quote " and ""`, "comma, semicolon;"}, {"\uff1dx", "\uff0bx", "\uff0dx", "\uff20x", "\uff21x"}, {"ümläut", "日本", ""}}
	for _, row := range rows {
		line := string(appendCSV(nil, row))
		got, err := parseCSV(line, nil)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for i := range got {
			got[i] = unguard(got[i])
		}
		if !slices.Equal(got, row) {
			t.Errorf("%q became %q", row, got)
		}
	}
	for _, bad := range []string{"", "\n", "a\n", "\"a\"", "\"a\",\n", ",\"a\"\n", "\"a\"b\n", "\"a\n", "\"a\" ,\"b\"\n", "\"a\",\"b\n", "\"\"\"\n"} {
		if cells, err := parseCSV(bad, nil); err == nil {
			t.Errorf("%q is read as %q", bad, cells)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a", "=b", `"`)
	f.Add("", "'", "\uff20")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		row := []string{a, b, c}
		if strings.Contains(a+b+c, "\n") {
			t.Skip("display form holds no line end")
		}
		line := string(appendCSV(nil, row))
		got, err := parseCSV(line, nil)
		if err != nil || len(got) != 3 {
			t.Fatal(err)
		}
		for i := range got {
			if risky(got[i]) && !strings.HasPrefix(got[i], "'") {
				t.Errorf("%q may be computed", got[i])
			}
			if unguard(got[i]) != row[i] {
				t.Errorf("%q became %q", row[i], got[i])
			}
		}
	})
}

// FuzzParseCSV: what is read is written back to the same bytes.
func FuzzParseCSV(f *testing.F) {
	f.Add("\"a\",\"\"\"b\"\n")
	f.Fuzz(func(t *testing.T, line string) {
		cells, err := parseCSV(line, nil)
		if err != nil {
			return
		}
		for i := range cells {
			cells[i] = unguard(cells[i])
		}
		if again := string(appendCSV(nil, cells)); again != line && !strings.ContainsAny(line, "=+-@'\t\r\uff1d\uff0b\uff0d\uff20") {
			t.Errorf("%q became %q", line, again)
		}
	})
}

func FuzzCheckPage(f *testing.F) {
	f.Add([]byte("<!DOCTYPE html><html><head>" + contentPolicy + "</head><body>x</body></html>"))
	f.Add([]byte("<p style=\"background:url(x)\">"))
	f.Fuzz(func(t *testing.T, b []byte) {
		wrong := checkPage("report.html", b, func(string) bool { return true })
		low := bytes.ToLower(b)
		if len(wrong) == 0 && (bytes.Contains(low, []byte("<script")) || bytes.Contains(low, []byte("<iframe"))) {
			t.Errorf("accepted: %q", b)
		}
	})
}

func TestCheckPage(t *testing.T) {
	exists := func(name string) bool { return name == "tables/decisions.csv" || name == "report.html" }
	page := func(body string) []byte {
		return []byte("<!DOCTYPE html>\n<html><head>" + contentPolicy + "<style>b{color:red}</style></head><body>" + body + "</body></html>\n")
	}
	for _, good := range []string{"", "<p>x &lt; y</p>", `<a href="tables/decisions.csv">x</a>`, `<a href="#x" id="x">y</a>`, `<img src="data:image/png;base64,AAAA" alt="">`,
		"<svg viewBox=\"0 0 1 1\"><rect x=\"0\"/></svg>", `<p style="background:url(data:image/png;base64,AA)">x</p>`, "<br/>", "<p\n class='a'>x</p>", "it says https://example.org"} {
		if wrong := checkPage("report.html", page(good), exists); len(wrong) > 0 {
			t.Errorf("%s: %v", good, wrong)
		}
	}
	for _, bad := range []string{"<script>x</script>", "<SCRIPT>x</SCRIPT>", "<iframe></iframe>", "<object></object>", "<embed>", "<link rel=\"x\">", "<base href=\"#\">", "<form></form>", "<frame>", "<applet>",
		`<p onclick="x">`, `<p ONCLICK="x">`, `<p onclick=x>`, `<a href="javascript:x">`, `<a href="java&#115;cript:x">`, `<a href="&#x6a;avascript:x">`, "<a href=\"java\nscript:x\">", `<a href="https://x">`, `<a href="//x">`,
		`<a href="/etc/passwd">`, `<a href="../x">`, `<a href="tables/none.csv">`, `<a href=tables/decisions.csv>`, `<img src="x.png">`, `<img srcset="https://x/y">`, `<meta http-equiv="refresh" content="0">`,
		"<style>@import 'x';</style>", "<style>a{background:url(x)}</style>", "<style>a{background:u\\72l(x)}</style>", "<style>a{b:expression(x)}</style>", "<style><b></style>", `<p style="background:url(https://x)">`,
		`<p data-x="https://evil.example/">`, "<!-- comment -->", "<p", "<p x=\"", "a < b", "<![CDATA[x]]>", "<?php ?>", "<noscript>x</noscript>", "<template>x</template>", "<svg><foreignObject></foreignObject></svg>", "\x1b", "\u202e", "<a href=\"vbscript:x\">"} {
		if wrong := checkPage("report.html", page(bad), exists); len(wrong) == 0 {
			t.Errorf("accepted: %s", bad)
		}
	}
	if wrong := checkPage("report.html", []byte("<!DOCTYPE html><html></html>"), exists); len(wrong) == 0 {
		t.Error("a page without content policy is accepted")
	}
}

// TestWorkbookInASpreadsheet reads the workbook with a library that reads spreadsheets, and compares every cell.
func TestWorkbookInASpreadsheet(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	book, err := excelize.OpenFile(filepath.Join(dir, fileWorkbook))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := book.GetSheetList(); !slices.Equal(got, sheetOrder[:]) {
		t.Errorf("tabs %v", got)
	}
	if names := book.GetDefinedName(); len(names) > 0 {
		t.Errorf("defined names %v", names)
	}
	for _, table := range tableNames {
		rows, err := book.GetRows(table)
		if err != nil {
			t.Fatal(err)
		}
		c, err := os.Open(filepath.Join(dir, tableFile(table)))
		if err != nil {
			t.Fatal(err)
		}
		want := newCSVReader(c)
		for n := 0; ; n++ {
			cells, err := want.next()
			if err != nil {
				if n != len(rows) {
					t.Errorf("%s has %d rows, the tab %d", table, n, len(rows))
				}
				break
			}
			for len(rows[n]) < len(cells) {
				rows[n] = append(rows[n], "") // empty cells at the end of a row
			}
			if !slices.Equal(rows[n], cells) {
				t.Errorf("%s row %d: %q, want %q", table, n+1, rows[n], cells)
			}
		}
		c.Close()
		panes, err := book.GetPanes(table)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: the header is not frozen: %+v %v", table, panes, err)
		}
		if cell, err := book.GetCellFormula(table, "A2"); err != nil || cell != "" {
			t.Errorf("%s has a formula: %q %v", table, cell, err)
		}
	}
}

func TestSheetText(t *testing.T) {
	for _, s := range []string{"", "plain", "<&>\"'", "_x0041_", "_x005F_x0041_", "__x0041_", "_x00g1_", "日本 ü", "\\u{202e}"} {
		got, err := sheetText(appendSheetText(nil, s))
		if err != nil || got != s {
			t.Errorf("%q became %q: %v", s, got, err)
		}
	}
	long := strings.Repeat("ä😀", 20_000)
	cell := sheetCell(long)
	if n := utf16Length(cell); n > maxSheetChars || !strings.HasSuffix(cell, seeCSV) || !cutCell(cell, long) {
		t.Errorf("a long cell is cut to %d units", n)
	}
	if cutCell("ä"+seeCSV, long) || cutCell(cell, "short") {
		t.Error("a cell cut too short is accepted")
	}
}

func TestSheetsOf(t *testing.T) {
	got := sheetsOf(map[string]int64{"decisions": 25, "population": 10}, 10)
	var names []string
	for _, s := range got {
		names = append(names, s.name)
	}
	if want := "controls coverage imports population decisions decisions-2 decisions-3 findings exceptions remediation reviewers"; strings.Join(names, " ") != want {
		t.Errorf("%v", names)
	}
}

// publishedOSCAL compiles the schema that NIST published with the OSCAL release that the document names, formats of
// values included.
func publishedOSCAL(t *testing.T, document []byte) *jsonschema.Schema {
	t.Helper()
	v, err := oscal.NewValidator(document)
	if err != nil {
		t.Fatal(err)
	}
	published, err := v.GetValidationParams()
	if err != nil {
		t.Fatal(err)
	}
	if published.SchemaVersion != oscalVersion || published.SchemaData["$id"] != "http://csrc.nist.gov/ns/oscal/1.0/"+oscalVersion+"/oscal-complete-schema.json" {
		t.Fatalf("the schema is of %s: %v", published.SchemaVersion, published.SchemaData["$id"])
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(published.SchemaPath, published.SchemaData); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(published.SchemaPath)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestOSCALSchema validates documents of every sort against the published schema.
func TestOSCALSchema(t *testing.T) {
	uncontrolled := newForge(t)
	uncontrolled.roster("alice@corp.example")
	imp := uncontrolled.load("erp", forgeStart, uncontrolled.grants("erp", 3))
	q := uncontrolled.launch("plain", period{"2026-10-01", "2026-12-31"}, time.Date(2026, 12, 20, 17, 0, 0, 0, time.UTC), testPolicy(), []int64{imp}, "alice@corp.example")
	uncontrolled.decide(q, "alice@corp.example", q.items, func(i int) string { return []string{"exception", "revoke", "keep"}[i] })
	uncontrolled.note()
	documents := map[string][]byte{}
	add := func(name string, f *forge, set func(*Options)) {
		o := f.options()
		set(&o)
		dir := mustWrite(t, f, o, "pack", f.signer())
		if r, err := Verify(t.Context(), dir, VerifyOptions{}); err != nil || !r.OK {
			t.Errorf("%s: %v %s", name, err, reportText(r))
		}
		documents[name] = mustRead(t, filepath.Join(dir, fileOSCAL))
	}
	f := smallLedger(t)
	add("full", f, func(*Options) {})
	add("soc2 type 1", f, func(o *Options) { o.For, o.Type = "soc2", 1 })
	add("soc2 type 2", f, func(o *Options) { o.For, o.Type = "soc2", 2 })
	add("soc1 type 1", f, func(o *Options) { o.For, o.Type = "soc1", 1 })
	add("soc1 type 2", f, func(o *Options) { o.For, o.Type = "soc1", 2 })
	add("sampled", f, func(o *Options) { o.Sample, o.Seed = 1, "x" })
	add("redacted", f, func(o *Options) { o.Redact, o.IncludeOriginals = true, false })
	add("no control named", uncontrolled, func(*Options) {})
	schema := publishedOSCAL(t, documents["full"])
	for name, b := range documents {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
	whole := string(documents["full"])
	for _, change := range [][2]string{{`"assessment-results":`, `"assessment":`}, {`"control-id":"`, `"control-id":"1`}, {`"uuid": "`, `"uuid": "0`}, {`"last-modified":"20`, `"last-modified":"30`},
		{`"include-controls"`, `"include-control"`}, {`"party"`, `"person"`}, {`"title": "`, `"title": "\n`}, {`"ns":"urn:tickmark:oscal:v1"`, `"ns":"urn"`}} {
		text := strings.Replace(whole, change[0], change[1], 1)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if text == whole || err == nil && schema.Validate(doc) == nil {
			t.Errorf("%s is accepted for %s", change[1], change[0])
		}
	}
}

func TestStatement(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	var s struct {
		Type    string `json:"_type"`
		Subject []struct {
			Name   string
			Digest map[string]string
		}
		PredicateType string
	}
	if err := json.Unmarshal(mustRead(t, filepath.Join(dir, fileStatement)), &s); err != nil {
		t.Fatal(err)
	}
	manifest := string(mustRead(t, filepath.Join(dir, fileManifest)))
	if s.Type != "https://in-toto.io/Statement/v1" || len(s.Subject) != strings.Count(manifest, "\n")-1 {
		t.Errorf("%s names %d files", s.Type, len(s.Subject))
	}
	for _, x := range s.Subject {
		if !strings.Contains(manifest, x.Digest["sha256"]+"  "+x.Name+"\n") {
			t.Errorf("%s has another digest in the manifest", x.Name)
		}
	}
	// One that the exporter made to say something else, and signed, is refused.
	whole := string(mustRead(t, filepath.Join(dir, fileStatement)))
	for _, change := range [][2]string{{"tables/decisions.csv", "tables/decision.csv"}, {`"sha256":"`, `"sha256":"0`}, {`"sha256"`, `"sha512"`}, {"Statement/v1", "Statement/v0"},
		{"\n],", ",\n{}],"}, {"evidence-pack:v1", "evidence-pack:v2"}, {"{\"name\":\"README.txt\"", "{\"name\":\"pack.txt\""}, {whole, "{}\n"}, {whole, ""}} {
		mustPut(t, filepath.Join(dir, fileStatement), []byte(strings.Replace(whole, change[0], change[1], 1)))
		resign(t, f, dir)
		if r := mustVerify(t, dir, VerifyOptions{}); len(r.Codes) != 1 || r.Codes[0].File != fileStatement || r.Codes[0].Code != string(ledger.CodeManifest) {
			t.Errorf("%q: %s", change[1], reportText(r))
		}
	}
}

func TestUUID5(t *testing.T) {
	// RFC 9562, appendix A.4, is for the name space of host names; this one was made with Python's uuid.uuid5(NAMESPACE_URL, "a/b").
	if got := uuid5("a", "b"); got != "91410e86-9161-5317-9576-be5c7660f085" || !oscalUUID.MatchString(got) {
		t.Error(got)
	}
}
