package tui

import (
	"encoding/hex"
	"strings"

	"tickmark/review"
)

// Evidence of a control is a file: the desk hashes it, the record holds the hash, and its bytes are kept only if that is chosen.
// Over SSH the files of the person's computer cannot be reached, so the hash itself is given.

// evidenceFields are the two fields that ask for it, the first of them at index at of its form.
func (a *app) evidenceFields(at int, help, value string, needed bool, hidden func([]string) bool) []formField {
	if a.o.Remote {
		help = strings.Replace(help, "a file", "the SHA-256, in hex, of a file", 1)
	}
	check := a.checkEvidence
	if needed { // an end of access, which an import may show too
		check = a.checkProof
	}
	return []formField{
		{label: "Evidence", help: help, value: value, optional: !needed, hidden: hidden, check: check},
		{label: "Keep file", help: "yes: the file goes into the database when you sign, at most 16 MiB", optional: true, options: []string{"yes", "no"},
			hidden: func(v []string) bool {
				name, _, _ := evidenceTyped(v[at], "")
				return hidden != nil && hidden(v) || name == ""
			}},
	}
}

// evidenceTyped reads what was typed into them: a file or a digest, and whether to keep the file.
func evidenceTyped(v, keep string) (name, sum string, kept bool) {
	switch _, isImport := importNumber(v); {
	case v == "" || isImport:
		return "", "", false
	case isDigest(v):
		return "", strings.ToLower(v), false
	}
	return v, "", keep == "yes"
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

// checkProof is checkEvidence where an import may stand for a file.
func (a *app) checkProof(v string) string {
	if _, ok := importNumber(v); ok {
		return ""
	}
	return a.checkEvidence(v)
}

func (a *app) checkEvidence(v string) string {
	if _, ok := importNumber(v); ok {
		return "an import shows that access is gone, not that a control works; name a file, or leave this empty"
	}
	if a.o.Remote && !isDigest(v) {
		return "files of your computer cannot be reached from here; give the 64 hex digits that sha256sum prints"
	}
	return ""
}

// hashedWords says which evidence was hashed.
func hashedWords(r review.StageResult) string {
	f := r.Evidence
	if f == nil || r.Staged == 0 {
		return ""
	}
	text := "; evidence sha256:" + f.SHA256[:min(12, len(f.SHA256))]
	if f.Kept {
		text += ", kept when you sign"
	}
	return text
}
