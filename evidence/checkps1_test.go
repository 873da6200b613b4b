package evidence

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCheckPs1 holds the script for Windows against what can be known of it without running it: it says what check.sh
// says, and keeps to what Windows PowerShell 5.1 understands.
func TestCheckPs1(t *testing.T) {
	ps1, sh := string(checkPs1), string(checkSh)
	for i := range len(ps1) {
		if c := ps1[i]; c >= 0x80 || c == '\t' || c == '\r' {
			t.Fatalf("byte %#x at %d: without a mark at its beginning 5.1 reads a script in the code page of the machine", c, i)
		}
	}
	// Every failure of check.sh but one of its own making (its time goes to the shell unquoted) is a failure here.
	failures := regexp.MustCompile(`fail "([^"$]+?):? ?(?:"|\$)`).FindAllStringSubmatch(sh, -1)
	if len(failures) < 10 {
		t.Errorf("check.sh has only %d failures that can be found", len(failures))
	}
	for _, m := range failures {
		if m[1] != "the time of" && !strings.Contains(ps1, `Fail "`+m[1]) {
			t.Errorf("check.ps1 does not fail with %q", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^# [0-9]\. .*$`).FindAllString(sh, -1) {
		if !strings.Contains(ps1, m) {
			t.Errorf("check.ps1 has no step %q", m)
		}
	}
	for _, words := range []string{"-Overify-time=", "export.v1@tickmark", "records-sha256: sha256:", "CHECK FAILED", "exit 1", "exit 2", "*.nodates", "There is no file", "Run this in the folder that holds MANIFEST.sha256"} {
		if !strings.Contains(ps1, words) {
			t.Errorf("check.ps1 lacks %q", words)
		}
	}
	// Strings and comments say what they like; the rest may not use what came after 5.1, nor a pipe or a redirection of
	// PowerShell's own, which recode what ssh-keygen must read byte for byte.
	bare := regexp.MustCompile(`"(?:""|[^"])*"|'[^']*'|#[^\n]*`).ReplaceAllString(ps1, "S")
	for what, pattern := range map[string]string{"a ternary": `\?[^\n]*:[^:]`, "?? or ?.": `\?[?.\[]`, "&& or ||": `&&|\|\|`, "parallel": `-Parallel`,
		"a clean block": `(?i)\bclean\s*\{`, "recoding": `(?i)Get-Content|Out-File|Set-Content|-Encoding|-AsByteStream`, "a redirection": `[<>]`, "an alias": `(?i)\b(cat|ls|gc|foreach-object|%)\s`} {
		if m := regexp.MustCompile(pattern).FindString(bare); m != "" {
			t.Errorf("check.ps1 uses %s: %q", what, m)
		}
	}
	if n := strings.Count(ps1, "ssh-keygen -Y"); n != 1 || !strings.Contains(ps1, `cmd /c "ssh-keygen -Y verify`) {
		t.Error("ssh-keygen is to be started in one place, by cmd")
	}
	for _, pair := range []string{"{}", "()", "[]"} {
		if strings.Count(bare, pair[:1]) != strings.Count(bare, pair[1:]) {
			t.Errorf("%s do not match", pair)
		}
	}
}

// A manifest that names a file twice, or one outside the folder, would make room for a file that nobody listed.
func TestCheckShCountsNames(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	for name, line := range map[string]func(first string) string{
		"twice":   func(first string) string { return first },
		"outside": func(first string) string { return first[:66] + "../pack/" + first[66:] },
	} {
		dir := mustWrite(t, f, f.options(), "pack", f.signer())
		manifest := string(mustRead(t, filepath.Join(dir, fileManifest)))
		first, _, _ := strings.Cut(manifest, "\n")
		mustPut(t, filepath.Join(dir, fileManifest), []byte(manifest+line(first)+"\n"))
		mustPut(t, filepath.Join(dir, "extra.txt"), []byte("x"))
		want := map[string]string{"twice": "a file is missing, or is not in the manifest", "outside": "outside this folder"}[name]
		if out, ok := check(t, dir); ok || !strings.Contains(out, want) {
			t.Errorf("%s: %s", name, out)
		}
	}
}
