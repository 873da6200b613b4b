package ledger

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

// everyText gives one canonical text of every kind, from the vectors.
func everyText(t testing.TB) map[Kind][]byte {
	texts := make(map[Kind][]byte)
	var cases []struct {
		Input []byte `json:"input_b64"`
		OK    bool
		Kind  Kind
	}
	readJSON(t, "text.json", &cases)
	for _, c := range cases {
		if c.OK {
			texts[c.Kind] = c.Input
		}
	}
	for _, v := range []any{
		Sample{Seed: "a seed", Root: Sum(nil), Item: Sum([]byte("x"))},
		Pack{
			Log: forgeLog, Size: 3, Root: Sum(nil), View: "full", WindowStart: "2026-01-01", WindowEnd: "2026-03-31", AsOf: "2026-04-01",
			Campaigns: []string{"a", "b"}, Disclosure: "full", Exporter: manager, Key: "SHA256:" + strings.Repeat("A", 43), Tool: "tickmark 1",
		},
	} {
		text, err := Format(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[KindOf(text)] = text
	}
	return texts
}

func TestEveryKindRoundTrips(t *testing.T) {
	texts := everyText(t)
	if len(texts) != len(plans) {
		t.Errorf("%d kinds of %d have a text", len(texts), len(plans))
	}
	for kind, text := range texts {
		v, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, form := range []any{v, reflect.ValueOf(v).Elem().Interface()} {
			again, err := Format(form)
			if err != nil || !bytes.Equal(again, text) {
				t.Errorf("%s: %T is written as %s, %v", kind, form, again, err)
			}
		}
		if kind.IsSigned() != (SigOf(v) != nil) || kind.IsSigned() != plans[kind].signed {
			t.Errorf("%s: signed and not signed", kind)
		}
	}
}

// TestOneSpelling changes every line of every kind in ways that leave its sense, and wants each refused.
func TestOneSpelling(t *testing.T) {
	changes := map[string]func(name, value string) string{
		"blank before the value": func(n, v string) string { return n + ":  " + v },
		"blank after the value":  func(n, v string) string { return n + ": " + v + " " },
		"no blank":               func(n, v string) string { return n + ":" + v },
		"tab":                    func(n, v string) string { return n + ":\t" + v },
		"CR":                     func(n, v string) string { return n + ": " + v + "\r" },
		"upper-case name":        func(n, v string) string { return strings.ToUpper(n) + ": " + v },
		"empty value":            func(n, v string) string { return n + ": " },
		"NUL":                    func(n, v string) string { return n + ": " + v + "\x00" },
		"twice":                  func(n, v string) string { return n + ": " + v + "\n" + n + ": " + v },
		"zero before":            func(n, v string) string { return n + ": 0" + v },
		"plus":                   func(n, v string) string { return n + ": +" + v },
		"zero width space":       func(n, v string) string { return n + ": " + v + "\u200b" },
		"spelled-out hyphen":     func(n, v string) string { return n + ": " + strings.ReplaceAll(v, "-", `\u{2d}`) + `\u{2d}` },
	}
	free := map[string]bool{"zero before": true, "plus": true} // a text may well begin like this
	for kind, text := range everyText(t) {
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		for i, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ": ")
			for what, change := range changes {
				bad := append([]string{}, lines...)
				bad[i+1] = change(name, value)
				spelled := []byte(strings.Join(bad, "\n") + "\n")
				if v, err := Parse(spelled); err == nil {
					again, err := Format(v)
					if !free[what] || err != nil || !bytes.Equal(again, spelled) {
						t.Errorf("%s: %s with %s is accepted", kind, name, what)
					}
				}
			}
		}
		for i := range lines {
			less := append(append([]string{}, lines[:i]...), lines[i+1:]...)
			if _, err := Parse([]byte(strings.Join(less, "\n") + "\n")); err == nil {
				t.Errorf("%s: accepted without line %d", kind, i+1)
			}
		}
	}
}

// TestEveryBit flips every bit of a text of every kind: either it is refused, or it is written again exactly so.
func TestEveryBit(t *testing.T) {
	for kind, text := range everyText(t) {
		for i := range len(text) * 8 {
			changed := bytes.Clone(text)
			changed[i/8] ^= 1 << (i % 8)
			v, err := Parse(changed)
			if err != nil {
				wantCode(t, err, CodeFormat)
				continue
			}
			if again, err := Format(v); err != nil || !bytes.Equal(again, changed) {
				t.Fatalf("%s: bit %d: accepted, but written as\n%s\n%v", kind, i, again, err)
			}
		}
		for i := range text {
			if _, err := Parse(text[:i]); err == nil {
				t.Errorf("%s: accepted when cut to %d bytes", kind, i)
			}
		}
	}
}

