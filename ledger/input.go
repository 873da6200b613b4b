package ledger

import (
	"context"
	"crypto/x509"
	"io"
	"iter"
)

// Text is one text of a list: an entry, a row, a member, an assignment. Bytes is nil where the text is withheld; then
// Leaf is its RFC 6962 leaf hash. Where Bytes is there, Leaf is not looked at: it is recomputed.
type Text struct {
	Bytes []byte
	Leaf  Hash
}

// FileRole says which file an entry names by its hash.
type FileRole string

// The roles.
const (
	FileSigners  FileRole = "allowed_signers" // of a roster
	FileRevoked  FileRole = "revoked"         // of a roster
	FileOriginal FileRole = "original"        // of an import: the raw file
	FileMapping  FileRole = "mapping"         // of an import
	FileRejects  FileRole = "rejects"         // of an import
	FilePolicy   FileRole = "policy"          // of a campaign
	FileRules    FileRole = "rules"           // of a campaign
	FileToken    FileRole = "token"           // of an anchor

	FileCheckpoint FileRole = "checkpoint" // the head that came with the data; no entry names it, so only in FileName
)

// FileRef names a file: by the entry and role, and by the digest the entry states.
type FileRef struct {
	Index  int64
	Role   FileRole
	Digest Hash
	Name   string // campaign id for FilePolicy and FileRules, else ""
}

// Input is what there is to verify. Entries is needed; every other may be nil, which means that it was not supplied. An
// iterator or function that answers with fs.ErrNotExist says the same for one list or file. Another error is damage and
// reported as UNREADABLE.
//
// Iterators are gone through once. Other functions are called while the iteration over Entries is under way.
type Input struct {
	Entries iter.Seq2[Text, error] // from index 0 on
	Size    int64                  // how many there will be, for progress; 0 if not known

	Checkpoint []byte // signed note of the head that came with the data
	VKey       string // the log's note key that came with the data

	File        func(ctx context.Context, ref FileRef) (io.ReadCloser, error)
	FileName    func(ref FileRef) string                                          // how failures name a file; nil: by its role
	Rows        func(ctx context.Context, imp int64) iter.Seq2[Text, error]       // of the import whose statement is entry imp
	Members     func(ctx context.Context, campaign string) iter.Seq2[Text, error] // in population order
	Assignments func(ctx context.Context, campaign string) iter.Seq2[Text, error] // in the same order
	Facts       func(ctx context.Context, shown []Hash) (map[Hash][]byte, error)  // those there are, by shown-sha256
}

// Options are what the verifier brings along. What is absent is taken from the data and reported as not confirmed.
type Options struct {
	Log     string // the name the ledger must have
	LogFrom string

	Signers     []byte // an allowed_signers file obtained from the organisation
	SignersFrom string // where it came from, for the report; so are the other From fields

	VKey     string // the log's note key
	VKeyFrom string

	Earlier []Earlier // heads obtained before

	TimeRoots     *x509.CertPool // roots of time-stamping authorities; nil: tokens are not looked at
	TimeRootsFrom string

	Witnesses     []string // C2SP cosigner keys; none: cosignatures are not looked at
	WitnessesFrom string

	Progress func(done, total int64) // called now and then with entries checked; total is 0 if not known
}

// Earlier is a head obtained before, from a receipt or a signed note.
type Earlier struct {
	Note []byte // a signed note; nil if only Head is known
	Head Head   // of a receipt; ignored if Note is there
	From string // where it came from
}

// EntriesOf gives the entries of a slice, for Input.Entries.
func EntriesOf(entries [][]byte) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		for _, e := range entries {
			if !yield(Text{Bytes: e}, nil) {
				return
			}
		}
	}
}
