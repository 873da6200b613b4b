package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"tickmark/ledger"
)

// imports lists every import of the ledger, for all campaigns.
func (p *page) imports() {
	p.put("<h2 id=\"imports\" class=\"new\">Where the data came from</h2>\n<p>Every import of the ledger, as signed by the person who made it. Nothing is dropped silently: rows read are rows accepted plus rows rejected. The digest is that of the raw file.</p>\n")
	p.put("<table><thead><tr><th>Import</th><th>Source and system</th><th>File and SHA-256</th><th>How it was made</th><th class=\"n\">Read</th><th class=\"n\">Rejected</th><th class=\"n\">Grants</th><th>Control totals</th><th>Imported</th></tr></thead>\n<tbody>\n")
	list := p.b.imports
	for _, e := range list[:min(len(list), 2000)] {
		s := e.v
		var totals markup
		for _, t := range s.Totals {
			totals += escaped(fmt.Sprintf("%s: declared %d, found %d", t.Name, t.Declared, t.Found))
			if t.Declared != t.Found {
				totals += ` <span class="mark revoke">differs</span>`
			}
			totals += "<br>"
		}
		how := join(show(s.ExtractedBy), prefixedPlain("taken ", minute(s.Extracted)), s.Completeness)
		p.put("<tr><td>%s</td><td>%s<br><small>%s, %s</small></td><td>%s<br><code>%s</code></td><td>%s<br><small>%s</small></td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>%s</td><td>%s<br><small>%s</small></td></tr>\n",
			p.entryLink(e.index), s.Source, show(s.System), s.Environment, show(s.FileName), s.FileSHA256.String(), how, show(s.Query),
			grouped(s.RowsRead), grouped(s.RowsRejected), grouped(s.Grants), totals, minute(s.Time), who(s.Signer))
	}
	p.put("</tbody></table>\n")
	p.rest(int64(len(list)), 2000, "imports")
}

