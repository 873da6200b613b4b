package review

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Match reports whether an item passes the filter. Stores that translate the filter to SQL must agree with it.
func (f Filter) Match(it *Item, now time.Time) bool { return f.match((*itemRecord)(it), now) }

// MatchException reports whether an exception passes a filter of ParseExceptionFilter.
func (f Filter) MatchException(e *Exception, now time.Time) bool {
	return f.match((*exceptionRecord)(e), now)
}

// MatchRemediation reports whether a revocation passes a filter of ParseRemediationFilter.
func (f Filter) MatchRemediation(r *Remediation, now time.Time) bool {
	return f.match((*remediationRecord)(r), now)
}

// filterRecord is how a filter looks at one line of a list. texts of the empty field are those a bare word is sought in.
type filterRecord interface {
	texts(field string, buf []string) []string
	word(field string, v Value) bool
	time(field string) Time
	number(field string) int64
}

func (f Filter) match(rec filterRecord, now time.Time) bool {
	for _, t := range f.Terms {
		any := slices.ContainsFunc(t.Values, func(v Value) bool { return t.holds(v, rec, now) })
		if any == t.Not {
			return false
		}
	}
	return true
}

func (t Term) holds(v Value, rec filterRecord, now time.Time) bool {
	switch {
	case v.None || v.Parts != nil:
		var buf [12]string
		return v.matchTexts(rec.texts(t.Field, buf[:0]))
	case v.Word != "":
		return rec.word(t.Field, v)
	case v.Age.Unit != 0 || !v.Day.IsZero():
		at := rec.time(t.Field)
		from, to, ok := t.Range(v, now)
		return ok && at.IsKnown() && !at.At.Before(from) && (to.IsZero() || at.At.Before(to))
	}
	return v.Op.compare(cmp.Compare(rec.number(t.Field), v.Number))
}

func (v Value) matchTexts(texts []string) bool {
	if v.None {
		return !slices.ContainsFunc(texts, func(s string) bool { return s != "" })
	}
	return slices.ContainsFunc(texts, v.MatchText)
}

// MatchText reports whether a text value of a filter accepts s; an absent s is never accepted.
func (v Value) MatchText(s string) bool {
	if s == "" || v.None {
		return false
	}
	s = Fold(s)
	parts := v.Folded()
	if !v.Whole() {
		return strings.Contains(s, parts[0])
	}
	if len(parts) == 1 {
		return s == parts[0]
	}
	last := len(parts) - 1
	if len(s) < len(parts[0])+len(parts[last]) || !strings.HasPrefix(s, parts[0]) || !strings.HasSuffix(s, parts[last]) {
		return false
	}
	s = s[len(parts[0]) : len(s)-len(parts[last])]
	for _, p := range parts[1:last] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}

type itemRecord Item

func (it *itemRecord) texts(field string, buf []string) []string {
	switch field {
	case "":
		return append(buf, it.Identity, it.Name, it.Account, it.Login, it.Entitlement, it.EntName, it.Resource, it.System, it.Owner)
	case "identity":
		return append(buf, it.Identity, it.Name)
	case "account":
		return append(buf, it.Account, it.Login)
	case "entitlement":
		return append(buf, it.Entitlement, it.EntName)
	case "resource":
		return append(buf, it.Resource)
	case "system":
		return append(buf, it.System)
	case "source":
		return append(buf, string(it.Source))
	case "owner":
		return append(buf, it.Owner)
	case "manager":
		return append(buf, it.Manager)
	case "department":
		return append(buf, it.Department)
	case "reviewer":
		return append(buf, string(it.Reviewer))
	case "campaign":
		return append(buf, string(it.Campaign))
	case "mark":
		for _, m := range it.Marks {
			buf = append(buf, string(m))
		}
	case "finding":
		for _, f := range it.Findings {
			buf = append(buf, f.Rule)
		}
	}
	return buf
}

