package evidence

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPictures writes packs for people to look at into the folder TICKMARK_PICTURES.
func TestPictures(t *testing.T) {
	dir := os.Getenv("TICKMARK_PICTURES")
	if dir == "" {
		t.Skip("set TICKMARK_PICTURES to a folder to get packs to look at")
	}
	small, large := smallLedger(t), sizedLedger(t, 400)
	for _, c := range []struct {
		name string
		f    *forge
		set  func(*Options)
	}{
		{"small", small, func(*Options) {}},
		{"soc2", small, func(o *Options) { o.For, o.Type = "soc2", 2 }},
		{"sampled", large, func(o *Options) { o.Sample, o.Seed = 8, "Q4 2026 / dice 4-1-6-3" }},
		{"large", large, func(o *Options) { o.Sample, o.Seed, o.Disclose = 5, "dice", "all" }},
	} {
		o := c.f.options()
		c.set(&o)
		path := mustWrite(t, c.f, o, "pack", c.f.signer())
		to := filepath.Join(dir, c.name)
		os.RemoveAll(to)
		if err := os.CopyFS(to, os.DirFS(path)); err != nil {
			t.Fatal(err)
		}
	}
}
