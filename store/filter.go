package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickmark/review"
)

// A filter becomes SQL that agrees with review.Filter.Match. Text is sought in the dictionaries of the population, of
// which even a million items have few; words of closed vocabularies are compared as numbers.

// cond is one condition on an item: SQL over the aliases i (items) and n (item_now).
type cond struct {
	sql  string
	args []any
	// items is how many items it lets through at most, -1 if that is not known beforehand.
	items int64
	// ids is a query for the ids of those items by an index; empty if there is none. Its args are those of the condition.
	ids      string
	idsArgs  []any
	opposite *cond // of a condition turned round
}

func never() cond  { return cond{sql: "0", ids: "SELECT 0 WHERE 0"} }
func always() cond { return cond{sql: "1", items: -1} }

func yes(b bool) cond {
	if b {
		return always()
	}
	return never()
}

func plain(sql string, args ...any) cond { return cond{sql: sql, args: args, items: -1} }

// or joins alternatives of one term.
func or(list []cond) cond {
	list = slices.DeleteFunc(list, func(c cond) bool { return c.sql == "0" })
	switch len(list) {
	case 0:
		return never()
	case 1:
		return list[0]
	}
	var out cond
	parts, ids := make([]string, len(list)), make([]string, len(list))
	indexed := true
	for i, c := range list {
		parts[i], ids[i] = c.sql, c.ids
		out.args = append(out.args, c.args...)
		out.idsArgs = append(out.idsArgs, c.idsArgs...)
		if c.items < 0 || c.ids == "" {
			indexed = false
		}
		out.items += c.items
	}
	out.sql = "(" + strings.Join(parts, " OR ") + ")"
	if !indexed {
		out.items, out.ids, out.idsArgs = -1, "", nil
		return out
	}
	out.ids = strings.Join(ids, " UNION ")
	return out
}

// not turns a condition round; what is not known does not hold, so its opposite does.
func not(c cond) cond {
	return cond{sql: "NOT coalesce((" + c.sql + "), 0)", args: c.args, items: -1, opposite: &c}
}

// where translates a filter, one condition per term.
func (p *population) where(ctx context.Context, f review.Filter, now time.Time) ([]cond, error) {
	var list []cond
	for _, t := range f.Terms {
		var alternatives []cond
		for _, v := range t.Values {
			c, err := p.value(ctx, t, v, now)
			if err != nil {
				return nil, err
			}
			alternatives = append(alternatives, c)
		}
		c := or(alternatives)
		if t.Not {
			c = not(c)
		}
		list = append(list, c)
	}
	return list, nil
}

// value translates one alternative of a term.
func (p *population) value(ctx context.Context, t review.Term, v review.Value, now time.Time) (cond, error) {
	switch t.Field {
	case "":
		return p.anyText(ctx, v)
	case "identity":
		return p.dictText(ctx, subjectsDict(), v)
	case "manager":
		return p.dictText(ctx, managersDict(), v)
	case "department":
		return p.dictText(ctx, departmentsDict(), v)
	case "account":
		return p.dictText(ctx, holdersDict(), v)
	case "entitlement":
		return p.dictText(ctx, targetsDict(), v)
	case "resource":
		return p.dictText(ctx, placesDict(), v)
	case "owner":
		return p.dictText(ctx, ownersDict(), v)
	case "system", "source":
		return p.originText(ctx, t.Field, v)
	case "reviewer":
		return p.reviewerText(ctx, v)
	case "campaign":
		return yes(matchTexts(v, string(p.campaign))), nil
	case "mark":
		return p.markText(ctx, v)
	case "kind":
		return p.kind(ctx, v.Word)
	case "status":
		return p.status(v.Word), nil
	case "finding":
		return p.finding(ctx, v)
	case "severity":
		return p.severityIs(v), nil
	case "verdict":
		return p.verdictIs(ctx, review.Verdict(v.Word))
	case "previous":
		return p.tagIn(tagPrevious, "i.previous_verdict", verdicts().code(review.Verdict(v.Word))), nil
	case "state":
		return p.stateIs(ctx, review.ItemState(v.Word))
	case "change":
		return p.tagIn(tagChange, "i.change", known(changes().code(review.Change(v.Word)))...), nil
	case "privilege":
		return p.privilegeIs(review.Privilege(v.Word)), nil
	case "privileged":
		return p.privileged(ctx, v.Word)
	case "how":
		return p.how(ctx, v.Word)
	case "last-used":
		return p.time(tagLastUsed, "i.last_used", t, v, now), nil
	case "granted":
		return p.time(tagGranted, "i.granted", t, v, now), nil
	case "expires":
		return p.time(tagExpires, "i.expires", t, v, now), nil
	case "stage":
		return plain("i.stage "+sqlOp(v.Op)+" ?", v.Number), nil
	case "id":
		return p.idPrefix(ctx, v.Word)
	}
	return cond{}, review.Errorf(review.KindInternal, "filters by %s are not translated", review.Quote(t.Field))
}

