package tui

import "time"

// pace measures how long a person takes for an item, from the moments of their verdicts. Breaks do not count.
type pace struct{ moments []time.Time }

const (
	paceBreak  = 5 * time.Minute
	paceWindow = 20
	paceLeast  = 3
)

func (p *pace) mark(t time.Time) {
	p.moments = append(p.moments, t)
	if len(p.moments) > paceWindow+1 {
		p.moments = p.moments[1:]
	}
}

// left says how long n items take at this pace; false until there is one.
func (p *pace) left(n int64) (time.Duration, bool) {
	var sum time.Duration
	gaps := 0
	for i := 1; i < len(p.moments); i++ {
		if d := p.moments[i].Sub(p.moments[i-1]); d < paceBreak {
			sum += d
			gaps++
		}
	}
	if gaps < paceLeast || n <= 0 {
		return 0, false
	}
	return sum / time.Duration(gaps) * time.Duration(n), true
}
