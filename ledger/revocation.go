package ledger

import (
	"bytes"
	"strings"
	"time"
)

// Revocation is one line of the revocation file (ledger.md 4.5): statements by the key do not count, wherever they stand,
// unless an outside proof of time shows that they are older than Since.
type Revocation struct {
	Key   string // fingerprint of a key, a certificate or a certificate authority
	Since time.Time
	Why   string
}

// FormatRevocations writes a revocation file.
func FormatRevocations(list []Revocation) ([]byte, error) {
	var b []byte
	for _, r := range list {
		b = append(b, r.Key...)
		b = append(b, ' ')
		var ok bool
		if b, ok = appendInstant(b, r.Since); !ok || !ValidFingerprint(r.Key) {
			return nil, failf(CodeKey, "the revocation of %s has no canonical form", quote(r.Key))
		}
		b = append(b, ' ')
		b = AppendEscape(b, r.Why)
		b = append(b, '\n')
	}
	return b, nil
}

// ParseRevocations reads what [FormatRevocations] writes and nothing else. The error is a [*Failure] with CodeKey.
func ParseRevocations(text []byte) ([]Revocation, error) {
	var list []Revocation
	for rest := string(text); rest != ""; {
		line, after, ok := strings.Cut(rest, "\n")
		key, line, ok1 := strings.Cut(line, " ")
		since, why, ok2 := strings.Cut(line, " ")
		t, ok3 := parseInstant(since)
		raw, err := Unescape(why)
		if !ok || !ok1 || !ok2 || !ok3 || err != nil || why == "" || !ValidFingerprint(key) {
			return nil, failf(CodeKey, "line %d of the revocation file is not fingerprint, time and reason", len(list)+1)
		}
		list = append(list, Revocation{key, t, raw})
		rest = after
	}
	if again, err := FormatRevocations(list); err != nil || !bytes.Equal(again, text) {
		return nil, failf(CodeKey, "the revocation file is not spelled as it must be")
	}
	return list, nil
}

// earliestRevocations gives the earliest revocation of every key.
func earliestRevocations(list []Revocation) map[string]Revocation {
	earliest := make(map[string]Revocation, len(list))
	for _, r := range list {
		if old, again := earliest[r.Key]; !again || r.Since.Before(old.Since) {
			earliest[r.Key] = r
		}
	}
	return earliest
}

// revokedPrint finds the earliest revocation of any of the fingerprints.
func revokedPrint(earliest map[string]Revocation, prints []string) (found Revocation, ok bool) {
	for _, p := range prints {
		if r, revoked := earliest[p]; revoked && (!ok || r.Since.Before(found.Since)) {
			found, ok = r, true
		}
	}
	return found, ok
}
