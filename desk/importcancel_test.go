package desk

import (
	"context"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"tickmark/review"
)

// Who gives up the passphrase's question after a file was stored is told that it is, and how to sign it.
func TestAnImportWhoseSigningIsGivenUpSaysItIsStored(t *testing.T) {
	o := newOffice(t)
	file := o.desk.keyFile(t.Context(), alice)
	text, err := os.ReadFile(file)
	o.must(err)
	key, err := ssh.ParseRawPrivateKey(text)
	o.must(err)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("secret"))
	o.must(err)
	o.must(os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	ctx, giveUp := context.WithCancel(t.Context())
	o.desk.o.Passphrase = func(ctx context.Context, _ string) ([]byte, error) {
		giveUp()
		return nil, ctx.Err()
	}
	rep, err := o.desk.ImportFile(ctx, o.file("erp.csv", exportQ4), review.ImportOptions{Source: "erp"}, nil)
	var e *review.Error
	if !errors.As(err, &e) || e.Kind != review.KindCancelled || rep.ID != 1 || !strings.HasSuffix(e.Hint, "Import 1 is stored all the same; sign it with `tickmark sign --import 1`") {
		t.Fatalf("import %d: %v, %+v", rep.ID, err, e)
	}
	o.desk.o.Passphrase = func(context.Context, string) ([]byte, error) { return []byte("secret"), nil }
	_, err = o.desk.SignImport(t.Context(), 1)
	o.must(err)
}
