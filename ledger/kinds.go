package ledger

import "time"

// The kinds of text, one struct each, with the fields in the normative order of the spec (ledger.md 2, 3.1-3.8).
//
// The tag names the field's type of ledger.md 1.2; a field name is the struct field's name in lower-case words joined
// by hyphens unless the tag gives one ("name=..."). Absent values are the zero value of the Go type: an index is never
// absent and 0 at once, because entry 0 is the open entry, which nothing refers to.
//
//	n        int64          n?   int64, 0 is absent
//	sha      Hash           written "sha256:<hex>"; sha? zero is absent
//	tree     Hash           written in base64
//	time     time.Time      UTC, whole seconds; time? zero is absent
//	date     Date           "YYYY-MM-DD"; date? "" is absent
//	yn       bool
//	head     Head
//	text     string         raw bytes, escaped when written; text! must not be absent
//	others   string         checked against the form of ledger.md 1.2 (log, id, principal, key, salt, stated, tally, words)
//	list     []T            written "names: N" and N lines "name: value"

// Hash is a SHA-256 value.
type Hash [32]byte

// Date is a day, YYYY-MM-DD.
type Date string

// Head is a size and root of the ledger.
type Head struct {
	Size int64
	Root Hash
}

// Kind names a text, as in its first line "tickmark/<kind> v1".
type Kind string

// Kinds of entry.
const (
	KindOpen        Kind = "open"
	KindRoster      Kind = "roster"
	KindImport      Kind = "import"
	KindCampaign    Kind = "campaign"
	KindDecision    Kind = "decision"
	KindReassign    Kind = "reassign"
	KindClosure     Kind = "closure"
	KindRemediation Kind = "remediation"
	KindBundle      Kind = "bundle"
	KindSignoff     Kind = "signoff"
	KindAnchor      Kind = "anchor"
)

// Kinds of document: texts that are hashed into entries and never are entries themselves.
const (
	KindGrant      Kind = "grant"
	KindItem       Kind = "item"
	KindRow        Kind = "row"
	KindMember     Kind = "member"
	KindAssignment Kind = "assignment"
	KindFacts      Kind = "facts"
	KindSample     Kind = "sample"
	KindPack       Kind = "pack"
)

// Sig is the block that ends every signed statement (ledger.md 3).
type Sig struct {
	Signer  string    `t:"principal"`
	Key     string    `t:"key"`
	Via     string    `t:"agent|forwarded-agent|key-file|detached|host"`
	Seq     int64     `t:"n"`
	Prev    Hash      `t:"sha?"`
	Time    time.Time `t:"time"`
	Seen    Head      `t:"head"`
	Meaning string    `t:"text!"`
}

// Open is entry 0 (3.1).
type Open struct {
	Log   string    `t:"log"`
	Time  time.Time `t:"time"`
	Title string    `t:"text!"`
	Suite string    `t:"text!"`
}

// Roster names the allowed_signers and revocation files in force from the next entry on (3.2).
type Roster struct {
	Log           string `t:"log"`
	Version       int64  `t:"n"`
	Previous      int64  `t:"n?"`
	SignerLines   int64  `t:"n"`
	SignersSHA256 Hash   `t:"sha" name:"signers-sha256"`
	RevokedLines  int64  `t:"n"`
	RevokedSHA256 Hash   `t:"sha?" name:"revoked-sha256"`
	Sig
}

// Import is the statement about one file read once (3.3).
type Import struct {
	Log           string    `t:"log"`
	Source        string    `t:"id"`
	System        string    `t:"text!"`
	Environment   string    `t:"production|other|unknown"`
	Format        string    `t:"text!"`
	FileName      string    `t:"text!"`
	FileSHA256    Hash      `t:"sha" name:"file-sha256"`
	FileBytes     int64     `t:"n"`
	Encoding      string    `t:"text!"`
	Extracted     time.Time `t:"time?"`
	ExtractedBy   string    `t:"text"`
	Query         string    `t:"text"`
	Completeness  string    `t:"full|scoped|unknown|truncated"`
	RowsRead      int64     `t:"n"`
	RowsAccepted  int64     `t:"n"`
	RowsRejected  int64     `t:"n"`
	Grants        int64     `t:"n"`
	Accounts      int64     `t:"n"`
	Identities    int64     `t:"n"`
	ItemsRoot     Hash      `t:"tree"`
	MappingSHA256 Hash      `t:"sha?" name:"mapping-sha256"`
	RejectsSHA256 Hash      `t:"sha?" name:"rejects-sha256"`
	Totals        []Total   `t:"total" list:"totals,total"`
	Previous      int64     `t:"n?"`
	Sig
}

// Total is a control total declared before an import, and what was found (type `total` of 1.2).
type Total struct {
	Name            string
	Declared, Found int64
}

