// Package detect finds what a reviewer should look at: one small, named, versioned rule per question.
//
// It is pure: a [Snapshot] in, findings per grant out. Anyone who holds the same imports, policy and rule versions gets
// the same findings, in the same order, with the same words.
//
//	for grant, findings := range detect.Detect(snapshot) { ... }
//
// [New] indexes a snapshot in one pass over its grants (who holds what on both sides of a separation-of-duties rule, what
// peers hold, where a non-human identity is used); [Detector.Findings] then answers for one grant at a time and may be
// called from several goroutines. Memory grows with identities, accounts and entitlements, not with grants.
//
// Laws of the rules
//   - A rule never fires on what is not known. "Never" is a fact; "unknown" and "not collected" are not.
//   - Use is judged as of the export, not as of today: nothing is known of the days after it.
//   - A reason shows the values that made the rule fire.
//   - A rule that could answer differently on the same facts gets a new version.
//
// [Rules] lists them; [RulesText] is the text that a campaign names by hash. Rules live in one file per family: people.go,
// use.go, privilege.go, ownership.go, credentials.go, separation.go, peers.go, history.go. Built-in knowledge of privileged
// names is in privileged.go.
package detect
