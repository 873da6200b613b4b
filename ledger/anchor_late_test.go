package ledger

import (
	"bytes"
	"crypto/rand"
	"math/big"
	"testing"
	"time"
)

// A head is proven some time after it came to be. People who signed in between, having seen that head but not its proof,
// told the right time; whoever signs after having seen the proof and claims to be older did not.
func TestSignedBetweenHeadAndProof(t *testing.T) {
	skey, vkey, err := GenerateWitnessKey("witness.example/w1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	logKey, logVKey, err := GenerateNoteKey(forgeLog, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Witnesses: []string{vkey}, VKey: logVKey}
	for _, c := range []struct {
		name  string
		after time.Duration // of the statement that saw the proof
		codes []Code
	}{
		{"the signer's clock is right", time.Hour, nil},
		{"the signer claims to be older than the proof they saw", -time.Hour, []Code{CodeTime}},
	} {
		f := newForge(t)
		f.standardRoster()
		f.importRows("erp", names(3))
		head := Checkpoint{f.log, f.r.Head()}
		f.now = f.now.Add(time.Minute)
		f.importRows("crm", names(2)) // has seen the head, not its proof
		proven := f.now.Add(time.Hour)
		note, err := SignCheckpoint(head, logKey)
		f.must(err)
		note, err = Cosign(note, skey, proven)
		f.must(err)
		f.w.files[Sum(note)] = note
		f.append(&Anchor{Log: f.log, Size: head.Size, Root: head.Root, Type: AnchorWitness, Holder: "the witness", TokenSHA256: Sum(note), TokenTime: proven})
		f.now = proven.Add(c.after)
		f.importRows("hr", names(2))
		t.Run(c.name, func(t *testing.T) {
			r := f.verify(o)
			wantOnly(t, r, c.codes...)
			if r.Proven != head.Size {
				t.Errorf("proven %d, not %d", r.Proven, head.Size)
			}
		})
	}
}

func TestCosignatureAlone(t *testing.T) {
	log, _ := readLog(t)
	signed := readVector(t, "log/checkpoint-13")
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	var keys [2]string
	both := signed
	for i := range keys {
		skey, vkey, err := GenerateWitnessKey("witness.example/w1", rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := WitnessKey(skey); err != nil || got != vkey {
			t.Fatal(got, err)
		}
		if got, name, err := ParseWitnessKey([]byte(vkey + "\n")); err != nil || got != vkey || name != "witness.example/w1" {
			t.Fatal(got, name, err)
		}
		if both, err = Cosign(both, skey, at); err != nil {
			t.Fatal(err)
		}
		keys[i] = vkey
	}
	for i, key := range keys {
		if HasCosignature(signed, key) || !HasCosignature(both, key) {
			t.Errorf("witness %d is not told apart", i)
		}
		one, err := Cosignature(both, log.VKey, key)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(one, signed) || len(signatureLines(one)) != 2 || HasCosignature(one, keys[1-i]) {
			t.Errorf("not the log's line and one more:\n%s", one)
		}
		if _, when, err := VerifyCosignature(one, key); err != nil || !when.Equal(at) {
			t.Error(when, err)
		}
		if _, err := VerifyCheckpoint(one, log.VKey); err != nil {
			t.Error(err)
		}
	}
	_, err := Cosignature(both, keys[0], keys[1])
	wantCode(t, err, CodeCheckpoint)
	for _, bad := range []string{"", "x", log.VKey, keys[0] + "\n\n"} {
		_, _, err := ParseWitnessKey([]byte(bad))
		wantCode(t, err, CodeCheckpoint)
	}
	_, err = WitnessKey(keys[0])
	wantCode(t, err, CodeCheckpoint)
}

func TestTimestampSaysWhatItIsOf(t *testing.T) {
	head := vectorHead(t, 13)
	a := newAuthority(t, "-newkey rsa:2048", "tsa", "sha256", "sha256")
	stamp, err := ParseTimestamp(a.stamp(t, head))
	if err != nil {
		t.Fatal(err)
	}
	if stamp.Authority != "CN=tsa" || time.Since(stamp.Time).Abs() > time.Hour {
		t.Errorf("%q at %v", stamp.Authority, stamp.Time)
	}
	if !stamp.Stamps(head) || stamp.Stamps(vectorHead(t, 12)) {
		t.Error("the head is not told from another")
	}
	request, err := TimestampRequest(head, big.NewInt(7))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ParseTimestamp(request)
	wantCode(t, err, CodeAnchor)
}
