// Package evidence writes evidence packs and checks them again.
//
// A pack is a folder or zip that an auditor checks without the database, the network or tickmark (evidence-pack.md). It
// copies signed bytes of a ledger and derives tables, a report, a workbook and an OSCAL document from them; it never
// adds a fact. [Write] makes one from a [Source]; [Verify] takes one apart; [VerifySource] checks a database with the
// same report.
package evidence
