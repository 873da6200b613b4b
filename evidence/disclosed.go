package evidence

import (
	"fmt"
	"slices"
)

// viewWords says what the pack is a view of.
func (b *book) viewWords() string {
	switch b.pack.stmt.View {
	case "soc1-type1":
		return "SOC 1, Type 1: design of the control at one date"
	case "soc1-type2":
		return "SOC 1, Type 2: operation of the control over the window"
	case "soc2-type1":
		return "SOC 2, Type 1: design of the control at one date"
	case "soc2-type2":
		return "SOC 2, Type 2: operation of the control over the window"
	}
	switch n := int64(len(b.campaigns)); {
	case int64(len(b.view)) < n:
		return fmt.Sprintf("%s of the %s in the ledger", grouped(int64(len(b.view))), plural(n, "campaign"))
	case b.withheld > 0:
		return "every campaign of the ledger"
	}
	return "everything in the ledger"
}

// disclosure says in words what is in the pack and what is only a hash.
func (b *book) disclosure() string {
	s := &b.pack.stmt
	switch {
	case s.Disclosure == "sampled" && s.SampleSize > 0:
		drawn := fmt.Sprintf("a sample of %s of each campaign", plural(s.SampleSize, "item"))
		if !slices.ContainsFunc(b.view, func(c *campaign) bool { return c.stmt.Items > s.SampleSize }) {
			drawn = fmt.Sprintf("every item of each campaign (no more than the %s of the sample)", grouped(s.SampleSize))
		}
		return fmt.Sprintf("%s, drawn with the seed “%s”; %s of %s entries are present as hashes only, and figures on this page count the sample",
			drawn, show(s.SampleSeed), grouped(b.withheld), grouped(s.Size))
	case s.Disclosure == "sampled":
		return fmt.Sprintf("redacted: no record of a person is disclosed; %s of %s entries are present as hashes only", grouped(b.withheld), grouped(s.Size))
	case s.Disclosure == "view":
		return fmt.Sprintf("everything of the campaigns in this view; %s of %s entries belong to other campaigns and are present as hashes only", grouped(b.withheld), grouped(s.Size))
	}
	return "everything; nothing is withheld"
}
