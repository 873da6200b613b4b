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
//	desk.go        Options, Open, Close            init.go        Init: log, roster, first key
//	signer.go      which key signs, and why not    append.go      one signed statement onto the ledger
//	roster.go      enrol, retire, revoke           importing.go   one file in: source, identity, statement
//	settle.go      what an import proves           population.go  grants -> items, routing, findings
//	campaigns.go   draft, guard, launch, close     items.go       pages, details, cards
//	facts.go       what was on the screen          staging.go     unsigned acts, undo
//	confirm.go     records and bundles             detached.go    signing on another computer
//	closing.go     exceptions, remediation         overview.go    how far, coverage, outcomes
//	pack.go        evidence out, verification      entries.go     the ledger in words
//	heads.go       signed heads and proofs         notekey.go     the key that signs heads
//	receipts.go    what a signer keeps             seen.go        a ledger must extend what was seen
//	anchor.go      heads others hold               timestamp.go   time stamps of heads
//	witness.go     witnesses' lines taken in       witnessing.go  being a witness, without a database
//	assurance.go   what a signature must satisfy   standing.go    who may sign what now
//	rosterhistory.go  versions of the roster       statefile.go   small files that hold against a kill
//	adhoc.go       one file, one person, no setup  doctor.go      is everything in order
//	packdesk.go    a pack opened for reading       pack*.go       its items, lists, trails, and why no act is possible
//
// # Packs
//
// A Desk works on a database. A Pack has the same methods over an evidence pack and nothing else: OpenPack replays the
// signed texts, the lists answer from them, every act is refused, and what is withheld reads as withheld.
package desk
