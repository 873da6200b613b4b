package importers

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
	_ "time/tzdata" // zone names of --timezone must be known on machines without a database of zones

	"tickmark/review"
)

const (
	maxRecords = 20_000_000 // importers.md 11
	maxValues  = 10_000     // from one cell
)

// Read reads one file into sink and reports what it held.
//
// The report is never nil. A refused file gives a *review.Error of kind refused whose Reason is a keyword of
// importers.md 13.3, and the report names it too; wrong flags give kind usage, a machine that fails kind io,
// a cancelled ctx kind cancelled, a sink that fails its own error. After any error the caller drops what the sink took;
// the report then tells what was found up to there.
func Read(ctx context.Context, in Input, o Options, sink Sink) (*review.ImportReport, error) {
	rd := newReading(ctx, in, &o)
	rd.sink = sink
	return rd.report(rd.read())
}

// Probe says how a file would be read, and maps its first thousand records: format, evidence, mapping, samples, warnings.
// Its counts are of those records only. Errors are those of Read.
func Probe(ctx context.Context, in Input, o Options) (*review.ImportReport, error) {
	rd := newReading(ctx, in, &o)
	rd.probing = true
	return rd.report(rd.read())
}

func newReading(ctx context.Context, in Input, o *Options) *reading {
	return &reading{ctx: ctx, in: in, o: o, rep: &review.ImportReport{File: in.Name, Warnings: []review.Warning{}}}
}

// report completes the report of a read that failed.
func (rd *reading) report(err error) (*review.ImportReport, error) {
	if err == nil {
		return rd.rep, nil
	}
	rd.describe()
	if rd.run != nil {
		rd.tell()
	}
	if rd.plan != nil {
		rd.rep.Columns = rd.plan.mappedFrom()
	}
	var own *review.Error
	if errors.As(err, &own) {
		rd.rep.Message, rd.rep.Hint = own.Message, own.Hint
		if own.Kind == review.KindRefused {
			rd.rep.Reason = own.Reason
			rd.rep.State = "refused"
			if own.Reason != "limit" {
				rd.hash()
			}
		}
	}
	return rd.rep, err
}

// reading is one call of Read.
type reading struct {
	ctx  context.Context
	in   Input
	o    *Options
	sink Sink
	rep  *review.ImportReport
	plan *plan
	run  *run // the last pass
	sent bool // the sink holds something

	probing bool // the rehearsal is enough
}

func (rd *reading) read() error {
	zone, err := rd.checkFlags()
	if err != nil {
		return err
	}
	var cs *charset
	if rd.o.Encoding != "" {
		c, e := parseCharset(rd.o.Encoding)
		if e != nil {
			return e
		}
		cs = &c
	}
	order, _ := parseOrder(rd.o.DateOrder)
	for {
		err := rd.attempt(cs, &calendar{flag: order, zone: zone, now: rd.o.Now})
		if !errors.Is(err, errNotUTF8) {
			return err
		}
		if cs, err = rd.guessCharset(); err != nil {
			return err
		}
	}
}

// checkFlags finds wrong usage before the file is touched.
func (rd *reading) checkFlags() (*time.Location, error) {
	o := rd.o
	if o.As != "" && lookup(o.As) == nil {
		return nil, unknownFormat(o.As)
	}
	if _, ok := parseOrder(o.DateOrder); !ok {
		return nil, review.Errorf(review.KindUsage, "--date-order %s is not an order", review.Quote(o.DateOrder)).WithHint("give dmy, mdy or ymd")
	}
	if o.Delimiter != "" {
		if _, e := parseDelimiter(o.Delimiter); e != nil {
			return nil, e
		}
	}
	if o.Timezone == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(o.Timezone)
	if err != nil {
		if d, ok := parseZone([]byte(o.Timezone)); ok {
			return time.FixedZone(o.Timezone, int(d/time.Second)), nil
		}
		return nil, review.Errorf(review.KindUsage, "--timezone %s is not a zone", review.Quote(o.Timezone)).WithHint("give a name such as Europe/Berlin, or an offset such as +01:00")
	}
	return zone, nil
}

