package importers

import (
	"strings"
	"testing"

	"tickmark/review"
)

// TestFlags: what a flag may say, and that a wrong one is a mistake of use with a way out.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		hint string // part of it
	}{
		{[]string{"--as", "okta-user"}, "okta-users"},
		{[]string{"--as", "zzz"}, "tickmark formats"},
		{[]string{"--map", "identiti=login"}, "identity"},
		{[]string{"--map", "identity=logon"}, "login"},
		{[]string{"--map", "identity=#9"}, "login, role"},
		{[]string{"--map", "entitlement=role"}, "identity=COLUMN"},
		{[]string{"--const", "colour=red"}, "fields are"},
		{[]string{"--split", "roles=;"}, "role"},
		{[]string{"--split", "role="}, "COLUMN=SEPARATOR"},
		{[]string{"--date-order", "ydm"}, "dmy"},
		{[]string{"--timezone", "Mars/Base"}, "Europe/Berlin"},
		{[]string{"--delimiter", "ab"}, "semicolon"},
		{[]string{"--encoding", "ebcdic"}, "windows-1252"},
	} {
		rep, err := Read(t.Context(), fromBytes("a.csv", []byte("login,role\nanna,ledger\n")), options(c.args...), newMemory())
		e, ok := err.(*review.Error)
		if !ok || e.Kind != review.KindUsage || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%v: %v, hint %q", c.args, err, e.Hint)
		}
		if rep == nil {
			t.Errorf("%v: no report", c.args)
		}
	}
}

// TestAsNeedsItsColumns: a format that is asked for by name says what it misses.
func TestAsNeedsItsColumns(t *testing.T) {
	rep := refused(t, "a.csv", "login,role\nanna,ledger\n", "missing-columns", "--as", "sap-agr-users")
	if !strings.Contains(rep.Message, "agrname, uname") || !strings.Contains(rep.Message, "login, role") || !strings.Contains(rep.Hint, "tickmark formats sap-agr-users") {
		t.Errorf("%s; %s", rep.Message, rep.Hint)
	}
	refused(t, "a.csv", "login,role\nanna,ledger\n", "missing-columns", "--as", "keycloak-realm")
	refused(t, "a.json", `[{"login":"anna"}]`, "missing-columns", "--as", "generic-csv")
	refused(t, "a.csv", "name,status\nAnna,active\n", "missing-columns", "--as", "hr")
}

// TestConstants: fields with one value for every record, and flags for what a file does not say.
func TestConstants(t *testing.T) {
	_, m := read(t, "a.csv", "login\nanna\n", "--map", "identity=login", "--const", "entitlement=ledger", "--const", "system=erp", "--const", "status=disabled", "--const", "resource=books")
	if g := m.grants[0]; g.Entitlement.NativeID != "ledger" || g.Resource.NativeID != "books" || m.accounts["anna"].System != "erp" || m.accounts["anna"].Status != review.Disabled {
		t.Errorf("%+v %+v", g, m.accounts)
	}
	_, m = read(t, "a.csv", "role\nledger\n", "--identity", "anna", "--resource", "books")
	if g := m.grants[0]; g.Account != "anna" || g.Resource.NativeID != "books" {
		t.Errorf("%+v", g)
	}
	_, m = read(t, "a.csv", "login\nanna\n", "--entitlement", "ledger")
	if g := m.grants[0]; g.Entitlement.NativeID != "ledger" {
		t.Errorf("%+v", g)
	}
	if rep, _ := read(t, "access 2026.csv", "login,role\nanna,x\n"); rep.System != "access 2026" {
		t.Errorf("the file name is the system: %q", rep.System)
	}
}

// TestProfiles: the mapping of one report reads the next file with the same header, with nothing guessed.
func TestProfiles(t *testing.T) {
	text := "wer,was,quelle\nanna,a;b,x\n"
	rep, want := read(t, "q1.csv", text, "--map", "identity=wer,entitlement=was", "--split", "was=;", "--const", "system=erp")
	o := options()
	o.Profile = func(hash string) ([]review.Assign, bool) { return rep.Mapping, hash == rep.HeaderHash }
	m := newMemory()
	again, err := Read(t.Context(), fromBytes("q2.csv", []byte("Wer,Was,Quelle\nanna,a;b,x\n")), o, m)
	if err != nil || m.summary() != want.summary() || warned(again, "guessed-mapping") != nil || len(again.Mapping) != len(rep.Mapping) {
		t.Errorf("%v %v\n%s", err, again.Mapping, m.summary())
	}
	if _, err := Read(t.Context(), fromBytes("q3.csv", []byte("wer,was\nanna,a\n")), o, newMemory()); review.KindOf(err) != review.KindRefused {
		t.Errorf("another header needs another profile: %v", err)
	}
}

