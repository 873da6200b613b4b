package importers

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"tickmark/review"
)

var awsCredentialColumns = []string{"usercreationtime", "passwordlastused", "passwordlastchanged", "passwordnextrotation", "mfaactive",
	"accesskey1lastrotated", "accesskey1lastuseddate", "accesskey1lastusedregion", "accesskey1lastusedservice",
	"accesskey2active", "accesskey2lastrotated", "accesskey2lastuseddate", "accesskey2lastusedregion", "accesskey2lastusedservice",
	"cert1active", "cert1lastrotated", "cert2active", "cert2lastrotated"}

var awsCredentialReport = &format{
	FormatInfo: FormatInfo{
		ID: "aws-credential-report", Title: "AWS IAM credential report", Mark: "S",
		Steps: []string{
			"Sign in to the account with permission for iam:GenerateCredentialReport and iam:GetCredentialReport.",
			"Let AWS make the report: aws iam generate-credential-report, and repeat until it answers COMPLETE (a report is kept for four hours).",
			"Fetch it with the command below. The JSON that the command prints without --query is read too.",
			"Or in the console: IAM, Credential report, Download credential report.",
			"Repeat for every account: one report covers one account.",
		},
		Command: "aws iam get-credential-report --query Content --output text | base64 -d > credential-report.csv",
		Gaps: []string{
			"what users may do: add aws-account-authorization for policies and groups",
			"roles, and people who sign in through IAM Identity Center",
			"the report can be up to four hours old",
		},
	},
	version: 1, full: true,
	facts: append([]string{"passwordenabled"}, awsCredentialColumns...),
	shapes: []shape{
		{csv: true, need: []string{"user", "arn", "passwordenabled", "accesskey1active"}, known: awsCredentialColumns},
		{json: true, top: []string{"content", "reportformat"}, known: []string{"generatedtime"}, envelope: true},
	},
	start: startAWSCredentialReport,
}

// awsSecret is one of the credentials a user of the report can have.
type awsSecret struct {
	entitlement, name, kind string
	active, made            col
	created                 when
	used                    when
}

func startAWSCredentialReport(x *run) mapper {
	x.defaults("aws")
	user, arn := x.bound("login", "user"), x.bound("account", "arn")
	created := x.date(pastTime, review.Unknown, "usercreationtime")
	mfa, enabled := x.bound("mfa", "mfaactive"), x.col("passwordenabled")
	passwordUsed := x.date(usedTime, review.Unknown, "passwordlastused")
	passwordMade := x.date(pastTime, review.Unknown, "passwordlastchanged")
	var secrets []awsSecret
	for _, n := range []string{"1", "2"} {
		key := "accesskey" + n
		secrets = append(secrets, awsSecret{"access-key-" + n, "Access key " + n, "access_key", x.col(key + "active"), x.col(key + "lastrotated"),
			x.date(pastTime, review.Unknown, key+"lastrotated"), x.date(usedTime, review.Unknown, key+"lastuseddate")})
	}
	for _, n := range []string{"1", "2"} {
		cert := "cert" + n
		secrets = append(secrets, awsSecret{entitlement: "certificate-" + n, name: "Signing certificate " + n, kind: "certificate",
			active: x.col(cert + "active"), made: x.col(cert + "lastrotated"), created: x.date(pastTime, review.Unknown, cert+"lastrotated")})
	}
	return mapper{each: func(r *row) {
		id := r.id(arn)
		if id == "" {
			r.reject("missing-identity", arn, "the ARN of a user", "make the report again")
			return
		}
		login := r.text(user)
		root := login == "<root_account>" || strings.HasSuffix(id, ":root")
		x.sawInstance(arnAccount(id))
		a := review.Account{NativeID: id, Login: login, Kind: review.Service, KindInferred: true, Created: r.time(created), Status: review.Disabled, MFA: review.NA}
		password := r.isTrue(enabled)
		switch {
		case root:
			a.Kind, a.KindInferred, a.Irrevocable = review.System, false, "the root user cannot be removed; lock its password away and delete its keys"
		case password:
			a.Kind = review.Human
		}
		if password || root {
			a.MFA = r.tri(mfa)
		}
		a.LastLogin = awsUsed(r, passwordUsed, false)
		var grants []review.Grant
		if password || root {
			a.Status = review.Active
			c := review.Credential{Kind: "password", Status: "active", Created: awsUsed(r, passwordMade, false), LastUsed: a.LastLogin}
			a.Credentials = append(a.Credentials, c)
			g := review.Grant{Entitlement: review.Entitlement{NativeID: "console-password", Name: "Console password"}, Granted: c.Created, LastUsed: c.LastUsed}
			if root {
				g.Irrevocable = a.Irrevocable
			}
			grants = append(grants, g)
		}
		for _, s := range secrets {
			active := r.isTrue(s.active)
			if !active && r.text(s.made) == "" {
				continue
			}
			c := review.Credential{NativeID: s.entitlement, Kind: s.kind, Status: "inactive", Created: r.time(s.created)}
			if s.used.names != nil {
				c.LastUsed = awsUsed(r, s.used, active)
			}
			if active {
				c.Status, a.Status = "active", review.Active
				grants = append(grants, review.Grant{Entitlement: review.Entitlement{NativeID: s.entitlement, Name: s.name}, Granted: c.Created, LastUsed: c.LastUsed})
				if root && s.kind == "access_key" {
					x.warn("root-access-key")
				}
			}
			a.Credentials = append(a.Credentials, c)
		}
		x.account(&a)
		for i := range grants {
			g := &grants[i]
			g.Account = id
			g.Entitlement.Kind = "credential"
			if root {
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "credential of the root user"
			}
			x.grant(g)
		}
	}}
}