func sqlOp(op review.Op) string {
	if op == "" {
		return string(review.OpEqual)
	}
	return string(op)
}

// known leaves out the code of words a vocabulary does not hold: they match nothing.
func known(code int64) []int64 {
	if code == 0 {
		return nil
	}
	return []int64{code}
}

func matchTexts(v review.Value, texts ...string) bool {
	if v.None {
		return !slices.ContainsFunc(texts, func(s string) bool { return s != "" })
	}
	return slices.ContainsFunc(texts, v.MatchText)
}

func (p *population) originText(ctx context.Context, field string, v review.Value) (cond, error) {
	numbers, items, err := p.matching(ctx, wordOrigin, func(w word) bool {
		if field == "source" {
			return matchTexts(v, w.more)
		}
		return matchTexts(v, w.text)
	})
	return p.inList("i.origin", facetOrigin, matched{numbers: numbers, items: items}), err
}

// reviewerText compares who decides now.
func (p *population) reviewerText(ctx context.Context, v review.Value) (cond, error) {
	numbers, _, err := p.matching(ctx, wordReviewer, func(w word) bool { return matchTexts(v, w.text) })
	if err != nil {
		return cond{}, err
	}
	return p.reviewers(ctx, numbers)
}

// reviewers is the condition that one of some people decides.
func (p *population) reviewers(ctx context.Context, numbers []int64) (cond, error) {
	if len(numbers) == 0 {
		return never(), nil
	}
	list := jsonInts(numbers)
	items, err := p.tally(ctx, "reviewer IN (SELECT value FROM json_each(?))", list)
	return cond{sql: "n.reviewer IN (SELECT value FROM json_each(?))", args: []any{list}, items: items,
		ids:     "SELECT x.id FROM json_each(?) AS j CROSS JOIN item_now AS x INDEXED BY item_now_by_reviewer WHERE x.population = ? AND x.reviewer = j.value",
		idsArgs: []any{list, p.id}}, err
}

// tally counts items by the counters.
func (p *population) tally(ctx context.Context, where string, args ...any) (int64, error) {
	var n int64
	err := p.db.r.QueryRowContext(ctx, "SELECT coalesce(sum(items), 0) FROM tallies WHERE population = ? AND "+where, append([]any{p.id}, args...)...).Scan(&n)
	return n, wrap(err)
}

func (p *population) verdictIs(ctx context.Context, v review.Verdict) (cond, error) {
	return p.verdictIn(ctx, v)
}

// verdictIn is the condition that the staged verdict, else the signed one, is among some.
func (p *population) verdictIn(ctx context.Context, list ...review.Verdict) (cond, error) {
	codes := make([]int64, len(list))
	for i, v := range list {
		codes[i] = verdicts().code(v)
	}
	set := jsonInts(codes)
	items, err := p.tally(ctx, "CASE WHEN staged <> 0 THEN staged ELSE signed END IN (SELECT value FROM json_each(?))", set)
	if err != nil {
		return cond{}, err
	}
	reviewers, err := p.sort(ctx, wordReviewer)
	if err != nil {
		return cond{}, err
	}
	numbers := make([]int64, len(reviewers))
	for i, r := range reviewers {
		numbers[i] = r.n
	}
	people := jsonInts(numbers)
	c := cond{sql: "n.verdict IN (SELECT value FROM json_each(?))", args: []any{set}, items: items,
		ids:     "SELECT x.id FROM json_each(?) AS j CROSS JOIN json_each(?) AS v CROSS JOIN item_now AS x INDEXED BY item_now_by_reviewer WHERE x.population = ? AND x.reviewer = j.value AND x.verdict = v.value",
		idsArgs: []any{people, set, p.id}}
	if len(codes) == 1 {
		c.sql, c.args = "n.verdict = ?", []any{codes[0]}
	}
	return c, nil
}

