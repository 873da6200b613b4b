package store

import (
	"context"
	"slices"
	"testing"

	"tickmark/review"
)

// TestBehindAGroup: who is in it directly or by groups in it counts once, a cycle ends, and a name that another export gives to
// something else is not taken for the group, while an address is.
func TestBehindAGroup(t *testing.T) {
	k := newKit(t)
	group := func(id string) review.Account {
		a := accountOf(id)
		a.Kind, a.Emails, a.IdentityKey = review.Group, nil, id
		return a
	}
	line := 1
	grant := func(who, what string) review.Grant {
		line++
		return grantOf(who, what, line)
	}
	erp := k.imported("erp", []review.Account{accountOf("ann"), accountOf("ben"), accountOf("dan"), group("payers"), group("night"), group("empty"), group("all@corp.example")},
		[]review.Grant{grant("payers", "PAY"), grant("empty", "PAY"), grant("all@corp.example", "POST"), grant("dan", "PAY"),
			grant("ann", "payers"), grant("night", "payers"), grant("ann", "night"), grant("ben", "night"), grant("payers", "night")})
	crm := k.imported("crm", []review.Account{accountOf("cat"), accountOf("eve")}, []review.Grant{grant("cat", "payers"), grant("eve", "all@corp.example")})
	k.launch("q4", []review.ImportID{erp, crm}, bob, func(it *NewItem) *NewItem {
		it.Kind = it.Grant.Account.Kind
		return it
	})
	for _, c := range []struct {
		account, entitlement string
		names                []string
		groups               int64
	}{
		{"payers", "PAY", []string{"Person ann", "Person ben"}, 1},
		{"empty", "PAY", nil, 0},
		{"all@corp.example", "POST", []string{"Person eve"}, 0},
	} {
		d, err := k.db.Detail(context.Background(), k.item("q4", c.account, c.entitlement))
		k.must(err)
		if b := d.Behind; b == nil || !slices.Equal(b.Names, c.names) || b.People != int64(len(c.names)) || b.Groups != c.groups || b.More {
			t.Errorf("behind %s: %+v", c.account, b)
		}
	}
	if d, err := k.db.Detail(context.Background(), k.item("q4", "dan", "PAY")); err != nil || d.Behind != nil {
		t.Errorf("behind a person: %+v, %v", d.Behind, err)
	}
}
