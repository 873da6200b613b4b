package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"tickmark/review"
)

// Plain is the workstation line by line: one item at a time in full sentences, numbered answers, reasons on the line
// after. It writes no escape codes and asks nothing twice, so that answers can be piped. Options.Passphrase is asked for
// the passphrase of a key that needs one. The end of in is q.
func Plain(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	if err := o.Check(); err != nil {
		return err
	}
	p := &plainMode{o: o, desk: o.Desk, in: bufio.NewReader(in), out: out, look: newLook("plain", o.ascii(), true), now: o.Clock,
		skipped: map[review.ItemID]bool{}}
	if f, ok := in.(*os.File); ok {
		p.echoed = term.IsTerminal(int(f.Fd()))
	}
	if p.now == nil {
		p.now = time.Now
	}
	err := p.run(ctx)
	switch {
	case errors.Is(err, errLeft):
		return p.goodbye(ctx)
	case ctx.Err() != nil:
		return review.Errorf(review.KindCancelled, "the review was stopped; what was staged is still staged")
	}
	return err
}

// errLeft ends the session in an orderly way.
var errLeft = errors.New("left")

type plainMode struct {
	o        Options
	desk     Desk
	in       *bufio.Reader
	echoed   bool // a terminal shows what is typed, line end and all
	out      io.Writer
	look     *look
	now      func() time.Time
	q        review.Query
	campaign review.Campaign
	share    review.ReviewerCount
	policy   review.Policy
	item     *review.Detail
	last     review.Draft
	skipped  map[review.ItemID]bool // not this person's to decide
}

// say writes one sentence, made safe, on a line.
func (p *plainMode) say(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintln(p.out, p.look.clean(line))
	}
}

func (p *plainMode) fail(err error) {
	message, hint := explain(err)
	p.say("%s.", strings.TrimSuffix(message, "."))
	if hint != "" {
		p.say("%s", hint)
	}
}

// read asks for a line. The one reader serves every question, so that piped answers all arrive.
func (p *plainMode) read(prompt string) (string, error) {
	fmt.Fprintf(p.out, "%s ", p.look.clean(prompt))
	line, err := p.in.ReadString('\n')
	if !p.echoed {
		fmt.Fprintln(p.out)
	}
	line = strings.TrimSpace(line)
	if err != nil && line == "" {
		return "", errLeft
	}
	return line, nil
}

