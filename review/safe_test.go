package review

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafe(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "AdministratorAccess (prod)", "AdministratorAccess (prod)"},
		{"empty", "", ""},
		{"clear screen", "a\x1b[2Jb", "a␛[2Jb"},
		{"colour and conceal", "\x1b[31mred\x1b[8m", "␛[31mred␛[8m"},
		{"reset", "\x1bc", "␛c"},
		{"title and clipboard", "\x1b]0;x\a\x1b]52;c;eA==\a", "␛]0;x␇␛]52;c;eA==␇"},
		{"hyperlink", "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\", "␛]8;;http://x␛\\y␛]8;;␛\\"},
		{"sixel", "\x1bPq#0\x1b\\", "␛Pq#0␛\\"},
		{"DECRQSS", "\x1bP$q\"p\x1b\\", "␛P$q\"p␛\\"},
		{"kitty graphics", "\x1b_Gf=24;AAAA\x1b\\", "␛_Gf=24;AAAA␛\\"},
		{"privacy message", "\x1b^x\x1b\\", "␛^x␛\\"},
		{"start of string", "\x1bXx\x1b\\", "␛Xx␛\\"},
		{"tmux passthrough", "\x1bPtmux;\x1b\x1b]0;x\a\x1b\\", "␛Ptmux;␛␛]0;x␇␛\\"},
		{"bell, backspace, return", "a\ab\bc\rd", "a␇b␈c␍d"},
		{"line break and tab", "a\nb\tc\r\n", "a␊b␉c␍␊"},
		{"shift out and in, NUL, DEL", "\x0e\x0f\x00\x7f", "␎␏␀␡"},
		{"raw 8-bit C1", "\x9b2J\x9d0;x\x9c", `\x9b2J\x9d0;x\x9c`},
		{"C1 as UTF-8", "\u009b2J\u009d0;x\u009c\u0085", "‹U+009B›2J‹U+009D›0;x‹U+009C›‹U+0085›"},
		{"bidi override", "abc\u202etxt.exe", "abc‹U+202E›txt.exe"},
		{"bidi isolates", "\u2066a\u2069\u061c\u200e\u200f", "‹U+2066›a‹U+2069›‹U+061C›‹U+200E›‹U+200F›"},
		{"zero width space", "ad\u200bmin", "ad‹U+200B›min"},
		{"joiner between Latin letters", "ad\u200dmin\u200c", "ad‹U+200D›min‹U+200C›"},
		{"word joiner, BOM, soft hyphen", "a\u2060b\ufeffc\u00add", "a‹U+2060›b‹U+FEFF›c‹U+00AD›d"},
		{"tags", "a\U000e0041\U000e007f", "a‹U+E0041›‹U+E007F›"},
		{"lone variation selectors", "a\ufe0f\ufe0fb\U000e0100", "a‹U+FE0F›‹U+FE0F›b‹U+E0100›"},
		{"variation selector first", "\ufe0f", "‹U+FE0F›"},
		{"variation selector on a sign", "⚠\ufe0f", "⚠\ufe0f"},
		{"two variation selectors on a sign", "⚠\ufe0f\ufe0f", "⚠\ufe0f‹U+FE0F›"},
		{"ideographic variant", "葛\U000e0100城", "葛\U000e0100城"},
		{"Hangul fillers", "\u3164\u115f\uffa0", "‹U+3164›‹U+115F›‹U+FFA0›"},
		{"combining grapheme joiner", "a\u034f\u0301", "a‹U+034F›‹U+0301›"},
		{"blank Braille", "\u2800", "‹U+2800›"},
		{"line separators", "a\u2028b\u2029c", "a‹U+2028›b‹U+2029›c"},
		{"private use and unassigned", "\ue000\U000f0000\uffff\u0378", "‹U+E000›‹U+F0000›‹U+FFFF›‹U+0378›"},
		{"surrogate bytes", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"overlong and cut", "\xc0\xaf\xe2\x82", `\xc0\xaf\xe2\x82`},
		{"replacement character itself", "\ufffd", "\ufffd"},
		{"marks over the limit", "a" + strings.Repeat("\u0301", 6), "a" + strings.Repeat("\u0301", 4) + "‹U+0301›‹U+0301›"},
		{"mark without a base", "\u0301a", "‹U+0301›a"},
		{"mark behind a control", "\x1b\u0301", "␛‹U+0301›"},
		{"family emoji is broken up", "👩\u200d👧", "👩‹U+200D›👧"},
		{"Zoë", "Zoë Zoe\u0308", "Zoë Zoe\u0308"},
		{"Japanese", "山田太郎", "山田太郎"},
		{"Arabic", "محمد علي", "محمد علي"},
		{"Hindi", "नीलम", "नीलम"},
		{"Persian with ZWNJ", "می\u200cخواهم", "می\u200cخواهم"},
		{"Sinhala with ZWJ behind a virama", "ශ්\u200dරී", "ශ්\u200dරී"},
		{"ZWNJ at the end of a Persian word", "می\u200c", "می‹U+200C›"},
		{"two ZWNJ", "می\u200c\u200cخ", "می‹U+200C›‹U+200C›خ"},
		{"no-break and wide blanks", "a\u00a0b\u3000c", "a\u00a0b\u3000c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Safe(c.in); got != c.want {
				t.Errorf("Safe(%+q) = %+q, want %+q", c.in, got, c.want)
			}
			if got := string(From(c.in)); got != c.want {
				t.Errorf("From(%+q) = %+q, want %+q", c.in, got, c.want)
			}
		})
	}
}

