// Package ledger holds the tickmark ledger, version 1: canonical text, Merkle tree, SSHSIG, rosters and verification.
//
// Bytes in, bytes out: no SQL, no clock, no review rules. Manual to be written by the room's owner.
package ledger
