package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/store"
)

// InitOptions say how a new database begins.
type InitOptions struct {
	Principal review.Principal // who is enrolled first
	Title     string           // of the ledger; empty: made from the principal's domain
	LogPrefix string           // of the ledger's name; empty: the principal's domain
	Roles     []string         // empty: every role (all but host)
	Generate  bool             // make a new key if none is named or held by the agent
}

// InitResult says what was made.
type InitResult struct {
	Log       string             `json:"log"`
	Database  string             `json:"database"`
	Principal review.Principal   `json:"principal"`
	Key       review.Fingerprint `json:"key"`
	KeyFile   string             `json:"key_file,omitempty"`
	Generated bool               `json:"generated"`
	Roles     []string           `json:"roles"`
	Receipt   review.Receipt     `json:"receipt"`
}

// Init makes a database with its ledger: the open entry, and a first roster signed by the key it names. Nothing is left
// behind if the key cannot sign.
func Init(ctx context.Context, o Options, in InitOptions) (*Desk, InitResult, error) {
	o.fill()
	res := InitResult{Database: o.Path, Principal: in.Principal}
	if !ledger.ValidPrincipal(string(in.Principal)) {
		return nil, res, review.Errorf(review.KindUsage, "%q is not a principal", review.Safe(string(in.Principal))).
			WithHint("principals look like alice@example.com: lower case, one @")
	}
	if _, err := os.Stat(o.Path); err == nil {
		return nil, res, review.Errorf(review.KindExists, "there is a file at %s already", review.Safe(o.Path)).
			WithHint("use it, or name another with --db")
	}
	namespaces, words, err := namespacesOf(in.Roles)
	if err != nil {
		return nil, res, err
	}
	res.Roles = words
	signer, keyFile, generated, err := firstKey(ctx, o, in)
	if err != nil {
		return nil, res, err
	}
	res.Generated, res.KeyFile = generated, keyFile
	signer = keys.WithoutCertificate(signer)
	res.Key = review.Fingerprint(signer.Fingerprint())
	if err := keys.CheckKey(signer.Public()); err != nil {
		return nil, res, keyError(err)
	}
	d := newDesk(o)
	d.me = in.Principal
	if d.log, err = newLogName(o.Rand, in); err != nil {
		return nil, res, err
	}
	entries, file, err := d.firstEntries(ctx, signer, in, namespaces)
	if err != nil {
		return nil, res, err
	}
	done, err := d.create(ctx, entries, file)
	if err != nil {
		return nil, res, err
	}
	d.keep(done)
	if keyFile != "" {
		if err := d.db.SetSetting(ctx, in.Principal, settingKeyFile, keyFile); err != nil {
			return nil, res, errors.Join(err, d.db.Close())
		}
	}
	if err := d.start(ctx); err != nil {
		return nil, res, errors.Join(err, d.db.Close())
	}
	d.me = in.Principal
	res.Log = d.log
	res.Receipt = done.receipt
	return d, res, nil
}

// firstKey is the key to enrol: the one named, else the agent's only usable key, else a new one.
func firstKey(ctx context.Context, o Options, in InitOptions) (s keys.Signer, file string, generated bool, err error) {
	places := (&Desk{o: o}).places(nil)
	named := firstOf(o.Key, o.Config.Key)
	if named != "" {
		s, err = keys.Find(ctx, named, places)
		if err != nil {
			return nil, "", false, keyError(err)
		}
		if s.Via() == keys.ViaKeyFile {
			file, err = filepath.Abs(strings.TrimSuffix(named, ".pub"))
		}
		return s, file, false, err
	}
	if o.Agent != nil {
		if s, err = keys.Find(ctx, "", places); err == nil {
			return s, "", false, nil
		} else if r := keys.ReasonOf(err); !in.Generate && r != keys.NoAgent {
			return nil, "", false, keyError(err)
		}
	}
	if !in.Generate {
		return nil, "", false, review.Errorf(review.KindKey, "there is no key to sign with").
			WithHint("name one with --key FILE, load one with ssh-add, or let tickmark make one (init without --key in a terminal asks)")
	}
	path, err := newKeyPath(o.KeyDir, in.Principal)
	if err != nil {
		return nil, "", false, err
	}
	if _, err := keys.Generate(path, string(in.Principal)); err != nil {
		return nil, "", false, keyError(err)
	}
	s, err = keys.OpenFile(path, nil)
	return s, path, true, keyError(err)
}

// newKeyPath is a free name for a key of this person.
func newKeyPath(dir string, p review.Principal) (string, error) {
	if dir == "" {
		return "", review.Errorf(review.KindUsage, "there is no folder for a new key").WithHint("name a key with --key FILE")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", review.Errorf(review.KindIO, "cannot make the folder for keys: %w", err).WithHint("name a key with --key FILE")
	}
	base := filepath.Join(dir, strings.NewReplacer("@", "-at-", "+", "-").Replace(string(p)))
	for i := 1; ; i++ {
		path := base
		if i > 1 {
			path = fmt.Sprintf("%s-%d", base, i)
		}
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			return filepath.Abs(path)
		}
	}
}

