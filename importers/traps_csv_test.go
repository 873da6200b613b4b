package importers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

func TestTrap09ShortAndLongRows(t *testing.T) {
	rep, m := read(t, "a.csv", "identity,entitlement,resource\nanna,ledger\nbo,ledger,books,what is this\ncy,ledger,books,,\n")
	if counts(rep) != "3 1 2 2 2 unknown" {
		t.Fatal(counts(rep))
	}
	mustWarn(t, rep, "short-row", "long-row")
	r := m.rejects[0]
	if r.Line != 3 || r.Reason != "long-row" || !strings.HasPrefix(r.Text, "a.csv:3:17: 3 cells were expected, 4 were found; ") {
		t.Errorf("%+v", r)
	}
	if m.grants[0].Resource.NativeID != "" || m.grants[1].Resource.NativeID != "books" {
		t.Errorf("cells shifted: %+v", m.grants)
	}
}

func TestTrap10Columns(t *testing.T) {
	rep, m := read(t, "a.csv", "note,Entitlement , IDENTITY,,note\nx,ledger,anna,y,z\n")
	if counts(rep) != "1 0 1 1 1 unknown" || m.grants[0].Entitlement.NativeID != "ledger" {
		t.Errorf("%s %v", counts(rep), m.grants)
	}
	mustWarn(t, rep, "blank-header", "duplicate-header")
	_, m = read(t, "a.csv", "id,id,role\nfirst,second,ledger\n", "--map", "identity=id,entitlement=role")
	if m.grants[0].Account != "first" {
		t.Errorf("the plain name means the first column, got %s", m.grants[0].Account)
	}
	rep, m = read(t, "a.csv", "id,id,role\nfirst,second,ledger\n", "--map", "identity=id#2,entitlement=#3")
	if m.grants[0].Account != "second" || rep.Mapping[0].Value != "id#2" || rep.Columns[1] != "id#2" {
		t.Errorf("id#2 means the second and is called so, got %s %v %v", m.grants[0].Account, rep.Mapping, rep.Columns)
	}
	// the site's name is part of the header
	rep, _ = read(t, "a.csv", "Full name,email,Group name,Last active in Jira - lumen-7\nAnna,anna@lumen.example,jira-users,2025-01-02\n")
	if rep.Format != "atlassian-users" {
		t.Errorf("a site in the header: %s", rep.Format)
	}
	_, err := Read(context.Background(), fromBytes("a.csv", []byte("login,role\nanna,ledger\n")), options("--map", "identity=logn,entitlement=role"), newMemory())
	if review.KindOf(err) != review.KindUsage || !strings.Contains(err.(*review.Error).Hint, "login") {
		t.Errorf("an unknown column: %v", err)
	}
}

func TestTrap11Quotes(t *testing.T) {
	rep, m := read(t, "a.csv", "identity,entitlement,resource\nanna,\"say \"\"hi\"\"\nthere\",\"a,b\"\nbo,5\" disk,x\n\"cy\" s,plain,y\n")
	if counts(rep) != "3 0 3 3 3 unknown" || m.grants[0].Entitlement.NativeID != "say \"hi\"\nthere" || m.grants[0].Resource.NativeID != "a,b" ||
		m.grants[1].Entitlement.NativeID != "5\" disk" || m.grants[2].Account != "cy s" || m.grants[1].Locator != "line 4" {
		t.Errorf("%s %+v", counts(rep), m.grants)
	}
	rep = refused(t, "a.csv", "identity,entitlement\nanna,ledger\nbo,\"open\ncy,ledger\ndi,ledger\n", "unbalanced-quote")
	if !strings.HasPrefix(rep.Message, "a.csv:3:4: ") {
		t.Errorf("the message names where the quote opened: %s", rep.Message)
	}
}

func TestTrap12TrailingDelimiter(t *testing.T) {
	rep, _ := read(t, "a.csv", "identity,entitlement,\nanna,ledger,\n,,\nbo,ledger,\n")
	if counts(rep) != "2 0 2 2 2 unknown" || warned(rep, "blank-header") != nil {
		t.Errorf("%s %v", counts(rep), keywordsOf(rep))
	}
	rep, m := read(t, "a.csv", "identity,entitlement;\nanna,ledger;\nbo,books;\n")
	if counts(rep) != "2 0 2 2 2 unknown" || m.grants[0].Entitlement.NativeID != "ledger" {
		t.Errorf("a glued delimiter: %s %v", counts(rep), m.grants)
	}
}

