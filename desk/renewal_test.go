package desk

import (
	"testing"
	"time"

	"tickmark/review"
)

// Several exceptions renewed at once keep each their owner and control, unless new ones are said.
func TestRenewingSeveralKeepsWhatEachSays(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,PAY\nfinn@corp.example,PAY\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.launch("q4")
	says := map[string][2]string{"emma@corp.example PAY": {"bob@corp.example", "weekly log review"}, "finn@corp.example PAY": {"carol@corp.example", "four eyes"}}
	items := o.items("q4")
	for name, s := range says {
		o.decide(items[name], review.Draft{Verdict: review.Except, Reason: "needed", Owner: s[0], Control: s[1], Until: "2027-01-31", Opened: true})
	}
	o.confirm()
	o.later(time.Hour)
	list := func() map[string]review.Exception {
		es, err := o.desk.Exceptions(t.Context(), "")
		o.must(err)
		by := map[string]review.Exception{}
		for _, e := range es {
			by[e.Identity+" "+e.Entitlement] = e
		}
		return by
	}
	renew := func(until, owner, reason string) {
		var ids []review.EntryIndex
		for _, e := range list() {
			ids = append(ids, e.ID)
		}
		res, err := o.desk.StageClosure(t.Context(), ids, review.ClosureDraft{Outcome: review.OutcomeRenewed, Until: until, Owner: owner, Reason: reason})
		o.must(err)
		if res.Staged != len(says) {
			t.Fatalf("%+v", res)
		}
		o.confirm()
		o.later(time.Hour)
	}
	renew("2027-02-28", "", "release 7 slipped")
	if policy := review.DefaultPolicy(); list()["emma@corp.example PAY"].MaxDays != policy.ExceptionMaxDays {
		t.Error("an exception does not say how long its campaign's policy lets it run")
	}
	for name, e := range list() {
		if e.Owner != says[name][0] || e.Control != says[name][1] || e.Until != "2027-02-28" {
			t.Errorf("%s: %s answers for it, %s, until %s", name, e.Owner, e.Control, e.Until)
		}
	}
}
