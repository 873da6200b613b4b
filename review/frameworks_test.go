package review

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseControls(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"soc2", "soc2:CC5.1 soc2:CC5.2 soc2:CC5.3 soc2:CC6.1 soc2:CC6.2 soc2:CC6.3"},
		{"TSC:cc6.3 soc2:CC6.3", "soc2:CC6.3"},
		{"soc1", "soc1"},
		{"soc1 soc1:OBJ-7", "soc1:OBJ-7"},
		{"csf:PR.AC-1", "csf:PR.AA-01 csf:PR.AA-05"},
		{"csf:PR.AA-05 csf:pr.ac-1", "csf:PR.AA-01 csf:PR.AA-05"},
		{"csf:PR.DS-1", "csf:PR.DS-01"},
		{"800-53:AC-6(7)", "800-53:AC-6(7)"},
		{"pci iso", "iso:A.5.18 iso:A.8.2 pci:7.2.4 pci:7.2.5.1"},
	} {
		got, err := ParseControls(strings.Fields(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		var words []string
		for _, g := range got {
			words = append(words, g.String())
		}
		if s := strings.Join(words, " "); s != c.want {
			t.Errorf("%s gives %s, want %s", c.in, s, c.want)
		}
	}
}

func TestLegacyControlsAreNoted(t *testing.T) {
	got, err := ParseControls([]string{"csf:PR.AC-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got {
		if c.Note != "replaces PR.AC-1 of CSF 1.1" || c.Framework != "NIST CSF" || c.Version != "2.0" {
			t.Errorf("%+v", c)
		}
	}
}

func TestControlTextKeepsTheNote(t *testing.T) {
	for _, text := range []string{"csf:PR.AC-1", "csf:PR.DS-1", "csf:PR.AA-05", "soc1:OBJ-7", "800-53:AC-6(7)"} {
		want, err := ParseControls([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range want {
			got, err := ParseControls([]string{c.Text()})
			if err != nil || !slices.Contains(got, c) {
				t.Errorf("%s: %+v is written %s, which gives %+v, %v", text, c, c.Text(), got, err)
			}
		}
	}
}

func TestUnknownControlsAreRefused(t *testing.T) {
	for in, hint := range map[string]string{
		"hipaa":                           "soc2",
		"soc2:CC9.9":                      "CC6.3",
		"csf:PR.AC-4":                     "PR.AA-05",
		"800-207:SC-10":                   "Network Disconnect",
		"soc1:-x":                         "OBJ-7",
		"soc1:":                           "OBJ-7",
		"soc1:" + strings.Repeat("a", 33): "OBJ-7",
		"iso:":                            "A.5.18",
	} {
		_, err := ParseControls([]string{in})
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindUsage || !strings.Contains(e.Hint, hint) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestOSCALIDs(t *testing.T) {
	for in, want := range map[string]string{
		"soc2:CC6.3": "cc6.3", "800-53:AC-6(7)": "ac-6.7", "pci:7.2.4": "pci-7.2.4", "soc1:OBJ-7": "obj-obj-7", "iso:A.5.18": "a.5.18",
	} {
		got, err := ParseControls([]string{in})
		if err != nil || got[0].OSCAL() != want {
			t.Errorf("%s: %v %v, want %s", in, got, err, want)
		}
	}
}
