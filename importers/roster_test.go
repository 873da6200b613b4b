package importers

import (
	"slices"
	"strings"
	"testing"

	"tickmark/review"
)

// A roster says of every column it understands what it is, and counts names for one thing once.
func TestARosterSaysWhatItUnderstood(t *testing.T) {
	const file = "Employee ID,First Name,Last Name,Work Email,Manager ID,Hire Date,Termination Date,Department,Shoe size\n" +
		"1,Anna,Kim,anna@corp.example,3,2019-03-01,,Finance,38\n2,Ben,Olsen,ben@corp.example,3,2020-05-01,2021-06-30,Sales,44\n"
	for _, args := range [][]string{nil, {"--as", "hr"}} {
		rep, m := read(t, "hr.csv", file, args...)
		if !slices.Contains(rep.Evidence, "8 of 14 known columns") {
			t.Errorf("evidence %q", rep.Evidence)
		}
		want := []review.Assign{{Name: "worker_id", Value: "Employee ID"}, {Name: "email", Value: "Work Email"}, {Name: "first", Value: "First Name"}, {Name: "last", Value: "Last Name"},
			{Name: "hire_date", Value: "Hire Date"}, {Name: "termination_date", Value: "Termination Date"}, {Name: "manager", Value: "Manager ID"}, {Name: "department", Value: "Department"}}
		if !slices.Equal(rep.Mapping, want) {
			t.Errorf("mapping %v", rep.Mapping)
		}
		if w := m.workers["2"]; w.Status != "terminated" || !w.Terminated.IsKnown() {
			t.Errorf("worker %+v", w)
		}
	}
}

// A refused generic file says which columns there are to be mapped.
func TestARefusedFileNamesItsColumns(t *testing.T) {
	for file, text := range map[string]string{"odd.csv": "Kennung,Recht\na,b\n", "odd.json": `[{"Kennung":"a","Recht":"b"}]`} {
		if rep := refused(t, file, text, "unknown-shape"); !slices.Equal(rep.Columns, []string{"Kennung", "Recht"}) {
			t.Errorf("%s: columns %v", file, rep.Columns)
		}
	}
}

// The --map line of a refusal proposes columns it has a reason to, and a word to be replaced where it has none.
func TestARefusalProposesColumnsWithReason(t *testing.T) {
	for header, want := range map[string]string{
		"Kennung;Name;Rolle;Freigabe": "--map identity=Kennung,entitlement=Rolle",
		"Wer;Was;Wann":                "--map identity=COLUMN,entitlement=COLUMN",
		"Nom,Rôle":                    "--map identity=COLUMN,entitlement=Rôle",
		"Wer;Role;Freigabe":           "--map identity=COLUMN,entitlement=Role",
		"Identifiant;Droit d'accès":   "--map identity=Identifiant,entitlement=COLUMN",
		"Wer;Group Name;X":            "--map 'identity=COLUMN,entitlement=Group Name'",
	} {
		cells := strings.Repeat("a;", strings.Count(header, ";")) + strings.Repeat("a,", strings.Count(header, ",")) + "a"
		if rep := refused(t, "odd.csv", header+"\n"+cells+"\n", "unknown-shape"); !strings.HasSuffix(rep.Hint, want) {
			t.Errorf("%s: %q, want %q", header, rep.Hint, want)
		}
	}
}

// A dry run shows columns and three records of a mapping that was given, too.
func TestADryRunShowsWhatAGivenMappingDoes(t *testing.T) {
	o := options("--map", "identity=Kennung")
	o.DryRun = true
	rep, err := Read(t.Context(), fromBytes("odd.csv", []byte("Kennung,Recht\na,b\nc,d\ne,f\ng,h\n")), o, newMemory())
	if err != nil || len(rep.Columns) != 2 || len(rep.Samples) != 3 {
		t.Errorf("%v: columns %v, samples %v", err, rep.Columns, rep.Samples)
	}
}

// A file of owners, last uses or links that is opened without saying so must not come under review as one more system.
func TestFilesKeptByHandAreNotGuessedToBeAccounts(t *testing.T) {
	for header, as := range map[string]string{"account,owner": "owners", "entitlement,owner,from": "owners", "system,owner": "owners", "Account,Last Used": "last-used",
		"account,last_login": "last-used", "account,identity,system": "links"} {
		cells := strings.Repeat("x,", strings.Count(header, ",")) + "never\n"
		rep := refused(t, "own.csv", header+"\n"+cells, "missing-columns")
		if want := "say --as " + as + " if it is that, or --as generic-csv if it is the list of a system's accounts"; rep.Hint != want {
			t.Errorf("%s: the hint is %q, want %q", header, rep.Hint, want)
		}
	}
	for _, header := range []string{"account,entitlement,owner", "account,entitlement,last_used", "account,owner,department", "account,status"} {
		cells := strings.Repeat("x,", strings.Count(header, ",")) + "never\n"
		if _, err := Read(t.Context(), fromBytes("erp.csv", []byte(header+"\n"+cells)), options(), newMemory()); err != nil {
			t.Errorf("%s: %v", header, err)
		}
	}
	for _, as := range []string{"owners", "generic-csv"} {
		if _, err := Read(t.Context(), fromBytes("own.csv", []byte("account,owner\nx,y@corp.example\n")), options("--as", as), newMemory()); err != nil {
			t.Errorf("--as %s: %v", as, err)
		}
	}
}
