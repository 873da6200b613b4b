package tui

import (
	"regexp"
	"slices"
	"strings"
)

// flagWords are a flag of the command line in a sentence, with its value.
var flagWords = regexp.MustCompile(`--[a-z]+(-[a-z]+)*( '[^']*'| [a-z_]+=[A-Z]+| [A-Z][A-Z/]*\b| [a-z0-9.-]+$)?`)

// flagsAsFields puts what a person does at the workstation in the place of the flags that a message names. What only the
// command line can do is said to be there.
func flagsAsFields(text string) string {
	return flagWords.ReplaceAllStringFunc(text, func(f string) string {
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
	})
}

var allSettings = settings(nil)
