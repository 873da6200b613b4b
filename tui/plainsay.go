package tui

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tickmark/review"
)

// show tells an item in sentences.
func (p *plainMode) show(d *review.Detail) {
	it, now := d.Item, p.now()
	p.say("")
	p.say("Item %s, %s of %s left to decide.", number(it.Ord), number(max(p.share.Items-p.share.Decided, 0)), number(p.share.Items))
	name := who(d.Person.DisplayName, it.Identity)
	if name != it.Identity {
		name += " (" + it.Identity + ")"
	}
	who := []string{name, named("kind", kindWords(d.Person)), named("status", texts(p.look.standing(d.Person, it.Status, now)))}
	if w := strings.Trim(d.Person.Title+", "+d.Person.Department, ", "); w != "" {
		who = append(who, w)
	}
	if d.Person.Manager != "" {
		who = append(who, "manager "+d.Person.Manager)
	}
	if owner := texts(p.look.ownerWords(d.Person)); d.Person.Owner != "" && d.Person.Kind != review.Human {
		who = append(who, "owner "+owner)
	} else if d.Person.Kind != review.Human {
		who = append(who, owner)
	}
	p.say("%s.", strings.Join(who, ", "))
	has := entitlementWords(it)
	if it.Entitlement != "" && it.Entitlement != has {
		has += " (" + it.Entitlement + ")"
	}
	if it.Entitlement == "" && it.Privilege == "" {
		p.say("Has an account on %s: %s.", it.System, accountWords(it))
	} else {
		p.say("Has %s on %s with account %s, access %s.", has, it.System, accountWords(it), cmp.Or(string(it.Privilege), "not stated"))
	}
	if it.Resource != "" {
		p.say("It opens %s.", it.Resource)
	}
	p.say("Last used: %s. Granted: %s.", texts(lastUse(d, now, statedLong)), statedLong(it.Granted, now))
	for _, f := range worstFirst(it.Findings) {
		p.say("Finding, %s: %s: %s.", f.Severity, f.Rule, strings.TrimSuffix(f.Reason, "."))
	}
	for _, e := range d.Decisions {
		if e.Item != d.ID {
			p.say("Last time: %s by %s on %s%s.", verdictSign(e.Verdict).word, e.Reviewer, day(e.Time), because(e.Reason))
			break
		}
	}
	if d.Peers.Of > 0 {
		p.say("%s of %s in %s have it.", number(d.Peers.Have), number(d.Peers.Of), d.Peers.Group)
	}
	if d.Behind != nil {
		p.say("Behind the group: %s.", behindWords(d.Behind, len(d.Behind.Names)))
	}
	if it.State == review.ItemStaged || it.State == review.ItemSigned {
		p.say("Verdict now: %s%s.", stateSign(it.Verdict, it.State).word, strings.TrimSuffix(because(it.Reason), "."))
	}
	if d.Blocked != "" {
		p.say("Not yours to decide: %s.", d.Blocked)
	}
	if it.Irrevocable != "" {
		p.say("It cannot be revoked here: %s.", it.Irrevocable)
	}
}

// named says of what a bare "unknown" or dash is said.
func named(what, word string) string {
	if word == "unknown" || word == "–" || word == "-" {
		return what + " unknown"
	}
	return word
}

// sentence begins a text with a capital and ends it with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	return capital(strings.TrimSuffix(s, ".") + ".")
}

// capital begins a text with a capital letter; a command that it begins with keeps its letters.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || strings.HasPrefix(s, "tickmark ") || strings.HasPrefix(s, "ssh ") {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", because: " + reason
}

func texts(segs []seg) string {
	var b strings.Builder
	for _, s := range segs {
		b.WriteString(s.text)
	}
	return b.String()
}

func (p *plainMode) help() {
	p.say("1 keeps the access. 2 revokes it, and takes the reason from the next line.")
	p.say("3 makes an exception, and takes until when, who answers for it, what compensates, and the reason, a line each.")
	p.say("4 says that you don't know, and takes the reason from the next line. An empty line gives the verdict up.")
	p.say("x revokes and takes more: the reason, what less to give instead, and the day it ends. e makes an exception and takes one line more, a file that shows the control, and after a file whether to keep it.")
	p.say(". repeats the last verdict. u takes the last act back, r does it again. n goes on without a verdict. i tells everything known.")
	p.say("w, where two duties should be apart, keeps this one and revokes the other, and takes the reason.")
	p.say("p goes on to the next person. o shows every item, decided ones and those of others too, and o again only what is open.")
	p.say("A slash shows only what matches a filter, on the same line or the next: /kind:service, /finding:sod, /anna. An empty filter shows everything.")
	p.say("b gives one answer for everything that the filter leaves, after it has said how many, how risky and what is left out.")
	p.say("k keeps again what was kept last time and has not changed, after it has said how many.")
	p.say("g gives the item to somebody else to decide, for managers, and takes to whom, until when, and the reason.")
	p.say("l lists what is staged, with numbers. t takes one of them out by its number.")
	p.say("exceptions lists exceptions with numbers, revokes the revokes until they are gone; a filter may follow: exceptions state:expired.")
	p.say("approve, renew or close with numbers acts on exceptions, claim on revokes, each with its questions: renew 2, claim 1 3.")
	p.say("s signs everything that is staged. f says that you are done with the campaign. q leaves; what is staged stays staged.")
}

// facts tells everything known of the item: a heading, then a line for each fact, however long.
func (p *plainMode) facts() {
	const longest = 1 << 14
	l := *p.look
	l.spoken = true
	for _, line := range l.whole(longest, p.item, p.now()).lines {
		words := strings.Join(strings.Fields(stripStyle(line)), " ")
		words = strings.ReplaceAll(words, " "+l.glyph.tick+" ", " yes: ")
		if rest, ok := strings.CutPrefix(words, l.glyph.tick+" "); ok {
			words = "Yes: " + rest
		} else if rest, ok := strings.CutPrefix(words, "? "); ok {
			words = "Not known: " + rest
		}
		if words != "" {
			fmt.Fprintln(p.out, words)
		}
	}
}

// stripStyle takes the SGR sequences out that line has put in; the text between is safe already.
func stripStyle(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == 0x1b {
			for i < len(s) && s[i] != 'm' {
				i++
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (p *plainMode) receipts(rs []review.Receipt) {
	for _, r := range rs {
		what := count(int64(r.Records), "record")
		if r.Records == 0 {
			what = "one statement"
		}
		p.say("Signed: %s, ledger entry %s, ledger of %s, root %s.", what, number(int64(r.Entry)), count(r.Size, "entry"), r.Root)
		p.say("Keep this: %s", r.Receipt)
	}
}
