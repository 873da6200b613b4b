package review

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Access is what has to be taken away, as the importer named it: native ids, not display names.
type Access struct {
	Platform     Platform
	Account      string
	AccountKind  Kind
	Login        string
	Entitlement  string
	EntName      string
	EntKind      string
	Resource     string // native id, with " if sha256:..." behind it where a condition belongs to the key (rulings 1)
	ResourceKind string
	Replace      string // what to give instead; a person decides how
}

// AccessOf takes what is to go from a revoke; format is the id of the format its source is imported from.
func AccessOf(r *Remediation, format string) Access {
	return Access{Platform: PlatformOf(format, r.System), Account: r.Account, Login: r.Account, Entitlement: r.Entitlement,
		EntName: r.Entitlement, Resource: r.Resource, Replace: r.Replace}
}

// Remedy is how a person takes access away: POSIX shell command lines to be read and run in order, or why there are none.
// tickmark runs nothing.
type Remedy struct {
	Commands []string
	Notes    []string // what to know or to do by hand beside them
	Manual   string   // why there is no command; empty if there is one
}

// RemedyFor writes the commands for one access. Every value is quoted for a POSIX shell and for what the command itself reads
// (SQL, URL path); a value with controls, invisible or invalid characters gets no command at all, because nobody could check
// what they run.
func RemedyFor(a Access) Remedy {
	for _, v := range []string{a.Account, a.Login, a.Entitlement, a.EntName, a.Resource} {
		if Safe(v) != v {
			return Remedy{Manual: "a name holds characters that cannot be seen: " + Safe(v)}
		}
	}
	if a.Entitlement == "" {
		return manual("the account itself is to go: disable or delete it in the system")
	}
	resource, conditional := cutCondition(a.Resource)
	a.Resource = resource
	var r Remedy
	switch a.Platform {
	case AWS:
		r = awsRemedy(a)
	case Azure:
		r = azureRemedy(a)
	case Entra:
		r = entraRemedy(a)
	case GCP:
		r = gcpRemedy(a, conditional)
	case Kubernetes:
		r = kubernetesRemedy(a)
	case GitHub:
		r = githubRemedy(a)
	case Okta:
		r = oktaRemedy(a)
	case Postgres:
		r = postgresRemedy(a)
	case Snowflake:
		r = snowflakeRemedy(a)
	default:
		r = manual("no command line is built in for this system")
	}
	if a.Replace != "" {
		r.Notes = append(r.Notes, "give instead: "+Safe(a.Replace))
	}
	return r
}

func manual(format string, args ...any) Remedy { return Remedy{Manual: fmt.Sprintf(format, args...)} }

func commands(lines ...string) Remedy { return Remedy{Commands: lines} }

// cutCondition takes the condition's digest off a resource (rulings 1).
func cutCondition(resource string) (string, bool) {
	const mark = " if sha256:"
	i := strings.LastIndex(resource, mark)
	if i < 0 || !isSHA256(resource[i+len(mark):]) {
		return resource, false
	}
	return resource[:i], true
}

// RemedyLine is one revoke of a script.
type RemedyLine struct {
	Remediation *Remediation
	Remedy
}

// RemedyScript writes a shell script of commands for people to read and run. Everything that is not a command is a comment, and
// so is the command of a revoke whose day has not come.
func RemedyScript(lines []RemedyLine, now time.Time) string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Revokes to carry out. Read every line before you run it; tickmark runs nothing.\nset -u\n")
	for _, l := range lines {
		r := l.Remediation
		fmt.Fprintf(&b, "\n# %d  %s  %s  %s", r.ID, comment(r.System), comment(r.Account), comment(r.Entitlement))
		if r.Resource != "" {
			b.WriteString("  on " + comment(r.Resource))
		}
		b.WriteByte('\n')
		if r.Reason != "" {
			b.WriteString("# reason: " + comment(r.Reason) + "\n")
		}
		if r.Effective != "" {
			b.WriteString("# not before " + comment(r.Effective) + "\n")
		}
		for _, n := range l.Notes {
			b.WriteString("# " + comment(n) + "\n")
		}
		if l.Manual != "" {
			b.WriteString("# by hand: " + comment(l.Manual) + "\n")
		}
		for _, c := range l.Commands {
			if r.Effective > now.UTC().Format(time.DateOnly) {
				c = "# " + strings.ReplaceAll(c, "\n", "\n# ")
			}
			b.WriteString(c + "\n")
		}
	}
	return b.String()
}

// comment keeps data on its comment line.
func comment(s string) string { return Safe(s) }

// sh quotes one word for a POSIX shell. Words that need no quotes stay as they are.
func sh(s string) string {
	plain := s != "" && s[0] != '=' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=-") == ""
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// flag writes --name=value as one word, so that a value that begins with a hyphen stays a value.
func flag(name, value string) string { return sh("--" + name + "=" + value) }

// command joins words that are safe already.
func command(words ...string) string { return strings.Join(words, " ") }

// pathPart escapes one segment of a URL path; a segment of dots would climb and is refused by the callers.
func pathPart(s string) string { return url.PathEscape(s) }

// climbs reports whether a value could leave its place in a path.
func climbs(parts ...string) bool {
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return true
		}
	}
	return false
}

// sqlName quotes an SQL identifier.
func sqlName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// lastSegment is what follows the last slash.
func lastSegment(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
