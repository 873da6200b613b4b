package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
)

// TestProofsOfAllSizes proves every entry and every earlier head of trees of all small sizes.
func TestProofsOfAllSizes(t *testing.T) {
	var nodes Nodes
	var tree Tree
	var leaves []Hash
	var heads []Head
	for size := int64(0); size <= 40; size++ {
		if root, ok := nodes.RootAt(size); !ok || root != tree.Root() || root != Root(leaves) || nodes.Head() != tree.Head() {
			t.Fatalf("roots of size %d differ", size)
		}
		heads = append(heads, tree.Head())
		for old := int64(1); old <= size; old++ {
			proof, err := nodes.ProveConsistency(old, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckConsistency(proof, heads[old], heads[size]); err != nil {
				t.Error(err)
			}
			if len(proof) > 0 {
				proof[len(proof)/2][0] ^= 1
				wantCode(t, CheckConsistency(proof, heads[old], heads[size]), CodeCheckpoint)
			}
		}
		for i := range size {
			proof, err := nodes.ProveInclusion(i, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckInclusion(proof, heads[size], i, leaves[i]); err != nil {
				t.Error(err)
			}
			wantCode(t, CheckInclusion(append(proof, Hash{}), heads[size], i, leaves[i]), CodeCheckpoint)
		}
		leaf := LeafHash([]byte{byte(size)})
		nodes.Append(leaf)
		tree.Append(leaf)
		leaves = append(leaves, leaf)
	}
	for _, c := range [][2]int64{{-1, 3}, {3, 3}, {0, 99}, {0, 0}} {
		if _, err := nodes.ProveInclusion(c[0], c[1]); err == nil {
			t.Errorf("entry %d of %d is proved", c[0], c[1])
		}
		wantCode(t, CheckInclusion(nil, Head{Size: min(c[1], 0)}, c[0], Hash{}), CodeCheckpoint)
	}
	for _, c := range [][2]int64{{0, 3}, {4, 3}, {1, 99}} {
		if _, err := nodes.ProveConsistency(c[0], c[1]); err == nil {
			t.Errorf("size %d of %d is proved", c[0], c[1])
		}
		wantCode(t, CheckConsistency(nil, Head{Size: c[0]}, Head{Size: min(c[1], 3)}), CodeCheckpoint)
	}
}

func TestLeafHashOfAnyLength(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 3000)
	for _, n := range []int{0, 1, 1022, 1023, 1024, 1025, 3000} {
		if got, want := LeafHash(long[:n]), Sum(append([]byte{0}, long[:n]...)); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

func TestProofFiles(t *testing.T) {
	checkpoint := readVector(t, "log/checkpoint")
	good := Proof{Index: 7, Hashes: []Hash{Sum(nil), Sum([]byte("x"))}, Extra: []byte("extra data"), Checkpoint: checkpoint}
	text := FormatProof(good)
	got, err := ParseProof(text)
	if err != nil || got.Index != 7 || len(got.Hashes) != 2 || string(got.Extra) != "extra data" || !bytes.Equal(got.Checkpoint, checkpoint) {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"empty":           "",
		"another version": strings.Replace(string(text), "@v1", "@v2", 1),
		"no head":         strings.Split(string(text), "\n\n")[0] + "\n",
		"no index":        strings.Replace(string(text), "index 7\n", "", 1),
		"index 07":        strings.Replace(string(text), "index 7", "index 07", 1),
		"extra twice":     strings.Replace(string(text), "extra", "extra AAAA\nextra", 1),
		"extra empty":     strings.Replace(string(FormatProof(Proof{Checkpoint: checkpoint})), "index", "extra \nindex", 1),
		"only extra":      proofHeader + "extra AAAA\n\n",
		"a line more":     strings.Replace(string(text), "index 7\n", "index 7\nhello\n", 1),
		"CRLF":            strings.ReplaceAll(string(text), "\n", "\r\n"),
		"too many":        string(FormatProof(Proof{Hashes: make([]Hash, 64), Checkpoint: checkpoint})),
	} {
		_, err := ParseProof([]byte(bad))
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		wantCode(t, err, CodeCheckpoint)
	}
	log, _ := readLog(t)
	whole := readVector(t, "log/proofs/000007.tlog-proof")
	leaf := LeafHash(readVector(t, "log/entries/000007.txt"))
	for i := range len(whole) * 8 {
		bad := bytes.Clone(whole)
		bad[i/8] ^= 1 << (i % 8)
		if _, _, err := VerifyProof(bad, leaf, log.VKey); err == nil {
			t.Errorf("bit %d flipped and accepted", i)
		}
	}
}

func TestHashLists(t *testing.T) {
	list := []Hash{Sum(nil), Sum([]byte("x"))}
	text := FormatHashes(list)
	got, err := ParseHashes(text)
	if err != nil || len(got) != 2 || got[0] != list[0] || got[1] != list[1] {
		t.Fatal(got, err)
	}
	if got, err := ParseHashes(nil); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	for _, bad := range []string{"x", string(text[:len(text)-1]), string(text) + "\n", strings.Replace(string(text), "=\n", "==", 1), strings.ReplaceAll(string(text), "\n", " ")} {
		_, err := ParseHashes([]byte(bad))
		wantCode(t, err, CodeFormat)
	}
}

func TestHashesInJSON(t *testing.T) {
	type doc struct{ A, B Hash }
	b, err := json.Marshal(doc{A: Sum(nil)})
	if err != nil || string(b) != `{"A":"`+Sum(nil).String()+`","B":""}` {
		t.Fatal(string(b), err)
	}
	var got doc
	if err := json.Unmarshal(b, &got); err != nil || got != (doc{A: Sum(nil)}) {
		t.Error(got, err)
	}
	if json.Unmarshal([]byte(`{"A":"sha256:x"}`), &got) == nil {
		t.Error("a hash that is none is read")
	}
}

func TestNoteKeys(t *testing.T) {
	skey, vkey, err := GenerateNoteKey(forgeLog, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := VerifierKey(skey); err != nil || got != vkey {
		t.Errorf("public half %q, %v", got, err)
	}
	if _, err := VerifierKey(vkey); err == nil {
		t.Error("a public key has a public half")
	}
	if got, err := ParseVerifierKey([]byte(vkey + "\n")); err != nil || got != vkey {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"", vkey + "\n\n", strings.ToUpper(vkey), vkey[:len(vkey)-4], skey} {
		if _, err := ParseVerifierKey([]byte(bad)); err == nil {
			t.Errorf("%q is a public key", bad)
		}
	}
	if _, _, err := GenerateNoteKey("Not A Log", rand.Reader); err == nil {
		t.Error("a key for a name that no ledger has")
	}
	head := Checkpoint{forgeLog, Head{3, Sum(nil)}}
	signed, err := SignCheckpoint(head, skey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyCheckpoint(signed, vkey); err != nil || got != head {
		t.Error(got, err)
	}
	other := head
	other.Origin = "some/other/ledger"
	if _, err := SignCheckpoint(other, skey); err == nil {
		t.Error("a head of another ledger is signed")
	}
	if _, err := SignCheckpoint(head, "junk"); err == nil {
		t.Error("junk signs")
	}
	otherKey, otherVKey, err := GenerateNoteKey(forgeLog, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = VerifyCheckpoint(signed, otherVKey)
	wantCode(t, err, CodeCheckpoint)
	_, err = VerifyCheckpoint(signed, "junk")
	wantCode(t, err, CodeCheckpoint)
	twice, err := SignCheckpoint(head, otherKey)
	if err != nil {
		t.Fatal(err)
	}
	both := append(bytes.Clone(signed), twice[bytes.LastIndex(twice, []byte("\n\n"))+2:]...)
	if got, err := VerifyCheckpoint(both, vkey); err != nil || got != head {
		t.Errorf("with a line of somebody else: %v", err)
	}
	doubled := append(bytes.Clone(signed), signed[bytes.LastIndex(signed, []byte("\n\n"))+2:]...)
	_, err = VerifyCheckpoint(doubled, vkey)
	wantCode(t, err, CodeCheckpoint)
	for _, bad := range []string{"", "a\n", "log\n03\n", forgeLog + "\n3\n" + Sum(nil).Base64() + "\nextension\n", forgeLog + "\n-3\n" + Sum(nil).Base64() + "\n", "X y\n3\n" + Sum(nil).Base64() + "\n"} {
		_, err := ParseCheckpoint([]byte(bad))
		wantCode(t, err, CodeCheckpoint)
	}
}

// TestHeadsThatComeWithTheData is step 20 of ledger.md 6 with heads that are wrong in one way each.
func TestHeadsThatComeWithTheData(t *testing.T) {
	f := started(t, "any")
	skey, vkey, err := GenerateNoteKey(forgeLog, rand.Reader)
	f.must(err)
	_, otherKey, err := GenerateNoteKey(forgeLog, rand.Reader)
	f.must(err)
	sign := func(h Head) []byte {
		signed, err := SignCheckpoint(Checkpoint{forgeLog, h}, skey)
		f.must(err)
		return signed
	}
	head := f.r.Head()
	bent := head
	bent.Root[0] ^= 1
	earlier, _ := f.r.Nodes().RootAt(2)
	for name, c := range map[string]struct {
		note  []byte
		vkey  string
		o     Options
		codes []Code
	}{
		"good":                {sign(head), vkey, Options{}, nil},
		"good, own key":       {sign(head), vkey, Options{VKey: vkey}, nil},
		"only own key":        {sign(head), "", Options{VKey: vkey}, nil},
		"no key":              {sign(head), "", Options{}, []Code{CodeCheckpoint}},
		"not the own key":     {sign(head), vkey, Options{VKey: otherKey}, []Code{CodeCheckpoint}},
		"another root":        {sign(bent), vkey, Options{}, []Code{CodeCheckpoint}},
		"an older head":       {sign(Head{2, earlier}), vkey, Options{}, []Code{CodeCheckpoint}},
		"junk":                {[]byte("junk"), vkey, Options{}, []Code{CodeCheckpoint}},
		"none":                {nil, vkey, Options{}, nil},
		"earlier head":        {nil, vkey, Options{Earlier: []Earlier{{Note: sign(Head{2, earlier})}}}, nil},
		"receipt":             {nil, "", Options{Earlier: []Earlier{{Head: Head{2, earlier}}}}, nil},
		"receipt of the end":  {nil, "", Options{Earlier: []Earlier{{Head: head}}}, nil},
		"receipt beyond":      {nil, "", Options{Earlier: []Earlier{{Head: Head{99, earlier}}}}, []Code{CodeRollback}},
		"receipt of another":  {nil, "", Options{Earlier: []Earlier{{Head: Head{3, earlier}}}}, []Code{CodeRewrite}},
		"head by another key": {nil, otherKey, Options{Earlier: []Earlier{{Note: sign(Head{2, earlier})}}}, []Code{CodeCheckpoint}},
	} {
		in := f.w.input()
		in.Checkpoint, in.VKey = c.note, c.vkey
		r := verifyInput(t, in, c.o)
		if len(r.Failures) > 0 && len(c.codes) == 0 {
			t.Errorf("%s:", name)
		}
		wantOnly(t, r, c.codes...)
		if want := c.o.VKey == vkey && c.note != nil || len(c.o.Earlier) > 0 && len(c.codes) == 0; r.HeadConfirmed != want {
			t.Errorf("%s: head confirmed %v", name, r.HeadConfirmed)
		}
	}
}
