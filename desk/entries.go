package desk

import (
	"context"
	"fmt"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Entries reads the ledger in words, newest first, before an index (0: from the end).
func (d *Desk) Entries(ctx context.Context, before review.EntryIndex, limit int) ([]review.LedgerEntry, error) {
	all, err := d.db.EntriesBack(ctx, before, limit)
	if err != nil {
		return nil, err
	}
	out := make([]review.LedgerEntry, len(all))
	for i := range all {
		if out[i], err = inWords(&all[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Entry gives one entry with its text in display form.
func (d *Desk) Entry(ctx context.Context, i review.EntryIndex) (review.LedgerEntry, error) {
	e, err := d.db.Entry(ctx, i)
	if err != nil {
		return review.LedgerEntry{}, err
	}
	w, err := inWords(&e)
	w.Text = string(e.Bytes) // canonical texts hold no raw control, bidi or invisible character (ledger.md 1.3)
	return w, err
}

func inWords(e *store.Entry) (review.LedgerEntry, error) {
	w := review.LedgerEntry{Index: e.Index, Kind: string(e.Kind), Campaign: e.Campaign, Signer: e.Signer, Key: e.Key, Via: e.Via, Time: e.Time, Bundle: e.Bundle, LeafHash: e.Leaf.Base64()}
	v, _, _, err := ledger.ParseEntry(e.Bytes)
	if err != nil {
		return w, internal(fmt.Sprintf("entry %d cannot be read", e.Index), err)
	}
	w.Summary = summary(v)
	return w, nil
}

// summary says in a line what an entry says.
func summary(v any) string {
	switch v := v.(type) {
	case *ledger.Open:
		return "ledger opened: " + ledger.Display(v.Title)
	case *ledger.Roster:
		s := fmt.Sprintf("roster version %d, %d lines", v.Version, v.SignerLines)
		if v.RevokedLines > 0 {
			s += fmt.Sprintf(", %d %s revoked", v.RevokedLines, plural(v.RevokedLines, "key", "keys"))
		}
		return s
	case *ledger.Import:
		return fmt.Sprintf("%s from %s: %s read, %d rejected, %s, %s", ledger.Display(v.FileName), v.Source, review.Plural(v.RowsRead, "row"), v.RowsRejected, review.Plural(v.Grants, "grant"), v.Completeness)
	case *ledger.Campaign:
		return fmt.Sprintf("campaign %s launched over %s from %s", v.Campaign, review.Plural(v.Items, "item"), review.Plural(int64(len(v.Imports)), "import"))
	case *ledger.Decision:
		what := "account " + ledger.Display(v.Account)
		if v.Entitlement != "" {
			what = ledger.Display(v.Entitlement) + " on " + ledger.Display(v.Account)
		}
		return strings.TrimSpace(fmt.Sprintf("%s %s %s", review.InWords(string(v.Verdict)), what, quoted(v.Reason)))
	case *ledger.Reassign:
		return fmt.Sprintf("%s decides instead of %s %s", v.To, v.From, quoted(v.Reason))
	case *ledger.Closure:
		return fmt.Sprintf("exception %d %s %s", v.Exception, v.Outcome, quoted(v.Reason))
	case *ledger.Remediation:
		s := fmt.Sprintf("revoke %d: %s", v.Decision, review.InWords(string(v.State)))
		if v.Ticket != "" {
			s += " (" + ledger.Display(v.Ticket) + ")"
		}
		if v.Import != 0 {
			s += fmt.Sprintf(", shown by entry %d", v.Import)
		}
		return s
	case *ledger.Bundle:
		return fmt.Sprintf("%d %s signed: %s", v.Records, plural(v.Records, "record", "records"), saidTally(v.Tally))
	case *ledger.Signoff:
		return fmt.Sprintf("%s signs off: %d of %d decided (%s)", v.Role, v.Decided, v.Items, saidTally(v.Tally))
	case *ledger.Anchor:
		return fmt.Sprintf("head of size %d given to %s (%s)", v.Size, ledger.Display(v.Holder), v.Type)
	}
	return ""
}

// saidTally is a tally of the ledger, "keep 3, abstain 1", in the words of people.
func saidTally(tally string) string {
	parts := strings.Split(tally, ", ")
	for i, p := range parts {
		word, n, _ := strings.Cut(p, " ")
		parts[i] = strings.TrimSpace(review.InWords(word) + " " + n)
	}
	return strings.Join(parts, ", ")
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "“" + ledger.Display(s) + "”"
}

// Rebuild computes the current state from the ledger anew and says how it differs from the stored one.
func (d *Desk) Rebuild(ctx context.Context, apply bool) (store.Rebuilt, error) {
	return d.db.Rebuild(ctx, apply)
}
