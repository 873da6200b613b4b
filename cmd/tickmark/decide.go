package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) decideCommand() *cobra.Command {
	var f itemFlags
	var draft review.Draft
	var verdict, from string
	var stays bool
	cmd := &cobra.Command{
		Use:   "decide ITEM... | --filter FILTER | --from SHEET.csv",
		Short: "stage verdicts; nothing is signed yet",
		Long: `Stages verdicts: they are kept, can be undone, and count for nothing before ` + "`tickmark sign`" + `. Items are named by id or by its first eight or more hex digits, by a filter, or by a sheet that ` + "`tickmark items --csv`" + ` wrote and you filled in (rows left at none are ignored).

Verdicts: keep; revoke (needs a reason; --replace gives something narrower, --effective a later day); exception (needs --until, --owner, --control and a reason); abstain (needs a reason, the item goes to somebody else); none takes a staged verdict back.`,
		Example: `tickmark decide 5fccd857eec3 --verdict revoke --reason 'left the team'
tickmark decide --campaign 2026q4-erp --filter 'finding:dormant kind:service' --verdict revoke --reason 'unused for a year'
tickmark decide 5fccd857eec3 --stays --reason 'she pays, somebody else posts'
tickmark decide --campaign 2026q4-erp --filter 'change:unchanged previous:keep state:open' --verdict keep --reason 'unchanged'
tickmark decide --from mine.csv`,
		Annotations: exits(
			exitDoc{exitDone, "all of them are staged"},
			exitDoc{exitAttention, "some items were skipped: they are listed with the reason"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			draft.Verdict = review.Verdict(verdict)
			ways := 0
			for _, given := range []bool{len(args) > 0, f.filter != "", from != ""} {
				if given {
					ways++
				}
			}
			if ways != 1 {
				return usage("decide takes items, --filter or --from, and exactly one of them").WithHint("`tickmark decide --help` shows an example of each")
			}
			if from != "" {
				return a.decideSheet(cmd, from)
			}
			if stays {
				if len(args) != 1 || verdict != "" && verdict != string(review.Keep) {
					return usage("--stays takes one item, which is kept").WithHint("tickmark decide ITEM --stays --reason WHY")
				}
				return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
					id, err := d.Resolve(cmd.Context(), args[0])
					if err != nil {
						return err
					}
					res, err := d.PickSide(cmd.Context(), id, draft.Reason, false, nil)
					if err != nil {
						return err
					}
					return a.stageReply(res, "verdict")
				})
			}
			if verdict == "" {
				return usage("decide needs --verdict").WithHint("one of %s", "keep, revoke, exception, abstain, none")
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				if len(args) > 0 {
					return a.decideItems(cmd.Context(), d, args, draft)
				}
				return a.decideFilter(cmd, d, f, draft)
			})
		},
	}
	f.register(a, cmd)
	fs := cmd.Flags()
	fs.StringVar(&verdict, "verdict", "", "`keep|revoke|exception|abstain|none`: abstain is don't know, none takes a staged verdict back")
	fs.StringVar(&draft.Reason, "reason", "", "why, in `WORDS`")
	fs.StringVar(&draft.Until, "until", "", "exception: the `DAY` it ends")
	fs.StringVar(&draft.Owner, "owner", "", "exception: `WHO` answers for it")
	fs.StringVar(&draft.Control, "control", "", "exception: the compensating `CONTROL`")
	fs.StringVar(&draft.EvidenceName, "evidence", "", "exception: a `FILE` that shows the control; its hash is recorded with it")
	fs.BoolVar(&draft.KeepEvidence, "keep-evidence", false, keepEvidenceHelp)
	fs.StringVar(&draft.Replace, "replace", "", "revoke: the narrower `ENTITLEMENT` to give instead")
	fs.StringVar(&draft.Effective, "effective", "", "revoke: the `DAY` it takes effect, if later")
	fs.BoolVar(&stays, "stays", false, "of duties that should be apart: this item stays, the other side is revoked")
	fs.StringVar(&from, "from", "", "`SHEET.csv` that was filled in; - reads standard input")
	a.completeFlag(cmd, "verdict", words("keep", "revoke", "exception", "abstain", "none"))
	return cmd
}

