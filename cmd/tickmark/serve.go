package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tickmark/desk"
	"tickmark/review"
	"tickmark/review/detect"
	"tickmark/tui"
	"tickmark/tui/sshd"
)

func (a *app) serveCommand() *cobra.Command {
	var listen, hostKey string
	cmd := &cobra.Command{
		Use:   "serve --listen ADDR",
		Short: "the workstation over SSH",
		Long: `Serves the workstation to everybody on the roster, over SSH. A person is who their key says, and signs with that key through their own forwarded agent:

    ssh -A -p 2222 review.example.com

Without a forwarded agent one can look and decide, but not sign. Commands that only read work without a terminal, and so does an export:

    ssh -A -p 2222 review.example.com export > pack.zip

With a screen reader, or from a script, the review can be done line by line, with the same acts and signatures as in the workstation:

    ssh -A -p 2222 review.example.com review --plain`,
		Example: `tickmark serve --listen 127.0.0.1:2222`,
		Args:    noArgs,
		Annotations: exits(
			exitDoc{exitDone, "stopped, and every session was asked to leave first"},
			exitDoc{exitMachine, "the address cannot be listened on"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), listen, hostKey) },
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:2222", "the `ADDR` to listen on, HOST:PORT")
	cmd.Flags().StringVar(&hostKey, "host-key", "", "the host's private key `FILE`, made if it is not there (else beside the database)")
	return cmd
}

func (a *app) serve(ctx context.Context, listen, hostKey string) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	if err := a.mustExist(o.Path); err != nil {
		return err
	}
	looks := tui.Options{Desk: &desk.Desk{}}
	asConfigured(&looks, o.Config)
	if err := looks.Check(); err != nil { // now, not at somebody's login
		return err
	}
	// One desk of nobody's answers who may come in; every login opens one of its own.
	o.Principal, o.Key, o.Agent, o.Passphrase = "", "", nil, nil
	door, err := desk.Open(ctx, o)
	if err != nil {
		return err
	}
	defer door.Close()
	if hostKey == "" {
		hostKey = filepath.Join(filepath.Dir(o.Path), "ssh_host_ed25519_key")
	}
	srv, err := sshd.New(sshd.Options{
		HostKey: hostKey,
		Allow:   func(ctx context.Context, k review.Fingerprint) bool { return onRoster(ctx, door, k) },
		Open: func(ctx context.Context, l sshd.Login) (tui.Options, func() error, error) {
			return a.openLogin(ctx, o, l)
		},
		Exec: func(ctx context.Context, l sshd.Login, args []string, in io.Reader, out, errs io.Writer) int {
			return remoteCommand(ctx, o.Path, l, args, in, out, errs)
		},
		Talks: talks,
		Log:   slog.New(slog.NewJSONHandler(a.err, nil)),
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return review.Errorf(review.KindIO, "cannot listen on %s: %w", review.Safe(listen), err).WithHint("is the port taken? name another with --listen HOST:PORT")
	}
	a.say("Serving %s on %s. ctrl+c stops it.", o.Path, l.Addr())
	return srv.Serve(ctx, l)
}

// onRoster reports whether a key may come in: it stands on the roster, its time has come and not passed, and it was not
// revoked.
func onRoster(ctx context.Context, d *desk.Desk, k review.Fingerprint) bool {
	lines, err := d.Roster(ctx)
	if err != nil {
		return false
	}
	now := d.Now()
	return slices.ContainsFunc(lines, func(l desk.KeyLine) bool {
		return l.Key == k && !l.CA && l.Revoked == "" && (l.From.IsZero() || !now.Before(l.From)) && (l.Until.IsZero() || !now.After(l.Until))
	})
}

// forLogin are a desk's options for one login: that person, that key, that agent. Of the server's own it has only what the
// server saw of the ledger: one note for all logins, so that none is shown a ledger that does not extend what another was.
func forLogin(o desk.Options, l sshd.Login) desk.Options {
	o.Principal, o.Key, o.Config.Principal, o.Config.Key = "", "", "", ""
	o.LoginKey, o.Agent = l.Key, l.Agent
	o.Passphrase, o.KeyDir, o.Say = nil, "", nil
	return o
}