// attempt reads the file in one encoding: a rehearsal over the first records to learn the dates, then the read, and
// once more from the start where late records contradict what was learned.
func (rd *reading) attempt(cs *charset, cal *calendar) error {
	p, err := settle(rd.ctx, rd.in, rd.o, cs)
	if p != nil {
		rd.plan = p
	}
	if err != nil {
		return err
	}
	if _, err := rd.pass(cal, settleRecords); err != nil {
		return err
	}
	for !rd.probing {
		cal.begin()
		if rd.sent {
			if err := rd.sink.Reset(); err != nil {
				return err
			}
		}
		rd.sent = true
		if _, err = rd.pass(cal, 0); err != nil {
			return err
		}
		if !cal.unsettled {
			break
		}
		cal.final = true
	}
	return rd.conclude()
}

// pass reads the file once, or, handing nothing on, its first limit records.
func (rd *reading) pass(cal *calendar, limit int64) (*run, error) {
	x := newRun(rd.plan, cal, rd.sink)
	rd.run = x
	defer x.closeScratch()
	x.muted = limit > 0
	x.progress = &progress{total: rd.in.Size}
	if !x.muted {
		x.progress.tell = rd.o.Progress
	}
	m := rd.plan.format.start(x)
	if x.err != nil {
		return x, x.err
	}
	turns := []bool{false}
	if m.first != nil && len(rd.plan.shape.first) > 0 {
		turns = []bool{true, false}
	}
	var f *feed
	for _, ahead := range turns {
		var err error
		if f, _, err = openFeed(rd.ctx, rd.in, rd.limit(), &rd.plan.charset); err != nil {
			return x, err
		}
		err = rd.records(f, x, m, limit, ahead)
		if err == nil {
			err = x.err
		}
		if err == nil && !ahead && limit == 0 {
			if err = f.drain(); err == nil {
				rd.rep.Bytes = f.raw.n
				rd.rep.SHA256 = hex.EncodeToString(f.raw.sum.Sum(nil))
			}
		}
		f.close()
		if err == errEnough {
			x.finish(m)
			return x, x.err
		}
		if err != nil {
			x.muted, x.err = true, nil
			x.finish(m) // what was read so far can still be told
			return x, err
		}
	}
	if !cal.final && limit > 0 {
		cal.final = true // the rehearsal saw the whole file
	}
	x.finish(m)
	return x, x.err
}

func (rd *reading) limit() int64 {
	if rd.o.MaxBytes > 0 && rd.o.MaxBytes < maxFile {
		return rd.o.MaxBytes
	}
	return maxFile
}

// records hands every record to the mapper.
func (rd *reading) records(f *feed, x *run, m mapper, limit int64, ahead bool) error {
	p := rd.plan
	switch {
	case p.content != nil:
		b := buffer{f: f, buf: p.content, end: len(p.content), eof: true, marks: markBytes(p.content)}
		if holdsKey(nil, p.content) {
			b.marks |= hasKey
		}
		return x.readCSV(&csvScanner{buffer: b, delim: p.delim, name: p.in.Name, line: 1}, m.each, limit)
	case p.csv:
		return x.readCSV(&csvScanner{buffer: buffer{f: f, progress: x.progress}, delim: p.delim, name: p.in.Name, line: 1}, m.each, limit)
	}
	j := &jsonReader{s: newJSONScanner(f, p.in.Name, p.keys, x.progress), x: x, each: m.each, shape: &p.json, limit: limit, ahead: ahead}
	if ahead {
		j.each = m.first
	}
	return j.read()
}

// conclude fills the report of a file that was read whole.
func (rd *reading) conclude() error {
	rd.describe()
	rd.tell()
	if keyword := serious(rd.rep.Warnings); rd.o.Strict && keyword != "" {
		e := refuse(keyword, "%s: no serious warning was expected with --strict, %s was found", rd.plan.spot(), keyword)
		for _, v := range rd.rep.Warnings {
			if v.Keyword == keyword {
				e.Hint = v.Text
			}
		}
		return e
	}
	return nil
}

