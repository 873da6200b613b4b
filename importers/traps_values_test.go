package importers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

func TestTrap27EmptyWords(t *testing.T) {
	words := []string{"", " ", "null", "NONE", "nil", "-", "--", "N/A", "#N/A", "NaN", `\N`, "\u00a0", "####"}
	var b strings.Builder
	b.WriteString("identity,entitlement,resource\n")
	for _, w := range words {
		fmt.Fprintf(&b, "%s,ledger,books\nanna,%s,books\nbo,ledger,%s\n", w, w, w)
	}
	rep, m := read(t, "a.csv", b.String())
	if int(rep.RowsReject) != len(words) || rep.Accounts != 2 || rep.Grants != 1 {
		t.Errorf("%s", counts(rep))
	}
	mustWarn(t, rep, "missing-identity")
	for _, g := range m.grants {
		if noValue([]byte(g.Account)) || noValue([]byte(g.Entitlement.NativeID)) || g.Resource.NativeID != "" && noValue([]byte(g.Resource.NativeID)) {
			t.Errorf("an empty word became a value: %+v", g)
		}
	}
	_, m = read(t, "a.json", `[{"user":"anna","role":"N/A"},{"user":"bo","role":null},{"user":"cy","role":"ledger"}]`)
	if len(m.grants) != 1 || len(m.accounts) != 3 {
		t.Errorf("JSON: %+v", m.grants)
	}
}

func TestTrap28MagicDates(t *testing.T) {
	x := newRun(&plan{o: &Options{}, format: genericCSV}, &calendar{}, nothing{})
	for _, c := range []struct {
		role  timeRole
		text  string
		state review.TimeState
	}{
		{usedTime, "never", review.Never}, {usedTime, "Never logged in", review.Never}, {usedTime, "0", review.Never}, {usedTime, "-1", review.Never}, {usedTime, "00000000", review.Never},
		{usedTime, "0001-01-01T00:00:00Z", review.Never}, {usedTime, "1601-01-01 00:00:00", review.Never}, {usedTime, "1970-01-01T00:00:00Z", review.Never}, {usedTime, "12/31/1600", review.Never},
		{usedTime, "no_information", review.Unknown}, {usedTime, "Not active in the last 400 days", review.Unknown}, {usedTime, "Before 2024-01-01", review.Unknown},
		{usedTime, "not_supported", review.NotApplicable}, {usedTime, "9999-12-31", review.Unknown},
		{endTime, "infinity", review.NotApplicable}, {endTime, "9999-12-31", review.NotApplicable}, {endTime, "99991231", review.NotApplicable}, {endTime, "9223372036854775807", review.NotApplicable},
		{endTime, "0", review.NotApplicable}, {endTime, "never", review.NotApplicable}, {pastTime, "1601-01-01", review.Unknown},
	} {
		d := &dateColumn{name: c.text, role: c.role, empty: review.Unknown, native: dayFirst}
		if got := x.cal.time(d, []byte(c.text), x); got.State != c.state || got.Raw != c.text {
			t.Errorf("%q as %d: %+v, want %s", c.text, c.role, got, c.state)
		}
	}
}

