package importers

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"tickmark/review"
)

// refuseContainer recognises what is no text by its first bytes (importers.md 2.1).
func refuseContainer(in Input, head []byte) error {
	is := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	n := startOf(in.Name)
	switch {
	case is("PK\x03\x04"), is("PK\x05\x06"):
		if holds(in, "xl/workbook.xml") {
			return refuse("xlsx", "%s: CSV or JSON was expected, an Excel workbook was found", n).
				WithHint("open it and save the sheet as CSV UTF-8, then import that")
		}
		return refuse("zip", "%s: CSV or JSON was expected, a zip archive was found", n).WithHint("unpack it and import the files inside")
	case is("\xD0\xCF\x11\xE0"):
		return refuse("xls", "%s: CSV or JSON was expected, an old Excel workbook was found", n).
			WithHint("open it and save the sheet as CSV UTF-8, then import that")
	case is("SQLite format 3"):
		return refuse("sqlite", "%s: CSV or JSON was expected, an SQLite database was found", n).
			WithHint("export the table, for example with: sqlite3 -csv -header FILE 'SELECT * FROM grants'")
	case is("C1ZF"):
		return refuse("baton-container", "%s: CSV or JSON was expected, a Baton container was found", n).
			WithHint("print its grants as JSON with: baton grants -f FILE -o json")
	case is("%PDF"):
		return refuse("not-text", "%s: CSV or JSON was expected, a PDF was found", n).WithHint("export the data, not the report")
	}
	return nil
}

// firstChar finds the first character that is no white space, NUL or byte order mark; 0 where there is none.
func firstChar(b *buffer) (byte, error) {
	for {
		for b.pos < b.end {
			switch c := b.buf[b.pos]; c {
			case ' ', '\t', '\r', '\n', '\v', '\f', 0:
				b.pos++
			case 0xEF, 0xFE, 0xFF:
				if bytes.HasPrefix(b.buf[b.pos:b.end], []byte("\xEF\xBB\xBF")) {
					b.pos += 3
					continue
				}
				return c, nil
			default:
				return c, nil
			}
		}
		if _, ok, err := b.more(b.pos); !ok {
			return 0, err
		}
		if b.pos == b.end && b.eof {
			return 0, nil
		}
	}
}

// holds searches the first 64 MiB of a file for a name, as a zip archive spells it before each file and at its end.
func holds(in Input, name string) bool {
	f, err := in.Open()
	if err != nil {
		return false
	}
	defer f.Close()
	r := io.LimitReader(f, 64<<20)
	buf := make([]byte, 64<<10)
	have := 0
	for {
		n, err := io.ReadFull(r, buf[have:])
		if bytes.Contains(buf[:have+n], []byte(name)) {
			return true
		}
		if err != nil {
			return false
		}
		have = copy(buf, buf[len(buf)-len(name):])
	}
}

var yamlStart = regexp.MustCompile(`(?m)^(---\s*$|apiVersion:|kind:)`)

// refuseMarkup recognises text of other sorts, and JSON behind a line of text (importers.md 2.3, 2.4).
func (p *plan) refuseMarkup(b *buffer) error {
	text := b.buf[b.pos:min(b.end, b.pos+64<<10)]
	n := startOf(p.in.Name)
	low := bytes.ToLower(text[:min(len(text), 4096)])
	switch {
	case text[0] == '<':
		if bytes.HasPrefix(low, []byte("<!doctype html")) || bytes.Contains(low, []byte("<html")) || bytes.Contains(low, []byte("<head")) || bytes.Contains(low, []byte("<body")) {
			return refuse("html", "%s: CSV or JSON was expected, a web page was found; this looks like a login page", n).
				WithHint("sign in to the source system and make the export again")
		}
		return refuse("xml", "%s: CSV or JSON was expected, XML was found", n).WithHint("choose CSV or JSON in the source system's export")
	case bytes.HasPrefix(low, []byte("dn:")):
		return refuse("ldif", "%s: CSV or JSON was expected, LDIF was found", n).
			WithHint("export CSV, for example with: Get-ADUser -Filter * -Properties * | Export-Csv FILE -Encoding utf8")
	case bytes.HasPrefix(text, []byte("---")) && yamlStart.Match(text[:min(len(text), 4096)]), yamlStart.Match(firstLine(text)):
		return refuse("yaml", "%s: CSV or JSON was expected, YAML was found", n).
			WithHint("print JSON instead, for example with: kubectl get clusterrolebindings,rolebindings -A -o json")
	case bytes.HasPrefix(text, []byte("%PDF")):
		return refuse("not-text", "%s: CSV or JSON was expected, a PDF was found", n).WithHint("export the data, not the report")
	}
	if text[0] != '{' && text[0] != '[' {
		return p.refuseLeadingText(b, text)
	}
	return nil
}

func firstLine(b []byte) []byte {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return b[:i]
	}
	return b
}

// refuseLeadingText recognises a line of text, such as a log line, in front of a JSON document.
func (p *plan) refuseLeadingText(b *buffer, text []byte) error {
	lines := 0
	for at := 0; at < len(text) && lines <= maxLeading; lines++ {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return nil
		}
		at += i + 1
		rest := bytes.TrimLeft(text[at:], " \t\r\n")
		if len(rest) < 2 || rest[0] != '{' && rest[0] != '[' {
			continue
		}
		s := &jsonScanner{buffer: buffer{buf: rest, end: len(rest), eof: true}, keys: newKeyTable(), maxString: maxCell}
		cut := !b.eof || b.end-b.pos > len(text)
		if err := s.value(0); err != nil {
			if !cut || s.pos < len(rest) {
				continue // no JSON after all
			}
		} else if c, err := s.peek(); err != nil || s.pos < 3 || c != 0 && c != '{' && c != '[' {
			continue
		}
		return refuse("invalid-json", "%s:1:1: JSON was expected, text in front of it was found: %s", review.Safe(p.in.Name), review.Quote(string(validUTF8(firstLine(text))))).
			WithHint("remove the lines before the first { or [; many tools write messages to the same output unless told otherwise")
	}
	return nil
}

// isErrorDocument reports an object that only tells of an error (importers.md 2.4).
func isErrorDocument(o *outlined) bool {
	for _, m := range o.members {
		switch m.key {
		case "error", "errors", "message", "code", "status", "error_description":
		default:
			return false
		}
	}
	return o.count > 0
}

func (p *plan) errorDocument(s *jsonScanner) error {
	var parts []string
	for _, m := range p.outline.objs[0].members {
		if m.v.ok() {
			parts = append(parts, m.key+": "+string(m.v.raw()))
		}
	}
	return refuse("error-document", "%s: records were expected, an error message was found: %s", startOf(p.in.Name), review.Quote(strings.Join(parts, ", "))).
		WithHint("mend what the message says and make the export again")
}
