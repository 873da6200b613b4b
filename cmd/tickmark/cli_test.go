package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tickmark": clocked})
}

// clocked is main at the time that CLOCK names, if it names one: scripts tell stories of several months.
func clocked() {
	at, err := time.Parse(time.RFC3339, os.Getenv("CLOCK"))
	if err != nil {
		main()
		return
	}
	a := newApp(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	began := time.Now()
	a.now = func() time.Time { return at.Add(time.Since(began)) }
	os.Exit(a.run(context.Background(), os.Args[1:]))
}

// TestScripts runs testdata/script: each file is a manual page with examples that hold.
//
// Beside testscript's own commands there are
//
//	exits CODE COMMAND...   the command ends with that code
//	isjson                  standard output is one JSON document and standard error is empty of it
//	field PATH VALUE        the value at PATH of the JSON on standard output, such as 0.findings.0.rule or .length
//	keep NAME PATH          the same value, kept in the environment variable NAME
//	plain                   neither stream of the last command holds an escape code or a control character
//	fill FILE...            $NAME in the files becomes the value of the environment variable
//	same FILE...            the files are as they were when `same` first named them in this script
//	sql DB STATEMENT        the statement runs on a SQLite file, behind tickmark's back
//	lock DB                 somebody else writes to the database until the end of the script, or `unlock`
//	nobody CODE ARGUMENTS   tickmark run by a person who owns nothing here, ending with that code
//	agent NAME KEYFILE...   an ssh-agent at $WORK/NAME.sock that holds the keys; NAME- is one that refuses to sign
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			for name, dir := range map[string]string{"XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"} {
				env.Setenv(name, filepath.Join(home, dir))
			}
			for _, name := range []string{"TICKMARK_DB", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "NO_COLOR", "SSH_CONNECTION"} {
				env.Setenv(name, "")
			}
			env.Setenv("TERM", "xterm-256color")
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("TODAY", time.Now().UTC().Format(time.DateOnly))
			env.Setenv("SK_PROVIDER", skProvider())
			env.Values[keptFiles{}] = map[string]string{}
			env.Values[locked{}] = map[string]func(){}
			return os.MkdirAll(home, 0o700)
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "sk":
				_, err := os.Stat(skProvider())
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": cmdExits, "isjson": cmdIsJSON, "field": cmdField, "keep": cmdKeep, "plain": cmdPlain, "same": cmdSame, "fill": cmdFill, "agent": cmdAgent,
			"sql": cmdSQL, "lock": cmdLock, "unlock": cmdUnlock, "nobody": cmdNobody,
		},
	})
}

// skProvider is OpenSSH's security key in software, which its regression tests bring (Debian package openssh-tests). Scripts
// ask for it with the condition [sk].
func skProvider() string {
	return cmp.Or(os.Getenv("TICKMARK_SK_DUMMY"), "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so")
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var ee *exec.ExitError
	switch {
	case errors.As(err, &ee):
		got = ee.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

func document(ts *testscript.TestScript) any {
	var doc any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		ts.Fatalf("standard output is not JSON: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("standard output holds more than one JSON document")
	}
	return doc
}

func cmdIsJSON(ts *testscript.TestScript, neg bool, args []string) {
	document(ts)
	if strings.ContainsAny(ts.ReadFile("stdout"), "\x1b\x07") {
		ts.Fatalf("the JSON holds control characters")
	}
}

// value walks a path such as 0.findings.0.rule; length at the end counts, * takes the first element that has the rest.
func value(ts *testscript.TestScript, doc any, path string) string {
	at := doc
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		switch x := at.(type) {
		case map[string]any:
			if part == "length" {
				return strconv.Itoa(len(x))
			}
			v, ok := x[part]
			if !ok {
				ts.Fatalf("no %q in %s", part, path)
			}
			at = v
		case []any:
			if part == "length" {
				return strconv.Itoa(len(x))
			}
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(x) {
				ts.Fatalf("no element %s in %s (%d there)", part, path, len(x))
			}
			at = x[i]
		default:
			ts.Fatalf("nothing below %q in %s", part, path)
		}
	}
	switch x := at.(type) {
	case string:
		return x
	case nil:
		return "null"
	}
	b, err := json.Marshal(at)
	ts.Check(err)
	return string(b)
}

func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: field PATH VALUE")
	}
	got := value(ts, document(ts), args[0])
	if (got == args[1]) == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}

