package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tickmark/review"
)

// brief is what Walk shows of the item under the cursor: facts first, hints second, the earlier verdict beside them.
func (l *look) brief(w int, d *review.Detail, now time.Time) *block {
	b := l.block(w)
	it := d.Item
	b.add(say(bold, " "+entitlementWords(it)), say(faint, nativeBehind(it)))
	l.blockedLines(b, it)
	if it.Withheld != "" {
		return b
	}
	l.verdictLines(b, d)
	access := labelled{"access", []seg{say(privilegeTone(it.Privilege), orDash(string(it.Privilege))), say(faint, commaBehind(d.EntDetail.PrivilegeReason))}}
	account := labelled{"account", []seg{say(plain, accountWords(it)), say(careful, statusBehind(string(it.AccountStatus)))}}
	granted := labelled{"granted", []seg{say(usedTone(it.Granted), statedDay(it.Granted, now)), say(plain, byWords(d.GrantedBy))}}
	b.pair(labelled{"last used", lastUse(d, now, statedDay)}, granted)
	if it.Resource != "" {
		b.pair(access, labelled{"opens", []seg{say(plain, who(d.ResourceName, it.Resource)), say(faint, commaBehind(d.ResourceKind))}})
	} else {
		b.pair(access, account)
	}
	if d.Condition != "" {
		b.fact("only if", say(plain, d.Condition))
	}
	if it.Path != "" || it.How != "" && it.How != "direct" {
		b.fact("held", say(plain, strings.TrimSpace(it.How+" "+throughWords(it.Path))))
	}
	if it.Expires.Norm() == review.Known {
		b.fact("ends", say(plain, statedDay(it.Expires, now)))
	}
	l.findingLines(b, it.Findings)
	l.earlierLine(b, d)
	l.peersLine(b, d.Peers)
	l.behindLine(b, d.Behind, 5)
	if it.Resource != "" {
		b.fact(account.label, account.segs...)
	}
	b.fact("where from", say(faint, fmt.Sprintf("%s, %s", orDash(fileName(d.ImportFile)), orDash(d.Locator))))
	return b
}

// fileName is the last part of a path of any system: enough to know an export by; Item tells the whole.
func fileName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// labelled is a fact that may share its line with another.
type labelled struct {
	label string
	segs  []seg
}

// pair puts two facts on one line if both fit.
func (b *block) pair(x, y labelled) {
	half := b.w / 2
	if b.l.cells(x.segs)+labelWidth >= half || b.l.cells(y.segs)+labelWidth > b.w-half {
		b.fact(x.label, x.segs...)
		b.fact(y.label, y.segs...)
		return
	}
	line := func(f labelled, w int) string {
		one := b.l.block(w)
		one.fact(f.label, f.segs...)
		return one.lines[0]
	}
	b.raw(line(x, half) + line(y, b.w-half))
}

func commaBehind(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}

func byWords(s string) string {
	if s == "" {
		return ""
	}
	return " by " + s
}

// nativeBehind is the native id of an entitlement where it is not its name.
func nativeBehind(it review.Item) string {
	if it.Entitlement == "" || it.Entitlement == entitlementWords(it) {
		return ""
	}
	return "  " + it.Entitlement
}

func statusBehind(s string) string {
	if s == "" || s == string(review.Active) {
		return ""
	}
	return ", status " + s
}

func (l *look) blockedLines(b *block, it review.Item) {
	if it.Withheld != "" {
		b.text(careful, 1, 3, l.warning()+" withheld: "+it.Withheld)
	}
	if it.Blocked != "" {
		b.text(careful, 1, 3, l.warning()+" not yours to decide: "+it.Blocked)
	}
	if it.Irrevocable != "" {
		b.text(careful, 1, 3, l.warning()+" cannot be revoked here: "+it.Irrevocable)
	}
}

// verdictLines say what stands on the item now, staged or signed.
func (l *look) verdictLines(b *block, d *review.Detail) {
	it := d.Item
	if it.State != review.ItemStaged && it.State != review.ItemSigned {
		return
	}
	segs := []seg{l.sign(stateSign(it.Verdict, it.State))}
	if it.Reason != "" {
		segs = append(segs, say(plain, ": "+it.Reason))
	}
	if it.Until != "" {
		segs = append(segs, say(plain, ", until "+it.Until))
	}
	b.fact("verdict", segs...)
	if s := d.Draft; s != nil && it.State == review.ItemStaged {
		if s.Owner != "" {
			b.fact("owner", say(plain, s.Owner))
		}
		if s.Control != "" {
			b.fact("control", say(plain, s.Control))
		}
		if s.Replace != "" {
			b.fact("replace by", say(plain, s.Replace))
		}
		if s.Effective != "" {
			b.fact("effective", say(plain, s.Effective))
		}
	}
}

