package desk

import (
	"context"
	"crypto/x509"
	"io"
	"math/big"

	"tickmark/ledger"
	"tickmark/review"
)

// TimestampRequest is a request to a time authority for a head (RFC 3161), to be carried to it by any means: tickmark
// opens no connection. size 0 is the newest head. The head's note is kept, so that the answer finds it again.
func (d *Desk) TimestampRequest(ctx context.Context, size int64) (der []byte, head ledger.Head, err error) {
	if size == 0 {
		head, err = d.db.Head(ctx)
	} else {
		head, err = d.headAt(ctx, size)
	}
	if err != nil {
		return nil, head, err
	}
	if _, err := d.noteOf(ctx, head); err != nil {
		return nil, head, err
	}
	nonce := make([]byte, 8)
	if _, err := io.ReadFull(d.o.Rand, nonce); err != nil {
		return nil, head, internal("no random bytes could be read", err)
	}
	der, err = ledger.TimestampRequest(ledger.Checkpoint{Origin: d.log, Head: head}, new(big.Int).SetBytes(nonce))
	if err != nil {
		return nil, head, internal("the request cannot be written", err)
	}
	return der, head, nil
}

// AddTimestamp checks a time authority's answer, or its bare token, against the roots and notes it as an anchor. It is of
// the head whose note is kept, or with size of the head of that size. holder "" is the authority's own name.
func (d *Desk) AddTimestamp(ctx context.Context, answer []byte, roots *x509.CertPool, holder string, size int64) (Anchored, error) {
	const whatItIs = "hand in the file that the authority answered with (application/timestamp-reply), byte for byte"
	token, err := ledger.TimestampToken(answer)
	if err != nil {
		return Anchored{}, outside(err, whatItIs)
	}
	stamped, err := ledger.ParseTimestamp(token)
	if err != nil {
		return Anchored{}, outside(err, whatItIs)
	}
	head, err := d.stampedHead(ctx, stamped, size)
	if err != nil {
		return Anchored{}, err
	}
	at, err := ledger.VerifyTimestamp(token, ledger.Checkpoint{Origin: d.log, Head: head}, roots)
	if err != nil {
		return Anchored{}, outside(err, "the roots are those of the authority that answered, its certificate is for time stamping only")
	}
	if known, ok, err := d.knownToken(ctx, ledger.Sum(token)); ok || err != nil {
		return known, err
	}
	if err := d.provenAt(ctx, head, at); err != nil {
		return Anchored{}, err
	}
	note, err := d.noteOf(ctx, head)
	if err != nil {
		return Anchored{}, err
	}
	return d.anchor(ctx, &ledger.Anchor{
		Size: head.Size, Root: head.Root, Type: ledger.AnchorTimestamp, TokenTime: at,
		Holder: firstOf(holder, stamped.Authority, "time authority"),
	}, token, note)
}

// stampedHead finds the head that a token is of among those whose notes are kept, newest first.
func (d *Desk) stampedHead(ctx context.Context, t *ledger.Timestamp, size int64) (ledger.Head, error) {
	sizes := []int64{size}
	if size == 0 {
		var err error
		if sizes, err = d.db.Notes(ctx); err != nil {
			return ledger.Head{}, err
		}
	}
	now, err := d.db.Head(ctx)
	if err != nil {
		return ledger.Head{}, err
	}
	tree, err := d.tree(ctx, now)
	if err != nil {
		return ledger.Head{}, err
	}
	for i := len(sizes) - 1; i >= 0; i-- {
		root, ok := tree.RootAt(sizes[i])
		head := ledger.Head{Size: sizes[i], Root: root}
		if ok && t.Stamps(ledger.Checkpoint{Origin: d.log, Head: head}) {
			return head, nil
		}
	}
	return ledger.Head{}, review.Errorf(review.KindRefused, "the token is of no head of this ledger that was asked for").
		WithHint("ask for one with `tickmark ledger timestamp request FILE`; --size N tries the head of N entries").WithReason("head")
}