// decideItems stages one verdict for items named one by one.
func (a *app) decideItems(ctx context.Context, d *desk.Desk, refs []string, draft review.Draft) error {
	var res review.StageResult
	var ids []review.ItemID
	for _, ref := range refs {
		id, err := d.Resolve(ctx, ref)
		if err != nil {
			if len(refs) == 1 {
				return err
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: review.ItemID(ref), Reason: err.Error()})
			continue
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if err := stage(ctx, d, review.Query{}, ids, draft, &res); err != nil {
		return err
	}
	return a.stageReply(res, "verdict")
}

// stage stages a draft for items, or takes verdicts back where the verdict is none, and adds what came of it to res.
// Query and ids are as in desk.Stage.
func stage(ctx context.Context, d *desk.Desk, q review.Query, ids []review.ItemID, draft review.Draft, res *review.StageResult) error {
	if ids != nil && len(ids) == 0 {
		return nil
	}
	var part review.StageResult
	var err error
	if draft.Verdict == review.NoVerdict {
		part, err = d.Unstage(ctx, ids, nil)
	} else {
		part, err = d.Stage(ctx, q, ids, draft, nil)
	}
	if err != nil {
		return err
	}
	res.Staged += part.Staged
	res.Skipped = append(res.Skipped, part.Skipped...)
	return nil
}

// decideFilter stages one verdict for everything that matches. On a terminal it shows first what that is.
func (a *app) decideFilter(cmd *cobra.Command, d *desk.Desk, f itemFlags, draft review.Draft) error {
	ctx := cmd.Context()
	c, err := oneCampaign(cmd, d, f.campaign, true)
	if err != nil {
		return err
	}
	f.campaign = string(c.Name)
	if f.reviewer == "" {
		f.mine = true
	}
	qs, err := f.queries(ctx, d)
	if err != nil {
		return err
	}
	q := qs[0]
	var res review.StageResult
	if draft.Verdict == review.NoVerdict {
		ids := []review.ItemID{}
		q.Filter += " state:staged"
		if err := d.EachItem(ctx, q, func(it *review.Item) error { ids = append(ids, it.ID); return nil }); err != nil {
			return err
		}
		if err := stage(ctx, d, q, ids, draft, &res); err != nil {
			return err
		}
		return a.stageReply(res, "verdict")
	}
	if a.interactive() {
		p, err := d.PreviewStage(ctx, q, nil, draft)
		if err != nil {
			return err
		}
		ok, err := a.agreeBulk(ctx, p, draft)
		if err != nil || !ok {
			return err
		}
	}
	if err := stage(ctx, d, q, nil, draft, &res); err != nil {
		return err
	}
	return a.stageReply(res, "verdict")
}

// agreeBulk shows what one act would stage; above the size of the policy the count must be typed.
func (a *app) agreeBulk(ctx context.Context, p review.BulkPreview, draft review.Draft) (bool, error) {
	a.say("%s: %s of %d that match", draft.Verdict.Words(), plural(p.Eligible, "item"), p.Matching)
	for _, x := range p.LeftOut {
		a.say("  left out: %d, %s", x.Count, x.Reason)
	}
	if risk := countWords(p.Risk, review.Critical, review.High, review.Medium); risk != "" {
		a.say("  findings: %s", risk)
	}
	if p.Eligible == 0 {
		return true, nil
	}
	if p.TypeCount {
		typed, err := a.ask(ctx, fmt.Sprintf("Type %d to stage them: ", p.Eligible))
		if err != nil {
			return false, err
		}
		if typed != number(p.Eligible) {
			return false, attention("That is not %d. Nothing was staged.", p.Eligible)
		}
		return true, nil
	}
	ok, err := a.confirm(ctx, "Stage them?")
	if err == nil && !ok {
		err = attention("Nothing was staged.")
	}
	return ok, err
}

// decideSheet stages what a filled-in sheet says. Rows with the same answer are one act; rows that say what is decided
// already are left alone.
func (a *app) decideSheet(cmd *cobra.Command, file string) error {
	rows, err := readSheet(file)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	return a.withDesk(ctx, func(d *desk.Desk) error {
		var res review.StageResult
		var order []review.Draft
		groups := map[review.Draft][]review.ItemID{}
		seen := map[review.ItemID]int{}
		unchanged := 0
		for _, r := range rows {
			id, err := d.Resolve(ctx, r.id)
			if err != nil {
				res.Skipped = append(res.Skipped, review.Skip{ID: review.ItemID(r.id), Reason: fmt.Sprintf("line %d: %s", r.line, err)})
				continue
			}
			if first, twice := seen[id]; twice {
				res.Skipped = append(res.Skipped, review.Skip{ID: id, Reason: fmt.Sprintf("line %d: stands in line %d already", r.line, first)})
				continue
			}
			seen[id] = r.line
			it, err := d.Item(ctx, id)
			if err != nil {
				return err
			}
			if it.Verdict == r.draft.Verdict && review.Safe(it.Reason) == r.draft.Reason && it.Until == r.draft.Until {
				unchanged++
				continue
			}
			if _, known := groups[r.draft]; !known {
				order = append(order, r.draft)
			}
			groups[r.draft] = append(groups[r.draft], id)
		}
		for _, draft := range order {
			if err := stage(ctx, d, review.Query{}, groups[draft], draft, &res); err != nil {
				return err
			}
		}
		if unchanged > 0 {
			a.say("%s of the sheet say what is decided already", plural(unchanged, "row"))
		}
		return a.stageReply(res, "verdict")
	})
}

// stageReply prints what was staged and what was not; something skipped is exit code 3.
func (a *app) stageReply(res review.StageResult, one string) error {
	if a.wantsJSON {
		res.Skipped = list(res.Skipped)
		if err := a.json(res); err != nil {
			return err
		}
	} else {
		a.print("%s staged, not signed yet\n", plural(res.Staged, one))
		if f := res.Evidence; f != nil && res.Staged > 0 {
			kept := *f
			kept.Kept = false
			a.print("evidence %s\n", strings.TrimSuffix(kept.String(), ", not kept")+map[bool]string{true: "; it is kept when you sign", false: "; only its hash is recorded"}[f.Kept])
		}
		for _, s := range res.Skipped {
			id := ""
			if s.ID != "" {
				id = " " + review.Safe(s.ID.Short())
			}
			a.print("%s%s: %s\n", a.outStyle.warn("skipped"), id, review.Safe(s.Reason))
		}
		if res.Staged > 0 {
			a.say("Look at what a signature would cover: tickmark staged")
		}
	}
	if len(res.Skipped) > 0 {
		return &outcome{code: exitAttention}
	}
	return nil
}
