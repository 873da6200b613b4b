package desk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// What a person saw is kept on their computer, outside the database, so that whoever can change the database cannot change
// it too. The next time the ledger must extend it.

// logFile is where something about this ledger lies in a folder of the state folder. A ledger's name holds no underscore,
// so no two share a file. Empty: nothing is kept.
func (d *Desk) logFile(folder string) string {
	if d.o.StateDir == "" || d.log == "" {
		return ""
	}
	return filepath.Join(d.o.StateDir, folder, strings.ReplaceAll(d.log, "/", "_"))
}

// seenPath is where the newest head lies that this person saw.
func (d *Desk) seenPath() string { return d.logFile("heads") }

// noteSeen keeps a head, unless a later one is kept. Failing to is no reason to fail an act that is already in the ledger,
// but is said.
func (d *Desk) noteSeen(head ledger.Head) {
	path := d.seenPath()
	if path == "" || head.Size == 0 {
		return
	}
	err := underLock(filepath.Dir(path), func() error {
		if have, ok, err := readSeen(path); err != nil || ok && have.Size >= head.Size {
			return err
		}
		return replaceFile(path, []byte(head.String()+"\n"))
	})
	if err != nil {
		d.o.Say("what you saw of this ledger could not be noted: %s", review.Safe(err.Error()))
	}
}

// readSeen reads a kept head; ok is false where none is kept.
func readSeen(path string) (head ledger.Head, ok bool, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ledger.Head{}, false, nil
	}
	if err != nil {
		return ledger.Head{}, false, review.Errorf(review.KindIO, "what you saw of this ledger before cannot be read: %w", err).
			WithHint("make %s readable", review.Safe(path))
	}
	if head, ok = parseSeen(string(b)); !ok {
		return ledger.Head{}, false, review.Errorf(review.KindIO, "the note of what you saw of this ledger before is damaged").
			WithHint("compare the ledger with a receipt (`tickmark verify --checkpoint FILE`), then delete %s", review.Safe(path))
	}
	return head, true, nil
}

func parseSeen(text string) (head ledger.Head, ok bool) {
	head, err := ledger.ParseHead(strings.TrimSuffix(text, "\n"))
	return head, err == nil && head.Size > 0
}

// checkSeen refuses a ledger that does not extend what this person saw before on this computer, and notes what they see
// now. Whoever only inspects a ledger is not refused: [Desk.Verify] reports what this would refuse.
func (d *Desk) checkSeen(ctx context.Context) error {
	now, err := d.db.Head(ctx)
	if err != nil {
		return err
	}
	_, refused, err := d.compareSeen(ctx, now)
	switch {
	case err != nil:
		return err
	case refused == nil:
		d.noteSeen(now)
	case !d.o.Inspect:
		return refused
	}
	return nil
}

// compareSeen holds the ledger against what this person saw before. refused says how it does not extend that.
func (d *Desk) compareSeen(ctx context.Context, now ledger.Head) (seen ledger.Head, refused *review.Error, err error) {
	path := d.seenPath()
	if path == "" {
		return seen, nil, nil
	}
	seen, ok, err := readSeen(path)
	if err != nil || !ok {
		return seen, nil, err
	}
	if now.Size < seen.Size {
		return seen, review.Errorf(review.KindRefused, "this ledger has %d entries, but on this computer you saw one of that name with %d", now.Size, seen.Size).
			WithHint("an older copy was put in its place: find the newer one, or delete %s if you know why", review.Safe(path)).WithReason("rollback"), nil
	}
	root := now.Root
	if now.Size > seen.Size {
		tree, err := d.tree(ctx, now)
		if errors.As(err, &refused) && refused.Kind == review.KindRefused {
			return seen, refused, nil
		}
		if err != nil {
			return seen, nil, err
		}
		root, _ = tree.RootAt(seen.Size)
	}
	if root != seen.Root {
		return seen, review.Errorf(review.KindRefused, "the first %d entries of this ledger are not those you saw before", seen.Size).
			WithHint("the record was rewritten: keep both copies and tell your auditor, or delete %s if you know why", review.Safe(path)).WithReason("rewrite"), nil
	}
	return seen, nil, nil
}
