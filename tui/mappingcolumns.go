package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// mappable reports whether the file has columns to be mapped by hand.
func (s *mapping) mappable() bool { return s.report != nil && len(s.report.Columns) > 0 }

// columns are the fields with the columns they are read from, and the two that matter most where they have none yet.
func (s *mapping) columns() []menuLine {
	r := s.report
	ls := []menuLine{{title: "How columns were understood", right: []seg{say(faint, "enter changes one")}}}
	line := func(m review.Assign, rest ...seg) {
		ls = append(ls, menuLine{id: "field " + m.Name, left: append([]seg{say(bold, padded(m.Name, 16))}, rest...), open: func() tea.Cmd { s.menu.at = "field " + m.Name; s.edit(m.Name, m.Value); return nil }})
	}
	mapped := slices.Clone(r.Mapping)
	for i, name := range []string{"identity", "entitlement"} {
		if !slices.ContainsFunc(mapped, func(m review.Assign) bool { return m.Name == name }) {
			mapped = slices.Insert(mapped, min(i, len(mapped)), review.Assign{Name: name})
		}
	}
	for _, m := range mapped {
		kind, of, _ := strings.Cut(m.Name, ":")
		switch {
		case kind == "split" && of != "":
			ls = append(ls, menuLine{id: "field " + m.Name, left: []seg{say(bold, padded("split", 16)), say(plain, of), say(faint, " at "), say(plain, m.Value)},
				open: func() tea.Cmd { s.editSplit(of, m.Value); return nil }})
		case kind == "const" && of != "":
			ls = append(ls, menuLine{id: "field " + m.Name, left: []seg{say(bold, padded(of, 16)), say(plain, m.Value), say(faint, "   on every row")},
				open: func() tea.Cmd { s.editConst(of, m.Value); return nil }})
		case m.Value == everyColumn:
			line(m, say(plain, "every other column is one, held where its cell says so"))
		case m.Value != "":
			line(m, say(plain, m.Value), say(faint, samplesBehind(r.Samples, m.Name)))
		case m.Name == "identity":
			line(m, say(careful, "no column yet: who has the access"))
		default:
			line(m, say(careful, "no column yet: what they may do"))
		}
	}
	return append(ls, menuLine{id: "add", left: []seg{say(accent, "map another field"), say(faint, s.unused())}, open: func() tea.Cmd { s.add(); return nil }})
}

func padded(s string, n int) string { return fmt.Sprintf("%-*s ", n, s) }

