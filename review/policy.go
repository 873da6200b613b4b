package review

// Policy holds the thresholds of a review. The defaults are DefaultPolicy; a TOML file overrides them; the effective
// policy is hashed into every campaign (rulings 30).
type Policy struct {
	ExceptionMaxDays    int      `toml:"exception-max-days"`
	ExceptionRenewals   int      `toml:"exception-max-renewals"`
	ExceptionWarnDays   int      `toml:"exception-expiring-days"`
	ExceptionApproval   string   `toml:"exception-approval"` // none, manager
	RevokeNeedsReason   bool     `toml:"revoke-needs-reason"`
	KeepReasonAtHigh    bool     `toml:"keep-high-needs-reason"`
	BulkTypeCount       int      `toml:"bulk-type-count"` // a bulk act over more items needs the count typed
	HastySecondsPerItem int      `toml:"hasty-seconds-per-item"`
	HastyBulkShare      int      `toml:"hasty-bulk-percent"`
	RubberStampKeeps    int      `toml:"rubber-stamp-keep-percent"`
	NoRevokeCampaigns   int      `toml:"no-revoke-campaigns"`
	RemediationDays     int      `toml:"remediation-due-days"`
	DormantDays         int      `toml:"dormant-days"`
	NeverUsedGraceDays  int      `toml:"never-used-grace-days"`
	OldCredentialDays   int      `toml:"old-credential-days"`
	MoverDays           int      `toml:"mover-days"`
	OutlierPercent      int      `toml:"outlier-percent"` // fewer peers than this share hold it
	OutlierGroup        int      `toml:"outlier-min-group"`
	StaleImportDays     int      `toml:"stale-import-days"`
	CollapsePercent     int      `toml:"collapse-percent"`
	HighNeedsStage2     bool     `toml:"high-needs-second-stage"`
	PrivilegedPatterns  []string `toml:"privileged-patterns"` // "system:entitlement", * at either end
	BreakGlassPatterns  []string `toml:"break-glass-patterns"`
	SharedPatterns      []string `toml:"shared-patterns"`
	IntegrationPatterns []string `toml:"integration-patterns"`
	Controls            []string `toml:"controls"`
	FinancialSources    []string `toml:"financial-sources"`
	Periods             string   `toml:"periods"` // quarter, month, half-year, year
}
