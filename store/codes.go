package store

import (
	"slices"

	"tickmark/review"
)

// Closed vocabularies are stored as small numbers: the position in these lists. A list only ever grows at its end.

// codes is one such list; an absent or unknown word has the code of the zero word, which stands first.
type codes[W ~string] []W

func (c codes[W]) code(w W) int64 {
	if i := slices.Index(c, w); i > 0 {
		return int64(i)
	}
	return 0
}

func (c codes[W]) word(code int64) W {
	if code < 0 || code >= int64(len(c)) {
		return c[0]
	}
	return c[code]
}

func grantKinds() codes[string] { return codes[string]{"", "grant", "account", "credential", "owner"} }

func kinds() codes[review.Kind] {
	return codes[review.Kind]{"", review.Human, review.Service, review.Workload, review.Group, review.External, review.Public,
		review.System, review.UnknownKind, review.BreakGlass, review.Shared, review.Integration, review.Token}
}

func itemStatuses() codes[string] {
	return codes[string]{"", "active", "inactive", "leaver", "unknown"}
}

func accountStatuses() codes[review.Status] {
	return codes[review.Status]{"", review.Active, review.Disabled, review.Locked, review.Pending, review.Expired, review.Deleted,
		review.UnknownStatus}
}

func privileges() codes[review.Privilege] {
	return codes[review.Privilege]{"", review.Admin, review.Write, review.Read, review.UnknownPrivilege}
}

func severities() codes[review.Severity] {
	return codes[review.Severity]{"", review.Info, review.Low, review.Medium, review.High, review.Critical}
}

func changes() codes[review.Change] {
	return codes[review.Change]{"", review.New, review.Changed, review.Unchanged, review.CameBack}
}

// verdicts: the schema's partial indexes know 2 as revoke and 3 as exception.
func verdicts() codes[review.Verdict] {
	return codes[review.Verdict]{review.NoVerdict, review.Keep, review.Revoke, review.Except, review.Abstain}
}

func bases() codes[string] { return codes[string]{"", "manager", "owner", "named", "rule", "fallback"} }

// Kinds of extras.
const (
	extraWorker = iota + 1
	extraSoDRule
	extraLink
	extraOwnership
	extraUsage
	extraEvidence
	extraReject
)

// Sorts of words of a population.
const (
	wordOwner = iota + 1
	wordReviewer
	wordOrigin // a system, with the source that told of it
	wordMarks  // marks of an identity
	wordHow
	wordRule
)
