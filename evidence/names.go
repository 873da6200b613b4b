package evidence

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Names of files in a pack (evidence-pack.md 1).
const (
	fileReadme       = "README.txt"
	filePage         = "report.html"
	fileWorkbook     = "workbook.xlsx"
	filePack         = "pack.txt"
	fileManifest     = "MANIFEST.sha256"
	fileManifestSig  = "MANIFEST.sha256.sig"
	fileSigners      = "trust/allowed_signers"
	fileNoDates      = "trust/allowed_signers.nodates"
	fileVKey         = "trust/log.vkey"
	fileCheckpoint   = "log/checkpoint"
	fileLeafHashes   = "log/leafhashes.txt"
	fileBundleIndex  = "bundles/index.txt"
	fileJSONL        = "tables/decisions.jsonl"
	fileOSCAL        = "oscal/assessment-results.json"
	fileCheckSh      = "verify/check.sh"
	fileCheckPs1     = "verify/check.ps1"
	fileStatement    = "verify/statement.intoto.json"
	dirEntries       = "log/entries/"
	dirBundles       = "bundles/"
	dirRosters       = "trust/rosters/"
	dirProofs        = "proofs/"
	dirTokens        = "trust/tokens/"
	dirTables        = "tables/"
	dirEvidence      = "evidence/"
	suffixSig        = ".txt.sig"
	suffixRecords    = ".records.txt"
	suffixProof      = ".tlog-proof"
	namespaceExport  = "export.v1@tickmark"
	textStart        = "tickmark/" // every text begins so, and no other line can (1)
	maxNameLength    = 240
	maxNames         = 4_000_000
	coreFileLimit    = 64 << 20 // no small file (policy, roster, note) of an honest pack is larger
	listingRowsLimit = 50_000   // above it report.html names the CSV instead of listing (6)
)

// tableNames are the nine tables in the order of their names, which is that of the workbook's sheets.
var tableNames = [...]string{"controls", "coverage", "decisions", "exceptions", "findings", "imports", "population",
	"remediation", "reviewers"}

func tableFile(table string) string { return dirTables + table + ".csv" }

// number writes an index in decimal with at least six digits.
func number(index int64) string { return fmt.Sprintf("%06d", index) }

// parseIndex reads what number writes and nothing else.
func parseIndex(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && number(n) == s
}

func entryFile(i int64) string     { return dirEntries + number(i) + ".txt" }
func proofFile(i int64) string     { return dirProofs + number(i) + suffixProof }
func statementFile(i int64) string { return dirBundles + number(i) + ".txt" }
func signatureFile(i int64) string { return dirBundles + number(i) + suffixSig }
func recordsFile(i int64) string   { return dirBundles + number(i) + suffixRecords }
func rosterFile(i int64) string    { return dirRosters + number(i) + ".allowed_signers" }
func revokedFile(i int64) string   { return dirRosters + number(i) + ".revoked" }

func importFile(i int64, name string) string { return "imports/" + number(i) + "/" + name }

func campaignFile(campaign, name string) string { return "campaigns/" + campaign + "/" + name }

func consistencyFile(old, now int64) string {
	return fmt.Sprintf("%sconsistency-%d-%d.txt", dirProofs, old, now)
}
func headFile(size int64) string { return fmt.Sprintf("%scheckpoint-%d", dirProofs, size) }

// numbered gives the index of a file named prefix, number, suffix.
func numbered(name, prefix, suffix string) (int64, bool) {
	s, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	if s, ok = strings.CutSuffix(s, suffix); !ok {
		return 0, false
	}
	return parseIndex(s)
}

var (
	consistencyName = regexp.MustCompile(`^proofs/consistency-(0|[1-9][0-9]{0,17})-(0|[1-9][0-9]{0,17})\.txt$`)
	headName        = regexp.MustCompile(`^proofs/checkpoint-(0|[1-9][0-9]{0,17})$`)
)

// namedFile reports whether a file of proofs/ or log/entries/ has a name this version knows; elsewhere every name that
// stands in the manifest is allowed (1).
func namedFile(name string) bool {
	switch {
	case strings.HasPrefix(name, dirEntries):
		_, ok := numbered(name, dirEntries, ".txt")
		return ok
	case strings.HasPrefix(name, dirProofs):
		_, ok := numbered(name, dirProofs, suffixProof)
		return ok || consistencyName.MatchString(name) || headName.MatchString(name)
	}
	return true
}

// required lists the files that every pack has (1).
func required() []string {
	names := []string{fileReadme, filePage, fileWorkbook, filePack, fileManifest, fileManifestSig, fileSigners, fileNoDates,
		fileVKey, fileCheckpoint, fileLeafHashes, fileBundleIndex, fileJSONL, fileOSCAL, fileCheckSh}
	for _, t := range tableNames {
		names = append(names, tableFile(t))
	}
	return names
}

// checkName holds a path inside a pack against the grammar of 1: parts of [A-Za-z0-9._-]+ between slashes, no "..".
// It gives what is wrong in words, or "".
func checkName(name string) string {
	if name == "" || len(name) > maxNameLength {
		return "the name is empty or too long"
	}
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case "":
			return "the name is absolute or has an empty part"
		case ".", "..":
			return "the name leaves the folder"
		}
		for i := range len(part) {
			c := part[i]
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
				return "the name holds a character other than letters, digits, dot, underscore and hyphen"
			}
		}
	}
	return ""
}

// parseDigits reads digits that a pattern has admitted.
func parseDigits(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// sortedSizes sorts and drops repeats.
func sortedSizes(sizes []int64) []int64 {
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// plainWords is the text of an error for a report line.
func plainWords(err error) string {
	var f *ledger.Failure
	if errors.As(err, &f) {
		return f.Words
	}
	return review.Safe(err.Error())
}

// tokenFile is where the outside time proof of an anchor lies.
func tokenFile(i int64) string { return dirTokens + number(i) }

// onlyCase finds names of a sorted list that differ by upper and lower case only: where names do not tell the two apart,
// one file would take the place of the other. No honest pack has such names.
func onlyCase(list []file) []trouble {
	lower := map[string]string{} // of the names that have upper case
	for _, f := range list {
		if l := strings.ToLower(f.name); l != f.name {
			lower[l] = f.name
		}
	}
	var troubles []trouble
	for _, f := range list {
		if other, ok := lower[strings.ToLower(f.name)]; ok && other != f.name && len(troubles) < mostTroubles {
			troubles = append(troubles, trouble{f.name, "differs by upper and lower case only from " + other})
		}
	}
	return troubles
}
