package keys

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tickmark/ledger"
)

// Agent is a place to ask for an ssh-agent. Each question opens a connection of its own, so an agent that restarts is
// found again and a cancelled question disturbs no other.
type Agent struct {
	dial func(ctx context.Context) (agent.Agent, io.Closer, error)
	via  string
	name string        // for messages
	wait time.Duration // for a list; 0: listing
}

// NewAgent gives the agent behind a dialer: a forwarded agent, whose channel open opens, or a socket. via is ViaAgent or
// ViaForwardedAgent.
func NewAgent(open func(ctx context.Context) (io.ReadWriteCloser, error), via string) *Agent {
	return &Agent{via: via, name: "the " + strings.ReplaceAll(via, "-", " "), dial: func(ctx context.Context) (agent.Agent, io.Closer, error) {
		conn, err := open(ctx)
		if err != nil {
			return nil, nil, err
		}
		return agent.NewClient(conn), conn, nil
	}}
}

// WrapAgent gives an agent that is already connected. Closing it is the caller's business, and a question that its
// context ended goes on in the background until the agent answers.
func WrapAgent(a agent.Agent, via string) *Agent {
	return &Agent{via: via, name: "the " + strings.ReplaceAll(via, "-", " "), dial: func(context.Context) (agent.Agent, io.Closer, error) {
		return a, io.NopCloser(nil), nil
	}}
}

// SocketAgent gives the agent at a socket path, as SSH_AUTH_SOCK names it. An empty path is an agent that is not there.
func SocketAgent(path, via string) *Agent {
	return NewAgent(func(ctx context.Context) (io.ReadWriteCloser, error) {
		if path == "" {
			return nil, errors.New("SSH_AUTH_SOCK is not set")
		}
		return dialSocket(ctx, path)
	}, via)
}

// EnvironmentAgent gives the agent that the environment names, on Windows else the OpenSSH service's. Inside an SSH session an SSH_AUTH_SOCK without the process
// id that a local agent leaves is a forwarded one, and its signatures are recorded as such.
func EnvironmentAgent(getenv func(string) string) *Agent {
	via := ViaAgent
	if getenv("SSH_CONNECTION") != "" && getenv("SSH_AGENT_PID") == "" {
		via = ViaForwardedAgent
	}
	socket := getenv("SSH_AUTH_SOCK")
	if socket == "" {
		socket = defaultSocket
	}
	return SocketAgent(socket, via)
}

// Via is the word that statements record for signatures by this agent.
func (a *Agent) Via() string { return a.via }

// AgentKey is a key that an agent holds.
type AgentKey struct {
	Public      ssh.PublicKey // a certificate if the agent holds one for the key
	Fingerprint string
	Comment     string
	Refusal     error // why it cannot sign here ([CheckKey]), nil if it can
}

// listing is how long an agent may take to list its keys: it asks nobody for that.
const listing = 15 * time.Second

// List asks the agent for its keys, in its order. Keys of a type that is not known come with a Refusal. The error is an
// *Error with NoAgent, TimedOut or Cancelled.
func (a *Agent) List(ctx context.Context) ([]AgentKey, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(a.wait, listing))
	defer cancel()
	listed, err := ask(ctx, a, func(c agent.Agent) ([]*agent.Key, error) { return c.List() })
	if err != nil {
		return nil, err
	}
	keys := make([]AgentKey, len(listed))
	for i, k := range listed {
		pub, err := ssh.ParsePublicKey(k.Blob)
		if err != nil {
			keys[i] = AgentKey{k, ssh.FingerprintSHA256(k), k.Comment, &Error{Unreadable, "keys of type " + ledger.Display(k.Format) + " cannot be read", "", err}}
			continue
		}
		keys[i] = AgentKey{pub, ssh.FingerprintSHA256(pub), k.Comment, CheckKey(pub)}
	}
	return keys, nil
}

// List is [Agent.List] of any agent.
func List(ctx context.Context, a agent.Agent) ([]AgentKey, error) {
	return WrapAgent(a, ViaAgent).List(ctx)
}

// Find gives a signer for the agent's key with the fingerprint, which may be that of a key or of a certificate.
func (a *Agent) Find(ctx context.Context, fingerprint string) (Signer, error) {
	return a.find(ctx, fingerprint, func(k AgentKey) (ssh.PublicKey, bool) {
		return k.Public, k.Fingerprint == fingerprint
	})
}

// Signer gives a signer for a public key or certificate. For a certificate the agent may hold the certificate or only its
// key; either way the signature embeds the certificate.
func (a *Agent) Signer(ctx context.Context, pub ssh.PublicKey) (Signer, error) {
	want, plain := pub.Marshal(), []byte(nil)
	if cert, ok := pub.(*ssh.Certificate); ok {
		plain = cert.Key.Marshal()
	}
	return a.find(ctx, ssh.FingerprintSHA256(pub), func(k AgentKey) (ssh.PublicKey, bool) {
		have := k.Public.Marshal()
		return pub, bytes.Equal(have, want) || plain != nil && bytes.Equal(have, plain)
	})
}