func TestAbsentIsSpelledOnce(t *testing.T) {
	zero := Hash{}
	for _, c := range []struct {
		kind      Kind
		have, bad string
	}{
		{KindRoster, "previous: -", "previous: 0"},
		{KindRoster, "revoked-sha256: -", "revoked-sha256: " + zero.String()},
		{KindImport, "extracted: 2026", "extracted: 0001-01-01T00:00:00Z\nx: 2026"},
		{KindAnchor, "token-time: -", "token-time: 0001-01-01T00:00:00Z"},
	} {
		text := string(everyText(t)[c.kind])
		bad := strings.Replace(text, c.have, c.bad, 1)
		if bad == text {
			t.Fatalf("%s: no %q", c.kind, c.have)
		}
		_, err := Parse([]byte(bad))
		wantCode(t, err, CodeFormat)
	}
}

func TestFormatRefuses(t *testing.T) {
	good := Anchor{Log: forgeLog, Size: 1, Root: Sum(nil), Type: "receipt", Holder: "x"}
	if _, err := Format(good); err != nil {
		t.Fatal(err)
	}
	for what, bend := range map[string]func(*Anchor){
		"log in upper case": func(a *Anchor) { a.Log = "UPPER" },
		"negative number":   func(a *Anchor) { a.Size = -1 },
		"19 digits":         func(a *Anchor) { a.Size = maxNumber + 1 },
		"unknown word":      func(a *Anchor) { a.Type = "oath" },
		"no holder":         func(a *Anchor) { a.Holder = "" },
		"half a second":     func(a *Anchor) { a.TokenTime = time.Unix(1, 5e8) },
		"year 10000":        func(a *Anchor) { a.TokenTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"too long":          func(a *Anchor) { a.Holder = strings.Repeat("x", MaxText) },
	} {
		a := good
		bend(&a)
		_, err := Format(a)
		if err == nil {
			t.Errorf("%s is written", what)
			continue
		}
		wantCode(t, err, CodeFormat)
	}
	for _, v := range []any{nil, 3, "text", (*Anchor)(nil), Head{}} {
		if _, err := Format(v); err == nil {
			t.Errorf("%T is written", v)
		}
	}
}

func TestFastWritersWriteTheSame(t *testing.T) {
	texts := []string{"", "-", "plain", " blank ", "back\\slash", "tab\t", "e\u0301", "\xff\xfe", "\u202e", strings.Repeat("long", 300), strings.Repeat("x", MaxText)}
	words := []string{"", "-", "a", "A", "grant", "owner", "admin", "read", "erp-prd", forgeLog, manager, "named", strings.Repeat("0", 32)}
	numbers := []int64{-1, 0, 1, 4711, maxNumber, maxNumber + 1}
	pick := func(i int, list []string) string { return list[i%len(list)] }
	for i := range 4000 {
		n := numbers[i%len(numbers)]
		fit := func(shift int, good string) string { // mostly good, sometimes anything
			if (i>>shift)%5 != 0 {
				return good
			}
			return pick(i>>shift, words)
		}
		if i%3 != 0 {
			n = int64(i)
		}
		row := Row{
			Log: fit(1, forgeLog), Source: fit(2, "erp"), Row: n, Locator: pick(i, texts), Kind: fit(3, "account"),
			Account: pick(i/2, texts), Entitlement: pick(i/3, texts), Resource: pick(i/5, texts), Path: pick(i/7, texts), Grant: Sum([]byte{byte(i)}),
			Identity: pick(i/11, texts), Privilege: fit(4, "write"), RawSHA256: Sum([]byte{byte(i), 1}), Salt: fit(5, strings.Repeat("ab", 16)),
		}
		member := Member{Log: row.Log, Campaign: row.Source, Item: row.Grant, Grant: row.RawSHA256, Import: n, Row: int64(i), Salt: row.Salt}
		assignment := Assignment{Log: row.Log, Campaign: row.Source, Item: row.Grant, Reviewer: fit(3, manager), Basis: fit(4, "fallback"), Salt: row.Salt}
		for _, c := range []struct {
			v    any
			fast func([]byte) ([]byte, error)
		}{
			{&row, func(b []byte) ([]byte, error) { return AppendRow(b, &row) }},
			{&member, func(b []byte) ([]byte, error) { return AppendMember(b, &member) }},
			{&assignment, func(b []byte) ([]byte, error) { return AppendAssignment(b, &assignment) }},
		} {
			want, wantErr := Append([]byte("before"), c.v)
			got, gotErr := c.fast([]byte("before"))
			if (wantErr == nil) != (gotErr == nil) || wantErr == nil && !bytes.Equal(got, want) {
				t.Fatalf("%T %+v:\n%s %v\nwant\n%s %v", c.v, c.v, got, gotErr, want, wantErr)
			}
		}
	}
}

func TestSplitTexts(t *testing.T) {
	file := readVector(t, "log/documents/campaign-facts.txt")
	texts := SplitTexts(file)
	if len(texts) != 4 || !bytes.Equal(bytes.Join(texts, nil), file) {
		t.Errorf("%d texts", len(texts))
	}
	for _, text := range texts {
		if KindOf(text) != KindFacts {
			t.Errorf("kind %q", KindOf(text))
		}
	}
	if SplitTexts(nil) != nil {
		t.Error("texts in nothing")
	}
}

func TestLongID(t *testing.T) {
	for _, c := range []struct {
		raw  string
		long bool
	}{
		{strings.Repeat("x", LongLimit), false},
		{strings.Repeat("x", LongLimit+1), true},
		{strings.Repeat("\xff", LongLimit/6), false},
		{strings.Repeat("\xff", LongLimit/6+1), true},
		{strings.Repeat("\\", LongLimit/2), false},
		{strings.Repeat("\\", LongLimit/2+1), true},
		{strings.Repeat("é", LongLimit/2), false},
		{"", false},
	} {
		got := LongID(c.raw)
		if (got != c.raw) != c.long {
			t.Errorf("%d bytes %q...: long %v", len(c.raw), c.raw[:min(4, len(c.raw))], got != c.raw)
		}
		if c.long && got != "long-"+Sum([]byte(c.raw)).String() {
			t.Errorf("written as %q", got)
		}
		if LongID(got) != got {
			t.Error("not the same again")
		}
	}
	long := strings.Repeat("x", LongLimit+1)
	if GrantKey("grant", "erp", long, "", "", "") != GrantKey("grant", "erp", LongID(long), "", "", "") {
		t.Error("the grant key does not see the long form")
	}
}

func TestConditionalResource(t *testing.T) {
	if got := ConditionalResource("bucket", ""); got != "bucket" {
		t.Errorf("without condition: %q", got)
	}
	if got, want := ConditionalResource("bucket", "x"), "bucket if "+Sum([]byte("x")).String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTallies(t *testing.T) {
	for _, act := range []string{ActDecision, ActReassign, ActClosure, ActRemediation} {
		counts := make(map[string]int64)
		for i, w := range TallyWords(act) {
			counts[w] = int64(i * 7)
		}
		text := FormatTally(act, counts)
		got, err := ParseTally(act, text)
		if err != nil || !reflect.DeepEqual(got, counts) {
			t.Errorf("%s: %q read as %v, %v", act, text, got, err)
		}
		for _, bad := range []string{"", text + ",", text + " ", " " + text, text + ", more 1", strings.Replace(text, " 0", " 00", 1), strings.ToUpper(text)} {
			if _, err := ParseTally(act, bad); err == nil {
				t.Errorf("%s: %q is accepted", act, bad)
			}
		}
	}
	if _, err := ParseTally("dance", "x 1"); err == nil {
		t.Error("an unknown act has a tally")
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range everyText(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		if err != nil {
			wantCode(t, err, CodeFormat)
			return
		}
		again, err := Format(v)
		if err != nil || !bytes.Equal(again, text) {
			t.Fatalf("accepted %q, written again as %q, %v", text, again, err)
		}
	})
}

func FuzzEscape(f *testing.F) {
	var cases []struct {
		Raw  []byte `json:"raw_b64"`
		Text string
	}
	readJSON(f, "escape.json", &cases)
	for _, c := range cases {
		f.Add(string(c.Raw))
		f.Add(c.Text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := Escape(s)
		if raw, err := Unescape(text); err != nil || raw != s {
			t.Fatalf("%q escaped as %q, read back as %q, %v", s, text, raw, err)
		}
		for _, r := range text {
			if mustEscape(r) || r == '\n' {
				t.Fatalf("%q escaped as %q, which holds %U", s, text, r)
			}
		}
		if text == "" || text[0] == ' ' || text[len(text)-1] == ' ' {
			t.Fatalf("%q escaped as %q", s, text)
		}
		if raw, err := Unescape(s); err == nil && Escape(raw) != s {
			t.Fatalf("%q is read as %q, which is escaped as %q", s, raw, Escape(raw))
		}
	})
}

func BenchmarkAppendRow(b *testing.B) {
	row := Row{
		Log: forgeLog, Source: "erp-prd", Row: 4711, Locator: "line 4712", Kind: "grant", Account: "JDOE1", Entitlement: "FI_AP_POST",
		Grant: Sum(nil), Identity: "jane.doe1@corp.example", Privilege: "write", RawSHA256: Sum(nil), Salt: strings.Repeat("ab", 16),
	}
	buf := make([]byte, 0, 4096)
	var tree Tree
	var keyer GrantKeyer
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			buf, _ = AppendRow(buf[:0], &row)
		}
	})
	b.Run("key, text and leaf", func(b *testing.B) {
		for b.Loop() {
			row.Grant = keyer.Key(row.Kind, row.Source, row.Account, row.Entitlement, row.Resource, row.Path)
			buf, _ = AppendRow(buf[:0], &row)
			tree.Append(LeafHash(buf))
		}
	})
	b.Run("generic text", func(b *testing.B) {
		for b.Loop() {
			buf, _ = Append(buf[:0], &row)
		}
	})
}
