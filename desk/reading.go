package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

// Reading is an evidence pack opened for reading: what a workstation can show of it, and no act. It answers from the
// pack's tables and signed texts; whether these are right, Verify says.
//
// Items are those the pack discloses. Its clock stands at the end of the pack's as-of day. Imports are numbered by the
// ledger index of their statement.
type Reading struct {
	pack *evidence.Pack
	name string
	at   time.Time
	head ledger.Head

	campaigns    []review.Campaign
	quality      map[review.CampaignID][]review.Quality
	items        []review.Item // campaigns in ledger order, each in population order
	position     map[review.ItemID]int
	shown        map[review.ItemID]ledger.Hash // facts of the decision in force
	past         map[review.GrantKey][]review.Past
	exceptions   []review.Exception
	remediations []review.Remediation
	imports      []review.ImportReport
	coverage     []review.Coverage

	mu    sync.Mutex
	lists map[string][]int // guarded by mu; answers to queries, by their text
}

// OpenPack opens a pack, folder or zip. It is read into memory once.
func OpenPack(ctx context.Context, name string) (*Reading, error) {
	p, err := evidence.Open(name)
	if err != nil {
		return nil, err
	}
	r := &Reading{pack: p, name: name, quality: map[review.CampaignID][]review.Quality{}, position: map[review.ItemID]int{},
		shown: map[review.ItemID]ledger.Hash{}, past: map[review.GrantKey][]review.Past{}, lists: map[string][]int{}}
	if err := r.load(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return r, nil
}

// load reads what lists and counts are made of.
func (r *Reading) load(ctx context.Context) error {
	asOf, err := time.Parse(time.DateOnly, string(r.pack.Statement().AsOf))
	if err != nil {
		return unreadablePack(err)
	}
	r.at = asOf.Add(24*time.Hour - time.Second)
	if r.head, err = r.pack.Head(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		r.loadImports, r.loadCampaigns, r.loadItems, r.loadFindings, r.loadDecisions, r.loadExceptions, r.loadRemediations, r.loadReviewers, r.loadCoverage,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r.count()
	return nil
}

func unreadablePack(err error) error {
	return review.Errorf(review.KindRefused, "the pack cannot be read: %w", err).WithHint("`tickmark verify` says what is wrong with it").WithReason("MANIFEST")
}

// table calls fn for every row of a table; get gives a cell by its column's name.
func (r *Reading) table(ctx context.Context, name string, fn func(get func(string) string) error) error {
	header, rows, err := r.pack.Table(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return unreadablePack(fmt.Errorf("it has no table %s", name))
	}
	if err != nil {
		return err
	}
	column := map[string]int{}
	for i, h := range header {
		column[h] = i
	}
	for cells, err := range rows {
		if err != nil {
			return err
		}
		get := func(h string) string {
			if i, ok := column[h]; ok && i < len(cells) {
				return cells[i]
			}
			return ""
		}
		if err := fn(get); err != nil {
			return err
		}
	}
	return nil
}

// count is a whole number of a cell; an empty or odd one is 0.
func count(cell string) int64 {
	n, _ := strconv.ParseInt(cell, 10, 64)
	return n
}

// moment is a time or day of a cell; the zero time if there is none.
func moment(cell string) time.Time {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, cell); err == nil {
			return t
		}
	}
	return time.Time{}
}

// Close lets go of the pack's files.
func (r *Reading) Close() error { return r.pack.Close() }

// Path is the pack as it was named.
func (r *Reading) Path() string { return r.name }

// Me is nobody: a pack is only read.
func (r *Reading) Me() review.Principal { return "" }

// Now is the end of the pack's as-of day.
func (r *Reading) Now() time.Time { return r.at }

// Policy is the default: a pack shows the policy of each campaign in its own file.
func (r *Reading) Policy() review.Policy { return review.DefaultPolicy() }

// Overview is campaigns, exceptions, revokes and the head.
func (r *Reading) Overview(context.Context) (review.Overview, error) {
	o := review.Overview{Campaigns: slices.Clone(r.campaigns), Exceptions: map[review.ExceptionState]int64{}, Remediation: map[review.RemediationState]int64{},
		Ledger: review.LedgerHead{Log: r.pack.Log(), Size: r.head.Size, Root: r.head.Root.Base64()}}
	for _, e := range r.exceptions {
		o.Exceptions[e.State]++
	}
	for _, m := range r.remediations {
		o.Remediation[m.State]++
	}
	return o, nil
}

// Entries reads the ledger in words, newest first. Of what is withheld there is the leaf hash.
func (r *Reading) Entries(ctx context.Context, before review.EntryIndex, limit int) ([]review.LedgerEntry, error) {
	to := r.head.Size
	if before > 0 {
		to = min(to, int64(before))
	}
	from := max(0, to-int64(limit))
	if limit <= 0 {
		from = 0
	}
	var out []review.LedgerEntry
	for text, err := range r.pack.Entries(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		out = append(out, entryOfPack(from+int64(len(out)), text))
	}
	slices.Reverse(out)
	return out, nil
}