func TestUnusual(t *testing.T) {
	for in, want := range map[string]bool{
		"admin":          false,
		"Zoë 山田太郎 नीलम":  false,
		"می\u200cخواهم":  false,
		"ad\u200bmin":    true,
		"\x1b[2J":        true,
		"a\u00a0b":       true,
		"аdmin":          true, // the first letter is Cyrillic
		"admin Иван":     false,
		"Ωmega":          true,
		"Ελλάδα-2 admin": false,
	} {
		if got := Unusual(in); got != want {
			t.Errorf("Unusual(%+q) = %v, want %v", in, got, want)
		}
	}
}

func TestQuoteCuts(t *testing.T) {
	if got, want := Quote("a\x1bb"), `"a␛b"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Quote(strings.Repeat("é", 61)), `"`+strings.Repeat("é", 60)+`…"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Quote(strings.Repeat("é", 60)), `"`+strings.Repeat("é", 60)+`"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSafeCopiesNoPlainText(t *testing.T) {
	s := strings.Repeat("arn:aws:iam::1111:role/Admin ", 10)
	if n := testing.AllocsPerRun(100, func() { _ = Safe(s) }); n != 0 {
		t.Errorf("%v allocations for plain text", n)
	}
}

func BenchmarkSafePlain(b *testing.B) {
	for b.Loop() {
		_ = Safe("arn:aws:iam::123456789012:role/Administrator")
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"a", "\x1b[2J", "\u009b", "e\u0301\u0301\u0301\u0301\u0301", "می\u200cخ", "\xff", "⚠\ufe0f", "葛\U000e0100"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Safe(s)
		if Safe(out) != out {
			t.Fatalf("not stable: %+q -> %+q -> %+q", s, out, Safe(out))
		}
		if !utf8.ValidString(out) {
			t.Fatalf("invalid UTF-8 from %+q: %+q", s, out)
		}
		marks := 0
		for i, r := range out {
			if !unicode.IsGraphic(r) && r != 0x200c && r != 0x200d {
				t.Fatalf("%U passed in %+q", r, s)
			}
			if !unicode.Is(unicode.M, r) {
				marks = 0
				continue
			}
			if marks++; i == 0 || marks > maxMarks+1 { // one variation selector may follow its base
				t.Fatalf("mark %U at %d of %+q", r, i, out)
			}
		}
	})
}
