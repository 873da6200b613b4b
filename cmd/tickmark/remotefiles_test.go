package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tickmark/review"
	"tickmark/tui/sshd"
)

// Whoever comes over SSH reads and writes no file of the server, whatever the verb.
func TestRemoteVerbsTouchNoFiles(t *testing.T) {
	home := t.TempDir()
	for name, dir := range map[string]string{"HOME": "", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"} {
		t.Setenv(name, filepath.Join(home, dir))
	}
	t.Chdir(home)
	db := filepath.Join(home, "review.db")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"init", "--principal", "alice@corp.example", "--db", db}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if err := os.WriteFile("note", []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := names(t, home)
	for _, line := range []string{
		"ledger witness init --name eve", "ledger witness list", "ledger witness sign note --vkey note", "ledger witness add note --witness note",
		"ledger timestamp request file", "ledger timestamp add note --time-roots note", "ledger anchor --holder eve", "ledger check note --vkey note",
		"ledger checkpoint -o file", "ledger prove 0 -o file", "ledger vkey -o file", "ledger consistency --from 1 -o file", "ledger receipts -o file",
	} {
		out.Reset()
		errs.Reset()
		if code := remoteCommand(t.Context(), db, sshd.Login{}, strings.Fields(line), strings.NewReader(""), &out, &errs); code != exitUsage || !strings.Contains(errs.String(), "server") {
			t.Errorf("%s ended with %d: %s%s", line, code, out.String(), errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "secret") {
			t.Errorf("%s shows a file", line)
		}
	}
	for _, line := range []string{ // refused whatever stands before or between
		"exceptions --filter x --db /etc/passwd", "exceptions renew 1 --owner a@x --evidence note", "exceptions --output /x", "items --after --filter /etc/passwd", "import --query @note -",
		"import --query --filter @note", "exceptions --filter a@x /etc/passwd", "exceptions -- /etc/passwd --filter a@x", "status --key note --filter a@x", "campaign new q --policy note --reviewer a@x",
		"exceptions close 1 --keep-evidence --reason a@x", "export --checkpoint ../x --filter a@x", "review", "review q4", "review --plain --key note", "review --plain --db /etc/passwd", "decide --filter owner:a@x",
	} {
		out.Reset()
		errs.Reset()
		if code := remoteCommand(t.Context(), db, sshd.Login{}, strings.Fields(line), strings.NewReader(""), &out, &errs); code != exitUsage {
			t.Errorf("%s ended with %d: %s%s", line, code, out.String(), errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "secret") {
			t.Errorf("%s shows a file", line)
		}
	}
	if after := names(t, home); after != before {
		t.Errorf("files before:\n%s\nafter:\n%s", before, after)
	}
	for _, line := range []string{"ledger list", "ledger vkey", "ledger anchors", "ledger consistency --from 1", "ledger checkpoint",
		"exceptions --filter owner:bob@corp.example", "exceptions --filter=-owner:bob@corp.example", "remediation --filter resource:/subscriptions/1", `items --filter account:"CORP\\ann"`} {
		if code := remoteCommand(t.Context(), db, sshd.Login{}, strings.Fields(line), strings.NewReader(""), &out, &errs); code != 0 {
			t.Errorf("%s ended with %d: %s", line, code, errs.String())
		}
	}
}

// A server shows nobody a ledger that does not extend what it showed others.
func TestLoginsShareWhatTheServerSaw(t *testing.T) {
	home := t.TempDir()
	for name, dir := range map[string]string{"HOME": "", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"} {
		t.Setenv(name, filepath.Join(home, dir))
	}
	t.Chdir(home)
	t.Setenv("SSH_AUTH_SOCK", "")
	db := filepath.Join(home, "review.db")
	var out, errs bytes.Buffer
	local := func(args ...string) {
		t.Helper()
		if code := run(t.Context(), append(args, "--db", db), strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatal(errs.String())
		}
	}
	local("init", "--principal", "alice@corp.example")
	older, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	local("ledger", "anchor", "--holder", "Dana")
	if err := os.RemoveAll(filepath.Join(home, "state")); err != nil { // what alice saw here
		t.Fatal(err)
	}
	status := func(login review.Fingerprint) int {
		errs.Reset()
		return remoteCommand(t.Context(), db, sshd.Login{Key: login}, []string{"status"}, strings.NewReader(""), &out, &errs)
	}
	if code := status("SHA256:one"); code != 0 {
		t.Fatal(errs.String())
	}
	if err := os.WriteFile(db, older, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := status("SHA256:another"); code != exitRefused || !strings.Contains(errs.String(), "this server showed one of that name with 3") || strings.Contains(errs.String(), home) {
		t.Errorf("an older copy: %d %s", code, errs.String())
	}
}

// Line mode over SSH has the acts of the workstation that the same login opens, and like it reads no file of the server.
func TestLineModeOverSSHHasTheAgentAndNoFiles(t *testing.T) {
	home := t.TempDir()
	for name, dir := range map[string]string{"HOME": "", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"} {
		t.Setenv(name, filepath.Join(home, dir))
	}
	t.Chdir(home)
	t.Setenv("SSH_AUTH_SOCK", "")
	db := filepath.Join(home, "review.db")
	var out, errs bytes.Buffer
	local := func(args ...string) {
		t.Helper()
		out.Reset()
		if code := run(t.Context(), append(args, "--db", db), strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatal(errs.String())
		}
	}
	if err := os.WriteFile("erp.csv", []byte("identity,entitlement\nemma@corp.example,PAY\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	local("init", "--principal", "alice@corp.example")
	local("import", "erp.csv", "--source", "erp", "--completeness", "full", "--exported-at", time.Now().UTC().Format(time.RFC3339))
	local("campaign", "new", "q4", "--reviewer", "alice@corp.example", "--due", time.Now().AddDate(0, 0, 14).Format(time.DateOnly))
	local("campaign", "launch", "q4", "--yes")
	local("key", "list", "--json")
	key := regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`).FindString(out.String())
	until := time.Now().AddDate(0, 0, 30).Format(time.DateOnly)
	answers := strings.Join([]string{"e", until, "bob@corp.example", "four eyes", "closing", filepath.Join(home, "erp.csv"), "", "s", "q"}, "\n")
	out.Reset()
	if code := remoteCommand(t.Context(), db, sshd.Login{Key: review.Fingerprint(key)}, []string{"review", "q4", "--plain"}, strings.NewReader(answers), &out, &errs); code != 0 {
		t.Fatalf("%d %s", code, errs.String())
	}
	for _, want := range []string{"You are alice@corp.example.", "no agent was forwarded", "files of your computer cannot be reached from here", "Staged: exception", "Not signed: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q was not said:\n%s", want, out.String())
		}
	}
}

// names lists the files below a folder, without those that SQLite comes and goes with.
func names(t *testing.T, root string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if !strings.HasSuffix(path, "-wal") && !strings.HasSuffix(path, "-shm") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}
