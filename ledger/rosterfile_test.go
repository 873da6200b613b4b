package ledger

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

const rosterNS = `namespaces="review.v1@tickmark"`

// keyText is type and base64 of a test key.
func keyText(name string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(testSigner(name).PublicKey())))
}

func TestRosterSubset(t *testing.T) {
	a, b := keyText("a"), keyText("b")
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weakKey, err := ssh.NewPublicKey(&weak.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	line := func(s string) string { return strings.NewReplacer("KEY", a, "NS", rosterNS).Replace(s) }
	for name, good := range map[string]string{
		"empty":                "",
		"plain":                line("alice@corp.example NS KEY\n"),
		"with comment":         line("alice@corp.example NS KEY a comment  with blanks\n"),
		"comments and blanks":  line("# who may sign\n\nalice@corp.example NS KEY\n#\n"),
		"window of days":       line(`alice@corp.example NS,valid-after="20260101Z",valid-before="20270101Z" KEY` + "\n"),
		"window of seconds":    line(`alice@corp.example NS,valid-after="20260101120000Z" KEY` + "\n"),
		"only an end":          line(`alice@corp.example NS,valid-before="20270101Z" KEY` + "\n"),
		"authority":            line("alice@corp.example cert-authority,NS KEY\n"),
		"several namespaces":   line(`alice@corp.example namespaces="review.v1@tickmark,git,file" KEY` + "\n"),
		"two windows":          line(`alice@corp.example NS,valid-before="20260101Z" KEY` + "\n" + `alice@corp.example NS,valid-after="20260201Z" KEY` + "\n"),
		"authority of two":     line("alice@corp.example cert-authority,NS KEY\nbob@corp.example cert-authority,NS KEY\n"),
		"two people, two keys": line("alice@corp.example NS KEY\n") + "bob@corp.example " + rosterNS + " " + b + "\n",
		"two keys of one":      line("alice@corp.example NS KEY\n") + "alice@corp.example " + rosterNS + " " + b + "\n",
		"leap day":             line(`alice@corp.example NS,valid-after="20280229Z" KEY` + "\n"),
	} {
		r, err := ParseRosterFile([]byte(good))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(r.Format()) != good || r.LineCount() != int64(strings.Count(good, "\n")) {
			t.Errorf("%s: %d lines, written again as\n%s", name, r.LineCount(), r.Format())
		}
		if err := r.CheckSuccessor(r); err != nil {
			t.Errorf("%s: does not follow itself: %v", name, err)
		}
	}
	for name, bad := range map[string]string{
		"no last LF":              line("alice@corp.example NS KEY"),
		"CRLF":                    line("alice@corp.example NS KEY\r\n"),
		"CR in a comment":         "# hello\r\n",
		"blank before":            line(" alice@corp.example NS KEY\n"),
		"blank after":             line("alice@corp.example NS KEY \n"),
		"tab":                     line("alice@corp.example\tNS KEY\n"),
		"two blanks":              line("alice@corp.example  NS KEY\n"),
		"wildcard":                line("*@corp.example NS KEY\n"),
		"question mark":           line("alic?@corp.example NS KEY\n"),
		"negation":                line("!alice@corp.example NS KEY\n"),
		"two principals":          line("alice@corp.example,bob@corp.example NS KEY\n"),
		"quoted principal":        line("\"alice@corp.example\" NS KEY\n"),
		"upper case":              line("Alice@corp.example NS KEY\n"),
		"no options":              line("alice@corp.example KEY\n"),
		"no namespaces":           line(`alice@corp.example valid-after="20260101Z" KEY` + "\n"),
		"empty namespaces":        line(`alice@corp.example namespaces="" KEY` + "\n"),
		"empty namespace":         line(`alice@corp.example namespaces="a,,b" KEY` + "\n"),
		"namespace pattern":       line(`alice@corp.example namespaces="*" KEY` + "\n"),
		"negated namespace":       line(`alice@corp.example namespaces="!review.v1@tickmark" KEY` + "\n"),
		"unknown option":          line(`alice@corp.example NS,no-touch-required KEY` + "\n"),
		"options in other order":  line(`alice@corp.example NS,valid-before="20270101Z",valid-after="20260101Z" KEY` + "\n"),
		"option twice":            line(`alice@corp.example NS,valid-after="20260101Z",valid-after="20260102Z" KEY` + "\n"),
		"option in upper case":    line(`alice@corp.example NS,VALID-AFTER="20260101Z" KEY` + "\n"),
		"local time":              line(`alice@corp.example NS,valid-after="20260101" KEY` + "\n"),
		"no real day":             line(`alice@corp.example NS,valid-after="20260230Z" KEY` + "\n"),
		"minutes only":            line(`alice@corp.example NS,valid-after="202601011200Z" KEY` + "\n"),
		"before the epoch":        line(`alice@corp.example NS,valid-after="19690101Z" KEY` + "\n"),
		"empty window":            line(`alice@corp.example NS,valid-after="20260101Z",valid-before="20260101Z" KEY` + "\n"),
		"window backwards":        line(`alice@corp.example NS,valid-after="20270101Z",valid-before="20260101Z" KEY` + "\n"),
		"not the type of the key": strings.Replace(line("alice@corp.example NS KEY\n"), "ssh-ed25519", "ssh-rsa", 1),
		"key cut":                 line("alice@corp.example NS KEY\n")[:80] + "\n",
		"key not base64":          strings.Replace(line("alice@corp.example NS KEY\n"), "AAAA", "AA*A", 1),
		"one key, two people":     line("alice@corp.example NS KEY\nbob@corp.example NS KEY\n"),
		"weak key":                "alice@corp.example " + rosterNS + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(weakKey))) + "\n",
		"not UTF-8 key type":      line("alice@corp.example NS \xff KEY\n"),
	} {
		if _, err := ParseRosterFile([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantCode(t, err, CodeKey)
		}
	}
}

