package importers

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tickmark/review"
)

// feedOf hands text on in pieces of a few bytes, so that every record crosses the edges of blocks.
func feedOf(b []byte, piece int) *feed {
	f := &feed{blocks: make(chan block, len(b)/piece+2), free: make(chan []byte, len(b)/piece+2), size: piece, charset: charset{name: "utf-8", lax: true}}
	for len(b) > 0 {
		n := min(piece, len(b))
		f.blocks <- block{b: bytes.Clone(b[:n]), marks: hasHigh | hasControl | hasKey}
		b = b[n:]
	}
	f.blocks <- block{err: io.EOF}
	close(f.blocks)
	return f
}

// FuzzRead: whatever the bytes, a file is read or refused with a sentence, a hint and a keyword, and the counts add up.
func FuzzRead(f *testing.F) {
	for _, x := range fixtures {
		f.Add(x.bytes(f), strings.Join(x.args, " "))
	}
	f.Add([]byte("\xFF\xFEa\x00,\x00b\x00\n\x00\x00\xD8"), "")
	f.Add([]byte("identity,entitlement\n\"a\"\"b\",c\"d\n\"x"), "--date-order mdy")
	f.Fuzz(func(t *testing.T, b []byte, flags string) {
		var o Options
		o.Now = reviewDay
		for _, w := range strings.Fields(flags) {
			switch name, v, _ := strings.Cut(strings.TrimPrefix(w, "--"), "="); name {
			case "as":
				o.As = v
			case "resource", "lumen/shop":
				o.Resource = "r"
			case "entitlement":
				o.Entitlement = "e"
			case "date-order":
				o.DateOrder = "dmy"
			}
		}
		m := newMemory()
		rep, err := Read(context.Background(), fromBytes("f", b), o, m)
		if rep == nil {
			t.Fatal("no report")
		}
		if err != nil {
			e, ok := err.(*review.Error)
			if !ok || e.Kind != review.KindRefused && e.Kind != review.KindUsage || e.Message == "" || e.Hint == "" || e.Kind == review.KindRefused && e.Reason == "" {
				t.Fatalf("%#v", err)
			}
			if review.Safe(e.Message) != e.Message || review.Safe(e.Hint) != e.Hint {
				t.Fatalf("raw text in a message: %q %q", e.Message, e.Hint)
			}
			return
		}
		if int64(len(m.grants)) != rep.Grants || int64(len(m.accounts)) != rep.Accounts || int64(len(m.rejects)) != rep.RowsReject || rep.NotAGrant+rep.RowsReject > rep.RowsRead || rep.Identities > max(rep.Accounts, int64(len(m.workers))) {
			t.Fatalf("%s; sink: %d grants, %d accounts, %d rejects", counts(rep), len(m.grants), len(m.accounts), len(m.rejects))
		}
		for _, r := range m.rejects {
			if review.Safe(r.Text) != r.Text {
				t.Fatalf("raw text in a reject: %q", r.Text)
			}
		}
		for _, g := range m.grants {
			if g.Account == "" || g.Locator == "" || !utf8.ValidString(fmt.Sprint(g)) {
				t.Fatalf("%+v", g)
			}
		}
		for _, a := range m.accounts {
			if a.NativeID == "" || a.IdentityKey == "" || !utf8.ValidString(fmt.Sprint(a)) {
				t.Fatalf("%+v", a)
			}
		}
	})
}

// splitSlowly is the CSV of importers.md 2.6 written for reading: one character after the other.
func splitSlowly(b []byte, delim byte) (records [][]string, open bool) {
	var rec []string
	var cell []byte
	any, quoted, start := false, false, true
	end := func() {
		rec, cell, start = append(rec, string(cell)), nil, true
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		any = true
		switch {
		case quoted && c == '"' && i+1 < len(b) && b[i+1] == '"':
			cell = append(cell, '"')
			i++
		case quoted && c == '"':
			quoted, start = false, false
		case quoted:
			cell = append(cell, c)
		case start && c == '"':
			quoted, start = true, false
		case c == delim:
			end()
		case c == '\n' || c == '\r':
			if c == '\r' && i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			end()
			records, rec, any = append(records, rec), nil, false
		default:
			cell, start = append(cell, c), false
		}
	}
	if any {
		end()
		records = append(records, rec)
	}
	return records, quoted
}

// FuzzCSV compares the scanner with splitSlowly, in pieces of every size.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,\"b\nc\"\r\n\"x\"\"y\",z\r", "\"a\"b,c", "\"", "\r\n\n\r", "a\"b,\"\"\"\"\n", ",,\n,", "\"a\n\"\"b\"\"\"c,d\"e\"\n"} {
		f.Add([]byte(s), byte(','), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, delim byte, piece int) {
		if delim == '"' || delim == '\n' || delim == '\r' {
			return
		}
		want, open := splitSlowly(b, delim)
		s := &csvScanner{buffer: buffer{f: feedOf(b, 1+(piece&31))}, delim: delim, name: "f", line: 1}
		var got [][]string
		lines := int64(1)
		var err error
		for {
			ok, e := s.next()
			if e != nil || !ok {
				err = e
				break
			}
			if s.at != lines {
				t.Fatalf("record %d begins at line %d, want %d", len(got), s.at, lines)
			}
			lines += 1 + countLines(s.raw, 0)
			var rec []string
			for _, c := range s.cells {
				rec = append(rec, string(c))
			}
			got = append(got, rec)
		}
		if open != (err != nil) {
			t.Fatalf("open quote %v, error %v", open, err)
		}
		if open {
			want = want[:len(want)-1]
		}
		if len(want)+len(got) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("got %q\nwant %q", got, want)
		}
	})
}

