package detect

import (
	"iter"
	"time"

	"tickmark/review"
)

// Snapshot is everything rules may look at. Accounts, entitlements and grants refer to each other by position.
type Snapshot struct {
	Now    time.Time
	Policy review.Policy
	SoD    []review.SoDRule // from imported rule files; those of the policy are added
	Roster bool             // an HR roster was imported, so that absence from it means something
	People *review.People   // who is who; nil compares names alone

	Sources      []Source
	Identities   []Identity
	Accounts     []Account
	Entitlements []Entitlement
	// Grants yields every grant. It is called twice and must yield the same grants both times; the pointer is valid only
	// until yield returns.
	Grants iter.Seq[*Grant]
}

// Source is a system instance whose newest import the snapshot holds.
type Source struct {
	ID          review.SourceID
	System      string
	Platform    review.Platform   // review.PlatformOf
	Environment string            // production, other, unknown
	AsOf        time.Time         // when it was extracted; zero if not known
	Compared    review.CampaignID // the last campaign that covered this source; empty: there is none to compare with
}

// Identity is a person or thing with what HR says of its moves.
type Identity struct {
	*review.Identity
	Moves []Move
}

// Move is a change between two rosters, or one an HR system dates itself.
type Move struct {
	What     string // department, title, manager
	From, To string
	At       time.Time // the day of the later roster, or the stated day
}

// Account is what rules need of an account.
type Account struct {
	Identity     int // position in Identities; -1: none
	Source       int // position in Sources
	NativeID     string
	Login        string
	DisplayName  string
	System       string
	Kind         review.Kind
	KindInferred bool
	KeySource    string
	Marks        []review.Mark
	Status       review.Status
	Created      review.Time
	LastLogin    review.Time
	MFA          review.Tri
	External     review.Tri
	Unresolved   bool
	Credentials  []review.Credential
}

// AccountOf takes what rules need from an account as imported.
func AccountOf(a *review.Account, identity, source int) Account {
	return Account{
		Identity: identity, Source: source, NativeID: a.NativeID, Login: a.Login, DisplayName: a.DisplayName, System: a.System,
		Kind: a.Kind, KindInferred: a.KindInferred, KeySource: a.KeySource, Marks: a.Marks, Status: a.Status, Created: a.Created,
		LastLogin: a.LastLogin, MFA: a.MFA, External: a.External, Unresolved: a.Unresolved, Credentials: a.Credentials,
	}
}

// Entitlement is something that can be held in a source.
type Entitlement struct {
	Source   int // position in Sources
	System   string
	NativeID string
	Name     string
	Kind     string // role, group, policy, permission, license, credential, membership, profile
}

// Grant is one grant with what is known of its past. Ref is the caller's own name for it; rules never read it.
type Grant struct {
	Ref             int64
	Account         int // position in Accounts
	Entitlement     int // position in Entitlements; -1: the account itself is reviewed
	Kind            string
	Resource        string
	How             string
	State           string // active, eligible, pending, expired
	Privilege       review.Privilege
	PrivilegeReason string
	Granted         review.Time
	LastUsed        review.Time
	Expires         review.Time
	GrantedBy       string
	Granter         string           // identity behind GrantedBy, where an account tells it
	FirstSeen       time.Time        // extraction time of the first import that held it; zero if not known
	Reviewer        review.Principal // who is to decide; empty before routing
	Past            Past
}

// Past is what earlier campaigns and imports say of a grant.
type Past struct {
	Change         review.Change // against the last campaign; empty: not compared
	What           string        // for changed: what changed, such as "privilege read, now admin"
	Revoked        review.RemediationState
	RevokedIn      review.CampaignID
	RevokedOn      time.Time
	ExceptionUntil string // of an exception that no closure has ended; YYYY-MM-DD
	ExceptionIn    review.CampaignID
	ExceptionOwner string
}

// Detect yields every grant of the snapshot with its findings, worst first. A policy that does not parse is a programming
// error: policies are checked where they are read.
func Detect(s *Snapshot) iter.Seq2[*Grant, []review.Finding] {
	return func(yield func(*Grant, []review.Finding) bool) {
		d := New(s)
		for g := range s.Grants {
			if !yield(g, d.Findings(g)) {
				return
			}
		}
	}
}
