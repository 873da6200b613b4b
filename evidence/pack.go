package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Pack is an evidence pack opened for reading, folder or zip. It is a [Source].
//
// Opening judges names and form only; [Verify] judges the rest. Lists that do not fit their leaf hashes are cut where
// they stop fitting, and Verify says so.
type Pack struct {
	fsys        files
	stmt        ledger.Pack
	vkey        string
	leaves      []ledger.Hash
	imports     map[int64]*textList
	members     map[string]*textList
	assignments map[string]*textList
	facts       map[string]*factList
	byHash      map[ledger.Hash]string
	single      *textReader // of entries one by one
	words       []string
	wordAt      map[string]int32
	faults      []*ledger.Failure // what did not fit while reading lists
}

// Open opens a pack without trusting it: names that leave the folder, links, and zips that unpack to more than they
// could honestly hold are refused with review.KindRefused and reason "MANIFEST".
func Open(path string) (*Pack, error) {
	fsys, troubles, err := openFiles(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if len(troubles) > 0 {
		fsys.Close()
		return nil, review.Errorf(review.KindRefused, "%s is not a pack that can be opened safely: %s %s", review.Quote(path),
			review.Quote(troubles[0].file), troubles[0].words).WithReason(string(ledger.CodeManifest)).
			WithHint("`tickmark verify` lists everything that is wrong with it; ask the sender for a new export")
	}
	p, err := newPack(fsys)
	if err != nil {
		fsys.Close()
		return nil, openError(path, err)
	}
	return p, nil
}

func openError(path string, err error) error {
	var known *review.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrNotExist):
		return &review.Error{Kind: review.KindNotFound, Message: "there is no pack at " + review.Quote(path), Hint: "give the path of a pack: a folder or a .zip", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &review.Error{Kind: review.KindIO, Message: review.Quote(path) + " may not be read by you", Hint: "check its permissions", Err: err}
	}
	return &review.Error{Kind: review.KindIO, Message: review.Quote(path) + " cannot be read as a pack: " + review.Safe(err.Error()),
		Hint: "a pack is a folder or a .zip made by `tickmark export`; ask the sender for it again", Err: err}
}

// openFiles opens a folder or zip.
func openFiles(path string) (files, []trouble, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		d, troubles, err := openFolder(path)
		if err != nil {
			return nil, nil, err
		}
		return d, append(troubles, onlyCase(d.files)...), nil
	}
	z, troubles, err := openZip(path)
	if err != nil {
		return nil, nil, err
	}
	return z, append(troubles, onlyCase(z.files)...), nil
}

// newPack reads what every question needs: the pack statement, the note key and the leaf hashes.
func newPack(fsys files) (*Pack, error) {
	p := &Pack{fsys: fsys, imports: map[int64]*textList{}, members: map[string]*textList{}, assignments: map[string]*textList{},
		facts: map[string]*factList{}}
	text, err := read(fsys, filePack, ledger.MaxText)
	if err != nil {
		return nil, err
	}
	v, err := ledger.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("pack.txt: %w", err)
	}
	stmt, ok := v.(*ledger.Pack)
	if !ok {
		return nil, errors.New("pack.txt is not a pack statement")
	}
	p.stmt = *stmt
	if key, err := read(fsys, fileVKey, coreFileLimit); err == nil {
		p.vkey = strings.TrimSuffix(string(key), "\n")
	}
	hashes, err := read(fsys, fileLeafHashes, maxNames*64)
	if err != nil {
		return nil, err
	}
	if p.leaves, err = ledger.ParseHashes(hashes); err != nil {
		return nil, fmt.Errorf("%s: %w", fileLeafHashes, err)
	}
	return p, nil
}