func (l *look) accessFacts(b *block, d *review.Detail, now time.Time) {
	it := d.Item
	access := []seg{say(privilegeTone(it.Privilege), orDash(string(it.Privilege)))}
	access = append(access, say(faint, commaBehind(d.EntDetail.PrivilegeReason)))
	b.fact("access", access...)
	if it.Resource != "" {
		b.fact("opens", say(plain, who(d.ResourceName, it.Resource)), say(faint, commaBehind(d.ResourceKind)))
	}
	if d.Condition != "" {
		b.fact("only if", say(plain, d.Condition))
	}
	if it.Path != "" || it.How != "" && it.How != "direct" {
		b.fact("held", say(plain, strings.TrimSpace(it.How+" "+throughWords(it.Path))))
	}
	b.fact("last used", lastUse(d, now, statedLong)...)
	b.fact("granted", say(usedTone(it.Granted), statedLong(it.Granted, now)), say(plain, byWords(d.GrantedBy)))
	if it.Expires.Norm() == review.Known {
		b.fact("ends", say(plain, statedLong(it.Expires, now)))
	}
}

func throughWords(path string) string {
	if path == "" {
		return ""
	}
	return "through " + path
}

func worstFirst(fs []review.Finding) []review.Finding {
	fs = slices.Clone(fs)
	slices.SortStableFunc(fs, func(x, y review.Finding) int { return cmp.Compare(y.Severity.Rank(), x.Severity.Rank()) })
	return fs
}

func (l *look) findingLines(b *block, fs []review.Finding) {
	for _, f := range worstFirst(fs) {
		s := severitySign(f.Severity)
		b.fact(l.glyphOf(s)+" "+string(f.Severity), say(s.tone, f.Rule), say(plain, ": "+f.Reason))
	}
}

// earlierLine is the decision before this one, and what became of it.
func (l *look) earlierLine(b *block, d *review.Detail) {
	for _, p := range d.Decisions {
		if p.Item == d.ID {
			continue
		}
		s := verdictSign(p.Verdict)
		label := "last time"
		if p.Campaign == d.Campaign {
			label = "other stage"
		}
		segs := []seg{l.sign(s), say(plain, fmt.Sprintf(" by %s on %s", p.Reviewer, day(p.Time)))}
		if p.Reason != "" {
			segs = append(segs, say(plain, ": "+quoted(p.Reason)))
		}
		if p.Followed != "" {
			segs = append(segs, say(careful, ", "+p.Followed))
		}
		b.fact(label, segs...)
		return
	}
	c := changeSign(d.Change)
	since := " since the review before"
	if d.Change == review.New {
		since = ", not in a review before"
	}
	b.fact("change", say(c.tone, l.glyphOf(c)+" "+orDash(c.word)), say(faint, since))
}

// stageBehind names the stage of an item that is not in the first.
func stageBehind(it review.Item) string {
	if it.Stage < 2 {
		return ""
	}
	return fmt.Sprintf("  stage %d", it.Stage)
}

// reassignedLines say how the item came to its reviewer, and who stays accountable while somebody else acts for them.
func reassignedLines(b *block, d *review.Detail) {
	for _, r := range d.Reassigned {
		until := ""
		if r.Until != "" {
			until = " until " + r.Until
		}
		b.fact("passed on", say(plain, fmt.Sprintf("from %s to %s%s by %s: %s", r.From, r.To, until, r.By, quoted(r.Reason))))
	}
	if d.Accountable != "" && d.Accountable != d.Reviewer {
		b.fact("accountable", say(careful, string(d.Accountable)), say(plain, " stays accountable; "+string(d.Reviewer)+" acts for them"))
	}
}

// whole is everything known of an item: the Item screen.
func (l *look) whole(w int, d *review.Detail, now time.Time) *block {
	b := l.column(w)
	it := d.Item
	for _, line := range l.flow([]seg{say(bold, entitlementWords(it)), say(faint, nativeBehind(it))}, b.w-2) {
		b.add(append([]seg{say(plain, " ")}, line...)...)
	}
	l.blockedLines(b, it)
	if it.Withheld != "" {
		return b
	}
	l.verdictLines(b, d)
	for _, section := range l.sections(d, now) {
		section(b)
	}
	return b
}

