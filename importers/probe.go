package importers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
)

// plan is how a file will be read. It is settled before the first record is mapped and does not change in a pass.
type plan struct {
	in      Input
	o       *Options
	charset charset
	cells   charset // of what records are cut from; not that of the file where they lie in an envelope
	dialect
	content []byte     // CSV text that was taken out of an envelope
	dropped []dropKind // of each column
	drops   bool       // some column is not kept
	keys    *keyTable
	json    jsonShape
	outline *outline

	format   *format
	shape    *shape
	evidence []string

	fields  []field         // of a generic mapping
	mapping []review.Assign // as reported
	splits  []review.Assign // column (normal name) and separator
	wide    bool            // every unmapped column is an entitlement
	guessed bool
	exact   bool // columns named identity and entitlement exist

	exportedAt  string          // as the file says
	paths       map[string]bool // JSON: the dotted normal names of the sample records
	columnNames []string        // JSON: the keys of the sample records, for people
}

// dropKind says why a column is not kept.
type dropKind uint8

const (
	secretColumn dropKind = 1 + iota
	personalColumn
)

// probe is what a file shows before it is read: its names, and for JSON its outline.
type probe struct {
	csv     bool
	names   []string        // columns or keys for people, in order
	paths   map[string]bool // normal names; of JSON with dots
	top     map[string]bool // normal keys of the top-level object
	outline *outline
	sample  []*outlined
	dialect *dialect
}

// has reports a name, or one that begins so for NAME*.
func (p *probe) has(name string) bool {
	prefix, ok := strings.CutSuffix(name, "*")
	if !ok {
		return p.paths[name]
	}
	for n := range p.paths {
		if strings.HasPrefix(n, prefix) {
			return true
		}
	}
	return false
}

// text is a scalar of the first sample record.
func (p *probe) text(name string) string {
	if len(p.sample) == 0 {
		return ""
	}
	return p.sample[0].text(name)
}

// place is where the file as a whole begins: its header, or its first character.
func (p *plan) place() string {
	if p.csv {
		return fmt.Sprintf("line %d", max(p.headLine, 1))
	}
	return "#"
}

// startOf is the place of what concerns a whole file that was not understood.
func startOf(name string) string { return review.Safe(name) + ":1:1" }

// spot is the place of what concerns the records of the file as a whole: the header of CSV, the beginning of JSON.
func (p *plan) spot() string {
	if p.csv {
		return fmt.Sprintf("%s:%d:1", review.Safe(p.in.Name), max(p.headLine, 1))
	}
	return startOf(p.in.Name)
}

// refuse is a refusal with one of the reasons of importers.md 13.3.
func refuse(reason, format string, args ...any) *review.Error {
	return review.Errorf(review.KindRefused, format, args...).WithReason(reason)
}

// settle looks at the beginning of a file (of a JSON object, at all of it) and decides how to read it.
func settle(ctx context.Context, in Input, o *Options, cs *charset) (*plan, error) {
	limit := int64(maxFile)
	if o.MaxBytes > 0 && o.MaxBytes < limit {
		limit = o.MaxBytes
	}
	if in.Size > limit {
		return nil, limitError(startOf(in.Name), "a file of at most %d bytes was expected, a longer one was found", limit).
			WithHint("split the export, or raise the limit with --max-bytes up to %d", int64(maxFile))
	}
	f, head, err := openFeed(ctx, in, limit, cs)
	if err != nil {
		return nil, err
	}
	defer f.close()
	p := &plan{in: in, o: o, charset: f.charset, cells: f.charset, keys: newKeyTable()}
	if err := refuseContainer(in, head); err != nil {
		return p, err
	}
	b := &buffer{f: f}
	first, err := firstChar(b)
	if err != nil {
		return p, err
	}
	if first == 0 {
		return p, refuse("empty", "%s: records were expected, an empty file was found", startOf(in.Name)).
			WithHint("make the export again and look at its size")
	}
	if err := p.refuseMarkup(b); err != nil {
		return p, err
	}
	if first == '{' || first == '[' {
		s := newJSONScanner(f, in.Name, p.keys, nil)
		s.buffer = *b
		if err := p.settleJSON(s); err != nil || !p.shape.envelope {
			return p, err
		}
		again, _, err := openFeed(ctx, in, limit, &p.charset)
		if err != nil {
			return p, err
		}
		defer again.close()
		return p, p.openEnvelope(newJSONScanner(again, in.Name, p.keys, nil))
	}
	return p, p.settleCSV(b)
}

