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
	v.Campaign, v.Identities = p.spec.ID, int64(len(p.people))
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
	v.Signs = fmt.Sprintf("One signature freezes %d items from %d %s, who decides each of them, the policy and the rules, and says that %d grants are left out.",
		v.Items, len(v.Imports), plural(len(v.Imports), "import", "imports"), sum(v.Excluded))
	return v, nil
}

func (p *population) blocks(ctx context.Context, v *review.Preview) error {
	block := func(code, hint, text string, args ...any) {
		v.Blocks = append(v.Blocks, review.Notice{Code: code, Text: fmt.Sprintf(text, args...), Hint: hint})
	}
	if len(p.imports) == 0 {
		block("no-source", "import an export first: `tickmark import FILE`", "there is nothing to review: no import holds a grant")
	} else if v.Items == 0 && !p.spec.AllowEmpty {
		block("no-items", "check the scope; if it is meant, draft the review again with --allow-empty", "the campaign would hold no item")
	}
	for _, im := range p.imports {
		if im.Rows == 0 && !p.spec.AllowEmpty {
			block("empty-source", "import a whole export; if it is meant, draft the review again with --allow-empty", "%s holds no grant in import %d", im.Source, im.ID)
		}
		if !slices.ContainsFunc(im.Warnings, func(w review.Warning) bool { return w.Keyword == keywordCounts && collapsed(w) }) || slices.Contains(p.spec.AcceptCount, im.ID) {
			continue
		}
		accepted, err := p.d.db.Setting(ctx, "", settingAccepted(im.ID))
		if err != nil {
			return err
		}
		if accepted == "" {
			block("collapse", fmt.Sprintf("check that the export is whole; if it is, say --accept-count %d", im.ID), "%s shrank: %s grants", im.Source, collapseWords(im.Warnings))
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
	note := func(code, hint, text string, args ...any) {
		v.Notices = append(v.Notices, review.Notice{Code: code, Text: fmt.Sprintf(text, args...), Hint: hint})
	}
	for _, im := range p.imports {
		at := im.ExportedAt
		switch {
		case at.IsZero():
			note("no-export-time", "give --exported-at at import; without it nothing can be proven gone later", "%s does not say when it was exported", im.Source)
		case p.policy.StaleImportDays > 0 && p.now.Sub(at) > time.Duration(p.policy.StaleImportDays)*24*time.Hour:
			note("stale", "import a fresh export", "%s was exported on %s", im.Source, at.Format(time.DateOnly))
		}
		if im.Completeness != review.Full && im.Completeness != review.Scoped {
			note("incomplete", "say --completeness full or scoped at import if you know it", "%s is not known to be complete (%s)", im.Source, im.Completeness)
		}
		if im.RowsReject > 0 {
			note("rejected", fmt.Sprintf("`tickmark imports %d` lists them", im.ID), "%d rows of %s were rejected", im.RowsReject, im.Source)
		}
		if im.Entry == 0 {
			note("unsigned-import", "launching signs it first", "import %d of %s is not signed yet", im.ID, im.Source)
		}
	}
	if v.Unroutable > 0 {
		note("unroutable", "name somebody independent with --reviewer, or they stay open and are named in the sign-off and the report", "%d %s nobody independent to decide %s, such as %s", v.Unroutable, plural(v.Unroutable, "item has", "items have"), plural(v.Unroutable, "it", "them"), p.unroutable)
	}
	if len(p.withoutKey) > 0 {
		names := slices.SortedFunc(maps.Keys(p.withoutKey), func(a, b string) int {
			return cmp.Or(cmp.Compare(p.withoutKey[b], p.withoutKey[a]), cmp.Compare(a, b))
		})
		var items int64
		for _, n := range p.withoutKey {
			items += n
		}
		few := names[:min(3, len(names))]
		note("no-key", fmt.Sprintf("enrol them, such as `tickmark key enrol --principal %s --key FILE.pub --roles review`, or let the items go on as shown", names[0]),
			"%d times a manager or owner was passed over who has no key enrolled: %d %s, such as %s", items, len(names), plural(len(names), "person", "people"), strings.Join(few, ", "))
	}
	if p.admins > 0 {
		note("administrators", "set administrators-review = \"block\" in the policy to give them to others", "%d %s decided by somebody who can administer the access", p.admins, plural(p.admins, "item is", "items are"))
	}
	if v.OwnAccess > 0 {
		note("own-access", "enrol somebody else, or they stay open and are named in the sign-off and the report", "%d %s the reviewer's own access and nobody else can take %s", v.OwnAccess, plural(v.OwnAccess, "item is", "items are"), plural(v.OwnAccess, "it", "them"))
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
