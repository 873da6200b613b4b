package evidence

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"iter"

	"tickmark/ledger"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "urn:tickmark:evidence-pack:v1"
)

// writeStatement writes an in-toto statement (v1) that names the pack's files, for tools that keep attestations. It is
// not signed by itself; the manifest that names it is.
func writeStatement(w io.Writer, subjects iter.Seq2[string, ledger.Hash], stmt *ledger.Pack) error {
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString(`{"_type":"` + statementType + `","subject":[`)
	between := ""
	var digest []byte
	for name, sum := range subjects {
		digest = hex.AppendEncode(digest[:0], sum[:])
		for _, s := range [...]string{between, "\n{\"name\":\"", name, "\",\"digest\":{\"sha256\":\""} {
			out.WriteString(s)
		}
		out.Write(digest)
		if _, err := out.WriteString("\"}}"); err != nil {
			return err
		}
		between = ","
	}
	predicate, err := json.Marshal(map[string]any{
		"log": stmt.Log, "size": stmt.Size, "root": stmt.Root.Base64(), "view": stmt.View, "campaigns": stmt.Campaigns,
		"window": []ledger.Date{stmt.WindowStart, stmt.WindowEnd}, "asOf": stmt.AsOf, "disclosure": stmt.Disclosure,
		"exporter": stmt.Exporter, "tool": ledger.Display(stmt.Tool),
	})
	if err != nil {
		return err
	}
	out.WriteString("\n],\"predicateType\":\"" + predicateType + "\",\"predicate\":")
	out.Write(predicate)
	out.WriteString("}\n")
	return out.Flush()
}
