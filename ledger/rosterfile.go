package ledger

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// RosterFile is an allowed_signers file in the subset of ledger.md 4.4: who may sign what, with which key, when. It is
// never changed; [RosterFile.Add] and [RosterFile.Close] give a successor.
type RosterFile struct {
	Lines []RosterLine // the key lines, in file order; not to be changed

	raw     []string         // all lines without their LF
	lineOf  []int            // raw index of Lines[i]
	byOwner map[string][]int // principal -> indexes into Lines
	cas     map[string]bool  // key blobs of certificate authorities
}

// RosterLine is one key of one person.
type RosterLine struct {
	Principal     string
	CertAuthority bool // the key signs certificates, never statements
	Namespaces    []string
	ValidAfter    time.Time // inclusive; zero is unbounded
	ValidBefore   time.Time // inclusive; zero is unbounded
	Key           ssh.PublicKey
	Comment       string
}

// Fingerprint is that of the line's key.
func (l *RosterLine) Fingerprint() string { return ssh.FingerprintSHA256(l.Key) }

// ValidAt reports whether t lies in the line's window, bounds included, as OpenSSH judges it.
func (l *RosterLine) ValidAt(t time.Time) bool {
	return (l.ValidAfter.IsZero() || !t.Before(l.ValidAfter)) && (l.ValidBefore.IsZero() || !t.After(l.ValidBefore))
}

// Allows reports whether the line lists the namespace.
func (l *RosterLine) Allows(namespace string) bool { return slices.Contains(l.Namespaces, namespace) }

const (
	optAuthority  = "cert-authority,"
	optNamespaces = `namespaces="`
	optAfter      = `valid-after="`
	optBefore     = `valid-before="`
)

// FormatRosterLine writes a line without its LF. What it writes for a line that breaks ledger.md 4.4,
// [ParseRosterLine] refuses.
func FormatRosterLine(l RosterLine) string {
	var b strings.Builder
	b.WriteString(l.Principal + " ")
	if l.CertAuthority {
		b.WriteString(optAuthority)
	}
	b.WriteString(optNamespaces + strings.Join(l.Namespaces, ",") + `"`)
	if !l.ValidAfter.IsZero() {
		b.WriteString("," + optAfter + formatBound(l.ValidAfter) + `"`)
	}
	if !l.ValidBefore.IsZero() {
		b.WriteString("," + optBefore + formatBound(l.ValidBefore) + `"`)
	}
	b.WriteString(" " + l.Key.Type() + " " + base64.StdEncoding.EncodeToString(l.Key.Marshal()))
	if l.Comment != "" {
		b.WriteString(" " + l.Comment)
	}
	return b.String()
}

func formatBound(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format("20060102Z")
	}
	return t.Format("20060102150405Z")
}

// parseBound reads YYYYMMDDZ or YYYYMMDDhhmmssZ. Times before 1970 do not exist for OpenSSH.
func parseBound(s string) (time.Time, bool) {
	var t time.Time
	var ok bool
	switch len(s) {
	case 9:
		t, ok = makeTime(s[0:4], s[4:6], s[6:8], "00", "00", "00")
	case 15:
		t, ok = makeTime(s[0:4], s[4:6], s[6:8], s[8:10], s[10:12], s[12:14])
	}
	return t, ok && s[len(s)-1] == 'Z' && t.Unix() > 0
}

// ParseRosterLine reads one key line without its LF, in the form of ledger.md 4.4 and no other, and judges the key by
// [CheckKey]. The error is a [*Failure] with CodeKey.
func ParseRosterLine(s string) (RosterLine, error) {
	l, err := parseRosterLine(s)
	if err != nil {
		return RosterLine{}, err
	}
	return l, CheckKey(l.Key)
}