// noAgent is said to who came without one.
const noAgent = "no agent was forwarded: you can look and decide, but not sign (log in with ssh -A)"

func (a *app) openLogin(ctx context.Context, o desk.Options, l sshd.Login) (tui.Options, func() error, error) {
	said := &mailbox{}
	o = forLogin(o, l)
	o.Say = said.say
	d, err := desk.Open(ctx, o)
	if err != nil {
		return tui.Options{}, nil, err
	}
	t := tui.Options{Desk: d, Said: said.take, Title: filepath.Base(o.Path), ASCII: a.ascii, NoColor: a.noColor, Rules: detect.Rules()}
	asConfigured(&t, o.Config)
	if l.Agent == nil {
		t.Notice = noAgent
	}
	return t, d.Close, nil
}

// talks reports whether a command is line mode, the one that may have a terminal.
func talks(args []string) bool { return args[0] == "review" && slices.Contains(args, "--plain") }

// remoteVerbs are the commands a login may run: they read the database and standard input, and write standard output. Line mode
// does no more than the workstation that the same login opens.
var remoteVerbs = []string{"export", "import", "status", "items", "findings", "exceptions", "remediation", "staged", "imports", "campaign", "ledger", "formats", "review"}

// remoteCommand runs one command of a login. It can name no file of the server.
func remoteCommand(ctx context.Context, db string, l sshd.Login, args []string, in io.Reader, out, errs io.Writer) int {
	refuse := func(text, hint string) int {
		return newApp(args, in, out, errs).finish(ctx, usage("%s", text).WithHint("%s", hint))
	}
	if !slices.Contains(remoteVerbs, args[0]) {
		return refuse(review.Quote(args[0])+" does not work over SSH", "log in without a command for the workstation; commands are "+strings.Join(remoteVerbs, ", "))
	}
	if namesServer(args) {
		return refuse("files and keys of the server cannot be named from outside", "an export goes to standard output, an import comes from standard input: import -")
	}
	switch args[0] {
	case "export":
		if !slices.Contains(args, "-") {
			args = append(args, "-")
		}
	case "review":
		if !talks(args) {
			return refuse("over SSH this is line mode only", "ssh host review --plain; the workstation opens without a command: ssh host")
		}
	case "import":
		if !slices.Contains(args, "-") || slices.ContainsFunc(args[1:], namesFile) {
			return refuse("an import comes from standard input here", "ssh host import - < export.csv")
		}
	}
	a := newApp(args, in, out, errs)
	a.db = db
	a.login = &l
	root := a.rootCommand()
	root.SetArgs(append(args, "--db", db))
	return a.finish(ctx, root.ExecuteContext(ctx))
}

// textFlags take words that are never taken for a file, a key or a person to act as. So they may hold what a path or @FILE would:
// owner:bob@corp.example, resource:/subscriptions/1.
var textFlags = []string{"filter", "scope", "title", "owner", "reviewer", "stage2", "to", "routing", "reason", "control", "note", "ticket", "replace"}

// namesServer reports whether a command could name a file or a key of the server. It reads the arguments as the command itself
// will, so that nothing passes for the value of another option.
func namesServer(args []string) bool {
	suspect := func(s string) bool { return strings.ContainsAny(s, `/\@`) }
	cmd, rest, err := newApp(args, strings.NewReader(""), io.Discard, io.Discard).rootCommand().Find(args)
	if err != nil || cmd.ParseFlags(rest) != nil { // the command will say what is wrong; until then nothing is trusted
		return slices.ContainsFunc(args, suspect)
	}
	bad := slices.ContainsFunc(cmd.Flags().Args(), suspect)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case slices.Contains([]string{"db", "key", "principal", "policy", "keep-evidence"}, f.Name), f.Name == "evidence" && f.Value.Type() != "bool":
			bad = true
		case !slices.Contains(textFlags, f.Name):
			bad = bad || suspect(f.Value.String())
		}
	})
	return bad
}

// namesFile reports whether an argument would be taken for a file that is there.
func namesFile(arg string) bool {
	if arg == "-" || strings.HasPrefix(arg, "-") {
		return false
	}
	_, err := os.Stat(arg)
	return err == nil
}
