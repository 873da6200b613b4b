package desk

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

func (r *Reading) loadImports(ctx context.Context) error {
	err := r.table(ctx, "imports", func(get func(string) string) error {
		format, _, _ := strings.Cut(get("format"), " ")
		rep := review.ImportReport{
			ID: review.ImportID(count(get("index"))), Entry: review.EntryIndex(count(get("index"))), Source: review.SourceID(get("source")), System: get("system"),
			Environment: get("environment"), Format: format, File: get("file_name"), SHA256: strings.TrimPrefix(get("file_sha256"), "sha256:"), Bytes: count(get("file_bytes")),
			Encoding: get("encoding"), ExportedAt: moment(get("extracted")), ExportedBy: get("extracted_by"), Query: get("query"),
			Completeness: review.Completeness(get("completeness")), Complete: review.Completeness(get("completeness")), RowsRead: count(get("rows_read")),
			RowsReject: count(get("rows_rejected")), Grants: count(get("grants")), Accounts: count(get("accounts")), Identities: count(get("identities")),
			Previous: review.ImportID(count(get("previous"))), ImportedAt: moment(get("time")), State: stateSigned,
		}
		r.imports = append(r.imports, rep)
		return nil
	})
	slices.Reverse(r.imports) // newest first, as lists show them
	return err
}

// loadCampaigns reads the statements of campaigns and their sign-offs from the log.
func (r *Reading) loadCampaigns(ctx context.Context) error {
	i := int64(0)
	for text, err := range r.pack.Entries(ctx, 0, r.head.Size) {
		if err != nil {
			return err
		}
		i++
		if !bytes.HasPrefix(text.Bytes, []byte("tickmark/campaign ")) && !bytes.HasPrefix(text.Bytes, []byte("tickmark/signoff ")) {
			continue
		}
		v, _, _, err := ledger.ParseEntry(text.Bytes)
		if err != nil {
			continue // Verify reports it
		}
		switch v := v.(type) {
		case *ledger.Campaign:
			r.addCampaign(v, i-1)
		case *ledger.Signoff:
			if c := r.campaign(review.CampaignID(v.Campaign)); c != nil && v.Role == string(review.Manager) {
				c.SignedOff = v.Sig.Time
			}
		}
	}
	return nil
}

func (r *Reading) addCampaign(v *ledger.Campaign, index int64) {
	if !slices.Contains(r.pack.Statement().Campaigns, v.Campaign) {
		return
	}
	c := review.Campaign{
		Name: review.CampaignID(v.Campaign), Title: ledger.Display(v.Title), Owner: review.Principal(v.Owner), Scope: ledger.Display(v.Scope), Items: v.Items, Due: v.Due,
		Launched: v.Sig.Time, Period: [2]string{string(v.PeriodStart), string(v.PeriodEnd)}, NoAnswer: review.NoAnswer(v.NoAnswer),
		Assurance: review.Assurance(v.Assurance), Stages: int(v.Stages), Entry: review.EntryIndex(index), Findings: map[review.Severity]int64{},
	}
	for _, n := range v.Imports {
		c.Imports = append(c.Imports, review.ImportID(n))
	}
	for _, x := range v.Exclusions {
		c.Excluded = append(c.Excluded, review.Exclusion{Reason: ledger.Display(x.Reason), Count: x.Count})
	}
	r.campaigns = append(r.campaigns, c)
}

func (r *Reading) campaign(id review.CampaignID) *review.Campaign {
	for i := range r.campaigns {
		if r.campaigns[i].Name == id {
			return &r.campaigns[i]
		}
	}
	return nil
}

func (r *Reading) loadItems(ctx context.Context) error {
	system := map[string]string{}
	for _, im := range r.imports {
		system[string(im.Source)] = im.System
	}
	ord := map[string]int64{}
	return r.table(ctx, "population", func(get func(string) string) error {
		ord[get("campaign")]++
		it := review.Item{
			ID: review.ItemID(get("item")), Campaign: review.CampaignID(get("campaign")), Ord: ord[get("campaign")], Stage: 1, Identity: get("identity"),
			Kind: review.Kind(get("identity_kind")), BaseKind: review.Kind(get("identity_kind")), Status: get("identity_status"), Source: review.SourceID(get("source")),
			System: system[get("source")], Account: get("account"), Login: get("account"), Entitlement: get("entitlement"), EntName: get("entitlement"),
			Resource: get("resource"), Path: get("path"), GrantKind: "grant", Privilege: review.Privilege(get("privilege")), Verdict: review.NoVerdict,
			State: review.ItemOpen, Reviewer: review.Principal(get("reviewer")), Change: review.Unchanged, PrevVerdict: review.NoVerdict,
			Import: review.ImportID(count(get("import"))), Row: count(get("row")), Grant: review.GrantKey(get("grant")), AccountStatus: review.UnknownStatus,
		}
		it.Granted, it.LastUsed, it.Expires = review.Time{State: review.Unknown}, review.Time{State: review.Unknown}, review.Time{State: review.Unknown} // until facts say more
		if it.Kind == "" {
			it.Kind, it.BaseKind = review.UnknownKind, review.UnknownKind
		}
		if v := get("verdict"); v != "" {
			it.Verdict, it.State = review.Verdict(v), review.ItemSigned
		}
		r.position[it.ID] = len(r.items)
		r.items = append(r.items, it)
		return nil
	})
}

