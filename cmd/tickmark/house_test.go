package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms is the import map of the house: what each package of ours may import of ours.
var rooms = map[string][]string{
	"review":        {},
	"review/detect": {"review"},
	"ledger":        {},
	"ledger/keys":   {"ledger"},
	"spill":         {},
	"importers":     {"review", "spill"},
	"store":         {"review", "ledger", "spill"},
	"evidence":      {"review", "ledger"},
	"desk":          {"review", "review/detect", "ledger", "ledger/keys", "importers", "store", "evidence"},
	"tui/grid":      {},
	"tui":           {"review", "tui/grid"},
	"tui/sshd":      {"tui", "review", "ledger/keys"},
	"cmd/tickmark": {"review", "review/detect", "ledger", "ledger/keys", "importers", "store", "evidence", "desk",
		"spill", "tui", "tui/grid", "tui/sshd"},
}

// reserved names imports that belong to a few rooms. A path ending in / is a prefix.
var reserved = map[string][]string{
	"database/sql":                               {"store"},
	"modernc.org/":                               {"store"},
	"charm.land/wish/":                           {"tui/sshd"},
	"charm.land/ssh":                             {"tui/sshd"},
	"golang.org/x/crypto/ssh/agent":              {"ledger/keys", "tui/sshd"},
	"charm.land/bubbletea/":                      {"tui", "tui/grid", "tui/sshd"},
	"charm.land/bubbles/":                        {"tui", "tui/grid"},
	"charm.land/huh/":                            {"tui"},
	"charm.land/lipgloss/":                       {"tui", "tui/grid", "cmd/tickmark"},
	"github.com/xuri/excelize/":                  {"evidence"},
	"github.com/spf13/":                          {"cmd/tickmark"},
	"github.com/adrg/xdg":                        {"cmd/tickmark"},
	"golang.org/x/term":                          {"cmd/tickmark", "tui"},
	"net/http":                                   {},
	"math/rand":                                  {},
	"github.com/hiddeco/sshsig":                  {},
	"github.com/rogpeppe/go-internal/testscript": {},
	"github.com/rogpeppe/go-internal/lockedfile": {"desk"},
	"github.com/hinshun/vt10x":                   {},
	"github.com/santhosh-tekuri/":                {},
	"C":                                          {},
	"log":                                        {},
	"github.com/charmbracelet/x/exp/":            {},
	"github.com/google/go-cmp/":                  {},
	"github.com/pelletier/go-toml/":              {"review", "desk"},
	"golang.org/x/mod/sumdb/note":                {"ledger", "desk"},
	"github.com/muesli/":                         {"cmd/tickmark"},
	"github.com/charmbracelet/x/xpty":            {},
	"github.com/creack/pty":                      {},
	"github.com/charmbracelet/keygen":            {},
	"github.com/charmbracelet/x/vt":              {},
	"github.com/charmbracelet/lipgloss":          {},
	"github.com/charmbracelet/bubbletea":         {},
}

// pure rooms have no clock, no randomness and no outside world.
var pure = map[string][]string{
	"review":        {"os", "os/exec", "os/user", "net", "crypto/rand", "math/rand/v2", "io/fs", "syscall"},
	"review/detect": {"os", "os/exec", "os/user", "net", "crypto/rand", "math/rand/v2", "io/fs", "syscall"},
	"ledger":        {"os", "os/exec", "os/user", "net", "math/rand/v2", "syscall"},
	"spill":         {"os", "os/exec", "os/user", "net", "crypto/rand", "math/rand/v2", "syscall", "time"},
	"importers":     {"os", "os/exec", "os/user", "net", "crypto/rand", "math/rand/v2", "syscall"},
	"tui/grid":      {"os", "os/exec", "os/user", "net", "crypto/rand", "math/rand/v2", "io/fs", "syscall"},
}

// source is one parsed Go file of ours.
type source struct {
	room string // package folder below the module
	path string
	test bool
	file *ast.File
}

// house parses every Go file of the module.
func house(t *testing.T) []source {
	t.Helper()
	root := moduleRoot(t)
	var out []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && p != root && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata" || e.Name() == "bin" || e.Name() == "dist") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		out = append(out, source{path.Dir(filepath.ToSlash(rel)), filepath.ToSlash(rel), strings.HasSuffix(p, "_test.go"), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files found below %s", len(out), root)
	}
	return out
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