// TestStrict: a serious warning refuses the file, an ordinary one does not.
func TestStrict(t *testing.T) {
	o := options("--resource", "lumen")
	o.Strict = true
	rep, err := Read(t.Context(), fromBytes("a.json", []byte(`{"bindings":[{"role":"roles/viewer","members":["allUsers"]}]}`)), o, newMemory())
	if review.KindOf(err) != review.KindRefused || rep.Reason != "public-principal" || rep.Hint == "" {
		t.Errorf("%v %+v", err, rep)
	}
	if _, err := Read(t.Context(), fromBytes("a.csv", []byte("user,role\nanna,x\n")), o, newMemory()); err != nil {
		t.Errorf("a guess is no serious warning: %v", err)
	}
}

// TestProbe: the shape of a file without handing anything on.
func TestProbe(t *testing.T) {
	rep, err := Probe(t.Context(), fromBytes("a.csv", []byte("user,role\nanna,x\nbo,y\ncy,z\ndi,z\n")), options())
	if err != nil || rep.Format != "generic-csv" || len(rep.Samples) != 3 || len(rep.Columns) != 2 || rep.RowsRead != 4 || warned(rep, "guessed-mapping") == nil {
		t.Errorf("%v %+v", err, rep)
	}
	if rep, err := Probe(t.Context(), fromBytes("a.csv", nil), options()); review.KindOf(err) != review.KindRefused || rep.Reason != "empty" {
		t.Errorf("%v %+v", err, rep)
	}
}

// TestEncodings: --encoding overrules what was found.
func TestEncodings(t *testing.T) {
	for encoding, text := range map[string]string{"iso-8859-15": "identity,entitlement\nanna,\xa4\n", "windows-1250": "identity,entitlement\nanna,\x80\n", "utf-16be": utf16Text("identity,entitlement\nanna,€\n", true, false), "utf-8": "identity,entitlement\nanna,€\n"} {
		rep, m := read(t, "a.csv", text, "--encoding", encoding)
		if m.grants[0].Entitlement.NativeID != "€" || rep.Encoding != encoding {
			t.Errorf("%s: %q, reported as %s", encoding, m.grants[0].Entitlement.NativeID, rep.Encoding)
		}
	}
}

// TestProgress: a long read tells how far it is, in bytes of the file.
func TestProgress(t *testing.T) {
	var last review.Progress
	o := options()
	o.Progress = func(p review.Progress) {
		if p.Done < last.Done || p.Total == 0 || p.Unit != "bytes" {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}
	b := bigCSV(20_000)
	if _, err := Read(t.Context(), fromBytes("a.csv", b), o, nothing{}); err != nil || last.Done == 0 || last.Done > int64(len(b)) {
		t.Errorf("%v %+v", err, last)
	}
}

// TestGrantersAndPrivileges: who granted access, and how much it allows, are guessed and mapped.
func TestGrantersAndPrivileges(t *testing.T) {
	_, m := read(t, "a.csv", "login,role,privilege,granted_by\nanna,r1,admin,carl@corp.example\nanna,r2,read,\nanna,r3,yes,\nanna,r4,no,\nanna,r5,sometimes,\n")
	want := []review.Privilege{review.Admin, review.Read, review.Admin, review.UnknownPrivilege, review.UnknownPrivilege}
	for i, g := range m.grants {
		if g.Entitlement.Privilege != want[i] {
			t.Errorf("%s is %s, want %s", g.Entitlement.NativeID, g.Entitlement.Privilege, want[i])
		}
	}
	if g := m.grants[0]; g.GrantedBy != "carl@corp.example" {
		t.Errorf("granted by %q", g.GrantedBy)
	}
	_, m = read(t, "a.csv", "wer,was,von\nanna,r1,carl\n", "--map", "identity=wer,entitlement=was,granted_by=von")
	if g := m.grants[0]; g.GrantedBy != "carl" {
		t.Errorf("granted by %q", g.GrantedBy)
	}
	// A column named privilege is what is held where nothing else is (importers.md 7.2).
	_, m = read(t, "a.csv", "login,privilege\nanna,SELECT\n")
	if g := m.grants[0]; g.Entitlement.NativeID != "SELECT" {
		t.Errorf("%+v", g.Entitlement)
	}
}

// TestOwnersOfAnything: owners may be written with the sort of their subject in a column of its own.
func TestOwnersOfAnything(t *testing.T) {
	rep, m := read(t, "o.csv", "what,subject,owner\naccount,svc-backup,Anna@corp.example\nSystem,erp,bo\ncar,vw,bo\n", "--as", "owners")
	if len(m.owners) != 2 || m.owners[0].What != "account" || m.owners[0].Subject != "svc-backup" || m.owners[0].Owner != "anna@corp.example" || m.owners[1].What != "system" {
		t.Errorf("%+v", m.owners)
	}
	if len(rep.Rejects) != 1 || !strings.Contains(rep.Rejects[0].Text, "o.csv:4:1: account, entitlement or system was expected, ") {
		t.Errorf("%+v", rep.Rejects)
	}
}
