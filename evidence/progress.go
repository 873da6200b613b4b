package evidence

import (
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// ticker reports progress of one stage.
type ticker struct {
	say   func(review.Progress)
	stage string
	total int64
	unit  string
}

func newTicker(say func(review.Progress), stage string, total int64, unit string) *ticker {
	t := &ticker{say, stage, total, unit}
	t.at(0)
	return t
}

func (t *ticker) at(done int64) {
	if t.say != nil {
		t.say(review.Progress{Stage: t.stage, Done: done, Total: t.total, Unit: t.unit})
	}
}

// endOfDay is the instant at which the manifest's signature is judged (3).
func endOfDay(d ledger.Date) time.Time { return d.Time().Add(24*time.Hour - time.Second) }
