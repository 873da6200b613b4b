// Package evidence writes evidence packs and checks them again (evidence-pack.md).
//
// A pack is a folder or zip that an auditor checks without the database, the network or tickmark. It is a view of a
// ledger: it copies signed bytes, and derives tables, a report, a workbook and an OSCAL document from them. It never adds
// a fact. Two exports of the same ledger with the same options are equal but for the manifest's signature.
//
//	res, err := evidence.Write(ctx, src, evidence.Options{Exporter: me, Key: key, Tool: tool}, "q4.zip", sign)
//	rep, err := evidence.Verify(ctx, "q4.zip", evidence.VerifyOptions{Signers: roster})
//	rep.WriteText(os.Stdout); os.Exit(rep.Exit(strict))
//
// How it is made. [Write] goes through a [Source] once to choose campaigns and window (select.go), copies what may be
// disclosed into a spool, one temporary file (copy.go, spool.go), and from then on works on that copy alone, through the
// same [Pack] that a verifier opens. So the tables of a new pack and the tables a verifier recomputes come from one piece
// of code reading the same bytes:
//
//	entries, members, rows, facts ── book (book*.go, replay.go, hashindex.go) ── tables (tables.go, coverage.go, controls.go)
//	                                      └── report.html, dossiers (page*.go, dossier.go), OSCAL (oscal.go)
//	tables/*.csv ── decisions.jsonl (derive.go), workbook.xlsx (workbook.go)
//
// The spool keeps bytes once that stand in several files, and makes proofs anew when they are read (spool.go); texts are
// read ahead, many at once (ahead.go). It becomes a zip (zipform.go) or a folder next to the destination, is flushed, and renamed (place.go). Nothing is overwritten
// and nothing is left behind after a failure.
//
// How it is checked. [Verify] makes the checks of ledger.md 6 through package ledger, and then those of
// evidence-pack.md 4: every file against the signed manifest, the zip byte for byte, lists against their roots
// (verify_pack.go), copies (verify_bundles.go), proofs (verify_proofs.go), every cell of every table, workbook, report and
// OSCAL (verify_derived.go, workbook_check.go, page_check.go, oscal_check.go), and the in-toto statement (statement_check.go). Pages, README and OSCAL are judged by rules, not by making them again. What is wrong is
// in the [Report], whose words and order are for people and whose codes are for programs; an error means that nothing
// could be checked. [VerifySource] checks a database with the same report.
//
// Input is hostile: names that leave the folder, links, compressed or overlapping zip entries, texts of any length and
// tables of any shape are expected. Folders are read through os.Root. Texts are never held in memory all at once; what is
// held grows with the number of items and files, about 0.7 KB for each decision when writing and 1.1 KB when checking.
//
// The package imports review and ledger only, and touches no private key: signing is a function it is given.
package evidence