func (r *Reading) item(id string) *review.Item {
	if i, ok := r.position[review.ItemID(id)]; ok {
		return &r.items[i]
	}
	return nil
}

func (r *Reading) loadFindings(ctx context.Context) error {
	return r.table(ctx, "findings", func(get func(string) string) error {
		it := r.item(get("item"))
		if it == nil {
			return nil
		}
		f := review.Finding{Rule: get("rule"), Version: int(count(get("rule_version"))), Severity: review.Severity(get("severity")), Reason: get("text")}
		it.Findings = append(it.Findings, f)
		if f.Severity.Rank() > it.MaxSeverity.Rank() {
			it.MaxSeverity = f.Severity
		}
		switch f.Rule {
		case "new":
			it.Change = review.New
		case "changed":
			it.Change = review.Changed
		case "came-back":
			it.Change = review.CameBack
		}
		return nil
	})
}

// loadDecisions gives items the words of the decision in force, what was on the screen then, and every grant its history.
func (r *Reading) loadDecisions(ctx context.Context) error {
	err := r.table(ctx, "decisions", func(get func(string) string) error {
		inForce := get("superseded_by") == ""
		p := review.Past{
			Index: review.EntryIndex(count(get("index"))), Campaign: review.CampaignID(get("campaign")), Item: review.ItemID(get("item")), Verdict: review.Verdict(get("verdict")),
			Reason: get("reason"), Until: get("until"), Reviewer: review.Principal(get("reviewer")), Signer: review.Principal(get("signer")), Key: review.Fingerprint(get("key")),
			Time: moment(get("time")), InForce: inForce,
		}
		grant := review.GrantKey(get("grant"))
		r.past[grant] = append(r.past[grant], p)
		it := r.item(get("item"))
		if it == nil || !inForce {
			return nil
		}
		it.Verdict, it.State, it.Reason, it.Until = p.Verdict, review.ItemSigned, p.Reason, p.Until
		it.Stage = int(count(get("stage")))
		shown, err := ledger.ParseSHA(get("shown_sha256"))
		if err != nil {
			return nil // Verify reports it
		}
		r.shown[it.ID] = shown
		return r.showFacts(ctx, it, shown)
	})
	for _, ps := range r.past {
		slices.Reverse(ps)
	}
	return err
}

// showFacts fills an item with what was on the screen when it was decided.
func (r *Reading) showFacts(ctx context.Context, it *review.Item, shown ledger.Hash) error {
	text, err := r.pack.Facts(ctx, shown)
	if err != nil {
		return nil // withheld, or missing: Verify says which
	}
	v, err := ledger.Parse(text)
	f, ok := v.(*ledger.Facts)
	if err != nil || !ok {
		return nil
	}
	if f.EntitlementName != "" {
		it.EntName = ledger.Display(f.EntitlementName)
	}
	it.AccountStatus, it.Owner, it.Manager = review.Status(ledger.Display(f.AccountStatus)), ledger.Display(f.Owner), ledger.Display(f.Manager)
	it.Granted, _ = review.ParseStated(f.Granted)
	it.LastUsed, _ = review.ParseStated(f.LastUsed)
	it.Expires, _ = review.ParseStated(f.Expires)
	if f.PreviousVerdict != "" {
		it.PrevVerdict = review.Verdict(f.PreviousVerdict)
	}
	return ctx.Err()
}

func (r *Reading) loadExceptions(ctx context.Context) error {
	return r.table(ctx, "exceptions", func(get func(string) string) error {
		e := review.Exception{
			ID: review.EntryIndex(count(get("index"))), Item: review.ItemID(get("item")), Campaign: review.CampaignID(get("campaign")), State: review.ExceptionState(get("state")),
			Source: review.SourceID(get("source")), Account: get("account"), Entitlement: get("entitlement"), Reason: get("reason"), Owner: get("owner"), Control: get("control"),
			Until: get("current_until"), Decided: moment(get("time")), Reviewer: review.Principal(get("reviewer")), Approver: review.Principal(get("reviewer")),
			Renewals: int(count(get("renewals"))),
		}
		if e.State == "remediated" || e.State == "withdrawn" {
			e.Outcome, e.State = string(e.State), review.Closed
		}
		if it := r.item(get("item")); it != nil {
			e.Identity, e.System, e.Privilege = it.Identity, it.System, it.Privilege
		}
		if until := moment(e.Until); !until.IsZero() {
			e.Days = int(until.Sub(r.at.Truncate(24*time.Hour)).Hours() / 24)
		}
		r.exceptions = append(r.exceptions, e)
		return nil
	})
}