func (p *plainMode) run(ctx context.Context) error {
	if p.o.Notice != "" {
		p.say("%s", p.o.Notice)
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	p.say("Answers: 1 keep, 2 revoke, 3 exception, 4 don't know. u undo, r redo, n next, i all facts, s sign, f finish, q quit, ? help.")
	if err := p.next(ctx, ""); err != nil {
		return err
	}
	for {
		answer, err := p.read("Your answer:")
		if err != nil {
			return err
		}
		if err := p.answer(ctx, answer); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// begin finds the campaign and this person's share of it.
func (p *plainMode) begin(ctx context.Context) error {
	p.policy = p.desk.Policy()
	me := p.desk.Me()
	if err := p.count(ctx, p.o.Campaign); err != nil {
		return err
	}
	p.q = review.Query{Campaign: p.campaign.Name, Asker: me}
	title := p.campaign.Title
	if title == "" {
		title = string(p.campaign.Name)
	}
	p.say("%s, campaign %s. You are %s.", title, p.campaign.Name, orNobody(me))
	for _, r := range p.campaign.Reviewers {
		if r.Principal == me && r.Items > 0 {
			p.q.Reviewer = me
		}
	}
	p.say("%s, %s decided, %s left; %s.", count(p.share.Items, "item"), number(p.share.Decided), number(p.share.Items-p.share.Decided),
		dueWords(p.campaign.Due, p.now()).text)
	if why := p.readOnly(); why != "" {
		p.say("Nothing can be changed here: %s.", why)
	}
	return nil
}

func orNobody(me review.Principal) string {
	if me == "" {
		return "nobody who can sign"
	}
	return string(me)
}

func (p *plainMode) readOnly() string {
	switch {
	case p.o.ReadOnly != "":
		return p.o.ReadOnly
	case p.desk.Me() == "":
		return "there is no enrolled key"
	}
	return ""
}

func (p *plainMode) count(ctx context.Context, c review.CampaignID) error {
	o, err := p.desk.Overview(ctx)
	if err != nil {
		return err
	}
	me := p.desk.Me()
	found := false
	if c == "" {
		p.campaign, found = pressing(o.Campaigns, me)
	}
	for _, x := range o.Campaigns {
		if x.Name == c {
			p.campaign, found = x, true
		}
	}
	if !found {
		if c == "" {
			return review.Errorf(review.KindNotFound, "there is no campaign yet").WithHint("Run tickmark campaign new, or tickmark FILE.")
		}
		return review.Errorf(review.KindNotFound, "there is no campaign %s", review.Quote(string(c))).WithHint("Run tickmark campaign list.")
	}
	p.share = review.ReviewerCount{Items: p.campaign.Items, Decided: p.campaign.Decided, Staged: p.campaign.Staged, Signed: p.campaign.Signed}
	for _, r := range p.campaign.Reviewers {
		if r.Principal == me && r.Items > 0 {
			p.share = r
		}
	}
	return nil
}

// next shows the next undecided item behind one. Items that are not this person's are named once and passed over.
func (p *plainMode) next(ctx context.Context, after review.ItemID) error {
	for {
		id, err := p.desk.NextUndecided(ctx, p.q, after)
		if err != nil {
			return err
		}
		if id == "" || p.skipped[id] {
			p.item = nil
			p.say("Nothing is left for you to decide. s signs what is staged, u takes the last act back, f finishes the campaign, q leaves.")
			return nil
		}
		d, err := p.desk.Detail(ctx, id)
		if err != nil {
			return err
		}
		if d.Blocked == "" {
			p.item = &d
			p.show(&d)
			return nil
		}
		p.skipped[id] = true
		p.say("Passed over: %s. Not yours to decide: %s.", itemWords(d.Item), d.Blocked)
		after = id
	}
}

func (p *plainMode) answer(ctx context.Context, answer string) error {
	verdict := map[string]review.Verdict{"1": review.Keep, "2": review.Revoke, "3": review.Except, "4": review.Abstain}
	switch strings.ToLower(answer) {
	case "":
		return nil
	case "1", "2", "3", "4":
		return p.decide(ctx, verdict[answer])
	case ".":
		return p.repeat(ctx)
	case "u":
		return p.undo(ctx)
	case "r":
		return p.redo(ctx)
	case "n":
		if p.item == nil {
			return p.next(ctx, "")
		}
		return p.next(ctx, p.item.ID)
	case "i":
		if p.item != nil {
			p.facts()
		}
		return nil
	case "s":
		return p.sign(ctx)
	case "f":
		return p.finish(ctx)
	case "q":
		return errLeft
	case "?":
		p.help()
		return nil
	}
	p.say("%s is no answer. 1 keep, 2 revoke, 3 exception, 4 don't know, ? for help.", review.Quote(answer))
	return nil
}

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
	receipts, err := p.desk.Confirm(ctx, "", "", pass)
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

// finish signs "I am done", as reviewer or, for an owner with no share, as manager.
func (p *plainMode) finish(ctx context.Context) error {
	if p.share.Staged > 0 {
		if err := p.count(ctx, p.campaign.Name); err != nil {
			return err
		}
	}
	if p.share.Staged > 0 {
		p.say("%s staged and unsigned; s signs them first.", count(p.share.Staged, "verdict"))
		return nil
	}
	role := (&signOff{a: &app{me: p.desk.Me()}, campaign: p.campaign}).roleOf()
	p.say("Finishing %s as %s: %s, %s decided, %s open.", p.campaign.Name, role, count(p.share.Items, "item"), number(p.share.Decided),
		number(p.share.Items-p.share.Decided))
	pass, ok := p.key(ctx)
	if !ok {
		return nil
	}
	receipts, err := p.desk.SignOff(ctx, p.campaign.Name, role, pass)
	clear(pass)
	p.receipts(receipts)
	if err != nil {
		p.fail(err)
	}
	return p.count(ctx, p.campaign.Name)
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
