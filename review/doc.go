// Package review holds the nouns of an access review and the rules that need no outside world.
//
// It is pure: no input or output, no clock, no randomness, and no imports of ours. Every other room speaks in these
// words, so a type here means the same on a screen, in a table, on the command line and in the store.
//
//   - who and what: Identity, Account, Credential, Entitlement, Grant, Worker (access.go), with five-state Time (time.go)
//   - how it came in: ImportOptions, ImportReport, Warning, Reject, Diff (import.go)
//   - what is asked: CampaignSpec, Campaign, Preview (campaign.go), Item and Detail (item.go), Finding (finding.go)
//   - what is answered: Draft, Staged, Summary, Receipt (decision.go), Exception and Remediation (closing.go)
//   - text that is safe to show: Safe, Text (safe.go); the one error type: Error (error.go)
//
// and the rules over them:
//
//   - the filter language people type, shared by screens, command line and store: ParseFilter (filter.go)
//   - thresholds and patterns: Policy, ParsePolicy (policy.go); the control catalogue: ParseControls (frameworks.go)
//   - who is who, who decides, and who may not: People, Routes, Org (people.go, routing.go, independence.go)
//   - what may be said: CheckDraft, CheckClosure, CheckClaim (verdict.go, exception.go, remediation.go)
//   - what became of it: ExceptionStateAt, SettleRevoke, StateOfCampaign, Measure, Cover, QualitySignals
//   - how access is taken away by hand: RemedyFor (remedy.go)
//
// Findings are made by review/detect.
//
// Look-alike strings have their own types (ids.go). Absent is the zero value; "unknown" is a word and never absent.
package review