func TestTrap29DateStyles(t *testing.T) {
	want := time.Date(2021, 8, 26, 17, 30, 42, 0, time.UTC)
	for _, text := range []string{
		"2021-08-26T17:30:42Z", "2021-08-26 17:30:42Z", "2021-08-26T19:30:42+02:00", "2021-08-26T19:30:42+0200", "2021-08-26T19:30:42+02", "2021-08-26T13:30:42-04:00", "2021-08-26T13:00:42-0430", "2021-08-26T17:30:42.123456789Z",
		"2021-08-26 17:30:42 UTC", "2021-08-26T17:30:42", "20210826173042.0Z", "20210826173042Z", "20210826T173042Z", "20210826173042",
		"26.08.2021 17:30:42", "8/26/2021 5:30:42 PM", "8/26/2021 17:30:42", "26-Aug-21 17:30:42", "26-Aug-2021 17:30:42", "26 Aug 2021 17:30:42", "Aug 26, 2021 5:30:42 PM", "Thu, 26 Aug 2021 17:30:42 GMT",
		"/Date(1629999042000)/", `\/Date(1629999042000)\/`, "1629999042", "1629999042000", "132744726420000000", "2021/08/26 17:30:42", "26/08/2021 17:30:42", "2021-08-26T17:30:42,5Z",
	} {
		s := parseStamp([]byte(text))
		if s.style == orderStyle {
			o := monthFirst
			if s.a > 12 {
				o = dayFirst
			}
			s, _ = s.resolve(o)
		}
		if got := s.at.Truncate(time.Second); s.style != fixedStyle || !got.Equal(want) || s.day {
			t.Errorf("%q: %+v, want %s", text, s, want)
		}
	}
	day := time.Date(2024, 4, 28, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"2024-04-28", "20240428", "28.04.2024", "28.4.24", "28-Apr-24", "28 Apr 2024", "28-April-2024", "28/04/24", "4/28/2024", "Apr 28, 2024", "2024/4/28"} {
		s := parseStamp([]byte(text))
		if s.style == orderStyle {
			o := monthFirst
			if s.a > 12 {
				o = dayFirst
			}
			s, _ = s.resolve(o)
		}
		if s.style != fixedStyle || !s.at.Equal(day) || !s.day {
			t.Errorf("%q: %+v, want the day %s", text, s, day.Format(time.DateOnly))
		}
	}
	if s, _ := parseStamp([]byte("1/2/70")).resolve(dayFirst); s.at.Year() != 1970 {
		t.Errorf("the year 70: %+v", s)
	}
	for _, text := range []string{"2024-13-01", "2024-02-30", "32.01.2024", "13/13/2024", "soon", "2024-01-01T25:00:00Z", "1/2", "12345", "2024-01-01x", "1.2.3.4", "20240230", "2024-01-01T10:00:00+99:00"} {
		if s := parseStamp([]byte(text)); s.style == fixedStyle {
			t.Errorf("%q reads as %s", text, s.at)
		}
	}
	if s := parseStamp([]byte("45678")); s.style != serialStyle || serialTime(s.serial).Format(time.DateOnly) != "2025-01-21" {
		t.Errorf("a serial: %+v %s", s, serialTime(s.serial))
	}
}

// dates reads one column of granted dates and gives their states, days and warnings.
func dates(t *testing.T, cells []string, args ...string) (string, *review.ImportReport, *memory) {
	t.Helper()
	var b strings.Builder
	b.WriteString("identity,entitlement,granted\n")
	for i, c := range cells {
		fmt.Fprintf(&b, "anna,e%d,%s\n", i, c)
	}
	rep, m := read(t, "a.csv", b.String(), args...)
	var out []string
	for _, g := range m.grants {
		if g.Granted.IsKnown() {
			out = append(out, g.Granted.At.Format(time.DateOnly))
		} else {
			out = append(out, string(g.Granted.State))
		}
	}
	return strings.Join(out, " "), rep, m
}