func parseRosterLine(s string) (l RosterLine, err error) {
	bad := func(why string) (RosterLine, error) {
		return RosterLine{}, failf(CodeKey, "roster line %s: %s", quote(s), why)
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == 0x7f {
			return bad("it holds a control character")
		}
	}
	fields := strings.SplitN(s, " ", 5)
	if len(fields) < 4 {
		return bad("it is not made of principal, options, key type and key")
	}
	if l.Principal = fields[0]; !ValidPrincipal(l.Principal) {
		return bad("the principal is not one exact name@host in lower case")
	}
	options := fields[1]
	options, l.CertAuthority = strings.CutPrefix(options, optAuthority)
	value, options, ok := cutOption(options, optNamespaces)
	if !ok {
		return bad(`the options do not begin with namespaces="..."`)
	}
	for _, ns := range strings.Split(value, ",") {
		if !validNamespace(ns) {
			return bad("a namespace is empty or a pattern")
		}
		l.Namespaces = append(l.Namespaces, ns)
	}
	if value, rest, ok := cutOption(options, ","+optAfter); ok {
		if l.ValidAfter, ok = parseBound(value); !ok {
			return bad("valid-after is not a time that ends in Z")
		}
		options = rest
	}
	if value, rest, ok := cutOption(options, ","+optBefore); ok {
		if l.ValidBefore, ok = parseBound(value); !ok {
			return bad("valid-before is not a time that ends in Z")
		}
		options = rest
	}
	if options != "" {
		return bad("an option that is not known, repeated or misplaced")
	}
	if !l.ValidAfter.IsZero() && !l.ValidBefore.IsZero() && !l.ValidBefore.After(l.ValidAfter) {
		return bad("valid-before is not after valid-after")
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil {
		return bad("the key is not base64")
	}
	if l.Key, err = ssh.ParsePublicKey(blob); err != nil {
		return bad("the key is malformed or of an unknown type")
	}
	if _, isCert := l.Key.(*ssh.Certificate); isCert {
		return bad("it holds a certificate; name its authority instead")
	}
	if l.Key.Type() != fields[2] || !bytes.Equal(l.Key.Marshal(), blob) {
		return bad("the key is not of the stated type or not encoded as it must be")
	}
	if len(fields) == 5 {
		if l.Comment = fields[4]; l.Comment == "" || l.Comment[len(l.Comment)-1] == ' ' {
			return bad("it ends with a blank")
		}
	}
	return l, nil
}

// cutOption takes name and a quoted value off the front of s; name ends with the opening quote.
func cutOption(s, name string) (value, rest string, ok bool) {
	rest, ok = strings.CutPrefix(s, name)
	if !ok {
		return "", s, false
	}
	return strings.Cut(rest, `"`)
}

// validNamespace accepts names that OpenSSH cannot read as a pattern.
func validNamespace(s string) bool {
	return s != "" && all(s, func(c byte) bool {
		return isLowerDigit(c) || c >= 'A' && c <= 'Z' || strings.IndexByte("._+-@", c) >= 0
	})
}

// ParseRosterFile reads an allowed_signers file of ledger.md 4.4. It refuses, with CodeKey, whatever stock OpenSSH and
// this package might read differently, keys that [CheckKey] refuses, and one key under two principals (authorities
// excepted: each of their lines names one person they vouch for).
func ParseRosterFile(text []byte) (*RosterFile, error) {
	r := &RosterFile{byOwner: make(map[string][]int), cas: make(map[string]bool)}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		return nil, failf(CodeKey, "the roster file does not end with a line feed")
	}
	if len(text) > 0 {
		r.raw = strings.Split(string(text[:len(text)-1]), "\n")
	}
	owner := make(map[string]string)
	for i, raw := range r.raw {
		if raw == "" || raw[0] == '#' {
			if strings.ContainsAny(raw, "\r\x00") {
				return nil, failf(CodeKey, "roster line %d holds a control character", i+1)
			}
			continue
		}
		l, err := parseRosterLine(raw)
		if err != nil {
			return nil, err
		}
		blob := string(l.Key.Marshal())
		if _, seen := owner[blob]; !seen && !r.cas[blob] {
			if err := CheckKey(l.Key); err != nil {
				return nil, err
			}
		}
		if l.CertAuthority {
			r.cas[blob] = true
		} else if other, ok := owner[blob]; ok && other != l.Principal {
			return nil, failf(CodeKey, "the key %s stands under both %s and %s", l.Fingerprint(), other, l.Principal)
		} else {
			owner[blob] = l.Principal
		}
		r.byOwner[l.Principal] = append(r.byOwner[l.Principal], len(r.Lines))
		r.Lines = append(r.Lines, l)
		r.lineOf = append(r.lineOf, i)
	}
	return r, nil
}

