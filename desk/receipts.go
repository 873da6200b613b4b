package desk

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// receiptOf is what the signer keeps of an appended act. describe adds what the act alone knows; it may be nil.
func (d *Desk) receiptOf(a appended, describe func(*review.Receipt)) review.Receipt {
	r := review.Receipt{
		Entry:   review.EntryIndex(a.entry),
		Records: a.records,
		Size:    a.head.Size,
		Root:    a.head.Root.Base64(),
		Time:    a.time,
		Receipt: fmt.Sprintf("%s%s, entry %d of %d, root %s, %s", receiptBegin, d.log, a.entry, a.head.Size, a.head.Root.Base64(), stamp(a.time)),
	}
	if describe != nil {
		describe(&r)
	}
	return r
}

const receiptBegin = "tickmark receipt: ledger "

var receiptLine = regexp.MustCompile(`^` + receiptBegin + `([a-z0-9./-]+), entry ([0-9]{1,18}) of ([0-9]{1,18}), root ([A-Za-z0-9+/=]{44}), `)

// parseReceipt reads the printable line of a receipt.
func parseReceipt(line string) (ledger.Checkpoint, bool) {
	m := receiptLine.FindStringSubmatch(line)
	if m == nil || !ledger.ValidLog(m[1]) {
		return ledger.Checkpoint{}, false
	}
	size, err := strconv.ParseInt(m[3], 10, 64)
	root, err2 := ledger.ParseTree(m[4])
	return ledger.Checkpoint{Origin: m[1], Head: ledger.Head{Size: size, Root: root}}, err == nil && err2 == nil && size > 0
}

// keep notes outside the database what an act left behind: the head this person saw, and the receipt. Failing to is no
// reason to fail an act that is already in the ledger, but is said.
func (d *Desk) keep(a appended) {
	d.noteSeen(seen{a.head, a.tree})
	path := d.logFile("receipts")
	if path == "" {
		return
	}
	err := underLock(filepath.Dir(path), func() error { return appendLine(path, a.receipt.Receipt) })
	if err != nil {
		d.o.Say("the receipt could not be kept outside the database: %s", review.Safe(err.Error()))
	}
}

// Receipts lists this person's receipts, newest first.
func (d *Desk) Receipts(ctx context.Context) ([]review.Receipt, error) {
	return d.db.Receipts(ctx, d.Me())
}

// ReceiptPage is a page to print or to keep elsewhere: what was signed, the receipts, and the newest of their heads as the
// ledger's note key signs it. [ReadHeads] reads it again.
func (d *Desk) ReceiptPage(ctx context.Context, receipts []review.Receipt) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Receipts of ledger %s\n", d.log)
	if me := d.Me(); me != "" {
		fmt.Fprintf(&b, "Signed by %s\n", me)
	}
	var newest int64
	for _, r := range receipts {
		newest = max(newest, r.Size)
		fmt.Fprintf(&b, "\n%s\n%s\n", review.Safe(ReceiptWords(r)), review.Safe(r.Receipt))
	}
	b.WriteString("\nWhoever keeps this page can show later that nothing up to these sizes was changed or removed:\n  tickmark verify PACK --checkpoint THIS-PAGE\n")
	if newest == 0 {
		return b.Bytes(), nil
	}
	head, err := d.headAt(ctx, newest)
	if err != nil {
		return nil, err
	}
	note, err := d.noteOf(ctx, head)
	if review.KindOf(err) == review.KindNotFound {
		b.WriteString("\nThe head is not signed here, because the ledger's note key is missing.\n")
		return b.Bytes(), nil
	}
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, "\nThe head of size %d, signed by the ledger's note key:\n\n%s", newest, note)
	return b.Bytes(), nil
}

// ReceiptWords says what a receipt is for.
func ReceiptWords(r review.Receipt) string {
	what := fmt.Sprintf("Entry %d", r.Entry)
	if r.Records > 0 {
		what += fmt.Sprintf(", %d %s", r.Records, plural(r.Records, "record", "records"))
	}
	if t := saidTally(tallyText(positive(r.Tally))); t != "" {
		what += ": " + t
	}
	if r.Campaign != "" {
		what += fmt.Sprintf(" (%s)", r.Campaign)
	}
	return what
}

func positive(counts []review.Count) []review.Count {
	var out []review.Count
	for _, c := range counts {
		if c.N > 0 {
			out = append(out, c)
		}
	}
	return out
}

// ReadHeads finds the heads in a file that somebody kept: signed notes, proofs that end in one, receipts, in any order and
// with any text around them. log is the ledger they are of; from names the file in reports.
func ReadHeads(file []byte, from string) (heads []ledger.Earlier, log string, err error) {
	lines := strings.SplitAfter(string(file), "\n")
	add := func(c ledger.Checkpoint, note []byte) error {
		if log != "" && log != c.Origin {
			return review.Errorf(review.KindUsage, "%s holds heads of two ledgers, %s and %s", review.Safe(from), log, c.Origin).WithHint("keep the heads of each ledger in a file of their own")
		}
		log = c.Origin
		at := slices.IndexFunc(heads, func(e ledger.Earlier) bool { return e.Head == c.Head && (e.Note == nil || note == nil) })
		switch {
		case at < 0:
			heads = append(heads, ledger.Earlier{Note: note, Head: c.Head, From: from})
		case note != nil:
			heads[at].Note = note // a signed head says more than a receipt of the same
		}
		return nil
	}
	for i := range lines {
		if c, ok := parseReceipt(strings.TrimSpace(lines[i])); ok {
			if err := add(c, nil); err != nil {
				return nil, "", err
			}
		}
		if c, note, ok := noteAt(lines[i:]); ok {
			if err := add(c, note); err != nil {
				return nil, "", err
			}
		}
	}
	if len(heads) == 0 {
		return nil, "", review.Errorf(review.KindUsage, "%s holds no head of a ledger", review.Safe(from)).
			WithHint("a head is what `tickmark ledger checkpoint` prints; receipts and proofs hold one, too")
	}
	return heads, log, nil
}

// noteAt reads a signed note that begins with the first of the lines: three lines of a head, an empty one, signatures.
func noteAt(lines []string) (c ledger.Checkpoint, note []byte, ok bool) {
	const head = 3
	if len(lines) < head+2 || lines[head] != "\n" {
		return c, nil, false
	}
	c, err := ledger.ParseCheckpoint([]byte(strings.Join(lines[:head], "")))
	if err != nil {
		return c, nil, false
	}
	end := head + 1
	for end < len(lines) && strings.HasPrefix(lines[end], "\u2014 ") {
		end++
	}
	return c, []byte(strings.Join(lines[:end], "")), end > head+1
}