// IsPack reports whether path looks like a pack, by content: a folder that holds pack.txt or MANIFEST.sha256, or a zip
// that does.
func IsPack(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if info.IsDir() {
		for _, name := range []string{filePack, fileManifest} {
			if s, err := os.Lstat(filepath.Join(path, name)); err == nil && s.Mode().IsRegular() {
				return true
			}
		}
		return false
	}
	if !isZip(path) {
		return false
	}
	z, _, err := openZip(path)
	if err != nil {
		return false
	}
	defer z.Close()
	_, ok1 := find(z.files, filePack)
	_, ok2 := find(z.files, fileManifest)
	return ok1 || ok2
}

// Close lets go of the files.
func (p *Pack) Close() error { return p.fsys.Close() }

// Statement is pack.txt: which ledger, which view, which campaigns, what is withheld, who exported it.
func (p *Pack) Statement() ledger.Pack { return p.stmt }

// Log is the ledger's name as the pack states it.
func (p *Pack) Log() string { return p.stmt.Log }

// VKey is the ledger's note key as the pack states it.
func (p *Pack) VKey() string { return p.vkey }

// Head is the head as the pack states it.
func (p *Pack) Head(context.Context) (ledger.Head, error) {
	return ledger.Head{Size: p.stmt.Size, Root: p.stmt.Root}, nil
}

// Checkpoints lists the sizes of the notes in the pack.
func (p *Pack) Checkpoints(context.Context) ([]int64, error) {
	var sizes []int64
	for _, f := range under(p.fsys.list(), dirProofs+"checkpoint-") {
		if m := headName.FindStringSubmatch(f.name); m != nil {
			sizes = append(sizes, parseDigits(m[1]))
		}
	}
	return sortedSizes(append(sizes, p.stmt.Size)), nil
}

// Checkpoint gives a note of the pack.
func (p *Pack) Checkpoint(_ context.Context, size int64) ([]byte, error) {
	if size == p.stmt.Size {
		return read(p.fsys, fileCheckpoint, coreFileLimit)
	}
	return read(p.fsys, headFile(size), coreFileLimit)
}

// Entries yields the entries; those that are withheld as leaf hashes.
func (p *Pack) Entries(ctx context.Context, from, to int64) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		for t, err := range p.entries(ctx, from, to) {
			t.Bytes = bytes.Clone(t.Bytes)
			if !yield(t, err) {
				return
			}
		}
	}
}

