package desk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// What a person says at the workstation of whose an account is becomes a links file, which is kept beside the database and
// imported like any other (rulings 6). The file holds everything said there so far, because the newest import of a source
// takes the place of the one before.

// sourceLinks is the source of links made at the workstation. It is not that of a file people keep themselves: importing
// theirs again must not take these away.
const sourceLinks review.SourceID = "workstation-links"

const besideShown = 5

// PreviewLink says what a link or an unlink would do. Without identity and unlink it says whose the account is.
func (d *Desk) PreviewLink(ctx context.Context, l review.Link) (review.LinkPreview, error) {
	dir, err := d.directory(ctx)
	if err != nil {
		return review.LinkPreview{}, err
	}
	v := review.LinkPreview{}
	found, err := d.accountNamed(ctx, l)
	if err != nil {
		return v, err
	}
	a := &found[0].account
	v.Account, v.System = *a, firstOf(a.System, found[0].in.System)
	v.Before = dir.person(dir.ledgerIdentity(a), a)
	if stated, ok := dir.link(a); ok {
		v.ByHand = "linked"
		if stated.Unlink {
			v.ByHand = "unlinked"
		}
	}
	if !l.Unlink && strings.TrimSpace(l.Identity) == "" {
		return v, nil
	}
	v.Link = review.Link{Account: a.NativeID, System: v.System, Unlink: l.Unlink, Identity: strings.ToLower(strings.TrimSpace(l.Identity))}
	if l.Unlink {
		v.Link.Identity = v.Before.Identity
		v.After = review.Person{Identity: fold(a.System + "/" + a.NativeID), Name: a.DisplayName}
	} else {
		v.After = dir.person(v.Link.Identity, nil)
		if v.After.WorkerID != "" { // it outlives a change of e-mail
			v.Link.Identity = strings.ToLower(v.After.WorkerID)
		}
	}
	for _, f := range found {
		if f.identity != v.After.Identity {
			v.Again = append(v.Again, f.in.ImportReport)
		}
	}
	if v.Others, v.Beside, err = d.accountsOf(ctx, dir, v.After.Identity, linkKey(v.System, a.NativeID)); err != nil {
		return v, err
	}
	stated, err := d.statedHere(ctx)
	if err != nil {
		return v, err
	}
	v.Lines = len(withLink(stated, v.Link))
	switch {
	case d.mustSign() != nil || d.mustBeEnrolled(ctx, d.Me(), ledger.NamespaceImport) != nil:
		v.Why = "the roster gives no key of yours the role import"
	case v.Before.Identity != v.After.Identity:
	case l.Unlink:
		v.Why = "it is nobody else's already"
	default:
		v.Why = fmt.Sprintf("it is the account of %s already", review.Safe(v.After.Identity))
	}
	return v, nil
}

// Link writes what PreviewLink showed into the file of links and imports it, signed as every import is.
func (d *Desk) Link(ctx context.Context, l review.Link) (review.ImportReport, error) {
	v, err := d.PreviewLink(ctx, l)
	if err != nil {
		return review.ImportReport{}, err
	}
	switch {
	case v.Link.Account == "":
		return review.ImportReport{}, review.Errorf(review.KindUsage, "a link needs an identity").WithHint("name the e-mail or worker id of the person")
	case v.Why != "":
		return review.ImportReport{}, review.Errorf(review.KindRefused, "%s", v.Why).WithHint("nothing was changed")
	}
	stated, err := d.statedHere(ctx)
	if err != nil {
		return review.ImportReport{}, err
	}
	path, err := d.writeLinks(withLink(stated, v.Link))
	if err != nil {
		return review.ImportReport{}, err
	}
	said := fmt.Sprintf("at the workstation: %s of %s is %s", v.Link.Account, v.System, v.After.Identity)
	if l.Unlink {
		said = fmt.Sprintf("at the workstation: %s of %s is its own, not %s", v.Link.Account, v.System, v.Before.Identity)
	}
	rep, err := d.ImportFile(ctx, path, review.ImportOptions{As: "links", Source: sourceLinks, System: string(sourceLinks), ExportedAt: d.Now().Format(time.RFC3339),
		ExportedBy: string(d.Me()), Query: cut(said, 4096), Completeness: review.Full}, nil)
	if err != nil && rep.ID == 0 {
		os.Remove(path)
	}
	return rep, err
}

