package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tickmark/review"
)

// guard sums up what was counted and says what stands in the way of launching.
func (p *population) guard(ctx context.Context) (review.Preview, error) {
	v := p.preview
	v.Campaign, v.Identities = p.spec.ID, int64(len(p.identities))
	v.Excluded, v.NoOwner, v.Changes, v.Findings, v.Basis = p.excluded.exclusions(), int64(len(p.withoutOwner)), p.changes, p.severity, p.basis
	for _, who := range sortedKeys(p.reviewers) {
		v.Reviewers = append(v.Reviewers, review.ReviewerCount{Principal: who, Items: p.reviewers[who]})
	}
	for _, im := range p.imports {
		v.Imports = append(v.Imports, im.ImportReport)
	}
	if err := p.blocks(ctx, &v); err != nil {
		return v, err
	}
	p.notices(&v)
	late, err := p.d.LateExports(ctx, p.spec.Sources)
	if err != nil {
		return v, err
	}
	for _, text := range late {
		v.Notices = append(v.Notices, review.Notice{Code: keywordLate, Text: text, Hint: "if the dates are wrong, import it again with the right --exported-at"})
	}
	v.Signs = fmt.Sprintf("One signature freezes %s from %s, who decides each of them, the policy and the rules, and says that %s left out.",
		review.Plural(v.Items, "item"), review.Plural(int64(len(v.Imports)), "import"), review.Plural(sum(v.Excluded), "grant")+plural(sum(v.Excluded), " is", " are"))
	return v, nil
}

func (p *population) blocks(ctx context.Context, v *review.Preview) error {
	block := func(code string, im review.ImportID, hint, text string, args ...any) {
		v.Blocks = append(v.Blocks, review.Notice{Code: code, Text: fmt.Sprintf(text, args...), Hint: hint, Import: im})
	}
	meant := fmt.Sprintf("`tickmark campaign launch %s --allow-empty`", p.spec.ID)
	if len(p.imports) == 0 {
		block(review.BlockNoSource, 0, "import an export first: `tickmark import FILE`", "there is nothing to review: no import holds a grant")
	} else if v.Items == 0 && !p.spec.AllowEmpty {
		block(review.BlockNoItems, 0, fmt.Sprintf("change the scope with `tickmark campaign new %s --scope FILTER`; if it is meant, say so: %s", p.spec.ID, meant), "the campaign would hold no item")
	}
	for _, im := range p.imports {
		if im.Rows == 0 && !p.spec.AllowEmpty {
			block(review.BlockEmptySource, im.ID, fmt.Sprintf("import a whole export with `tickmark import FILE --source %s`; if it is meant, say so: %s", im.Source, meant), "%s holds no grant in import %d", im.Source, im.ID)
		}
		if !slices.ContainsFunc(im.Warnings, func(w review.Warning) bool { return w.Keyword == keywordCounts && collapsed(w) }) || slices.Contains(p.spec.AcceptCount, im.ID) {
			continue
		}
		accepted, err := p.d.db.Setting(ctx, "", settingAccepted(im.ID))
		if err != nil {
			return err
		}
		if accepted == "" {
			block(review.BlockCollapse, im.ID, fmt.Sprintf("check that the export is whole, such as with `tickmark imports show %d`; if it is, say so: `tickmark campaign launch %s --accept-count %d`", im.ID, p.spec.ID, im.ID),
				"%s shrank: %s grants", im.Source, collapseWords(im.Warnings))
		}
	}
	return nil
}

// collapsed reports whether a changed count is a count that fell (rulings 11).
func collapsed(w review.Warning) bool {
	var before, now int64
	_, err := fmt.Sscanf(w.First, "%d -> %d", &before, &now)
	return err == nil && now < before
}

func collapseWords(ws []review.Warning) string {
	for _, w := range ws {
		if w.Keyword == keywordCounts {
			return w.First
		}
	}
	return ""
}

