package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"tickmark/review"
	"tickmark/review/detect"
)

// identity gives the identity behind an account, made once per ledger identity and completed by every further account.
func (p *population) identity(key string, a *review.Account) *review.Identity {
	id := p.people[key]
	if id == nil {
		id = &review.Identity{Key: key}
		if w := p.dir.worker(a); w != nil {
			p.fromWorker(id, w)
		}
		p.people[key] = id
	}
	if id.WorkerID == "" {
		p.fromAccount(id, a)
	}
	for _, m := range p.marker.Marks(a.Marks, a.System, a.NativeID, a.Login, a.DisplayName) {
		if !slices.Contains(id.Marks, m) {
			id.Marks = append(id.Marks, m)
		}
	}
	if id.Owner == "" && (a.Kind.NonHuman() || len(id.Marks) > 0) {
		id.Owner, id.OwnerAlive = p.ownerOf(a)
		if w := p.dir.workerNamed(id.Owner); w != nil {
			id.OwnerStatus = w.Status
			if w.Terminated.IsKnown() {
				id.OwnerStatus += " " + w.Terminated.At.UTC().Format(time.DateOnly)
			}
		}
	}
	return id
}

func (p *population) fromWorker(id *review.Identity, w *review.Worker) {
	id.DisplayName, id.WorkerID, id.Kind, id.KindReason = w.Name, w.ID, review.Human, "named in the HR roster"
	if w.Email != "" {
		id.Emails = []string{fold(w.Email)}
	}
	id.HRStatus, id.Hired, id.Terminated = w.Status, w.Hired, w.Terminated
	id.Department, id.Title = w.Department, w.Title
	id.Manager = w.Manager
	if m := p.dir.workerNamed(w.Manager); m != nil {
		id.Manager = workerKey(m)
	}
}

func (p *population) fromAccount(id *review.Identity, a *review.Account) {
	id.DisplayName = firstOf(id.DisplayName, a.DisplayName)
	if id.Kind == "" || id.Kind == review.UnknownKind {
		id.Kind, id.KindReason = firstOf(a.Kind, review.UnknownKind), "as the export says"
		if a.KindInferred {
			id.KindReason = "inferred from the account"
		}
	}
	for _, m := range a.Emails {
		if m = fold(m); m != "" && !slices.Contains(id.Emails, m) {
			id.Emails = append(id.Emails, m)
		}
	}
	id.Department, id.Title = firstOf(id.Department, a.Department), firstOf(id.Title, a.Title)
	if id.Manager == "" && a.Manager != "" {
		id.Manager = a.Manager
		if m := p.dir.workerNamed(a.Manager); m != nil {
			id.Manager = workerKey(m)
		}
	}
}

// ownerOf is the accountable person of an account: named for the account, else by the export, else for its system.
func (p *population) ownerOf(a *review.Account) (string, review.Tri) {
	for _, what := range []string{"account", "system"} {
		for i := len(p.dir.owners) - 1; i >= 0; i-- {
			o := &p.dir.owners[i]
			if o.What != what || o.From.IsKnown() && o.From.At.After(p.now) {
				continue
			}
			s := fold(o.Subject)
			if what == "account" && o.about(a.System) && (s == fold(a.NativeID) || s == fold(a.Login)) || what == "system" && s == fold(a.System) {
				return p.alive(o.Owner)
			}
		}
		if what == "account" && a.Owner != "" {
			return p.alive(a.Owner)
		}
	}
	return "", review.Maybe
}

// entitlementOwner is who answers for an entitlement, if somebody was named.
func (p *population) entitlementOwner(system string, e *review.Entitlement) string {
	for i := len(p.dir.owners) - 1; i >= 0; i-- {
		o := &p.dir.owners[i]
		if o.What == "entitlement" && o.about(system) && (fold(o.Subject) == fold(e.NativeID) || fold(o.Subject) == fold(e.Name)) {
			owner, _ := p.alive(o.Owner)
			return owner
		}
	}
	return ""
}

// systemOwner is who answers for a system, if somebody was named.
func (p *population) systemOwner(system string) string {
	for i := len(p.dir.owners) - 1; i >= 0; i-- {
		if o := &p.dir.owners[i]; o.What == "system" && fold(o.Subject) == fold(system) {
			owner, _ := p.alive(o.Owner)
			return owner
		}
	}
	return ""
}

// alive gives an owner's identity and whether that person is an active worker.
func (p *population) alive(owner string) (string, review.Tri) {
	w := p.dir.workerNamed(owner)
	if w == nil {
		return owner, review.Maybe
	}
	if w.Status == "terminated" {
		return workerKey(w), review.No
	}
	return workerKey(w), review.Yes
}

// moves are changes of department, title or manager between the newest roster and the one before it.
func (d *Desk) moves(ctx context.Context) (map[string][]detect.Move, error) {
	out := map[string][]detect.Move{}
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, im := range sources {
		if im.Loaded.Workers == 0 || im.Previous == 0 {
			continue
		}
		before := map[string]review.Worker{}
		if err := d.db.Workers(ctx, im.Previous, func(w *review.Worker) error { before[w.ID] = *w; return nil }); err != nil {
			return nil, err
		}
		at := im.ExportedAt
		if at.IsZero() {
			at = im.ImportedAt
		}
		err := d.db.Workers(ctx, im.ID, func(w *review.Worker) error {
			old, ok := before[w.ID]
			if !ok {
				return nil
			}
			for _, m := range []detect.Move{{What: "department", From: old.Department, To: w.Department}, {What: "title", From: old.Title, To: w.Title}, {What: "manager", From: old.Manager, To: w.Manager}} {
				if m.From != "" && m.To != "" && !strings.EqualFold(m.From, m.To) {
					m.At = at
					out[w.ID] = append(out[w.ID], m)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
