package review

// Policy holds the thresholds of a review. The defaults are DefaultPolicy; a TOML file overrides them; the effective
// policy is hashed into every campaign (rulings 30). PolicyFields explains each setting.
type Policy struct {
	ExceptionMaxDays    int       `toml:"exception-max-days"`
	ExceptionRenewals   int       `toml:"exception-max-renewals"`
	ExceptionWarnDays   int       `toml:"exception-expiring-days"`
	ExceptionApproval   string    `toml:"exception-approval"` // none, manager
	RevokeNeedsReason   bool      `toml:"revoke-needs-reason"`
	KeepReasonAtHigh    bool      `toml:"keep-high-needs-reason"`
	HighNeedsStage2     bool      `toml:"high-needs-second-stage"`
	AdminsReview        string    `toml:"administrators-review"` // allow, warn, block: who can administer an entitlement decides on it
	BulkTypeCount       int       `toml:"bulk-type-count"`       // a bulk act over more items needs the count typed
	HastySecondsPerItem int       `toml:"hasty-seconds-per-item"`
	HastyBulkShare      int       `toml:"hasty-bulk-percent"`
	RubberStampKeeps    int       `toml:"rubber-stamp-keep-percent"`
	NoRevokeCampaigns   int       `toml:"no-revoke-campaigns"`
	SignalDecisions     int       `toml:"signals-min-decisions"` // quality signals stay silent below this many decisions
	RemediationDays     int       `toml:"remediation-due-days"`
	DormantDays         int       `toml:"dormant-days"`
	NeverUsedGraceDays  int       `toml:"never-used-grace-days"`
	OldCredentialDays   int       `toml:"old-credential-days"`
	MoverDays           int       `toml:"mover-days"`
	OutlierPercent      int       `toml:"outlier-percent"` // fewer peers than this share hold it
	OutlierGroup        int       `toml:"outlier-min-group"`
	ReuseIdentities     int       `toml:"reuse-systems"` // a non-human identity in more systems than this
	StaleImportDays     int       `toml:"stale-import-days"`
	CollapsePercent     int       `toml:"collapse-percent"`
	Periods             string    `toml:"periods"`             // quarter, month, half-year, year
	PrivilegedPatterns  []string  `toml:"privileged-patterns"` // "system:entitlement" (see Pattern); a leading ! takes off the list
	BreakGlassPatterns  []string  `toml:"break-glass-patterns"`
	SharedPatterns      []string  `toml:"shared-patterns"`
	IntegrationPatterns []string  `toml:"integration-patterns"`
	RulesOff            []string  `toml:"rules-off"` // ids of finding rules that are not run
	Controls            []string  `toml:"controls"`
	FinancialSources    []string  `toml:"financial-sources"`
	SoD                 []SoDPair `toml:"sod"`
}

// SoDPair is a separation-of-duties rule written in the policy: one identity should not hold something of A and something
// of B. Members are patterns as in Pattern; a pair without B flags every holder of A.
type SoDPair struct {
	ID                string   `toml:"id"`
	Name              string   `toml:"name"`
	Severity          Severity `toml:"severity"`
	A                 []string `toml:"a"`
	B                 []string `toml:"b"`
	Control           string   `toml:"control"` // mitigating control
	UnlessDepartment  string   `toml:"unless-department"`
	OutsideDepartment string   `toml:"outside-department"`
}

// DefaultPolicy is the policy of an organisation that has not written one.
func DefaultPolicy() Policy {
	return Policy{
		ExceptionMaxDays:    365,
		ExceptionRenewals:   2,
		ExceptionWarnDays:   30,
		ExceptionApproval:   ApprovalNone,
		RevokeNeedsReason:   true,
		KeepReasonAtHigh:    false,
		AdminsReview:        AdminsWarn,
		BulkTypeCount:       25,
		HastySecondsPerItem: 3,
		HastyBulkShare:      80,
		RubberStampKeeps:    98,
		NoRevokeCampaigns:   3,
		SignalDecisions:     20,
		RemediationDays:     14,
		DormantDays:         90,
		NeverUsedGraceDays:  30,
		OldCredentialDays:   90,
		MoverDays:           90,
		OutlierPercent:      10,
		OutlierGroup:        8,
		ReuseIdentities:     2,
		StaleImportDays:     30,
		CollapsePercent:     30,
		Periods:             "quarter",
		BreakGlassPatterns:  []string{"*break*glass*", "*emergency*", "*firefighter*"},
		SharedPatterns:      []string{"*shared*", "*generic*", "*kiosk*"},
		IntegrationPatterns: []string{"*integration*", "*connector*", "*webhook*", "*-sync", "sync-*"},
	}
}

// Who must agree to an exception.
const (
	ApprovalNone    = "none"
	ApprovalManager = "manager"
)

// What happens when somebody who can administer an entitlement is to decide on it.
const (
	AdminsAllow = "allow"
	AdminsWarn  = "warn"
	AdminsBlock = "block"
)

// PolicyField explains one setting: what it means, its unit and what it may be.
type PolicyField struct {
	Name     string
	Help     string   // one sentence
	Unit     string   // days, items, percent ...; empty for words and lists
	Min, Max int      // of a number
	Words    []string // of a word

	number func(*Policy) *int
	word   func(*Policy) *string
}

