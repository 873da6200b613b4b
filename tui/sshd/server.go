package sshd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/tui"
)

// Login is one authenticated connection.
type Login struct {
	Key    review.Fingerprint // the key that authenticated it: who this is
	Agent  *keys.Agent        // the forwarded agent; nil if none was offered
	Remote string             // address, for the log
	User   string             // what the client calls itself; untrusted, never an identity
}

// Options of a server.
type Options struct {
	HostKey string // private key file of the host; made if it is not there
	// Allow says whether a key may come in. It is asked for every key a client offers.
	Allow func(ctx context.Context, key review.Fingerprint) bool
	// Open gives the workstation for a login. close is called when the session ends.
	Open func(ctx context.Context, l Login) (o tui.Options, close func() error, err error)
	// Exec runs a command of a login without a terminal and gives its exit status. nil: no commands.
	Exec func(ctx context.Context, l Login, args []string, in io.Reader, out, errs io.Writer) int
	// Talks says that a command is a talk with a person, line by line, which may have a terminal. nil: none is.
	Talks func(args []string) bool
	Grace time.Duration // how long sessions may take to leave when the server stops; 0: 3 s
	Idle  time.Duration // a silent connection is closed after this; 0: 4 h
	Log   *slog.Logger  // nil: silent
}

// exitPanic is the exit status of a session that failed inside.
const exitPanic = 70

// Server serves until its context ends.
type Server struct {
	o   Options
	ssh *ssh.Server

	mu       sync.Mutex
	programs map[*tea.Program]bool
}

// New makes a server. The host key file is made, mode 0600, if it does not exist.
func New(o Options) (*Server, error) {
	if o.Grace == 0 {
		o.Grace = 3 * time.Second
	}
	if o.Idle == 0 {
		o.Idle = 4 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(o.HostKey), 0o700); err != nil {
		return nil, review.Errorf(review.KindIO, "cannot make the folder of the host key: %w", err).WithHint("name a host key file with --host-key")
	}
	s := &Server{o: o, programs: map[*tea.Program]bool{}}
	srv, err := wish.NewServer(
		wish.WithHostKeyPath(o.HostKey),
		wish.WithIdleTimeout(o.Idle),
		wish.WithPublicKeyAuth(func(ctx ssh.Context, key ssh.PublicKey) bool {
			return o.Allow(ctx, review.Fingerprint(gossh.FingerprintSHA256(key)))
		}),
		ssh.EmulatePty(),
		wish.WithMiddleware(func(ssh.Handler) ssh.Handler { return s.serve }),
	)
	if err != nil {
		return nil, review.Errorf(review.KindIO, "the SSH server cannot start: %w", err).WithHint("is %s a readable private key?", review.Safe(o.HostKey))
	}
	s.ssh = srv
	return s, nil
}

// Serve accepts connections until ctx ends, then asks every session to leave and stops. It gives nil after an orderly stop.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	done := make(chan error, 1)
	go func() { done <- s.ssh.Serve(l) }()
	select {
	case err := <-done:
		return review.Errorf(review.KindIO, "the SSH server stopped: %w", err)
	case <-ctx.Done():
	}
	s.mu.Lock()
	for p := range s.programs {
		go p.Quit() // Quit may wait for a stalled client; nobody else does
	}
	s.mu.Unlock()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Grace)
	defer cancel()
	if err := s.ssh.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return review.Errorf(review.KindIO, "the SSH server did not stop cleanly: %w", err)
	}
	s.ssh.Close()
	return nil
}