// TestRosterWindows holds the bounds against stock ssh-keygen, one second inside and outside of both.
func TestRosterWindows(t *testing.T) {
	line := RosterLine{
		Principal: "alice@corp.example", Namespaces: []string{NamespaceReview}, Key: testSigner("a").PublicKey(),
		ValidAfter: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidBefore: time.Date(2026, 6, 30, 12, 30, 15, 0, time.UTC),
	}
	text := []byte(FormatRosterLine(line) + "\n")
	r, err := ParseRosterFile(text)
	if err != nil {
		t.Fatal(err)
	}
	sig := sshSealer{signer: testSigner("a")}.seal(NamespaceReview, []byte("x"))
	dir := t.TempDir()
	signers, sigFile := filepath.Join(dir, "allowed_signers"), filepath.Join(dir, "sig")
	for name, b := range map[string][]byte{signers: text, sigFile: sig} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, lookErr := exec.LookPath("ssh-keygen")
	for at, want := range map[time.Time]bool{
		line.ValidAfter.Add(-time.Second): false, line.ValidAfter: true, line.ValidAfter.Add(time.Second): true,
		line.ValidBefore.Add(-time.Second): true, line.ValidBefore: true, line.ValidBefore.Add(time.Second): false,
	} {
		_, err := r.Allow("alice@corp.example", line.Key, NamespaceReview, at)
		if (err == nil) != want {
			t.Errorf("at %s: %v", at, err)
		}
		if lookErr != nil {
			continue
		}
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", signers, "-I", "alice@corp.example", "-n", NamespaceReview,
			"-s", sigFile, "-Overify-time="+at.Format("20060102150405Z"))
		cmd.Stdin = strings.NewReader("x")
		if out, err := cmd.CombinedOutput(); (err == nil) != want {
			t.Errorf("ssh-keygen at %s: %v %s", at, err, out)
		}
	}
	if lookErr != nil {
		t.Skip("ssh-keygen is not installed, so the bounds were not held against it")
	}
}

func TestRosterSuccession(t *testing.T) {
	base := "alice@corp.example " + rosterNS + ` ` + keyText("a") + "\n" +
		"bob@corp.example " + rosterNS + `,valid-before="20270101Z" ` + keyText("b") + "\n"
	for name, c := range map[string]struct {
		next string
		ok   bool
	}{
		"the same":           {base, true},
		"reordered":          {strings.Join(reverse(strings.SplitAfter(base, "\n")), ""), true},
		"a comment":          {"# hello\n" + base, true},
		"a line more":        {base + "carol@corp.example " + rosterNS + " " + keyText("c") + "\n", true},
		"an end added":       {strings.Replace(base, rosterNS+" ", rosterNS+`,valid-before="20280101Z" `, 1), true},
		"an end lowered":     {strings.Replace(base, "20270101Z", "20260601Z", 1), true},
		"an end raised":      {strings.Replace(base, "20270101Z", "20270102Z", 1), false},
		"an end removed":     {strings.Replace(base, `,valid-before="20270101Z"`, "", 1), false},
		"a line less":        {strings.SplitAfter(base, "\n")[0], false},
		"another namespace":  {strings.Replace(base, "review.v1", "manage.v1", 1), false},
		"another beginning":  {strings.Replace(base, rosterNS+" ", rosterNS+`,valid-after="20260101Z" `, 1), false},
		"another comment":    {strings.Replace(base, keyText("a"), keyText("a")+" hello", 1), false},
		"an authority now":   {strings.Replace(base, rosterNS, "cert-authority,"+rosterNS, 1), false},
		"closed, new window": {strings.Replace(base, "20270101Z", "20260601Z", 1) + "bob@corp.example " + rosterNS + `,valid-after="20261001Z" ` + keyText("b") + "\n", true},
		"two for one":        {base + "bob@corp.example " + rosterNS + " " + keyText("b") + "\n", true},
	} {
		was, err := ParseRosterFile([]byte(base))
		if err != nil {
			t.Fatal(err)
		}
		next, err := ParseRosterFile([]byte(c.next))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = was.CheckSuccessor(next)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			wantCode(t, err, CodeRoster)
		}
	}
}

func reverse(s []string) []string {
	out := make([]string, 0, len(s))
	for i := len(s) - 1; i >= 0; i-- {
		out = append(out, s[i])
	}
	return out
}

