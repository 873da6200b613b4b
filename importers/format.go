package importers

import (
	"fmt"
	"slices"
	"strings"
)

// format is one kind of export. A format is a file of its own: a value of this type, and the function that maps its
// records. Everything else (bytes, dialects, wrappers, counting, limits) is done for it.
type format struct {
	FormatInfo
	version int
	tier    int      // 0 native, 1 rosters, 2 generic: a lower tier wins; asOnly formats are never guessed
	rules   bool     // it says something about other imports and holds no population, so that an empty one is no surprise
	full    bool     // the export always holds the whole population of its instance
	shapes  []shape  // the forms it comes in; the one with most known names is taken
	facts   []string // normal names that read like secrets and are facts about credentials (12.1)
	start   func(x *run) mapper
}

// shape is one form of a format. All names are in normal form (2.8); NAME* stands for any name that begins so.
type shape struct {
	csv, json bool
	top       []string            // JSON: keys the top-level object must have
	need      []string            // names the records must have; dots lead into objects
	any       [][]string          // of each group one is enough
	known     []string            // further names that are understood
	alike     [][]string          // further names again; those of a group mean the same and count as one
	lists     []string            // JSON: the members of the top-level object that hold records; none: the wrapper's
	first     []string            // of lists: those that must be known before the others are read; not counted as records
	again     []string            // of first: those that are records of their own all the same
	counted   bool                // records hold the rows: the mapper counts them with row.sub
	envelope  bool                // JSON: the records are CSV text inside a member
	check     func(p *probe) bool // what names alone cannot tell
}

// asOnly is the tier of formats that only --as chooses.
const asOnly = 9

// mapper turns records into accounts and grants.
type mapper struct {
	each  func(r *row)
	first func(r *row) // records of the lists to be known first; may be nil
	done  func()       // after the last record; may be nil
}

// formats is every format, in the order they are listed for people.
func formats() []*format {
	return []*format{
		genericCSV, genericJSON, genericNDJSON,
		adUsers, adGroupMembers,
		entraUsers, entraRoleAssignments, entraAppRoles, entraOAuth2Grants, entraServicePrincipals, entraAccessReviews,
		awsCredentialReport, awsAccountAuthorization, awsIAMUsers, awsAccessKeys, awsPolicyEntities, awsIdentityCenter,
		googleUsers, googleGroupMembers, googleTokens, gcpIAMPolicy, gcpAssetPolicies,
		oktaUsers, oktaAppUsers, oktaAdminRoles, oktaGroups, oktaAssignments,
		azureRoleAssignments, azurehound, k8sRoleBindings,
		githubCollaborators, githubLicenses, githubPeople, ghesUsers, gitlabMembers,
		atlassianUsers, slackMembers, salesforceUsers, salesforcePermissionSets, servicenowRoles,
		snowflakeGrants, oracleRolePrivs, postgresRoles, mysqlPrivileges, sapAgrUsers, sapUsr02,
		keycloakRealm, scimResources, batonGrants, bloodhoundUsers, bloodhoundGroups,
		hrRoster, sodRules, links, owners, lastUsed,
	}
}

// lookup finds a format by id or alias.
func lookup(id string) *format {
	for _, f := range formats() {
		if f.ID == id || slices.Contains(f.Aliases, id) {
			return f
		}
	}
	return nil
}

// Formats lists every format in a fixed order.
func Formats() []FormatInfo {
	var out []FormatInfo
	for _, f := range formats() {
		out = append(out, f.info())
	}
	return out
}

// LookupFormat finds a format by id or alias.
func LookupFormat(id string) (FormatInfo, bool) {
	if f := lookup(id); f != nil {
		return f.info(), true
	}
	return FormatInfo{}, false
}

// info completes what people are told with the names the shapes require.
func (f *format) info() FormatInfo {
	i := f.FormatInfo
	i.Version = f.version
	for _, s := range f.shapes {
		if line := s.required(); line != "" && !slices.Contains(i.Required, line) {
			i.Required = append(i.Required, line)
		}
	}
	return i
}

// required lists what a shape must have, for people.
func (s *shape) required() string {
	parts := slices.Concat(s.top, s.need)
	for _, g := range s.any {
		parts = append(parts, "one of "+strings.Join(g, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	kind := "CSV or JSON"
	if !s.csv {
		kind = "JSON"
	} else if !s.json {
		kind = "CSV"
	}
	return kind + ": " + strings.Join(parts, " ")
}

// fit is how well a file's names fit a shape.
type fit struct {
	format *format
	shape  *shape
	known  int // names of the shape that the file has
	of     int // names the shape understands
	need   int
}

// match compares a shape with a file. missing lists required names the file lacks.
func (f *format) match(s *shape, p *probe) (m fit, missing []string) {
	m = fit{format: f, shape: s, need: len(s.need) + len(s.any) + len(s.top)}
	counted := map[string]bool{}
	count := func(n string) bool {
		has := p.has(n)
		if !counted[n] {
			counted[n] = true
			if m.of++; has {
				m.known++
			}
		}
		return has
	}
	for _, n := range s.top {
		m.of++
		if !p.top[n] {
			missing = append(missing, n)
		} else {
			m.known++
		}
	}
	for _, n := range s.need {
		if !count(n) {
			missing = append(missing, n)
		}
	}
	for _, g := range s.any {
		found := false
		for _, n := range g {
			found = count(n) || found
		}
		if !found {
			missing = append(missing, "one of "+strings.Join(g, ", "))
		}
	}
	for _, n := range s.known {
		count(n)
	}
	for _, g := range s.alike {
		if m.of++; slices.ContainsFunc(g, p.has) {
			m.known++
		}
	}
	return m, missing
}

// choose finds the format that fits best: most known names, then the longer list of required ones (importers.md 2.9).
func choose(p *probe, top bool) *fit {
	var best *fit
	for _, f := range formats() {
		for i := range f.shapes {
			s := &f.shapes[i]
			if f.tier > 1 || p.csv && !s.csv || !p.csv && !s.json || (len(s.top) > 0) != top {
				continue
			}
			m, missing := f.match(s, p)
			if len(missing) == 0 && (s.check == nil || s.check(p)) && m.beats(best) {
				best = &m
			}
		}
	}
	return best
}

func (m *fit) beats(o *fit) bool {
	switch {
	case o == nil:
		return true
	case m.format.tier != o.format.tier:
		return m.format.tier < o.format.tier
	case m.known != o.known:
		return m.known > o.known
	}
	return m.need > o.need
}

// evidence says why a format was chosen.
func (m *fit) evidence(csv bool) string {
	what := "keys"
	if csv {
		what = "columns"
	}
	return fmt.Sprintf("%d of %d known %s", m.known, m.of, what)
}
