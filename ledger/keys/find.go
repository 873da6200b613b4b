package keys

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
)

// Places says where [Find] looks for keys.
type Places struct {
	Agent      *Agent        // nil: no agent
	Passphrase AskPassphrase // nil: encrypted files cannot be used
	Keygen     string        // ssh-keygen for security keys without agent; "" is the one in PATH
	Env        []string      // added to ssh-keygen's environment
}

// Find resolves what a person named as their key to a signer:
//
//   - a fingerprint ("SHA256:...") is looked for in the agent;
//   - a private key file signs itself, a security key's file through the agent if that holds it, else through ssh-keygen;
//   - a public key or certificate file is looked for in the agent, and then beside itself as a private key file;
//   - "" is the agent's only usable key. Several are an error with NoKey, which lists them: the person must choose.
//
// The error is an *Error.
func Find(ctx context.Context, name string, in Places) (Signer, error) {
	switch {
	case name == "":
		return onlyKey(ctx, in)
	case strings.HasPrefix(name, "SHA256:"):
		if in.Agent == nil {
			return nil, noAgentFor(name)
		}
		return in.Agent.Find(ctx, name)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer clear(file)
	if bytes.Contains(file, []byte("PRIVATE KEY-----")) {
		return findFile(ctx, name, in)
	}
	pub, _, err := ReadPublic(name)
	if err != nil {
		return nil, err
	}
	var inAgent error = noAgentFor(name)
	if in.Agent != nil {
		var s Signer
		if s, inAgent = in.Agent.Signer(ctx, pub); inAgent == nil {
			return s, nil
		}
		if r := ReasonOf(inAgent); r != NoKey && r != NoAgent {
			return nil, inAgent
		}
	}
	private := strings.TrimSuffix(strings.TrimSuffix(name, ".pub"), "-cert")
	s, err := findFile(ctx, private, in)
	if ReasonOf(err) == NoKey {
		return nil, inAgent
	}
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(plain(s.Public()).Marshal(), plain(pub).Marshal()) {
		return nil, &Error{NoKey, ledger.Display(private) + " holds another key than " + ledger.Display(name), "Name the private key itself.", nil}
	}
	if _, isCert := pub.(*ssh.Certificate); !isCert {
		return WithoutCertificate(s), nil
	}
	return s, nil
}

// findFile gives a signer for a private key file, whoever has to make the signature.
func findFile(ctx context.Context, path string, in Places) (Signer, error) {
	pub, err := publicOf(path)
	if err != nil {
		return nil, err
	}
	if !isSecurityKey(pub) {
		return OpenFile(path, in.Passphrase)
	}
	if in.Agent != nil {
		if s, err := in.Agent.Signer(ctx, pub); err == nil {
			return s, nil
		}
	}
	return Keygen(in.Keygen, path, in.Env)
}

// onlyKey gives the agent's only usable key.
func onlyKey(ctx context.Context, in Places) (Signer, error) {
	if in.Agent == nil {
		return nil, noAgentFor("a key")
	}
	held, err := in.Agent.List(ctx)
	if err != nil {
		return nil, err
	}
	usable := held[:0]
	for _, k := range held {
		if k.Refusal == nil {
			usable = append(usable, k)
		}
	}
	switch len(usable) {
	case 0:
		return nil, in.Agent.noKey("a usable key", len(held))
	case 1:
		return in.Agent.Signer(ctx, usable[0].Public)
	}
	var names []string
	for _, k := range usable {
		names = append(names, k.Fingerprint+" "+ledger.Display(k.Comment))
	}
	return nil, &Error{NoKey, in.Agent.name + " holds several keys: " + strings.Join(names, ", "), "Choose one with --key.", nil}
}

func noAgentFor(name string) *Error {
	return &Error{NoAgent, "there is no ssh-agent to ask for " + ledger.Display(name),
		"Start one with eval \"$(ssh-agent)\" and ssh-add, or name a private key file.", errors.New("no agent")}
}
