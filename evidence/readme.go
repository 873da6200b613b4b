package evidence

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"text/template"

	"tickmark/ledger"
)

//go:embed templates/check.sh
var checkSh []byte

//go:embed templates/check.ps1
var checkPs1 []byte

//go:embed templates/readme.txt
var readmeTemplate string

// cannotShow is what no check of a pack can see (ledger.md 6), for people who read no report of a verifier.
var cannotShow = [...]string{
	"Whether the keys belong to the people they stand for: confirm the list of keys with the organisation.",
	"Whether entries were removed from the end before you received the pack: compare the head with a receipt or an\n  earlier head.",
	"When something happened, beyond the review host's own clock, unless an outside proof of time is given.",
	"That a screen displayed what was signed, that the source system told the truth, that the extract was complete, that\n  a key was used by its owner, or that nobody was coerced.",
	"That access was removed, except where a later import shows it absent. A closed ticket is a claim.",
}

// readmeText makes README.txt. It is text for people; nothing in it is relied on.
func readmeText(b *book) ([]byte, error) {
	stmt := &b.pack.stmt
	index, err := read(b.pack.fsys, fileBundleIndex, maxNames*256)
	if err != nil {
		return nil, err
	}
	// The example is a decision if there is one: that is what people want to see checked.
	lines := strings.Split(strings.TrimSuffix(string(index), "\n"), "\n")
	example := lines[0]
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, " "+ledger.NamespaceReview+" ") }); i >= 0 {
		example = lines[i]
	}
	f := append(strings.Fields(example), "", "", "", "", "")
	t, err := template.New("README.txt").Parse(readmeTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, map[string]any{
		"Log": stmt.Log, "Size": stmt.Size, "Root": stmt.Root.Base64(), "Start": stmt.WindowStart, "End": stmt.WindowEnd,
		"AsOf": stmt.AsOf, "View": b.viewWords(), "Campaigns": stmt.Campaigns, "Exporter": stmt.Exporter, "Tool": show(stmt.Tool),
		"First": f[0], "FirstKind": f[1], "FirstNamespace": f[2], "FirstWho": f[3], "FirstTime": f[4],
		"Sampled": stmt.Disclosure == "sampled", "SampleSize": stmt.SampleSize, "Seed": show(stmt.SampleSeed),
		"SeedText": ledger.Escape(stmt.SampleSeed), "Withheld": b.withheld, "CannotSee": cannotShow[:],
		"Samples": b.samples > 0, "Host": b.hostSigned() > 0, "Anchors": len(b.anchors), "Stamp": b.stamp(),
		"Heads": len(under(b.pack.fsys.list(), dirProofs+"checkpoint-")) > 0, "Tokens": len(under(b.pack.fsys.list(), dirTokens)) > 0,
	})
	return out.Bytes(), err
}

// stamped is a time stamp in a pack, for the example by hand.
type stamped struct {
	Size  int64  // of the head
	Token string // the file
}

// stamp gives the newest time stamp whose head and token are in the pack; nil if there is none.
func (b *book) stamp() *stamped {
	list := b.pack.fsys.list()
	for _, a := range slices.Backward(b.anchors) {
		_, hasToken := find(list, tokenFile(a.index))
		_, hasHead := find(list, headFile(a.v.Size))
		if a.v.Type == ledger.AnchorTimestamp && hasToken && hasHead {
			return &stamped{a.v.Size, tokenFile(a.index)}
		}
	}
	return nil
}
