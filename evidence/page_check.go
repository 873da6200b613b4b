package evidence

import (
	"bytes"
	"fmt"
	"html"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"tickmark/review"
)

const pageLimit = 256 << 20

// contentPolicy must stand in every page word for word (6): whatever else a page holds, a browser then loads and runs nothing.
const contentPolicy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`

// bannedElements run, load or send something, or make a browser read what follows by other rules than this check does.
var bannedElements = map[string]bool{"script": true, "iframe": true, "object": true, "embed": true, "link": true, "base": true,
	"form": true, "frame": true, "frameset": true, "applet": true, "noscript": true, "template": true, "xmp": true,
	"plaintext": true, "noembed": true, "noframes": true, "textarea": true, "foreignobject": true, "portal": true}

// addressAttributes name something to load or go to.
var addressAttributes = map[string]bool{"src": true, "href": true, "xlink:href": true, "srcset": true, "data": true, "action": true,
	"formaction": true, "poster": true, "background": true, "cite": true, "longdesc": true, "usemap": true, "manifest": true,
	"ping": true, "profile": true, "codebase": true, "classid": true, "archive": true, "lowsrc": true, "dynsrc": true, "icon": true,
	"imagesrcset": true, "srcdoc": true}

var (
	webAddress   = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://`)
	cssURL       = regexp.MustCompile(`(?i)url\s*\(\s*["']?\s*([^)]{0,8})`)
	relativePath = regexp.MustCompile(`^[A-Za-z0-9._/-]+(#[A-Za-z0-9._-]*)?$`)
)

// checkPage holds an HTML page against the rules of section 6 and gives what is wrong, at most a few lines. exists tells
// whether a path is one of the pack's files; name is the page's own path. The page must be written plainly: what a
// browser would have to repair is refused, because it might repair it into something else.
func checkPage(name string, b []byte, exists func(string) bool) (wrong []string) {
	say := func(format string, args ...any) bool {
		wrong = append(wrong, fmt.Sprintf(format, args...))
		return len(wrong) < mostOfAKind
	}
	if words := checkText(b); words != "" {
		say("%s", words)
	}
	if !bytes.Contains(b, []byte(contentPolicy)) {
		say("the page does not state the content security policy")
	}
	s, begun := string(b), false
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return wrong
		}
		s = s[i+1:]
		if !begun && len(s) >= 13 && strings.EqualFold(s[:13], "!doctype html") {
			begun = true
			if s = s[13:]; !strings.HasPrefix(s, ">") {
				say("the document type is not html")
				return wrong
			}
			continue
		}
		begun = true
		element, attrs, rest, ok := readTag(s)
		if !ok {
			say("a tag is not written plainly: %s", review.Quote("<"+cut(s, 40)))
			return wrong
		}
		s = rest
		for _, words := range checkTag(name, element, attrs, exists) {
			if !say("%s", words) {
				return wrong
			}
		}
		if element == "style" {
			end := strings.IndexByte(s, '<')
			if end < 0 || !strings.EqualFold(cut(s[end:], len("</style>")), "</style>") {
				say("the style sheet holds a tag")
				return wrong
			}
			if words := checkStyle(s[:end]); words != "" {
				say("%s", words)
			}
			s = s[end:]
		}
	}
}

type pageAttribute struct{ name, value string }