// Format writes the file, byte for byte as it was parsed.
func (r *RosterFile) Format() []byte {
	if len(r.raw) == 0 {
		return nil
	}
	return []byte(strings.Join(r.raw, "\n") + "\n")
}

// FormatNoDates writes the file without valid-after and valid-before, for OpenSSH before 9.1, which cannot read times
// that end in Z (evidence-pack.md 1).
func (r *RosterFile) FormatNoDates() []byte {
	bare := &RosterFile{raw: slices.Clone(r.raw)}
	for i, l := range r.Lines {
		l.ValidAfter, l.ValidBefore = time.Time{}, time.Time{}
		bare.raw[r.lineOf[i]] = FormatRosterLine(l)
	}
	return bare.Format()
}

// LineCount is the number of line feeds, as a roster statement states it.
func (r *RosterFile) LineCount() int64 { return int64(len(r.raw)) }

// LinesOf gives the lines of a principal, in file order.
func (r *RosterFile) LinesOf(principal string) []RosterLine {
	var lines []RosterLine
	for _, i := range r.byOwner[principal] {
		lines = append(lines, r.Lines[i])
	}
	return lines
}

// Add gives the file with lines added at its end. The error is that of [ParseRosterFile] on the result.
func (r *RosterFile) Add(lines ...RosterLine) (*RosterFile, error) {
	text := r.Format()
	for _, l := range lines {
		text = append(text, FormatRosterLine(l)+"\n"...)
	}
	return ParseRosterFile(text)
}

// Close gives the file with the windows of a key's lines closed at the given time, and the number of lines changed. A
// window is never widened: lines already closed by then stay. A window that would not have begun closes one second after
// its beginning, since OpenSSH reads no empty window.
func (r *RosterFile) Close(fingerprint string, at time.Time) (*RosterFile, int, error) {
	return r.CloseLines(func(l RosterLine) bool { return l.Fingerprint() == fingerprint }, at)
}

// CloseLines is [RosterFile.Close] for the lines that which chooses: an authority's key stands in one line for each person
// it vouches for.
func (r *RosterFile) CloseLines(which func(RosterLine) bool, at time.Time) (*RosterFile, int, error) {
	next := &RosterFile{raw: slices.Clone(r.raw)}
	at = at.UTC().Truncate(time.Second)
	changed := 0
	for i, l := range r.Lines {
		until := at
		if !l.ValidAfter.IsZero() && !until.After(l.ValidAfter) {
			until = l.ValidAfter.Add(time.Second)
		}
		if !which(l) || !l.ValidBefore.IsZero() && !l.ValidBefore.After(until) {
			continue
		}
		l.ValidBefore = until
		next.raw[r.lineOf[i]] = FormatRosterLine(l)
		changed++
	}
	file, err := ParseRosterFile(next.Format())
	return file, changed, err
}

