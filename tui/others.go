package tui

import (
	"fmt"
	"strings"

	"tickmark/review"
)

// What an item's facts say of other people: who of its kind has it too, and who is behind a group.

func (l *look) peersLine(b *block, p review.Peers) {
	if p.Of > 0 {
		b.fact("peers", say(plain, fmt.Sprintf("%s of %s in %s have it", number(p.Have), number(p.Of), p.Group)))
	}
}

func (l *look) behindLine(b *block, p *review.Behind, most int) {
	if p != nil {
		b.fact("behind it", say(plain, behindWords(p, most)))
	}
}

func behindNames(d *review.Detail) []string {
	if d.Behind == nil {
		return nil
	}
	return d.Behind.Names
}

// behindWords says who is in a group, naming at most so many.
func behindWords(p *review.Behind, most int) string {
	if p.People == 0 {
		return "not known: no export in this campaign says who is in this group"
	}
	words := review.Plural(p.People, "person")
	if p.People != 1 {
		words = number(p.People) + " people"
	}
	if p.More {
		words = "more than " + words
	}
	names := p.Names[:min(len(p.Names), most)]
	words += ": " + strings.Join(names, ", ")
	if rest := p.People - int64(len(names)); rest > 0 {
		words += fmt.Sprintf(" and %s more", number(rest))
	}
	if p.Groups > 0 {
		words += ", some by " + review.Plural(p.Groups, "group") + " in it"
	}
	return words
}