func prefixedPlain(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// signatures says who signed, with which key, and how the signature was made.
func (p *page) signatures() {
	p.imports()
	p.put("<h2 id=\"signatures\">Who signed, with which key</h2>\n<p>Everybody signs with an SSH key of their own. The list of keys, whom they belong to and what they may sign is the roster: <code>%s</code>. It came with this pack, so confirm it with the organisation.</p>\n", p.rosterDigest())
	p.put("<table><thead><tr><th>Signer</th><th>Key</th><th>How</th><th class=\"n\">Statements</th><th>First</th><th>Last</th></tr></thead>\n<tbody>\n")
	keys := slices.SortedFunc(maps.Keys(p.b.signers), func(a, b signerKey) int {
		return cmp.Or(cmp.Compare(a.signer, b.signer), cmp.Compare(a.key, b.key), cmp.Compare(a.via, b.via))
	})
	ways := map[string]bool{}
	for _, k := range keys {
		n := p.b.signers[k]
		ways[k.via] = true
		p.put("<tr><td class=\"p\">%s</td><td><code>%s</code></td><td class=\"d\">%s</td><td class=\"n\">%s</td><td class=\"d\">%s</td><td class=\"d\">%s</td></tr>\n", who(k.signer), k.key, k.via, grouped(n.statements), minute(n.first), minute(n.last))
	}
	p.put("</tbody></table>\n<dl class=\"facts\">\n")
	for _, w := range [...][2]string{{"detached", "the signer signed the text on another computer"}, {"agent", "an SSH agent signed on the signer's request"},
		{"key-file", "a key file was unlocked on the review host"}, {"forwarded-agent", "an agent forwarded over SSH signed; while connected, the host could have asked it for other signatures"},
		{ledger.ViaHost, "the review host signed for a reviewer who had logged in: proves what the host says, not what the reviewer did"}} {
		if ways[w[0]] {
			p.put("<dt>%s</dt><dd>%s</dd>\n", w[0], w[1])
		}
	}
	p.put("</dl>\n<p><small>How a signature was made is recorded, not proven, except for <code>host</code> and the touch of security keys. From strong to weak: detached, agent, key-file, forwarded-agent, host.</small></p>\n")
	p.put("<h3>Versions of the roster</h3>\n<table><thead><tr><th class=\"n\">Version</th><th>In force from entry</th><th>Signed by</th><th>When</th><th>SHA-256 of the file</th></tr></thead>\n<tbody>\n")
	for _, r := range p.b.rosters {
		self := ""
		if r.v.Version == 1 {
			self = "self-enrolled: the first version is signed by a key it names itself"
		}
		p.put("<tr><td class=\"n\">%d</td><td class=\"n\">%d</td><td>%s%s</td><td class=\"d\">%s</td><td>%s</td></tr>\n", r.v.Version, r.index+1, r.v.Signer, markup(lineBreakSmall(self)), minute(r.v.Time),
			p.link(rosterFile(r.index), r.v.SignersSHA256.String()))
	}
	p.put("</tbody></table>\n")
}

func (p *page) rosterDigest() string {
	if n := len(p.b.rosters); n > 0 {
		return p.b.rosters[n-1].v.SignersSHA256.String()
	}
	return "none"
}

// anchored is the size of the newest head that was given to someone outside.
func (p *page) anchored() (size int64, holder string) {
	for _, a := range p.b.anchors {
		if a.v.Size >= size {
			size, holder = a.v.Size, show(a.v.Holder)
		}
	}
	return size, holder
}

// integrity names the head, so that it can be compared with one obtained earlier.
func (p *page) integrity() {
	s := &p.b.pack.stmt
	p.put("<h2 id=\"integrity\">The ledger and its head</h2>\n<p>All entries form one append-only list under a Merkle tree. Whoever holds an earlier head, for instance from a receipt, can prove that nothing before it was changed or removed.</p>\n<dl class=\"facts\">\n")
	p.put("<dt>Name</dt><dd><code>%s</code></dd>\n<dt>Size</dt><dd>%s entries</dd>\n<dt>Root</dt><dd><code>%s</code></dd>\n<dt>Roster</dt><dd><code>%s</code></dd>\n<dt>Log key</dt><dd><code>%s</code></dd>\n", s.Log, num(s.Size), s.Root.Base64(), p.rosterDigest(), p.b.pack.vkey)
	if size, holder := p.anchored(); size > 0 {
		p.put("<dt>Newest anchor</dt><dd>the head of %s entries was given to %s</dd>\n", grouped(size), holder)
	} else {
		p.put("<dt>Newest anchor</dt><dd>none is recorded</dd>\n")
	}
	p.put("<dt>Withheld</dt><dd>%s of %s entries are present as hashes only</dd>\n</dl>\n", grouped(p.b.withheld), grouped(s.Size))
}

// limits holds the closing words of ledger.md 6.
func (p *page) limits() {
	s := &p.b.pack.stmt
	size, _ := p.anchored()
	p.put("<h2 id=\"limits\">What this can and cannot prove</h2>\n<p>If the check below finds no failure, these files have not changed since they were signed by the keys listed above, and form one unbroken sequence of %s entries. The keys were taken from roster <code>%s</code>, which you must confirm with the organisation.</p>\n<ul>\n", grouped(s.Size), p.rosterDigest())
	if size > 0 {
		p.put("<li>The newest head that was given to someone outside covers the first %s entries, if that outside proof holds; for the rest the times are the review host's own clock.</li>\n", grouped(size))
	} else {
		p.put("<li>No head is recorded as given to someone outside: all times are the review host's own clock.</li>\n")
	}
	p.put("<li>If entries were removed after number %s before you received this, no check can see it: compare the head with a receipt or an earlier head.</li>\n", grouped(s.Size))
	p.put("<li>It cannot show that a screen displayed what was signed, that the source system told the truth, that the extract was complete, that a key was used by its owner, or that nobody was coerced.</li>\n")
	p.put("<li>A revocation was carried out only where a later import shows it.</li>\n</ul>\n")
}

// how tells how to check the pack.
func (p *page) how() {
	p.put("<h2 id=\"verify\">How to check it yourself</h2>\n<p>With stock tools, in the folder of this pack; %s is short, read it first:</p>\n<pre>sh verify/check.sh            # Linux, macOS\npowershell -ExecutionPolicy Bypass -File verify\\check.ps1</pre>\n<p>Everything, every cell of every table included:</p>\n<pre>tickmark verify . --signers FILE-WITH-THE-KEYS-YOU-TRUST</pre>\n<p>%s explains both.</p>\n", p.link(fileCheckSh, fileCheckSh), p.link(fileReadme, fileReadme))
}

// decisions lists every disclosed decision, unless there are too many to read.
func (p *page) decisions() {
	p.put("<h2 id=\"decisions\" class=\"new\">Every decision</h2>\n")
	if n := p.rows["decisions"]; n > listingRowsLimit || p.rows["population"] > listingRowsLimit {
		p.put("<p>There are %s decisions, too many for a page. They are in %s and in <a href=\"%s\">workbook.xlsx</a>, one row each.</p>\n", grouped(n), p.link(tableFile("decisions"), "tables/decisions.csv"), p.up+fileWorkbook)
		return
	}
	if p.rows["decisions"] == 0 {
		p.put("<p>No decision is disclosed.</p>\n")
		return
	}
	many := len(p.b.view) > 1
	p.put("<p>One row per signed decision in ledger order, those that were replaced later too. The number leads to the signed record.</p>\n<table><colgroup><col style=\"width:5%%\"><col style=\"width:25%%\"><col style=\"width:20%%\"><col style=\"width:9%%\"><col style=\"width:16%%\"><col style=\"width:15%%\"><col style=\"width:10%%\"></colgroup><thead><tr><th>No.</th><th>Account</th><th>Entitlement</th><th>Verdict</th><th>Reason and terms</th><th>Reviewer, how</th><th>Signed</th></tr></thead>\n<tbody>\n")
	p.fail(p.b.decisionRows(p.ctx, func(d []string) error {
		identity, privilege, campaign := d[8], d[11], ""
		if identity == d[7] {
			identity = ""
		}
		if privilege == "unknown" {
			privilege = ""
		}
		if many {
			campaign = d[2]
		}
		name := ""
		if h, err := ledger.ParseSHA(d[28]); err == nil {
			name, err = p.b.shownName(p.ctx, h, d[10])
			p.fail(err)
		}
		p.put("<tr><td>%s</td><td>%s<br><small>%s</small></td><td>%s<br><small>%s</small></td><td>%s%s</td>", p.entryLink(parseDigits(d[0])), d[7], join(d[6], identity, d[9], campaign), orWords(d[10], "the account itself"), join(name, privilege),
			mark(d[12]), markup(lineBreakSmall(esc(prefixedPlain("replaced by no. ", d[27])))))
		terms := join(prefixedPlain("give instead: ", d[13]), prefixedPlain("effective ", d[14]), prefixedPlain("until ", d[15]), prefixedPlain("owner ", d[16]), prefixedPlain("control: ", d[17]))
		how := "not opened"
		if d[24] == "yes" {
			how = "opened"
		}
		if d[25] == "yes" {
			how += ", bulk"
		}
		p.put("<td>%s%s</td><td>%s<br><small>%s</small></td><td class=\"d\">%s</td></tr>\n", d[18], markup(breakIf(d[18] != "", terms)), who(d[19]), join(how, d[21]), first(d[23], 10))
		return p.err
	}))
	p.put("</tbody></table>\n<p><small>As a table: %s</small></p>\n", p.link(tableFile("decisions"), "tables/decisions.csv"))
}

// breakIf puts small words on a line of their own if something stands before them.
func breakIf(before bool, words string) string {
	switch {
	case words == "":
		return ""
	case before:
		return "<br><small>" + esc(words) + "</small>"
	}
	return "<small>" + esc(words) + "</small>"
}
