package evidence

import (
	"bufio"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tickmark/ledger"
)

// The OSCAL document says in the words of NIST's assessment-results model, version 1.2.1, what the pack holds
// (evidence-pack.md 7): one observation per bundle, one risk per exception, attestations from sign-offs. Only those
// parts of the model that are written have a type here.

const (
	oscalVersion = "1.2.1"
	oscalSpace   = "urn:tickmark:oscal:v1" // name space of our properties
	noControl    = "no-control-named"      // stands where a campaign supports no control: a selection may not be empty
)

type oscalDocument struct {
	Results oscalResults `json:"assessment-results"`
}

type oscalResults struct {
	UUID       string                 `json:"uuid"`
	Metadata   oscalMetadata          `json:"metadata"`
	ImportAP   oscalLink              `json:"import-ap"`
	Results    oscalList[oscalResult] `json:"results"`
	BackMatter oscalBackMatter        `json:"back-matter"`
}

type oscalMetadata struct {
	Title        string                `json:"title"`
	LastModified string                `json:"last-modified"`
	Version      string                `json:"version"`
	OSCALVersion string                `json:"oscal-version"`
	Props        oscalList[oscalProp]  `json:"props,omitempty"`
	Roles        oscalList[oscalRole]  `json:"roles,omitempty"`
	Parties      oscalList[oscalParty] `json:"parties,omitempty"`
	Remarks      string                `json:"remarks,omitempty"`
}

type oscalProp struct {
	Name  string `json:"name"`
	NS    string `json:"ns,omitempty"`
	Value string `json:"value"`
}

type oscalRole struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type oscalParty struct {
	UUID string `json:"uuid"`
	Type string `json:"type"`
	Name string `json:"name"`
}

type oscalLink struct {
	Href    string `json:"href"`
	Remarks string `json:"remarks,omitempty"`
}

type oscalResult struct {
	UUID         string                      `json:"uuid"`
	Title        string                      `json:"title"`
	Description  string                      `json:"description"`
	Start        string                      `json:"start"`
	End          string                      `json:"end,omitempty"`
	Props        oscalList[oscalProp]        `json:"props,omitempty"`
	Reviewed     oscalReviewed               `json:"reviewed-controls"`
	Attestations oscalList[oscalAttestation] `json:"attestations,omitempty"`
	Observations oscalList[oscalObservation] `json:"observations,omitempty"`
	Risks        oscalList[oscalRisk]        `json:"risks,omitempty"`
	Remarks      string                      `json:"remarks,omitempty"`
}

type oscalReviewed struct {
	Description string                    `json:"description,omitempty"`
	Selections  oscalList[oscalSelection] `json:"control-selections"`
}

type oscalSelection struct {
	Description string                  `json:"description,omitempty"`
	Include     oscalList[oscalControl] `json:"include-controls"`
}

type oscalControl struct {
	ID string `json:"control-id"`
}

type oscalAttestation struct {
	Responsible oscalList[oscalResponsible] `json:"responsible-parties"`
	Parts       oscalList[oscalPart]        `json:"parts"`
}

type oscalResponsible struct {
	Role    string   `json:"role-id"`
	Parties []string `json:"party-uuids"`
}

type oscalPart struct {
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	NS    string `json:"ns"`
	Title string `json:"title"`
	Prose string `json:"prose"`
}

type oscalObservation struct {
	UUID        string                   `json:"uuid"`
	Title       string                   `json:"title"`
	Description string                   `json:"description"`
	Props       oscalList[oscalProp]     `json:"props,omitempty"`
	Methods     []string                 `json:"methods"`
	Origins     oscalList[oscalOrigin]   `json:"origins,omitempty"`
	Evidence    oscalList[oscalEvidence] `json:"relevant-evidence,omitempty"`
	Collected   string                   `json:"collected"`
}

type oscalOrigin struct {
	Actors oscalList[oscalActor] `json:"actors"`
}

type oscalActor struct {
	Type string `json:"type"`
	UUID string `json:"actor-uuid"`
	Role string `json:"role-id,omitempty"`
}

type oscalEvidence struct {
	Href        string `json:"href"`
	Description string `json:"description"`
}

type oscalRisk struct {
	UUID        string                   `json:"uuid"`
	Title       string                   `json:"title"`
	Description string                   `json:"description"`
	Statement   string                   `json:"statement"`
	Props       oscalList[oscalProp]     `json:"props,omitempty"`
	Status      string                   `json:"status"`
	Mitigating  oscalList[oscalFactor]   `json:"mitigating-factors,omitempty"`
	Deadline    string                   `json:"deadline"`
	Related     oscalList[oscalRelation] `json:"related-observations,omitempty"`
}

type oscalFactor struct {
	UUID        string `json:"uuid"`
	Description string `json:"description"`
}

type oscalRelation struct {
	Observation string `json:"observation-uuid"`
}