// readTag reads a tag whose "<" is gone, up to its ">".
func readTag(s string) (element string, attrs []pageAttribute, rest string, ok bool) {
	n := 0
	if strings.HasPrefix(s, "/") {
		n = 1
	}
	start := n
	for n < len(s) && (isLetter(s[n]) || n > start && isDigit(s[n])) {
		n++
	}
	if n == start {
		return "", nil, "", false
	}
	element, s = strings.ToLower(s[:n]), s[n:]
	for {
		bare := strings.TrimLeft(s, " \n")
		if bare == "" {
			return "", nil, "", false
		}
		if bare[0] == '>' || bare[0] == '/' {
			bare = strings.TrimPrefix(bare, "/")
			return element, attrs, strings.TrimPrefix(bare, ">"), strings.HasPrefix(bare, ">")
		}
		if len(bare) == len(s) {
			return "", nil, "", false // no blank before the attribute
		}
		n := 0
		for n < len(bare) && (isLetter(bare[n]) || n > 0 && (isDigit(bare[n]) || strings.IndexByte("-_:", bare[n]) >= 0)) {
			n++
		}
		if n == 0 {
			return "", nil, "", false
		}
		a := pageAttribute{name: strings.ToLower(bare[:n])}
		s = bare[n:]
		if strings.HasPrefix(s, "=") {
			if len(s) < 2 || s[1] != '"' && s[1] != '\'' {
				return "", nil, "", false
			}
			value, more, found := strings.Cut(s[2:], s[1:2])
			if !found || strings.IndexByte(value, '<') >= 0 {
				return "", nil, "", false
			}
			a.value, s = html.UnescapeString(value), more
		}
		attrs = append(attrs, a)
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func checkTag(page, element string, attrs []pageAttribute, exists func(string) bool) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if bannedElements[strings.TrimPrefix(element, "/")] {
		say("the element %s may not be there", element)
	}
	for _, a := range attrs {
		bare := strings.ToLower(strings.Map(func(r rune) rune {
			if r <= ' ' || r == 0x7f {
				return -1
			}
			return r
		}, a.value))
		switch {
		case strings.HasPrefix(a.name, "on"):
			say("the attribute %s may not be there", a.name)
		case strings.Contains(bare, "javascript:"), strings.Contains(bare, "vbscript:"):
			say("the attribute %s runs a script", a.name)
		case a.name == "http-equiv" && bare == "refresh":
			say("the page sends its reader elsewhere")
		case a.name == "style":
			if words := checkStyle(a.value); words != "" {
				say("%s", words)
			}
		case addressAttributes[a.name]:
			if !localAddress(page, a.value, exists) {
				say("the attribute %s points out of the pack or at no file of it: %s", a.name, review.Quote(a.value))
			}
		case strings.Contains(bare, "//") && (webAddress.MatchString(a.value) || strings.HasPrefix(bare, "//")):
			say("the attribute %s holds a web address", a.name)
		case strings.Contains(bare, "url("):
			if words := checkStyle(a.value); words != "" {
				say("%s", words)
			}
		}
	}
	return wrong
}

// localAddress accepts a place on the page, data, and files of the pack.
func localAddress(page, value string, exists func(string) bool) bool {
	switch {
	case strings.HasPrefix(value, "#"), strings.HasPrefix(value, "data:"):
		return true
	case !relativePath.MatchString(value), strings.HasPrefix(value, "/"):
		return false
	}
	file, _, _ := strings.Cut(value, "#")
	return exists(path.Join(path.Dir(page), file))
}

// checkStyle refuses style sheets that load anything, and ways of writing that hide it.
func checkStyle(css string) string {
	low := strings.ToLower(css)
	switch {
	case strings.ContainsAny(css, "\\<"):
		return "the style sheet holds an escape or a tag"
	case strings.Contains(low, "@import"):
		return "the style sheet imports another"
	case strings.Contains(low, "expression("), strings.Contains(low, "javascript:"), strings.Contains(low, "behavior:"), strings.Contains(low, "-moz-binding"):
		return "the style sheet runs something"
	case strings.Contains(low, "image-set("), strings.Contains(low, "src("):
		return "the style sheet loads something"
	case webAddress.MatchString(css):
		return "the style sheet holds a web address"
	}
	for _, m := range cssURL.FindAllStringSubmatch(css, -1) {
		if target := strings.TrimSpace(m[1]); !strings.HasPrefix(target, "#") && !strings.HasPrefix(strings.ToLower(target), "data:") {
			return "the style sheet loads something"
		}
	}
	return ""
}

// checkText holds a file against the rule that all are UTF-8 with LF, and that text is in display form.
func checkText(b []byte) string {
	if !utf8.Valid(b) {
		return "the file is not UTF-8"
	}
	for i, r := range string(b) {
		switch {
		case r == '\n':
		case r < ' ' || r >= 0x7f && r <= 0x9f, r == 0xfeff, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
			return fmt.Sprintf("the file holds the invisible character U+%04X at byte %d", r, i)
		}
	}
	return ""
}

// holdsText reports whether a page says something, whichever way it is escaped.
func holdsText(page []byte, text string) bool {
	return bytes.Contains(page, []byte(html.EscapeString(text))) || strings.Contains(html.UnescapeString(string(page)), text)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