// decodeTree gives a JSON value as the standard library would.
func decodeTree(v val) any {
	switch v.kind() {
	case '{':
		m := map[string]any{}
		for c := v.first(); c.ok(); c = c.sibling() {
			m[c.key()] = decodeTree(c)
		}
		return m
	case '[':
		l := []any{}
		for c := v.first(); c.ok(); c = c.sibling() {
			l = append(l, decodeTree(c))
		}
		return l
	case '"':
		b := v.raw()
		return string(unescape(v.d.charset.decoded(b[1 : len(b)-1])))
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	}
	return json.Number(v.raw())
}

// FuzzJSON compares the scanner with encoding/json: the same texts are valid, and mean the same.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,{"b":null}],"c":"\u00e4\ud83d\ude00\n"}`, `[]`, `{"a":1,"a":2}`, `"x\ud800y"`, `[1,]`, `-0`, `01`, `tru`, ` { } `, `{"a" : {}}`} {
		f.Add([]byte(s), 5)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		if !utf8.Valid(b) || bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) > 60 {
			return
		}
		s := newJSONScanner(feedOf(b, 1+(piece&31)), "f", newKeyTable(), nil)
		var d doc
		err := s.doc(&d, 0)
		if err == nil {
			if c, e := s.peek(); e != nil || c != 0 {
				err = fmt.Errorf("trailing %q %v", c, e)
			} else {
				d = doc{}
				s = newJSONScanner(feedOf(b, 1+(piece&31)), "f", newKeyTable(), nil)
				if err := s.doc(&d, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		if valid := json.Valid(b); valid != (err == nil) {
			t.Fatalf("encoding/json says valid is %v, the scanner %v", valid, err)
		}
		if err != nil {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := decodeTree(d.root()); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %#v\nwant %#v", got, want)
		}
	})
}

// FuzzDates: no text makes the parser fail, and what is known prints to a text that reads back the same.
func FuzzDates(f *testing.F) {
	for _, s := range []string{"2026-01-02", "2026-01-02T03:04:05Z", "3/4/2024 5:06:07 PM", "28-Apr-24", "/Date(1733343742000)/", "132744726420000000", "45678", "20210826173042.0Z", "never", "26.8.21 1:02", "Aug 1, 2024", "99991231", "-1"} {
		f.Add([]byte(s), uint8(0), uint8(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, role, order uint8) {
		x := newRun(&plan{o: &Options{}, format: genericCSV}, &calendar{now: reviewDay, flag: dateOrder(order % 4)}, nothing{})
		d := x.cal.column("c", timeRole(role%3))
		got := x.cal.time(d, trim(b), x)
		if got.State == "" {
			t.Fatalf("%q has no state", b)
		}
		if got.IsKnown() && (got.At.Year() < 1 || got.At.Year() > 9000 || got.At.Location() != time.UTC) {
			t.Fatalf("%q is %s", b, got.At)
		}
		back, ok := review.ParseStated(got.Stated())
		if !ok || back.State != got.State || got.IsKnown() && !back.At.Equal(got.At) {
			t.Fatalf("%q is stated as %q, which reads as %+v", b, got.Stated(), back)
		}
	})
}

// FuzzUTF16: text of UTF-16 files turns back into the file's bytes, lone surrogates included.
func FuzzUTF16(f *testing.F) {
	f.Add([]byte("a\x00\x00\xd8b\x00\x3d\xd8\x00\xde"), true)
	f.Fuzz(func(t *testing.T, b []byte, big bool) {
		b = b[:len(b)/2*2]
		c := charset{order: binary.LittleEndian}
		if big {
			c.order = binary.BigEndian
		}
		text, err := io.ReadAll(&utf16Reader{r: io.MultiReader(bytes.NewReader(b[:len(b)/3]), bytes.NewReader(b[len(b)/3:])), order: c.order})
		if err != nil || !bytes.Equal(c.raw(text), b) {
			t.Fatalf("%v: %x becomes %x becomes %x", err, b, text, c.raw(text))
		}
		if !utf8.Valid(c.decoded(text)) {
			t.Fatalf("%x is no UTF-8", c.decoded(text))
		}
	})
}

// FuzzDialect: the header found in the first bytes does not depend on how many bytes were at hand.
func FuzzDialect(f *testing.F) {
	f.Add([]byte("sep=;\nTitle\n\na;b;\n1;2;\n"))
	f.Add([]byte("\"a\nb\",c\r\n1,2"))
	f.Fuzz(func(t *testing.T, b []byte) {
		cs := charset{name: "utf-8", lax: true}
		whole, ready, err := settleDialect("f", &cs, b, true, 0)
		if !ready {
			t.Fatal("not ready with the whole file")
		}
		if err != nil {
			return
		}
		if len(whole.header) != len(whole.names) {
			t.Fatalf("%+v", whole)
		}
		seen := map[string]bool{}
		for _, n := range whole.names {
			if n == "" || seen[n] {
				t.Fatalf("the column name %q is empty or taken twice: %q", n, whole.names)
			}
			seen[n] = true
		}
	})
}
