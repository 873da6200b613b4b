package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exitDoc says what an exit code means for one verb.
type exitDoc struct {
	code int
	text string
}

// Codes that every verb can end with.
var commonExits = [...]exitDoc{
	{exitMachine, "the machine failed, nothing changed"},
	{exitUsage, "wrong use"},
	{exitInternal, "a fault in tickmark"},
	{exitInterrupted, "interrupted"},
}

const exitsKey = "exits"

// exits documents the codes of a verb beyond the common ones, or says a common one more exactly.
func exits(docs ...exitDoc) map[string]string {
	for _, c := range commonExits {
		if !slices.ContainsFunc(docs, func(d exitDoc) bool { return d.code == c.code }) {
			docs = append(docs, c)
		}
	}
	slices.SortFunc(docs, func(a, b exitDoc) int { return cmp.Compare(a.code, b.code) })
	lines := make([]string, len(docs))
	for i, d := range docs {
		lines[i] = fmt.Sprintf("%d\t%s", d.code, d.text)
	}
	return map[string]string{exitsKey: strings.Join(lines, "\n")}
}

// exitsOf reads what exits wrote.
func exitsOf(cmd *cobra.Command) []exitDoc {
	var docs []exitDoc
	for line := range strings.Lines(cmd.Annotations[exitsKey]) {
		code, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
		n, _ := strconv.Atoi(code)
		docs = append(docs, exitDoc{n, text})
	}
	return docs
}

// help prints the page of a command to standard output. It asks the terminal nothing.
func (a *app) help(cmd *cobra.Command, _ []string) {
	a.settle()
	a.print("%s", a.helpPage(cmd, min(a.width(), 100)))
}

func (a *app) helpPage(cmd *cobra.Command, wide int) string {
	var b strings.Builder
	st := a.outStyle
	section := func(name string) { fmt.Fprintf(&b, "\n%s\n", st.title(name)) }
	fmt.Fprintf(&b, "%s %s %s\n", st.title(cmd.CommandPath()), st.dash(), cmd.Short)
	if cmd.Long != "" {
		fmt.Fprintf(&b, "\n%s\n", wrap(strings.TrimSpace(cmd.Long), wide))
	}
	section("Usage")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s VERB [flags]\n", cmd.CommandPath())
		for _, g := range cmd.Groups() {
			section(g.Title)
			verbLines(&b, cmd, g.ID)
		}
		if len(cmd.Groups()) == 0 {
			section("Verbs")
			verbLines(&b, cmd, "")
		}
	}
	if lines := flagLines(cmd.LocalFlags(), wide, cmd.HasParent()); lines != "" {
		section("Flags")
		b.WriteString(lines)
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, "\n%s\n", wrap("Every verb also takes --db, --key, --principal, --json, --quiet, --no-color, --ascii and --help: see `tickmark --help`.", wide))
	}
	if docs := exitsOf(cmd); len(docs) > 0 {
		section("Exit codes")
		for _, d := range docs {
			fmt.Fprintf(&b, "  %3d  %s\n", d.code, indent(wrap(d.text, wide-7), 7))
		}
	}
	if cmd.Example != "" {
		section("Example")
		for line := range strings.Lines(strings.TrimSpace(cmd.Example)) {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(line))
		}
	}
	return b.String()
}

func verbLines(b *strings.Builder, cmd *cobra.Command, group string) {
	for _, sub := range cmd.Commands() {
		if !sub.IsAvailableCommand() || sub.GroupID != group {
			continue
		}
		fmt.Fprintf(b, "  %-12s  %s\n", sub.Name(), sub.Short)
	}
}

// flagLines lists flags in the order they were declared, names left and texts right. --help is listed once, at the root.
func flagLines(flags *pflag.FlagSet, width int, verb bool) string {
	type line struct{ name, text string }
	var lines []line
	wide := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || verb && f.Name == "help" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		text = strings.TrimPrefix(text, value+": ")
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			name += " " + value
		}
		lines = append(lines, line{name, text})
		if w := ansi.StringWidth(name); w <= 36 {
			wide = max(wide, w)
		}
	})
	var b strings.Builder
	for _, l := range lines {
		text := indent(wrap(l.text, max(20, width-wide-2)), wide+2)
		if ansi.StringWidth(l.name) > wide {
			fmt.Fprintf(&b, "%s\n%s%s\n", l.name, strings.Repeat(" ", wide+2), text)
			continue
		}
		fmt.Fprintf(&b, "%-*s  %s\n", wide, l.name, text)
	}
	return b.String()
}

// wrap breaks lines at blanks so that none is wider than width, as far as its words allow.
func wrap(text string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		at := 0
		for i, word := range strings.Fields(line) {
			w := ansi.StringWidth(word)
			switch {
			case i > 0 && at+1+w > width:
				b.WriteByte('\n')
				at = 0
			case i > 0:
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += w
		}
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// indent moves every line but the first by n blanks.
func indent(text string, n int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", n))
}

// helpCommand is `tickmark help VERB...`.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB...]",
		Short: "the page of a verb",
		Example: `tickmark help import
tickmark help campaign launch`,
		Annotations: exits(exitDoc{exitDone, "the page was printed"}),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			at, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []cobra.Completion
			for _, sub := range at.Commands() {
				if sub.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownVerb(cmd.Root(), strings.Join(args, " "), args[0])
			}
			a.help(at, nil)
			return nil
		},
	}
}