// settleCSV finds dialect, header and format of a CSV file.
func (p *plan) settleCSV(b *buffer) error {
	forced := byte(0)
	if p.o.Delimiter != "" {
		var e *review.Error
		if forced, e = parseDelimiter(p.o.Delimiter); e != nil {
			return e
		}
	}
	b.pos = 0
	for {
		whole := b.eof
		if b.end >= sampleBytes || whole {
			d, ready, err := settleDialect(p.in.Name, &p.cells, b.buf[:b.end], whole, forced)
			if err != nil {
				return err
			}
			if ready {
				p.dialect = *d
				break
			}
			if b.end > maxRecord+sampleBytes {
				return limitError(startOf(p.in.Name), "a header of at most %d bytes was expected, a longer one was found", maxRecord).WithHint("check the delimiter with --delimiter")
			}
		}
		if _, _, err := b.more(0); err != nil {
			return err
		}
	}
	if len(p.header) == 0 {
		return refuse("empty", "%s: a header and records were expected, none were found", startOf(p.in.Name)).WithHint("make the export again and look at its size")
	}
	pr := &probe{csv: true, names: p.header, paths: map[string]bool{}, dialect: &p.dialect}
	for _, n := range p.names {
		pr.paths[n] = true
	}
	if p.typeLine != "" {
		p.evidence = append(p.evidence, "#TYPE "+p.typeLine)
	}
	if err := p.choose(pr, genericCSV); err != nil {
		return err
	}
	p.dropColumns()
	return nil
}

// dropColumns marks the columns that hold secrets and personal data (importers.md 12).
func (p *plan) dropColumns() {
	p.dropped = make([]dropKind, len(p.header))
	for i, n := range p.names {
		n, _, _ = strings.Cut(n, "#")
		switch {
		case slices.Contains(p.format.facts, norm(n)):
		case secretName(norm(n)):
			p.dropped[i] = secretColumn
		case personalName(norm(n)) && !p.mapped(i):
			p.dropped[i] = personalColumn
		}
		p.drops = p.drops || p.dropped[i] != 0
	}
}

// mapped reports a column the user named with --map.
func (p *plan) mapped(i int) bool {
	return len(p.o.Map) > 0 && slices.ContainsFunc(p.fields, func(f field) bool { return f.fixed == "" && f.i == i })
}

// headerHash names the header, for saved profiles (importers.md 7.7).
func (p *plan) headerHash() string {
	names := p.names
	if !p.csv {
		names = nil
		for _, n := range p.columnNames {
			names = append(names, norm(n))
		}
		slices.Sort(names)
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:])
}

// settleJSON finds shape and format of a JSON file.
func (p *plan) settleJSON(s *jsonScanner) error {
	out, err := s.look()
	if err != nil {
		return err
	}
	p.outline = out
	n := startOf(p.in.Name)
	if len(out.objs) == 0 || out.kind == '{' && !out.stream && out.objs[0].count == 0 {
		return refuse("unknown-shape", "%s: a list of objects was expected, none was found", n).
			WithHint("export the records as a JSON array of objects, or as one object a line")
	}
	if out.others && out.kind == '[' && len(out.objs) < 1 {
		return p.unknownShape()
	}
	first := out.objs[0]
	single := out.kind == '{' && !out.stream
	if single && isErrorDocument(first) {
		return p.errorDocument(s)
	}
	pr := &probe{outline: out, paths: map[string]bool{}, top: map[string]bool{}}
	for _, m := range first.members {
		pr.top[m.norm] = true
	}
	j := &p.json
	j.array, j.stream, j.nested = out.kind == '[', out.stream, out.nested
	pr.use(out.objs)
	p.columnNames, p.paths = pr.names, pr.paths
	wrap := findWrapper(first)
	if p.o.As == "" || len(lookupTop(p.o.As)) > 0 {
		if m := p.chooseTop(pr); m != nil {
			p.take(m)
			j.wrap = wrap
			j.lists = m.shape.lists
			if j.lists == nil && wrap != nil {
				j.lists = []string{wrap.list}
			}
			j.pages = j.array && j.lists != nil
			var sample []*outlined
			for _, l := range j.lists {
				sample = append(sample, out.inside(l)...)
			}
			pr.use(sample)
			p.columnNames, p.paths = pr.names, pr.paths
			return nil
		}
	}
	generic := genericJSON
	if out.stream {
		generic = genericNDJSON
	}
	if !single && p.o.As == "" && len(p.o.Map) == 0 {
		if m := choose(pr, false); m != nil && m.format.tier == 0 {
			p.take(m)
			return nil
		}
	}
	pr.top = nil
	switch {
	case wrap != nil:
		j.wrap, j.lists, j.pages = wrap, []string{wrap.list}, j.array
		sample := out.inside(wrap.list)
		pr.use(sample)
		if len(sample) == 0 && p.o.As == "" {
			p.format, p.shape = generic, &generic.shapes[0]
			p.evidence = append(p.evidence, "an empty list under "+wrap.list)
			return nil
		}
	case single && p.single(pr):
		p.evidence = append(p.evidence, "a single object in place of a list")
		return nil
	case single && first.keyedByID():
		j.keyed = true
		var sample []*outlined
		for _, m := range first.members {
			sample = append(sample, outlineVal(m.v))
		}
		pr.use(sample)
		pr.paths["_key"] = true
		pr.names = append(pr.names, "_key")
	case single:
		return p.unknownShape()
	}
	return p.choose(pr, generic)
}