func (p *population) notices(v *review.Preview) {
	var about review.ImportID
	note := func(code, hint, text string, args ...any) {
		v.Notices = append(v.Notices, review.Notice{Code: code, Text: fmt.Sprintf(text, args...), Hint: hint, Import: about})
	}
	for i, im := range p.imports {
		about = im.ID
		if m := p.drifts[i]; m.accounts > 0 {
			note("identity-changed", fmt.Sprintf("import the same file again, with the flags it was imported with, and the items name who it is now: `tickmark import FILE --source %s`", im.Source),
				"%d %s of %s %s somebody else's by the roster and links read since, such as %s", m.accounts, plural(m.accounts, "account", "accounts"), im.Source, plural(m.accounts, "is", "are"), m.such)
		}
		at := im.ExportedAt
		switch {
		case at.IsZero():
			v.Stale++
			note("no-export-time", fmt.Sprintf("import the file again with its day, or nothing can be proven gone later: `tickmark import FILE --source %s --exported-at DAY`", im.Source), "%s does not say when it was exported", im.Source)
		case p.policy.StaleImportDays > 0 && p.now.Sub(at) > time.Duration(p.policy.StaleImportDays)*24*time.Hour:
			v.Stale++
			note("stale", fmt.Sprintf("import a fresh export: `tickmark import FILE --source %s`", im.Source), "%s was exported on %s, %d days ago; the policy allows %d",
				im.Source, at.Format(time.DateOnly), int(p.now.Sub(at)/(24*time.Hour)), p.policy.StaleImportDays)
		}
		if im.Completeness != review.Full && im.Completeness != review.Scoped {
			v.Incomplete++
			note("incomplete", fmt.Sprintf("if you know that it is, import the file again: `tickmark import FILE --source %s --completeness full` (or scoped)", im.Source), "%s is not known to be complete (%s)", im.Source, im.Completeness)
		}
		if im.RowsReject > 0 {
			note("rejected", fmt.Sprintf("`tickmark imports rejects %d` lists them", im.ID), "%d %s of %s %s rejected", im.RowsReject, plural(im.RowsReject, "row", "rows"), im.Source, plural(im.RowsReject, "was", "were"))
		}
		if im.Entry == 0 {
			note("unsigned-import", fmt.Sprintf("launching signs it first; by itself: `tickmark sign --import %d --yes`", im.ID), "import %d of %s is not signed yet", im.ID, im.Source)
		}
	}
	about = 0
	if p.now.After(p.spec.Due) {
		note("past-due", fmt.Sprintf("give it a day to come: `tickmark campaign new %s --due DAY`", p.spec.ID), "the answers were due on %s, which is past", p.spec.Due.UTC().Format(time.DateOnly))
	}
	if v.Unroutable > 0 {
		note("unroutable", fmt.Sprintf("name somebody independent with `tickmark campaign new %s --reviewer PERSON`, or they stay open and are named in the sign-off and the report", p.spec.ID), "%d %s nobody independent to decide %s, such as %s", v.Unroutable, plural(v.Unroutable, "item has", "items have"), plural(v.Unroutable, "it", "them"), p.unroutable)
	}
	if len(p.withoutKey) > 0 {
		names := slices.SortedFunc(maps.Keys(p.withoutKey), func(a, b string) int {
			return cmp.Or(cmp.Compare(p.withoutKey[b], p.withoutKey[a]), cmp.Compare(a, b))
		})
		var items int64
		for _, n := range p.withoutKey {
			items += n
		}
		few, who := names[:min(3, len(names))], "PERSON"
		if review.IsPrincipal(names[0]) { // an import may know a manager by a number or a name only
			who = names[0]
		}
		note("no-key", fmt.Sprintf("enrol them, such as `tickmark key enrol --principal %s --key FILE.pub --roles review`, or let the items go on as shown", who),
			"%d %s a manager or owner was passed over who has no key enrolled: %d %s, such as %s", items, plural(items, "time", "times"), len(names), plural(len(names), "person", "people"), strings.Join(few, ", "))
	}
	if p.admins > 0 {
		note("administrators", fmt.Sprintf("to give them to others: administrators-review = \"block\" in a policy file, and `tickmark campaign new %s --policy FILE`", p.spec.ID), "%d %s decided by somebody who can administer the access", p.admins, plural(p.admins, "item is", "items are"))
	}
	if v.OwnAccess > 0 {
		note("own-access", "enrol somebody else with `tickmark key enrol --principal PERSON --key FILE.pub --roles review`, or they stay open and are named in the sign-off and the report", "%d %s the reviewer's own access and nobody else can take %s", v.OwnAccess, plural(v.OwnAccess, "item is", "items are"), plural(v.OwnAccess, "it", "them"))
	}
	if v.NoOwner > 0 {
		note("no-owner", "import an owners file: `tickmark import --as owners owners.csv`", "%d non-human or shared %s no living owner", v.NoOwner, plural(v.NoOwner, "identity has", "identities have"))
	}
	if !p.snapshot.Roster {
		note("no-roster", "import the HR roster first: `tickmark import --as hr FILE`", "no HR roster was imported, so leavers and managers are not known")
	}
}

func sum(xs []review.Exclusion) (n int64) {
	for _, x := range xs {
		n += x.Count
	}
	return n
}
