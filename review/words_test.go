package review

import "testing"

func TestInWords(t *testing.T) {
	for word, want := range map[string]string{"abstain": "don't know", "still-present": "still present", "came-back": "came back", "keep": "keep",
		"renewed until 2027-03-27": "renewed until 2027-03-27", "-": "-", "": ""} {
		if got := InWords(word); got != want {
			t.Errorf("%q is told as %q", word, got)
		}
	}
}
