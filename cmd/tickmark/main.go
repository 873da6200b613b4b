package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"tickmark/review"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: one command line in, output and an exit code out.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	if len(args) == 1 && (args[0] == "--version" || args[0] == "-V") {
		fmt.Fprintln(out, tool())
		return exitDone
	}
	return newApp(args, in, out, errs).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = a.crashed(p, debug.Stack())
		}
	}()
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return a.finish(ctx, err)
}

// finish prints what a verb's error has to say and gives the exit code.
func (a *app) finish(ctx context.Context, err error) int {
	var o *outcome
	if errors.As(err, &o) {
		if o.message != "" {
			a.say("%s", o.message)
		}
		if o.hint != "" {
			a.say("%s", o.hint)
		}
		return o.code
	}
	if err == nil {
		if a.broken != nil {
			return exitMachine
		}
		return exitDone
	}
	e := asError(ctx, err)
	a.fail(e)
	return exitCode(e)
}

// errorBody is an error as scripts read it.
type errorBody struct {
	Kind    review.ErrorKind `json:"kind"`
	Message string           `json:"message"`
	Hint    string           `json:"hint"`
	Reason  string           `json:"reason,omitempty"`
}

// fail prints an error: as JSON on standard output where JSON was asked for, else in words on standard error.
func (a *app) fail(e *review.Error) {
	if a.wantsJSON && !a.began {
		_ = a.json(map[string]errorBody{"error": {e.Kind, e.Message, e.Hint, e.Reason}})
		return
	}
	a.sayLine(a.errStyle.bad("tickmark:") + " " + review.Safe(e.Message))
	if e.Hint != "" {
		a.sayLine("  " + review.Safe(e.Hint))
	}
}

// crashed reports a fault of ours. The stack holds no data, only places in the program.
func (a *app) crashed(p any, stack []byte) int {
	a.fail(review.Errorf(review.KindInternal, "tickmark met a fault of its own: %s", review.Safe(fmt.Sprint(p))).
		WithHint("what was signed and staged before is safe; please report the lines below"))
	fmt.Fprintf(a.err, "%s\n%s", tool(), stack)
	return exitInternal
}

// wantsJSON looks for --json before flags are parsed, so that a mistake in the flags is reported as JSON too.
func wantsJSON(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}
