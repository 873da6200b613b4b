package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// reaffirmReason is what the record of a reaffirmed item says; facts and history tell who kept it before, and why.
const reaffirmReason = "reaffirmed: kept last time and unchanged since"

// reaffirm keeps again, after a question, every undecided item that was kept last time and has not changed: those of the
// identity on a screen of one, else those of the list.
func (a *app) reaffirm(s decider) tea.Cmd {
	q, ok := s.whole()
	if !ok {
		a.warn(onTheWay)
		return nil
	}
	return a.preview(s, target{q: unchanged(q), all: true, what: "what is unchanged"}, review.Draft{Verdict: review.Keep, Reason: reaffirmReason, Bulk: true}, "reaffirm")
}

// unchanged are the undecided items of q that were kept last time and have not changed.
func unchanged(q review.Query) review.Query {
	q.Filter = strings.TrimSpace(q.Filter + " change:unchanged previous:keep state:open")
	return q
}

// sideWhy says why no side can be picked of a target.
func sideWhy(t target, why string) string {
	switch {
	case why != "":
		return why
	case !t.single:
		return "put the cursor on one item, without marks"
	case !slices.ContainsFunc(t.item.Findings, func(f review.Finding) bool { return f.Rule == "sod" }):
		return "no rule that keeps two duties apart fired on it"
	}
	return ""
}

// pickSide shows what stands against an item, asks why it stays, and stages both.
func (a *app) pickSide(s decider) tea.Cmd {
	t, why := s.target()
	if sideWhy(t, why) != "" || !a.steady(s) {
		return nil
	}
	return ask(a, new(slot), func(ctx context.Context) ([]review.Item, error) { return a.desk.OtherSide(ctx, t.item.ID) },
		func(against []review.Item, err error) tea.Cmd {
			if err != nil {
				a.fail(err)
				return nil
			}
			return a.openForm(a.sideForm(t, against))
		})
}

func (a *app) sideForm(t target, against []review.Item) *form {
	about := []seg{say(bold, itemWords(t.item)+" stays; ")}
	for i, it := range against {
		if i == 3 {
			about = append(about, say(plain, fmt.Sprintf(" and %d more", len(against)-i)))
			break
		}
		words := entitlementWords(it) + " on " + it.System
		if it.Blocked != "" {
			words += " (" + it.Blocked + ")"
		}
		if i > 0 {
			words = ", " + words
		}
		about = append(about, say(plain, words))
	}
	about = append(about, say(bold, " goes"))
	return newForm(a, form{title: "Which side stays", keep: t.form("side"), about: about, history: a.last.reasons,
		fields: []formField{{label: "Reason", help: "why this duty stays and the other goes"}},
		then: func(v []string) tea.Cmd {
			ids := []review.ItemID{t.item.ID}
			for _, it := range against {
				ids = append(ids, it.ID)
			}
			shown := review.DraftsOn(append(against, t.item)...)
			return act(a, func(ctx context.Context) (review.StageResult, error) {
				return a.desk.PickSide(ctx, t.item.ID, v[0], t.opened, shown)
			}, func(r review.StageResult, err error) tea.Cmd {
				switch {
				case err != nil:
					a.fail(err)
				case len(r.Skipped) > 0:
					a.warn(fmt.Sprintf("staged: %s; %s left out (%s)", count(int64(r.Staged), "item"), count(int64(len(r.Skipped)), "item"), whyLeftOut(r.Skipped)))
				default:
					a.tell(fmt.Sprintf("staged: keep this side, revoke %s of the other", count(int64(r.Staged-1), "item")))
				}
				return a.changed(ids)
			})
		}})
}
