package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/term"

	"tickmark/review"
)

// passphrase asks for the passphrase of a key file: at the terminal, else through SSH_ASKPASS, as OpenSSH does.
// SSH_ASKPASS_REQUIRE=force asks only there, =never only at the terminal.
func (a *app) passphrase(ctx context.Context, file string) ([]byte, error) {
	prompt := fmt.Sprintf("Passphrase for %s: ", review.Safe(file))
	askpass, require := os.Getenv("SSH_ASKPASS"), os.Getenv("SSH_ASKPASS_REQUIRE")
	if askpass != "" && (require == "force" || require == "prefer") {
		return runAskpass(ctx, askpass, prompt)
	}
	if a.onScreen {
		if askpass != "" {
			return runAskpass(ctx, askpass, prompt)
		}
		return nil, review.Errorf(review.KindPassphrase, "the key %s needs a passphrase", review.Safe(file)).
			WithHint("put the key into ssh-agent (`ssh-add`), or set SSH_ASKPASS")
	}
	tty, err := openTerminal()
	if err == nil {
		defer tty.Close()
		a.clearProgress()
		return readSecret(ctx, tty, prompt)
	}
	if askpass != "" && require != "never" {
		return runAskpass(ctx, askpass, prompt)
	}
	return nil, review.Errorf(review.KindPassphrase, "the key %s needs a passphrase and there is no terminal to ask at", review.Safe(file)).
		WithHint("run this in a terminal, put the key into ssh-agent (`ssh-add`), or set SSH_ASKPASS to a program that prints the passphrase")
}

// openTerminal opens the controlling terminal, whatever standard input is.
func openTerminal() (*os.File, error) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	return os.OpenFile(name, os.O_RDWR, 0)
}

// readSecret reads one line without showing it. A cancelled ctx gives the terminal back as it was.
func readSecret(ctx context.Context, tty *os.File, prompt string) ([]byte, error) {
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, review.Errorf(review.KindIO, "the terminal cannot be used to ask for a passphrase: %w", err).
			WithHint("put the key into ssh-agent (`ssh-add`), or set SSH_ASKPASS")
	}
	fmt.Fprint(os.Stderr, prompt)
	type answer struct {
		secret []byte
		err    error
	}
	got := make(chan answer, 1)
	go func() {
		secret, err := term.ReadPassword(fd)
		got <- answer{secret, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		fmt.Fprintln(os.Stderr)
		return nil, review.Errorf(review.KindCancelled, "interrupted").WithHint("nothing was signed; what is staged stays staged")
	case r := <-got:
		fmt.Fprintln(os.Stderr)
		if r.err != nil {
			return nil, review.Errorf(review.KindPassphrase, "no passphrase was given").WithHint("nothing was signed; run the command again")
		}
		return r.secret, nil
	}
}

// runAskpass runs the program with the prompt as its only argument and takes the first line it prints.
func runAskpass(ctx context.Context, program, prompt string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, prompt)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, review.Errorf(review.KindPassphrase, "the program of SSH_ASKPASS (%s) gave no passphrase", review.Safe(program)).
			WithHint("it must print the passphrase and end with exit code 0")
	}
	line, rest, _ := bytes.Cut(out, []byte("\n"))
	clear(rest)
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// confirm asks a yes-or-no question on the terminal; anything but y or yes is no.
func (a *app) confirm(ctx context.Context, question string) (bool, error) {
	answer, err := a.ask(ctx, question+" [y/N] ")
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", nil
}

// ask puts a question to the person at the terminal and reads one line of standard input.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	a.clearProgress()
	var screen io.Writer = a.err
	if !a.errTerm { // messages go elsewhere, but the question must be seen
		if tty, err := openTerminal(); err == nil {
			defer tty.Close()
			screen = tty
		}
	}
	fmt.Fprint(screen, review.Safe(question))
	if a.lines == nil {
		a.lines = bufio.NewReader(a.in)
	}
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := a.lines.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(screen)
		return "", review.Errorf(review.KindCancelled, "interrupted").WithHint("nothing was changed")
	case r := <-got:
		if r.err != nil && r.line == "" {
			fmt.Fprintln(screen)
			return "", nil
		}
		return strings.TrimSpace(r.line), nil
	}
}
