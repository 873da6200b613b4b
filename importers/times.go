package importers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickmark/review"
)

// timeRole says what a date column means, and with it what empty and magic values mean.
type timeRole uint8

const (
	pastTime timeRole = iota // created, granted: in the past
	usedTime                 // last login, last used: in the past, or never
	endTime                  // expiry, termination: the future is normal, far future is no end
)

// dateColumn settles the times of one date column (importers.md 5.4). Evidence is kept from pass to pass, counts are not.
type dateColumn struct {
	name   string
	role   timeRole
	empty  review.TimeState // what an empty cell says
	native dateOrder        // the format's own order

	days, months, clock12 bool // evidence: a cell showed day first, month first, a 12-hour clock
	serials, others       bool // evidence: a cell was a spreadsheet serial, was something else

	dates   bool     // a cell of this pass was a date
	strange int64    // cells of this pass that hold something and no date
	shown   []string // the first few of them

	open        int64 // cells of this pass that stayed open
	usedAny     bool  // cells of this pass were settled with usedOrder
	usedOrder   dateOrder
	usedSerial  bool
	firstOpen   string
	firstSerial string
	serialCount int64
	recent      []readTime // short texts read before
}

// recentText is the longest text that is worth remembering.
const recentText = 32

// readTime is a text and what it was read as.
type readTime struct {
	raw string
	at  review.Time
}

// calendar settles all date columns of one file.
type calendar struct {
	columns   []*dateColumn
	flag      dateOrder
	zone      *time.Location // nil: UTC, assumed
	now       time.Time
	final     bool // the evidence is complete
	unsettled bool // evidence arrived that contradicts what this pass handed on
}

// column finds or makes the column of a name.
func (c *calendar) column(name string, role timeRole) *dateColumn {
	for _, d := range c.columns {
		if d.name == name && d.role == role {
			return d
		}
	}
	d := &dateColumn{name: name, role: role, empty: review.Unknown}
	c.columns = append(c.columns, d)
	return d
}

// begin starts a pass over the file with the evidence gathered so far.
func (c *calendar) begin() {
	c.unsettled = false
	for _, d := range c.columns {
		*d = dateColumn{name: d.name, role: d.role, empty: d.empty, native: d.native,
			days: d.days, months: d.months, clock12: d.clock12, serials: d.serials, others: d.others}
	}
}

// finish adds the warnings of a complete pass.
func (c *calendar) finish(w *warnings) {
	var none []string
	for _, d := range c.columns {
		o, mixed := c.order(d)
		switch {
		case mixed:
			w.set("mixed-date-order", max(d.open, 1), d.name)
		case d.open > 0 && o == noOrder:
			w.set("ambiguous-dates", d.open, d.firstOpen)
		}
		if d.usedSerial && d.serial() {
			w.set("serial-dates", d.serialCount, d.firstSerial)
		}
		if d.strange > 0 && !d.dates && d.open == 0 && !d.usedSerial {
			w.set("no-dates", d.strange, d.name)
			none = append(none, fmt.Sprintf("the column %s is read as dates and holds none, but %s", review.Quote(d.name), strings.Join(d.shown, ", ")))
		}
	}
	w.say("no-dates", strings.Join(none, "; ")+": map a column of dates, or none")
}

// order is the order for cells of d that are open, by the precedence of importers.md 5.4. mixed means each cell is
// decided alone.
func (c *calendar) order(d *dateColumn) (o dateOrder, mixed bool) {
	switch {
	case d.days && d.months:
		return noOrder, true
	case d.days:
		return dayFirst, false
	case d.months, d.clock12:
		return monthFirst, false
	}
	for _, other := range c.columns {
		switch {
		case other.days && other.months:
		case other.days:
			return dayFirst, false
		case other.months:
			return monthFirst, false
		}
	}
	if d.native != noOrder {
		return d.native, false
	}
	return c.flag, false
}

// serial reports whether every value of the column so far is a spreadsheet serial.
func (d *dateColumn) serial() bool { return d.serials && !d.others }

// check notices evidence that changes what open cells should have been. It is called when evidence of a new sort arrives.
func (c *calendar) check() {
	if c.final {
		return
	}
	for _, d := range c.columns {
		if o, _ := c.order(d); d.usedAny && o != d.usedOrder || d.usedSerial && !d.serial() {
			c.unsettled = true
		}
	}
}

