package evidence

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

// Options say what goes into a pack. The zero value of everything but Exporter, Key and Tool is a full pack.
type Options struct {
	For  string // "", "soc1" or "soc2"
	Type int    // 1 or 2; needed with For, 0 without

	From, To  string   // audit window, YYYY-MM-DD; both empty: rulings 34
	Campaigns []string // empty: those the view and the window choose

	Sample   int      // draw that many items of each campaign; 0: none
	Seed     string   // of the draw, named by the auditor; needed with Sample
	Items    []string // dossiers for these items, too ("sha256:<hex>")
	Disclose string   // "all" or "sample"; "": sample if Sample is set, else all
	Redact   bool     // withhold records, rows, members, assignments and facts (rulings 35)

	Controls         []string // "framework:id", for campaigns whose policy names none (5.3)
	FinancialSources []string // for soc1, where no policy names them
	IncludeOriginals bool     // the raw exports, where no secret was dropped from them
	IncludeEvidence  bool     // the files that exceptions name as evidence, those that were kept

	Exporter review.Principal   // who signs the manifest
	Key      review.Fingerprint // with which key
	Tool     string             // name and version of the program

	Progress func(review.Progress) // may be nil; called from one goroutine
}

// Sign makes an armored SSH signature over message under namespace. It is asked once, for the manifest, under
// export.v1@tickmark, with the key that Options.Key names.
type Sign func(ctx context.Context, namespace string, message []byte) (armored []byte, err error)

// Result says what was written. JSON names are contracts for scripts.
type Result struct {
	Path       string      `json:"path,omitempty"`  // empty when written to a stream
	Manifest   ledger.Hash `json:"manifest_sha256"` // the pack's identity
	Files      int64       `json:"files"`
	Bytes      int64       `json:"bytes"`
	Log        string      `json:"log"`
	Size       int64       `json:"size"`
	Root       string      `json:"root"`
	View       string      `json:"view"`
	Window     [2]string   `json:"window"`
	AsOf       string      `json:"as_of"`
	Campaigns  []string    `json:"campaigns"`
	Disclosure string      `json:"disclosure"`
	Decisions  int64       `json:"decisions"`
	Withheld   int64       `json:"withheld"`          // entries that are leaf hashes only
	Samples    []string    `json:"samples,omitempty"` // drawn items, by campaign in ledger order and then by rank
	Beside     []string    `json:"beside,omitempty"`  // files written next to the pack: pseudonymised tables and their key
	Notes      []string    `json:"notes,omitempty"`   // what the exporter should know, in sentences
}
