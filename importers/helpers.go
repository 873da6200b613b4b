package importers

import "tickmark/review"

// emails is a list of the addresses that are not empty.
func emails(list ...string) []string {
	var out []string
	for _, e := range list {
		if e != "" {
			out = append(out, lower(e))
		}
	}
	return out
}

// role is an entitlement of kind role whose name is its id.
func role(id string) review.Entitlement { return named(id, id, "role") }

// named is an entitlement with a name of its own.
func named(id, name, kind string) review.Entitlement {
	if name == "" {
		name = id
	}
	return review.Entitlement{NativeID: id, Name: name, Kind: kind}
}

// triOf is yes or no.
func triOf(v bool) review.Tri {
	if v {
		return review.Yes
	}
	return review.No
}

// activeWhen is the status of an account whose source says whether it is enabled.
func activeWhen(enabled review.Tri) review.Status {
	switch enabled {
	case review.Yes:
		return review.Active
	case review.No:
		return review.Disabled
	}
	return review.UnknownStatus
}

// needs refuses a file that does not say what it is about, unless the flag says it (trap 25).
func (x *run) needs(reason, flag, value, what string) bool {
	if value != "" {
		return true
	}
	x.fail(refuse(reason, "%s: %s was expected, nothing was found: %s does not say it, and nothing is taken from the file name", x.plan.spot(), what, x.plan.format.ID).
		WithHint("say it with %s", flag))
	return false
}

// hasAny reports whether the file has one of the columns or keys at all.
func (p *plan) hasAny(names ...string) bool {
	for _, n := range names {
		if p.csv && p.column(n) >= 0 || !p.csv && p.paths[n] {
			return true
		}
	}
	return false
}