func TestTrap30DayOrMonthFirst(t *testing.T) {
	for _, c := range []struct {
		cells []string
		args  []string
		want  string
		warn  string
	}{
		{cells: []string{"03/04/2024", "25/04/2024"}, want: "2024-04-03 2024-04-25"},
		{cells: []string{"03/04/2024", "04/25/2024"}, want: "2024-03-04 2024-04-25"},
		{cells: []string{"03/04/2024", "05/05/2024"}, want: "unknown 2024-05-05", warn: "ambiguous-dates"},
		{cells: []string{"03/04/2024"}, args: []string{"--date-order", "dmy"}, want: "2024-04-03"},
		{cells: []string{"03/04/2024"}, args: []string{"--date-order", "mdy"}, want: "2024-03-04"},
		{cells: []string{"24/04/03"}, args: []string{"--date-order", "ymd"}, want: "2024-04-03"},
		{cells: []string{"3/4/2024 5:00:00 PM"}, want: "2024-03-04"},
		{cells: []string{"25/04/2024", "04/25/2024", "03/04/2024"}, want: "2024-04-25 2024-04-25 unknown", warn: "mixed-date-order"},
		{cells: []string{"45000", "45100"}, want: "2023-03-15 2023-06-23", warn: "serial-dates"},
		{cells: []string{"45000", "soon"}, want: "unknown unknown"},
	} {
		got, rep, m := dates(t, c.cells, c.args...)
		if got != c.want {
			t.Errorf("%v %v: %s, want %s", c.cells, c.args, got, c.want)
		}
		for _, k := range []string{"ambiguous-dates", "mixed-date-order", "serial-dates"} {
			if (warned(rep, k) != nil) != (k == c.warn) {
				t.Errorf("%v: warnings %v, want %q", c.cells, keywordsOf(rep), c.warn)
			}
		}
		if m.resets != 0 {
			t.Errorf("%v: a short file is never read twice", c.cells)
		}
	}
	// What a column says late in a long file holds for its first record too, and it is read at most twice.
	long := make([]string, 3000)
	for i := range long {
		long[i] = "03/04/2024"
	}
	long[2999] = "25/04/2024"
	got, rep, m := dates(t, long)
	if !strings.HasPrefix(got, "2024-04-03") || strings.Contains(got, "unknown") || m.resets != 1 || warned(rep, "ambiguous-dates") != nil || rep.Grants != 3000 {
		t.Errorf("late evidence: %.40s, %d resets, %v", got, m.resets, keywordsOf(rep))
	}
	// One decided column decides the others of the file.
	_, m = read(t, "a.csv", "identity,entitlement,granted,last_used\nanna,a,03/04/2024,25/04/2024\n")
	if g := m.grants[0]; g.Granted.Stated() != "known 2024-04-03" {
		t.Errorf("the other column decides: %+v", g.Granted)
	}
	// A missing zone is UTC, and said to be assumed, unless one is given.
	_, m = read(t, "a.csv", "identity,entitlement,granted\nanna,a,2024-01-01 10:00:00\n")
	if g := m.grants[0].Granted; !g.ZoneAssumed || g.Stated() != "known 2024-01-01T10:00:00Z" {
		t.Errorf("%+v", g)
	}
	_, m = read(t, "a.csv", "identity,entitlement,granted\nanna,a,2024-01-01 10:00:00\n", "--timezone", "+01:00")
	if g := m.grants[0].Granted; g.ZoneAssumed || g.Stated() != "known 2024-01-01T09:00:00Z" {
		t.Errorf("%+v", g)
	}
}

func TestTrap31FutureDates(t *testing.T) {
	rep, m := read(t, "hr.csv", "employee_id,name,termination_date,hire_date\nE1,Anna,2026-06-30,2020-01-01\nE2,Bo,2025-06-30,2020-01-01\nE3,Cy,N/A-StillEmployed,2026-03-01\nE4,Di,12/31/2025,2020-01-01\n")
	for id, want := range map[string]string{"E1": "active true", "E2": "terminated false", "E3": "active false", "E4": "terminated false"} {
		if w := m.workers[id]; fmt.Sprint(w.Status, " ", w.FutureLeave) != want {
			t.Errorf("%s: %+v, want %s", id, w, want)
		}
	}
	if warned(rep, "future-time") != nil {
		t.Error("a future termination or hire date is normal")
	}
	rep, m = read(t, "a.csv", "identity,entitlement,last_used\nanna,a,2027-01-01\n")
	mustWarn(t, rep, "future-time")
	if !m.grants[0].LastUsed.IsKnown() {
		t.Error("a future time is kept")
	}
}

func TestTrap32Booleans(t *testing.T) {
	for _, w := range strings.Fields("true T yes Y 1 on X enabled WAHR vrai ja oui sí") {
		if v, ok := parseBool(w); !v || !ok {
			t.Errorf("%q is no yes", w)
		}
	}
	for _, w := range strings.Fields("false F no N 0 off disabled falsch FAUX nein non") {
		if v, ok := parseBool(w); v || !ok {
			t.Errorf("%q is no no", w)
		}
	}
	if _, ok := parseBool("maybe"); ok {
		t.Error("maybe is neither")
	}
	for column, want := range map[string]string{"enabled": "disabled active", "disabled": "active disabled", "is_suspended": "active disabled", "locked": "active locked", "Block credential": "active disabled", "deleted": "active deleted", "archived": "active disabled"} {
		_, m := read(t, "a.json", fmt.Sprintf(`[{"user":"no","role":"x",%q:"false"},{"user":"yes","role":"x",%q:true}]`, column, column))
		if got := fmt.Sprint(m.accounts["no"].Status, " ", m.accounts["yes"].Status); got != want {
			t.Errorf("%s: %s, want %s", column, got, want)
		}
	}
}

