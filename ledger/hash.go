package ledger

import (
	"crypto/sha256"
	"encoding/base64"
)

// Sum is the plain SHA-256 of b, as in every `sha` field.
func Sum(b []byte) Hash { return sha256.Sum256(b) }

// String gives the form of type `sha`: "sha256:" and 64 lower-case hex digits.
func (h Hash) String() string { return string(h.appendSHA(make([]byte, 0, shaLen))) }

// Base64 gives the form of type `tree`: padded standard base64, 44 characters.
func (h Hash) Base64() string { return base64.StdEncoding.EncodeToString(h[:]) }

// IsZero reports whether the hash is absent. No text has a SHA-256 of zeros that anyone could name.
func (h Hash) IsZero() bool { return h == Hash{} }

// MarshalText and UnmarshalText use the form of type `sha`; the absent hash is empty text.
func (h Hash) MarshalText() ([]byte, error) {
	if h.IsZero() {
		return nil, nil
	}
	return h.appendSHA(nil), nil
}

// UnmarshalText is the reverse of MarshalText.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*h = Hash{}
		return nil
	}
	*h, err = ParseSHA(string(text))
	return err
}

const (
	shaPrefix = "sha256:"
	shaLen    = len(shaPrefix) + 64
	treeLen   = 44
)

func (h *Hash) appendSHA(dst []byte) []byte {
	const digits = "0123456789abcdef"
	var text [shaLen]byte
	copy(text[:], shaPrefix)
	for i, b := range h {
		text[len(shaPrefix)+2*i], text[len(shaPrefix)+2*i+1] = digits[b>>4], digits[b&15]
	}
	return append(dst, text[:]...)
}

func (h *Hash) appendTree(dst []byte) []byte { return base64.StdEncoding.AppendEncode(dst, h[:]) }

// ParseSHA reads the form of type `sha` and no other spelling. The error is a [*Failure] with CodeFormat.
func ParseSHA(s string) (Hash, error) {
	var h Hash
	if len(s) != shaLen || s[:len(shaPrefix)] != shaPrefix {
		return h, failf(CodeFormat, "%s is not sha256: and 64 hex digits", quote(s))
	}
	for i := range h {
		hi, ok1 := unhex(s[len(shaPrefix)+2*i])
		lo, ok2 := unhex(s[len(shaPrefix)+2*i+1])
		if !ok1 || !ok2 {
			return Hash{}, failf(CodeFormat, "%s is not sha256: and 64 lower-case hex digits", quote(s))
		}
		h[i] = hi<<4 | lo
	}
	return h, nil
}

// ParseTree reads the form of type `tree` and no other spelling: padded base64 with spare bits zero.
func ParseTree(s string) (Hash, error) {
	var h Hash
	var buf [33]byte
	if len(s) != treeLen {
		return h, failf(CodeFormat, "%s is not a tree hash", quote(s))
	}
	if n, err := base64.StdEncoding.Strict().Decode(buf[:], []byte(s)); err != nil || n != len(h) {
		return h, failf(CodeFormat, "%s is not a tree hash", quote(s))
	}
	copy(h[:], buf[:])
	return h, nil
}

// unhex reads one lower-case hex digit.
func unhex(c byte) (byte, bool) {
	const no = 0xff
	d := unhexTable[c]
	return d, d != no
}

var unhexTable = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()