// PolicyFields lists the settings in the order of the file.
func PolicyFields() []PolicyField {
	days := func(name, help string, least, most int, f func(*Policy) *int) PolicyField {
		return PolicyField{Name: name, Help: help, Unit: "days", Min: least, Max: most, number: f}
	}
	percent := func(name, help string, f func(*Policy) *int) PolicyField {
		return PolicyField{Name: name, Help: help, Unit: "percent", Max: 100, number: f}
	}
	say := func(name, help string) PolicyField { return PolicyField{Name: name, Help: help} }
	return []PolicyField{
		days("exception-max-days", "How long an exception may run from the day it is decided or renewed.", 1, 3650, func(p *Policy) *int { return &p.ExceptionMaxDays }),
		{Name: "exception-max-renewals", Help: "How often one exception may be renewed.", Unit: "renewals", Max: 100, number: func(p *Policy) *int { return &p.ExceptionRenewals }},
		days("exception-expiring-days", "From how many days before its end an exception is shown as expiring.", 0, 365, func(p *Policy) *int { return &p.ExceptionWarnDays }),
		{Name: "exception-approval", Help: "Whether an exception needs a second-stage manager who is not its reviewer, owner or subject.", Words: []string{ApprovalNone, ApprovalManager}, word: func(p *Policy) *string { return &p.ExceptionApproval }},
		say("revoke-needs-reason", "Kept for readers of the policy: a revoke always needs a reason in the ledger."),
		say("keep-high-needs-reason", "Keeping an item with a high or critical finding needs a reason."),
		say("high-needs-second-stage", "Items with a high or critical finding get a second stage with another person."),
		{Name: "administrators-review", Help: "Whether somebody who can administer an entitlement may decide on it.", Words: []string{AdminsAllow, AdminsWarn, AdminsBlock}, word: func(p *Policy) *string { return &p.AdminsReview }},
		{Name: "bulk-type-count", Help: "A bulk act over more items than this asks for the count to be typed.", Unit: "items", Min: 1, Max: 1_000_000, number: func(p *Policy) *int { return &p.BulkTypeCount }},
		{Name: "hasty-seconds-per-item", Help: "Fewer seconds per decision than this look hasty.", Unit: "seconds", Max: 3600, number: func(p *Policy) *int { return &p.HastySecondsPerItem }},
		percent("hasty-bulk-percent", "A larger share of decisions made in bulk looks hasty.", func(p *Policy) *int { return &p.HastyBulkShare }),
		percent("rubber-stamp-keep-percent", "A share of keeps at or above this looks like rubber-stamping.", func(p *Policy) *int { return &p.RubberStampKeeps }),
		{Name: "no-revoke-campaigns", Help: "This many campaigns in a row without a revoke look like rubber-stamping.", Unit: "campaigns", Min: 1, Max: 100, number: func(p *Policy) *int { return &p.NoRevokeCampaigns }},
		{Name: "signals-min-decisions", Help: "Signals of haste stay silent below this many decisions.", Unit: "decisions", Min: 1, Max: 1_000_000, number: func(p *Policy) *int { return &p.SignalDecisions }},
		days("remediation-due-days", "A revoke that is not proven gone after this many days is overdue.", 1, 3650, func(p *Policy) *int { return &p.RemediationDays }),
		days("dormant-days", "Access not used for longer than this is dormant.", 1, 3650, func(p *Policy) *int { return &p.DormantDays }),
		days("never-used-grace-days", "Access never used is a finding once it is older than this.", 0, 3650, func(p *Policy) *int { return &p.NeverUsedGraceDays }),
		days("old-credential-days", "A key or token older than this is old.", 1, 3650, func(p *Policy) *int { return &p.OldCredentialDays }),
		days("mover-days", "How long after a change of department, title or manager earlier access is asked about.", 1, 3650, func(p *Policy) *int { return &p.MoverDays }),
		percent("outlier-percent", "Held by a smaller share of peers (same department and title) than this is an outlier.", func(p *Policy) *int { return &p.OutlierPercent }),
		{Name: "outlier-min-group", Help: "Peer groups smaller than this are not compared.", Unit: "people", Min: 3, Max: 1_000_000, number: func(p *Policy) *int { return &p.OutlierGroup }},
		{Name: "reuse-systems", Help: "A non-human identity in more systems than this is reused.", Unit: "systems", Min: 1, Max: 10_000, number: func(p *Policy) *int { return &p.ReuseIdentities }},
		days("stale-import-days", "An export older than this at launch is called stale.", 1, 3650, func(p *Policy) *int { return &p.StaleImportDays }),
		percent("collapse-percent", "An import this far below the previous one of its source blocks launch.", func(p *Policy) *int { return &p.CollapsePercent }),
		{Name: "periods", Help: "How often each source is to be reviewed; coverage is measured against it.", Words: []string{"month", "quarter", "half-year", "year"}, word: func(p *Policy) *string { return &p.Periods }},
		say("privileged-patterns", "Entitlements that are privileged beside the built-in table, as \"system:entitlement\"; \"!system:entitlement\" takes one off the table."),
		say("break-glass-patterns", "Accounts for emergencies, where unused is normal."),
		say("shared-patterns", "Accounts that several people use."),
		say("integration-patterns", "Accounts that connect systems."),
		say("rules-off", "Ids of finding rules that are not run."),
		say("controls", "Controls the reviews serve, such as \"soc2:CC6.3\" or \"soc1:OBJ-7\"."),
		say("financial-sources", "Sources that matter to financial reporting (SOC 1)."),
		say("sod", "Separation of duties: tables with id, name, severity, a, b, control, unless-department, outside-department."),
	}
}
