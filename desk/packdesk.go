package desk

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

// PackOptions say how an evidence pack is opened for reading.
type PackOptions struct {
	Report   *evidence.Report      // what evidence.Verify found; nil: the pack was not checked, and Overview says so
	Progress func(review.Progress) // may be nil; called from one goroutine
}

// Pack is an evidence pack opened for reading: the lists and details of a desk, made from nothing but the pack, and none of
// its acts. It has the methods of tui.Desk.
//
// It shows what the pack says and does not judge it; that is evidence.Verify's part, whose report it repeats in Overview.
// What the pack withholds is shown as withheld: items as lines that hold their leaf hash, entries likewise, facts as
// review.NotInPack. Numbers that need withheld texts are those of signed statements, and say so.
//
// Time stands still at the newest statement of the pack (Now), so what had expired or was late is what had when it was
// exported. Imports are numbered by the ledger index of their statement, as are the folders in imports/.
//
// A Pack holds its items in memory, about 3 KB each, and is safe for use by several goroutines.
type Pack struct {
	path   string
	stmt   ledger.Pack
	report *evidence.Report
	now    time.Time

	replay    ledger.Replay
	leaves    []ledger.Hash              // of all entries
	withheld  int64                      // entries that are leaf hashes only
	byGrant   map[ledger.Hash][]int64    // disclosed decisions on a grant, in ledger order
	moves     map[ledger.Hash][]packMove // of an item, in ledger order
	words     packWords                  // while the pack is read
	broken    []review.Notice            // what could not be read
	rows      map[int64]rowCount         // by import
	reviews   []*packReview              // in ledger order
	byName    map[review.CampaignID]*packReview
	byItem    map[review.ItemID]packPlace
	campaigns []review.Campaign
	closing   []review.Exception
	revokes   []review.Remediation

	files   sync.Mutex     // the pack's files are read by one at a time
	pack    *evidence.Pack // guarded by files, once opened
	reports []review.ImportReport
	mapped  bool // reports are filled; guarded by files
}

// rowCount says how many of an import's rows are disclosed.
type rowCount struct{ shown, all int64 }

// withheldRows is how many are not.
func (n rowCount) withheld() int64 { return n.all - n.shown }

// packPlace is where an item stands: the campaign, and its position in the population from 1.
type packPlace struct {
	review *packReview
	ord    int64
}

// OpenPack opens a pack, folder or zip. What does not hang together is left out and named in Overview; the error is for a
// pack that cannot be opened safely or not read at all.
func OpenPack(ctx context.Context, path string, o PackOptions) (*Pack, error) {
	opened, err := evidence.Open(path)
	if err != nil {
		return nil, err
	}
	p := &Pack{path: path, pack: opened, stmt: opened.Statement(), report: o.Report,
		byGrant: map[ledger.Hash][]int64{}, moves: map[ledger.Hash][]packMove{},
		rows: map[int64]rowCount{}, byName: map[review.CampaignID]*packReview{}, byItem: map[review.ItemID]packPlace{}}
	if err := p.read(ctx, o.Progress); err != nil {
		opened.Close()
		return nil, err
	}
	return p, nil
}

// Close lets go of the pack's files.
func (p *Pack) Close() error { return p.pack.Close() }

// Path is the file or folder of the pack.
func (p *Pack) Path() string { return filepath.Clean(p.path) }

// Statement is pack.txt: which ledger, which view, which campaigns, what is withheld, who exported it.
func (p *Pack) Statement() ledger.Pack { return p.stmt }

// Window is the audit window of the pack, first and last day.
func (p *Pack) Window() [2]string {
	return [2]string{string(p.stmt.WindowStart), string(p.stmt.WindowEnd)}
}

// Drawn reports whether items of the pack carry their place in a sample.
func (p *Pack) Drawn() bool {
	return slices.ContainsFunc(p.reviews, func(c *packReview) bool { return c.drawn })
}

// Me is nobody: a pack has no desk to sign at.
func (p *Pack) Me() review.Principal { return "" }

// Now is the time of the newest statement in the pack.
func (p *Pack) Now() time.Time { return p.now }

// Policy is that of a campaign, where it can be read, else the default.
func (p *Pack) Policy(_ context.Context, c review.CampaignID) (review.Policy, error) {
	if r := p.byName[c]; r != nil {
		return r.policy, nil
	}
	return review.DefaultPolicy(), nil
}

// Setting is empty: a pack keeps nobody's preferences.
func (p *Pack) Setting(context.Context, string) (string, error) { return "", nil }
