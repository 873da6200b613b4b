package desk

import (
	"context"
	"fmt"
	"os"

	"tickmark/review"
)

// Check is one thing doctor looked at.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Doctor looks at what can be wrong with a database, a key or a clock, and says what it found.
func (d *Desk) Doctor(ctx context.Context) []Check {
	var out []Check
	add := func(name string, err error, good string) {
		c := Check{Name: name, OK: err == nil, Detail: good}
		if err != nil {
			c.Detail = err.Error()
		}
		out = append(out, c)
	}
	faults, err := d.db.Check(ctx)
	if err == nil && len(faults) > 0 {
		err = review.Errorf(review.KindIO, "%d faults, the first: %s", len(faults), review.Safe(faults[0]))
	}
	add("database", err, "SQLite finds no fault in "+review.Safe(d.o.Path))

	head, err := d.db.Head(ctx)
	add("ledger", err, fmt.Sprintf("%d entries, root %s", head.Size, head.Root.Base64()))

	re, err := d.db.Rebuild(ctx, false)
	if err == nil && re.Total > 0 {
		err = review.Errorf(review.KindConflict, "%d differences between the ledger and the current state, the first: %s; `tickmark ledger rebuild` lets the ledger win", re.Total, review.Safe(re.Differences[0]))
	}
	add("projection", err, "the current state is what the ledger says")

	_, _, ok, err := d.noteKey()
	if err == nil && !ok {
		err = review.Errorf(review.KindNotFound, "%s is missing: no new heads can be signed", review.Safe(noteKeyPath(d.o.Path)))
	}
	add("note key", err, "at "+review.Safe(noteKeyPath(d.o.Path)))

	if st, err := os.Stat(noteKeyPath(d.o.Path)); err == nil && st.Mode().Perm()&0o077 != 0 {
		add("note key mode", review.Errorf(review.KindIO, "others can read %s (%v); chmod 600 it", review.Safe(noteKeyPath(d.o.Path)), st.Mode().Perm()), "")
	}
	keys, err := d.Keys(ctx)
	if err == nil && len(keys) > 0 && keys[0].Problem != "" {
		err = review.Errorf(review.KindKey, "%s", keys[0].Problem)
	}
	detail := ""
	if err == nil && len(keys) > 0 {
		detail = fmt.Sprintf("%s signs with %s via %s", keys[0].Principal, keys[0].Fingerprint, keys[0].Via)
	}
	add("key", err, detail)

	now, err := d.statementTime(ctx, head.Size)
	add("clock", err, stamp(now))

	pending, err := d.pendingImports(ctx)
	if err == nil && len(pending) > 0 {
		err = review.Errorf(review.KindConflict, "%d %s not signed: `tickmark sign --import %d`", len(pending), plural(len(pending), "import is", "imports are"), pending[0].ID)
	}
	add("imports", err, "every import is signed")
	return out
}

func (d *Desk) pendingImports(ctx context.Context) ([]review.ImportReport, error) {
	all, err := d.db.Imports(ctx)
	var out []review.ImportReport
	for _, im := range all {
		if im.Entry == 0 {
			out = append(out, im.ImportReport)
		}
	}
	return out, err
}