// serve is one session. A panic in it is this session's alone, and never exit status 0.
func (s *Server) serve(sess ssh.Session) {
	l := login(sess)
	log := s.o.Log.With("key", l.Key, "remote", l.Remote, "user", review.Safe(l.User))
	defer func() {
		if r := recover(); r != nil {
			log.Error("a session failed", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			fmt.Fprintln(sess.Stderr(), "tickmark: this session failed; what was staged is still staged")
			sess.Exit(exitPanic)
		}
	}()
	log.Info("login")
	defer log.Info("logout")
	_, _, terminal := sess.Pty()
	switch args := sess.Command(); {
	case len(args) > 0 && terminal && s.o.Exec != nil && s.o.Talks != nil && s.o.Talks(args):
		sess.Exit(s.o.Exec(sess.Context(), l, args, newCooked(sess), sess, sess))
	case len(args) > 0 && terminal:
		fmt.Fprint(sess.Stderr(), "tickmark: a terminal would change the bytes of a command; leave out -t\r\n")
		sess.Exit(2)
	case len(args) > 0 && s.o.Exec != nil:
		sess.Exit(s.o.Exec(sess.Context(), l, args, sess, sess, sess.Stderr()))
	case len(args) > 0:
		fmt.Fprintln(sess.Stderr(), "tickmark: this server runs no commands")
		sess.Exit(2)
	case !terminal:
		fmt.Fprintln(sess.Stderr(), "tickmark: the workstation needs a terminal; log in without redirecting, or name a command such as: ssh host export > pack.zip")
		sess.Exit(2)
	default:
		sess.Exit(s.workstation(sess, l, log))
	}
}

// workstation runs the screens for one session and gives its exit status.
func (s *Server) workstation(sess ssh.Session, l Login, log *slog.Logger) int {
	ctx, cancel := context.WithCancel(sess.Context())
	defer cancel()
	pty, resized, _ := sess.Pty()
	o, closeDesk, err := s.o.Open(ctx, l)
	if err != nil {
		fmt.Fprintf(sess.Stderr(), "tickmark: %s\r\n", review.Safe(err.Error()))
		var e *review.Error
		if errors.As(err, &e) && e.Hint != "" {
			fmt.Fprintf(sess.Stderr(), "hint: %s\r\n", review.Safe(e.Hint))
		}
		return 1
	}
	defer func() {
		if err := closeDesk(); err != nil {
			log.Error("closing failed", "err", err)
		}
	}()
	o.Remote, o.Context = true, ctx
	o.Env = append(sess.Environ(), "TERM="+pty.Term)
	if err := o.Check(); err != nil {
		fmt.Fprintf(sess.Stderr(), "tickmark: %s\r\n", review.Safe(err.Error()))
		return 1
	}
	if pty.Term == "dumb" {
		return plain(ctx, o, sess)
	}
	p := tea.NewProgram(tui.New(o), append(o.ProgramOptions(),
		tea.WithContext(ctx), tea.WithInput(sess), tea.WithOutput(sess),
		tea.WithWindowSize(windowOf(pty.Window)),
		tea.WithoutSignalHandler(), // the server handles signals, once
		tea.WithFilter(noSuspend),
	)...)
	s.mu.Lock()
	s.programs[p] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.programs, p)
		s.mu.Unlock()
	}()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case w := <-resized:
				width, height := windowOf(w)
				p.Send(tea.WindowSizeMsg{Width: width, Height: height})
			}
		}
	}()
	if _, err := p.Run(); err != nil && !errors.Is(err, tea.ErrInterrupted) && ctx.Err() == nil {
		p.Kill()
		log.Error("the workstation failed", "err", err)
		return exitPanic
	}
	return 0
}

// windowOf is the size a client states, or the largest one that is drawn: a screen of four thousand million columns would
// take the memory of everybody else who is logged in.
func windowOf(w ssh.Window) (width, height int) {
	return min(max(w.Width, 0), mostColumns), min(max(w.Height, 0), mostLines)
}

const mostColumns, mostLines = 1000, 400

// plain is line mode, for terminals that can do nothing else.
func plain(ctx context.Context, o tui.Options, sess ssh.Session) int {
	if err := tui.Plain(ctx, o, newCooked(sess), sess); err != nil {
		fmt.Fprintf(sess.Stderr(), "tickmark: %s\r\n", review.Safe(err.Error()))
		return 1
	}
	return 0
}

// noSuspend makes ctrl+z harmless: there is no shell to go back to.
func noSuspend(_ tea.Model, msg tea.Msg) tea.Msg {
	if _, ok := msg.(tea.SuspendMsg); ok {
		return tea.ResumeMsg{}
	}
	return msg
}

func login(sess ssh.Session) Login {
	l := Login{Remote: sess.RemoteAddr().String(), User: sess.User()}
	if pub := sess.PublicKey(); pub != nil {
		l.Key = review.Fingerprint(gossh.FingerprintSHA256(pub))
	}
	conn, ok := sess.Context().Value(ssh.ContextKeyConn).(gossh.Conn)
	if ok && ssh.AgentRequested(sess) {
		l.Agent = keys.NewAgent(func(context.Context) (io.ReadWriteCloser, error) {
			ch, reqs, err := conn.OpenChannel("auth-agent@openssh.com", nil)
			if err != nil {
				return nil, err
			}
			go gossh.DiscardRequests(reqs)
			return ch, nil
		}, keys.ViaForwardedAgent)
	}
	return l
}
