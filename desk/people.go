package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
	owners   []ownership
	usage    map[observed]review.Time
	sodRules []review.SoDRule
}

// ownership is what an owners file states, of one system if system is not empty.
type ownership struct {
	review.Ownership
	system string
}

// observed is what a last-used file speaks of, folded; any system if system is empty, all of an account's access if
// entitlement is.
type observed struct{ system, account, entitlement string }

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func linkKey(system, account string) string { return fold(system) + "\x00" + fold(account) }

// directory reads workers, links, owners, observations and rules from the newest imports of their sources. Where two
// sources say different things, the one that was exported later stands.
func (d *Desk) directory(ctx context.Context) (*directory, error) {
	d.mu.Lock()
	have := d.people
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	dir := &directory{workers: map[string]*review.Worker{}, byMail: map[string]*review.Worker{}, byUser: map[string]*review.Worker{}, links: map[string]review.Link{}, usage: map[observed]review.Time{}}
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(sources, func(a, b store.Import) int { // what was known later is said last, and stands
		return cmp.Or(knownAt(&a).Compare(knownAt(&b)), cmp.Compare(a.ID, b.ID))
	})
	named := map[string]string{} // sources whose system has another name
	for _, im := range sources {
		if !byHand(im.Format) && fold(im.System) != fold(string(im.Source)) {
			named[fold(string(im.Source))] = im.System
		}
	}
	for _, im := range sources {
		if err := d.readAround(ctx, dir, im, named); err != nil {
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

// knownAt is the moment an import speaks of: when it was exported, else when it was read.
func knownAt(im *store.Import) time.Time {
	if im.ExportedAt.IsZero() {
		return im.ImportedAt
	}
	return im.ExportedAt
}

func (d *Desk) readAround(ctx context.Context, dir *directory, im store.Import, named map[string]string) error {
	about := spokenOf(im.Format, im.System, im.Source)
	return errors.Join(
		d.db.Workers(ctx, im.ID, func(w *review.Worker) error {
			c := *w
			dir.addWorker(&c)
			return nil
		}),
		d.db.Links(ctx, im.ID, func(l *review.Link) error {
			system := firstOf(l.System, about)
			dir.links[linkKey(system, l.Account)] = *l
			if other := named[fold(system)]; other != "" {
				dir.links[linkKey(other, l.Account)] = *l
			}
			return nil
		}),
		d.db.Ownerships(ctx, im.ID, func(o *review.Ownership) error {
			dir.owners = append(dir.owners, ownership{*o, about})
			return nil
		}),
		d.db.Usages(ctx, im.ID, func(u *review.Usage) error {
			dir.usage[observed{fold(about), fold(u.Account), fold(u.Entitlement)}] = u.LastUsed
			return nil
		}),
		d.db.SoDRules(ctx, im.ID, func(r *review.SoDRule) error {
			dir.sodRules = append(dir.sodRules, *r)
			return nil
		}),
	)
}

// spokenOf is the one system that a file kept by hand speaks of, where --system says so.
func spokenOf(format, system string, source review.SourceID) string {
	if byHand(format) && system != string(source) {
		return system
	}
	return ""
}

// byHand reports a format of files that people keep about what other imports hold.
func byHand(format string) bool {
	return format == "links" || format == "owners" || format == "last-used"
}

// about reports whether an ownership speaks of a system's accounts and entitlements.
func (o *ownership) about(system string) bool {
	return o.system == "" || fold(o.system) == fold(system)
}

// lastUsed is what was observed of an account's entitlement, the closest statement first.
func (dir *directory) lastUsed(a *review.Account, entitlement string) (review.Time, bool) {
	if len(dir.usage) == 0 {
		return review.Time{}, false
	}
	for _, system := range []string{fold(a.System), ""} {
		for _, e := range []string{fold(entitlement), ""} {
			for _, name := range []string{fold(a.NativeID), fold(a.Login)} {
				if u, ok := dir.usage[observed{system, name, e}]; ok && name != "" {
					return u, true
				}
			}
		}
	}
	return review.Time{}, false
}

// link gives what was stated by hand of an account, of its system before any.
func (dir *directory) link(a *review.Account) (review.Link, bool) {
	if len(dir.links) == 0 {
		return review.Link{}, false
	}
	for _, system := range []string{a.System, ""} {
		for _, name := range []string{a.NativeID, a.Login} {
			if l, ok := dir.links[linkKey(system, name)]; ok && name != "" {
				return l, true
			}
		}
	}
	return review.Link{}, false
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
	if l, ok := dir.link(a); ok {
		if l.Unlink {
			return nil
		}
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

// ledgerIdentity is the person's lower-cased primary e-mail if known, else the identity key (rulings 5). An account that
// was unlinked is nobody's but its own, whatever e-mail it bears.
func (dir *directory) ledgerIdentity(a *review.Account) string {
	if l, ok := dir.link(a); ok {
		if l.Unlink {
			return fold(a.System + "/" + a.NativeID)
		}
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

// drift counts the accounts of an import that are somebody else's by now than when it was read: a roster or a link came in
// later (rulings 5).
type drift struct {
	accounts int64
	such     string // the first of them
}

func (m *drift) see(dir *directory, a *review.Account, identity string) {
	now := dir.ledgerIdentity(a)
	if now == identity {
		return
	}
	if m.accounts++; m.accounts == 1 {
		m.such = fmt.Sprintf("%s: %s, was %s", review.Safe(a.NativeID), review.Safe(now), review.Safe(identity))
	}
}

// drifted is the drift of one import.
func (d *Desk) drifted(ctx context.Context, id review.ImportID) (m drift, err error) {
	dir, err := d.directory(ctx)
	if err != nil {
		return m, err
	}
	return m, d.db.Accounts(ctx, id, func(a *review.Account, identity string) error {
		m.see(dir, a, identity)
		return nil
	})
}
