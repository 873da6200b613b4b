package review

import (
	"strings"
	"testing"
	"time"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		window, length string
		meeting, due   string
	}{
		{"2026-01-01..2026-12-31", "half-year", "2026-01-01..2026-06-30 2026-07-01..2026-12-31", "2026-01-01..2026-06-30 2026-07-01..2026-12-31"},
		{"2026-02-10..2026-05-10", "quarter", "2026-01-01..2026-03-31 2026-04-01..2026-06-30", "2026-01-01..2026-03-31"},
		{"2026-02-10..2026-02-20", "month", "2026-02-01..2026-02-28", "2026-02-01..2026-02-28"},
		{"2024-02-29..2024-02-29", "year", "2024-01-01..2024-12-31", "2024-01-01..2024-12-31"},
		{"2026-01-01..2026-12-31", "fortnight", "", ""},
	} {
		window, err := ParsePeriod(c.window)
		if err != nil {
			t.Fatal(err)
		}
		if got := join(Periods(window, c.length)); got != c.meeting {
			t.Errorf("%s by %s meets %s", c.window, c.length, got)
		}
		if got := join(ExpectedPeriods(window, c.length)); got != c.due {
			t.Errorf("%s by %s expects %s", c.window, c.length, got)
		}
	}
	if n := len(Periods(Period{"0001-01-01", "9999-12-31"}, "month")); n != 1200 {
		t.Errorf("an endless window has %d periods", n)
	}
}

func join(ps []Period) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return strings.Join(out, " ")
}

func TestParsePeriodRefuses(t *testing.T) {
	for _, s := range []string{"", "2026-01-01", "2026-01-01..", "2026-02-30..2026-03-01", "2026-03-01..2026-02-01"} {
		if _, err := ParsePeriod(s); KindOf(err) != KindUsage || err == nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCover(t *testing.T) {
	at := func(s string) time.Time { return day(s).At }
	whole := Coverage{Source: "erp", Campaign: "q1", PeriodStart: "2026-01-05", PeriodEnd: "2026-03-20", Completeness: "full",
		Extracted: at("2026-01-06"), Due: at("2026-03-20").Add(17 * time.Hour), SignedOff: at("2026-03-19"), Items: 4, Decided: 4}
	with := func(change func(*Coverage)) Coverage { c := whole; change(&c); return c }
	for _, c := range []struct {
		name   string
		in     Coverage
		status string
		late   int
		need   string
	}{
		{"covered", whole, Covered, 0, ""},
		{"a scoped export", with(func(c *Coverage) { c.Completeness = "scoped" }), Covered, 0, ""},
		{"late by the clock", with(func(c *Coverage) { c.SignedOff = at("2026-03-20").Add(18 * time.Hour) }), Late, 0, ""},
		{"late by days", with(func(c *Coverage) { c.SignedOff = at("2026-03-23") }), Late, 3, ""},
		{"not signed off", with(func(c *Coverage) { c.SignedOff = time.Time{} }), Incomplete, 0, "the manager's sign-off"},
		{"items open", with(func(c *Coverage) { c.Open, c.Decided = 2, 2 }), Incomplete, 0, "2 items decided"},
		{"late and items open", with(func(c *Coverage) { c.Open, c.SignedOff = 1, at("2026-03-23") }), Incomplete, 3, "1 item decided"},
		{"truncated", with(func(c *Coverage) { c.Completeness = "truncated" }), Incomplete, 0, "known to be complete"},
		{"no day of extraction", with(func(c *Coverage) { c.Extracted = time.Time{} }), Incomplete, 0, "says when it was made"},
		{"extracted outside", with(func(c *Coverage) { c.Extracted = at("2026-03-21") }), Incomplete, 0, "within 2026-01-05..2026-03-20"},
		{"revokes open", with(func(c *Coverage) { c.RevokesOpen = 3 }), Covered, 0, "3 revokes proven gone"},
		{"of a part", with(func(c *Coverage) { c.Scope = "kind:service" }), Covered, 0, "what its scope leaves out"},
	} {
		rows := Cover(Period{"2026-01-01", "2026-03-31"}, "quarter", []SourceID{"erp"}, []Coverage{c.in}, filterNow)
		if len(rows) != 1 || rows[0].Status != c.status || rows[0].DaysLate != c.late || (rows[0].Need == "") != (c.need == "") || !strings.Contains(rows[0].Need, c.need) {
			t.Errorf("%s: %+v", c.name, rows)
		}
	}
}

// A review of a few people does not make a period look done; beside one of everything it needs nothing more.
func TestCoverOfAPartAndOfTheWhole(t *testing.T) {
	whole := Coverage{Source: "erp", Campaign: "q1", PeriodStart: "2026-01-01", PeriodEnd: "2026-03-31", Completeness: "full",
		Extracted: day("2026-01-06").At, Due: day("2026-03-31").At, SignedOff: day("2026-03-20").At}
	part := whole
	part.Campaign, part.Scope = "event", "identity:ann"
	rows := Cover(Period{"2026-01-01", "2026-03-31"}, "quarter", []SourceID{"erp"}, []Coverage{part, whole}, filterNow)
	if len(rows) != 2 || rows[0].Need+rows[1].Need != "" {
		t.Errorf("beside a review of everything: %+v", rows)
	}
}

func TestCoverIsAMatrix(t *testing.T) {
	mk := func(source SourceID, id CampaignID, from, to string) Coverage {
		return Coverage{Source: source, Campaign: id, PeriodStart: from, PeriodEnd: to, Completeness: "full",
			Extracted: day(from).At, Due: day(to).At, SignedOff: day(to).At}
	}
	done := []Coverage{
		mk("erp", "q1", "2026-01-01", "2026-03-31"),
		mk("erp", "q1-again", "2026-02-01", "2026-03-15"),
		mk("aws", "q2", "2026-04-01", "2026-06-20"),
		mk("erp", "old", "2025-01-01", "2025-03-31"),
		mk("lab", "q1", "2026-01-01", "2026-03-31"),
	}
	window := Period{"2026-01-01", "2026-12-31"}
	rows := Cover(window, "quarter", []SourceID{"erp", "aws"}, done, filterNow)
	var got []string
	for _, r := range rows {
		got = append(got, string(r.Source)+" "+r.PeriodStart+" "+string(r.Campaign)+" "+r.Status)
	}
	want := `aws 2026-01-01  missing
aws 2026-04-01 q2 covered
aws 2026-07-01  missing
aws 2026-10-01  missing
erp 2026-01-01 q1 covered
erp 2026-02-01 q1-again covered
erp 2026-04-01  missing
erp 2026-07-01  missing
erp 2026-10-01  missing`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	needs := StillNeeded(window, rows)
	if len(needs) != 6 || needs[0].Text != "if the window ends on 2026-12-31 you still need a campaign over aws for 2026-01-01..2026-03-31" ||
		!strings.HasSuffix(needs[5].Text, "2026-10-01..2026-12-31, still to come") || needs[5].Hint == "" {
		t.Errorf("%+v", needs)
	}
}
