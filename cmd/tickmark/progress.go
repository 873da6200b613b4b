package main

import (
	"fmt"
	"strings"
	"time"

	"tickmark/review"
)

// progressAfter is how long work must last before it is worth a line.
const progressAfter = time.Second

// progress gives a function that reports long work on standard error: one line that redraws on a terminal, one line per
// 5 % otherwise. It is nil with --quiet. label says what is being worked on.
func (a *app) progress(label string) func(review.Progress) {
	if a.quiet {
		return nil
	}
	began, shown := time.Now(), -1
	return func(p review.Progress) {
		took := time.Since(began)
		if took < progressAfter {
			return
		}
		if a.errTerm {
			a.drawn = true
			fmt.Fprintf(a.err, "\r%s%s", progressLine(label, p, took), clearLine(a.errStyle.on))
			return
		}
		if p.Total <= 0 {
			return
		}
		if step := int(p.Done * 20 / p.Total); step > shown {
			shown = step
			fmt.Fprintln(a.err, progressLine(label, p, took))
		}
	}
}

// clearLine wipes what a longer line left behind; a terminal without escape codes gets blanks.
func clearLine(escapes bool) string {
	if escapes {
		return "\x1b[K"
	}
	return strings.Repeat(" ", 8)
}

// clearProgress ends a redrawn line before something else is printed.
func (a *app) clearProgress() {
	if a.drawn {
		a.drawn = false
		fmt.Fprintln(a.err)
	}
}

// progressLine is "okta.json: loading 45 %, 12.3 of 27.1 MB, 412000 rows, 51000/s, 8 s left".
func progressLine(label string, p review.Progress, took time.Duration) string {
	parts := []string{}
	if p.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d %%", min(100, p.Done*100/p.Total)))
	}
	if p.Unit == "bytes" {
		parts = append(parts, megabytes(p.Done, p.Total))
	} else if p.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d %s", p.Done, p.Total, p.Unit))
	} else {
		parts = append(parts, fmt.Sprintf("%d %s", p.Done, p.Unit))
	}
	if p.Rows > 0 && p.Unit != "rows" {
		parts = append(parts, fmt.Sprintf("%d rows, %d/s", p.Rows, int64(float64(p.Rows)/max(took.Seconds(), 0.001))))
	}
	if p.Total > 0 && p.Done > 0 && p.Done < p.Total {
		left := time.Duration(float64(took) * float64(p.Total-p.Done) / float64(p.Done))
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	return strings.TrimSpace(review.Safe(label) + ": " + p.Stage + " " + strings.Join(parts, ", "))
}

func megabytes(done, total int64) string {
	const mb = 1 << 20
	if total <= 0 {
		return fmt.Sprintf("%.1f MB", float64(done)/mb)
	}
	return fmt.Sprintf("%.1f of %.1f MB", float64(done)/mb, float64(total)/mb)
}