var notLog = regexp.MustCompile(`[^a-z0-9.-]+`)

// newLogName is a unique name: the prefix and eight random hex digits (ledger.md 5.2).
func newLogName(random io.Reader, in InitOptions) (string, error) {
	prefix := in.LogPrefix
	if prefix == "" {
		_, domain, _ := strings.Cut(string(in.Principal), "@")
		prefix = strings.Trim(notLog.ReplaceAllString(domain, "-"), ".-") + "/access-reviews"
	}
	var b [4]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", internal("no random bytes could be read", err)
	}
	log := strings.TrimSuffix(prefix, "/") + "/" + hex.EncodeToString(b[:])
	if !ledger.ValidLog(log) {
		return "", review.Errorf(review.KindUsage, "%q cannot name a ledger", review.Safe(log)).WithHint("use lower-case letters, digits, dots, hyphens and slashes")
	}
	return log, nil
}

// firstEntries are the open entry and version 1 of the roster, with the roster file it names.
func (d *Desk) firstEntries(ctx context.Context, signer keys.Signer, in InitOptions, namespaces []string) (entries [][]byte, roster []byte, err error) {
	now := d.Now()
	title := in.Title
	if title == "" {
		_, domain, _ := strings.Cut(string(in.Principal), "@")
		title = "Access reviews of " + domain
	}
	open, err := ledger.Format(&ledger.Open{Log: d.log, Time: now, Title: title, Suite: ledger.Suite})
	if err != nil {
		return nil, nil, internal("the open entry cannot be written", err)
	}
	roster = []byte("# who may sign what in " + d.log + "\n" +
		ledger.FormatRosterLine(ledger.RosterLine{Principal: string(in.Principal), Namespaces: namespaces, ValidAfter: now, Key: signer.Public(), Comment: "self-enrolled"}) + "\n")
	file, err := ledger.ParseRosterFile(roster)
	if err != nil {
		return nil, nil, internal("the first roster cannot be written", err)
	}
	st := &ledger.Roster{Log: d.log, Version: 1, SignerLines: file.LineCount(), SignersSHA256: ledger.Sum(roster)}
	st.Sig = ledger.Sig{Signer: string(in.Principal), Key: signer.Fingerprint(), Via: signer.Via(), Seq: 1, Time: now,
		Seen: ledger.Head{Size: 1, Root: ledger.Root([]ledger.Hash{ledger.LeafHash(open)})}}
	entry, err := signStatement(ctx, signer, st)
	return [][]byte{open, entry}, roster, err
}

// create makes the database file and the note key beside it, whole or not at all.
func (d *Desk) create(ctx context.Context, entries [][]byte, roster []byte) (done appended, err error) {
	if dir := filepath.Dir(d.o.Path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return done, review.Errorf(review.KindIO, "cannot make the folder %s: %w", review.Safe(dir), err).WithHint("choose another place with --db")
		}
	}
	d.db, err = store.Open(ctx, d.o.Path, store.Options{Create: true, Now: d.o.Now, Rand: d.o.Rand})
	if err != nil {
		return done, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.db.Close())
			for _, suffix := range []string{"", "-wal", "-shm"} {
				os.Remove(d.o.Path + suffix)
			}
			os.Remove(noteKeyPath(d.o.Path))
		}
	}()
	if err := makeNoteKey(d.o.Path, d.log, d.o.Rand); err != nil {
		return done, err
	}
	if _, err := d.db.PutFile(ctx, roster); err != nil {
		return done, err
	}
	done = appended{entry: int64(len(entries)) - 1, time: d.Now()}
	_, err = d.db.Append(ctx, ledger.Head{Root: ledger.Root(nil)}, entries, func(tx *store.Tx) error { return d.putReceipt(tx, &done, nil) })
	return done, err
}

// namespacesOf gives the sorted namespaces of role words; none is every role but host (rulings 13).
func namespacesOf(words []string) (namespaces, said []string, err error) {
	for _, r := range roles {
		take := len(words) == 0 && r.word != "host"
		for _, w := range words {
			take = take || w == r.word
		}
		if take {
			namespaces, said = append(namespaces, r.namespace), append(said, r.word)
		}
	}
	for _, w := range words {
		if !slices.Contains(said, w) {
			return nil, nil, review.Errorf(review.KindUsage, "there is no role %q", review.Safe(w)).
				WithHint("the roles are roster, import, manage, review, export and host")
		}
	}
	slices.Sort(namespaces)
	return namespaces, said, nil
}
