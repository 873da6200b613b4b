package tui

import (
	"regexp"
	"slices"
	"strings"
)

// flagWords are a flag of the command line in a sentence, with its value.
var flagWords = regexp.MustCompile(`--[a-z]+(-[a-z]+)*( '[^']*'| [a-z_]+=[A-Z]+| [A-Z][A-Z/]*\b| [a-z0-9.-]+$)?`)

// flagsAsFields puts what a person does at the workstation in the place of the flags that a message names. What only the
// command line can do is said to be there. What looks like a flag within a path is left alone.
func flagsAsFields(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range flagWords.FindAllStringIndex(text, -1) {
		if m[0] > 0 && strings.IndexByte(" \n\t([\"'`,;:=|", text[m[0]-1]) < 0 {
			continue
		}
		b.WriteString(text[at:m[0]])
		b.WriteString(flagAsField(text[m[0]:m[1]]))
		at = m[1]
	}
	return b.String() + text[at:]
}

func flagAsField(f string) string {
	name, value, _ := strings.Cut(f, " ")
	switch name {
	case "--map":
		if field, _, ok := strings.Cut(strings.Trim(value, "'"), "="); ok && field != "" {
			return "the line " + field
		}
		return "the lines of the columns"
	case "--split":
		return "Split at, in the line of the column"
	case "--const":
		return "a value on every row"
	}
	i := slices.IndexFunc(allSettings, func(st setting) bool { return st.flag == name })
	switch {
	case i < 0:
		return f + " on the command line"
	case value == "" || value == "NAME":
		return "the line " + allSettings[i].label
	case value == strings.ToUpper(value) && strings.ContainsAny(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
		return "the line " + allSettings[i].label + " (" + value + ")"
	}
	return allSettings[i].label + " " + value
}

var allSettings = settings(nil)
