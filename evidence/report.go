package evidence

import (
	"io"
)

// Report is what a verifier found. JSON names are contracts for scripts (design.md 5).
type Report struct {
	OK         bool     `json:"ok"` // no failure
	Log        string   `json:"log"`
	Size       int64    `json:"size"`
	Root       string   `json:"root"`
	Trust      []Trust  `json:"trust"`
	Codes      []Code   `json:"codes"`
	States     []State  `json:"states"`
	Entries    int64    `json:"entries"`
	Records    int64    `json:"records"`
	Signatures int64    `json:"signatures"`
	CannotSee  []string `json:"cannot_see"`
	Manifest   string   `json:"manifest_sha256,omitempty"` // a pack's identity
	Campaigns  []string `json:"campaigns,omitempty"`       // in view
}

// Trust is one input that the result rests on.
type Trust struct {
	Input     string `json:"input"`     // roster, log-key, earlier-head, time-roots, log-name
	Value     string `json:"value"`     // digest, key or head, in a form to compare by eye
	From      string `json:"from"`      // where it came from
	Confirmed bool   `json:"confirmed"` // by an input of the verifier's own
}

// Code is one failure.
type Code struct {
	Code   string `json:"code"`
	Entry  *int64 `json:"entry"` // null where the failure belongs to no entry
	File   string `json:"file"`
	Detail string `json:"detail"`
}

// State is something that must be known and is no failure.
type State struct {
	Code   string `json:"code"`
	Count  int64  `json:"count"`
	Detail string `json:"detail"`
}

// Exit is the exit status of `verify`: 0, 4 with failures, 5 with strict and an unconfirmed trust input.
func (r *Report) Exit(strict bool) int { return 4 }

// WriteText prints the report for people: trust inputs, failures, states, and last what the check cannot see.
func (r *Report) WriteText(w io.Writer) error { return nil }