func TestTrap33OneStatus(t *testing.T) {
	_, m := read(t, "a.json", `[{"user":"a","role":"x","activated":true,"enabled":true,"suspended":false,"account_locked":true,"deleted":false},{"user":"b","role":"x","enabled":true,"suspended":true,"account_locked":true,"deleted":false},{"user":"c","role":"x","enabled":true,"suspended":true,"account_locked":true,"deleted":true},{"user":"d","role":"x","enabled":true,"suspended":false,"account_locked":false,"deleted":false}]`)
	for id, want := range map[string]review.Status{"a": review.Locked, "b": review.Disabled, "c": review.Deleted, "d": review.Active} {
		if got := m.accounts[id].Status; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	// The same account on two rows: the worse status stands, whichever came first.
	for _, rows := range []string{"anna,a,active\nanna,b,disabled\n", "anna,a,disabled\nanna,b,active\n"} {
		if _, m := read(t, "a.csv", "identity,entitlement,status\n"+rows); m.accounts["anna"].Status != review.Disabled {
			t.Errorf("%q: %s", rows, m.accounts["anna"].Status)
		}
	}
	_, m = read(t, "slack.csv", string(fixture{file: "slack-members.csv"}.bytes(t)))
	if a := m.accounts["U0000MIA"]; a.Status != review.Active || a.Kind != review.External {
		t.Errorf("status and role in one column: %+v", a)
	}
}

func TestTrap34Case(t *testing.T) {
	rep, _ := read(t, "a.csv", "identity,entitlement\nAnna@Lumen.example,ledger\nanna@lumen.example,books\n6F9619FF-8B86-D011-B42D-00CF4FC964FF,x\n6f9619ff-8b86-d011-b42d-00cf4fc964ff,y\n00uAbCdEfGh1,x\n00uabcdefgh1,x\n")
	if rep.Accounts != 4 || rep.Grants != 6 {
		t.Errorf("%s", counts(rep))
	}
	rep, _ = read(t, "a.json", `{"kind":"RoleBindingList","items":[{"kind":"RoleBinding","metadata":{"name":"b","namespace":"n"},"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"Anna"},{"kind":"User","name":"anna"}]}]}`)
	if rep.Accounts != 2 {
		t.Errorf("Kubernetes names keep their case: %s", counts(rep))
	}
	rep, _ = read(t, "a.csv", "identity,entitlement\nanna,Ledger\nanna,ledger\n")
	if rep.Grants != 2 {
		t.Errorf("entitlements keep their case: %s", counts(rep))
	}
}

func TestTrap35Padding(t *testing.T) {
	rep, m := read(t, "a.csv", "identity,entitlement\n anna\u00a0,\tledger \nanna,ledger\n")
	if rep.Accounts != 1 || rep.Grants != 1 || m.grants[0].Entitlement.NativeID != "ledger" {
		t.Errorf("%s %+v", counts(rep), m.grants)
	}
}

// A column that is read as dates and holds none is the wrong column: nobody may take its unknown times for a fact of the source.
func TestAColumnOfDatesWithoutADateIsNamed(t *testing.T) {
	const head = "login,role,seen\n"
	rep, _ := read(t, "x.csv", head+"anna,a,Berlin\nben,a,Bonn\ncleo,a,Berlin\ndan,a,Köln\nedu,a,Hamburg\nfay,a,\n", "--map", "identity=login,entitlement=role,last_used=seen")
	w := warned(rep, "no-dates")
	if w == nil {
		t.Fatalf("%v", rep.Warnings)
	}
	if want := `the column "seen" is read as dates and holds none, but "Berlin", "Bonn", "Köln": map a column of dates, or none`; w.Text != want || w.Count != 5 || w.First != "seen" {
		t.Errorf("%+v", w)
	}
	for _, cells := range []string{"2026-01-02|Berlin", "never|-", "1/2/2026|Berlin", "45000|45001", "|"} {
		one, other, _ := strings.Cut(cells, "|")
		rep, _ := read(t, "x.csv", head+"anna,a,"+one+"\nben,a,"+other+"\n", "--map", "identity=login,entitlement=role,last_used=seen")
		if warned(rep, "no-dates") != nil {
			t.Errorf("%s holds a date, or nothing", cells)
		}
	}
}
