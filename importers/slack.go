package importers

import (
	"strings"

	"tickmark/review"
)

var slackMembers = &format{
	FormatInfo: FormatInfo{
		ID: "slack-members", Title: "Slack workspace members", Mark: "S",
		Steps: []string{
			"With the API: a token with users:read and users:read.email, the command below, and further calls while next_cursor is not empty.",
			"Or in Slack: Tools & settings, Manage members, Export member list; the CSV comes as a message (its columns are known from documentation only).",
		},
		Command: `curl -sH "Authorization: Bearer $TOKEN" "https://slack.com/api/users.list?limit=200" > slack-members.json`,
		Gaps:    []string{"channels and user groups", "when members were last active: Analytics knows", "apps: the app audit log knows"},
	},
	version: 1,
	shapes: []shape{
		{json: true, top: []string{"ok", "members"}, lists: []string{"members"}, known: []string{"cachets", "responsemetadata"}},
		{csv: true, json: true, need: []string{"billingactive", "has2fa", "userid"}, known: []string{"username", "email", "status", "hassso", "fullname", "displayname", "expirationtimestamp"}},
	},
	start: func(x *run) mapper {
		x.defaults("slack")
		if !x.plan.csv && len(x.plan.shape.top) > 0 {
			return mapper{each: func(r *row) { slackMember(x, r) }}
		}
		id, login, mail, name := x.bound("account", "userid"), x.bound("login", "username"), x.bound("email", "email"), x.bound("display_name", "fullname", "displayname")
		status, mfa := x.bound("status", "status"), x.bound("mfa", "has2fa")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.id(id), Login: r.text(login), DisplayName: r.text(name), Emails: emails(r.text(mail)), Kind: review.Human, MFA: r.tri(mfa), StatusRaw: r.text(status), Status: review.Active}
			if a.NativeID == "" {
				r.reject("missing-identity", id, "a user id", "export the members again")
				return
			}
			held := strings.ReplaceAll(strings.TrimPrefix(lower(a.StatusRaw), "workspace "), " ", "-")
			switch {
			case held == "":
				held, a.Status = "member", review.UnknownStatus
			case strings.Contains(held, "deactivated"), strings.Contains(held, "deleted"):
				held, a.Status = "", review.Disabled
			case strings.Contains(held, "bot"):
				held, a.Kind, a.MFA = "bot", review.Service, review.NA
			case strings.Contains(held, "guest"):
				held, a.Kind, a.External = "guest", review.External, review.Yes
			case strings.Contains(held, "invited"):
				held, a.Status = "member", review.Pending
			}
			x.account(&a)
			slackRole(x, a.NativeID, held)
		}}
	},
}

// slackMember maps a member as the API gives it.
func slackMember(x *run, r *row) {
	profile := r.v.get("profile")
	a := review.Account{NativeID: r.v.get("id").text(), Login: r.v.get("name").text(), DisplayName: r.v.get("realname").text(), Emails: emails(profile.get("email").text()),
		Title: profile.get("title").text(), Kind: review.Human, Status: review.Active, MFA: parseTri(r.v.get("has2fa").str())}
	if a.NativeID == "" {
		r.refuse("missing-identity", col{label: "/id"}, "the id of a member was expected, none was found; export the members again")
		return
	}
	fill(&a.DisplayName, profile.get("realname").text())
	x.sawInstance(r.v.get("teamid").text())
	held := "member"
	switch {
	case r.v.get("isbot").isTrue(), r.v.get("isworkflowbot").isTrue(), a.NativeID == "USLACKBOT":
		held, a.Kind, a.MFA = "bot", review.Service, review.NA
	case r.v.get("isprimaryowner").isTrue():
		held = "primary-owner"
	case r.v.get("isowner").isTrue():
		held = "owner"
	case r.v.get("isadmin").isTrue():
		held = "admin"
	case r.v.get("isrestricted").isTrue(), r.v.get("isultrarestricted").isTrue(), r.v.get("isstranger").isTrue():
		held, a.Kind, a.External = "guest", review.External, review.Yes
	}
	if r.v.get("deleted").isTrue() {
		held, a.Status, a.StatusRaw = "", review.Deleted, "deleted"
	}
	x.account(&a)
	slackRole(x, a.NativeID, held)
}

func slackRole(x *run, account, held string) {
	if held == "" {
		return
	}
	e := role(held)
	switch held {
	case "primary-owner", "owner", "admin":
		e.Privilege, e.PrivilegeReason = review.Admin, "rules the workspace"
	}
	x.grant(&review.Grant{Account: account, Entitlement: e})
}