// fitted is brief, and behind it as many sections of whole as fit into h lines.
func (l *look) fitted(w, h int, d *review.Detail, now time.Time) *block {
	b := l.brief(w, d, now)
	if d.Withheld != "" {
		return b
	}
	const briefly, tall = 16, 40 // where there is room, what follows stays in its place from item to item
	for h >= tall && len(b.lines) < briefly {
		b.blank()
	}
	for _, section := range l.sections(d, now)[1:] {
		one := l.block(w)
		section(one)
		if len(b.lines)+len(one.lines) <= h {
			b.raw(one.lines...)
		}
	}
	return b
}

// sections of an item; the first is told by brief too.
func (l *look) sections(d *review.Detail, now time.Time) []func(b *block) {
	it := d.Item
	return []func(b *block){
		func(b *block) {
			b.section("Access")
			b.fact("system", say(plain, it.System), say(faint, "  source "+string(it.Source)))
			b.fact("account", say(plain, accountWords(it)), say(faint, nativeAccount(it)), say(careful, statusBehind(string(it.AccountStatus))))
			if s := d.EntDetail.Description; s != "" {
				b.fact("what it is", say(plain, s))
			}
			l.accessFacts(b, d, now)
			if it.Expires.Norm() != review.Known {
				b.fact("ends", say(usedTone(it.Expires), statedLong(it.Expires, now)))
			}
			l.peersLine(b, d.Peers)
			l.behindLine(b, d.Behind, len(behindNames(d)))
			b.section("Findings")
			if len(it.Findings) == 0 {
				b.add(say(faint, " no rule fired"))
			}
			for _, f := range worstFirst(it.Findings) {
				s := severitySign(f.Severity)
				version := ""
				if f.Version > 0 {
					version = fmt.Sprintf(" (rule version %d)", f.Version)
				}
				b.fact(l.glyphOf(s)+" "+string(f.Severity), say(s.tone, f.Rule), say(plain, ": "+f.Reason), say(faint, version))
			}
		},
		func(b *block) {
			if len(d.Trail) > 0 {
				l.trail(b, d)
			}
		},
		func(b *block) {
			b.section("Who")
			l.personFacts(b, d.Person, it, now)
			if d.Siblings > 0 {
				b.fact("also has", say(plain, count(d.Siblings, "other item")+" in this campaign"))
			}
		},
		func(b *block) {
			b.section("Earlier decisions")
			l.history(b, d, now)
		},
		func(b *block) {
			b.section("Who decides")
			b.fact("reviewer", say(plain, orDash(string(it.Reviewer))), say(faint, stageBehind(it)))
			reassignedLines(b, d)
			for _, s := range d.Independence {
				b.text(plain, 1, 3, s)
			}
		},
		func(b *block) {
			b.section("Where it comes from")
			b.fact("file", say(plain, orDash(d.ImportFile)), say(plain, ", "+orDash(d.Locator)))
			b.fact("import", sayf(plain, "%d, row %s, ledger entry %d, exported %s", it.Import, number(it.Row), d.ImportEntry, moment(d.Extracted)))
			if d.Sources > 1 {
				b.fact("stated", sayf(plain, "%s times in the file", number(int64(d.Sources))))
			}
			b.fact("grant", say(faint, string(it.Grant)))
			b.fact("item", say(faint, string(it.ID)))
			l.oddCharacters(b, d)
		},
		func(b *block) {
			switch {
			case len(d.Trail) == 0:
				b.section("What a signature would state")
			case d.Facts == "":
				return
			default:
				b.section("What was shown for the decision")
			}
			for line := range strings.SplitSeq(strings.TrimSuffix(d.Facts, "\n"), "\n") {
				b.text(faint, 1, 3, line)
			}
		},
	}
}

func nativeAccount(it review.Item) string {
	if it.Account == accountWords(it) {
		return ""
	}
	return "  " + it.Account
}