func TestTrap13LargeCells(t *testing.T) {
	text := "identity,entitlement,note\nanna,ledger," + strings.Repeat("x", 900_000) + "\nbo,ledger," + strings.Repeat("y", 1<<20+1) + "\ncy,ledger,\n"
	rep, m := read(t, "a.csv", text)
	if counts(rep) != "3 1 2 2 2 unknown" || m.rejects[0].Reason != "cell-too-large" || m.rejects[0].Line != 3 {
		t.Errorf("%s %+v", counts(rep), m.rejects)
	}
	rep, _ = read(t, "a.json", `[{"user":"anna","role":"ledger","note":"`+strings.Repeat("x", 900_000)+`"},{"user":"bo","role":"ledger","note":"`+strings.Repeat("y", 1<<20+1)+`"}]`)
	if counts(rep) != "2 1 1 1 1 unknown" {
		t.Errorf("JSON: %s", counts(rep))
	}
	rep, _ = read(t, "a.csv", "identity,entitlement\nanna,ledger\n"+strings.Repeat("a,b,", 3<<20)+"\nbo,ledger\n")
	if counts(rep) != "3 1 2 2 2 unknown" {
		t.Errorf("a record of 12 MiB: %s", counts(rep))
	}
	refused(t, "a.csv", "identity,entitlement\nanna,\""+strings.Repeat("x", 9<<20), "unbalanced-quote")
}

func TestTrap14SeveralValues(t *testing.T) {
	text := "identity,entitlement\nanna,a;b\nbo,\"{a,b}\"\ncy,\"[\"\"a\"\"]\"\ndi,a#b\n"
	rep, m := read(t, "a.csv", text)
	if rep.Grants != 4 || m.grants[0].Entitlement.NativeID != "a;b" {
		t.Errorf("split without being asked: %+v", m.grants)
	}
	mustWarn(t, rep, "multi-valued-cells")
	rep, _ = read(t, "a.csv", "identity,entitlement\nanna,a; b;;n/a\nbo,c\n", "--split", "entitlement=;")
	if rep.Grants != 3 {
		t.Errorf("--split: %d grants", rep.Grants)
	}
	if got := splitDNs(`CN=Sales\, North,OU=G,DC=x;CN=A\;B,DC=x`); len(got) != 2 || commonName(got[0]) != "Sales, North" || commonName(got[1]) != "A;B" {
		t.Errorf("DNs: %q", got)
	}
	rep, m = read(t, "a.csv", "identity,entitlement\nanna,\""+strings.Repeat("a;", 10_001)+"\"\nbo,x\n", "--split", "entitlement=;")
	if rep.RowsReject != 1 {
		t.Errorf("10,001 values in a cell: %+v", m.rejects)
	}
}

func TestTrap15Wide(t *testing.T) {
	rep, m := read(t, "a.csv", "user,Ledger,Payroll,Vault,password\nanna,yes,no,approver,pw1\nbo,,x,n/a,pw2\n", "--map", "identity=user,entitlement=*")
	if rep.Grants != 3 {
		t.Fatalf("%+v", m.grants)
	}
	for i, want := range []string{"anna Ledger ", "anna Vault approver", "bo Payroll "} {
		if g := m.grants[i]; g.Account+" "+g.Entitlement.NativeID+" "+g.Level != want {
			t.Errorf("grant %d: %+v, want %s", i, g, want)
		}
	}
	mustWarn(t, rep, "secrets-dropped")
}

func TestTrap16Numbers(t *testing.T) {
	rep, m := read(t, "a.csv", "userid,role,resource\n1.23E+12,ledger,007\n007,ledger,########\n")
	mustWarn(t, rep, "damaged-ids")
	if m.grants[0].Resource.NativeID != "007" || m.grants[1].Account != "007" || m.grants[1].Resource.NativeID != "" {
		t.Errorf("%+v", m.grants)
	}
	rep, m = read(t, "a.csv", "user,role,disabled\nanna,ledger,wahr\nbo,ledger,FAUX\ncy,ledger,nein\n")
	if m.accounts["anna"].Status != review.Disabled || m.accounts["bo"].Status != review.Active || m.accounts["cy"].Status != review.Active {
		t.Errorf("%v %+v", rep.Mapping, m.accounts)
	}
}

func TestTrap17FormulasAreStoredAsTheyAre(t *testing.T) {
	_, m := read(t, "a.csv", "identity,entitlement\nanna,=HYPERLINK(\"x\")\nbo,+49\ncy,-2+3\ndi,@SUM\n")
	for i, want := range []string{`=HYPERLINK("x")`, "+49", "-2+3", "@SUM"} {
		if m.grants[i].Entitlement.NativeID != want {
			t.Errorf("%q, want %q", m.grants[i].Entitlement.NativeID, want)
		}
	}
}

