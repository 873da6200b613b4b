package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickmark/review"
	"tickmark/tui/sshd"
)

// Over SSH a kept evidence file is for those whose work it is: managers, exporters, and whom its exception names.
func TestKeptEvidenceIsForWhoseWorkItIs(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("no ssh-keygen on this machine")
	}
	home := t.TempDir()
	for name, dir := range map[string]string{"HOME": "", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"} {
		t.Setenv(name, filepath.Join(home, dir))
	}
	t.Setenv("SSH_AUTH_SOCK", "")
	t.Chdir(home)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	local := func(args ...string) {
		t.Helper()
		out.Reset()
		errs.Reset()
		if code := run(t.Context(), append(args, "--db", "review.db"), strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("%s: %s", args, errs.String())
		}
	}
	for _, who := range []string{"ann", "bob", "carla", "dan", "eve", "fay"} {
		if b, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", who).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, b)
		}
	}
	write("erp.csv", "user,role\nsvc-pay,ERP_ADMIN\n")
	write("control.txt", "the weekly log")
	local("init", "--principal", "ann@corp.example", "--key", "ann")
	for who, roles := range map[string]string{"bob": "review", "carla": "review", "dan": "review", "eve": "export", "fay": "import"} {
		local("key", "enrol", "--key", "ann", "--principal", who+"@corp.example", "--key", who+".pub", "--roles", roles)
	}
	local("import", "erp.csv", "--key", "ann", "--system", "erp", "--exported-at", "2026-01-01")
	local("campaign", "new", "q1", "--key", "ann", "--reviewer", "bob@corp.example", "--due", "2099-01-01")
	local("campaign", "launch", "q1", "--key", "ann", "--yes")
	local("decide", "--key", "bob", "--filter", "account:svc-pay", "--verdict", "exception", "--until", time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly), "--owner", "carla@corp.example",
		"--control", "weekly log review", "--reason", "vendor", "--evidence", "control.txt", "--keep-evidence")
	local("sign", "--key", "bob", "--yes")
	local("exceptions", "--json", "--key", "ann")
	var list []review.Exception
	if err := json.Unmarshal(out.Bytes(), &list); err != nil || len(list) != 1 || len(list[0].Evidence) != 1 || !list[0].Evidence[0].Kept {
		t.Fatalf("%v %s", err, out.String())
	}
	for who, want := range map[string]int{"ann": 0, "bob": 0, "carla": 0, "dan": exitRefused, "eve": 0, "fay": exitRefused, "": exitRefused} {
		key := review.Fingerprint("SHA256:nobody")
		if who != "" {
			b, err := exec.Command("ssh-keygen", "-l", "-f", who+".pub").Output()
			if err != nil {
				t.Fatal(err)
			}
			key = review.Fingerprint(strings.Fields(string(b))[1])
		}
		out.Reset()
		errs.Reset()
		code := remoteCommand(t.Context(), "review.db", sshd.Login{Key: key}, []string{"exceptions", "evidence", list[0].Evidence[0].SHA256}, strings.NewReader(""), &out, &errs)
		if code != want || (out.String() == "the weekly log") != (want == 0) {
			t.Errorf("%q got %d: %s%s", who, code, out.String(), errs.String())
		}
	}
}