func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATH")
	}
	ts.Setenv(args[0], value(ts, document(ts), args[1]))
}

func cmdPlain(ts *testscript.TestScript, neg bool, args []string) {
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		if i := strings.IndexFunc(text, func(r rune) bool {
			return r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r == 0x200b
		}); i >= 0 {
			ts.Fatalf("%s holds %+q", stream, text[i:min(len(text), i+20)])
		}
	}
}

func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

type keptFiles struct{}

func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	kept := ts.Value(keptFiles{}).(map[string]string)
	for _, name := range args {
		sum := digest(ts, ts.MkAbs(name))
		before, known := kept[name]
		if !known {
			kept[name] = sum
			continue
		}
		if (before == sum) == neg {
			ts.Fatalf("%s: before %s, now %s", name, before, sum)
		}
	}
}

// digest is a hash of a file's content; what is not there has one, too.
func digest(ts *testscript.TestScript, name string) string {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "nothing"
	}
	ts.Check(err)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func openSQL(ts *testscript.TestScript, file string) *sql.DB {
	db, err := sql.Open("sqlite", ts.MkAbs(file))
	ts.Check(err)
	db.SetMaxOpenConns(1)
	return db
}

func cmdSQL(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sql DB STATEMENT")
	}
	db := openSQL(ts, args[0])
	defer db.Close()
	_, err := db.Exec(args[1])
	if neg && err == nil {
		ts.Fatalf("the statement was accepted")
	}
	if !neg {
		ts.Check(err)
	}
}

type locked struct{}

func cmdLock(ts *testscript.TestScript, neg bool, args []string) {
	db := openSQL(ts, args[0])
	_, err := db.Exec("BEGIN IMMEDIATE")
	ts.Check(err)
	ts.Value(locked{}).(map[string]func())["release"] = func() { db.Close() }
	ts.Defer(func() { db.Close() })
}

func cmdUnlock(ts *testscript.TestScript, neg bool, args []string) {
	ts.Value(locked{}).(map[string]func())["release"]()
}

// cmdNobody runs the program without root's rights, which permissions do not bind.
func cmdNobody(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	exe, err := os.Executable()
	ts.Check(err)
	program := ts.MkAbs("nobodys/tickmark")
	if _, err := os.Stat(program); err != nil {
		b, err := os.ReadFile(exe)
		ts.Check(err)
		ts.Check(os.MkdirAll(filepath.Dir(program), 0o755))
		ts.Check(os.WriteFile(program, b, 0o755))
		for dir := filepath.Dir(program); dir != os.TempDir() && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			ts.Check(os.Chmod(dir, 0o755))
		}
	}
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "HOME="+ts.MkAbs("nobodys"), "XDG_DATA_HOME="+ts.MkAbs("nobodys"), "XDG_STATE_HOME="+ts.MkAbs("nobodys"))
	withoutRights(cmd)
	out, err := cmd.CombinedOutput()
	ts.Logf("%s", out)
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("ended with %d, not %d: %v", got, want, err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("said"), out, 0o644))
}

