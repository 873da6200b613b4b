package evidence

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickmark/ledger"
)

// table is one of the nine tables: its header and how its rows are made (evidence-pack.md 5.2). Cells are in display
// form and not yet guarded. A row may be used only until emit returns.
type table struct {
	name   string
	header []string
	rows   func(b *book, ctx context.Context, emit emit) error
}

type emit func(cells []string) error

// tables lists the nine in the order of their names.
func tables() []table {
	columns := func(s string) []string { return strings.Split(s, ",") }
	return []table{
		{"controls", columns("framework,version,id,campaign,note"), (*book).controlRows},
		{"coverage", columns("source,period_start,period_end,campaign,import_index,completeness,extracted,due,signed_off,days_late,items,decided,open,revokes_open,exceptions_open,status"), (*book).coverageRows},
		{"decisions", columns("index,bundle,campaign,stage,item,grant,source,account,identity,identity_kind,entitlement,privilege,verdict,replace,effective,until,owner,control,reason,reviewer,signer,via,key,time,opened,bulk,supersedes,superseded_by,shown_sha256,leaf_hash"), (*book).decisionRows},
		{"exceptions", columns("index,campaign,item,source,account,entitlement,owner,control,until,reason,reviewer,time,state,renewals,closure_index,closure_outcome,closed,current_until,evidence_sha256"), (*book).exceptionRows},
		{"findings", columns("campaign,item,rule,rule_version,severity,text,decision_index,verdict"), (*book).findingRows},
		{"imports", columns("index,source,system,environment,format,file_name,file_sha256,file_bytes,encoding,extracted,extracted_by,query,completeness,rows_read,rows_accepted,rows_rejected,grants,accounts,identities,items_root,mapping_sha256,rejects_sha256,control_totals,previous,importer,time"), (*book).importRows},
		{"population", columns("campaign,item,grant,import,row,source,account,identity,identity_kind,identity_status,entitlement,resource,path,privilege,reviewer,status,decision_index,verdict,leaf_hash"), (*book).populationRows},
		{"remediation", columns("decision_index,campaign,item,source,account,entitlement,replace,decided,effective,ticket,claimed,claimed_index,verified_index,import_index,import_extracted,state"), (*book).remediationRows},
		{"reviewers", columns("campaign,principal,assigned,decided,keep,revoke,exception,abstain,opened,bulk,elapsed_seconds,bundles,first,last,via,keys,signed_off"), (*book).reviewerRows},
	}
}

// Cells. An absent value is an empty cell.

func num(n int64) string { return strconv.FormatInt(n, 10) }

func ref(index int64) string {
	if index == 0 {
		return ""
	}
	return num(index)
}

