// Package ledger holds the tickmark ledger, version 1: canonical text, Merkle tree, SSH signatures, rosters, replay and
// verification.
//
// A ledger is an append-only list of entries. Each entry is a short text that a person can read; people sign with their
// own SSH keys, and stock OpenSSH checks the signatures; a Merkle tree over the entries makes any later change visible.
// The format is ledger.md; numbers in comments are its sections.
//
// The package takes bytes and gives bytes: no SQL, no files, no clock and no randomness except as parameters, nothing that
// changes between calls except the values a caller owns. Hostile input is normal input everywhere. What is wrong is a
// [*Failure] with one of the stable codes of ledger.md 6 and a sentence for people, in which foreign text stands in
// display form.
//
// # Texts
//
// kinds.go has one struct per kind of text, with its fields in normative order. [Format] writes a value and [Parse] reads
// a text; for every value there is one text and for every text one value, so whatever Parse accepts, Format writes again
// byte for byte. [AppendRow], [AppendMember] and [AppendAssignment] write the kinds of which there are millions. Raw
// values may hold any bytes: [Escape] makes them printable and [Unescape] gives them back, [Display] is for screens.
//
//	text, err := ledger.Format(&ledger.Decision{...})
//	v, err := ledger.Parse(text)
//	switch d := v.(type) {
//	case *ledger.Decision:
//
// An entry of a signed kind is the statement directly followed by its armored signature: [JoinEntry], [SplitEntry],
// [ParseEntry]. Files of concatenated texts split with [SplitTexts].
//
// # Names
//
// [GrantKey] names what is under review by its native ids, and so the same in every import; [ItemID] names one grant put
// before a reviewer in one stage of one campaign. Both are hashes of texts, so that anybody can recompute them. Values that
// are too long for a text are written as [LongID] says; a condition belongs to the resource ([ConditionalResource]).
//
// # Tree, heads and proofs
//
// [LeafHash] and [Tree] compute RFC 6962 roots while leaves stream by; [Nodes] keeps all nodes and gives earlier roots,
// inclusion and consistency proofs. A head is published as a signed note: [SignCheckpoint], [VerifyCheckpoint]. An entry
// is proved to somebody who holds only a head by a proof file: [FormatProof], [VerifyProof].
//
// What binds a ledger to the world outside are heads that others hold: a receipt or an earlier note ([Earlier]), a
// witness's line ([Cosign], [VerifyCosignature]), a time stamp ([TimestampRequest], [VerifyTimestamp]).
//
// # Signatures and rosters
//
// What is signed is an SSHSIG over the statement, under the namespace that follows from the statement alone
// ([NamespaceOf]). [ParseSSHSig] accepts one spelling and [VerifySSHSig] nothing that stock OpenSSH refuses; [CheckKey]
// refuses keys that are too weak to sign for ten years. Signing is in package keys.
//
// Who may sign what and when stands in a [RosterFile], an OpenSSH allowed_signers file in a subset that leaves no room for
// two readings. A file is changed by making its successor ([RosterFile.Add], [RosterFile.Close]), which may only add lines
// or close windows ([RosterFile.CheckSuccessor]). Keys that were lost or stolen are in a list of [Revocation].
//
// # Writing
//
// A writer fills in a kind, puts the signature block behind it, has it signed and appends it:
//
//	b := &ledger.Bundle{Log: log, Campaign: id, Act: ledger.ActDecision, Actor: me, Elapsed: seconds}
//	err := b.Cover(records)                       // number, tally, root and digest of the records before it
//	b.Sig = ledger.Sig{Signer: me, Key: fingerprint, Via: via, Seq: last.Seq + 1, Prev: last.Prev, Time: now, Seen: head}
//	b.Meaning = ledger.MeaningOf(b)
//	statement, err := ledger.Format(b)
//	armored, err := signer.Sign(ctx, ledger.NamespaceOf(b), statement)
//	entry, err := ledger.JoinEntry(statement, armored)
//
// [CheckTime] says beforehand whether the clock lets the entry follow.
//
// # Reading
//
// [Replay] follows a ledger entry by entry and knows what is in force after each: roster, imports, campaigns, decisions,
// assignees, exceptions, revokes, the end of each signer's chain. Whatever a database keeps can be derived from it again.
//
// [Verify] judges a whole ledger by every step of ledger.md 6, from whatever is there: entries or, where records are
// withheld, their leaf hashes; rows, members, assignments, facts and files as far as they are supplied. Its [Report] says
// what the result rests on, what failed, what is no failure but must be known, what was left out, and what no such check
// can see. A check that had to be left out is a state or a line of NotChecked, never silence.
//
// [Rank] is the seeded draw with which an auditor chooses a sample that nobody can steer.
//
// # Checks of this package
//
// testdata/vectors holds bytes for every rule, made and checked by two programs that share no code with this one. Besides,
// tests forge ledgers that break one rule each, flip bits, cut lengths, and hold signatures, windows and time stamps
// against ssh-keygen and openssl. TICKMARK_EXHAUSTIVE=1 tries every bit and every length of the example ledger and takes
// minutes.
package ledger