// awsUsed reads a time of the report, where N/A means never for an active key and not applicable otherwise.
func awsUsed(r *row, w when, activeKey bool) review.Time {
	if b := r.bytes(w.col); foldIs(b, "n/a") {
		if activeKey {
			return review.Time{State: review.Never, Raw: string(b)}
		}
		return review.Time{State: review.NotApplicable, Raw: string(b)}
	}
	return r.time(w)
}

// arnAccount is the account number in an ARN.
func arnAccount(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// openEnvelope takes the CSV text out of {"Content": ..., "ReportFormat": ...}; the command line client prints it in
// base64, libraries as text.
func (p *plan) openEnvelope(s *jsonScanner) error {
	s.maxString = maxElement
	if _, err := s.peek(); err != nil {
		return err
	}
	s.pos++
	err := s.pairs(func(k *keyInfo) error {
		if k.norm != "content" {
			v, err := s.small(1)
			if k.norm == "generatedtime" && err == nil {
				p.exportedAt = v.text()
			}
			return err
		}
		var d doc
		err := s.doc(&d, 1)
		if err == nil {
			p.content = bytes.Clone(d.root().bytes())
		}
		return err
	})
	if err != nil {
		return err
	}
	if !bytes.ContainsAny(p.content, ",\n") {
		text, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(p.content), nil)))
		if err != nil {
			return refuse("unknown-shape", "%s: /Content: CSV text or base64 was expected, neither was found", review.Safe(p.in.Name)).
				WithHint("make the export again with: %s", p.format.Command)
		}
		p.content = text
	}
	p.cells = charset{name: "utf-8", lax: true}
	d, _, err := settleDialect(p.in.Name, &p.cells, p.content, true, ',')
	if err != nil {
		return err
	}
	p.dialect = *d
	pr := &probe{csv: true, names: p.header, paths: map[string]bool{}}
	for _, n := range p.names {
		pr.paths[n] = true
	}
	m, missing := p.format.match(&p.format.shapes[0], pr)
	if len(missing) > 0 {
		return refuse("missing-columns", "%s: /Content: %s was expected, none was found", review.Safe(p.in.Name), strings.Join(missing, ", ")).WithHint("make the export again with: %s", p.format.Command)
	}
	p.evidence = append(p.evidence, fmt.Sprintf("CSV inside /Content: %d of %d known columns", m.known, m.of))
	p.dropColumns()
	return nil
}
