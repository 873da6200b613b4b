package main

import "github.com/spf13/cobra"

// placed is a verb and the group it stands in on the first help page.
type placed struct {
	group string
	cmd   *cobra.Command
}

// verbs lists every verb in the order of the first help page.
func (a *app) verbs() []placed {
	return []placed{
		{groupReview, a.demoCommand()},
		{groupReview, a.reviewCommand()},
		{groupReview, a.statusCommand()},
		{groupReview, a.itemsCommand()},
		{groupReview, a.findingsCommand()},
		{groupReview, a.decideCommand()},
		{groupReview, a.stagedCommand()},
		{groupReview, a.signCommand()},
		{groupReview, a.signoffCommand()},
		{groupManage, a.importCommand()},
		{groupManage, a.importsCommand()},
		{groupManage, a.formatsCommand()},
		{groupManage, a.campaignCommand()},
		{groupManage, a.exceptionsCommand()},
		{groupManage, a.remediationCommand()},
		{groupEvidence, a.exportCommand()},
		{groupEvidence, a.verifyCommand()},
		{groupEvidence, a.ledgerCommand()},
		{groupSetup, a.initCommand()},
		{groupSetup, a.keyCommand()},
		{groupSetup, a.serveCommand()},
		{groupSetup, a.doctorCommand()},
	}
}
