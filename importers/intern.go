package importers

// intern gives one string for equal bytes, remembering a fixed number of recent ones: columns with few values share
// theirs, columns with unique values cost one allocation each, memory never grows.
type intern struct {
	hash  hasher
	slots []string
}

// internSize is enough for the columns of large files; small ones do with less.
func internSize(file int64) int {
	if file > 0 && file < 1<<20 {
		return 64
	}
	return 1024
}

func (n *intern) string(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > 128 {
		return string(b)
	}
	slot := &n.slots[n.hash.sum(b)%uint64(len(n.slots))]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
