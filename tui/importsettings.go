package tui

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// setting is one thing that can be said about a file before it is imported: a flag of tickmark import, as a line.
type setting struct {
	label   string
	flag    string
	section string
	help    string
	options []string // if set, the value is one of these; the first one says nothing
	suggest []string
	calls   []string // reasons of a refusal and keywords of warnings that this answers
	check   func(string) string
	set     func(*review.ImportOptions, string)
	get     func(*review.ImportOptions) string
	found   func(*review.ImportReport) string // what holds while nothing is said
}

// text is a setting that is a text of the options.
func text(at func(*review.ImportOptions) *string) (set func(*review.ImportOptions, string), get func(*review.ImportOptions) string) {
	return func(o *review.ImportOptions, v string) { *at(o) = v }, func(o *review.ImportOptions) string { return *at(o) }
}

// Sections of the settings.
const (
	sectionPlace = "Where it belongs"
	sectionRead  = "How it is read"
	sectionMade  = "How it was made"
)

// settings are all of them, in the order they are shown. formats are the names of formats that are recognised.
func settings(formats []string) []setting {
	type o = review.ImportOptions
	type r = review.ImportReport
	var all []setting
	add := func(s setting, at func(*o) *string) {
		if at != nil {
			s.set, s.get = text(at)
		}
		all = append(all, s)
	}
	add(setting{label: "Source", flag: "--source", section: sectionPlace, help: "whose next export it is, or a name of its own",
		calls: []string{"source-guessed", "wrong-instance"}, found: func(r *r) string { return string(r.Source) },
		set: func(o *o, v string) { o.Source = review.SourceID(v) }, get: func(o *o) string { return string(o.Source) }}, nil)
	add(setting{label: "System", flag: "--system", section: sectionPlace, help: "the system it comes from, such as erp", found: func(r *r) string { return r.System }},
		func(o *o) *string { return &o.System })
	add(setting{label: "Instance", flag: "--instance", section: sectionPlace, help: "its account, tenant, organisation, project or cluster",
		calls: []string{"wrong-instance"}, found: func(r *r) string { return r.Instance }}, func(o *o) *string { return &o.Instance })
	add(setting{label: "Environment", flag: "--environment", section: sectionPlace, help: "what the source serves", options: []string{"not said", "production", "other", "unknown"}},
		func(o *o) *string { return &o.Environment })

	add(setting{label: "Format", flag: "--as", section: sectionRead, help: "if it is not what was recognised", calls: []string{"missing-columns"},
		suggest: formats, check: oneOfNames(formats, "format"), found: func(r *r) string { return r.Format }}, func(o *o) *string { return &o.As })
	add(setting{label: "Resource", flag: "--resource", section: sectionRead, help: "what the file is about, where it does not say so", calls: []string{"needs-resource"}},
		func(o *o) *string { return &o.Resource })
	add(setting{label: "Entitlement", flag: "--entitlement", section: sectionRead, help: "the group, role or policy the file is about, where it does not say so", calls: []string{"needs-entitlement"}},
		func(o *o) *string { return &o.Entitlement })
	add(setting{label: "Identity", flag: "--identity", section: sectionRead, help: "who the file is about, where it does not say so", calls: []string{"needs-identity"}},
		func(o *o) *string { return &o.Identity })
	add(setting{label: "Date order", flag: "--date-order", section: sectionRead, help: "dmy is 31.12.2026, mdy is 12/31/2026", options: []string{"as found", "dmy", "mdy", "ymd"},
		calls: []string{"ambiguous-dates", "mixed-date-order"}}, func(o *o) *string { return &o.DateOrder })
	add(setting{label: "Time zone", flag: "--timezone", section: sectionRead, help: "of times that name none, such as Europe/Berlin or +01:00; else UTC"},
		func(o *o) *string { return &o.Timezone })
	add(setting{label: "Delimiter", flag: "--delimiter", section: sectionRead, help: "what parts the cells: comma, semicolon, tab, pipe or one character",
		suggest: []string{"comma", "semicolon", "tab", "pipe"}, calls: []string{"unbalanced-quote", "dialect-changed", "long-row"},
		found: func(r *r) string { return r.Delimiter }}, func(o *o) *string { return &o.Delimiter })
	add(setting{label: "Encoding", flag: "--encoding", section: sectionRead, help: "such as utf-8, windows-1252, iso-8859-15",
		suggest: []string{"utf-8", "utf-16le", "utf-16be", "windows-1252", "windows-1250", "windows-1251", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp850", "macintosh", "koi8-r"},
		calls:   []string{"encoding-guessed", "invalid-utf8"}, found: func(r *r) string { return r.Encoding }}, func(o *o) *string { return &o.Encoding })
	add(setting{label: "Accounts", flag: "--review", section: sectionRead, help: "whether each account comes under review, not only what it holds",
		options: []string{"what they hold", "each account too"},
		set:     func(o *o, v string) { o.ReviewAccounts = v != "" },
		get: func(o *o) string {
			if o.ReviewAccounts {
				return "each account too"
			}
			return ""
		}}, nil)

	add(setting{label: "Exported at", flag: "--exported-at", section: sectionMade, help: "as 2026-11-20 or 2026-11-20T06:00:00Z; without it no removal is proven", check: checkMoment,
		found: func(r *r) string {
			if r.ExportedAt.IsZero() {
				return ""
			}
			return moment(r.ExportedAt) + ", from the " + r.ExportedFrom
		}}, func(o *o) *string { return &o.ExportedAt })
	add(setting{label: "Exported by", flag: "--exported-by", section: sectionMade, help: "who made the export"}, func(o *o) *string { return &o.ExportedBy })
	add(setting{label: "Query", flag: "--query", section: sectionMade, help: "how it was made: the query, report or command"}, func(o *o) *string { return &o.Query })
	add(setting{label: "Complete", flag: "--completeness", section: sectionMade, help: "your declaration; signs that the file is cut short overrule it", options: []string{"as the file shows", "full", "scoped"},
		set: func(o *o, v string) { o.Completeness = review.Completeness(v) }, get: func(o *o) string { return string(o.Completeness) },
		found: func(r *r) string { return string(r.Complete) }}, nil)
	add(setting{label: "Expected", flag: "--expect", section: sectionMade, help: "totals known beforehand, such as rows=812,accounts=790,grants=2304", check: checkTotals,
		set: func(o *o, v string) { o.Expect, _ = review.ParseTotals(v) }, get: func(o *o) string { return review.FormatTotals(o.Expect) }}, nil)
	return all
}

func checkTotals(v string) string {
	if _, err := review.ParseTotals(v); err != nil {
		message, hint := explain(err)
		return message + "; write it " + hint
	}
	return ""
}

// moments are the ways a person may write when something was, as far as a screen can tell.
var moments = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$`)

func checkMoment(v string) string {
	if moments.MatchString(v) {
		return ""
	}
	return "write 2026-11-20 or 2026-11-20T06:00:00Z"
}

// oneOfNames checks that a value is one of names, if there are any.
func oneOfNames(names []string, what string) func(string) string {
	return func(v string) string {
		if len(names) == 0 || slices.Contains(names, v) {
			return ""
		}
		if near := review.Nearest(v, names); near != "" {
			return "there is no such " + what + "; did you mean " + near + "?"
		}
		return "there is no such " + what + "; tab completes"
	}
}

// field is the setting as a field of a form. What says nothing is its first option, or an empty line.
func (st setting) field(o *review.ImportOptions) formField {
	f := formField{label: st.label, help: st.help, optional: true, value: st.get(o), options: st.options, check: st.check}
	if len(st.options) > 0 && f.value == "" {
		f.value = st.options[0]
	}
	if len(st.suggest) > 0 {
		f.suggest = func(typed string) []string {
			return slices.DeleteFunc(slices.Clone(st.suggest), func(s string) bool { return !strings.HasPrefix(s, strings.ToLower(typed)) })
		}
	}
	return f
}

// take sets what was typed.
func (st setting) take(o *review.ImportOptions, v string) {
	if len(st.options) > 0 && v == st.options[0] {
		v = ""
	}
	st.set(o, v)
}

// line shows the setting as a line of the mapping screen.
func (st setting) line(s *mapping, called bool) menuLine {
	value, found := st.get(&s.o), ""
	if st.found != nil && s.report != nil {
		found = st.found(s.report)
	}
	segs := []seg{say(bold, padded(st.label, 16))}
	switch {
	case value != "":
		segs = append(segs, say(plain, value))
	case called && found == "":
		segs = append(segs, say(careful, "not said yet: "+st.help))
	case found != "":
		segs = append(segs, say(plain, found))
	default:
		segs = append(segs, say(faint, orDash("")+"   "+st.help))
	}
	return menuLine{id: "say " + st.label, left: segs, open: func() tea.Cmd { s.editSetting(st); return nil }}
}

// editSetting asks for one setting and reads the file again with it.
func (s *mapping) editSetting(st setting) {
	s.menu.at = "say " + st.label
	field := st.field(&s.o)
	if field.value == "" && s.asked(st) && st.found != nil { // enter alone says that what was found is meant
		field.value = st.found(s.report)
	}
	s.a.openPanel(newForm(s.a, form{title: st.label + " of this file", fields: []formField{field},
		then: func(v []string) tea.Cmd {
			st.take(&s.o, v[0])
			return s.dryRun()
		}}))
}

// called reports whether a refusal or a warning asks for the setting; asked whether it is one that must not be overlooked.
func (s *mapping) called(st setting) bool {
	return s.asked(st) || slices.ContainsFunc(s.report.Warnings, func(w review.Warning) bool { return slices.Contains(st.calls, w.Keyword) })
}

func (s *mapping) asked(st setting) bool {
	if s.err != nil {
		return slices.Contains(st.calls, s.refusal()) || names(failedWords(s.err), st.flag)
	}
	return slices.ContainsFunc(s.report.Warnings, func(w review.Warning) bool { return w.Serious && slices.Contains(st.calls, w.Keyword) })
}

// refusal is the keyword of what the file was refused for.
func (s *mapping) refusal() string {
	var e *review.Error
	if errors.As(s.err, &e) {
		return e.Reason
	}
	return ""
}

// failedWords is the whole of what an error says.
func failedWords(err error) string {
	message, hint := explain(err)
	return message + " " + hint
}

// names reports whether a text names a flag, and not only one that begins like it.
func names(text, flag string) bool {
	_, rest, ok := strings.Cut(text, flag)
	return ok && (rest == "" || rest[0] != '-' && (rest[0] < 'a' || rest[0] > 'z'))
}

// first are the settings that the file cannot do without, above its columns.
func (s *mapping) first() (lines []menuLine) {
	for _, st := range settings(s.a.o.Formats) {
		if s.asked(st) {
			lines = append(lines, st.line(s, true))
		}
	}
	if len(lines) > 0 {
		lines = append([]menuLine{{title: "Say it here", right: []seg{say(faint, "enter changes one")}}}, lines...)
	}
	return lines
}

// others are those that are said already or asked for by the way, and one line for the rest until they are wanted.
func (s *mapping) others() (lines []menuLine) {
	section := ""
	var hidden []string
	for _, st := range settings(s.a.o.Formats) {
		if s.asked(st) {
			continue
		}
		if !s.all && !s.called(st) && st.get(&s.o) == "" && (st.label != "Source" || s.report.Source == "") {
			hidden = append(hidden, strings.ToLower(st.label))
			continue
		}
		if st.section != section {
			section = st.section
			lines = append(lines, menuLine{title: section})
		}
		lines = append(lines, st.line(s, s.called(st)))
	}
	if len(hidden) > 0 {
		if section == "" {
			lines = append(lines, menuLine{title: "About the file"})
		}
		lines = append(lines, menuLine{id: "all", left: []seg{say(accent, "say more"), say(faint, "   "+strings.Join(hidden, ", "))},
			open: func() tea.Cmd {
				s.all = true
				return nil
			}})
	}
	return lines
}
