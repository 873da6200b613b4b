package desk

import (
	"testing"

	"tickmark/ledger"
)

func TestADecisionOnAnAccountByItselfNamesTheAccount(t *testing.T) {
	for want, d := range map[string]ledger.Decision{
		"keep account 00uQ80": {Verdict: ledger.VerdictKeep, Account: "00uQ80"},
		"keep PAY on 00uQ80":  {Verdict: ledger.VerdictKeep, Account: "00uQ80", Entitlement: "PAY"},
	} {
		if got := summary(&d); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