// entries is [Pack.Entries] with texts that may be used until the next one is asked for.
func (p *Pack) entries(ctx context.Context, from, to int64) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		texts, err := newTextReader(p.fsys)
		if err != nil {
			yield(Text{}, err)
			return
		}
		files, next := p.fsys.list(), 0
		for i := max(from, 0); i < min(to, int64(len(p.leaves))); i++ {
			if err := ctx.Err(); err != nil {
				yield(Text{}, err)
				return
			}
			t := Text{Leaf: p.leaves[i]}
			name := entryFile(i)
			if next == len(files) || files[next].name != name { // one after the other, but for the first and those beyond six digits
				next, _ = position(files, name)
			}
			if next < len(files) && files[next].name == name {
				b, err := texts.text(files[next])
				next++
				if err != nil {
					yield(Text{}, err)
					return
				}
				t.Bytes = b
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}

// entry gives one entry, nil if it is withheld. It may be used until the next call.
func (p *Pack) entry(index int64) ([]byte, error) {
	f, ok := find(p.fsys.list(), entryFile(index))
	if !ok || index >= int64(len(p.leaves)) {
		return nil, nil
	}
	if p.single == nil {
		var err error
		if p.single, err = newTextReader(p.fsys); err != nil {
			return nil, err
		}
	}
	return p.single.text(f)
}

// File gives a roster, revocation, policy, rules, mapping or rejects file, or a token, by its digest.
func (p *Pack) File(_ context.Context, digest ledger.Hash) ([]byte, error) {
	if p.byHash == nil {
		p.byHash = map[ledger.Hash]string{}
		for _, f := range p.fsys.list() {
			if !namedByHash(f.name) {
				continue
			}
			sum, err := digestOf(p.fsys, f)
			if err != nil {
				return nil, err
			}
			if p.byHash[sum] == "" {
				p.byHash[sum] = f.name
			}
		}
	}
	name, ok := p.byHash[digest]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return read(p.fsys, name, coreFileLimit)
}

func digestOf(fsys files, f file) (ledger.Hash, error) {
	c, err := fsys.open(f)
	if err != nil {
		return ledger.Hash{}, err
	}
	defer c.Close()
	h := sha256.New()
	_, err = io.Copy(h, c)
	return ledger.Hash(h.Sum(nil)), err
}

// namedByHash reports whether statements name this file by its digest.
func namedByHash(name string) bool {
	switch dir, base, _ := strings.Cut(name, "/"); dir {
	case "trust":
		return strings.HasPrefix(base, "rosters/") || strings.HasPrefix(base, "tokens/") || base == "allowed_signers"
	case "campaigns":
		return strings.HasSuffix(base, "/policy.txt") || strings.HasSuffix(base, "/rules.txt")
	case "imports":
		return strings.HasSuffix(base, "/rejects.csv") || strings.HasSuffix(base, "/mapping.txt")
	}
	return false
}

// Original gives the raw file of an import, if the pack holds it.
func (p *Pack) Original(_ context.Context, index int64) (io.ReadCloser, error) {
	f, ok := find(p.fsys.list(), importFile(index, "original"))
	if !ok {
		return nil, fs.ErrNotExist
	}
	return p.fsys.open(f)
}

// Rows yields the rows of an import; those that are withheld as leaf hashes.
func (p *Pack) Rows(_ context.Context, index int64) iter.Seq2[Text, error] {
	l, err := p.rowList(index)
	return listed(l, err)
}

// Members yields the population of a campaign.
func (p *Pack) Members(_ context.Context, campaign string) iter.Seq2[Text, error] {
	l, err := p.memberList(campaign)
	return listed(l, err)
}

// Assignments yields the first assignments of a campaign.
func (p *Pack) Assignments(_ context.Context, campaign string) iter.Seq2[Text, error] {
	l, err := p.assignmentList(campaign)
	return listed(l, err)
}

func listed(l *textList, err error) iter.Seq2[Text, error] {
	if err != nil {
		return func(yield func(Text, error) bool) { yield(Text{}, err) }
	}
	return l.all()
}

func (p *Pack) rowList(index int64) (*textList, error) {
	return cached(p, p.imports, index, importFile(index, "rows.txt"), importFile(index, "leafhashes.txt"))
}

func (p *Pack) memberList(campaign string) (*textList, error) {
	return cached(p, p.members, campaign, campaignFile(campaign, "members.txt"), campaignFile(campaign, "members.leafhashes.txt"))
}

func (p *Pack) assignmentList(campaign string) (*textList, error) {
	return cached(p, p.assignments, campaign, campaignFile(campaign, "assignments.txt"), campaignFile(campaign, "assignments.leafhashes.txt"))
}

// cached loads a list once. A pack without its leaf hashes does not have the list: fs.ErrNotExist.
func cached[K comparable](p *Pack, m map[K]*textList, key K, texts, hashes string) (*textList, error) {
	if l, ok := m[key]; ok {
		if l == nil {
			return nil, fs.ErrNotExist
		}
		return l, nil
	}
	m[key] = nil
	b, err := read(p.fsys, hashes, maxNames*64)
	if err != nil {
		return nil, err
	}
	leaves, err := ledger.ParseHashes(b)
	if err != nil {
		p.fault(ledger.CodePopulation, hashes, err)
		return nil, fs.ErrNotExist
	}
	var c content
	f, ok := find(p.fsys.list(), texts)
	if ok {
		if c, err = p.fsys.open(f); err != nil {
			return nil, err
		}
	}
	l, err := newTextList(c, f.size, leaves)
	if err != nil {
		p.fault(ledger.CodePopulation, texts, err)
	}
	m[key] = l
	return l, nil
}

func (p *Pack) fault(code ledger.Code, file string, err error) {
	p.faults = append(p.faults, &ledger.Failure{Code: code, Index: ledger.NoIndex, File: file, Words: plainWords(err)})
}
