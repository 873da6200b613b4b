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
	"unicode"
	"unicode/utf8"

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
	p.say("Answers: 1 keep, 2 revoke, 3 exception, 4 don't know. u undo, n next, s sign, q quit, ? help.")
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

// show tells an item in sentences.
func (p *plainMode) show(d *review.Detail) {
	it, now := d.Item, p.now()
	p.say("")
	p.say("Item %s of %s, %s left.", number(it.Ord), number(p.campaign.Items), number(max(p.share.Items-p.share.Decided, 0)))
	who := []string{fmt.Sprintf("%s (%s)", who(d.Person.DisplayName, it.Identity), it.Identity), kindWords(d.Person), texts(p.look.standing(d.Person, it.Status, now))}
	if w := strings.Trim(d.Person.Title+", "+d.Person.Department, ", "); w != "" {
		who = append(who, w)
	}
	if d.Person.Manager != "" {
		who = append(who, "manager "+d.Person.Manager)
	}
	if d.Person.Kind != review.Human {
		who = append(who, "owner "+texts(p.look.ownerWords(d.Person)))
	}
	p.say("%s.", strings.Join(who, ", "))
	has := entitlementWords(it)
	if it.Entitlement != "" && it.Entitlement != has {
		has += " (" + it.Entitlement + ")"
	}
	p.say("Has %s on %s with account %s, access %s.", has, it.System, accountWords(it), orDash(string(it.Privilege)))
	if it.Resource != "" {
		p.say("It opens %s.", it.Resource)
	}
	p.say("Last used: %s. Granted: %s.", statedLong(it.LastUsed, now), statedLong(it.Granted, now))
	for _, f := range it.Findings {
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
	if it.Irrevocable != "" {
		p.say("It cannot be revoked here: %s.", it.Irrevocable)
	}
}

// sentence begins a text with a capital and ends it with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + strings.TrimSuffix(s[n:], ".") + "."
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

func (p *plainMode) help() {
	p.say("1 keeps the access. 2 revokes it, and takes the reason from the next line.")
	p.say("3 makes an exception, and takes until when, who answers for it, what compensates, and the reason, a line each.")
	p.say("4 says that you don't know, and takes the reason from the next line. An empty line gives the verdict up.")
	p.say(". repeats the last verdict. u takes the last act back. n goes on without a verdict. i tells everything known.")
	p.say("s signs everything that is staged. f says that you are done with the campaign. q leaves; what is staged stays staged.")
}

// facts tells everything known of the item.
func (p *plainMode) facts() {
	for _, line := range p.look.whole(100, p.item, p.now()).lines {
		fmt.Fprintln(p.out, strings.TrimRight(stripStyle(line), " "))
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

// decide takes what a verdict needs from the next lines and stages it.
func (p *plainMode) decide(ctx context.Context, v review.Verdict) error {
	switch {
	case p.item == nil:
		p.say("There is no item to decide.")
		return nil
	case p.readOnly() != "":
		p.say("Nothing can be changed here: %s.", p.readOnly())
		return nil
	case v == review.Revoke && p.item.Irrevocable != "":
		p.say("It cannot be revoked here: %s.", p.item.Irrevocable)
		return nil
	}
	d := review.Draft{Verdict: v, Opened: true}
	fields := p.fields(v, &d)
	for _, f := range fields {
		ok, err := p.ask(f)
		if err != nil || !ok {
			return err
		}
	}
	return p.stage(ctx, d)
}

// plainField is a question of line mode.
type plainField struct {
	prompt string
	check  func(string) string
	into   *string
	isDay  bool
}

func (p *plainMode) fields(v review.Verdict, d *review.Draft) []plainField {
	rules := &app{now: p.now, policy: p.policy, me: p.desk.Me()}
	reason := plainField{prompt: "Reason:", into: &d.Reason}
	switch v {
	case review.Keep:
		if p.policy.KeepReasonAtHigh && p.item.MaxSeverity.Rank() >= review.High.Rank() {
			reason.prompt = fmt.Sprintf("Reason to keep it in spite of a %s finding:", p.item.MaxSeverity)
			return []plainField{reason}
		}
		return nil
	case review.Except:
		return []plainField{
			{prompt: "Until (a day, or 90d):", check: rules.checkDay(p.policy.ExceptionMaxDays), into: &d.Until, isDay: true},
			{prompt: "Owner (who answers for it):", check: rules.checkOwner, into: &d.Owner},
			{prompt: "Control (what compensates):", into: &d.Control},
			reason,
		}
	}
	return []plainField{reason}
}

// ask puts one question; an answer that cannot be is said to be so and asked for again, an empty line gives up.
func (p *plainMode) ask(f plainField) (bool, error) {
	for {
		v, err := p.read(f.prompt)
		if err != nil {
			return false, err
		}
		if v == "" {
			p.say("Given up; the item is as it was.")
			return false, nil
		}
		if f.check != nil {
			if wrong := f.check(v); wrong != "" {
				p.say("%s.", wrong)
				continue
			}
		}
		if f.isDay {
			t, _ := parseDay(v, p.now())
			v = day(t)
		}
		*f.into = v
		return true, nil
	}
}

func (p *plainMode) stage(ctx context.Context, d review.Draft) error {
	it := p.item.Item
	r, err := p.desk.Stage(ctx, p.q, []review.ItemID{it.ID}, d)
	switch {
	case err != nil:
		p.fail(err)
		return nil
	case r.Staged == 0:
		why := "it was left out"
		if len(r.Skipped) > 0 {
			why = r.Skipped[0].Reason
		}
		p.say("Not staged: %s.", why)
		return nil
	}
	p.last = d
	p.share.Staged++
	if d.Verdict != review.Abstain {
		p.share.Decided++
	}
	p.say("Staged: %s, %s. Not signed yet.", verdictSign(d.Verdict).word, itemWords(it))
	return p.next(ctx, it.ID)
}

func (p *plainMode) repeat(ctx context.Context) error {
	if p.last.Verdict == "" {
		p.say("There is no verdict to repeat yet.")
		return nil
	}
	if p.item == nil {
		p.say("There is no item to decide.")
		return nil
	}
	return p.stage(ctx, p.last)
}

func (p *plainMode) undo(ctx context.Context) error {
	words, ids, err := p.desk.Undo(ctx)
	if err != nil {
		p.fail(err)
		return nil
	}
	if ids == nil && words == "" {
		p.say("There is nothing staged to undo.")
		return nil
	}
	p.say("%s", sentence(words))
	if err := p.count(ctx, p.campaign.Name); err != nil {
		return err
	}
	if len(ids) != 1 {
		return nil
	}
	d, err := p.desk.Detail(ctx, ids[0])
	if err != nil {
		return err
	}
	p.item = &d
	p.show(&d)
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

func (p *plainMode) receipts(rs []review.Receipt) {
	for _, r := range rs {
		p.say("Signed: %s, ledger entry %s, ledger of %s, root %s.", count(int64(r.Records), "record"), number(int64(r.Entry)), count(r.Size, "entry"), r.Root)
		p.say("Keep this: %s", r.Receipt)
	}
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
