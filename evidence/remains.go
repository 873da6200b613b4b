package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"tickmark/review"
)

// The temporary place of a pack that is being written, next to its destination: the prefix, digits, the suffix.
const (
	remainsPrefix = ".tickmark-pack-"
	remainsSuffix = ".tmp"
)

// remainsAge keeps hands off a place that has just been made, before its writer could mark it as in use.
const remainsAge = time.Minute

// clearRemains removes from a folder what exports that were killed left there, and says so. What may still be written,
// or cannot be known to be abandoned, it only names.
func clearRemains(dir string) (notes []string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil // the export itself will say what is wrong with the folder
	}
	for _, e := range list {
		digits, ok := strings.CutPrefix(e.Name(), remainsPrefix)
		digits, whole := strings.CutSuffix(digits, remainsSuffix)
		if !ok || !whole || digits == "" || strings.Trim(digits, "0123456789") != "" || !e.IsDir() && !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		switch left, removed := clearOne(path); {
		case removed:
			notes = append(notes, "removed "+review.Safe(e.Name())+", which an export that was cut short had left beside the pack")
		case left:
			notes = append(notes, review.Safe(e.Name())+", beside the pack, was left by an export that was cut short; remove it if no other export is running")
		}
	}
	return notes
}

// clearOne removes the remains at path if they are old and nobody writes them. It reports whether they are left by
// somebody, as far as can be known, and whether they are removed now.
func clearOne(path string) (left, removed bool) {
	f, err := os.Open(path)
	if err != nil {
		return false, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || time.Since(info.ModTime()) < remainsAge {
		return false, false
	}
	if !abandoned(f) {
		return true, false
	}
	return true, os.RemoveAll(path) == nil
}
