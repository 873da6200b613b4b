package evidence

import (
	"context"
	"io"
	"iter"

	"tickmark/ledger"
)

// Text is one text of a list that is hashed into the ledger: an entry, a row, a member, an assignment.
//
// Bytes is nil where the text is withheld; then Leaf is its RFC 6962 leaf hash. Where Bytes is there, Leaf may be left
// zero: it is recomputed, never trusted. Bytes may be used only until the next text is asked for.
type Text = ledger.Text

// Source is what a pack is made of and what a verifier looks at: the bytes of one ledger and of the documents its
// entries name by hash. The desk implements it over the store; an opened [Pack] is one, too.
//
// A Source is a snapshot: every method must answer for the same head, however long the export takes (one read
// transaction does that). Lists stream, so nothing needs to be held in memory. What is not there is fs.ErrNotExist;
// other errors end the export. Methods need not be safe for concurrent use, but an iteration may be open while Facts,
// File or another iteration is asked for.
type Source interface {
	// Log is the ledger's name.
	Log() string
	// VKey is the ledger's note key, one line without line end (C2SP note verifier key).
	VKey() string
	// Head is size and root of the ledger.
	Head(ctx context.Context) (ledger.Head, error)
	// Checkpoints lists the sizes for which a signed note is kept, ascending; that of the head is among them.
	Checkpoints(ctx context.Context) ([]int64, error)
	// Checkpoint gives the signed note of that size, witness lines included.
	Checkpoint(ctx context.Context, size int64) ([]byte, error)
	// Entries yields the entries from index from up to but not including to.
	Entries(ctx context.Context, from, to int64) iter.Seq2[Text, error]
	// File gives a whole file by the SHA-256 a statement names: allowed signers and revocation files of rosters, policy
	// and rules of campaigns, mapping and rejects of imports, tokens of anchors.
	File(ctx context.Context, sha256 ledger.Hash) ([]byte, error)
	// Original gives the raw file of the import whose statement is entry index. It must be fs.ErrNotExist where the
	// import dropped secrets (rulings 7). Its digest is checked.
	Original(ctx context.Context, index int64) (io.ReadCloser, error)
	// Rows yields the row texts of the import whose statement is entry index, in row order.
	Rows(ctx context.Context, index int64) iter.Seq2[Text, error]
	// Members and Assignments yield a campaign's population and first assignments, in population order.
	Members(ctx context.Context, campaign string) iter.Seq2[Text, error]
	Assignments(ctx context.Context, campaign string) iter.Seq2[Text, error]
	// Facts gives what was shown for signed decisions, by their shown-sha256: those texts that are there.
	Facts(ctx context.Context, shown []ledger.Hash) (map[ledger.Hash][]byte, error)
}

// factsAtOnce is how many are asked for together.
const factsAtOnce = 256
