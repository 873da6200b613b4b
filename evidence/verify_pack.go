package evidence

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// verifier makes the checks that only packs need (evidence-pack.md 4), after those of the ledger.
type verifier struct {
	ctx    context.Context
	fsys   files
	o      VerifyOptions
	pack   *Pack
	report *ledger.Report
	early  []ledger.Failure // found before there was a report
	counts map[string]int
	alone  *alone
	book   *book
	digest ledger.Hash // of the manifest

	decisions []int64 // disclosed
}

// mostOfAKind is how many failures of one code in one file are listed; a mutated table would give thousands.
const mostOfAKind = 5

func (v *verifier) fail(code ledger.Code, file, format string, args ...any) {
	v.failAt(ledger.NoIndex, code, file, format, args...)
}

func (v *verifier) failAt(index int64, code ledger.Code, file, format string, args ...any) {
	if v.report != nil && v.report.Found(code) >= ledger.MostOfACode {
		v.report.Fail(ledger.Failure{Code: code}) // counted only
		return
	}
	if v.counts == nil {
		v.counts = map[string]int{}
	}
	kind := string(code) + " " + file
	if strings.HasPrefix(file, dirProofs) || strings.HasPrefix(file, dirBundles) || strings.HasPrefix(file, dirEntries) {
		kind = string(code) + " " + file[:strings.LastIndexByte(file, '/')]
	}
	n := v.counts[kind]
	v.counts[kind]++
	words := fmt.Sprintf(format, args...)
	switch {
	case n == mostOfAKind:
		words = "there is more of this kind, which is not listed"
	case n > mostOfAKind:
		return
	}
	f := ledger.Failure{Code: code, Index: index, File: file, Words: words}
	if v.report == nil {
		v.early = append(v.early, f)
		return
	}
	v.report.Fail(f)
}

func (v *verifier) finish(p *Pack) (*Report, error) {
	for _, f := range v.early {
		v.report.Fail(f)
	}
	if words := v.report.CannotSee; len(v.report.Failures) > 0 && len(words) > 0 && strings.HasPrefix(words[0], "These files have not changed") {
		words[0] = "Something is wrong with these files: see the failures above. Nothing below makes up for them."
	}
	r := newReport(v.report)
	if p != nil {
		s := p.stmt
		r.Pack = &Summary{Manifest: hex.EncodeToString(v.digest[:]), View: s.View, Window: [2]string{string(s.WindowStart), string(s.WindowEnd)},
			AsOf: string(s.AsOf), Campaigns: s.Campaigns, Disclosure: s.Disclosure, Exporter: s.Exporter, Key: s.Key, Files: len(v.fsys.list())}
	}
	return r, nil
}

func (v *verifier) all() error {
	steps := []struct {
		name string
		do   func() error
	}{
		{"the manifest", v.manifest},
		{"trust files", v.trust},
		{"signed statements", func() error { return v.found(v.alone.bundles) }},
		{"proofs", v.proofs},
		{"the population", v.lists},
		{"originals", v.originals},
		{"evidence files", v.evidence},
		{"tables", v.tables},
		{"the workbook", func() error { return v.found(v.alone.workbook) }},
		{"the report", func() error { return v.found(v.alone.pages) }},
		{"the OSCAL document", v.oscal},
		{"the in-toto statement", func() error { return v.found(v.alone.statement) }},
	}
	for i, s := range steps {
		if err := v.ctx.Err(); err != nil {
			return sourceError(err)
		}
		if v.o.Progress != nil {
			v.o.Progress(review.Progress{Stage: "verifying " + s.name, Done: int64(i), Total: int64(len(steps)), Unit: "checks"})
		}
		if err := s.do(); err != nil {
			return sourceError(err)
		}
	}
	return nil
}

// alone is what the files say without the ledger. It is found on another core while the ledger is verified, and joins the
// report where its turn is.
type alone struct {
	*task
	listing, bundles, jsonl, workbook, statement, pages *verifier
}

