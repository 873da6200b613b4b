package tui

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"tickmark/review"
)

// sign says what the signatures cover, which key signs, and signs.
func (p *plainMode) sign(ctx context.Context) error {
	bundles, err := p.desk.Staged(ctx)
	if err != nil {
		p.fail(err)
		return nil
	}
	if len(bundles) == 0 {
		p.say("Nothing is staged, so there is nothing to sign.")
		return nil
	}
	for _, b := range bundles {
		p.say("One signature covers %s of %s: %s. %s looked at one by one, %s in bulk.", count(int64(b.Records), actNoun(b.Act)), b.Campaign,
			tallyWords(b.Tally), number(int64(b.Opened)), number(int64(b.Bulk)))
		for _, w := range b.Warnings {
			p.say("Note: %s", sentence(w.Text))
		}
	}
	pass, ok := p.key(ctx)
	if !ok {
		return nil
	}
	receipts, err := p.desk.ConfirmShown(ctx, bundles, pass)
	clear(pass)
	p.receipts(receipts)
	if err != nil {
		p.fail(err)
	}
	return p.count(ctx, p.campaign.Name)
}

// key names the key that signs and asks for its passphrase if it needs one.
func (p *plainMode) key(ctx context.Context) ([]byte, bool) {
	s := &signing{a: &app{o: p.o, me: p.desk.Me(), ready: true}}
	s.keys, s.keyErr = p.desk.Keys(ctx)
	k, ok := s.key()
	if !ok {
		p.say("Not signed: %s.", s.why())
		return nil, false
	}
	p.say("Signing as %s with the key %s %s. %s", k.Principal, k.Fingerprint, viaWords(k.Via), sentence(k.Prompt))
	if !k.Passphrase {
		return nil, true
	}
	if p.o.Passphrase == nil {
		p.say("Not signed: the key needs its passphrase, and it cannot be asked for here.")
		p.say("Add the key to your agent with ssh-add, or give SSH_ASKPASS.")
		return nil, false
	}
	pass, err := p.o.Passphrase(ctx, k)
	if err != nil {
		p.fail(err)
		return nil, false
	}
	return pass, true
}

// finish says what a sign-off states and how the review went, and signs "I am done", as reviewer or, for an owner with no
// share left to finish, as manager.
func (p *plainMode) finish(ctx context.Context) error {
	if err := p.count(ctx, p.campaign.Name); err != nil {
		return err
	}
	off := &signOff{a: &app{me: p.desk.Me()}, campaign: p.campaign}
	off.role = off.roleOf()
	share := off.share()
	switch {
	case share.Staged > 0:
		p.say("%s staged and unsigned; s signs them first.", count(share.Staged, "verdict"))
		return nil
	case !share.SignedOff.IsZero():
		p.say("This is signed off already.")
		return nil
	}
	open := share.Items - share.Decided
	p.say("Finishing %s as %s: %s, %s decided, %s open. You would sign: %s", p.campaign.Name, off.role, count(share.Items, "item"), number(share.Decided),
		number(open), off.meaning())
	if open > 0 {
		p.say("%s left open. The policy for them is %s, and the record will name them.", count(open, "item"), review.InWords(string(p.campaign.NoAnswer)))
	}
	if off.role == review.Manager {
		p.say("%s", closedForGood)
	}
	p.quality(ctx)
	pass, ok := p.key(ctx)
	if !ok {
		return nil
	}
	receipts, err := p.desk.SignOff(ctx, p.campaign.Name, off.role, pass)
	clear(pass)
	p.receipts(receipts)
	if err != nil {
		p.fail(err)
	}
	return p.count(ctx, p.campaign.Name)
}

// quality says how the review was done, as far as that can be told.
func (p *plainMode) quality(ctx context.Context) {
	quality, err := p.desk.Quality(ctx, p.campaign.Name)
	if err != nil {
		p.fail(err)
		return
	}
	for _, q := range quality {
		p.say("%s.", qualityWords(q))
		for _, n := range q.Signals {
			p.say("Note: %s", sentence(n.Text))
		}
	}
}

// goodbye says what waits.
func (p *plainMode) goodbye(ctx context.Context) error {
	bundles, err := p.desk.Staged(ctx)
	if err != nil || len(bundles) == 0 {
		p.say("Left; nothing waits for your signature.")
		return nil
	}
	n := 0
	for _, b := range bundles {
		n += b.Records
	}
	p.say("Left; %s staged and not signed. They wait for you: tickmark review, or tickmark sign.", count(int64(n), "act"))
	return nil
}

// staged lists what signatures would cover, with numbers for t.
// plainStaged is how many records of a bundle are read out.
const plainStaged = 200

func (p *plainMode) staged(ctx context.Context) error {
	bundles, err := p.desk.Staged(ctx)
	if err != nil {
		p.fail(err)
		return nil
	}
	p.listed = nil
	if len(bundles) == 0 {
		p.say("Nothing is staged.")
		return nil
	}
	for _, b := range bundles {
		p.say("Staged in %s, %s: %s.", b.Campaign, count(int64(b.Records), actNoun(b.Act)), tallyWords(b.Tally))
		for i, line := range b.Lines {
			p.listed = append(p.listed, stagedRow{line, b.Act})
			if i >= plainStaged {
				continue
			}
			words := fmt.Sprintf("%s %s of %s on %s", actSign(line.What).word, lineWords(line), line.Identity, line.System)
			if line.Severity.Rank() > review.Info.Rank() {
				words += fmt.Sprintf(", %s finding", line.Severity)
			}
			if line.Bulk {
				words += ", in bulk"
			}
			p.say("Number %s: %s%s.", number(int64(len(p.listed))), words, strings.TrimSuffix(because(line.Reason), "."))
		}
		if more := b.Records - min(len(b.Lines), plainStaged); more > 0 {
			p.say("And %s more; the command tickmark staged lists them.", number(int64(more)))
		}
	}
	p.say("t takes one of them out, s signs them all.")
	return nil
}

// lineWords is what a staged record is about; an account by itself is an item too.
func lineWords(line review.StagedLine) string {
	return accessWords("", line.Entitlement, line.Account)
}

// takeOut takes back one staged record, by its number in the list.
func (p *plainMode) takeOut(ctx context.Context) error {
	if len(p.listed) == 0 {
		p.say("l lists what is staged; then t takes one of them out.")
		return nil
	}
	v := ""
	ok, err := p.ask(plainField{prompt: "Which one (its number):", into: &v})
	if err != nil || !ok {
		return err
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > len(p.listed) {
		p.say("%s is no number of the list. Nothing was taken out.", review.Quote(v))
		return nil
	}
	line := p.listed[n-1]
	if line.act != review.ActDecision {
		p.say("Acts of managers are taken back with u.")
		return nil
	}
	r, err := p.desk.Unstage(ctx, []review.ItemID{line.Item}, line.shown())
	switch {
	case err != nil:
		p.fail(err)
		return nil
	case r.Staged == 0:
		p.say("It is not staged any more.")
		return nil
	}
	p.say("Taken out: %s of %s. It is not staged any more.", lineWords(line.StagedLine), line.Identity)
	if err := p.count(ctx, p.campaign.Name); err != nil || p.item != nil {
		return err
	}
	return p.next(ctx, "")
}
