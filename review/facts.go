package review

import (
	"slices"
	"strings"
)

// IdentityKind is the word facts and filters use for an item (rulings 28): the first that applies of break-glass, shared
// and integration among the marks, token for an item of kind credential, else the kind itself.
func IdentityKind(kind Kind, marks []Mark, grantKind string) Kind {
	for _, k := range [...]Kind{BreakGlass, Shared, Integration} {
		if slices.Contains(marks, Mark(k)) {
			return k
		}
	}
	if grantKind == "credential" {
		return Token
	}
	if kind == "" {
		return UnknownKind
	}
	return kind
}

// Words of an identity's standing (rulings 28).
const (
	StandingActive   = "active"
	StandingInactive = "inactive"
	StandingLeaver   = "leaver"
	StandingUnknown  = "unknown"
)

// IdentityStatus is the word facts use for who stands behind an account (rulings 28): leaver when HR says so, inactive for a
// disabled or deleted account or a person on leave, active where something says so, else unknown.
func IdentityStatus(hrStatus string, account Status) string {
	switch {
	case hrStatus == "terminated":
		return StandingLeaver
	case account == Disabled || account == Deleted || hrStatus == "leave":
		return StandingInactive
	case hrStatus == "active" || account == Active:
		return StandingActive
	}
	return StandingUnknown
}

// NonHuman reports whether a kind needs an accountable owner rather than being accountable itself.
func (k Kind) NonHuman() bool {
	switch k {
	case Service, Workload, BreakGlass, Shared, Integration, Token:
		return true
	}
	return false
}

// Marker finds marks by the patterns of a policy.
type Marker struct {
	lists [3]struct {
		mark     Mark
		patterns Patterns
	}
}

// NewMarker compiles the patterns of a policy.
func NewMarker(p Policy) (*Marker, error) {
	m := &Marker{}
	for i, l := range [3]struct {
		mark Kind
		text []string
	}{{BreakGlass, p.BreakGlassPatterns}, {Shared, p.SharedPatterns}, {Integration, p.IntegrationPatterns}} {
		ps, err := ParsePatterns(l.text)
		if err != nil {
			return nil, err
		}
		m.lists[i].mark, m.lists[i].patterns = Mark(l.mark), ps
	}
	return m, nil
}

// Marks adds what the policy's patterns say about an account to the marks it has; names are its native id, login and
// display name.
func (m *Marker) Marks(have []Mark, system string, names ...string) []Mark {
	for _, l := range m.lists {
		if slices.Contains(have, l.mark) {
			continue
		}
		if _, ok := l.patterns.Find(system, names...); ok {
			have = append(slices.Clip(have), l.mark)
		}
	}
	return have
}

// Platform is the product behind a source, as far as built-in knowledge goes: it picks the table of privileged names and the
// commands that take access away.
type Platform string

// Platforms with built-in knowledge.
const (
	AWS        Platform = "aws"
	Entra      Platform = "entra"
	Azure      Platform = "azure"
	GCP        Platform = "gcp"
	Google     Platform = "google-workspace"
	Kubernetes Platform = "kubernetes"
	GitHub     Platform = "github"
	GitLab     Platform = "gitlab"
	Okta       Platform = "okta"
	Salesforce Platform = "salesforce"
	Snowflake  Platform = "snowflake"
	SAP        Platform = "sap"
	Postgres   Platform = "postgresql"
	MySQL      Platform = "mysql"
	Oracle     Platform = "oracle"
	ActiveDir  Platform = "active-directory"
	Slack      Platform = "slack"
	Atlassian  Platform = "atlassian"
	ServiceNow Platform = "servicenow"
	Keycloak   Platform = "keycloak"
)

// PlatformOf tells the platform from a format id, or else from a word of the system's name; empty if neither says.
func PlatformOf(format, system string) Platform {
	for _, f := range [...]struct {
		prefix string
		is     Platform
	}{
		{"aws-", AWS}, {"entra-", Entra}, {"azurehound", Entra}, {"azure-", Azure}, {"gcp-", GCP}, {"google-", Google}, {"k8s-", Kubernetes},
		{"github-", GitHub}, {"ghes-", GitHub}, {"gitlab-", GitLab}, {"okta-", Okta}, {"salesforce-", Salesforce},
		{"snowflake-", Snowflake}, {"sap-", SAP}, {"postgres-", Postgres}, {"mysql-", MySQL}, {"oracle-", Oracle}, {"ad-", ActiveDir},
		{"bloodhound-", ActiveDir}, {"slack-", Slack}, {"atlassian-", Atlassian}, {"servicenow-", ServiceNow}, {"keycloak-", Keycloak},
	} {
		if strings.HasPrefix(format, f.prefix) {
			return f.is
		}
	}
	return platformNamed(system)
}

func platformNamed(system string) Platform {
	words := strings.FieldsFunc(strings.ToLower(system), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	for _, w := range words {
		switch w {
		case "aws":
			return AWS
		case "entra", "aad", "azuread", "m365", "o365", "office365":
			return Entra
		case "azure":
			return Azure
		case "gcp", "gcloud":
			return GCP
		case "gws", "gsuite", "workspace":
			return Google
		case "k8s", "kubernetes", "eks", "gke", "aks", "openshift":
			return Kubernetes
		case "github", "ghes":
			return GitHub
		case "gitlab":
			return GitLab
		case "okta":
			return Okta
		case "salesforce", "sfdc":
			return Salesforce
		case "snowflake":
			return Snowflake
		case "sap", "s4hana":
			return SAP
		case "postgres", "postgresql", "psql":
			return Postgres
		case "mysql", "mariadb":
			return MySQL
		case "oracle":
			return Oracle
		case "ad", "ldap", "activedirectory":
			return ActiveDir
		case "slack":
			return Slack
		case "atlassian", "jira", "confluence":
			return Atlassian
		case "servicenow":
			return ServiceNow
		case "keycloak":
			return Keycloak
		}
	}
	return ""
}