// lookAlone begins that: it may use the statement of the pack, its leaf hashes and entries, and none of its lists. The
// files must stay open until it has ended.
func (v *verifier) lookAlone() *alone {
	ctx := v.ctx
	part := func() *verifier {
		return &verifier{ctx: ctx, fsys: v.fsys, o: v.o, pack: v.pack, report: new(ledger.Report)}
	}
	a := &alone{listing: part(), bundles: part(), jsonl: part(), workbook: part(), statement: part(), pages: part()}
	a.task = meanwhile(func() error {
		for _, check := range []func() error{a.listing.listing, a.bundles.bundles, a.jsonl.jsonl, a.workbook.workbook, a.statement.inToto, a.pages.pages} {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := check(); err != nil {
				return err
			}
		}
		return nil
	})
	return a
}

// found takes over what was found alone.
func (v *verifier) found(by *verifier) error {
	err := v.alone.wait()
	v.report.Take(by.report)
	return err
}

// listing checks that the files are exactly those that the manifest lists, each with its digest, and that the zip has its
// one form (3).
func (v *verifier) listing() error {
	list := v.fsys.list()
	for _, name := range required() {
		if _, ok := find(list, name); !ok {
			v.fail(ledger.CodeManifest, name, "the file is missing")
		}
	}
	if z, ok := v.fsys.(*zipped); ok {
		same, err := z.canonical()
		if err != nil {
			return err
		}
		if !same {
			v.fail(ledger.CodeManifest, "", "the zip is not in its one form: sorted, stored, dated 1980-01-01, nothing beside the files")
		}
	}
	text, err := readManifest(v.fsys)
	if err != nil {
		return nil // reported as missing, or too large to be one
	}
	return v.listed(text, list)
}

func readManifest(fsys files) ([]byte, error) {
	return read(fsys, fileManifest, maxNames*(maxNameLength+70))
}

// manifest takes over what the listing found, and checks that the exporter signed (3).
func (v *verifier) manifest() error {
	if err := v.found(v.alone.listing); err != nil {
		return err
	}
	text, err := readManifest(v.fsys)
	if err != nil {
		return nil // reported as missing, or too large to be one
	}
	v.digest = ledger.Sum(text)
	armored, err := read(v.fsys, fileManifestSig, coreFileLimit)
	if err != nil {
		return nil
	}
	own, packed := v.o.Signers, []byte(nil)
	if packed, err = read(v.fsys, fileSigners, coreFileLimit); err != nil && own == nil {
		return nil // reported as missing
	}
	if own == nil || v.vouchedFor(own) {
		own = packed
	}
	if _, err := judgeManifest(text, armored, own, &v.pack.stmt); err != nil {
		v.fail(ledger.CodeManifest, fileManifestSig, "the exporter's signature is not accepted: %s", plainWords(err))
	}
	return nil
}

// vouchedFor reports whether the verifier's own roster is a version of the ledger from which an unbroken chain of
// signed rosters leads to the newest, so that the newest may judge: the exporter may have been enrolled later.
func (v *verifier) vouchedFor(own []byte) bool {
	if v.report == nil || v.report.Replay == nil || v.report.Has(ledger.CodeRoster) || v.report.Has(ledger.CodeSignature) || v.report.Has(ledger.CodeKey) {
		return false
	}
	digest := ledger.Sum(own)
	return slices.ContainsFunc(v.report.Replay.Rosters(), func(r ledger.RosterState) bool { return r.Roster.SignersSHA256 == digest })
}

// listed goes through the manifest and the files side by side; both are sorted by name.
func (v *verifier) listed(text []byte, list []file) error {
	hasher, buffer := sha256.New(), make([]byte, 1<<18)
	texts, err := newTextReader(v.fsys)
	if err != nil {
		return err
	}
	i, last := 0, ""
	extra := func(f file) {
		if f.name == fileManifest || f.name == fileManifestSig {
			return
		}
		v.fail(ledger.CodeManifest, f.name, "the file is not in the manifest")
	}
	for n, line := range slices.Collect(bytes.Lines(text)) {
		sum, name, ok := manifestLine(line)
		if !ok || name <= last || name == fileManifest || name == fileManifestSig {
			v.fail(ledger.CodeManifest, fileManifest, "line %d is not a digest and a path, or not in its place", n+1)
			continue
		}
		last = name
		for i < len(list) && list[i].name < name {
			extra(list[i])
			i++
		}
		if i == len(list) || list[i].name != name {
			if !slices.Contains(required(), name) { // said already
				v.fail(ledger.CodeManifest, name, "the file is missing")
			}
			continue
		}
		f := list[i]
		i++
		if !namedFile(name) {
			v.fail(ledger.CodeManifest, name, "no file of that name belongs there")
		}
		hasher.Reset()
		if _, err := copyFile(hasher, v.fsys, texts, f, buffer); err != nil {
			v.fail(ledger.CodeManifest, name, "the file cannot be read: %s", plainWords(err))
			continue
		}
		if [32]byte(hasher.Sum(nil)) != sum {
			v.fail(ledger.CodeManifest, name, "the file has changed: its digest is not that of the manifest")
		}
		if n%1024 == 0 && v.ctx.Err() != nil {
			return v.ctx.Err()
		}
	}
	for ; i < len(list); i++ {
		extra(list[i])
	}
	return nil
}

