package desk

import (
	"context"
	"strings"

	"tickmark/review"
	"tickmark/review/detect"
	"tickmark/store"
)

// eachGrant walks the rows of all imports in order, with what earlier campaigns say of them if past is asked for. stage says
// what is done with them, in words.
func (p *population) eachGrant(ctx context.Context, stage string, past bool, fn func(i int, row *store.GrantRow) error) error {
	at := review.Progress{Stage: stage, Unit: "grants"}
	for i := range p.imports {
		at.Total += p.imports[i].Rows
	}
	began := at.Total / passes * p.passed
	p.passed++
	var read int64
	for i := range p.imports {
		im := &p.imports[i]
		var o store.GrantOptions
		if past {
			o = store.GrantOptions{Earlier: p.before[im.Source], Last: true}
		}
		err := p.d.db.Grants(ctx, im.ID, o, func(row *store.GrantRow) error {
			if read%progressRows == 0 {
				if ctx.Err() != nil {
					return cancelled()
				}
				if p.progress != nil {
					at.Done = began + read/passes
					p.progress(at)
				}
			}
			read++
			return fn(i, row)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// grant is a row as rules see it. i is the import's position.
func (p *population) grant(i int, row *store.GrantRow) detect.Grant {
	g := detect.Grant{
		Ref: row.Row, Account: p.accountAt[i][row.Account.NativeID], Entitlement: -1, Kind: firstOf(row.Grant.Kind, "grant"),
		Resource: firstOf(row.Grant.Resource.Name, row.Grant.Resource.NativeID), How: row.Grant.How, State: row.Grant.State,
		Privilege: row.Grant.Entitlement.Privilege, PrivilegeReason: row.Grant.Entitlement.PrivilegeReason,
		Granted: row.Grant.Granted, LastUsed: p.lastUsed(row), Expires: row.Grant.Expires, GrantedBy: row.Grant.GrantedBy, Granter: p.granter(row),
		Past: p.past(p.imports[i].Source, row),
	}
	if row.Grant.Kind != "account" && row.Grant.Kind != "owner" {
		if n, ok := p.entitleAt[entKey{i, row.Account.System, row.Grant.Entitlement.NativeID}]; ok {
			g.Entitlement = n
		} else if n, ok := p.entitleAt[entKey{i, "", row.Grant.Entitlement.NativeID}]; ok {
			g.Entitlement = n
		}
	}
	return g
}

// granter is the identity behind the name a row gives for who granted it.
func (p *population) granter(row *store.GrantRow) string {
	return p.granters[row.Import][strings.ToLower(row.Grant.GrantedBy)]
}

// lastUsed prefers what the export says; an observation from a file of its own stands in where it says nothing.
func (p *population) lastUsed(row *store.GrantRow) review.Time {
	t := row.Grant.LastUsed
	if t.Norm() == review.Known || t.Norm() == review.Never {
		return t
	}
	if u, ok := p.dir.lastUsed(row.Account, row.Grant.Entitlement.NativeID); ok {
		return u
	}
	return t
}

func (p *population) past(source review.SourceID, row *store.GrantRow) detect.Past {
	var past detect.Past
	if e := p.exceptions[review.GrantKey(row.Key.String())]; e != nil {
		past.ExceptionUntil, past.ExceptionIn, past.ExceptionOwner = e.Until, e.Campaign, e.Owner
	}
	if row.Last != nil && row.Last.Verdict == review.Revoke {
		past.Revoked, past.RevokedIn, past.RevokedOn = row.Last.Remediation, row.Last.Campaign, row.Last.Time
	}
	if p.before[source] != "" {
		past.Change = change(row)
		if row.Before != nil {
			past.What = row.Before.What
		}
	}
	return past
}

// change compares a row with the last campaign that covered its source, and with what was decided on it.
func change(row *store.GrantRow) review.Change {
	if last := row.Last; last != nil && last.Verdict == review.Revoke && (last.Remediation == review.VerifiedGone || last.Remediation == review.Returned) {
		return review.CameBack
	}
	switch {
	case row.Before == nil:
		return review.New
	case row.Before.Changed:
		return review.Changed
	}
	return review.Unchanged
}
