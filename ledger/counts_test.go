package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// slowCount counts as ledger.md 3.8 says, from the records alone.
func slowCount(c *CampaignState, person string, size int64) Counts {
	n := Counts{Items: c.Campaign.Items, Tally: map[string]int64{}}
	if person != "" {
		n.Items = 0
	}
	for at := range c.items {
		if person != "" {
			who := ""
			for a := c.items[at].lastAssign; a != none; a = c.assigns[a].before {
				if c.assigns[a].bundle < size {
					who = c.people[c.assigns[a].person]
					break
				}
			}
			if who != person {
				continue
			}
			n.Items++
		}
		for d := c.items[at].last; d != none; d = c.decisions[d].before {
			if c.decisions[d].bundle.Index < size {
				n.Tally[c.decisions[d].verdict]++
				if c.decisions[d].verdict != VerdictAbstain {
					n.Decided++
				}
				break
			}
		}
	}
	return n
}

// TestCounts holds the counts of every earlier size against a plain count, also while a campaign goes on and with first
// assignments that come late.
func TestCounts(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		var r Replay
		const items = 9
		r.open(3, &Campaign{Campaign: "c", Items: items})
		c := r.Campaign("c")
		id := func(i int) Hash { return Sum(fmt.Append(nil, i)) }
		person := func() string { return fmt.Sprintf("p%d@corp.example", rnd.IntN(3)) }
		for i := range items {
			c.AddMember(&Member{Item: id(i)})
			if seed%2 == 0 {
				c.Assign(id(i), person())
			}
		}
		for index := int64(4); index < 40; index++ {
			b := &BundleState{Index: index + int64(rnd.IntN(2))}
			for range rnd.IntN(4) {
				switch rnd.IntN(3) {
				case 0:
					c.reassign(id(rnd.IntN(items)), person(), index, b.Index)
				case 1:
					c.decide(index, &Decision{Item: id(rnd.IntN(items)), Verdict: tallyWords[rnd.IntN(len(tallyWords))], Reviewer: person()}, b)
				default:
					if seed%2 == 1 {
						c.Assign(id(rnd.IntN(items)), person())
					}
				}
			}
			index = b.Index
			if rnd.IntN(3) > 0 {
				continue
			}
			for size := range index + 2 {
				for _, who := range []string{"", "p0@corp.example", "p1@corp.example", "p2@corp.example", "nobody@corp.example"} {
					want, got := slowCount(c, who, size), Counts{}
					if got = c.Count(size); who != "" {
						got = c.CountFor(who, size)
					}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("seed %d, size %d, %q: %v, want %v", seed, size, who, got, want)
					}
				}
			}
		}
	}
}

// As many sign-offs as there are items cost about as much as one: what is counted once is not counted again.
func TestCountsOfManySignoffs(t *testing.T) {
	const n = 200_000
	var r Replay
	r.open(1, &Campaign{Campaign: "c", Items: n})
	c := r.Campaign("c")
	for i := range n {
		c.Assign(Hash{byte(i), byte(i >> 8), byte(i >> 16)}, "alice@corp.example")
	}
	for i := range int64(n) {
		c.decide(i+2, &Decision{Item: c.items[i].id, Verdict: VerdictKeep}, &BundleState{Index: i + 2})
		if c.Count(i+3).Decided != i+1 || c.CountFor("alice@corp.example", i+2).Decided != i {
			t.Fatalf("after %d decisions: %v, %v", i+1, c.Count(i+3), c.CountFor("alice@corp.example", i+2))
		}
	}
	if made := len(c.counts.all) + len(*c.counts.mine[0]); made > 2*n+1 {
		t.Errorf("%d standings were made for %d decisions", made, n)
	}
}