func (p *population) stateIs(ctx context.Context, s review.ItemState) (cond, error) {
	switch s {
	case review.ItemStaged:
		items, err := p.tally(ctx, "staged <> 0")
		return cond{sql: "n.staged <> 0", items: items,
			ids: "SELECT DISTINCT x.item FROM staged AS x WHERE x.item > ? << 32 AND x.item < (? + 1) << 32", idsArgs: []any{p.id, p.id}}, err
	case review.ItemSigned:
		items, err := p.tally(ctx, "staged = 0 AND signed <> 0")
		if err != nil || items == 0 {
			return never(), err
		}
		decided, err := p.verdictIn(ctx, review.Keep, review.Revoke, review.Except, review.Abstain)
		return cond{sql: "(n.staged = 0 AND n.signed <> 0)", items: items,
			ids:     "SELECT y.id FROM (" + decided.ids + ") AS d CROSS JOIN item_now AS y ON y.id = d.id WHERE y.staged = 0 AND y.signed <> 0",
			idsArgs: decided.idsArgs}, err
	}
	c, err := p.verdictIs(ctx, review.NoVerdict)
	return c, err
}

func (p *population) markText(ctx context.Context, v review.Value) (cond, error) {
	if v.None {
		return p.subjectsWhere(ctx, "marks IS NULL")
	}
	sets, err := p.marks(ctx, v.MatchText)
	if err != nil || len(sets) == 0 {
		return never(), err
	}
	return p.subjectsWhere(ctx, "marks IN (SELECT value FROM json_each(?))", jsonInts(sets))
}

// marks gives the sets of marks that hold one fn accepts.
func (p *population) marks(ctx context.Context, fn func(string) bool) ([]int64, error) {
	numbers, _, err := p.matching(ctx, wordMarks, func(set word) bool { return slices.ContainsFunc(strings.Split(set.text, wordGap), fn) })
	return numbers, err
}

// kind compares the kind of an item, that of its identity, and the marks.
func (p *population) kind(ctx context.Context, word string) (cond, error) {
	sets, err := p.marks(ctx, func(m string) bool { return m == word })
	if err != nil {
		return cond{}, err
	}
	code := kinds().code(review.Kind(word))
	list := []cond{p.tagIn(tagKind, "i.kind", known(code)...)}
	if code != 0 || len(sets) > 0 {
		c, err := p.subjectsWhere(ctx, "(kind = ? AND kind <> 0 OR marks IN (SELECT value FROM json_each(?)))", code, jsonInts(sets))
		if err != nil {
			return c, err
		}
		list = append(list, c)
	}
	return or(list), nil
}

func (p *population) status(word string) cond {
	list := []cond{p.tagIn(tagStatus, "i.status", known(itemStatuses().code(word))...)}
	if word != "active" && word != "unknown" {
		list = append(list, p.tagIn(tagAccountStatus, "i.account_status", known(accountStatuses().code(review.Status(word)))...))
	}
	return or(list)
}

func (p *population) severityIs(v review.Value) cond {
	var codes []int64
	than := review.Severity(v.Word).Rank()
	for code := range severities() {
		switch v.Op {
		case review.OpLess:
			if code >= than {
				continue
			}
		case review.OpAtMost:
			if code > than {
				continue
			}
		case review.OpMore:
			if code <= than {
				continue
			}
		case review.OpAtLeast:
			if code < than {
				continue
			}
		default:
			if code != than {
				continue
			}
		}
		codes = append(codes, int64(code))
	}
	return p.tagIn(tagSeverity, "i.severity", codes...)
}

func (p *population) privilegeIs(w review.Privilege) cond {
	codes := known(privileges().code(w))
	if w == review.UnknownPrivilege {
		codes = append(codes, 0)
	}
	return p.tagIn(tagPrivilege, "i.privilege", codes...)
}

