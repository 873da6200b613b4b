package desk

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// source is where an import belongs.
type source struct {
	id       review.SourceID
	system   string
	instance string
	guessed  bool            // taken from the file's name
	alike    bool            // taken from an earlier import that looks the same but had another file name
	beside   review.SourceID // the source of the same system that holds another format; empty if none does
	previous *store.Import   // newest import of it; nil if this is the first
	counts   *store.Import   // the import that reviews look at so far
	siblings []store.Import  // newest imports of other sources of the same system
}

// sourceOf settles the one source of an import (rulings 2).
func (d *Desk) sourceOf(ctx context.Context, name string, o review.ImportOptions, rep *review.ImportReport) (source, error) {
	s := source{system: firstOf(o.System, rep.System), instance: firstOf(o.Instance, rep.Instance)}
	if o.System == "" && strings.HasPrefix(rep.Format, "generic-") {
		s.system = "" // what a generic file reports is its own name
	}
	all, err := d.db.Imports(ctx)
	if err != nil {
		return s, err
	}
	s.id = o.Source
	if s.id == "" && rep.HeaderHash != "" {
		if p, ok, err := d.db.ProfileByHeader(ctx, rep.HeaderHash); err != nil {
			return s, err
		} else if ok {
			s.id = p.Source
		}
	}
	for i := range all {
		if s.id != "" {
			break
		}
		im := &all[i]
		if im.Format != rep.Format || im.Instance != s.instance || im.HeaderHash != rep.HeaderHash || o.System != "" && o.System != im.System {
			continue
		}
		other := s.instance == "" && slugOfFile(name) != slugOfFile(im.File)
		if other && d.cameInNow(im.Source) {
			continue // two files of one call that look alike are two systems, not one that lost everything
		}
		s.id, s.alike = im.Source, other && o.System == ""
	}
	if s.id == "" && s.system != "" && byHand(rep.Format) {
		s.id = slug(s.system + "-" + rep.Format) // it is about the system, and no export of it
	}
	if s.id == "" && s.system != "" {
		s.id = slug(strings.Trim(s.system+"-"+s.instance, "-"))
		if at := slices.IndexFunc(all, func(im store.Import) bool { return im.Source == s.id }); at >= 0 && family(all[at].Format) != family(rep.Format) {
			s.beside, s.id = s.id, slug(strings.Trim(string(s.id)+"-"+strings.TrimPrefix(rep.Format, s.system+"-"), "-"))
		}
	}
	if s.id == "" {
		s.id, s.guessed = slugOfFile(name), true
	}
	if !ledger.ValidID(string(s.id)) {
		return s, review.Errorf(review.KindUsage, "%q cannot name a source", review.Safe(string(s.id))).WithHint("use lower-case letters, digits, dots and hyphens: --source aws-prod")
	}
	for i := range all {
		if all[i].Source == s.id {
			s.previous = &all[i]
			break
		}
	}
	if p := s.previous; p != nil && aside(p.Format) != aside(rep.Format) {
		return s, review.Errorf(review.KindUsage, "%s holds %s: a file of %s would take its place", s.id, p.Format, rep.Format).
			WithHint("leave --source out, or give it a name of its own; --system %s says which system the file is about", review.Safe(p.System))
	}
	for i := len(all) - 1; i >= 0; i-- {
		if im := &all[i]; im.Source == s.id && (s.counts == nil || store.Supersedes(im.ExportedAt, s.counts.ExportedAt)) {
			s.counts = im
		}
	}
	if p := s.previous; p != nil {
		s.system = firstOf(s.system, p.System)
		if s.instance != "" && p.Instance != "" && s.instance != p.Instance && o.Instance == "" {
			return s, review.Errorf(review.KindRefused, "%s: instance %s was expected, which %s was imported from before, instance %s was found", review.Safe(name), review.Safe(p.Instance), s.id, review.Safe(s.instance)).
				WithHint("if it is another system, give it its own name with --source; if the system moved, say --instance %s", review.Safe(s.instance)).WithReason("wrong-instance")
		}
	}
	s.system = firstOf(s.system, string(s.id))
	met := map[review.SourceID]bool{s.id: true}
	for _, im := range all {
		if !met[im.Source] && im.System == s.system && (im.Instance == s.instance || im.Instance == "" || s.instance == "") {
			s.siblings = append(s.siblings, im)
		}
		met[im.Source] = true
	}
	return s, nil
}

