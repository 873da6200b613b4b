package desk

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/review"
)

// work gives the work items of a campaign by account.
func (o *office) work(filter string) map[string]review.Remediation {
	o.t.Helper()
	rs, err := o.desk.Remediations(o.t.Context(), filter)
	o.must(err)
	out := map[string]review.Remediation{}
	for _, r := range rs {
		if _, twice := out[string(r.Campaign)+" "+r.Account]; twice {
			o.t.Errorf("%s of %s is two work items", r.Account, r.Campaign)
		}
		out[string(r.Campaign)+" "+r.Account] = r
	}
	return out
}

// Two stages that both revoke make one work item: listed, claimed, settled and counted once, in the database and in its pack. A
// later campaign that keeps the access supersedes the revoke: nobody has to carry it out any more, and it is counted apart.
func TestOneWorkItemForEachAccess(t *testing.T) {
	o := newOffice(t)
	bobs, carols := o.joined(bob, "review"), o.joined(carol, "review")
	full := review.ImportOptions{Source: "erp", Completeness: review.Full}
	const dan, eve = "dan@corp.example,FI_POST\n", "eve@corp.example,FI_POST\n"
	o.imports("erp.csv", "identity,entitlement\n"+dan+eve, full)
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob}, Stages: 2, Stage2: []review.Principal{carol}})
	items := o.held(o.desk, "q4")
	revoke := func(d *Desk, key, reason string) {
		t.Helper()
		_, err := d.Stage(t.Context(), review.Query{}, []review.ItemID{items[key].ID}, review.Draft{Verdict: review.Revoke, Reason: reason}, nil)
		o.must(err)
		o.signs(d)
	}
	revoke(bobs, "1 dan@corp.example FI_POST", "moved")
	revoke(bobs, "1 eve@corp.example FI_POST", "unused")
	revoke(carols, "2 dan@corp.example FI_POST", "agreed")
	revoke(carols, "2 eve@corp.example FI_POST", "agreed")

	dans := o.work("")["q4 dan@corp.example"]
	if len(o.work("")) != 2 || len(dans.Also) != 1 || dans.Reason != "moved" || dans.Reviewer != bob || !strings.Contains(strings.Join(dans.Notes, " "), "revoked again by carol@corp.example") {
		t.Fatalf("%+v", o.work(""))
	}
	var csv, sh bytes.Buffer
	n, err := o.desk.ExportRemediation(t.Context(), "", &csv, false)
	o.must(err)
	_, err = o.desk.ExportRemediation(t.Context(), "", &sh, true)
	o.must(err)
	if n != 2 || strings.Count(csv.String(), "dan@") != 1 || strings.Count(sh.String(), "\n# "+number(dans.ID)+"  ") != 1 || strings.Contains(sh.String(), "\n# "+number(dans.Also[0])+"  ") {
		t.Errorf("%d on the work list\n%s\n%s", n, csv.String(), sh.String())
	}

	// A claim may name any of the decisions; it is one act, and the ledger states it of each.
	o.later(24 * time.Hour)
	res, err := o.desk.StageClaim(t.Context(), []review.EntryIndex{dans.Also[0], dans.ID}, review.ClaimDraft{Ticket: "CHG-1", Done: o.now.Format(time.DateOnly)})
	o.must(err)
	if res.Staged != 1 {
		t.Errorf("claimed %+v", res)
	}
	_, _, err = o.desk.Undo(t.Context())
	o.must(err)
	if staged, err := o.desk.Staged(t.Context()); err != nil || len(staged) != 0 {
		t.Errorf("one undo takes the claim back: %+v %v", staged, err)
	}
	_, err = o.desk.StageClaim(t.Context(), []review.EntryIndex{dans.ID}, review.ClaimDraft{Ticket: "CHG-1", Done: o.now.Format(time.DateOnly)})
	o.must(err)
	if r := o.signs(o.desk); len(r) != 1 || r[0].Records != 2 {
		t.Errorf("receipts %+v", r)
	}
	if r := o.work("")["q4 dan@corp.example"]; r.State != review.ClaimedDone || r.Ticket != "CHG-1" {
		t.Errorf("%+v", r)
	}

	o.later(20 * 24 * time.Hour)
	rep := o.imports("erp2.csv", "identity,entitlement\n"+eve+"gus@corp.example,FI_POST\n", full)
	if rep.Settled == nil || rep.Settled.Gone != 1 || rep.Settled.StillPresent != 1 {
		t.Fatalf("settled %+v", rep.Settled)
	}
	o.signs(o.desk)
	all := o.work("")
	if all["q4 dan@corp.example"].State != review.VerifiedGone || all["q4 eve@corp.example"].State != review.StillPresent || !all["q4 eve@corp.example"].Overdue {
		t.Errorf("%+v", all)
	}

	// The next campaign lets eve's access stay.
	o.drafts(review.CampaignSpec{ID: "q1", Reviewers: []review.Principal{bob}})
	kept := o.held(o.desk, "q1")["1 eve@corp.example FI_POST"]
	_, err = bobs.Stage(t.Context(), review.Query{}, []review.ItemID{kept.ID}, review.Draft{Verdict: review.Keep, Reason: "needed for month end"}, nil)
	o.must(err)
	if r := o.work("")["q4 eve@corp.example"]; r.Superseded != nil {
		t.Errorf("what is only staged supersedes: %+v", r)
	}
	o.signs(bobs)
	eves := o.work("")["q4 eve@corp.example"]
	if eves.Superseded == nil || eves.State != review.StillPresent || eves.Overdue || eves.Pending() {
		t.Fatalf("%+v", eves)
	}
	note := eves.Superseded.String()
	if want := "superseded by keep in campaign q1, decision " + number(eves.Superseded.Decision) + " (bob@corp.example: needed for month end)"; note != want {
		t.Errorf("%q, want %q", note, want)
	}
	if len(o.work("superseded:yes")) != 1 || len(o.work("superseded:no")) != 1 || len(o.work("overdue:yes")) != 0 {
		t.Errorf("the filter does not know superseded")
	}
	_, err = o.desk.StageClaim(t.Context(), []review.EntryIndex{eves.ID}, review.ClaimDraft{Ticket: "CHG-2", Done: o.now.Format(time.DateOnly)})
	o.refused(err, review.KindRefused)
	csv.Reset()
	if n, err := o.desk.ExportRemediation(t.Context(), "", &csv, true); err != nil || n != 0 || strings.Contains(csv.String(), "eve@") {
		t.Errorf("what is to stay is on the work list: %v\n%s", err, csv.String())
	}
	// That it is still there is no news; that it went is.
	o.later(24 * time.Hour)
	if rep := o.imports("erp3.csv", "identity,entitlement\n"+eve+"fay@corp.example,FI_POST\n", full); rep.Settled == nil || rep.Settled.StillPresent+rep.Settled.CameBack+rep.Settled.NotSettled != 0 {
		t.Errorf("settled %+v", rep.Settled)
	}

	measures := func(name string, outcomes []review.Outcomes, coverage []review.Coverage, rs []review.Remediation, open review.CampaignState) {
		t.Helper()
		if len(outcomes) != 1 || outcomes[0].Revokes != 1 || outcomes[0].Gone != 1 || outcomes[0].ShareGone != 1 || outcomes[0].Superseded != 1 || outcomes[0].Overdue != 0 {
			t.Errorf("%s: outcomes %+v", name, outcomes)
		}
		for _, c := range coverage {
			if c.RevokesOpen != 0 {
				t.Errorf("%s: coverage %+v", name, c)
			}
		}
		if len(rs) != 2 || rs[1].Superseded == nil || rs[1].Superseded.String() != note || rs[1].Overdue || rs[0].State != review.VerifiedGone || len(rs[0].Also) != 1 {
			t.Errorf("%s: %+v", name, rs)
		}
		if open != review.Sealed {
			t.Errorf("%s: the campaign is %s", name, open)
		}
	}
	_, err = carols.SignOff(t.Context(), "q4", review.Reviewer, nil)
	o.must(err)
	_, err = bobs.SignOff(t.Context(), "q4", review.Reviewer, nil)
	o.must(err)
	_, err = o.desk.SignOff(t.Context(), "q4", review.Manager, nil)
	o.must(err)
	outcomes, err := o.desk.Outcomes(t.Context(), "all")
	o.must(err)
	coverage, err := o.desk.Coverage(t.Context(), "", "")
	o.must(err)
	rs, err := o.desk.Remediations(t.Context(), "campaign:q4")
	o.must(err)
	c, err := o.desk.Campaign(t.Context(), "q4")
	o.must(err)
	measures("database", outcomes, coverage, rs, c.State)
	status, err := o.desk.Overview(t.Context())
	o.must(err)
	if len(status.Remediation) != 1 || status.Remediation[review.VerifiedGone] != 1 {
		t.Errorf("status %v", status.Remediation)
	}
	o.verifies()

	path := filepath.Join(o.dir, "pack")
	_, err = o.desk.Export(t.Context(), evidence.Options{}, path)
	o.must(err)
	checked, err := evidence.Verify(t.Context(), path, evidence.VerifyOptions{})
	o.must(err)
	for _, f := range checked.Codes {
		t.Errorf("%s at %v %s: %s", f.Code, f.Entry, f.File, f.Detail)
	}
	for _, s := range checked.States {
		if s.Code == "REVOKES-OPEN" && s.Count != 1 {
			t.Errorf("%+v", s)
		}
	}
	table, err := os.ReadFile(filepath.Join(path, "tables", "remediation.csv"))
	o.must(err)
	if n := bytes.Count(table, []byte(`"verified-gone"`)); n != 2 {
		t.Errorf("the table has a row for each revoke in force, %d are gone, want 2:\n%s", n, table)
	}
	page, err := os.ReadFile(filepath.Join(path, "report.html"))
	o.must(err)
	for _, want := range []string{"Of 1 revoke: 1 proven gone; 1 more was superseded, a later campaign let the access stay",
		"superseded by keep in campaign q1, decision " + number(eves.Superseded.Decision) + " (bob@corp.example)"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("report.html does not say %q", want)
		}
	}
	p, err := OpenPack(t.Context(), path, PackOptions{})
	o.must(err)
	t.Cleanup(func() { p.Close() })
	outcomes, err = p.Outcomes(t.Context(), "all")
	o.must(err)
	coverage, err = p.Coverage(t.Context(), "", "")
	o.must(err)
	rs, err = p.Remediations(t.Context(), "campaign:q4")
	o.must(err)
	cs, err := p.Campaigns(t.Context())
	o.must(err)
	measures("pack", outcomes, coverage, rs, cs[0].State)

	// Revoked again afterwards, it is work again: that of the campaign that says so.
	o.drafts(review.CampaignSpec{ID: "q2", Reviewers: []review.Principal{bob}})
	again := o.held(o.desk, "q2")["1 eve@corp.example FI_POST"]
	_, err = bobs.Stage(t.Context(), review.Query{}, []review.ItemID{again.ID}, review.Draft{Verdict: review.Revoke, Reason: "month end is automatic now"}, nil)
	o.must(err)
	o.signs(bobs)
	all = o.work("account:eve")
	if len(all) != 2 || all["q2 eve@corp.example"].State != review.RevokeOpen || all["q4 eve@corp.example"].Superseded == nil {
		t.Errorf("%+v", all)
	}
}

func number(i review.EntryIndex) string { return strconv.FormatInt(int64(i), 10) }