// finding compares the rules that fired.
func (p *population) finding(ctx context.Context, v review.Value) (cond, error) {
	if v.None {
		return plain("NOT EXISTS (SELECT 1 FROM item_findings AS f WHERE f.item = i.id)"), nil
	}
	numbers, items, err := p.matching(ctx, wordRule, func(rule word) bool {
		if v.Parts != nil {
			return v.MatchText(rule.text)
		}
		return rule.text == v.Word
	})
	if err != nil || len(numbers) == 0 {
		return never(), err
	}
	list := jsonInts(numbers)
	return cond{sql: "EXISTS (SELECT 1 FROM item_findings AS f WHERE f.item = i.id AND f.rule IN (SELECT value FROM json_each(?)))", args: []any{list}, items: items,
		ids:     "SELECT DISTINCT x.item FROM json_each(?) AS j CROSS JOIN item_findings AS x INDEXED BY item_findings_by_rule WHERE x.rule = j.value AND x.item > ? << 32 AND x.item < (? + 1) << 32",
		idsArgs: []any{list, p.id, p.id}}, nil
}

// privileged is yes for admin rights or the rule of that name, unknown where nothing is known, else no.
func (p *population) privileged(ctx context.Context, word string) (cond, error) {
	fired, err := p.finding(ctx, review.Value{Word: "privileged"})
	if err != nil {
		return cond{}, err
	}
	is := or([]cond{p.privilegeIs(review.Admin), fired})
	var rest cond
	switch review.Tri(word) {
	case review.Yes:
		return is, nil
	case review.No:
		rest = or([]cond{p.privilegeIs(review.Write), p.privilegeIs(review.Read)})
	default:
		rest = p.privilegeIs(review.UnknownPrivilege)
	}
	none := not(is)
	return plain("("+rest.sql+" AND "+none.sql+")", append(slices.Clone(rest.args), none.args...)...), nil
}

func (p *population) how(ctx context.Context, how string) (cond, error) {
	numbers, _, err := p.matching(ctx, wordHow, func(w word) bool { return w.text == how })
	if err != nil || len(numbers) == 0 {
		return never(), err
	}
	return plain("i.how IN (SELECT value FROM json_each(?))", jsonInts(numbers)), nil
}

// time compares a coded time.
func (p *population) time(tag tagColumn, column string, t review.Term, v review.Value, now time.Time) cond {
	if v.Word != "" {
		return p.timeState(tag, column, review.TimeState(v.Word))
	}
	from, to, ok := t.Range(v, now)
	if !ok {
		return never()
	}
	sql, args := column+" > ?", []any{int64(knownFloor)}
	if !from.IsZero() {
		sql, args = sql+" AND "+column+" >= ?", append(args, from.Unix()<<5)
	}
	if !to.IsZero() {
		sql, args = sql+" AND "+column+" < ?", append(args, to.Unix()<<5)
	}
	return plain("("+column+" IS NOT NULL AND "+sql+")", args...)
}

// idPrefix finds items by the start of their id. What item_ids holds decides up to 16 digits; beyond, the id itself.
func (p *population) idPrefix(ctx context.Context, prefix string) (cond, error) {
	const held = 16
	if len(prefix) > 64 {
		return never(), nil
	}
	if len(prefix) > held {
		items, _, err := itemsByPrefix(ctx, p.db.r, prefix, 1000)
		if err != nil || len(items) == 0 {
			return never(), wrap(err)
		}
		list := jsonInts(items)
		return cond{sql: "i.id IN (SELECT value FROM json_each(?))", args: []any{list}, items: int64(len(items)),
			ids: "SELECT value FROM json_each(?) WHERE value >> 32 = ?", idsArgs: []any{list, p.id}}, nil
	}
	from, err := strconv.ParseUint(prefix+strings.Repeat("0", held-len(prefix)), 16, 64)
	if err != nil {
		return never(), nil
	}
	to, err := strconv.ParseUint(prefix+strings.Repeat("f", held-len(prefix)), 16, 64)
	if err != nil {
		return never(), nil
	}
	args := []any{int64(from ^ 1<<63), int64(to ^ 1<<63), p.id, p.id}
	ids := "SELECT x.item FROM item_ids AS x WHERE x.id BETWEEN ? AND ? AND x.item > ? << 32 AND x.item < (? + 1) << 32"
	return cond{sql: "i.id IN (" + ids + ")", args: args, items: p.items >> min(4*len(prefix), 62), ids: ids, idsArgs: args}, nil
}