// time reads one trimmed value of a column.
func (c *calendar) time(d *dateColumn, b []byte, x *run) review.Time {
	if len(b) == 0 {
		return review.Time{State: d.empty}
	}
	if d.recent == nil {
		d.recent = make([]readTime, internSize(x.plan.in.Size))
	}
	slot := &d.recent[0]
	if len(b) <= recentText {
		slot = &d.recent[x.accounts.hash.sum(b)%uint64(len(d.recent))]
		if slot.raw == string(b) {
			return slot.at
		}
	}
	raw := x.keep(b)
	if noValue(b) {
		return review.Time{State: d.empty, Raw: raw}
	}
	if state, ok := timeWord(b, d.role); ok {
		return review.Time{State: state, Raw: raw}
	}
	s := parseStamp(b)
	unknown := review.Time{State: review.Unknown, Raw: raw}
	switch s.style {
	case serialStyle:
		if d.serials = true; d.others {
			return unknown
		}
		if d.serialCount++; !d.usedSerial {
			d.usedSerial, d.firstSerial = true, x.here()
		}
		s = stamp{style: fixedStyle, at: serialTime(s.serial), day: true}
	case fixedStyle:
		if !s.ancient {
			c.notSerial(d)
		}
		t := c.known(d, s, raw, x)
		if len(b) <= recentText && !c.future(d, t) {
			slot.raw, slot.at = raw, t
		}
		return t
	default:
		c.notSerial(d)
		if s.style != orderStyle {
			d.noDate(raw)
			return unknown
		}
		var ok bool
		if s, ok = c.settle(d, s, x); !ok {
			return unknown
		}
	}
	return c.known(d, s, raw, x)
}

// noDate notes a value that is no date.
func (d *dateColumn) noDate(raw string) {
	d.strange++
	if q := review.Quote(raw); len(d.shown) < 3 && !slices.Contains(d.shown, q) {
		d.shown = append(d.shown, q)
	}
}

// notSerial notes a value that is no spreadsheet serial.
func (c *calendar) notSerial(d *dateColumn) {
	if !d.others {
		d.others = true
		c.check()
	}
}

// learn notes evidence and, the first time, looks whether earlier cells should have been read otherwise.
func (c *calendar) learn(evidence *bool) {
	if !*evidence {
		*evidence = true
		c.check()
	}
}

// settle decides an all-digit date by its column; it is false where that cannot be done.
func (c *calendar) settle(d *dateColumn, s stamp, x *run) (stamp, bool) {
	switch {
	case s.c < 0 && c.flag == yearFirst:
		return s.resolve(yearFirst)
	case s.a > 12:
		c.learn(&d.days)
		return s.resolve(dayFirst)
	case s.b > 12:
		c.learn(&d.months)
		return s.resolve(monthFirst)
	case s.a == s.b:
		return s.resolve(dayFirst)
	}
	if s.clock12 {
		c.learn(&d.clock12)
	}
	o, mixed := c.order(d)
	d.usedAny, d.usedOrder = true, o
	if o == noOrder || o == yearFirst || mixed {
		if d.open++; d.open == 1 {
			d.firstOpen = x.here()
		}
		return stamp{}, false
	}
	return s.resolve(o)
}

// future reports a known time after the review date in a column of the past (importers.md 5.5).
func (c *calendar) future(d *dateColumn, t review.Time) bool {
	return d.role != endTime && !c.now.IsZero() && t.IsKnown() && t.At.After(c.now)
}

// known turns a settled stamp into a Time by the column's role.
func (c *calendar) known(d *dateColumn, s stamp, raw string, x *run) review.Time {
	d.dates = true
	if s.endless {
		if d.role == endTime {
			return review.Time{State: review.NotApplicable, Raw: raw}
		}
		return review.Time{State: review.Unknown, Raw: raw}
	}
	if s.ancient {
		switch d.role {
		case usedTime:
			return review.Time{State: review.Never, Raw: raw}
		case endTime:
			return review.Time{State: review.NotApplicable, Raw: raw}
		}
		return review.Time{State: review.Unknown, Raw: raw}
	}
	t := review.Time{State: review.Known, At: s.at, Day: s.day, Raw: raw}
	if s.noZone {
		if c.zone != nil {
			y, m, day := s.at.Date()
			t.At = time.Date(y, m, day, s.at.Hour(), s.at.Minute(), s.at.Second(), 0, c.zone).UTC()
		} else {
			t.ZoneAssumed = true
		}
	}
	t.At = t.At.Truncate(time.Second)
	if c.future(d, t) {
		x.warn("future-time")
	}
	return t
}

// timeWord reads the words of importers.md 5.2.
func timeWord(b []byte, role timeRole) (review.TimeState, bool) {
	switch c := b[0] | 0x20; c {
	case 'n', 'i', 'b', 'a', 'u', '0':
	default:
		return "", false
	}
	if len(b) > 64 {
		return "", false
	}
	switch s := string(bytes.ToLower(b)); {
	case s == "never", s == "never logged in", s == "never accessed", s == "never used", s == "never signed in":
		if role == endTime {
			return review.NotApplicable, true
		}
		return review.Never, true
	case s == "never expires", s == "infinity", s == "no end", s == "unlimited":
		return review.NotApplicable, true
	case s == "00000000":
		switch role {
		case usedTime:
			return review.Never, true
		case endTime:
			return review.NotApplicable, true
		}
		return review.Unknown, true
	case s == "no_information", s == "unknown", bytes.HasPrefix(b, []byte("Not active in")), bytes.HasPrefix(b, []byte("Before ")):
		return review.Unknown, true
	case s == "not_supported", s == "not applicable", s == "not_applicable":
		return review.NotApplicable, true
	}
	return "", false
}