// Row is one grant of an import, in file order (3.3).
type Row struct {
	Log         string `t:"log"`
	Source      string `t:"id"`
	Row         int64  `t:"n"`
	Locator     string `t:"text!"`
	Kind        string `t:"grant|account|credential|owner"`
	Account     string `t:"text!"`
	Entitlement string `t:"text"`
	Resource    string `t:"text"`
	Path        string `t:"text"`
	Grant       Hash   `t:"sha"`
	Identity    string `t:"text"`
	Privilege   string `t:"admin|write|read|unknown"`
	RawSHA256   Hash   `t:"sha" name:"raw-sha256"`
	Salt        string `t:"salt"`
}

// Grant is the text whose hash is a grant key (2).
type Grant struct {
	Kind        string `t:"grant|account|credential|owner"`
	Source      string `t:"id"`
	Account     string `t:"text!"`
	Entitlement string `t:"text"`
	Resource    string `t:"text"`
	Path        string `t:"text"`
}

// Item is the text whose hash is an item id (2).
type Item struct {
	Log      string `t:"log"`
	Campaign string `t:"id"`
	Stage    int64  `t:"n"`
	Grant    Hash   `t:"sha"`
}

// Campaign freezes a population before the first decision (3.4).
type Campaign struct {
	Log             string      `t:"log"`
	Campaign        string      `t:"id"`
	Title           string      `t:"text!"`
	Owner           string      `t:"principal"`
	Scope           string      `t:"text!"`
	PeriodStart     Date        `t:"date"`
	PeriodEnd       Date        `t:"date"`
	Due             time.Time   `t:"time"`
	Stages          int64       `t:"n"`
	NoAnswer        string      `t:"leave-open|revoke|reassign"`
	Assurance       string      `t:"any|own-key|touch|pin"`
	PolicySHA256    Hash        `t:"sha" name:"policy-sha256"`
	RulesSHA256     Hash        `t:"sha" name:"rules-sha256"`
	Imports         []int64     `t:"n" list:"imports,import"`
	Items           int64       `t:"n"`
	PopulationRoot  Hash        `t:"tree"`
	AssignmentsRoot Hash        `t:"tree"`
	Exclusions      []Exclusion `t:"exclusion" list:"exclusions,exclusion"`
	Sig
}

// Exclusion says how many grants are not members, and why (type `exclusion` of 1.2).
type Exclusion struct {
	Count  int64
	Reason string
}

// Member puts a row into a campaign's population (3.4).
type Member struct {
	Log      string `t:"log"`
	Campaign string `t:"id"`
	Item     Hash   `t:"sha"`
	Grant    Hash   `t:"sha"`
	Import   int64  `t:"n"`
	Row      int64  `t:"n"`
	Salt     string `t:"salt"`
}

// Assignment says who is to decide an item (3.4).
type Assignment struct {
	Log      string `t:"log"`
	Campaign string `t:"id"`
	Item     Hash   `t:"sha"`
	Reviewer string `t:"principal"`
	Basis    string `t:"manager|owner|named|rule|fallback"`
	Salt     string `t:"salt"`
}

// Decision is a record (3.5).
type Decision struct {
	Log         string `t:"log"`
	Campaign    string `t:"id"`
	Import      int64  `t:"n"`
	Row         int64  `t:"n"`
	Item        Hash   `t:"sha"`
	Grant       Hash   `t:"sha"`
	Account     string `t:"text!"`
	Identity    string `t:"text"`
	Entitlement string `t:"text"`
	Verdict     string `t:"keep|revoke|exception|abstain"`
	Replace     string `t:"text"`
	Effective   Date   `t:"date?"`
	Until       Date   `t:"date?"`
	Owner       string `t:"text"`
	Control     string `t:"text"`
	Reason      string `t:"text"`
	Reviewer    string `t:"principal"`
	Opened      bool   `t:"yn"`
	Bulk        bool   `t:"yn"`
	ShownSHA256 Hash   `t:"sha" name:"shown-sha256"`
	Supersedes  int64  `t:"n?"`
	Salt        string `t:"salt"`
}

// Facts is what was on the screen when an item was decided (3.5).
type Facts struct {
	Log             string    `t:"log"`
	Item            Hash      `t:"sha"`
	Grant           Hash      `t:"sha"`
	Source          string    `t:"id"`
	Account         string    `t:"text!"`
	AccountStatus   string    `t:"text"`
	Entitlement     string    `t:"text"`
	EntitlementName string    `t:"text"`
	Resource        string    `t:"text"`
	Path            string    `t:"text"`
	Privilege       string    `t:"admin|write|read|unknown"`
	Granted         string    `t:"stated"`
	GrantedBy       string    `t:"text"`
	Expires         string    `t:"stated"`
	LastUsed        string    `t:"stated"`
	Identity        string    `t:"text"`
	IdentityKind    string    `t:"human|service|workload|token|integration|shared|break-glass|external|group|public|system|unknown"`
	IdentityStatus  string    `t:"active|inactive|leaver|unknown"`
	Owner           string    `t:"text"`
	Manager         string    `t:"text"`
	Previous        int64     `t:"n?"`
	PreviousVerdict string    `t:"text"`
	Findings        []Finding `t:"finding" list:"findings,finding"`
	Salt            string    `t:"salt"`
}