// CheckSuccessor says whether next may follow r: lines may only be added, and a valid-before added or lowered (ledger.md
// 4.4). So the newest file judges every older statement as its own version did. The error is a [*Failure] with
// CodeRoster.
func (r *RosterFile) CheckSuccessor(next *RosterFile) error {
	ends := func(f *RosterFile) map[string][]time.Time {
		m := make(map[string][]time.Time)
		for _, l := range f.Lines {
			before := l.ValidBefore
			if before.IsZero() {
				before = time.Unix(1<<60, 0) // unbounded comes last
			}
			l.ValidBefore = time.Time{}
			same := FormatRosterLine(l)
			m[same] = append(m[same], before)
		}
		for _, t := range m {
			slices.SortFunc(t, time.Time.Compare)
		}
		return m
	}
	have := ends(next)
	for line, old := range ends(r) {
		now := have[line]
		if len(now) < len(old) {
			return failf(CodeRoster, "the roster line %s was deleted or changed", quote(line))
		}
		// Both are sorted: the k earliest windows of now must fit the k windows of old one by one.
		for i := range old {
			if now[i].After(old[i]) {
				return failf(CodeRoster, "the window of the roster line %s was widened", quote(line))
			}
		}
	}
	return nil
}

// Allow says whether the principal may sign under the namespace with the key at the time, as stock ssh-keygen would judge
// with this file, and gives the line that allows it. pub is the key as embedded in the signature: a certificate must be
// valid at that time, name the principal, and come from an authority of the principal. The error is a [*Failure] with
// CodeRoster, or CodeKey for an authority's key that signed directly.
func (r *RosterFile) Allow(principal string, pub ssh.PublicKey, namespace string, at time.Time) (*RosterLine, error) {
	cert, isCert := pub.(*ssh.Certificate)
	want := pub
	if isCert {
		want = cert.SignatureKey
	} else if r.cas[string(pub.Marshal())] {
		return nil, failf(CodeKey, "the key %s is a certificate authority and signed directly", ssh.FingerprintSHA256(pub))
	}
	blob := want.Marshal()
	why := "is not one of " + principal
	if len(r.byOwner[principal]) == 0 {
		why += ", who is not in the roster"
	}
	for _, i := range r.byOwner[principal] {
		l := &r.Lines[i]
		switch {
		case l.CertAuthority != isCert || !bytes.Equal(l.Key.Marshal(), blob):
		case !l.Allows(namespace):
			why = "may not sign under " + namespace
		case !l.ValidAt(at):
			why = "was not allowed at " + FormatTime(at)
		case !isCert:
			return l, nil
		default:
			if err := checkCertificate(cert, principal, at); err != nil {
				return nil, err
			}
			return l, nil
		}
	}
	return nil, failf(CodeRoster, "the key %s %s", ssh.FingerprintSHA256(pub), why)
}

// AllowFingerprint is [RosterFile.Allow] for a plain key of which only the fingerprint is known.
func (r *RosterFile) AllowFingerprint(principal, fingerprint, namespace string, at time.Time) (*RosterLine, error) {
	for _, i := range r.byOwner[principal] {
		if l := &r.Lines[i]; !l.CertAuthority && l.Fingerprint() == fingerprint {
			return r.Allow(principal, l.Key, namespace, at)
		}
	}
	return nil, failf(CodeRoster, "the key %s is not one of %s", quote(fingerprint), principal)
}

// checkCertificate judges a user certificate whose authority is already accepted. Critical options that OpenSSH knows
// restrict logins, not signatures; others are refused, as their meaning is unknown.
func checkCertificate(cert *ssh.Certificate, principal string, at time.Time) error {
	checker := ssh.CertChecker{
		SupportedCriticalOptions: []string{"force-command", "source-address", "verify-required"},
		Clock:                    func() time.Time { return at },
	}
	if !slices.Contains(cert.ValidPrincipals, principal) {
		return failf(CodeRoster, "the certificate %s does not name %s", ssh.FingerprintSHA256(cert), principal)
	}
	if cert.Signature.Format == ssh.KeyAlgoRSA {
		return failf(CodeRoster, "the certificate %s is signed with SHA-1", ssh.FingerprintSHA256(cert))
	}
	if err := checker.CheckCert(principal, cert); err != nil {
		return failf(CodeRoster, "the certificate %s: %s", ssh.FingerprintSHA256(cert), Display(strings.TrimPrefix(err.Error(), "ssh: ")))
	}
	return nil
}
