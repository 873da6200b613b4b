package desk

import (
	"context"
	"fmt"

	"tickmark/review"
	"tickmark/store"
)

// unmatched warns of accounts that a file kept by hand names and no import holds: a slip of the pen has no effect, and
// nothing else would say so.
func (d *Desk) unmatched(ctx context.Context, rep *review.ImportReport) error {
	if !byHand(rep.Format) {
		return nil
	}
	named, order, err := d.accountsNamed(ctx, rep)
	if err != nil || len(named) == 0 {
		return err
	}
	all := len(named)
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return err
	}
	for i := range sources {
		if len(named) == 0 {
			return nil
		}
		if im := &sources[i]; !byHand(im.Format) {
			if err := d.strike(ctx, im, named); err != nil {
				return err
			}
		}
	}
	for _, key := range order {
		if a, left := named[key]; left {
			rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "unknown-account", Count: int64(len(named)), First: a.at,
				Text: fmt.Sprintf("%d of the %s that it names %s in no import, the first %s: see how they are written there; what it says of them holds once they are imported",
					len(named), review.Plural(int64(all), "account"), plural(len(named), "is", "are"), review.Quote(a.name))})
			return d.updateImport(ctx, rep)
		}
	}
	return nil
}

// namedAccount is an account as a file kept by hand names it, and where.
type namedAccount struct{ name, at string }

// accountsNamed gives the accounts such a file names, by [linkKey], and their keys in file order.
func (d *Desk) accountsNamed(ctx context.Context, rep *review.ImportReport) (named map[string]namedAccount, order []string, err error) {
	about := spokenOf(rep.Format, rep.System, rep.Source)
	named = map[string]namedAccount{}
	add := func(system, account, at string) error {
		key := linkKey(firstOf(system, about), account)
		if _, twice := named[key]; !twice && account != "" {
			named[key] = namedAccount{account, at}
			order = append(order, key)
		}
		return nil
	}
	switch rep.Format {
	case "links":
		err = d.db.Links(ctx, rep.ID, func(l *review.Link) error { return add(l.System, l.Account, l.Locator) })
	case "owners":
		err = d.db.Ownerships(ctx, rep.ID, func(o *review.Ownership) error {
			if o.What != "account" {
				return nil
			}
			return add("", o.Subject, o.Locator)
		})
	case "last-used":
		err = d.db.Usages(ctx, rep.ID, func(u *review.Usage) error { return add("", u.Account, u.Locator) })
	}
	return named, order, err
}

// strike takes out the accounts that an import holds, whichever of its names they were called by.
func (d *Desk) strike(ctx context.Context, im *store.Import, named map[string]namedAccount) error {
	see := func(a *review.Account, _ string) error {
		for _, system := range []string{firstOf(a.System, im.System), string(im.Source), ""} {
			for _, name := range []string{a.NativeID, a.Login} {
				delete(named, linkKey(system, name))
			}
		}
		return nil
	}
	const few = 100 // of more, reading every account is as quick as looking for each
	if len(named) > few {
		return d.db.Accounts(ctx, im.ID, see)
	}
	var names []string
	for _, a := range named {
		names = append(names, a.name)
	}
	return d.db.AccountsNamed(ctx, im.ID, names, see)
}
