package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// nameEvidence hashes the evidence file that is named, if one is. The name is kept in full: whoever signs, from whichever
// folder, must find the same file.
func nameEvidence(name, sum *string, keep bool) (*review.EvidenceFile, error) {
	if *name == "" {
		if keep {
			return nil, review.Errorf(review.KindUsage, "only an evidence file that is named can be kept").WithReason("needs-evidence").WithHint("name the file, or leave keeping it out")
		}
		if *sum != "" {
			return &review.EvidenceFile{SHA256: *sum, Size: -1}, nil
		}
		return nil, nil
	}
	full, err := filepath.Abs(*name)
	if err != nil {
		return nil, fileError(*name, err)
	}
	now, size, err := hashEvidence(full)
	if err != nil {
		return nil, err
	}
	if *sum != "" && *sum != now {
		return nil, changedEvidence(full)
	}
	if keep && size > review.MostKept {
		return nil, review.Errorf(review.KindUsage, "the evidence file %s is %d bytes long, at most %d are kept", review.Safe(full), size, int64(review.MostKept)).WithReason("evidence-size").
			WithHint("leave keeping it out: its hash is recorded all the same")
	}
	*name, *sum = full, now
	return &review.EvidenceFile{Name: filepath.Base(full), SHA256: now, Size: size, Kept: keep}, nil
}

// hashEvidence is the SHA-256 of a file in hex, and its size.
func hashEvidence(path string) (string, int64, error) {
	f, err := openEvidence(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return "", 0, fileError(path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

// openEvidence opens a regular file: anything else has no bytes to be hashed once and for all.
func openEvidence(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, review.Errorf(review.KindUsage, "the evidence %s is no file", review.Safe(path)).WithHint("name a file; several go into an archive")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	return f, nil
}

// filed are the evidence files that what is being signed names. Each is looked at once, whatever number of records name it.
type filed struct {
	files []store.EvidenceFile
	seen  map[filing]bool
}

type filing struct {
	name, sum string
	keep      bool
}

// take refuses a file that is another one now, or that nobody can look at any more, and notes it otherwise.
func (f *filed) take(name, sum string, keep bool) error {
	if name == "" || f.seen[filing{name, sum, keep}] {
		return nil
	}
	lost := func(err error) error {
		return review.Errorf(review.KindConflict, "the evidence file %s cannot be read any more: %w", review.Safe(name), err).WithReason("evidence-changed").
			WithHint("put it back, or stage it again with the file where it is now")
	}
	hash, err := ledger.ParseSHA("sha256:" + sum)
	if err != nil {
		return internal("the evidence has no digest", err)
	}
	noted := store.EvidenceFile{Hash: hash, Name: filepath.Base(name)}
	var now string
	if now, noted.Size, err = hashEvidence(name); err != nil {
		return lost(err)
	}
	if keep && now == sum {
		file, err := openEvidence(name)
		if err != nil {
			return lost(err)
		}
		defer file.Close()
		if noted.Bytes, err = io.ReadAll(io.LimitReader(file, review.MostKept+1)); err != nil {
			return lost(err)
		}
		if noted.Bytes == nil {
			noted.Bytes = []byte{}
		}
		now, noted.Size = strings.TrimPrefix(ledger.Sum(noted.Bytes).String(), "sha256:"), int64(len(noted.Bytes))
	}
	if now != sum {
		return changedEvidence(name)
	}
	if f.seen == nil {
		f.seen = map[filing]bool{}
	}
	f.seen[filing{name, sum, keep}] = true
	f.files = append(f.files, noted)
	return nil
}

// takeAll takes what staged verdicts and acts name.
func (f *filed) takeAll(verdicts []store.StagedVerdict, acts []store.StagedAct) error {
	for i := range verdicts {
		if err := f.take(verdicts[i].EvidenceName, verdicts[i].EvidenceSHA256, verdicts[i].KeepEvidence); err != nil {
			return err
		}
	}
	for i := range acts {
		if acts[i].Act != review.ActClosure {
			continue
		}
		var p closure
		if err := json.Unmarshal(acts[i].Payload, &p); err != nil {
			return internal("a staged closure cannot be read", err)
		}
		if err := f.take(p.EvidenceName, p.EvidenceSHA256, p.KeepEvidence); err != nil {
			return err
		}
	}
	return nil
}

// put stores them with what names them.
func (f *filed) put(tx *store.Tx) error {
	for _, file := range f.files {
		if err := tx.PutEvidence(file); err != nil {
			return err
		}
	}
	return nil
}

// knowEvidence says of the evidence that exceptions name what is known of it here.
func (d *Desk) knowEvidence(ctx context.Context, all []review.Exception) error {
	var known map[string]review.EvidenceFile
	for i := range all {
		for j := range all[i].Evidence {
			if known == nil {
				var err error
				if known, err = d.db.EvidenceFiles(ctx); err != nil {
					return err
				}
			}
			e := &all[i].Evidence[j]
			if k, ok := known[e.SHA256]; ok {
				e.Name, e.Size, e.Kept = firstOf(e.Name, k.Name), k.Size, k.Kept
			}
		}
	}
	return nil
}

// knowEvidence says of the evidence that exceptions name whether the pack holds it.
func (p *Pack) knowEvidence(all []review.Exception) {
	for i := range all {
		for j := range all[i].Evidence {
			e := &all[i].Evidence[j]
			h, err := ledger.ParseSHA("sha256:" + e.SHA256)
			if err != nil {
				continue
			}
			b, err := p.pack.Evidence(context.Background(), h)
			if err == nil {
				e.Size, e.Kept = int64(len(b)), true
			} else if !errors.Is(err, fs.ErrNotExist) {
				p.broken = append(p.broken, review.Notice{Code: "evidence", Text: err.Error()})
			}
		}
	}
}

func changedEvidence(name string) error {
	return review.Errorf(review.KindConflict, "the evidence file %s changed since it was hashed", review.Safe(name)).WithReason("evidence-changed").
		WithHint("stage it again with the file as it is now")
}

// Exception gives one exception in force, closed ones too.
func (d *Desk) Exception(ctx context.Context, id review.EntryIndex) (review.Exception, error) {
	all, err := d.exceptions(ctx, store.ClosingQuery{IDs: []review.EntryIndex{id}})
	if err != nil {
		return review.Exception{}, err
	}
	e := findException(all, id)
	if e == nil {
		return review.Exception{}, noException(id)
	}
	return *e, nil
}