// People finds whom an account can be joined to: workers of the rosters and the people behind personal accounts whose
// identity, name, worker id or department contains the text. Those whose name or login resembles the account's come first.
func (d *Desk) People(ctx context.Context, l review.Link, text string, limit int) ([]review.Person, error) {
	dir, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	found, err := d.accountNamed(ctx, l)
	if err != nil {
		return nil, err
	}
	a := &found[0].account
	own := tokens(a.DisplayName, localPart(a.Login), localPart(a.NativeID))
	text = fold(text)
	var alike, others []review.Person
	met := map[string]bool{}
	take := func(p review.Person, names ...string) {
		if met[p.Identity] || text != "" && !strings.Contains(fold(strings.Join([]string{p.Identity, p.Name, p.WorkerID, p.Department}, "\n")), text) {
			return
		}
		for _, n := range append(names, p.Name, localPart(p.Identity)) {
			p.Alike = p.Alike || resembles(own, n)
		}
		switch {
		case p.Alike && len(alike) < limit:
			alike = append(alike, p)
		case !p.Alike && len(others) < limit:
			others = append(others, p)
		default:
			return
		}
		met[p.Identity] = true
	}
	for _, w := range dir.workers {
		take(workerPerson(w), w.Username)
	}
	byName := func(a, b review.Person) int {
		return strings.Compare(fold(a.Name)+"\x00"+a.Identity, fold(b.Name)+"\x00"+b.Identity)
	}
	slices.SortFunc(others, byName) // workers before those no roster knows
	behind := func(_ *store.Import, a *review.Account, _ string) error {
		if personal(a.Kind) {
			if id := dir.ledgerIdentity(a); id != a.IdentityKey || strings.Contains(id, "@") {
				take(dir.person(id, a))
			}
		}
		return nil
	}
	if text != "" {
		err = d.accountsLike(ctx, []string{text}, behind)
	} else if err = d.accountsLike(ctx, slices.Collect(maps.Keys(own)), behind); err == nil {
		err = d.eachAccount(ctx, func(im *store.Import, a *review.Account, identity string) error {
			if len(others) >= limit {
				return errEnough
			}
			return behind(im, a, identity)
		})
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	slices.SortFunc(alike, byName)
	all := append(alike, others...)
	return all[:min(len(all), limit)], err
}

// errEnough ends a pass over accounts early.
var errEnough = errors.New("enough")

// placedAccount is an account where an import has it.
type placedAccount struct {
	in       store.Import
	account  review.Account
	identity string // as the import's rows name it
}

// accountNamed finds an account by native id or login, in every newest import of its system that lists it.
func (d *Desk) accountNamed(ctx context.Context, l review.Link) ([]placedAccount, error) {
	name, system := fold(l.Account), fold(l.System)
	var byID, byLogin []placedAccount
	err := d.eachImport(ctx, func(ctx context.Context, id review.ImportID, fn func(*review.Account, string) error) error {
		return d.db.AccountsNamed(ctx, id, []string{l.Account, name}, fn)
	}, func(im *store.Import, a *review.Account, identity string) error {
		if system != "" && system != fold(a.System) && system != fold(im.System) && system != fold(string(im.Source)) {
			return nil
		}
		switch name {
		case fold(a.NativeID):
			byID = append(byID, placedAccount{*im, *a, identity})
		case fold(a.Login):
			byLogin = append(byLogin, placedAccount{*im, *a, identity})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := byID
	if len(found) == 0 {
		found = byLogin
	}
	in := review.Safe(l.System)
	if in == "" {
		in = "any system"
	}
	if len(found) == 0 || name == "" {
		return nil, review.Errorf(review.KindNotFound, "no import lists an account %s of %s", review.Quote(review.Safe(l.Account)), in).
			WithHint("name its native id or its login, as the export writes it, and the system as `imports` shows it")
	}
	for _, f := range found[1:] {
		one, other := firstOf(found[0].account.System, found[0].in.System), firstOf(f.account.System, f.in.System)
		if fold(one) != fold(other) || fold(found[0].account.NativeID) != fold(f.account.NativeID) {
			return nil, review.Errorf(review.KindUsage, "more than one account goes by %s: %s of %s and %s of %s", review.Quote(review.Safe(l.Account)),
				review.Safe(found[0].account.NativeID), review.Safe(one), review.Safe(f.account.NativeID), review.Safe(other)).WithHint("name the system, and the native id")
		}
	}
	return found, nil
}

// eachAccount goes through the accounts of the imports that count. What it hands out is valid only during the call.
func (d *Desk) eachAccount(ctx context.Context, fn func(im *store.Import, a *review.Account, identity string) error) error {
	return d.eachImport(ctx, d.db.Accounts, fn)
}

// accountsLike goes through those of them that could hold one of the texts.
func (d *Desk) accountsLike(ctx context.Context, texts []string, fn func(im *store.Import, a *review.Account, identity string) error) error {
	return d.eachImport(ctx, func(ctx context.Context, id review.ImportID, fn func(*review.Account, string) error) error {
		return d.db.AccountsLike(ctx, id, texts, fn)
	}, fn)
}

func (d *Desk) eachImport(ctx context.Context, accounts func(context.Context, review.ImportID, func(*review.Account, string) error) error,
	fn func(im *store.Import, a *review.Account, identity string) error) error {
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return err
	}
	for i := range sources {
		im := &sources[i]
		if err := accounts(ctx, im.ID, func(a *review.Account, identity string) error { return fn(im, a, identity) }); err != nil {
			return err
		}
	}
	return nil
}

// accountsOf counts the accounts that are an identity's, one apart, and names the first.
func (d *Desk) accountsOf(ctx context.Context, dir *directory, identity, but string) (n int64, names []string, err error) {
	met := map[string]bool{but: true}
	err = d.accountsLike(ctx, dir.bearing(identity), func(im *store.Import, a *review.Account, _ string) error {
		if dir.ledgerIdentity(a) != identity {
			return nil
		}
		system := firstOf(a.System, im.System)
		if k := linkKey(system, a.NativeID); !met[k] {
			met[k] = true
			if n++; len(names) < besideShown {
				names = append(names, firstOf(a.Login, a.NativeID)+" of "+system)
			}
		}
		return nil
	})
	return n, names, err
}

// bearing is what the accounts of an identity hold, one or another of it: the identity, what the roster knows its worker by,
// or the name under which a link by hand gives them to it.
func (dir *directory) bearing(identity string) []string {
	out := []string{identity}
	w := dir.workerNamed(identity)
	if w != nil {
		out = append(out, w.ID, w.Email, w.Username)
	}
	for key, l := range dir.links {
		if !l.Unlink && (l.Identity == identity || w != nil && dir.workerNamed(l.Identity) == w) {
			_, account, _ := strings.Cut(key, "\x00")
			out = append(out, account)
		}
	}
	if at := strings.LastIndexByte(identity, '/'); at >= 0 { // unlinked: its own, system/account
		out = append(out, identity[at+1:])
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// statedHere is what was said at the workstation so far.
func (d *Desk) statedHere(ctx context.Context) ([]review.Link, error) {
	im, err := d.db.LatestImport(ctx, sourceLinks)
	if review.KindOf(err) == review.KindNotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []review.Link
	return out, d.db.Links(ctx, im.ID, func(l *review.Link) error { out = append(out, *l); return nil })
}

// withLink puts a statement in the place of the one about the same account.
func withLink(stated []review.Link, l review.Link) []review.Link {
	out := slices.DeleteFunc(slices.Clone(stated), func(o review.Link) bool { return linkKey(o.System, o.Account) == linkKey(l.System, l.Account) })
	return append(out, l)
}

// writeLinks writes the file that is imported. It stays: the signed import names its hash, and a pack may hold it.
func (d *Desk) writeLinks(ls []review.Link) (path string, err error) {
	dir := d.o.Path + ".links"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fileError(dir, err)
	}
	f, err := os.CreateTemp(dir, "links-"+d.Now().Format("20060102T150405Z")+"-*.csv")
	if err != nil {
		return "", fileError(dir, err)
	}
	path = f.Name()
	w := csv.NewWriter(f)
	_ = w.Write([]string{"account", "system", "identity", "action"}) // Error tells
	for _, l := range ls {
		action := "link"
		if l.Unlink {
			action = "unlink"
		}
		_ = w.Write([]string{l.Account, l.System, l.Identity, action})
	}
	w.Flush()
	err = w.Error()
	if serr := f.Sync(); err == nil {
		err = serr
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path)
		return "", fileError(filepath.Base(path), err)
	}
	return path, nil
}

// person describes a ledger identity by the roster, else by an account that is theirs (nil: by nothing).
func (dir *directory) person(identity string, a *review.Account) review.Person {
	if w := dir.workerNamed(identity); w != nil {
		return workerPerson(w)
	}
	p := review.Person{Identity: identity}
	if a != nil {
		p.Name, p.Department = a.DisplayName, a.Department
	}
	return p
}

func workerPerson(w *review.Worker) review.Person {
	return review.Person{Identity: workerKey(w), Name: w.Name, WorkerID: w.ID, Status: w.Status, Department: w.Department}
}

// tokens are the words of names and logins, folded.
func tokens(texts ...string) map[string]bool {
	out := map[string]bool{}
	for _, t := range texts {
		for _, w := range wordsOf(t) {
			out[w] = true
		}
	}
	return out
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool { return strings.ContainsRune(" .,-_@+/\\:;()'\u00a0", r) })
}

// resembles reports whether every word of a name is among the words given.
func resembles(words map[string]bool, name string) bool {
	ws := wordsOf(name)
	for _, w := range ws {
		if len(w) < 2 || !words[w] {
			return false
		}
	}
	return len(ws) > 0
}

func localPart(mail string) string {
	local, _, _ := strings.Cut(mail, "@")
	return local
}
