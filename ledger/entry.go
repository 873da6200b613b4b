package ledger

import (
	"bytes"
	"crypto/sha256"
)

// IsRecord reports whether the kind is one of those a bundle covers.
func (k Kind) IsRecord() bool {
	switch k {
	case KindDecision, KindReassign, KindClosure, KindRemediation:
		return true
	}
	return false
}

// IsSigned reports whether statements of the kind end with a signature block and are followed by a signature.
func (k Kind) IsSigned() bool {
	switch k {
	case KindRoster, KindImport, KindCampaign, KindBundle, KindSignoff:
		return true
	}
	return false
}

// IsEntry reports whether the kind may stand in a ledger. The other kinds are documents.
func (k Kind) IsEntry() bool { return k.IsRecord() || k.IsSigned() || k == KindOpen || k == KindAnchor }

// KindOf reads the kind from the first line of a text or entry, without judging the rest. It is "" for bytes that begin
// otherwise or name no kind.
func KindOf(text []byte) Kind {
	p, err := planOf(text)
	if err != nil {
		return ""
	}
	return p.kind
}

const (
	armorBegin = "-----BEGIN SSH SIGNATURE-----"
	armorEnd   = "-----END SSH SIGNATURE-----"
)

// SplitEntry splits entry bytes into the text and the armored signature: at the first LF that is followed by the armor's
// first line (ledger.md 5.1). armored is nil if there is none. Both share memory with entry.
func SplitEntry(entry []byte) (statement, armored []byte) {
	if i := bytes.Index(entry, []byte("\n"+armorBegin)); i >= 0 {
		return entry[:i+1], entry[i+1:]
	}
	return entry, nil
}

// JoinEntry is the reverse of [SplitEntry]: the statement directly followed by its signature. It fails with CodeFormat
// if both together are longer than [MaxText].
func JoinEntry(statement, armored []byte) ([]byte, error) {
	if n := len(statement) + len(armored); n > MaxText {
		return nil, failf(CodeFormat, "%d bytes of statement and signature are more than %d", n, MaxText)
	}
	return append(append(make([]byte, 0, len(statement)+len(armored)), statement...), armored...), nil
}

// ParseEntry splits an entry and parses its text.
func ParseEntry(entry []byte) (v any, statement, armored []byte, err error) {
	statement, armored = SplitEntry(entry)
	if len(entry) > MaxText {
		return nil, statement, armored, failf(CodeFormat, "%d bytes are more than %d", len(entry), MaxText)
	}
	v, err = Parse(statement)
	return v, statement, armored, err
}

// SplitTexts splits a file of concatenated texts before each line that starts with "tickmark/"; no other line of a text
// can (evidence-pack.md 1). Joining the parts gives the file again. The parts share memory with concat.
func SplitTexts(concat []byte) [][]byte {
	var texts [][]byte
	for len(concat) > 0 {
		end := len(concat)
		if i := bytes.Index(concat, []byte("\ntickmark/")); i >= 0 {
			end = i + 1
		}
		texts = append(texts, concat[:end:end])
		concat = concat[end:]
	}
	return texts
}

// SigOf gives the signature block of a signed kind (a pointer, as [Parse] returns it), and nil for any other value.
func SigOf(v any) *Sig {
	switch s := v.(type) {
	case *Roster:
		return &s.Sig
	case *Import:
		return &s.Sig
	case *Campaign:
		return &s.Sig
	case *Bundle:
		return &s.Sig
	case *Signoff:
		return &s.Sig
	}
	return nil
}

// LogOf gives the name of the ledger that a text of an entry states, and "" if it states none.
func LogOf(v any) string {
	switch e := v.(type) {
	case *Open:
		return e.Log
	case *Roster:
		return e.Log
	case *Import:
		return e.Log
	case *Campaign:
		return e.Log
	case *Decision:
		return e.Log
	case *Reassign:
		return e.Log
	case *Closure:
		return e.Log
	case *Remediation:
		return e.Log
	case *Bundle:
		return e.Log
	case *Signoff:
		return e.Log
	case *Anchor:
		return e.Log
	case *Row:
		return e.Log
	case *Item:
		return e.Log
	case *Member:
		return e.Log
	case *Assignment:
		return e.Log
	case *Facts:
		return e.Log
	case *Pack:
		return e.Log
	}
	return ""
}

// Suite is the only value of Open.Suite.
const Suite = "sshsig-sha512 rfc6962-sha256"

// ViaHost marks a signature made by the review host for a reviewer (ledger.md 4.2).
const ViaHost = "host"

// Roles of a sign-off.
const (
	RoleReviewer = "reviewer"
	RoleManager  = "manager"
)