// Entry gives one entry with its text.
func (r *Reading) Entry(ctx context.Context, i review.EntryIndex) (review.LedgerEntry, error) {
	if int64(i) >= r.head.Size || i < 0 {
		return review.LedgerEntry{}, review.Errorf(review.KindNotFound, "there is no entry %d", i).WithHint("entries are 0 to %d", r.head.Size-1)
	}
	for text, err := range r.pack.Entries(ctx, int64(i), int64(i)+1) {
		if err != nil {
			return review.LedgerEntry{}, err
		}
		e := entryOfPack(int64(i), text)
		e.Text = string(text.Bytes)
		return e, nil
	}
	return review.LedgerEntry{}, unreadablePack(fmt.Errorf("entry %d is not there", i))
}

func entryOfPack(i int64, text ledger.Text) review.LedgerEntry {
	if text.Bytes == nil {
		return review.LedgerEntry{Index: review.EntryIndex(i), Kind: "withheld", Summary: "withheld in this pack; its leaf hash stands in the tree", LeafHash: text.Leaf.Base64()}
	}
	e := review.LedgerEntry{Index: review.EntryIndex(i), LeafHash: ledger.LeafHash(text.Bytes).Base64()}
	kind, _, _ := strings.Cut(strings.TrimPrefix(string(text.Bytes), "tickmark/"), " ")
	e.Kind = kind
	v, _, _, err := ledger.ParseEntry(text.Bytes)
	if err != nil {
		e.Summary = "cannot be read: " + review.Safe(err.Error())
		return e
	}
	e.Summary = summary(v)
	if sig := ledger.SigOf(v); sig != nil {
		e.Signer, e.Key, e.Via, e.Time = review.Principal(sig.Signer), review.Fingerprint(sig.Key), sig.Via, sig.Time
	}
	return e
}

// Rejects reads the list of rejected records of an import.
func (r *Reading) Rejects(_ context.Context, id review.ImportID, limit int) ([]review.Reject, error) {
	b, err := r.pack.ReadFile(path.Join("imports", fmt.Sprintf("%06d", id), "rejects.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseRejects(b, limit)
}

// The rest is refused: nothing can be done to a pack.

func onlyRead() *review.Error {
	return review.Errorf(review.KindNotAllowed, "an evidence pack can only be read").WithHint("decide in the database it was made from")
}

func (r *Reading) PreviewStage(context.Context, review.Query, []review.ItemID, review.Draft) (review.BulkPreview, error) {
	return review.BulkPreview{}, onlyRead()
}
func (r *Reading) Stage(context.Context, review.Query, []review.ItemID, review.Draft) (review.StageResult, error) {
	return review.StageResult{}, onlyRead()
}
func (r *Reading) Unstage(context.Context, []review.ItemID) (review.StageResult, error) {
	return review.StageResult{}, onlyRead()
}
func (r *Reading) Undo(context.Context) (string, []review.ItemID, error) { return "", nil, nil }
func (r *Reading) Redo(context.Context) (string, []review.ItemID, error) { return "", nil, nil }
func (r *Reading) Staged(context.Context) ([]review.StagedBundle, error) { return nil, nil }
func (r *Reading) Setting(context.Context, string) (string, error)       { return "", nil }
func (r *Reading) SetSetting(context.Context, string, string) error      { return nil }
func (r *Reading) Keys(context.Context) ([]review.KeyInfo, error) {
	return []review.KeyInfo{{Problem: onlyRead().Message}}, nil
}
func (r *Reading) Campaigns(context.Context) ([]review.Campaign, error) {
	return slices.Clone(r.campaigns), nil
}
func (r *Reading) Imports(context.Context) ([]review.ImportReport, error) {
	return slices.Clone(r.imports), nil
}
func (r *Reading) Coverage(context.Context, string, string) ([]review.Coverage, error) {
	return slices.Clone(r.coverage), nil
}
func (r *Reading) Quality(_ context.Context, c review.CampaignID) ([]review.Quality, error) {
	return slices.Clone(r.quality[c]), nil
}
func (r *Reading) Reassign(context.Context, []review.ItemID, review.Principal, string, string) (review.StageResult, error) {
	return review.StageResult{}, onlyRead()
}
func (r *Reading) Confirm(context.Context, review.CampaignID, review.Act, []byte) ([]review.Receipt, error) {
	return nil, onlyRead()
}
func (r *Reading) SignOff(context.Context, review.CampaignID, review.Role, []byte) ([]review.Receipt, error) {
	return nil, onlyRead()
}
func (r *Reading) StageClosure(context.Context, []review.EntryIndex, review.ClosureDraft) (review.StageResult, error) {
	return review.StageResult{}, onlyRead()
}
func (r *Reading) StageClaim(context.Context, []review.EntryIndex, review.ClaimDraft) (review.StageResult, error) {
	return review.StageResult{}, onlyRead()
}
func (r *Reading) ImportFile(context.Context, string, review.ImportOptions, func(review.Progress)) (review.ImportReport, error) {
	return review.ImportReport{}, onlyRead()
}
func (r *Reading) NewCampaign(context.Context, review.CampaignSpec) (review.Campaign, error) {
	return review.Campaign{}, onlyRead()
}
func (r *Reading) PreviewLaunch(context.Context, review.CampaignID) (review.Preview, error) {
	return review.Preview{}, onlyRead()
}
func (r *Reading) Launch(context.Context, review.CampaignID, []byte) (review.Receipt, error) {
	return review.Receipt{}, onlyRead()
}
