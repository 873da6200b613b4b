package desk

import (
	"context"
	"errors"
	"strings"

	"tickmark/review"
	"tickmark/store"
)

// directory joins accounts to the people behind them: worker id first, then e-mail, then the local part of a login, never
// a name alone (importers.md 10.1). It is read-only once made.
type directory struct {
	review.People
	workers  map[string]*review.Worker // by worker id, folded
	byMail   map[string]*review.Worker
	byUser   map[string]*review.Worker
	links    map[string]review.Link // by system and account, folded; the newest wins
	owners   []review.Ownership
	usage    map[string]review.Time // by account, and by account and entitlement
	sodRules []review.SoDRule
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func linkKey(system, account string) string { return fold(system) + "\x00" + fold(account) }

// directory reads workers, links, owners, observations and rules from the newest imports of their sources.
func (d *Desk) directory(ctx context.Context) (*directory, error) {
	d.mu.Lock()
	have := d.people
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	dir := &directory{workers: map[string]*review.Worker{}, byMail: map[string]*review.Worker{}, byUser: map[string]*review.Worker{}, links: map[string]review.Link{}, usage: map[string]review.Time{}}
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, im := range sources {
		if err := d.readAround(ctx, dir, im); err != nil {
			return nil, err
		}
	}
	roster, err := d.roster(ctx)
	if err != nil {
		return nil, err
	}
	if roster != nil {
		for _, p := range principals(roster) {
			dir.Enrol(p)
		}
	}
	for name, p := range d.o.Config.People {
		dir.Know(name, p)
	}
	for _, w := range dir.workers {
		dir.Know(w.Email, w.ID)
	}
	d.mu.Lock()
	d.people = dir
	d.mu.Unlock()
	return dir, nil
}

func (d *Desk) readAround(ctx context.Context, dir *directory, im store.Import) error {
	return errors.Join(
		d.db.Workers(ctx, im.ID, func(w *review.Worker) error {
			c := *w
			dir.addWorker(&c)
			return nil
		}),
		d.db.Links(ctx, im.ID, func(l *review.Link) error {
			dir.links[linkKey(l.System, l.Account)] = *l
			return nil
		}),
		d.db.Ownerships(ctx, im.ID, func(o *review.Ownership) error {
			dir.owners = append(dir.owners, *o)
			return nil
		}),
		d.db.Usages(ctx, im.ID, func(u *review.Usage) error {
			dir.usage[linkKey(u.Account, u.Entitlement)] = u.LastUsed
			return nil
		}),
		d.db.SoDRules(ctx, im.ID, func(r *review.SoDRule) error {
			dir.sodRules = append(dir.sodRules, *r)
			return nil
		}),
	)
}

func (dir *directory) addWorker(w *review.Worker) {
	dir.workers[fold(w.ID)] = w
	if w.Email != "" {
		dir.byMail[fold(w.Email)] = w
	}
	if w.Username != "" {
		dir.byUser[fold(w.Username)] = w
	}
}

// worker finds the worker behind an account, or nil.
func (dir *directory) worker(a *review.Account) *review.Worker {
	if l, ok := dir.links[linkKey(a.System, a.NativeID)]; ok {
		if l.Unlink {
			return nil
		}
		return dir.workerNamed(l.Identity)
	}
	if l, ok := dir.links[linkKey("", a.NativeID)]; ok && !l.Unlink {
		return dir.workerNamed(l.Identity)
	}
	if w := dir.workers[fold(a.WorkerID)]; w != nil && a.WorkerID != "" {
		return w
	}
	if !personal(a.Kind) {
		return nil
	}
	for _, m := range append(a.Emails, a.Login, a.IdentityKey) {
		if w := dir.byMail[fold(m)]; w != nil && m != "" {
			return w
		}
	}
	user := fold(a.Login)
	if local, _, ok := strings.Cut(user, "@"); ok {
		user = local
	}
	if user != "" {
		return dir.byUser[user]
	}
	return nil
}

// workerNamed finds a worker by id, e-mail or user name.
func (dir *directory) workerNamed(name string) *review.Worker {
	n := fold(name)
	if n == "" {
		return nil
	}
	for _, m := range []map[string]*review.Worker{dir.workers, dir.byMail, dir.byUser} {
		if w := m[n]; w != nil {
			return w
		}
	}
	return nil
}

// personal reports whether accounts of a kind belong to people.
func personal(k review.Kind) bool {
	return k == review.Human || k == review.External || k == review.UnknownKind || k == ""
}

// ledgerIdentity is the person's lower-cased primary e-mail if known, else the identity key (rulings 5).
func (dir *directory) ledgerIdentity(a *review.Account) string {
	if l, ok := dir.links[linkKey(a.System, a.NativeID)]; ok && !l.Unlink {
		if w := dir.workerNamed(l.Identity); w != nil {
			return workerKey(w)
		}
		return l.Identity
	}
	if w := dir.worker(a); w != nil {
		return workerKey(w)
	}
	if personal(a.Kind) && len(a.Emails) > 0 && a.Emails[0] != "" {
		return fold(a.Emails[0])
	}
	return a.IdentityKey
}

func workerKey(w *review.Worker) string {
	if w.Email != "" {
		return fold(w.Email)
	}
	return w.ID
}
