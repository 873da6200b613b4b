package review

import "strings"

// Pattern picks names within systems: "system:name", or "name" for any system. * stands for anything, anywhere; case does
// not matter. The system ends at the first colon, so a name that holds one needs it said: "*:arn:aws:iam::aws:policy/X".
type Pattern struct {
	system, name Value
	except       bool
	text         string
}

// ParsePattern reads a pattern; a leading ! marks an exception (see Except).
func ParsePattern(s string) (Pattern, error) {
	p := Pattern{text: s}
	rest := s
	if strings.HasPrefix(rest, "!") {
		p.except, rest = true, rest[1:]
	}
	system, name, ok := strings.Cut(rest, ":")
	if !ok {
		system, name = "*", rest
	}
	if strings.TrimSpace(system) == "" || strings.TrimSpace(name) == "" {
		return p, Errorf(KindUsage, "%s is no pattern", Quote(s)).WithHint(`write "system:name" or "name", with * for anything`)
	}
	p.system = textValue(strings.Split(system, "*"), OpEqual)
	p.name = textValue(strings.Split(name, "*"), OpEqual)
	return p, nil
}

// Except reports whether the pattern began with !: what it matches is taken off a list.
func (p Pattern) Except() bool { return p.except }

// Match reports whether the pattern covers a name of a system.
func (p Pattern) Match(system, name string) bool {
	return p.name.MatchText(name) && p.coversSystem(system)
}

func (p Pattern) coversSystem(system string) bool {
	return len(p.system.Parts) == 2 && p.system.Parts[0] == "" && p.system.Parts[1] == "" || p.system.MatchText(system)
}

func (p Pattern) String() string { return p.text }

// Patterns is a list of patterns; a name is on it if one matches and no exception does.
type Patterns []Pattern

// ParsePatterns reads a list.
func ParsePatterns(texts []string) (Patterns, error) {
	out := make(Patterns, 0, len(texts))
	for _, s := range texts {
		p, err := ParsePattern(s)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Find gives the first pattern that covers one of the names, unless an exception covers it. Empty names are skipped.
func (ps Patterns) Find(system string, names ...string) (Pattern, bool) {
	if ps.Excepts(system, names...) {
		return Pattern{}, false
	}
	for _, p := range ps {
		if !p.except && p.any(system, names) {
			return p, true
		}
	}
	return Pattern{}, false
}

// Excepts reports whether an exception of the list covers one of the names.
func (ps Patterns) Excepts(system string, names ...string) bool {
	for _, p := range ps {
		if p.except && p.any(system, names) {
			return true
		}
	}
	return false
}

func (p Pattern) any(system string, names []string) bool {
	for _, n := range names {
		if p.Match(system, n) {
			return true
		}
	}
	return false
}