func imports(s source) []string {
	var out []string
	for _, i := range s.file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			out = append(out, p)
		}
	}
	return out
}

func TestImportDirections(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range house(t) {
		allowed, known := rooms[s.room]
		if !known {
			t.Errorf("%s: the package %s is not in the map of rooms", s.path, s.room)
			continue
		}
		seen[s.room] = true
		if s.test {
			continue
		}
		for _, p := range imports(s) {
			ours, of := strings.CutPrefix(p, "tickmark/")
			if of && !slices.Contains(allowed, ours) {
				t.Errorf("%s: %s must not import %s", s.path, s.room, ours)
			}
			for name, who := range reserved {
				match := p == name || strings.HasSuffix(name, "/") && strings.HasPrefix(p, name)
				if match && !slices.Contains(who, s.room) {
					t.Errorf("%s: %s must not import %s; only %v may", s.path, s.room, p, who)
				}
			}
			if slices.Contains(pure[s.room], p) {
				t.Errorf("%s: %s is pure and must not import %s", s.path, s.room, p)
			}
		}
	}
	for room := range rooms {
		if !seen[room] && room != "tui/sshd" {
			t.Errorf("the room %s is in the map and not in the house", room)
		}
	}
}

// clocks are the places in pure rooms that may look at the clock, because nothing that is stored or shown follows from it.
var clocks = []string{
	"importers/feed.go", // progress is reported about ten times a second
}

// Time is a parameter in pure rooms.
func TestPureRoomsHaveNoClock(t *testing.T) {
	for _, s := range house(t) {
		if _, is := pure[s.room]; !is || s.test || slices.Contains(clocks, s.path) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick"}, sel.Sel.Name) {
				t.Errorf("%s: time.%s in a pure room", s.path, sel.Sel.Name)
			}
			return true
		})
	}
}

func TestEveryPackageHasADocComment(t *testing.T) {
	docs := map[string]bool{}
	for _, s := range house(t) {
		if s.test {
			continue
		}
		docs[s.room] = docs[s.room] || s.file.Doc != nil && len(s.file.Doc.Text()) > 60
	}
	for room, has := range docs {
		if !has {
			t.Errorf("the package %s has no doc comment that is its manual", room)
		}
	}
}

// machinePath finds paths of a machine somebody worked on.
var machinePath = regexp.MustCompile(`/(wor[k]|far[m]|roo[t]|home/[a-z]+|Users/[a-z]+)/`)

func TestNoMachinePathsAndNothingLeftOpen(t *testing.T) {
	open := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|not impl` + `emented|unimpl` + `emented|not written` + ` yet`)
	for _, name := range projectFiles(t) {
		b, err := os.ReadFile(filepath.Join(moduleRoot(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 || strings.HasSuffix(name, ".sum") {
			continue
		}
		for i, line := range bytes.Split(b, []byte("\n")) {
			if m := machinePath.Find(line); m != nil {
				t.Errorf("%s:%d: a path of a machine: %s", name, i+1, m)
			}
			if m := open.Find(line); m != nil && strings.HasSuffix(name, ".go") {
				t.Errorf("%s:%d: left open: %s", name, i+1, m)
			}
		}
	}
}

// projectFiles lists the project's files, without what tools and builds leave behind.
func projectFiles(t *testing.T) []string {
	t.Helper()
	root := moduleRoot(t)
	var out []string
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if n := e.Name(); n == ".git" || n == "bin" || n == "dist" {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if e.Type().IsRegular() && e.Name() != ".git" && !strings.HasSuffix(p, ".test") && !strings.HasSuffix(p, ".prof") {
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A file is one idea; one that grows past this wants to be two.
func TestNoFileIsTooLong(t *testing.T) {
	const most = 800
	root := moduleRoot(t)
	for _, s := range house(t) {
		if s.test {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(s.path)))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte("\n")); n > most {
			t.Errorf("%s has %d lines: split it by meaning", s.path, n)
		}
	}
}