type oscalBackMatter struct {
	Resources oscalList[oscalResource] `json:"resources,omitempty"`
}

type oscalResource struct {
	UUID        string                `json:"uuid"`
	Title       string                `json:"title"`
	Description string                `json:"description,omitempty"`
	Links       oscalList[oscalRLink] `json:"rlinks,omitempty"`
}

type oscalRLink struct {
	Href   string               `json:"href"`
	Hashes oscalList[oscalHash] `json:"hashes,omitempty"`
}

type oscalHash struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

// uuid5 is the version 5 UUID, in the name space for URLs, of the ledger's name and what is meant.
func uuid5(log, what string) string {
	space := [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	h := sha1.New()
	h.Write(space[:])
	io.WriteString(h, log+"/"+what)
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// entryUUID names something by the leaf hash of its entry.
func (b *book) entryUUID(index int64) string { return b.leafUUID(index, "") }

func (b *book) leafUUID(index int64, suffix string) string {
	leaf := ""
	if index >= 0 && index < int64(len(b.pack.leaves)) {
		leaf = b.pack.leaves[index].Base64()
	}
	return uuid5(b.pack.stmt.Log, "entry/"+leaf+suffix)
}

func (b *book) partyUUID(principal string) string { return uuid5(b.pack.stmt.Log, "party/"+principal) }

// writeOSCAL writes oscal/assessment-results.json. Observations and risks, of which there can be very many, are written
// one at a time.
func writeOSCAL(ctx context.Context, b *book, out io.Writer) error {
	w := &jsonWriter{w: bufio.NewWriterSize(out, 1<<16)}
	stmt := &b.pack.stmt
	root := stmt.Root.Base64()
	meta := oscalMetadata{Title: "Access review evidence of " + stmt.Log, LastModified: ledger.FormatTime(b.newest),
		Version: num(stmt.Size), OSCALVersion: oscalVersion,
		Props:   []oscalProp{{"ledger", oscalSpace, stmt.Log}, {"ledger-size", oscalSpace, num(stmt.Size)}, {"ledger-root", oscalSpace, root}},
		Roles:   []oscalRole{{ledger.RoleReviewer, "Reviewer of access"}, {ledger.RoleManager, "Manager of the review"}},
		Parties: b.oscalParties(),
		Remarks: "Derived from the signed ledger in this pack. The signatures, not this document, are the evidence."}
	plan := oscalLink{Href: "../" + filePack}
	var resources []oscalResource
	for i, c := range b.view {
		id := b.leafUUID(c.index, "/resource")
		if i == 0 {
			plan = oscalLink{Href: "#" + id, Remarks: "The campaign statement is the plan: scope, period, population and routing, signed before the first decision."}
		}
		resources = append(resources, oscalResource{UUID: id, Title: "Campaign statement " + c.stmt.Campaign, Links: []oscalRLink{{Href: "../" + statementFile(c.index)}}})
	}
	w.open("assessment-results", '{')
	w.field("uuid", uuid5(stmt.Log, "pack/"+root+"/"+stmt.View+"/"+strings.Join(stmt.Campaigns, ",")))
	w.field("metadata", meta)
	w.field("import-ap", plan)
	w.open("results", '[')
	for i, c := range b.view {
		if err := b.oscalCampaign(ctx, w, c, i == 0); err != nil {
			return err
		}
	}
	if len(b.view) == 0 {
		w.element(oscalResult{UUID: uuid5(stmt.Log, "empty/"+root), Title: "No campaign is in view",
			Description: "Head " + root, Start: ledger.FormatTime(b.newest), Reviewed: b.oscalReviewed(nil)})
	}
	w.close(']')
	if len(resources) > 0 {
		w.field("back-matter", oscalBackMatter{resources})
	}
	w.close('}')
	return w.end()
}

// oscalParties lists who signed acts and sign-offs in view.
func (b *book) oscalParties() []oscalParty {
	names := map[string]bool{}
	for i := range b.bundles {
		if e := &b.bundles[i]; e.campaign != nil && e.campaign.inView {
			names[e.signer] = true
		}
	}
	for _, c := range b.view {
		for _, s := range c.signoffs {
			names[s.signer] = true
		}
	}
	var out []oscalParty
	for _, n := range slices.Sorted(maps.Keys(names)) {
		out = append(out, oscalParty{b.partyUUID(n), "person", n})
	}
	return out
}

// oscalCampaign is one result. The first also states which controls all of them support.
func (b *book) oscalCampaign(ctx context.Context, w *jsonWriter, c *campaign, first bool) error {
	stmt := &b.pack.stmt
	of := c
	if first {
		of = nil
	}
	w.open("", '{')
	w.field("uuid", b.entryUUID(c.index))
	w.field("title", orWords(show(c.stmt.Title), c.stmt.Campaign))
	w.field("description", fmt.Sprintf("Campaign %s over the period %s to %s, population of %d items, under head %s of %d entries.",
		c.stmt.Campaign, c.stmt.PeriodStart, c.stmt.PeriodEnd, c.stmt.Items, stmt.Root.Base64(), stmt.Size))
	w.field("start", ledger.FormatTime(c.stmt.Time))
	if c.closed != nil {
		w.field("end", ledger.FormatTime(later(c.stmt.Time, c.closed.time)))
	}
	w.field("props", []oscalProp{{"campaign", oscalSpace, c.stmt.Campaign}, {"items", oscalSpace, num(c.stmt.Items)},
		{"population-root", oscalSpace, c.stmt.PopulationRoot.Base64()}, {"ledger-root", oscalSpace, stmt.Root.Base64()}})
	w.field("reviewed-controls", b.oscalReviewed(of))
	w.list("attestations", func(each func(any)) error {
		for _, s := range c.signoffs {
			each(oscalAttestation{[]oscalResponsible{{s.role, []string{b.partyUUID(s.signer)}}},
				[]oscalPart{{b.entryUUID(s.index), "sign-off", oscalSpace, "Sign-off of the " + s.role,
					fmt.Sprintf("%s. Items %d, decided %d, open %d: %s.", ledger.Meaning(ledger.KindSignoff, "", s.role, ""), s.items, s.decided, s.open, s.tally)}}})
		}
		return nil
	})
	w.list("observations", func(each func(any)) error {
		for i := range b.bundles {
			if e := &b.bundles[i]; e.campaign == c {
				each(b.oscalObservation(e))
			}
		}
		return nil
	})
	w.list("risks", func(each func(any)) error {
		for _, h := range b.inForce(exception) {
			if h.c != c {
				continue
			}
			risk, err := b.oscalRisk(ctx, h)
			if err != nil {
				return err
			}
			if risk != nil {
				each(risk)
			}
		}
		return nil
	})
	w.close('}')
	return w.err
}

func (b *book) oscalObservation(e *bundle) oscalObservation {
	return oscalObservation{UUID: b.entryUUID(e.index), Title: fmt.Sprintf("Signed act: %s by %s", e.act, e.actor),
		Description: fmt.Sprintf("%d records under one signature of %s: %s.", e.records, e.signer, e.tally),
		Props:       []oscalProp{{"signing-key", oscalSpace, e.key}, {"signed-via", oscalSpace, e.via}},
		Methods:     []string{"EXAMINE"}, Collected: ledger.FormatTime(e.time),
		Origins:  []oscalOrigin{{[]oscalActor{{Type: "party", UUID: b.partyUUID(e.signer)}}}},
		Evidence: []oscalEvidence{{"../" + statementFile(e.index), "The signed statement; its signature lies beside it"}}}
}

func (b *book) oscalRisk(ctx context.Context, h held) (*oscalRisk, error) {
	d, err := b.decision(ctx, h.it.decision)
	x := h.c.exception[h.it.decision]
	if err != nil || d == nil || x == nil {
		return nil, err
	}
	state := x.state(b.asOf())
	status := "deviation-approved"
	switch state {
	case ledger.OutcomeRemediated, ledger.OutcomeWithdrawn:
		status = "closed"
	case "expired":
		status = "open"
	}
	r := &oscalRisk{UUID: b.leafUUID(h.it.decision, ""), Title: fmt.Sprintf("Exception: %s keeps %s", show(d.Account), orWords(show(d.Entitlement), "its account")),
		Description: fmt.Sprintf("Access that stays against a rule until %s, answered for by %s.", x.until, x.owner),
		Statement:   show(d.Reason), Status: status, Deadline: string(x.until) + "T23:59:59Z",
		Props:      []oscalProp{{"state", oscalSpace, state}, {"renewals", oscalSpace, num(x.renewals)}, {"decision-index", oscalSpace, num(h.it.decision)}},
		Mitigating: []oscalFactor{{b.leafUUID(h.it.decision, "/control"), "Compensating control: " + x.control}}}
	if e := b.bundleOf(h.it.decision); e != nil {
		r.Related = []oscalRelation{{b.entryUUID(e.index)}}
	}
	return r, nil
}

// oscalReviewed lists the controls of one campaign, or of all with nil.
func (b *book) oscalReviewed(c *campaign) oscalReviewed {
	s := oscalSelection{Description: "Controls that this evidence supports, as controls.csv lists them"}
	seen := map[string]bool{}
	for _, row := range b.supported() {
		if id := row.OSCAL(); (c == nil || row.campaign == c) && !seen[id] {
			seen[id] = true
			s.Include = append(s.Include, oscalControl{id})
		}
	}
	if len(s.Include) == 0 {
		s.Description = "No control is named for this campaign; the model asks for one all the same"
		s.Include = []oscalControl{{noControl}}
	}
	return oscalReviewed{Selections: []oscalSelection{s}}
}

func orWords(s, otherwise string) string {
	if strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}
