package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestImportRecording writes a short film of the workstation importing a million rows. A second of the film is some two
// and a half of the run.
func TestImportRecording(t *testing.T) {
	s := openStudio(t)
	const w, h = 100, 26
	room := filepath.Join(s.dir, "million")
	if err := os.Mkdir(room, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(writeExport(t, room, 1_000_000), filepath.Join(room, "erp.csv")); err != nil {
		t.Fatal(err)
	}
	program, env := filepath.Join(s.dir, "tickmark"), append(s.env("dark"), "XDG_DATA_HOME="+room) // the later one counts
	init := exec.Command(program, "--db", "review.db", "init", "--principal", "anna@northwind-harbor.example")
	init.Dir, init.Env = room, env
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	x := &sitting{s: s, w: w, h: h, socket: filepath.Join(room, "t")}
	args := append([]string{"-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "-c", room, "env"}, env...)
	x.tmux(append(args, program, "--db", "review.db")...)
	t.Cleanup(x.leave)
	var frames []string
	var seconds []float64
	shoot := func(d float64) {
		content := x.frame()
		if n := len(frames); n > 0 && frames[n-1] == content {
			seconds[n-1] += d
			return
		}
		frames, seconds = append(frames, content), append(seconds, d)
	}
	// until shoots a frame a second until the screen shows a text.
	until := func(text string) {
		for deadline := time.Now().Add(10 * time.Minute); !strings.Contains(x.tmux("capture-pane", "-p"), text); time.Sleep(time.Second) {
			if time.Now().After(deadline) {
				t.Fatalf("%q did not come:\n%s", text, x.tmux("capture-pane", "-p"))
			}
			shoot(0.4)
		}
	}
	x.see("tickmark Home")
	shoot(1.5)
	x.goTo("imports")
	shoot(1)
	x.press("i").see("File:").typed("erp.csv").see("erp.csv")
	shoot(1.5)
	x.press("Enter")
	until("y imports it")
	shoot(5)
	x.press("y")
	until("Imported:")
	shoot(6)
	if err := os.WriteFile(filepath.Join(*pictures, "import.svg"), []byte(film(frames, seconds, w, h, darkInk())), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeExport writes a made-up export of 15 columns and eight grants an account, some 190 bytes a row.
func writeExport(tb testing.TB, dir string, rows int) string {
	path := filepath.Join(dir, "export.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "user,display_name,email,department,title,manager,system,role,resource,status,created,last_login,granted,last_used,mfa")
	for i := range rows {
		u := i / 8
		fmt.Fprintf(w, "user%07d,First%d Last%d,user%07d@corp.example,Dept %d,Title %d,mgr%05d@corp.example,app%d,role-%d,res/%d,active,2021-%02d-%02d,2025-%02d-%02dT08:00:00Z,2023-%02d-%02d,2025-%02d-%02dT10:15:00Z,true\n",
			u, u%5000, u%7001, u, u%40, u%300, u%900, u%5, i%997, i%1301, u%12+1, u%28+1, u%12+1, u%28+1, i%12+1, i%28+1, i%12+1, i%28+1)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return path
}
