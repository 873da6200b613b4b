package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// signing is the part of a screen that signs: it says which key, asks for a passphrase, waits where it can be cancelled,
// and shows the receipts. Confirm, sign-off and launch share it.
type signing struct {
	a        *app
	keys     []review.KeyInfo
	keyErr   error
	state    signState
	since    time.Time
	cancel   context.CancelFunc
	receipts []review.Receipt
	outcome  note
	ask      slot
	work     func(*block) bool // shows work that comes before the key is asked; false once it is done
}

type signState uint8

const (
	signIdle signState = iota
	signWaiting
	signCancelling
	signDone
)

func (s *signing) close() {
	s.ask.stop()
	if s.cancel != nil {
		s.cancel()
	}
}

// keysAgain is how soon a key that could not be found is looked for again: an agent may be locked, or still be asking about
// a signature that was cancelled here.
const keysAgain = 3 * time.Second

func (s *signing) loadKeys() tea.Cmd {
	return ask(s.a, &s.ask, s.a.desk.Keys, func(keys []review.KeyInfo, err error) tea.Cmd {
		s.keys, s.keyErr = keys, err
		if _, ok := s.key(); ok || s.a.readOnly() != "" {
			return nil
		}
		asked := s.ask.request
		return s.a.after(keysAgain, func() tea.Cmd {
			if s.ask.request != asked || s.state != signIdle { // asked again since, or left
				return nil
			}
			return s.loadKeys()
		})
	})
}

// key is the one that signs: the first without a problem.
func (s *signing) key() (review.KeyInfo, bool) {
	for _, k := range s.keys {
		if k.Problem == "" {
			return k, true
		}
	}
	return review.KeyInfo{}, false
}

// why says why nothing can be signed now, or nothing.
func (s *signing) why() string {
	if r := s.a.readOnly(); r != "" {
		return r
	}
	if s.busy() {
		return s.busyWhy()
	}
	if _, ok := s.key(); ok {
		return ""
	}
	switch {
	case s.keyErr != nil:
		message, hint := explain(s.keyErr)
		return strings.TrimSuffix(message+". "+capital(hint), ". ")
	case len(s.keys) > 0:
		return s.keys[0].Problem
	case s.ask.busy:
		return "one moment, looking for your key"
	}
	return "there is no key of yours on the roster"
}

// start asks for the passphrase if the key needs one, and signs.
func (s *signing) start(what string, sign func(context.Context, []byte) ([]review.Receipt, error), then func() tea.Cmd) tea.Cmd {
	k, ok := s.key()
	if !ok {
		return nil
	}
	if !k.Passphrase {
		return s.run(nil, sign, then)
	}
	s.a.openPanel(newForm(s.a, form{title: "Passphrase of your key", about: []seg{say(plain, string(k.Fingerprint))},
		fields: []formField{{label: "Passphrase", help: "used once to sign " + what + ", and forgotten", secret: true}},
		secret: func(pass []byte) tea.Cmd { return s.run(pass, sign, then) }}))
	return nil
}

// run signs, in the queue of acts: nothing can be staged into a bundle that is being signed.
func (s *signing) run(pass []byte, sign func(context.Context, []byte) ([]review.Receipt, error), then func() tea.Cmd) tea.Cmd {
	ctx, cancel := context.WithCancel(s.a.ctx)
	s.cancel = cancel
	s.state, s.since, s.outcome = signWaiting, s.a.now(), note{}
	done := act(s.a, func(context.Context) ([]review.Receipt, error) {
		defer clear(pass)
		return sign(ctx, pass)
	}, func(rs []review.Receipt, err error) tea.Cmd {
		cancel()
		s.receipts = append(s.receipts, rs...)
		switch {
		case err == nil:
			s.state = signDone
		case len(rs) > 0:
			s.state = signDone
			message, hint := explain(err)
			s.outcome = note{tone: bad, text: strings.TrimSpace("Not everything was signed: " + message + ". " + capital(hint))}
		case review.KindOf(err) == review.KindCancelled || cancelled(err):
			s.state = signIdle
			s.outcome = note{tone: careful, text: "Cancelled. Nothing was signed; everything is still staged."}
		default:
			s.state = signIdle
			message, hint := explain(err)
			s.outcome = note{tone: bad, text: strings.TrimSpace("Not signed: " + message + ". " + capital(hint))}
		}
		s.a.changed(nil)
		if then != nil {
			return then()
		}
		return nil
	})
	return tea.Batch(done, s.tick())
}

// tick keeps the seconds on the screen going.
func (s *signing) tick() tea.Cmd {
	return s.a.after(time.Second, func() tea.Cmd {
		if s.state != signWaiting {
			return nil
		}
		return s.tick()
	})
}