// Namespaces of SSHSIG, one per role (ledger.md 4.1).
const (
	NamespaceRoster = "roster.v1@tickmark"
	NamespaceImport = "import.v1@tickmark"
	NamespaceManage = "manage.v1@tickmark"
	NamespaceReview = "review.v1@tickmark"
	NamespaceHost   = "host.v1@tickmark"
	NamespaceExport = "export.v1@tickmark"
	NamespaceEnrol  = "enrol.v1@tickmark" // proof of possession over a roster line; signs no entry
)

// Namespace gives the SSHSIG namespace of a statement (ledger.md 4.1). act counts for bundles, role for sign-offs, via
// for bundles of decisions. It is "" for what is not signed.
func Namespace(kind Kind, act, role, via string) string {
	switch kind {
	case KindRoster:
		return NamespaceRoster
	case KindImport:
		return NamespaceImport
	case KindCampaign:
		return NamespaceManage
	case KindBundle:
		switch {
		case act == ActDecision && via == ViaHost:
			return NamespaceHost
		case act == ActDecision:
			return NamespaceReview
		case act == ActReassign, act == ActClosure, act == ActRemediation:
			return NamespaceManage
		}
	case KindSignoff:
		switch role {
		case RoleReviewer:
			return NamespaceReview
		case RoleManager:
			return NamespaceManage
		}
	}
	return ""
}

// Meaning gives the fixed sentence of a statement (ledger.md 3.9), with the arguments of [Namespace].
func Meaning(kind Kind, act, role, via string) string {
	switch kind {
	case KindRoster:
		return "These keys may sign for these people from this entry on"
	case KindImport:
		return "I imported this file and the counts are as stated"
	case KindCampaign:
		return "I opened this campaign over exactly this population"
	case KindBundle:
		switch {
		case act == ActDecision && via == ViaHost:
			return "The named reviewer decided as recorded in a login this host authenticated"
		case act == ActDecision:
			return "I reviewed each listed item and decided as recorded"
		case act == ActReassign:
			return "I changed who decides the listed items"
		case act == ActClosure:
			return "I closed or renewed each listed exception as recorded"
		case act == ActRemediation:
			return "I recorded what became of each listed revocation"
		}
	case KindSignoff:
		switch role {
		case RoleReviewer:
			return "I have decided my items as counted here"
		case RoleManager:
			return "I accept this campaign as complete as counted here"
		}
	}
	return ""
}

// describe gives kind, act, role and via of a signed statement, the arguments of [Namespace] and [Meaning].
func describe(v any) (kind Kind, act, role, via string) {
	switch s := v.(type) {
	case *Roster:
		return KindRoster, "", "", s.Via
	case *Import:
		return KindImport, "", "", s.Via
	case *Campaign:
		return KindCampaign, "", "", s.Via
	case *Bundle:
		return KindBundle, s.Act, "", s.Via
	case *Signoff:
		return KindSignoff, "", s.Role, s.Via
	}
	return "", "", "", ""
}

// NamespaceOf is [Namespace] of a parsed statement.
func NamespaceOf(v any) string { return Namespace(describe(v)) }

// MeaningOf is [Meaning] of a parsed statement.
func MeaningOf(v any) string { return Meaning(describe(v)) }

// Cover fills in what a bundle says about the records directly before it, given their texts in order: number, tally,
// root, digest, and for decisions the attention counts. The act must be set. The error is a [*Failure] with CodeBundle
// for a record that does not belong into the bundle, or CodeFormat.
func (b *Bundle) Cover(records [][]byte) error {
	var tree Tree
	digest := sha256.New()
	counts := make(map[string]int64, 4)
	if b.Act == ActDecision {
		b.Opened, b.Bulk = 0, 0
	}
	for i, text := range records {
		v, err := Parse(text)
		if err != nil {
			return err
		}
		campaign, actor, act, word := recordFields(v)
		if act != b.Act || campaign != b.Campaign || actor != b.Actor {
			return failf(CodeBundle, "record %d is %s of %s in %s, the bundle %s of %s in %s", i+1, act, actor, campaign, b.Act, b.Actor, b.Campaign)
		}
		counts[word]++
		if d, ok := v.(*Decision); ok {
			b.Opened += count(d.Opened)
			b.Bulk += count(d.Bulk)
		}
		tree.Append(LeafHash(text))
		digest.Write(text)
	}
	b.Records, b.Tally = tree.Size(), FormatTally(b.Act, counts)
	b.RecordsRoot, b.RecordsSHA256 = tree.Root(), Hash(digest.Sum(nil))
	return nil
}
