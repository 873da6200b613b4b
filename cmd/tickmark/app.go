package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"tickmark/desk"
	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/tui/sshd"
)

// app is one run of the program: its streams, its global flags, and what follows from both.
type app struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	inTerm   bool // standard input is a terminal
	outTerm  bool
	errTerm  bool
	outStyle style
	errStyle style

	wantsJSON bool
	began     bool          // the JSON document has begun: an error can no longer be one
	broken    error         // the first failure to write standard output
	drawn     bool          // a progress line stands on the terminal, without its line end
	onScreen  bool          // the workstation has the terminal: nobody else may print or ask
	unsaid    mailbox       // what was to be said meanwhile
	lines     *bufio.Reader // standard input, once a question was asked
	received  []review.Receipt

	login *sshd.Login // whose command this is, when it came over SSH

	// global flags
	db, key, principal string
	quiet              bool
	noColor            bool
	ascii              bool
}

func newApp(args []string, in io.Reader, out, errs io.Writer) *app {
	a := &app{in: in, out: out, err: errs, now: time.Now, wantsJSON: wantsJSON(args)}
	a.inTerm, a.outTerm, a.errTerm = isTerminal(in), isTerminal(out), isTerminal(errs)
	a.settle()
	return a
}

// settle chooses styles once the flags are known.
func (a *app) settle() {
	color := !a.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	ascii := a.ascii || !unicodeLocale()
	a.outStyle = style{on: color && a.outTerm, ascii: ascii}
	a.errStyle = style{on: color && a.errTerm, ascii: ascii}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// unicodeLocale reports whether the locale can show more than ASCII. No locale at all says nothing against it.
func unicodeLocale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// interactive reports whether a person sits at both ends.
func (a *app) interactive() bool { return a.inTerm && a.outTerm && !a.wantsJSON }

// options are the desk's options as the global flags and the configuration give them.
func (a *app) options() (desk.Options, error) {
	c, err := desk.LoadConfig(configPath())
	if err != nil {
		return desk.Options{}, err
	}
	c.Key = expandHome(c.Key)
	o := desk.Options{
		Path:       a.dbPath(),
		Principal:  review.Principal(c.Principal),
		Key:        c.Key,
		Passphrase: a.passphrase,
		KeyDir:     keyDir(),
		StateDir:   stateDir(),
		Config:     c,
		Now:        a.now,
		Say:        a.say,
		Tool:       tool(),
	}
	if os.Getenv("SSH_AUTH_SOCK") != "" {
		o.Agent = keys.EnvironmentAgent(os.Getenv)
	}
	if a.principal != "" {
		o.Principal = review.Principal(a.principal)
	}
	if a.key != "" {
		o.Key = a.key
	}
	if c.ASCII {
		a.ascii = true
		a.settle()
	}
	if a.login != nil {
		o = forLogin(o, *a.login)
		o.Say = a.say
	}
	return o, nil
}

// withDesk opens the database for writing, calls do and closes it again.
func (a *app) withDesk(ctx context.Context, do func(*desk.Desk) error) error {
	return a.openDesk(ctx, func(*desk.Options) {}, do)
}

// anyDesk is withDesk for verbs that are of use where the database cannot be written, as on an auditor's copy.
func (a *app) anyDesk(ctx context.Context, do func(*desk.Desk) error) error {
	return a.openDesk(ctx, func(o *desk.Options) { o.OrReadOnly = true }, do)
}

// readDesk is withDesk for verbs that only read.
func (a *app) readDesk(ctx context.Context, do func(*desk.Desk) error) error {
	return a.openDesk(ctx, func(o *desk.Options) { o.ReadOnly = true }, do)
}

// inspectDesk is readDesk for verbs that judge a ledger, also one that does not extend what this person saw before.
func (a *app) inspectDesk(ctx context.Context, do func(*desk.Desk) error) error {
	return a.openDesk(ctx, func(o *desk.Options) { o.ReadOnly, o.Inspect = true, true }, do)
}

func (a *app) openDesk(ctx context.Context, with func(*desk.Options), do func(*desk.Desk) error) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	with(&o)
	if err := a.mustExist(o.Path); err != nil {
		return err
	}
	d, err := desk.Open(ctx, o)
	if err != nil {
		return err
	}
	err = do(d)
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

// mustExist refuses a database that is not there, and says how to get one.
func (a *app) mustExist(path string) error {
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		return nil
	}
	return review.Errorf(review.KindNotFound, "there is no database at %s", review.Safe(path)).
		WithHint("`tickmark demo` shows one; `tickmark export.csv` starts one from a file; `tickmark init --principal you@example.com` makes an empty one")
}