func (it *itemRecord) word(field string, v Value) bool {
	switch field {
	case "kind":
		return string(it.Kind) == v.Word || string(it.BaseKind) == v.Word || slices.Contains(it.Marks, Mark(v.Word))
	case "status":
		return it.Status == v.Word || v.Word != "active" && v.Word != "unknown" && string(it.AccountStatus) == v.Word
	case "finding":
		return it.fired(v.Word)
	case "severity":
		worst := cmp.Or(it.MaxSeverity, Worst(it.Findings))
		return v.Op.compare(cmp.Compare(worst.Rank(), Severity(v.Word).Rank()))
	case "verdict":
		return cmp.Or(it.Verdict, NoVerdict) == Verdict(v.Word)
	case "previous":
		return cmp.Or(it.PrevVerdict, NoVerdict) == Verdict(v.Word)
	case "state":
		return cmp.Or(it.State, ItemOpen) == ItemState(v.Word)
	case "change":
		return it.Change == Change(v.Word)
	case "privilege":
		return cmp.Or(it.Privilege, UnknownPrivilege) == Privilege(v.Word)
	case "privileged":
		return it.privileged() == Tri(v.Word)
	case "how":
		return it.How == v.Word
	case "id":
		return strings.HasPrefix(strings.TrimPrefix(string(it.ID), "sha256:"), v.Word)
	}
	return it.time(field).Norm() == TimeState(v.Word)
}

// privileged is yes for admin rights or the privileged rule, unknown where nothing is known, else no.
func (it *itemRecord) privileged() Tri {
	switch {
	case it.Privilege == Admin || it.fired("privileged"):
		return Yes
	case it.Privilege == Write || it.Privilege == Read:
		return No
	}
	return Maybe
}

func (it *itemRecord) fired(rule string) bool {
	return slices.ContainsFunc(it.Findings, func(f Finding) bool { return f.Rule == rule })
}

func (it *itemRecord) time(field string) Time {
	switch field {
	case "last-used":
		return it.LastUsed
	case "granted":
		return it.Granted
	case "expires":
		return it.Expires
	}
	return Time{}
}

func (it *itemRecord) number(string) int64 { return int64(it.Stage) }

type exceptionRecord Exception

func (e *exceptionRecord) texts(field string, buf []string) []string {
	switch field {
	case "":
		return append(buf, e.Identity, e.System, string(e.Source), e.Account, e.Entitlement, e.Reason, e.Owner, e.Control,
			string(e.Reviewer), string(e.Approver), string(e.Campaign))
	case "identity":
		return append(buf, e.Identity)
	case "system":
		return append(buf, e.System)
	case "source":
		return append(buf, string(e.Source))
	case "account":
		return append(buf, e.Account)
	case "entitlement":
		return append(buf, e.Entitlement)
	case "owner":
		return append(buf, e.Owner)
	case "reviewer":
		return append(buf, string(e.Reviewer))
	case "approver":
		return append(buf, string(e.Approver))
	case "campaign":
		return append(buf, string(e.Campaign))
	}
	return buf
}

func (e *exceptionRecord) word(field string, v Value) bool {
	if field == "state" {
		return e.State == ExceptionState(v.Word)
	}
	return e.time(field).Norm() == TimeState(v.Word)
}

func (e *exceptionRecord) time(string) Time {
	day, err := time.Parse(time.DateOnly, e.Until)
	if err != nil {
		return Time{}
	}
	return Time{State: Known, At: day, Day: true}
}

func (e *exceptionRecord) number(field string) int64 {
	if field == "id" {
		return int64(e.ID)
	}
	return int64(e.Renewals)
}

type remediationRecord Remediation

func (r *remediationRecord) texts(field string, buf []string) []string {
	switch field {
	case "":
		return append(buf, r.Identity, r.System, string(r.Source), r.Account, r.Entitlement, r.Resource, r.Reason, r.Owner,
			string(r.Reviewer), r.Ticket, string(r.Campaign))
	case "identity":
		return append(buf, r.Identity)
	case "system":
		return append(buf, r.System)
	case "source":
		return append(buf, string(r.Source))
	case "account":
		return append(buf, r.Account)
	case "entitlement":
		return append(buf, r.Entitlement)
	case "resource":
		return append(buf, r.Resource)
	case "owner":
		return append(buf, r.Owner)
	case "reviewer":
		return append(buf, string(r.Reviewer))
	case "ticket":
		return append(buf, r.Ticket)
	case "campaign":
		return append(buf, string(r.Campaign))
	}
	return buf
}

func (r *remediationRecord) word(field string, v Value) bool {
	switch field {
	case "overdue":
		return r.Overdue == (v.Word == "yes")
	case "superseded":
		return (*Remediation)(r).Moot() == (v.Word == "yes")
	}
	return r.State == RemediationState(v.Word)
}

func (r *remediationRecord) time(string) Time { return Time{} }

func (r *remediationRecord) number(field string) int64 {
	if field == "id" {
		return int64(r.ID)
	}
	return int64(r.Days)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