// tell fills in what the last pass found.
func (rd *reading) tell() {
	p, rep, x := rd.plan, rd.rep, rd.run
	if len(rep.Mapping) == 0 {
		rep.Mapping = x.mapping
	}
	rep.System, rep.Instance = x.system, x.instance
	if t := parseStamp([]byte(p.exportedAt)); t.style == fixedStyle && !t.day {
		rep.ExportedAt, rep.ExportedFrom = t.at, "file"
	}
	rep.RowsRead, rep.RowsReject, rep.NotAGrant = x.rowsRead, x.rowsRejected, x.notAGrant
	rep.Accounts, rep.Identities, rep.Grants = x.accountNum, x.identityNum, x.grantCount
	rep.Duplicates = x.duplicates
	if rd.o.ReviewAccounts || x.grantCount == 0 {
		rep.AccountRows = x.accounts.rows()
	}
	rep.Complete = x.complete
	if p.format.full && rep.Complete == review.UnknownScope {
		rep.Complete = review.Full
	}
	w := x.warnings
	p.warnings(w)
	rep.Dropped, rep.Rejects, rep.Samples, rep.Notes = x.drops.columns, x.rejects, x.samples, x.notes
	rep.Columns = p.mappedFrom()
	if p.cut > 0 {
		rep.Notes = append(rep.Notes, fmt.Sprintf("%d column names longer than %d characters were cut", p.cut, maxName))
	}
	rep.Warnings = w.list()
}

// describe fills in what is known before any record is read.
func (rd *reading) describe() {
	p, rep := rd.plan, rd.rep
	if p == nil {
		return
	}
	rep.Encoding = p.charset.name
	rep.Evidence = p.evidence
	if p.csv {
		rep.Delimiter = delimiterName(p.delim)
	}
	if p.format == nil {
		return
	}
	rep.Format, rep.FormatVer = p.format.ID, p.format.version
	rep.Mapping = p.mapping
	rep.HeaderHash = p.headerHash()
}

// mappedFrom are the columns that --map can name; none where the format knows its own.
func (p *plan) mappedFrom() []string {
	switch {
	case p.format == nil || p.format.tier != 2:
		return nil
	case p.csv:
		return p.header
	}
	return p.columnNames
}

// warnings adds what was noticed before the first record.
func (p *plan) warnings(w *warnings) {
	line := func() string { return fmt.Sprintf("line %d", p.headLine) }
	for range p.blank {
		w.add("blank-header", line)
	}
	for range p.doubled {
		w.add("duplicate-header", line)
	}
	if len(p.leading) > 0 {
		w.set("leading-lines", int64(len(p.leading)), "line 1")
		w.say("leading-lines", "title lines before the header were skipped: "+review.Quote(p.leading[0]))
	}
	if p.charset.guessed {
		w.set("encoding-guessed", 1, "")
	}
	if n := p.charset.invalid; n > 0 {
		w.set("invalid-utf8", n, p.charset.invalidAt[0])
		w.by["invalid-utf8"].Where = p.charset.invalidAt
	}
}

// hash reads a refused file to its end, so that the report can name it.
func (rd *reading) hash() {
	if rd.rep.SHA256 != "" || rd.ctx.Err() != nil {
		return
	}
	f, err := rd.in.Open()
	if err != nil {
		return
	}
	defer f.Close()
	raw := newRawReader(rd.ctx, f, rd.in.Name, rd.limit())
	if _, err := io.Copy(io.Discard, raw); err == nil {
		rd.rep.Bytes, rd.rep.SHA256 = raw.n, hex.EncodeToString(raw.sum.Sum(nil))
	}
}

// guessCharset counts over the whole file and decides what it is when it is no UTF-8 (importers.md 2.2).
func (rd *reading) guessCharset() (*charset, error) {
	lax := charset{name: "utf-8", lax: true}
	f, head, err := openFeed(rd.ctx, rd.in, rd.limit(), &lax)
	if err != nil {
		return nil, err
	}
	defer f.close()
	if sniffCharset(head).bom == 3 {
		lax.name, lax.bom = "utf-8-bom", 3
	}
	var n utf8Count
	n.lines = 1
	for b := range f.blocks {
		n.add(b.b)
		if b.err != nil && b.err != io.EOF {
			return nil, b.err
		}
		if b.err == nil {
			f.free <- b.b[:0]
		}
	}
	n.end()
	if rd.o.Encoding == "" && lax.bom == 0 && n.valid < 4*n.invalid {
		c := charsetNames["windows1252"]
		c.guessed = true
		return &c, nil
	}
	lax.invalid, lax.invalidAt = n.invalid, n.where
	return &lax, nil
}
