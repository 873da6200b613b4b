package evidence

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
)

// startCampaign reads the population and the first assignments of a campaign in view.
func (b *book) startCampaign(ctx context.Context, index int64, stmt *ledger.Campaign, inView bool) error {
	if b.byID[stmt.Campaign] != nil {
		return nil // a second campaign of the same name is reported by the verifier
	}
	c := &campaign{index: index, stmt: stmt, inView: inView, people: map[string]*person{},
		exception: map[int64]*exceptionState{}, revoke: map[int64]*revokeState{}}
	var err error
	b.byID[stmt.Campaign] = c
	b.campaigns = append(b.campaigns, c)
	if !inView {
		return nil
	}
	if text, err := b.pack.File(ctx, stmt.PolicySHA256); err == nil && review.ReadablePolicy(text) {
		if p, err := review.ParsePolicy(text); err == nil {
			c.policy = &p
		}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.facts, err = b.pack.factsOf(stmt.Campaign); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := b.readMembers(c); err != nil {
		return err
	}
	return b.readAssignments(c)
}

func (b *book) readMembers(c *campaign) error {
	list, err := b.pack.memberList(c.stmt.Campaign)
	if errors.Is(err, fs.ErrNotExist) {
		c.undisclosed = true
		return nil
	}
	if err != nil {
		return err
	}
	c.undisclosed = list.shown < list.length()
	c.items = make([]item, 0, list.shown)
	leaf, m := int64(-1), make([]string, memberValues)
	for t, err := range list.all() {
		if err != nil {
			return err
		}
		leaf++
		if t.Bytes == nil {
			continue
		}
		if _, ok := values(t.Bytes, ledger.KindMember, m); !ok {
			continue
		}
		id, err1 := ledger.ParseSHA(m[memberItem])
		grant, err2 := ledger.ParseSHA(m[memberGrant])
		if c.item(id) != nil || err1 != nil || err2 != nil {
			continue
		}
		it := item{id: id, shown: -1, leaf: leaf, imp: parseDigits(m[memberImport]), row: parseDigits(m[memberRow]), reviewer: -1, decider: -1}
		for s := int64(1); s <= min(c.stmt.Stages, 16); s++ {
			if ledger.ItemID(c.stmt.Log, c.stmt.Campaign, s, grant) == id {
				it.stage = uint8(s)
				break
			}
		}
		row, err := b.rowText(it.imp, it.row)
		if err != nil {
			return err
		}
		it.privilege = privilegeOf(field(row, "privilege"))
		c.items = append(c.items, it)
		c.byItem.add(int32(len(c.items)-1), c.idOf)
	}
	return nil
}

func (b *book) readAssignments(c *campaign) error {
	list, err := b.pack.assignmentList(c.stmt.Campaign)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	a := make([]string, assignmentValues)
	for t, err := range list.all() {
		if err != nil {
			return err
		}
		if t.Bytes == nil {
			continue
		}
		if _, ok := values(t.Bytes, ledger.KindAssignment, a); !ok {
			continue
		}
		if it := c.itemNamed(a[assignmentItem]); it != nil {
			it.reviewer = b.name(a[assignmentReviewer])
		}
	}
	return nil
}

var privilegeWords = [...]string{"", "admin", "write", "read", "unknown"}

func privilegeOf(word string) uint8 { return uint8(max(slices.Index(privilegeWords[:], word), 0)) }
