package tui

import (
	"testing"
	"time"

	"tickmark/review"
)

func TestAnObservedLastUseIsCalledOne(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	d := review.Detail{Item: review.Item{LastUsed: review.Time{State: review.NotCollected}}}
	if got := texts(lastUse(&d, now, statedDay)); got != "not collected" {
		t.Error(got)
	}
	d.Observed = review.Time{State: review.Known, At: now.AddDate(0, 0, -3), Day: true}
	if got := texts(lastUse(&d, now, statedDay)); got != "2026-11-17, 3 days ago, observed elsewhere" {
		t.Error(got)
	}
}