func (l *look) personFacts(b *block, p review.Identity, it review.Item, now time.Time) {
	identity := []seg{say(bold, who(p.DisplayName, p.Key))}
	if p.DisplayName != "" && p.DisplayName != p.Key {
		identity = append(identity, say(faint, "  "+p.Key))
	}
	b.fact("identity", identity...)
	kind := []seg{say(plain, kindWords(p)), say(faint, reasonBehind(p.KindReason))}
	if it.Kind != "" && it.Kind != p.Kind && !slices.Contains(p.Marks, review.Mark(it.Kind)) {
		kind = append(kind, say(plain, "; a signature states "+packWords(string(it.Kind))))
	}
	b.fact("kind", kind...)
	b.fact("standing", l.standing(p, it.Status, now)...)
	if p.Title != "" || p.Department != "" {
		b.fact("works as", say(plain, strings.Trim(p.Title+", "+p.Department, ", ")))
	}
	if p.Manager != "" {
		b.fact("manager", say(plain, p.Manager))
	}
	b.fact("owner", l.ownerWords(p)...)
	if len(p.Emails) > 1 {
		b.fact("mail", say(plain, strings.Join(p.Emails, ", ")))
	}
}

func reasonBehind(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func kindWords(p review.Identity) string {
	words := []string{packWords(string(p.Kind))}
	for _, m := range p.Marks {
		words = append(words, string(m))
	}
	return strings.Join(words, ", ")
}

// standing is whether the identity is still there, as HR or the accounts say.
func (l *look) standing(p review.Identity, status string, now time.Time) []seg {
	switch p.HRStatus {
	case review.NotInPack:
		return []seg{say(plain, packWords(status))}
	case "terminated":
		return []seg{say(bad, "has left: "+statedLong(p.Terminated, now))}
	case "leave":
		return []seg{say(careful, "on leave")}
	case "active":
		return []seg{say(plain, "active, hired "+statedLong(p.Hired, now))}
	}
	if status == "leaver" {
		return []seg{say(bad, "has left")}
	}
	if p.Kind == review.Human {
		return []seg{say(careful, orDash(status)+", not in the HR roster")}
	}
	return []seg{say(plain, orDash(status))}
}

// ownerWords say who answers for a thing, and whether that person is still there.
func (l *look) ownerWords(p review.Identity) []seg {
	if p.OwnerAlive == review.NotInPack {
		return []seg{say(plain, packWords(cmp.Or(p.Owner, review.NotInPack)))}
	}
	if p.Kind == review.Human && p.Owner == "" {
		return []seg{say(faint, "the person")}
	}
	if p.Owner == "" {
		return []seg{say(bad, "nobody answers for it")}
	}
	switch p.OwnerAlive {
	case review.No:
		return []seg{say(plain, p.Owner), say(bad, ", who has left")}
	case review.Yes:
		return []seg{say(plain, p.Owner), say(good, ", active")}
	}
	return []seg{say(plain, p.Owner), say(faint, ", not in the HR roster")}
}

func (l *look) history(b *block, d *review.Detail, now time.Time) {
	if len(d.Decisions) == 0 {
		b.add(say(faint, " none: this access has not been decided on before"))
	}
	for _, p := range d.Decisions {
		s := verdictSign(p.Verdict)
		segs := []seg{l.sign(s), sayf(plain, " by %s in %s", p.Reviewer, p.Campaign)}
		if p.Until != "" {
			segs = append(segs, say(plain, ", until "+p.Until))
		}
		if p.Reason != "" {
			segs = append(segs, say(plain, ": "+quoted(p.Reason)))
		}
		if p.Followed != "" {
			segs = append(segs, say(careful, ", "+p.Followed))
		}
		switch {
		case p.InForce && p.Verdict == review.Except && p.Until < day(now):
			segs = append(segs, say(careful, ", ended and nothing decided since"))
		case p.InForce:
			segs = append(segs, say(faint, ", in force"))
		}
		segs = append(segs, sayf(faint, " (entry %d)", p.Index))
		b.fact(day(p.Time), segs...)
	}
}

// oddCharacters spells out names that hold something invisible or look like another name.
func (l *look) oddCharacters(b *block, d *review.Detail) {
	it := d.Item
	for _, n := range []struct{ label, text string }{{"identity", it.Identity}, {"name", it.Name}, {"account", it.Account}, {"login", it.Login},
		{"entitlement", it.Entitlement}, {"its name", it.EntName}, {"resource", it.Resource}} {
		if !review.Unusual(n.text) {
			continue
		}
		b.fact("unusual", say(careful, l.warning()+" "+n.label+" "), say(plain, n.text), say(faint, "  "+codePoints(n.text)))
	}
}

// codePoints spells a text out character by character; bytes that are none as such.
func codePoints(s string) string {
	var out []string
	for i := 0; i < len(s) && len(out) < 64; {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			out = append(out, fmt.Sprintf("%02x", s[i]))
		} else {
			out = append(out, fmt.Sprintf("U+%04X", r))
		}
		i += n
	}
	return strings.Join(out, " ")
}
