package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/importers"
)

// campaignNames completes the name of a campaign.
func (a *app) campaignNames(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_ = a.readDesk(cmd.Context(), func(d *desk.Desk) error {
		all, err := d.Campaigns(cmd.Context())
		for _, c := range all {
			names = append(names, cobra.CompletionWithDesc(string(c.Name), string(c.State)))
		}
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// formatNames completes the id of a format.
func (a *app) formatNames(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	if len(args) == 0 {
		for _, f := range importers.Formats() {
			names = append(names, cobra.CompletionWithDesc(f.ID, f.Title))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// words completes a flag or argument with one of a few words.
func words(of ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var out []cobra.Completion
		for _, w := range of {
			if strings.HasPrefix(w, begun) {
				out = append(out, w)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFlag gives a flag its completion; a flag that does not exist is a fault of ours.
func (a *app) completeFlag(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}