// aside reports a format of files that stand beside the exports under review and hold no access themselves.
func aside(format string) bool {
	return byHand(format) || format == "hr-roster" || format == "sod-rules"
}

// family is what formats share that can take each other's place: any file one mapped by hand, else only the same one.
func family(format string) string {
	if strings.HasPrefix(format, "generic-") {
		return "generic"
	}
	return format
}

// stalePair is how far apart two exports of one system may be made and still be read together (trap 44).
const stalePair = 7 * 24 * time.Hour

// stale warns of other exports of the same system that were made long before or after this one: read together, they show
// people without what they hold, or access of people who are gone.
func (s *source) stale(rep *review.ImportReport) []review.Warning {
	w := review.Warning{Keyword: "stale-pair", Serious: true}
	for i := range s.siblings {
		im := &s.siblings[i]
		if rep.ExportedAt.IsZero() || im.ExportedAt.IsZero() || rep.ExportedAt.Sub(im.ExportedAt).Abs() <= stalePair {
			continue
		}
		if w.Count++; w.Count == 1 {
			w.First = fmt.Sprintf("import %d", im.ID)
			w.Text = fmt.Sprintf("this file was exported on %s, import %d (%s) of the same system on %s, more than 7 days apart: export them together and import both",
				rep.ExportedAt.Format(time.DateOnly), im.ID, im.Source, im.ExportedAt.Format(time.DateOnly))
		}
	}
	if w.Count == 0 {
		return nil
	}
	return []review.Warning{w}
}

// late warns of an export that is older than the one read before: reviews go on looking at the other.
func (s *source) late(rep *review.ImportReport) []review.Warning {
	if s.counts == nil || store.Supersedes(rep.ExportedAt, s.counts.ExportedAt) {
		return nil
	}
	return []review.Warning{{Keyword: keywordLate, Count: 1, First: fmt.Sprintf("import %d", s.counts.ID),
		Text: fmt.Sprintf("this file was exported at %s, import %d of %s at %s: reviews and rosters go on with import %d", moment(rep.ExportedAt), s.counts.ID, s.id, moment(s.counts.ExportedAt), s.counts.ID)}}
}

const keywordLate = "older-export"

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }

// LateExports says, by source, of every import that was read last and that reviews do not look at, because an earlier one
// was exported later.
func (d *Desk) LateExports(ctx context.Context, only []review.SourceID) ([]string, error) {
	counting, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, im := range counting {
		if len(only) > 0 && !slices.Contains(only, im.Source) {
			continue
		}
		last, err := d.db.LatestImport(ctx, im.Source)
		if err != nil {
			return nil, err
		}
		if last.ID != im.ID {
			out = append(out, fmt.Sprintf("%s: import %d was read last, but exported at %s, before import %d (%s); import %d is reviewed", im.Source, last.ID, moment(last.ExportedAt), im.ID, moment(im.ExportedAt), im.ID))
		}
	}
	return out, nil
}

// slug makes an `id` of a name.
func slug(name string) review.SourceID {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), ".-")
	if len(s) > 64 {
		s = strings.TrimRight(s[:64], ".-")
	}
	return review.SourceID(s)
}

// slugOfFile is a slug of a file name without digits and dates, so that next quarter's file belongs to the same source.
func slugOfFile(name string) review.SourceID {
	base := filepath.Base(name)
	for _, ext := range []string{".gz", ".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl"} {
		base = strings.TrimSuffix(base, ext)
	}
	base = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, base)
	return firstOf(slug(base), "source")
}

// cameInNow reports whether a source was imported through this desk, and not in an earlier run.
func (d *Desk) cameInNow(s review.SourceID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cameIn[s]
}