func TestTrap18HostileText(t *testing.T) {
	hostile := "an\x1b]0;owned\x07n\u0085a\u202e\u200b"
	rep, m := read(t, "a.csv", "identity,entitlement,extra\n"+hostile+",ledger,\nbo,ledger,\x1b[2J,1,2\n")
	mustWarn(t, rep, "control-characters")
	if m.grants[0].Account != hostile {
		t.Errorf("stored as %q", m.grants[0].Account)
	}
	if w := warned(rep, "control-characters"); w == nil || w.Count != 6 {
		t.Errorf("%+v, want 6 in both records", w)
	}
	_, err := Read(context.Background(), fromBytes("a\x1b[2J.csv", []byte("x\x1b[2J,y\n1,2\n")), options(), newMemory())
	if e := err.(*review.Error); strings.ContainsRune(e.Message+e.Hint, 0x1b) {
		t.Errorf("an escape reached a message: %q %q", e.Message, e.Hint)
	}
	if strings.ContainsRune(fmt.Sprint(m.rejects), 0x1b) {
		t.Errorf("an escape reached a reject: %q", fmt.Sprint(m.rejects))
	}
	rep, _ = read(t, "a.json", `[{"user":"an\u001b[2Jna","role":"ledger"}]`)
	mustWarn(t, rep, "control-characters")
}

// TestTrap50Limits: pathological files end in a clear refusal within seconds.
func TestTrap50Limits(t *testing.T) {
	started := time.Now()
	header := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "c%d,", i)
		}
		return b.String() + "identity\nx\n"
	}
	refused(t, "../../etc/passwd", header(5000), "limit")
	refused(t, "a.csv", header(1_000_000), "limit")
	refused(t, "a.csv", "identity,entitlement\n"+strings.Repeat("\"", 20<<20)+"x", "unbalanced-quote")
	refused(t, "a.csv.gz", zeros(t, 300<<20), "limit")
	_, err := Read(context.Background(), Input{Name: "big", Size: 5 << 30, Open: fromBytes("", nil).Open}, options(), newMemory())
	if e, ok := err.(*review.Error); !ok || e.Reason != "limit" {
		t.Errorf("5 GiB: %v", err)
	}
	o := options()
	o.MaxBytes = 10
	if _, err := Read(context.Background(), fromBytes("a.csv", []byte(people)), o, newMemory()); err == nil || err.(*review.Error).Reason != "limit" {
		t.Errorf("--max-bytes: %v", err)
	}
	refused(t, "a.json", strings.Repeat("[", 1<<20), "limit")
	if d := time.Since(started); d > time.Minute {
		t.Errorf("took %s", d)
	}
}

// TestWideJSON: the keys of objects are columns too.
func TestWideJSON(t *testing.T) {
	_, m := read(t, "a.json", `[{"user":"anna","ledger":true,"vault":"approver","api_token":"x"},{"user":"bo","ledger":false,"vault":null}]`, "--map", "identity=user,entitlement=*")
	if len(m.grants) != 2 || m.grants[1].Level != "approver" {
		t.Errorf("%+v", m.grants)
	}
}

// TestSystemsAndInstancesOfOneFile: a login stands for another account in every system of the file (rulings 2).
func TestSystemsAndInstancesOfOneFile(t *testing.T) {
	rep, m := read(t, "a.csv", "system,tenant2,login,role\nerp/test,10,anna,x\nerp/test,20,anna,x\nshop%,10,anna,x\n", "--map", "system=system,instance=tenant2,identity=login,entitlement=role")
	if rep.Accounts != 3 || rep.Identities != 1 || m.grants[0].Account != "erp%2Ftest/10/anna" || m.grants[2].Account != "shop%25/10/anna" || m.accounts["shop%25/10/anna"].System != "shop%" {
		t.Errorf("%s %+v", counts(rep), m.grants)
	}
}

func TestTheIDOfARuleIsThatOfItsFile(t *testing.T) {
	for _, header := range []string{"rule_id", "Risk ID", "CONFLICT_ID", "sod-id"} {
		rep, m := read(t, "sod.csv", header+",role1,role2\nC-1,pay,post\n,buy,book\n")
		if rep.Format != "sod-rules" || len(m.rules) != 2 || m.rules[0].ID != "C-1" || m.rules[1].ID != "line-3" {
			t.Errorf("%s: %s %+v", header, rep.Format, m.rules)
		}
	}
}
