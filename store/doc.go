// Package store keeps everything a review needs in one SQLite file and is the only room that knows SQL.
//
// # Tables are of four sorts (rulings 29)
//
//   - ledger: entries, append-only. Triggers refuse UPDATE and DELETE. The head moves by compare-and-swap.
//   - documents: what entries commit to by hash and cannot be rebuilt from them: rows of imports with the accounts,
//     entitlements and resources they name, members and assignments of campaigns, facts, files. Written once.
//   - projection: the state that follows from ledger and documents: decisions in force, assignees, exceptions,
//     remediation, sign-offs, signers, counters. [DB.Rebuild] makes it anew by the code that keeps it; the ledger wins.
//   - drafts: what nobody signed: staged verdicts and manager acts, the undo log, frozen detached bundles, campaign
//     drafts, profiles, settings. Durable at once, never evidence.
//
// # Use
//
// [Open] gives a [DB] that any number of goroutines and processes may share: one writer connection, a pool of readers,
// WAL, synchronous=FULL for everything acknowledged. Reading methods are on DB; so are acts of one short transaction
// (Stage, PutSetting). What must happen together with ledger entries takes a [Tx], handed out by [DB.Append] and
// [DB.Write]. No lock is ever held while a key or a person is waited for: prepare, sign, then Append.
//
// Big things come in three steps that hold no lock in between: an import is loaded ([DB.BeginImport], a [Loader]),
// published and, when its statement is appended, marked signed; a population is prepared ([DB.PrepareLaunch], a
// [Launcher]) and comes into force with the campaign's statement ([Tx.Launch]). What a crash leaves half-loaded is
// deleted at the next Open.
//
// Callbacks of Grants, Rows, Items, Members, Assignments and Entries may use the database; those of the other iterators run
// while a reader is held and should not.
//
// # How a million rows stay quick
//
// Rows come in through virtual tables that Go feeds (feed.go), hashed beside, in batches that hold the write lock for less
// than 100 ms. What repeats is in dictionaries: an import has its accounts, entitlements, resources, terms and manners; a
// population has identities, holders, targets, places and words, with the number of items of each. A filter is sought in the
// dictionaries (search.go) and becomes SQL over items that agrees with review.Filter.Match (filter.go). A page is read along
// an index and leaves out what does not match, or collects the few items a condition lets through and sorts them, or, where
// nobody can tell which is sooner, both at once (page.go). Counts are counters, kept in the transaction that changes them.
// Connections hold on to their statements, and those that read outlive a question that is called off (keeper.go).
//
// Errors that reach people are *review.Error: not-found, exists, locked, newer-database, io, conflict, refused, cancelled.
// A callback's error ends an iteration and comes back as it is.
package store