// inside gives the objects seen in a list of the outlined wrappers.
func (o *outline) inside(list string) (sample []*outlined) {
	for _, w := range o.objs {
		if m := w.member(list); m != nil {
			sample = append(sample, m.sample...)
			if m.kind == '{' {
				sample = append(sample, outlineVal(m.v))
			}
		}
	}
	return sample
}

// use takes the names from sample records.
func (pr *probe) use(sample []*outlined) {
	pr.sample, pr.names, pr.paths = sample, nil, map[string]bool{}
	seen := map[string]bool{}
	for _, o := range sample[:min(len(sample), sampleRecords)] {
		o.paths(pr.paths, "")
		for _, m := range o.members {
			if !seen[m.norm] {
				seen[m.norm] = true
				pr.names = append(pr.names, m.key)
			}
		}
	}
}

// outlineVal is the outline of an object that was kept whole.
func outlineVal(v val) *outlined {
	o := &outlined{allObjects: true}
	for c := v.first(); c.ok(); c = c.sibling() {
		o.count++
		o.allObjects = o.allObjects && c.kind() == '{'
		m := &member{key: c.key(), norm: c.normKey(), kind: c.kind(), v: c}
		if m.kind == '[' {
			m.n, m.first = int64(c.len()), c.first().kind()
		}
		o.members = append(o.members, m)
	}
	return o
}

// lookupTop gives the shapes of a format that are recognised by the top-level object.
func lookupTop(id string) (out []*shape) {
	if f := lookup(id); f != nil {
		for i := range f.shapes {
			if len(f.shapes[i].top) > 0 {
				out = append(out, &f.shapes[i])
			}
		}
	}
	return out
}

// chooseTop finds the format that the top-level object names, among those --as allows.
func (p *plan) chooseTop(pr *probe) *fit {
	if len(p.o.Map) > 0 {
		return nil
	}
	if p.o.As == "" {
		return choose(pr, true)
	}
	f := lookup(p.o.As)
	var best *fit
	for _, s := range lookupTop(p.o.As) {
		if m, missing := f.match(s, pr); len(missing) == 0 && m.beats(best) {
			best = &m
		}
	}
	return best
}

// single tries the top-level object as the only record of a native format.
func (p *plan) single(pr *probe) bool {
	if p.o.As != "" || len(p.o.Map) > 0 {
		if f := lookup(p.o.As); f == nil || f.tier > 1 {
			return false
		}
		if err := p.chooseAs(pr); err != nil {
			p.evidence = nil
			return false
		}
		p.json.whole = true
		return true
	}
	m := choose(pr, false)
	if m == nil || m.format.tier > 0 {
		return false
	}
	p.take(m)
	p.json.whole = true
	return true
}

func (p *plan) unknownShape() error {
	found := "an array of something else"
	if len(p.outline.objs) > 0 {
		var keys []string
		for _, m := range p.outline.objs[0].members {
			keys = append(keys, m.key)
		}
		found = "a single object with the keys " + nameList(keys)
	}
	return refuse("unknown-shape", "%s: a list of objects was expected, %s was found", startOf(p.in.Name), found).
		WithHint("export the list alone, for example with jq '.KEY' FILE, or say what it is with --as; `tickmark formats` lists what is recognised")
}
