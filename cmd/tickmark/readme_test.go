package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/importers"
	"tickmark/tui"
)

var update = flag.Bool("update", false, "write the generated parts of README.md")

// The README's tables come from the program itself.
func TestReadmeIsGenerated(t *testing.T) {
	file := filepath.Join(moduleRoot(t), "README.md")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	root := newApp(nil, strings.NewReader(""), io.Discard, io.Discard).rootCommand()
	for name, want := range map[string]string{
		"verbs":   verbTable(root),
		"exits":   exitTable(root),
		"keys":    tui.KeyTable(),
		"formats": formatTable(),
	} {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
		before, rest, ok := strings.Cut(text, begin)
		got, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("README.md has no place for %s", name)
		}
		if got != want {
			if !*update {
				t.Errorf("the %s in README.md are not those of the program; `make golden` writes them", name)
			}
			text = before + begin + want + end + after
		}
	}
	if *update && text != string(b) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func verbTable(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("| verb | does |\n|---|---|\n")
	for _, cmd := range root.Commands() {
		if !cmd.IsAvailableCommand() || cmd.Name() == "help" {
			continue
		}
		fmt.Fprintf(&b, "| `tickmark %s` | %s |\n", strings.ReplaceAll(strings.TrimSuffix(cmd.Use, " [flags]"), "|", "\\|"), cmd.Short)
		if cmd.Name() == "completion" {
			continue
		}
		for _, sub := range cmd.Commands() {
			fmt.Fprintf(&b, "| `tickmark %s %s` | %s |\n", cmd.Name(), strings.ReplaceAll(sub.Use, "|", "\\|"), sub.Short)
		}
	}
	return b.String()
}

func exitTable(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("| code | means |\n|---|---|\n")
	for _, d := range exitsOf(root) {
		fmt.Fprintf(&b, "| %d | %s |\n", d.code, d.text)
	}
	return b.String()
}

func formatTable() string {
	var b strings.Builder
	b.WriteString("| format | checked against | what it is |\n|---|---|---|\n")
	for _, f := range importers.Formats() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.ID, markWord(f.Mark), strings.ReplaceAll(f.Title, "|", "\\|"))
	}
	return b.String()
}

// Every command line in the documents is one the program takes.
func TestDocumentedCommandsExist(t *testing.T) {
	for _, name := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		b, err := os.ReadFile(filepath.Join(moduleRoot(t), name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
			checkExample(t, name, block[1])
		}
		for _, code := range regexp.MustCompile("`(tickmark [^`]+)`").FindAllStringSubmatch(text, -1) {
			if !strings.ContainsAny(code[1], "[") && strings.ToUpper(strings.Fields(code[1])[1]) != strings.Fields(code[1])[1] && !strings.Contains(code[1], "|") {
				verb := shellWords(code[1])[1:]
				root := newApp(nil, strings.NewReader(""), io.Discard, io.Discard).rootCommand()
				if at, _, err := root.Find(verb); err != nil || at == root && !strings.HasPrefix(verb[0], "-") && !strings.Contains(verb[0], ".") {
					t.Errorf("%s: `%s`: there is no such verb", name, code[1])
				}
			}
		}
	}
}

// The configuration in the README is one the program takes.
func TestDocumentedConfigurationIsRead(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(moduleRoot(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```toml\n(.*?)```").FindSubmatch(b)
	if m == nil {
		t.Fatal("README.md shows no configuration")
	}
	c, err := desk.ParseConfig(m[1])
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.People["jdoe@old.example"]; !ok || c.Theme == "" || c.Principal == "" {
		t.Errorf("read as %+v", c)
	}
	for action, key := range c.Keys {
		if err := (tui.Options{Desk: &desk.Desk{}, Theme: c.Theme, Keys: map[string][]string{action: {key}}}).Check(); err != nil {
			t.Error(err)
		}
	}
}

// Files and folders the documents point at are there.
func TestDocumentedLinksExist(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, name := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		b, err := os.ReadFile(filepath.Join(moduleRoot(t), name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if _, err := os.Stat(filepath.Join(moduleRoot(t), m[1])); err != nil {
				t.Errorf("%s points at %s, which is not there", name, m[1])
			}
		}
	}
}

// Every direct dependency earns its place in the README, and nothing else is listed.
func TestDependenciesAreExplained(t *testing.T) {
	root := moduleRoot(t)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "## Dependencies")
	table, _, _ = strings.Cut(table, "## ")
	var direct []string
	for line := range strings.Lines(string(mod)) {
		f := strings.Fields(line)
		if len(f) == 2 && strings.Contains(f[0], ".") && strings.HasPrefix(f[1], "v") {
			direct = append(direct, f[0])
			if !strings.Contains(table, "`"+f[0]+"`") {
				t.Errorf("%s is a direct dependency and README.md does not say why", f[0])
			}
		}
	}
	for _, m := range regexp.MustCompile("`([a-z0-9.-]+\\.[a-z]+/[^`]+)`").FindAllStringSubmatch(table, -1) {
		if !slices.Contains(direct, m[1]) {
			t.Errorf("README.md explains %s, which is no direct dependency", m[1])
		}
	}
}

// The rooms the README draws are those of the house.
func TestDocumentedRoomsExist(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(moduleRoot(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, house, _ := strings.Cut(string(readme), "## The house")
	for room := range rooms {
		if !strings.Contains(house, "\n"+room+"/ ") {
			t.Errorf("README.md does not draw the room %s", room)
		}
	}
}
