package importers

import (
	"strings"

	"tickmark/review"
)

var entraAccessReviews = &format{
	FormatInfo: FormatInfo{
		ID: "entra-access-review-history", Title: "Microsoft Entra ID access review history", Mark: "U",
		Steps: []string{
			"Entra admin centre: Identity Governance, Access reviews, Review history, New report; choose the period and the results.",
			"When the report is done, download it as CSV.",
		},
		Gaps: []string{"accounts and access as they are now: the file only tells what was decided before"},
	},
	version: 1, rules: true,
	shapes: []shape{{csv: true, json: true, need: []string{"accessreviewid", "reviewresult"}, known: []string{"accessreviewseriesid", "accessreviewinstanceid", "reviewname", "resourcename",
		"resourceid", "principalname", "principalid", "userprincipalname", "reviewedby", "revieweddatetime", "justification", "recommendation", "applyresult"}}},
	start: func(x *run) mapper {
		x.defaults("entra")
		result, by, why := x.bound("value", "reviewresult"), x.col("reviewedby", "reviewername", "reviewedbyuserprincipalname"), x.col("justification", "reviewjustification")
		who := x.bound("account", "principalid", "userid", "userprincipalname", "principalname")
		resource := x.bound("subject", "resourcename", "resourceid", "reviewname", "accessreviewid")
		series := x.col("accessreviewseriesid", "seriesid")
		at := x.date(pastTime, review.Unknown, "revieweddatetime", "revieweddate", "revieweddatetimeutc", "reviewdate")
		return mapper{each: func(r *row) {
			e := review.Evidence{Kind: "prior_decision", Account: loginKey(r.id(who)), Subject: r.text(resource), Value: r.text(result), At: r.time(at)}
			if e.Account == "" {
				r.reject("missing-identity", who, "a principal", "export the report with principals")
				return
			}
			if s := r.text(by); s != "" {
				e.Value += " by " + s
			}
			if s := r.text(why); s != "" {
				e.Value += ": " + s
			}
			if s := r.text(series); s != "" && strings.Trim(s, "0-") == "" {
				e.Subject += " (one-time review)"
			}
			x.evidence(e)
		}}
	},
}
