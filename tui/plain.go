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
	switch f := in.(type) {
	case *os.File:
		p.echoed = term.IsTerminal(int(f.Fd()))
	case interface{ Echoes() bool }:
		p.echoed = f.Echoes()
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
	o          Options
	desk       Desk
	in         *bufio.Reader
	echoed     bool // a terminal shows what is typed, line end and all
	out        io.Writer
	look       *look
	now        func() time.Time
	q          review.Query
	mine       review.Principal // q.Reviewer, where this person has a share
	campaign   review.Campaign
	share      review.ReviewerCount
	policy     review.Policy // of the campaign
	item       *review.Detail
	last       review.Draft
	skipped    map[review.ItemID]bool // not this person's to decide
	decided    bool                   // what is decided is shown too
	listed     []stagedRow            // what is staged, as it was listed last
	exceptions []review.Exception     // as they were listed last, and the revokes
	revokes    []review.Remediation
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
		p.say("%s", capital(hint))
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
	p.say("Answers: 1 keep, 2 revoke, 3 exception, 4 don't know. u undo, r redo, n next, i all facts, s sign, f finish, q quit, ? all answers.")
	if err := p.next(ctx, ""); err != nil {
		return err
	}
	for {
		known, _ := p.desk.Pulse(ctx)
		answer, err := p.read("Your answer:")
		if err != nil {
			return err
		}
		heard := p.heard(ctx, known)
		before := p.item
		if err := p.answer(ctx, answer); err != nil {
			return err
		}
		if heard && before != nil && p.item == before { // it may have another verdict by now
			if err := p.again(ctx); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// heard says that another login of this person has changed what is staged since the last question. What was shown before
// protects what it did: the answer just typed does not replace it.
func (p *plainMode) heard(ctx context.Context, known review.Pulse) bool {
	now, err := p.desk.Pulse(ctx)
	changed := err == nil && (now.Last != known.Last || now.Undone != known.Undone)
	if changed {
		p.say("Another session of yours changed what is staged; l lists it.")
	}
	return changed
}

// again shows the item in hand as it stands now.
func (p *plainMode) again(ctx context.Context) error {
	d, err := p.desk.Detail(ctx, p.item.ID)
	if err != nil {
		return err
	}
	if err := p.count(ctx, p.campaign.Name); err != nil {
		return err
	}
	p.item = &d
	p.show(&d)
	return nil
}

// begin finds the campaign and this person's share of it.
func (p *plainMode) begin(ctx context.Context) error {
	me := p.desk.Me()
	err := p.count(ctx, p.o.Campaign)
	if err == nil {
		p.policy, err = p.desk.Policy(ctx, p.campaign.Name)
	}
	if err != nil {
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
			p.q.Reviewer, p.mine = me, me
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

// answer does what a line asks for. Letters are the same large and small, and none of them ever changes its meaning: scripts
// pipe them.
func (p *plainMode) answer(ctx context.Context, answer string) error {
	if filter, ok := strings.CutPrefix(answer, "/"); ok {
		return p.filter(ctx, strings.TrimSpace(filter))
	}
	switch letter := strings.ToLower(answer); letter {
	case "":
		return nil
	case "1", "2", "3", "4", "x", "e":
		return p.decide(ctx, verdictOf[letter], letter == "x" || letter == "e")
	case ".":
		return p.repeat(ctx)
	case "w":
		return p.pickSide(ctx)
	case "g":
		return p.giveAway(ctx)
	case "b":
		return p.bulk(ctx)
	case "k":
		return p.reaffirm(ctx)
	case "u":
		return p.undo(ctx)
	case "r":
		return p.redo(ctx)
	case "n":
		if p.item == nil {
			return p.next(ctx, "")
		}
		return p.next(ctx, p.item.ID)
	case "p":
		return p.nextPerson(ctx)
	case "o":
		return p.decidedToo(ctx)
	case "i":
		if p.item != nil {
			p.facts()
		}
		return nil
	case "l":
		return p.staged(ctx)
	case "t":
		return p.takeOut(ctx)
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
	if done, err := p.listAnswer(ctx, answer); done {
		return err
	}
	p.say("%s is no answer. 1 keep, 2 revoke, 3 exception, 4 don't know, ? for help.", review.Quote(answer))
	return nil
}

// verdictOf are the answers that give a verdict; the letters ask for all that can be said with it.
var verdictOf = map[string]review.Verdict{"1": review.Keep, "2": review.Revoke, "3": review.Except, "4": review.Abstain, "x": review.Revoke, "e": review.Except}
