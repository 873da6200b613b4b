package main

import (
	"errors"
	"strings"
	"testing"

	"tickmark/evidence"
	"tickmark/ledger"
)

// An original is read again only by the very version of the format that its statement names.
func TestReparseKeepsToTheVersion(t *testing.T) {
	read := func(format string) (rows int, err error) {
		imp := &ledger.Import{Log: "log", Source: "erp", System: "erp", Format: format, FileName: "erp.csv", Encoding: "utf-8", Grants: 2}
		for _, err := range reparseOriginal(t.Context(), imp, nil, strings.NewReader("identity,entitlement\nanna,r1\nbert,r1\n")) {
			if err != nil {
				return rows, err
			}
			rows++
		}
		return rows, nil
	}
	if n, err := read("generic-csv 1"); n != 2 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	for format, reason := range map[string]string{"generic-csv 2": "this build reads generic-csv 1", "generic-csv": "this build reads generic-csv 1", "telex 1": "does not know"} {
		n, err := read(format)
		var unread evidence.Unread
		if n > 0 || !errors.As(err, &unread) || !strings.Contains(err.Error(), format) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %d rows, %v", format, n, err)
		}
	}
}
