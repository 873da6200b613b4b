package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/review"
)

// Groups of verbs on the first help page.
const (
	groupReview   = "review"
	groupManage   = "manage"
	groupEvidence = "evidence"
	groupSetup    = "setup"
)

func init() { cobra.EnableCommandSorting = false } // the order of verbs is that of the work

// rootCommand builds the command tree for one run.
func (a *app) rootCommand() *cobra.Command {
	var o openFlags
	root := &cobra.Command{
		Use:   "tickmark [FILE...]",
		Short: "access reviews, signed with your own SSH key",
		Long: `tickmark takes the entitlement exports that systems already produce, walks you through keep, revoke or exception for every identity, signs each decision with your own SSH key, and writes evidence that an auditor can check with stock OpenSSH and coreutils.

Without arguments it opens the workstation. With exports it imports them, opens a review of their content with you as the reviewer, and starts. With an evidence pack it opens the pack for reading.`,
		Example: `tickmark demo
tickmark export.csv
tickmark import okta-users.json hr.csv`,
		Annotations: exits(
			exitDoc{exitDone, "done"},
			exitDoc{exitAttention, "done, but something needs attention: rows rejected, a file truncated, a control total not met, items undecided"},
			exitDoc{exitRefused, "refused: an export that cannot be what it claims, evidence that does not verify, an act that is not allowed"},
			exitDoc{exitUnconfirmed, "verified, but a trust input was not confirmed (verify --strict)"},
		),
		Args:                       cobra.ArbitraryArgs,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			a.settle()
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.openFiles(cmd, args, o) },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpFunc(a.help)
	root.SetHelpCommand(a.helpCommand())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%s", review.Safe(err.Error())).WithHint("`%s --help` lists the flags", cmd.CommandPath())
	})

	p := root.PersistentFlags()
	p.SortFlags = false
	p.StringVar(&a.db, "db", "", "the database `FILE` (else TICKMARK_DB, else the XDG data folder)")
	p.StringVar(&a.key, "key", "", "sign with this `KEY`: a private, public or certificate file, or a fingerprint")
	p.StringVar(&a.principal, "principal", "", "act as this `PERSON` (else the one the key belongs to)")
	p.BoolVar(&a.wantsJSON, "json", a.wantsJSON, "one JSON document on standard output")
	p.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no notices")
	p.BoolVar(&a.noColor, "no-color", false, "no colours (as a NO_COLOR that is not empty)")
	p.BoolVar(&a.ascii, "ascii", false, "nothing but ASCII in what tickmark draws")
	root.Flags().SortFlags = false
	root.Flags().BoolP("version", "V", false, "the version, and nothing else")
	o.register(root)

	root.AddGroup(
		&cobra.Group{ID: groupReview, Title: "Review"},
		&cobra.Group{ID: groupManage, Title: "Prepare and manage"},
		&cobra.Group{ID: groupEvidence, Title: "Evidence"},
		&cobra.Group{ID: groupSetup, Title: "Set up"},
	)
	for _, v := range a.verbs() {
		v.cmd.GroupID = v.group
		root.AddCommand(v.cmd)
	}
	root.SetHelpCommandGroupID(groupSetup)
	root.SetCompletionCommandGroupID(groupSetup)
	root.AddCommand(a.manCommand())
	root.InitDefaultHelpFlag()
	root.Flags().Lookup("help").Usage = "the page of a verb"
	describeCompletion(root)
	return root
}

// describeCompletion words cobra's own completion verb like ours.
func describeCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Short = "a script that completes verbs and flags in your shell"
		cmd.Long = ""
		cmd.Example = "source <(tickmark completion bash)"
		cmd.Annotations = exits(exitDoc{exitDone, "done"})
		family(cmd)
		for _, sub := range cmd.Commands() {
			sub.Short = "the script for " + sub.Name()
			switch sub.Name() {
			case "fish":
				sub.Example = "tickmark completion fish | source"
			case "powershell":
				sub.Example = "tickmark completion powershell | Out-String | Invoke-Expression"
			default:
				sub.Example = "source <(tickmark completion " + sub.Name() + ")"
			}
			sub.Annotations = exits(exitDoc{exitDone, "printed"})
		}
	}
}

// openFiles is `tickmark [FILE...]`: the workstation, on what the arguments are.
func (a *app) openFiles(cmd *cobra.Command, args []string, o openFlags) error {
	if v, _ := cmd.Flags().GetBool("version"); v {
		a.print("%s\n", tool())
		return nil
	}
	for _, arg := range args {
		if err := a.isFile(cmd, arg); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		return a.openWorkstation(cmd.Context(), "", o.plain)
	}
	if len(args) == 1 {
		switch sniff(args[0]) {
		case packContent:
			return a.openPack(cmd.Context(), args[0], o.plain)
		case databaseContent:
			a.db = args[0]
			return a.openWorkstation(cmd.Context(), "", o.plain)
		}
	}
	return a.openExports(cmd.Context(), args, o)
}

// isFile refuses a word that names no file: it is taken for a verb that does not exist (rulings 13).
func (a *app) isFile(cmd *cobra.Command, arg string) error {
	if arg == "-" {
		return usage("standard input holds your answers here, so it cannot hold the export").WithHint("tickmark import - reads an export from it")
	}
	_, err := os.Stat(arg)
	switch {
	case err == nil:
		return nil
	case !os.IsNotExist(err):
		return review.Errorf(review.KindIO, "%s cannot be read", review.Safe(arg)).WithHint("look at its permissions")
	case strings.ContainsRune(arg, filepath.Separator) || strings.Contains(arg, "."):
		return review.Errorf(review.KindNotFound, "there is no file %s", review.Safe(arg)).
			WithHint("look at the spelling; `tickmark --help` lists the verbs")
	}
	return unknownVerb(cmd.Root(), arg, arg)
}

// unknownVerb says that there is no such verb, and which one may have been meant.
func unknownVerb(at *cobra.Command, said, word string) error {
	hint := fmt.Sprintf("`%s --help` lists the verbs", at.CommandPath())
	if near := at.SuggestionsFor(word); len(near) > 0 {
		hint = fmt.Sprintf("did you mean `%s %s`? %s", at.CommandPath(), near[0], hint)
	}
	what := "is not a verb"
	if !at.HasParent() {
		what = "is neither a verb nor a file here"
	}
	return usage("%s %s", review.Quote(said), what).WithHint("%s", hint)
}

// family makes a verb that only groups others. Alone it prints its page; with a word it does not know it says so.
func family(cmd *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(subs...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.SuggestionsMinimumDistance = 2
	if cmd.RunE == nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0], args[0])
			}
			return usage("`%s` needs a verb", cmd.CommandPath()).WithHint("`%s --help` lists them", cmd.CommandPath())
		}
	}
	return cmd
}

// Argument counts, as errors with a hint.

func noArgs(cmd *cobra.Command, args []string) error { return countArgs(cmd, args, 0, 0) }

// between wants at least least and at most most arguments; most below 0 is no limit.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error { return countArgs(cmd, args, least, most) }
}

func countArgs(cmd *cobra.Command, args []string, least, most int) error {
	switch {
	case len(args) < least:
		return usage("`%s` needs more: %s", cmd.CommandPath(), cmd.UseLine()).WithHint("`%s --help` shows an example", cmd.CommandPath())
	case most >= 0 && len(args) > most:
		return usage("%s is one argument too many for `%s`", review.Quote(args[most]), cmd.CommandPath()).
			WithHint("the form is: %s", cmd.UseLine())
	}
	return nil
}