// manifestLine reads "<64 hex digits>  <path>" and its line end.
func manifestLine(line []byte) (sum [32]byte, name string, ok bool) {
	const head = 64 + 2
	if len(line) <= head+1 || line[len(line)-1] != '\n' || string(line[64:head]) != "  " {
		return sum, "", false
	}
	if n, err := hex.Decode(sum[:], line[:64]); n != 32 || err != nil || !bytes.Equal(bytes.ToLower(line[:64]), line[:64]) {
		return sum, "", false
	}
	name = string(line[head : len(line)-1])
	return sum, name, checkName(name) == ""
}

// trust checks that the roster on top is the newest one and that its undated form fits (1), and what pack.txt says
// against the ledger.
func (v *verifier) trust() error {
	s := &v.pack.stmt
	r := v.report.Replay
	if r == nil {
		return nil
	}
	if rosters := r.Rosters(); len(rosters) > 0 {
		newest := rosters[len(rosters)-1]
		top, err := read(v.fsys, fileSigners, coreFileLimit)
		if err == nil && ledger.Sum(top) != newest.Roster.SignersSHA256 {
			v.fail(ledger.CodeRoster, fileSigners, "the file is not the newest roster, which entry %d names", newest.Index)
		}
		if parsed, perr := ledger.ParseRosterFile(top); err == nil && perr == nil {
			if bare, err := read(v.fsys, fileNoDates, coreFileLimit); err == nil && !bytes.Equal(bare, parsed.FormatNoDates()) {
				v.fail(ledger.CodeRoster, fileNoDates, "the file is not the newest roster without its dates")
			}
		}
		for _, ro := range rosters {
			if _, ok := find(v.fsys.list(), rosterFile(ro.Index)); !ok {
				v.failAt(ro.Index, ledger.CodeRoster, rosterFile(ro.Index), "the file of this roster version is missing")
			}
		}
	}
	if head := v.report.Head; head.Size != s.Size || head.Root != s.Root {
		v.fail(ledger.CodeCheckpoint, filePack, "pack.txt names the head %s, the entries give %s", ledger.Head{Size: s.Size, Root: s.Root}, head)
	}
	if r.Log() != s.Log {
		v.fail(ledger.CodeReplay, filePack, "pack.txt names the ledger %s, its entries %s", review.Quote(s.Log), review.Quote(r.Log()))
	}
	if s.WindowStart > s.WindowEnd || strings.HasSuffix(s.View, "-type1") && s.WindowStart != s.WindowEnd {
		v.fail(ledger.CodeManifest, filePack, "the window %s to %s does not fit the view", s.WindowStart, s.WindowEnd)
	}
	if sampled := s.Disclosure == "sampled"; !sampled && (s.SampleSeed != "" || s.SampleSize != 0) || sampled && (s.SampleSeed == "") != (s.SampleSize == 0) {
		v.fail(ledger.CodeManifest, filePack, "seed and size of the sample do not fit the disclosure")
	}
	return nil
}

// firstLineDifference shows where two texts part.
func firstLineDifference(have, want []byte) string {
	h, w := bufio.NewScanner(bytes.NewReader(have)), bufio.NewScanner(bytes.NewReader(want))
	for n := 1; ; n++ {
		a, b := h.Scan(), w.Scan()
		switch {
		case !a && !b:
			return "the line ends differ from what they must be"
		case !a:
			return fmt.Sprintf("line %d is missing: %s", n, review.Quote(w.Text()))
		case !b:
			return fmt.Sprintf("line %d is more than there should be: %s", n, review.Quote(h.Text()))
		case h.Text() != w.Text():
			return fmt.Sprintf("line %d is %s, it must be %s", n, review.Quote(h.Text()), review.Quote(w.Text()))
		}
	}
}
