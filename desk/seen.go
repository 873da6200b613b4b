package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
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

// seen is a head as it is kept. The tree, where it is known, lets a longer ledger be held against it without reading what
// lies below: it gives the root of the head, so it is the tree of that head.
type seen struct {
	ledger.Head
	tree *ledger.Tree // nil: not known
}

// noteSeen keeps a head, unless a later one is kept. Failing to is no reason to fail an act that is already in the ledger,
// but is said.
func (d *Desk) noteSeen(s seen) {
	path := d.seenPath()
	if path == "" || s.Size == 0 {
		return
	}
	err := underLock(filepath.Dir(path), func() error {
		if have, ok, err := readSeen(path); err != nil || ok && (have.Size > s.Size || have.Size == s.Size && (have.tree != nil || s.tree == nil)) {
			return err
		}
		return replaceFile(path, []byte(s.text()))
	})
	if err != nil {
		d.o.Say("what you saw of this ledger could not be noted: %s", review.Safe(err.Error()))
	}
}

// readSeen reads a kept head; ok is false where none is kept.
func readSeen(path string) (s seen, ok bool, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return seen{}, false, nil
	}
	if err != nil {
		return seen{}, false, review.Errorf(review.KindIO, "what you saw of this ledger before cannot be read: %w", err).
			WithHint("make %s readable", review.Safe(path))
	}
	if s, ok = parseSeen(string(b)); !ok {
		return seen{}, false, review.Errorf(review.KindIO, "the note of what you saw of this ledger before is damaged").
			WithHint("compare the ledger with a receipt (`tickmark verify --checkpoint FILE`), then delete %s", review.Safe(path))
	}
	return s, true, nil
}

// text is a line for the head and, where it is known, one for the tree.
func (s seen) text() string {
	text := s.Head.String() + "\n"
	if s.tree != nil {
		if state, err := s.tree.MarshalBinary(); err == nil {
			text += base64.StdEncoding.EncodeToString(state) + "\n"
		}
	}
	return text
}

func parseSeen(text string) (s seen, ok bool) {
	head, state, more := strings.Cut(strings.TrimSuffix(text, "\n"), "\n")
	var err error
	if s.Head, err = ledger.ParseHead(head); err != nil || s.Size == 0 {
		return seen{}, false
	}
	if !more {
		return s, true
	}
	b, err := base64.StdEncoding.DecodeString(state)
	s.tree = new(ledger.Tree)
	if err != nil || s.tree.UnmarshalBinary(b) != nil || s.tree.Head() != s.Head {
		return seen{}, false
	}
	return s, true
}

// checkSeen refuses a ledger that does not extend what this person saw before on this computer, and notes what they see
// now. Whoever only inspects a ledger is not refused: [Desk.Verify] reports what this would refuse.
func (d *Desk) checkSeen(ctx context.Context) error {
	now := seen{}
	var err error
	if now.tree, err = d.db.Tree(ctx); err == nil {
		now.Head = now.tree.Head()
	} else if now.Head, err = d.db.Head(ctx); err != nil { // a damaged tree is for whoever appends to complain of
		return err
	}
	_, refused, err := d.compareSeen(ctx, now.Head)
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
func (d *Desk) compareSeen(ctx context.Context, now ledger.Head) (before ledger.Head, refused *review.Error, err error) {
	path := d.seenPath()
	if path == "" {
		return before, nil, nil
	}
	kept, ok, err := readSeen(path)
	if err != nil || !ok {
		return before, nil, err
	}
	before = kept.Head
	there, saw, what := "on this computer ", "you saw", fmt.Sprintf("delete %s if you know why", review.Safe(path))
	if d.o.LoginKey != "" {
		there, saw, what = "", "this server showed", "tell whoever runs the server"
	}
	if now.Size < before.Size {
		return before, review.Errorf(review.KindRefused, "this ledger has %d entries, but %s%s one of that name with %d", now.Size, there, saw, before.Size).
			WithHint("an older copy was put in its place: find the newer one, or %s", what).WithReason("rollback"), nil
	}
	if extends, err := d.extends(ctx, kept, now); err != nil || extends {
		return before, nil, err
	}
	root := now.Root
	if now.Size > before.Size {
		tree, err := d.tree(ctx, now)
		if errors.As(err, &refused) && refused.Kind == review.KindRefused {
			return before, refused, nil
		}
		if err != nil {
			return before, nil, err
		}
		root, _ = tree.RootAt(before.Size)
	}
	if root != before.Root {
		return before, review.Errorf(review.KindRefused, "the first %d entries of this ledger are not those %s before", before.Size, saw).
			WithHint("the record was rewritten: keep both copies and tell your auditor, or %s", what).WithReason("rewrite"), nil
	}
	return before, nil, nil
}

// extends reports whether what was seen and the entries since then give the head, without reading the entries before. Where
// it does not, or the tree of what was seen is not known, the whole ledger tells more.
func (d *Desk) extends(ctx context.Context, kept seen, now ledger.Head) (bool, error) {
	if kept.tree == nil || now.Size == kept.Size {
		return now == kept.Head, nil
	}
	leaves, err := d.db.LeafHashes(ctx, kept.Size)
	if err != nil || int64(len(leaves)) < now.Size-kept.Size {
		return false, err
	}
	for _, leaf := range leaves[:now.Size-kept.Size] {
		kept.tree.Append(leaf)
	}
	return kept.tree.Head() == now, nil
}