func sha(h ledger.Hash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ledger.FormatTime(t)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func show(raw string) string { return ledger.Display(raw) }

func (b *book) sourceOf(imp int64) string {
	if s := b.importAt(imp); s != nil {
		return s.Source
	}
	return ""
}

// decisionRows: one row per disclosed decision of a campaign in view, superseded ones too, by index.
func (b *book) decisionRows(ctx context.Context, emit emit) error {
	row, d := make([]string, 0, 30), make([]string, decisionValues)
	for _, e := range b.bundles {
		if e.act != ledger.ActDecision || e.campaign == nil || !e.campaign.inView {
			continue
		}
		index, at, covering := e.first-1, when(e.time), num(e.index)
		for t, err := range b.pack.entries(ctx, e.first, e.index) {
			if err != nil {
				return err
			}
			index++
			if _, ok := values(t.Bytes, ledger.KindDecision, d); !ok {
				continue // withheld
			}
			var kind, stage, privilege string
			if h, err := ledger.ParseSHA(d[decisionShown]); err == nil {
				if kind, _, err = b.shownIdentity(h); err != nil {
					return err
				}
			}
			if it := e.campaign.itemNamed(d[decisionItem]); it != nil {
				stage, privilege = ref(int64(it.stage)), privilegeWords[it.privilege]
			}
			row = append(row[:0], num(index), covering, e.campaign.stmt.Campaign, stage, d[decisionItem], d[decisionGrant],
				b.sourceOf(parseDigits(d[decisionImport])), d[decisionAccount], d[decisionIdentity], kind, d[decisionEntitlement], privilege,
				d[decisionVerdict], d[decisionReplace], d[decisionEffective], d[decisionUntil], d[decisionOwner], d[decisionControl], d[decisionReason],
				d[decisionReviewer], e.signer, e.via, e.key, at, d[decisionOpened], d[decisionBulk], d[decisionSupersedes],
				ref(b.supersededBy[index]), d[decisionShown], t.Leaf.Base64())
			if err := emit(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// shownIdentity gives the kind and status of the identity that was shown for a decision.
func (b *book) shownIdentity(shown ledger.Hash) (kind, status string, err error) {
	x, ok, err := b.pack.fact(shown)
	if err != nil || !ok {
		return "", "", err
	}
	return b.pack.words[x.kind], b.pack.words[x.status], nil
}

// shownName gives the name an entitlement had on the reviewer's screen, where it says more than its native id does.
func (b *book) shownName(ctx context.Context, shown ledger.Hash, entitlement string) (string, error) {
	text, err := b.factsText(ctx, shown)
	if err != nil || text == nil {
		return "", err
	}
	f := make([]string, factsValues)
	if _, ok := values(text, ledger.KindFacts, f); !ok || strings.EqualFold(f[factsName], entitlement) {
		return "", nil
	}
	return f[factsName], nil
}

// populationRows: one row per disclosed member of the campaigns in view, in population order.
func (b *book) populationRows(ctx context.Context, emit emit) error {
	row, r := make([]string, 0, 19), make([]string, rowValues)
	for _, c := range b.view {
		list, err := b.pack.memberList(c.stmt.Campaign)
		if err != nil {
			continue
		}
		for i := range c.items {
			it := &c.items[i]
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			clear(r)
			text, err := b.rowText(it.imp, it.row)
			if err != nil {
				return err
			}
			if _, ok := values(text, ledger.KindRow, r); !ok {
				clear(r)
			}
			var kind, status string
			if it.decision != 0 {
				if kind, status, err = b.shownIdentity(c.shownFor(it)); err != nil {
					return err
				}
			}
			grant, err1 := b.grantOf(list, it)
			leaf, err2 := list.leaf(it.leaf)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			row = append(row[:0], c.stmt.Campaign, it.id.String(), grant, num(it.imp), num(it.row), b.sourceOf(it.imp),
				r[rowAccount], r[rowIdentity], kind, status, r[rowEntitlement], r[rowResource], r[rowPath], r[rowPrivilege],
				b.nameOf(it.reviewer), it.status(), ref(it.decision), it.verdict.String(), leaf.Base64())
			if err := emit(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// status is the word of population.csv.
func (it *item) status() string {
	switch it.verdict {
	case noVerdict:
		return "open"
	case abstain:
		return "abstained"
	}
	return "decided"
}

func (it *item) decided() bool { return it.verdict != noVerdict && it.verdict != abstain }

// findingRows: one row per finding shown with a decision in force, population order.
func (b *book) findingRows(ctx context.Context, emit emit) error {
	row := make([]string, 0, 8)
	for _, c := range b.view {
		for i := range c.items {
			it := &c.items[i]
			if it.decision == 0 {
				continue
			}
			if x, ok, err := b.pack.fact(c.shownFor(it)); err != nil || !ok || !x.findings {
				if err != nil {
					return err
				}
				continue
			}
			text, err := b.factsText(ctx, c.shownFor(it))
			if err != nil {
				return err
			}
			v, err := ledger.Parse(text)
			f, ok := v.(*ledger.Facts)
			if err != nil || !ok {
				continue
			}
			for _, x := range f.Findings {
				row = append(row[:0], c.stmt.Campaign, it.id.String(), x.Rule, num(x.Version), x.Severity, show(x.Text),
					num(it.decision), it.verdict.String())
				if err := emit(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// inForce yields the items of the campaigns in view whose decision in force has the verdict, by index of the decision.
func (b *book) inForce(v verdict) []held {
	var out []held
	for _, c := range b.view {
		for i := range c.items {
			if it := &c.items[i]; it.verdict == v {
				out = append(out, held{c, it})
			}
		}
	}
	slices.SortFunc(out, func(x, y held) int { return cmp.Compare(x.it.decision, y.it.decision) })
	return out
}

type held struct {
	c  *campaign
	it *item
}

// exceptionRows: one row per exception in force.
func (b *book) exceptionRows(ctx context.Context, emit emit) error {
	asOf := b.asOf()
	for _, h := range b.inForce(exception) {
		d, err := b.decision(ctx, h.it.decision)
		if err != nil {
			return err
		}
		x := h.c.exception[h.it.decision]
		if d == nil || x == nil {
			continue
		}
		var closed string
		if x.ended() {
			closed = when(x.time)
		}
		err = emit([]string{num(h.it.decision), h.c.stmt.Campaign, h.it.id.String(), b.sourceOf(d.Import), show(d.Account),
			show(d.Entitlement), show(d.Owner), show(d.Control), string(d.Until), show(d.Reason), d.Reviewer,
			when(b.timeOf(h.it.decision)), x.state(asOf), num(x.renewals), ref(x.closure), x.outcome, closed, string(x.until),
			sha(x.evidence)})
		if err != nil {
			return err
		}
	}
	return nil
}

// timeOf gives the time of the bundle that covers a record.
func (b *book) timeOf(record int64) time.Time {
	if e := b.bundleOf(record); e != nil {
		return e.time
	}
	return time.Time{}
}

// remediationRows: one row per revoke in force.
func (b *book) remediationRows(ctx context.Context, emit emit) error {
	for _, h := range b.inForce(revoke) {
		d, err := b.decision(ctx, h.it.decision)
		if err != nil {
			return err
		}
		r := h.c.revoke[h.it.decision]
		if d == nil || r == nil {
			continue
		}
		var extracted string
		if imp := b.importAt(r.imp); imp != nil {
			extracted = when(imp.Extracted)
		}
		err = emit([]string{num(h.it.decision), h.c.stmt.Campaign, h.it.id.String(), b.sourceOf(d.Import), show(d.Account),
			show(d.Entitlement), show(d.Replace), when(b.timeOf(h.it.decision)), string(d.Effective), show(r.ticket), when(r.done),
			ref(r.claimed), ref(r.verified), ref(r.imp), extracted, r.word()})
		if err != nil {
			return err
		}
	}
	return nil
}

// importRows: one row per import.
func (b *book) importRows(_ context.Context, emit emit) error {
	for _, e := range b.imports {
		s := e.v
		var totals []string
		for _, t := range s.Totals {
			totals = append(totals, t.Name+" "+num(t.Declared)+" "+num(t.Found))
		}
		err := emit([]string{num(e.index), s.Source, show(s.System), s.Environment, show(s.Format), show(s.FileName),
			s.FileSHA256.String(), num(s.FileBytes), show(s.Encoding), when(s.Extracted), show(s.ExtractedBy), show(s.Query),
			s.Completeness, num(s.RowsRead), num(s.RowsAccepted), num(s.RowsRejected), num(s.Grants), num(s.Accounts),
			num(s.Identities), s.ItemsRoot.Base64(), sha(s.MappingSHA256), sha(s.RejectsSHA256), strings.Join(totals, "; "),
			ref(s.Previous), s.Signer, when(s.Time)})
		if err != nil {
			return err
		}
	}
	return nil
}

// share is one person's decisions in force in a campaign.
type share struct {
	principal                        string
	assigned, decided                int64
	keep, revoke, exception, abstain int64
	opened, bulk                     int64
	person
}

// shares counts who is assigned what and decided what, by principal as bytes.
func (b *book) shares(c *campaign) []share {
	byName := map[string]*share{}
	get := func(principal string) *share {
		s := byName[principal]
		if s == nil {
			s = &share{principal: principal}
			byName[principal] = s
		}
		return s
	}
	for principal, p := range c.people {
		if p.bundles > 0 {
			get(principal)
		}
	}
	for i := range c.items {
		it := &c.items[i]
		if it.reviewer >= 0 {
			get(b.names[it.reviewer]).assigned++
		}
		if it.decision == 0 {
			continue
		}
		s := get(b.nameOf(it.decider))
		switch it.verdict {
		case keep:
			s.keep++
		case revoke:
			s.revoke++
		case exception:
			s.exception++
		case abstain:
			s.abstain++
		}
		if it.decided() {
			s.decided++
		}
		if it.opened {
			s.opened++
		}
		if it.bulk {
			s.bulk++
		}
	}
	out := make([]share, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		s := *byName[name]
		if p := c.people[name]; p != nil {
			s.person = *p
		}
		out = append(out, s)
	}
	return out
}

// reviewerRows: one row per campaign and person who is assigned something or decided something.
func (b *book) reviewerRows(_ context.Context, emit emit) error {
	for _, c := range b.view {
		for _, s := range b.shares(c) {
			err := emit([]string{c.stmt.Campaign, s.principal, num(s.assigned), num(s.decided), num(s.keep), num(s.revoke),
				num(s.exception), num(s.abstain), num(s.opened), num(s.bulk), num(s.elapsed), num(s.bundles), when(s.first),
				when(s.last), strings.Join(s.via, " "), strings.Join(s.keys, " "), when(s.signedOff)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
