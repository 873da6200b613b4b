package desk

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tickmark/ledger"
)

// seenPath is where the newest head this person saw is kept, outside the database so that whoever can change the
// database cannot change it too. Empty: none is kept.
func (d *Desk) seenPath() string {
	if d.o.StateDir == "" || d.log == "" {
		return ""
	}
	return filepath.Join(d.o.StateDir, "heads", strings.ReplaceAll(d.log, "/", "_"))
}

// noteSeen keeps a head. Failing to is no reason to fail an act that is already in the ledger.
func (d *Desk) noteSeen(_ context.Context, head ledger.Head) {
	path := d.seenPath()
	if path == "" {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return
	}
	tmp := path + ".new"
	if os.WriteFile(tmp, []byte(strconv.FormatInt(head.Size, 10)+" "+head.Root.Base64()+"\n"), 0o600) == nil {
		_ = os.Rename(tmp, path)
	}
}

func parseSeen(line string) (size int64, root ledger.Hash, ok bool) {
	n, r, found := strings.Cut(strings.TrimSpace(line), " ")
	if !found {
		return 0, root, false
	}
	size, err := strconv.ParseInt(n, 10, 64)
	if err != nil || size < 1 {
		return 0, root, false
	}
	root, err = ledger.ParseTree(r)
	return size, root, err == nil
}
