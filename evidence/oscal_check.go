package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"tickmark/review"
)

var (
	oscalUUID  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	oscalToken = regexp.MustCompile(`^[a-z][a-z0-9._-]*$`)
)

// oscalList is an array of the document. Reading it stops at an element that says nothing or is of another type:
// encoding/json would make room for every one of them, many times what it takes in the file.
type oscalList[T any] []T

func (l *oscalList[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("an array was expected")
	}
	for d.More() {
		var v T
		if err := d.Decode(&v); err != nil {
			return err
		}
		if reflect.ValueOf(v).IsZero() {
			return errors.New("an element of an array says nothing")
		}
		*l = append(*l, v)
	}
	return nil
}

// checkOSCAL holds the OSCAL document against section 7 by rules: what every such document must have, and that what it
// states is what the ledger says. Parts it leaves out are no failure; it is not made again and compared (rulings 33).
func checkOSCAL(b []byte, book *book) (wrong []string) {
	say := func(format string, args ...any) {
		if len(wrong) < mostOfAKind {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	if words := checkText(b); words != "" {
		say("%s", words)
	}
	var doc oscalDocument
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&doc); err != nil {
		say("it is no OSCAL document: %s", review.Safe(err.Error()))
		return wrong
	}
	if _, err := d.Token(); err != io.EOF {
		say("something stands behind the document")
	}
	r := doc.Results
	m := r.Metadata
	switch {
	case m.OSCALVersion != oscalVersion:
		say("its version of OSCAL is %s, it must be %s", review.Quote(m.OSCALVersion), oscalVersion)
	case r.UUID == "" || m.Title == "" || m.Version == "" || r.ImportAP.Href == "" || len(r.Results) == 0:
		say("a part that every assessment-results document has is missing")
	}
	if _, err := time.Parse(time.RFC3339, m.LastModified); err != nil {
		say("last-modified is no time")
	}
	if root := book.pack.stmt.Root.Base64(); !bytes.Contains(b, []byte(root)) {
		say("it does not state the root of the ledger, %s", root)
	}
	known := knownToOSCAL(book)
	ids := []string{r.UUID}
	for i, result := range r.Results {
		ids = append(ids, result.UUID)
		if result.Title == "" || result.Description == "" || len(result.Reviewed.Selections) == 0 {
			say("result %d lacks a title, a description or its controls", i+1)
		}
		if _, err := time.Parse(time.RFC3339, result.Start); err != nil {
			say("the start of result %d is no time", i+1)
		}
		for _, s := range result.Reviewed.Selections {
			if len(s.Include) == 0 {
				say("result %d selects no control, which the model does not allow", i+1)
			}
			for _, c := range s.Include {
				if c.ID == noControl && len(s.Include) == 1 && !known.names(result.UUID, i == 0) {
					continue
				}
				if !oscalToken.MatchString(c.ID) || !known.controls[c.ID] {
					say("it names the control %s, which controls.csv does not", review.Quote(c.ID))
				}
			}
		}
		for _, o := range result.Observations {
			ids = append(ids, o.UUID)
			if collected, ok := known.bundles[o.UUID]; !ok || o.Collected != collected || !slices.Contains(o.Methods, "EXAMINE") {
				say("the observation %s is of no bundle in view, or of another time or method", review.Quote(o.UUID))
			}
			delete(known.bundles, o.UUID)
		}
		for _, x := range result.Risks {
			ids = append(ids, x.UUID)
			if deadline, ok := known.exceptions[x.UUID]; !ok || !strings.HasPrefix(x.Deadline, deadline) {
				say("the risk %s is no exception in force, or its deadline is another", review.Quote(x.UUID))
			}
			delete(known.exceptions, x.UUID)
		}
	}
	for _, res := range r.BackMatter.Resources {
		ids = append(ids, res.UUID)
	}
	if slices.ContainsFunc(r.Results, func(r oscalResult) bool { return len(r.Observations) > 0 }) {
		if n := len(known.bundles) + len(known.exceptions); n > 0 {
			say("%d bundles or exceptions in view are not in it", n)
		}
	}
	slices.Sort(ids)
	for i, id := range ids {
		if !oscalUUID.MatchString(id) {
			say("%s is no UUID of version 5", review.Quote(id))
		}
		if i > 0 && ids[i-1] == id {
			say("the UUID %s is used twice", id)
		}
	}
	return wrong
}

// facts that an OSCAL document may state.
type oscalKnown struct {
	controls   map[string]bool
	bundles    map[string]string // UUID -> time
	exceptions map[string]string // UUID -> last day
	named      map[string]bool   // UUIDs of the campaigns that a control is named for
}

// names reports whether a control is named for a campaign, or for any with first, whose result speaks for all.
func (k oscalKnown) names(campaign string, first bool) bool {
	return k.named[campaign] || first && len(k.controls) > 0
}

func knownToOSCAL(b *book) oscalKnown {
	k := oscalKnown{map[string]bool{}, map[string]string{}, map[string]string{}, map[string]bool{}}
	for _, row := range b.supported() {
		k.controls[row.OSCAL()] = true
		k.named[b.entryUUID(row.campaign.index)] = true
	}
	for i := range b.bundles {
		if e := &b.bundles[i]; e.campaign != nil && e.campaign.inView {
			k.bundles[b.entryUUID(e.index)] = when(e.time)
		}
	}
	for _, h := range b.inForce(exception) {
		if x := h.c.exception[h.it.decision]; x != nil {
			k.exceptions[b.entryUUID(h.it.decision)] = string(x.until)
		}
	}
	return k
}
