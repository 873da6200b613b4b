package tui

import "testing"

// A warning names what can be done where it is read: fields and lines at the workstation, flags on the command line.
func TestFlagsInWarningsAreFieldsHere(t *testing.T) {
	for text, want := range map[string]string{
		"named erp after the file. Name it with --source":                       "named erp after the file. Name it with the line Source",
		"if it is to replace them, say so with --source erp-2.prod":             "if it is to replace them, say so with Source erp-2.prod",
		"if it is another system, name that with --source NAME":                 "if it is another system, name that with the line Source",
		"look at the samples, or state the mapping with --map":                  "look at the samples, or state the mapping with the lines of the columns",
		"name the column with --map entitlement=COLUMN":                         "name the column with the line entitlement",
		"if they do, split them with --split 'Rolle der Person=;'":              "if they do, split them with Split at, in the line of the column",
		"name the delimiter with --delimiter":                                   "name the delimiter with the line Delimiter",
		"if names look wrong, name the encoding with --encoding":                "if names look wrong, name the encoding with the line Encoding",
		"say it with --resource OWNER/REPO":                                     "say it with the line Resource (OWNER/REPO)",
		"the system moved, say --instance 2222":                                 "the system moved, say Instance 2222",
		"import it without --strict":                                            "import it without --strict on the command line",
		"exports/old--db/x.csv cannot be read":                                  "exports/old--db/x.csv cannot be read",
		"2 grants now, 3 in import 1; check -- that -- the export is whole-ish": "2 grants now, 3 in import 1; check -- that -- the export is whole-ish",
	} {
		if got := flagsAsFields(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
