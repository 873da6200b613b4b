package review

// Kind says what an identity or account is.
type Kind string

// Kinds of identity (importers.md 4).
const (
	Human       Kind = "human"
	Service     Kind = "service"
	Workload    Kind = "workload"
	Group       Kind = "group"
	External    Kind = "external"
	Public      Kind = "public"
	System      Kind = "system"
	UnknownKind Kind = "unknown"
)

// Words that only facts and filters use, first that applies (rulings 28).
const (
	BreakGlass  Kind = "break-glass"
	Shared      Kind = "shared"
	Integration Kind = "integration"
	Token       Kind = "token"
)

// Mark is something said about an identity or account beside its kind: shared, break-glass, integration, third-party.
type Mark string

// Privilege is how much an entitlement allows.
type Privilege string

// Privileges, strongest first.
const (
	Admin            Privilege = "admin"
	Write            Privilege = "write"
	Read             Privilege = "read"
	UnknownPrivilege Privilege = "unknown"
)

// Status of an account.
type Status string

// Statuses, the worst last-standing one wins: deleted > disabled > locked > expired > pending > active (trap 33).
const (
	Active        Status = "active"
	Disabled      Status = "disabled"
	Locked        Status = "locked"
	Pending       Status = "pending"
	Expired       Status = "expired"
	Deleted       Status = "deleted"
	UnknownStatus Status = "unknown"
)

// Tri is yes, no, unknown or not applicable, for facts such as MFA.
type Tri string

// Values of Tri; the zero value reads as unknown.
const (
	Yes   Tri = "yes"
	No    Tri = "no"
	Maybe Tri = "unknown"
	NA    Tri = "not_applicable"
)

// Account is an identity in one system (importers.md 4).
type Account struct {
	NativeID     string // the key within the source; "<system>/<id>" in a file with a system column (rulings 2)
	Login        string
	DisplayName  string
	Emails       []string
	WorkerID     string
	IdentityKey  string // key of the identity behind it, by the rules of importers.md 6; never empty
	KeySource    string // column, worker, email, account
	Kind         Kind
	KindInferred bool
	Marks        []Mark
	Status       Status
	StatusRaw    string
	Created      Time
	LastLogin    Time
	MFA          Tri
	External     Tri
	System       string
	Manager      string // as the source names it: e-mail, worker id or name
	Owner        string
	Department   string
	Title        string
	Attributes   map[string]string // what the format wants to keep beside the named facts; never a secret
	Credentials  []Credential
	Unresolved   bool     // the source gives an id but no name
	Irrevocable  string   // why it cannot be revoked here; empty if it can
	Locator      string   // of the record that first named it: "line 4711" or a JSON pointer
	RawSHA256    [32]byte // of that record's bytes (rulings 7)
}

// Credential is a key or token of an account; never its secret.
type Credential struct {
	NativeID string
	Kind     string // password, access_key, certificate, token, ssh_key, secret, mfa_device
	Status   string // active, inactive, expired, unknown
	Created  Time
	LastUsed Time
	Expires  Time
}

// Entitlement is what can be held.
type Entitlement struct {
	NativeID        string
	Name            string
	Kind            string // role, group, policy, permission, license, credential, membership, profile
	Description     string
	Privilege       Privilege
	PrivilegeReason string
}

// Resource is what an entitlement opens.
type Resource struct {
	NativeID string // with the condition appended as " if sha256:<hex>" where there is one (rulings 1)
	Name     string
	Kind     string
}

// Grant is account x entitlement x resource: the thing under review.
type Grant struct {
	Key         GrantKey // set by whoever knows the source (rulings 1)
	Kind        string   // grant, account, credential, owner (ledger.md 2)
	Account     string   // native id of the account
	Entitlement Entitlement
	Resource    Resource
	Path        string // native id of the group or role that confers it, only where the record itself names it
	How         string // direct, group, inherited, eligible, convenience; an attribute, never part of the key
	State       string // active, eligible, pending, expired
	Level       string // a value that goes with the grant, such as the cell of a wide matrix
	Granted     Time
	GrantedBy   string
	Expires     Time
	LastUsed    Time
	Condition   string
	Irrevocable string // why it is not offered for direct revocation; empty if it is
	Locator     string // "line 4711" or a JSON pointer
	RawSHA256   [32]byte
}

// Worker is a line of an HR roster (importers.md 10.1). It makes an identity and no account.
type Worker struct {
	ID          string
	Email       string
	Username    string
	Name        string
	Status      string // active, leave, terminated, unknown
	StatusRaw   string
	Hired       Time
	Terminated  Time
	Manager     string // worker id, e-mail or name as given
	Department  string
	Title       string
	Type        string
	Company     string
	Locator     string
	RawSHA256   [32]byte
	FutureLeave bool // a termination date after the review date
}

// Identity is the person or thing behind accounts, as joined in one database.
type Identity struct {
	Key         string // lower-cased primary e-mail if known, else the identity key (rulings 5)
	DisplayName string
	Emails      []string
	WorkerID    string
	Kind        Kind
	KindReason  string
	Marks       []Mark
	HRStatus    string // active, leave, terminated, unknown; empty when no roster names the identity
	Hired       Time
	Terminated  Time
	Owner       string // identity key or principal of the accountable person, for things
	OwnerAlive  Tri    // whether that person is an active worker
	OwnerStatus string // what the HR roster says of that person, with the day they left; empty if it does not name them
	Manager     string // identity key of the manager, if known
	Department  string
	Title       string
}

// Evidence is a fact about grants or accounts that is not a grant (importers.md 4).
type Evidence struct {
	Kind    string // last_used, recommendation, prior_decision, trust, object_permission
	Account string
	Subject string
	Value   string
	At      Time
	Locator string
}

// SoDRule says that one identity should not hold both sides (importers.md 10.2).
type SoDRule struct {
	ID, Name, Description, Severity string
	SystemA, EntitlementA           string // an entitlement may end in * for a prefix; an empty system matches any
	SystemB, EntitlementB           string
	Control                         string // mitigating control, if the rule names one
	OneSided                        bool   // flags every holder of A
	UnlessDepartment                string
	OutsideDepartment               string
	Locator                         string
}

// Link joins or parts an account and an identity by hand (rulings 6).
type Link struct {
	Account, System, Identity string
	Unlink                    bool
	Locator                   string
}

// Ownership names the accountable person of an account, entitlement or system from a day on (rulings 6).
type Ownership struct {
	What    string // account, entitlement, system
	Subject string
	Owner   string
	From    Time
	Locator string
}

// Usage is a last-used observation from a file of its own (rulings 6).
type Usage struct {
	Account, Entitlement string
	LastUsed             Time
	Locator              string
}
