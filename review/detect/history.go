package detect

import (
	"cmp"
	"strings"
	"time"

	"tickmark/review"
)

func historyRules() []rule {
	return []rule{
		{review.Rule{ID: "came-back", Version: 2, Severity: review.High,
			Title:  "It was revoked, it was gone, and it is there again",
			Serves: []string{"soc2:CC6.2", "soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-05", "owasp-nhi:NHI1"}},
			nil, cameBack, 0, 0},
		{review.Rule{ID: "still-present", Version: 1, Severity: review.High,
			Title:  "It was revoked and never went away",
			Serves: []string{"soc2:CC6.2", "soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-05", "owasp-nhi:NHI1"}},
			nil, stillPresent, 0, 0},
		{review.Rule{ID: "exception-expired", Version: 1, Severity: review.High,
			Title:  "The exception that allowed it has run out",
			Serves: []string{"soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-05"}},
			nil, exceptionExpired, 0, 0},
		{review.Rule{ID: "self-review", Version: 1, Severity: review.High,
			Title:  "The holder granted it, or is to review it",
			Serves: []string{"soc2:CC5.1", "soc2:CC6.3", "800-53:AC-5"}},
			nil, selfReview, 0, 0},
		{review.Rule{ID: "changed", Version: 1, Severity: review.Low,
			Title:  "It is not what was reviewed last time",
			Serves: []string{"soc2:CC6.2", "800-53:AC-2"}},
			nil, changed, 0, 0},
		{review.Rule{ID: "new", Version: 1, Severity: review.Info,
			Title:  "It was not there at the last campaign",
			Serves: []string{"soc2:CC6.2", "800-53:AC-2"}},
			nil, isNew, 0, 0},
	}
}

func cameBack(f *facts) {
	p := &f.grant.Past
	switch {
	case p.Revoked == review.Returned, p.Revoked == review.VerifiedGone && p.Change == review.CameBack: // its return may have no record yet
		f.say("revoked in %s on %s, gone in a later export, and back", cmp.Or(p.RevokedIn, "an earlier campaign"), date(p.RevokedOn))
	case p.Change == review.CameBack:
		f.say("absent at the last campaign %s, there before and there again", f.source.Compared)
	}
}

func stillPresent(f *facts) {
	p := &f.grant.Past
	if p.Revoked == review.StillPresent {
		f.say("revoked in %s on %s and still in the export", cmp.Or(p.RevokedIn, "an earlier campaign"), date(p.RevokedOn))
	}
}

func exceptionExpired(f *facts) {
	p := &f.grant.Past
	until, err := time.Parse(time.DateOnly, p.ExceptionUntil)
	if err != nil || !until.AddDate(0, 0, 1).Before(f.d.s.Now) {
		return
	}
	f.say("the exception of %s ran out on %s; its owner is %s", cmp.Or(p.ExceptionIn, "an earlier campaign"), p.ExceptionUntil,
		cut(cmp.Or(p.ExceptionOwner, "not recorded")))
}

func selfReview(f *facts) {
	if f.identity == nil || !f.person() {
		return
	}
	who := f.d.s.People
	if by := f.grant.GrantedBy; by != "" && (who.SameAs(by, f.identity.Identity) || who.SameAs(f.grant.Granter, f.identity.Identity) || who.Same(by, f.account.Login)) {
		if f.identity.Key != "" && !strings.EqualFold(by, f.identity.Key) {
			by = f.identity.Key + ", in the export " + by
		}
		f.say("granted by the holder: %s", cut(by))
	}
	if by := string(f.grant.Reviewer); by != "" && who.SameAs(by, f.identity.Identity) {
		f.say("the reviewer %s is the holder", cut(by))
	}
}

func changed(f *facts) {
	if f.grant.Past.Change == review.Changed {
		f.say("since %s: %s", cmp.Or(f.source.Compared, "the last campaign"), cmp.Or(f.grant.Past.What, "something changed"))
	}
}

func isNew(f *facts) {
	if f.grant.Past.Change == review.New && f.source.Compared != "" {
		f.say("not there at the last campaign %s", f.source.Compared)
	}
}