func (r *Reading) loadRemediations(ctx context.Context) error {
	return r.table(ctx, "remediation", func(get func(string) string) error {
		m := review.Remediation{
			ID: review.EntryIndex(count(get("decision_index"))), Item: review.ItemID(get("item")), Campaign: review.CampaignID(get("campaign")), State: review.RemediationState(get("state")),
			Source: review.SourceID(get("source")), Account: get("account"), Entitlement: get("entitlement"), Replace: get("replace"), Effective: get("effective"),
			Decided: moment(get("decided")), Claimed: get("claimed"), Ticket: get("ticket"), VerifiedBy: review.ImportID(count(get("import_index"))), Since: moment(get("decided")),
		}
		if it := r.item(get("item")); it != nil {
			m.Identity, m.System, m.Resource, m.Reason, m.Reviewer, m.Owner = it.Identity, it.System, it.Resource, it.Reason, it.Reviewer, it.Owner
		}
		if t := moment(get("import_extracted")); !t.IsZero() {
			m.Since = t
		}
		m.Days = int(r.at.Sub(m.Decided).Hours() / 24)
		r.remediations = append(r.remediations, m)
		return nil
	})
}

func (r *Reading) loadReviewers(ctx context.Context) error {
	return r.table(ctx, "reviewers", func(get func(string) string) error {
		id := review.CampaignID(get("campaign"))
		decided := count(get("decided"))
		if c := r.campaign(id); c != nil {
			c.Reviewers = append(c.Reviewers, review.ReviewerCount{Principal: review.Principal(get("principal")), Items: count(get("assigned")), Decided: decided,
				Signed: decided, SignedOff: moment(get("signed_off"))})
		}
		q := review.Quality{Principal: review.Principal(get("principal")), Decided: decided, Keeps: count(get("keep")), Bulk: count(get("bulk")), Opened: count(get("opened")),
			Seconds: count(get("elapsed_seconds"))}
		if decided > 0 {
			q.PerItem = float64(q.Seconds) / float64(decided)
		}
		r.quality[id] = append(r.quality[id], q)
		return nil
	})
}

func (r *Reading) loadCoverage(ctx context.Context) error {
	return r.table(ctx, "coverage", func(get func(string) string) error {
		r.coverage = append(r.coverage, review.Coverage{
			Source: review.SourceID(get("source")), PeriodStart: get("period_start"), PeriodEnd: get("period_end"), Campaign: review.CampaignID(get("campaign")),
			Import: review.ImportID(count(get("import_index"))), Completeness: get("completeness"), Extracted: moment(get("extracted")), Due: moment(get("due")),
			SignedOff: moment(get("signed_off")), DaysLate: int(count(get("days_late"))), Items: count(get("items")), Decided: count(get("decided")), Open: count(get("open")),
			RevokesOpen: count(get("revokes_open")), ExceptionsOpen: count(get("exceptions_open")), Status: get("status"),
		})
		return nil
	})
}

// count fills the numbers of campaigns from the items the pack discloses, and says how many it does not.
func (r *Reading) count() {
	held := map[review.CampaignID]int64{}
	for i := range r.items {
		it := &r.items[i]
		c := r.campaign(it.Campaign)
		if c == nil {
			continue
		}
		held[c.Name]++
		switch it.Verdict {
		case review.Keep:
			c.Keep++
		case review.Revoke:
			c.Revoke++
		case review.Except:
			c.Exception++
		case review.Abstain:
			c.Abstain++
		}
		if it.State == review.ItemSigned {
			c.Signed++
		}
		if it.MaxSeverity != "" {
			c.Findings[it.MaxSeverity]++
		}
	}
	open := map[review.CampaignID]bool{}
	for _, m := range r.remediations {
		if m.State != review.VerifiedGone {
			open[m.Campaign] = true
		}
	}
	for i := range r.campaigns {
		c := &r.campaigns[i]
		if n := c.Items - held[c.Name]; n > 0 {
			c.Excluded = append(c.Excluded, review.Exclusion{Reason: "withheld in this pack", Count: n})
			c.Items = held[c.Name]
		}
		c.Decided = c.Keep + c.Revoke + c.Exception
		c.Undecided = c.Items - c.Decided
		switch {
		case !c.SignedOff.IsZero() && open[c.Name]:
			c.State = review.Remediating
		case !c.SignedOff.IsZero():
			c.State = review.Sealed
		case r.at.After(c.Due):
			c.State = review.Closing
		default:
			c.State = review.ActiveState
		}
	}
}

// parseRejects reads rejects.csv: line, column, reason.
func parseRejects(b []byte, limit int) ([]review.Reject, error) {
	in := csv.NewReader(bytes.NewReader(b))
	in.FieldsPerRecord = -1
	var out []review.Reject
	for n := 0; limit <= 0 || len(out) < limit; n++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, unreadablePack(err)
		}
		if n == 0 || len(cells) < 3 {
			continue
		}
		out = append(out, review.Reject{Line: count(cells[0]), Column: cells[1], Reason: cells[2], Text: "line " + cells[0] + ": " + cells[2]})
	}
	return out, nil
}