// stop gives up waiting. The answer is still waited for: the key may have signed in that very moment.
func (s *signing) stop() tea.Cmd {
	if s.state == signWaiting {
		s.state = signCancelling
		s.cancel()
	}
	return nil
}

// waiting are the only commands while a key is being waited for.
func (s *signing) waiting() []command {
	cs := []command{{action: "back", do: s.stop, words: "cancel"}, {action: "quit", do: s.stop, words: "cancel"}, {action: "interrupt", do: s.stop}}
	for _, blocked := range []action{"confirm", "sign", "palette", "undo", "redo"} {
		cs = append(cs, command{action: blocked, why: s.busyWhy()})
	}
	return cs
}

func (s *signing) busyWhy() string {
	if s.state == signCancelling {
		return "the signature before is still being cancelled; one moment"
	}
	return "a signature is being made"
}

func (s *signing) busy() bool { return s.state == signWaiting || s.state == signCancelling }

// keyLines say which key signs and where it will ask.
func (s *signing) keyLines(b *block) {
	k, ok := s.key()
	if !ok {
		b.text(bad, 1, 3, s.a.look.warning()+" "+s.why())
		for _, other := range s.keys {
			b.text(faint, 3, 5, fmt.Sprintf("%s: %s", other.Fingerprint, other.Problem))
		}
		return
	}
	b.fact("your key", say(plain, string(k.Fingerprint)), sayf(faint, " %s, %s", k.Type, viaWords(k.Via)))
	b.fact("signs for", say(plain, string(k.Principal)))
	prompt := k.Prompt
	if k.Passphrase && prompt == "" {
		prompt = "its passphrase is asked here"
	}
	if prompt != "" {
		b.fact("prompt", say(plain, prompt))
	}
}

func viaWords(via string) string {
	switch via {
	case "agent":
		return "in your agent"
	case "forwarded-agent":
		return "in your forwarded agent"
	case "key-file":
		return "in a key file"
	case "detached":
		return "on another computer"
	case "host":
		return "the host signs for you"
	}
	return via
}

// waitLines are shown while a key is being waited for.
func (s *signing) waitLines(b *block) {
	l := s.a.look
	k, _ := s.key()
	d := s.a.now().Sub(s.since).Truncate(time.Second)
	if s.state == signCancelling {
		b.add(say(careful, " Cancelling"+l.glyph.ellipsis+" if the key has signed by now, the receipt is shown."))
		return
	}
	if s.work != nil && s.work(b) {
		return
	}
	b.add(say(bold, " Waiting for the key"+l.glyph.ellipsis), sayf(faint, " %d s", int(d.Seconds())))
	if k.Prompt != "" {
		b.text(plain, 1, 1, strings.ToUpper(k.Prompt[:1])+k.Prompt[1:]+".")
	}
	b.text(plain, 1, 1, fmt.Sprintf("%s cancels; nothing is signed then and everything stays staged.", s.a.keys.key("back")))
}

// receiptLines are what the signer keeps.
func (s *signing) receiptLines(b *block) {
	l := s.a.look
	for _, r := range s.receipts {
		b.section("Signed", say(good, l.glyph.tick+" "+moment(r.Time)))
		what := count(int64(r.Records), "record")
		if r.Records == 0 {
			what = "one statement"
		}
		if len(r.Tally) > 0 {
			what += ": " + tallyWords(r.Tally)
		}
		b.fact("covers", say(plain, what), say(faint, campaignBehind(r.Campaign)))
		b.fact("entry", say(plain, number(int64(r.Entry))), sayf(faint, " of a ledger of %s", count(r.Size, "entry")))
		b.fact("root", say(plain, r.Root))
		b.fact("receipt", say(bold, r.Receipt))
	}
	if len(s.receipts) > 0 {
		b.blank()
		b.text(plain, 1, 1, "Keep the receipt outside this computer: it shows later that nothing was taken away. "+
			s.a.keys.key("copy")+" copies it.")
	}
}

func campaignBehind(c review.CampaignID) string {
	if c == "" {
		return ""
	}
	return "  " + string(c)
}

func tallyWords(tally []review.Count) string {
	var parts []string
	for _, c := range tally {
		if c.N > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", review.InWords(c.Word), number(c.N)))
		}
	}
	return strings.Join(parts, ", ")
}

// receiptText is all receipts, for the clipboard.
func (s *signing) receiptText() string {
	var lines []string
	for _, r := range s.receipts {
		lines = append(lines, r.Receipt)
	}
	return strings.Join(lines, " ")
}