// cmdAgent serves an ssh-agent for the rest of the script.
func cmdAgent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: agent NAME KEYFILE...")
	}
	name, refuse := strings.CutSuffix(args[0], "-")
	ring := agent.NewKeyring()
	for _, file := range args[1:] {
		b, err := os.ReadFile(ts.MkAbs(file))
		ts.Check(err)
		key, err := ssh.ParseRawPrivateKey(b)
		ts.Check(err)
		ts.Check(ring.Add(agent.AddedKey{PrivateKey: key, Comment: filepath.Base(file)}))
	}
	// A socket path must be short, which a test's folder is not.
	dir, err := os.MkdirTemp("", "tm")
	ts.Check(err)
	sock := filepath.Join(dir, "a")
	l, err := net.Listen("unix", sock)
	ts.Check(err)
	ts.Defer(func() { l.Close(); os.RemoveAll(dir) })
	var served agent.Agent = ring
	if refuse {
		served = refusingAgent{ring}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(served, c); c.Close() }()
		}
	}()
	ts.Setenv(name, sock)
}

// refusingAgent holds keys and signs nothing, as one whose confirmation is declined.
type refusingAgent struct{ agent.Agent }

func (refusingAgent) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	return nil, errors.New("declined")
}

// Every verb's page ends with its exit codes and an example, and every flag in an example exists.
func TestHelpPages(t *testing.T) {
	a := newApp(nil, strings.NewReader(""), io.Discard, io.Discard)
	root := a.rootCommand()
	var walk func(path []string)
	walk = func(path []string) {
		cmd, _, err := root.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		page := a.helpPage(cmd, 80)
		for _, want := range []string{"Usage", "Exit codes", "Example", "130"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page has no %q", cmd.CommandPath(), want)
			}
		}
		if i := strings.Index(page, "\nExample\n"); i < strings.Index(page, "\nExit codes\n") || strings.Count(page[i:], "\n\n") > 0 {
			t.Errorf("%s: the page does not end with exit codes and an example", cmd.CommandPath())
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short text %q", cmd.CommandPath(), cmd.Short)
		}
		for line := range strings.Lines(page) {
			if w := len([]rune(strings.TrimSuffix(line, "\n"))); w > 80 && !strings.Contains(line, "tickmark ") && !strings.Contains(line, "--expect") {
				t.Errorf("%s: %d wide: %s", cmd.CommandPath(), w, line)
			}
		}
		checkExample(t, cmd.CommandPath(), cmd.Example)
		for _, sub := range cmd.Commands() {
			walk(append(slices.Clone(path), sub.Name()))
		}
	}
	walk(nil)
}

// checkExample parses the flags of every tickmark line in a text.
func checkExample(t *testing.T, where, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "tickmark") {
			continue
		}
		line, _, _ = strings.Cut(line, " > ")
		line, _, _ = strings.Cut(line, " | ")
		words := shellWords(line)[1:]
		root := newApp(nil, strings.NewReader(""), io.Discard, io.Discard).rootCommand()
		cmd, rest, err := root.Find(words)
		if err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
			continue
		}
		if cmd.Args != nil && cmd.HasParent() {
			if err := cmd.Args(cmd, cmd.Flags().Args()); err != nil {
				t.Errorf("%s: %s: %v", where, line, err)
			}
		}
	}
}

// shellWords splits a line as a shell does, as far as examples need it.
func shellWords(line string) []string {
	var words []string
	var b strings.Builder
	quote, begun := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case quote == 0 && r == ' ':
			if begun || b.Len() > 0 {
				words = append(words, b.String())
			}
			b.Reset()
			begun = false
		default:
			b.WriteRune(r)
		}
	}
	if begun || b.Len() > 0 {
		words = append(words, b.String())
	}
	return words
}

func TestManualPage(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"man"}, strings.NewReader(""), &out, io.Discard); code != 0 {
		t.Fatalf("man ended with %d", code)
	}
	for _, want := range []string{".TH TICKMARK 1", "EXIT STATUS", "ENVIRONMENT", "TICKMARK_DB", "campaign", "remediation"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the manual page has no %q", want)
		}
	}
	if strings.Contains(out.String(), "%!") {
		t.Error("the manual page holds a formatting fault")
	}
}