// samplesBehind shows what a field became in the first records.
func samplesBehind(samples []map[string]string, name string) string {
	var parts []string
	for _, m := range samples {
		if v := m[name]; v != "" {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "   " + strings.Join(parts, " | ")
}

// unused are the columns that mean nothing yet.
func (s *mapping) unused() string {
	left := s.report.Unused()
	if len(left) == 0 {
		return "   every column is used"
	}
	return "   unused: " + strings.Join(left, ", ")
}

// Words in the place of a column.
const (
	noColumn    = "(none)"
	everyColumn = "*" // a wide file: each column that is nothing else is an entitlement (importers.md 7.6)
)

func (s *mapping) edit(name, value string) {
	separator := ""
	for _, m := range s.report.Mapping {
		if m.Name == "split:"+value {
			separator = m.Value
		}
	}
	help := noColumn + " leaves the field empty"
	if name == "entitlement" {
		help += "; " + everyColumn + " makes every other column one"
	}
	s.a.openPanel(newForm(s.a, form{title: "Column for " + name, about: s.columnsLine(), extra: 1,
		fields: []formField{
			{label: "Column", value: value, help: help, suggest: s.suggest, check: s.checkColumn(name)},
			{label: "Split at", value: separator, optional: true, help: "where its cells hold several values: what parts them, such as ; or |"},
		},
		then: func(v []string) tea.Cmd { return s.assign(name, v[0], v[1]) }}))
}

// editConst changes what a field is on every row.
func (s *mapping) editConst(name, value string) {
	s.a.openPanel(newForm(s.a, form{title: "What " + name + " is on every row",
		fields: []formField{{label: "Value", value: value, optional: true, help: "empty: nothing, or a column"}},
		then:   func(v []string) tea.Cmd { return s.fix(name, v[0]) }}))
}

// editSplit changes where the cells of a column are parted.
func (s *mapping) editSplit(column, separator string) {
	s.a.openPanel(newForm(s.a, form{title: "Where cells of " + column + " are parted",
		fields: []formField{{label: "Split at", value: separator, optional: true, help: "such as ; or |; empty: a cell is one value"}},
		then: func(v []string) tea.Cmd {
			s.o.TakeMapping(s.report.Mapping)
			s.split(column, v[0])
			return s.dryRun()
		}}))
}

func (s *mapping) add() {
	byColumn := func(v []string) bool { return v[1] != "" && v[1] != noColumn }
	s.a.openPanel(newForm(s.a, form{title: "Map another field", about: s.columnsLine(),
		fields: []formField{
			{label: "Field", help: "such as account, resource, email, granted, last_used, owner; tab completes", suggest: suggestField, check: checkField},
			{label: "Column", optional: true, help: "tab completes; empty: a value that is the same on every row", suggest: s.suggest, check: s.checkColumn("")},
			{label: "Value", optional: true, help: "what it is on every row", hidden: byColumn},
		},
		then: func(v []string) tea.Cmd {
			if byColumn(v) {
				return s.assign(v[0], v[1], "")
			}
			return s.fix(v[0], v[2])
		}}))
}

func (s *mapping) columnsLine() []seg {
	return []seg{say(faint, "columns: "+strings.Join(s.report.Columns, ", "))}
}

func suggestField(text string) []string {
	return slices.DeleteFunc(review.MapFields(), func(f string) bool { return !strings.HasPrefix(f, strings.ToLower(text)) })
}

func checkField(v string) string {
	fields := review.MapFields()
	if slices.Contains(fields, v) {
		return ""
	}
	if near := review.Nearest(v, fields); near != "" {
		return "there is no such field; did you mean " + near + "?"
	}
	return "the fields are " + strings.Join(fields, ", ")
}

func (s *mapping) suggest(text string) []string {
	var out []string
	for _, c := range append(slices.Clone(s.report.Columns), noColumn) {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(text)) {
			out = append(out, c)
		}
	}
	return out
}

func (s *mapping) checkColumn(field string) func(string) string {
	return func(v string) string {
		if _, ok := s.column(v); ok && (v != everyColumn || field == "entitlement") || v == noColumn {
			return ""
		}
		if near := review.Nearest(v, s.report.Columns); near != "" {
			return "there is no such column; did you mean " + near + "?"
		}
		return "there is no such column"
	}
}

// column finds a column of the file by what was typed; blanks around its name cannot be typed.
func (s *mapping) column(v string) (string, bool) {
	if v == everyColumn {
		return v, true
	}
	i := slices.IndexFunc(s.report.Columns, func(c string) bool { return c == v || strings.TrimSpace(c) == v })
	if i < 0 {
		return "", false
	}
	return s.report.Columns[i], true
}

// assign changes the mapping and reads the file again.
func (s *mapping) assign(name, column, separator string) tea.Cmd {
	s.unassign(name)
	if column, ok := s.column(column); ok {
		s.o.Map = append(s.o.Map, review.Assign{Name: name, Value: column})
		s.split(column, separator)
	}
	return s.dryRun()
}

// fix makes a field the same on every row, or nothing, and reads the file again.
func (s *mapping) fix(name, value string) tea.Cmd {
	s.unassign(name)
	if value != "" {
		s.o.Const = append(s.o.Const, review.Assign{Name: name, Value: value})
	}
	return s.dryRun()
}

// unassign takes up the mapping as it is shown, but for one field.
func (s *mapping) unassign(name string) {
	s.o.TakeMapping(s.report.Mapping)
	is := func(m review.Assign) bool { return m.Name == name }
	s.o.Map, s.o.Const = slices.DeleteFunc(s.o.Map, is), slices.DeleteFunc(s.o.Const, is)
}

// split says where the cells of a column are parted; nowhere, if separator is empty.
func (s *mapping) split(column, separator string) {
	s.o.Split = slices.DeleteFunc(s.o.Split, func(m review.Assign) bool { return m.Name == column })
	if separator != "" {
		s.o.Split = append(s.o.Split, review.Assign{Name: column, Value: separator})
	}
}
