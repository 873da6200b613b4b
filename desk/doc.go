// Package desk holds the acts of an access review: import, launch, decide, confirm, close, verify removal, export.
//
// It is where the rooms meet. A Desk is one database opened for one person: it reads exports through importers, keeps
// everything in store, asks review and review/detect for the rules, writes and checks signed texts with ledger, signs
// with ledger/keys and hands the finished record to evidence. Screens (tui.Desk) and the command line call the same
// methods, so both do exactly the same.
//
// # What is durable when
//
// Stage, StageClosure, StageClaim and Reassign write unsigned acts at once; they survive a crash and can be undone.
// Only Confirm, SignOff, Launch, SignImport and the roster acts append to the ledger, each as one transaction, and what
// they return is a receipt. No lock is held while a key or a person is waited for: a statement is signed over the head
// the signer saw, and appended by compare-and-swap; if somebody else appended meanwhile, what it depends on is checked
// again before it goes in.
//
// # Files
//
//	desk.go           Options, Open, Close
//	config.go         the configuration file
//	init.go           Init: log, roster, first key
//	adhoc.go          one file, one person, no setup
//	doctor.go         is everything in order
//
//	importing.go      one file in, whole or not at all
//	importinput.go    what a file is, before it is in
//	importsource.go   the source it belongs to
//	importcheck.go    counts and content against what was said and was
//	importsign.go     the statement of an import
//	importlist.go     imports as people ask for them
//	look.go           a file looked at without a database
//	scratch.go        temporary files of an import
//	settle.go         what an import proves of revokes
//
//	campaigns.go      draft, launch, sign off
//	closecampaign.go  the manager's sign-off and the no-answer policy
//	frugal.go         memory is spared while a population is made
//	guard.go          what stands in the way of launching
//	policy.go         the policy pinned to a campaign
//	population.go     grants -> items, findings, counts
//	grants.go         a grant as rules see it
//	people.go         accounts joined to people
//	behind.go         who is behind an account, who answers for it
//	assigning.go      which reviewer gets an item
//	org.go            whether a reviewer is independent
//	reassign.go       somebody else decides
//	delegation.go     what goes back on its day
//	eventreview.go    leavers and movers of a new roster
//
//	items.go          pages, details, cards
//	facts.go          what was on the screen
//	sides.go          the other side of duties kept apart
//	staging.go        unsigned acts, undo
//	confirm.go        records and bundles of decisions
//	closing.go        the same of managers' acts
//	detached.go       signing on another computer
//	exceptions.go     renewed, approved, closed
//	evidencefile.go   files that show a control: hashed, kept if asked
//	remediation.go    revokes until they are gone
//	worklist.go       what is to be carried out, for people
//	overview.go       how far, outcomes
//	coverage.go       sources and periods
//	remind.go         text for mails
//
//	signer.go         which key signs, and why not
//	standing.go       who may sign what now
//	assurance.go      what a signature must satisfy
//	append.go         one signed statement onto the ledger
//	roster.go         enrol, retire, revoke
//	rosterhistory.go  versions of the roster
//	entries.go        the ledger in words
//	heads.go          signed heads and proofs
//	notekey.go        the key that signs heads
//	receipts.go       what a signer keeps
//	seen.go           a ledger must extend what was seen
//	statefile.go      small files that hold against a kill
//	anchor.go         heads others hold
//	timestamp.go      time stamps of heads
//	witness.go        witnesses' lines taken in
//	witnessing.go     being a witness, without a database
//
//	pack.go           evidence out, verification
//	packdesk.go       a pack opened for reading
//	pack*.go          its items, lists, trails, and why no act is possible
//
// # Packs
//
// A Desk works on a database. A Pack has the same methods over an evidence pack and nothing else: OpenPack replays the
// signed texts, the lists answer from them, every act is refused, and what is withheld reads as withheld.
package desk