// Finding is a rule that fired, as displayed (type `finding` of 1.2).
type Finding struct {
	Rule     string
	Version  int64
	Severity string // info, low, medium, high, critical
	Text     string
}

// Bundle is one confirmed act over the records directly before it (3.6).
type Bundle struct {
	Log           string `t:"log"`
	Campaign      string `t:"id"`
	Act           string `t:"decision|reassign|closure|remediation"`
	Actor         string `t:"principal"`
	Records       int64  `t:"n"`
	Tally         string `t:"tally"`
	RecordsRoot   Hash   `t:"tree"`
	RecordsSHA256 Hash   `t:"sha" name:"records-sha256"`
	Opened        int64  `t:"n"`
	Bulk          int64  `t:"n"`
	Elapsed       int64  `t:"n"`
	LoginKey      string `t:"key?"`
	Sig
}

// Reassign is a manager's record: from its index on only To may decide (3.7).
type Reassign struct {
	Log      string `t:"log"`
	Campaign string `t:"id"`
	Item     Hash   `t:"sha"`
	From     string `t:"principal"`
	To       string `t:"principal"`
	Until    Date   `t:"date?"`
	Reason   string `t:"text!"`
	Manager  string `t:"principal"`
	Salt     string `t:"salt"`
}

// Closure is a manager's record about an exception (3.7).
type Closure struct {
	Log            string `t:"log"`
	Campaign       string `t:"id"`
	Item           Hash   `t:"sha"`
	Exception      int64  `t:"n"`
	Previous       int64  `t:"n?"`
	Outcome        string `t:"remediated|renewed|withdrawn"`
	Until          Date   `t:"date?"`
	Owner          string `t:"text"`
	Control        string `t:"text"`
	EvidenceSHA256 Hash   `t:"sha?" name:"evidence-sha256"`
	Reason         string `t:"text!"`
	Manager        string `t:"principal"`
	Salt           string `t:"salt"`
}

// Remediation is a manager's record of what became of a revoke (3.7).
type Remediation struct {
	Log            string    `t:"log"`
	Campaign       string    `t:"id"`
	Item           Hash      `t:"sha"`
	Decision       int64     `t:"n"`
	State          string    `t:"claimed|gone|still-present|came-back"`
	Ticket         string    `t:"text"`
	Done           time.Time `t:"time?"`
	Import         int64     `t:"n?"`
	EvidenceSHA256 Hash      `t:"sha?" name:"evidence-sha256"`
	Note           string    `t:"text"`
	Manager        string    `t:"principal"`
	Salt           string    `t:"salt"`
}

// Signoff says "I am done", with counts at Seen.Size (3.8).
type Signoff struct {
	Log      string `t:"log"`
	Campaign string `t:"id"`
	Role     string `t:"reviewer|manager"`
	Items    int64  `t:"n"`
	Decided  int64  `t:"n"`
	Open     int64  `t:"n"`
	Tally    string `t:"tally"`
	Sig
}

// Anchor notes that a head was given to someone outside (3.8).
type Anchor struct {
	Log         string    `t:"log"`
	Size        int64     `t:"n"`
	Root        Hash      `t:"tree"`
	Type        string    `t:"receipt|witness|timestamp"`
	Holder      string    `t:"text!"`
	TokenSHA256 Hash      `t:"sha?" name:"token-sha256"`
	TokenTime   time.Time `t:"time?"`
}

// Sample ranks an item in a seeded draw (evidence-pack.md 8).
type Sample struct {
	Seed string `t:"text"`
	Root Hash   `t:"tree"`
	Item Hash   `t:"sha"`
}

// Pack says what an evidence pack is (evidence-pack.md 2).
type Pack struct {
	Log         string   `t:"log"`
	Size        int64    `t:"n"`
	Root        Hash     `t:"tree"`
	View        string   `t:"full|soc1-type1|soc1-type2|soc2-type1|soc2-type2"`
	WindowStart Date     `t:"date"`
	WindowEnd   Date     `t:"date"`
	AsOf        Date     `t:"date"`
	Campaigns   []string `t:"id" list:"campaigns,campaign"`
	Disclosure  string   `t:"full|view|sampled"`
	SampleSeed  string   `t:"text"`
	SampleSize  int64    `t:"n"`
	Exporter    string   `t:"principal"`
	Key         string   `t:"key"`
	Tool        string   `t:"text!"`
}