func TestRosterClose(t *testing.T) {
	start := "alice@corp.example " + rosterNS + `,valid-after="20260101Z" ` + keyText("a") + "\n" +
		"alice@corp.example " + rosterNS + `,valid-before="20260201Z" ` + keyText("a") + "\n# end\n"
	r, err := ParseRosterFile([]byte(start))
	if err != nil {
		t.Fatal(err)
	}
	print := ssh.FingerprintSHA256(testSigner("a").PublicKey())
	closed, n, err := r.Close(print, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if want := strings.Replace(start, `"20260101Z"`, `"20260101Z",valid-before="20260301Z"`, 1); string(closed.Format()) != want {
		t.Errorf("closed:\n%s\nwant\n%s", closed.Format(), want)
	}
	if err := r.CheckSuccessor(closed); err != nil {
		t.Error(err)
	}
	early, _, err := r.Close(print, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || !early.Lines[0].ValidBefore.Equal(time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)) {
		t.Errorf("closed before it began: %v, %v", early.Lines[0].ValidBefore, err)
	}
	if _, n, err := r.Close("SHA256:nobody", time.Now()); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestRosterNoDates(t *testing.T) {
	r, err := ParseRosterFile(readVector(t, "log/allowed_signers"))
	if err != nil {
		t.Fatal(err)
	}
	bare := string(r.FormatNoDates())
	if strings.Contains(bare, "valid-") || strings.Count(bare, "\n") != 3 || !strings.HasPrefix(bare, `alice@corp.example namespaces="review.v1@tickmark" ssh-ed25519 `) {
		t.Errorf("without dates:\n%s", bare)
	}
}

func TestRosterLookups(t *testing.T) {
	r, err := ParseRosterFile(readVector(t, "log/allowed_signers"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := r.LinesOf("carol@corp.example"); len(lines) != 1 || !lines[0].Allows(NamespaceRoster) || lines[0].Allows(NamespaceReview) {
		t.Errorf("lines %v", lines)
	}
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	bob := r.LinesOf("bob@corp.example")[0]
	if _, err := r.AllowFingerprint("bob@corp.example", bob.Fingerprint(), NamespaceReview, at); err != nil {
		t.Error(err)
	}
	for _, c := range [][2]string{{"alice@corp.example", bob.Fingerprint()}, {"nobody@corp.example", bob.Fingerprint()}, {"bob@corp.example", "SHA256:x"}} {
		_, err := r.AllowFingerprint(c[0], c[1], NamespaceReview, at)
		wantCode(t, err, CodeRoster)
	}
}

func TestRevocationFile(t *testing.T) {
	list := []Revocation{
		{Key: ssh.FingerprintSHA256(testSigner("a").PublicKey()), Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Why: "laptop stolen\nin a train"},
		{Key: ssh.FingerprintSHA256(testSigner("b").PublicKey()), Since: time.Date(2026, 2, 2, 3, 4, 5, 0, time.UTC)},
	}
	text, err := FormatRevocations(list)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseRevocations(text)
	if err != nil || len(got) != 2 || got[0] != list[0] || got[1] != list[1] {
		t.Errorf("%v, %v", got, err)
	}
	if empty, err := ParseRevocations(nil); err != nil || len(empty) != 0 {
		t.Error(empty, err)
	}
	for _, bad := range []string{"\n", "# comment\n", string(text[:len(text)-1]), strings.Replace(string(text), "SHA256", "sha256", 1), strings.Replace(string(text), "Z ", "Z  ", 1), strings.Replace(string(text), "2026-01-02T", "2026-01-02 ", 1), strings.Replace(string(text), " -\n", "\n", 1)} {
		_, err := ParseRevocations([]byte(bad))
		wantCode(t, err, CodeKey)
	}
}

func FuzzRoster(f *testing.F) {
	f.Add(readVector(f, "log/allowed_signers"))
	f.Add([]byte("# hello\n\nalice@corp.example cert-authority," + rosterNS + `,valid-after="20260101120000Z" ` + keyText("a") + " comment\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseRosterFile(text)
		if err != nil {
			wantCode(t, err, CodeKey)
			return
		}
		if !bytes.Equal(r.Format(), text) {
			t.Fatalf("accepted %q, written again as %q", text, r.Format())
		}
		for i, l := range r.Lines {
			again, err := ParseRosterLine(FormatRosterLine(l))
			if err != nil || FormatRosterLine(again) != FormatRosterLine(l) {
				t.Fatalf("line %d: %v", i, err)
			}
			if strings.ContainsAny(l.Principal, "*?!,\"") || strings.ContainsAny(strings.Join(l.Namespaces, ""), "*?!,\"") {
				t.Fatalf("a pattern: %q %q", l.Principal, l.Namespaces)
			}
		}
		if err := r.CheckSuccessor(r); err != nil {
			t.Fatal(err)
		}
		if _, err := ParseRosterFile(r.FormatNoDates()); err != nil {
			t.Fatalf("without dates: %v", err)
		}
	})
}