// find picks the first held key that fits; embed is what its signatures will show.
func (a *Agent) find(ctx context.Context, wanted string, fits func(AgentKey) (embed ssh.PublicKey, ok bool)) (Signer, error) {
	held, err := a.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range held {
		embed, ok := fits(k)
		if !ok {
			continue
		}
		if k.Refusal != nil {
			return nil, k.Refusal
		}
		if err := CheckKey(embed); err != nil {
			return nil, err
		}
		return &agentSigner{agent: a, ask: k.Public, public: embed}, nil
	}
	return nil, a.noKey(wanted, len(held))
}

func (a *Agent) noKey(wanted string, held int) *Error {
	if held == 0 {
		return &Error{NoKey, a.name + " holds no keys, so not " + ledger.Display(wanted),
			"Add the key with ssh-add, or unlock the agent with ssh-add -X.", nil}
	}
	return &Error{NoKey, a.name + " does not hold " + ledger.Display(wanted),
		"Add it with ssh-add; ssh-add -l shows what the agent holds.", nil}
}

type agentSigner struct {
	agent  *Agent
	ask    ssh.PublicKey // as the agent holds it
	public ssh.PublicKey // as the signature embeds it
}

func (s *agentSigner) Public() ssh.PublicKey { return s.public }
func (s *agentSigner) Fingerprint() string   { return ssh.FingerprintSHA256(s.public) }
func (s *agentSigner) Via() string           { return s.agent.via }

func (s *agentSigner) withoutCertificate() Signer {
	return &agentSigner{agent: s.agent, ask: s.ask, public: plain(s.public)}
}

func plain(pub ssh.PublicKey) ssh.PublicKey {
	if cert, ok := pub.(*ssh.Certificate); ok {
		return cert.Key
	}
	return pub
}

func (s *agentSigner) Sign(ctx context.Context, namespace string, message []byte) ([]byte, error) {
	data := ledger.SignedData(namespace, message)
	sig, err := ask(ctx, s.agent, func(c agent.Agent) (*ssh.Signature, error) {
		if plain(s.public).Type() != ssh.KeyAlgoRSA {
			return c.Sign(s.ask, data)
		}
		extended, ok := c.(agent.ExtendedAgent)
		if !ok {
			return nil, errors.New("the agent cannot be asked for rsa-sha2-512")
		}
		return extended.SignWithFlags(s.ask, data, agent.SignatureFlagRsaSha512)
	})
	if err != nil {
		var e *Error
		if errors.As(err, &e) && e.Reason == Refused {
			return nil, s.whyRefused(ctx, e)
		}
		return nil, err
	}
	return seal(s.public, namespace, message, sig)
}

// whyRefused looks whether the key has left the agent since it was found.
func (s *agentSigner) whyRefused(ctx context.Context, refused *Error) error {
	held, err := s.agent.List(ctx)
	if err != nil {
		return refused
	}
	for _, k := range held {
		if bytes.Equal(k.Public.Marshal(), s.ask.Marshal()) {
			return refused
		}
	}
	if len(held) == 0 {
		refused.Hint = "The agent shows no keys any more: it was locked (ssh-add -X unlocks it) or the key's time ran out."
		return refused
	}
	return s.agent.noKey(ssh.FingerprintSHA256(s.ask), len(held))
}

// ask puts one question to the agent over a connection of its own, and gives up when ctx ends.
func ask[T any](ctx context.Context, a *Agent, question func(agent.Agent) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if ctx.Err() != nil {
		return none, waiting(ctx, a.name)
	}
	c, conn, err := a.dial(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return none, waiting(ctx, a.name)
		}
		return none, a.noAgent(err)
	}
	defer conn.Close()
	answers := make(chan answer, 1)
	go func() {
		value, err := question(c)
		answers <- answer{value, err}
	}()
	select {
	case <-ctx.Done():
		return none, waiting(ctx, a.name)
	case got := <-answers:
		if got.err == nil {
			return got.value, nil
		}
		if lost(got.err) {
			return none, a.noAgent(got.err)
		}
		return none, &Error{Refused, a.name + " refused: " + ledger.Display(strings.TrimPrefix(got.err.Error(), "agent: ")),
			"Possible causes: a confirmation that was declined (ssh-add -c), a destination constraint, a locked agent, a security key that was not touched or not plugged in.", got.err}
	}
}

func (a *Agent) noAgent(err error) *Error {
	return &Error{NoAgent, a.name + " cannot be reached: " + ledger.Display(err.Error()),
		"Start one with eval \"$(ssh-agent)\" and ssh-add, connect with ssh -A to forward yours, or name a key file with --key.", err}
}

// lost reports whether the connection failed, as opposed to the agent's answering no.
func lost(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) ||
		strings.HasPrefix(err.Error(), "agent: client error")
}
