package tui

import "testing"

func TestLook(t *testing.T) {
	for _, size := range [][2]int{{80, 24}} {
		s := open(t, newFakeDesk(), sized(size[0], size[1]))
		show := func() { t.Log("\n" + s.screen()) }
		for _, name := range screenNames()[5:] {
			s.command(name)
			show()
		}
	}
	s := open(t, newFakeDesk(), sized(160, 50))
	s.command("walk")
	t.Log("\n" + s.screen())
	s.command("coverage")
	t.Log("\n" + s.screen())
}
