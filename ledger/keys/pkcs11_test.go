package keys

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// softToken gives the PKCS#11 module of SoftHSM, a token in software.
func softToken(t *testing.T) string {
	t.Helper()
	for _, p := range []string{
		os.Getenv("TICKMARK_SOFTHSM"), "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
	} {
		if p == "" {
			continue
		}
		if real, err := filepath.EvalSymlinks(p); err == nil {
			return real // the agent's list of allowed modules wants the real path
		}
	}
	t.Skip("libsofthsm2.so is not installed (Debian packages softhsm2 and opensc); TICKMARK_SOFTHSM may name it")
	return ""
}

// tokenAgent gives an agent with keys that never leave a PKCS#11 token.
func tokenAgent(t *testing.T) (*Agent, []AgentKey) {
	t.Helper()
	module := softToken(t)
	need(t, "softhsm2-util", "pkcs11-tool", "ssh-agent", "ssh-add", "ssh-keygen")
	dir := t.TempDir()
	conf, asker := filepath.Join(dir, "softhsm2.conf"), filepath.Join(dir, "askpass")
	for name, text := range map[string]string{
		conf:  fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\n", dir),
		asker: "#!/bin/sh\necho 1234\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	run(t, nil, nil, "softhsm2-util", "--module", module, "--init-token", "--free", "--label", "test", "--pin", "1234", "--so-pin", "1234")
	for i, kind := range []string{"EC:prime256v1", "rsa:3072"} {
		run(t, nil, nil, "pkcs11-tool", "--module", module, "--login", "--pin", "1234", "--keypairgen", "--key-type", kind,
			"--id", fmt.Sprintf("%02d", i+1), "--label", kind)
	}
	a, env := startAgent(t, "-P", module)
	run(t, append(env, "SSH_ASKPASS="+asker, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"), nil, "ssh-add", "-s", module)
	held, err := a.List(context.Background())
	if err != nil || len(held) != 2 {
		t.Fatalf("%d keys, %v", len(held), err)
	}
	return a, held
}
