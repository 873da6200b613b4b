package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"slices"
)

// quote16 is what a record quotes of its row, in 16 bytes: nobody finds two rows with the same ones.
type quote16 [16]byte

func quoteOf(account, identity, entitlement string) quote16 {
	b := make([]byte, 0, 256)
	for _, s := range []string{account, identity, entitlement} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return quote16(sum[:16])
}

// rowTable is what is known of an import's rows. Row n is at n-1; a zero grant means withheld.
type rowTable struct {
	grants   []Hash
	quotes   []quote16
	complete bool
	sorted   []Hash // grants in order, made when first asked for
}

// has reports whether a grant key is among the rows. Of a table that is not complete a no says nothing. Rows are not to
// come any more.
func (t *rowTable) has(grant Hash) bool {
	if t.sorted == nil {
		t.sorted = slices.Clone(t.grants)
		slices.SortFunc(t.sorted, compareHash)
	}
	_, found := slices.BinarySearchFunc(t.sorted, grant, compareHash)
	return found
}

func compareHash(a, b Hash) int { return slices.Compare(a[:], b[:]) }

// populationLists says what of a campaign's lists was supplied, and which member stands where.
type populationLists struct {
	members, assignments bool // every text was there
	order                []Hash
}

func (l *populationLists) assigned() bool { return l != nil && l.members && l.assignments }

// list goes through a committed list: it calls each with every text's position and bytes (nil if withheld), and holds
// size and root against the signed ones. all reports whether the list was supplied and nothing of it withheld.
func (v *verifier) list(texts iter.Seq2[Text, error], index int64, file string, size int64, root Hash, each func(pos int64, text []byte)) (seen int64, all bool) {
	if size == 0 && root != Root(nil) {
		v.failAt(index, file, CodePopulation, "the root of no texts is not the one that was signed")
	}
	if texts == nil {
		return 0, false
	}
	var tree Tree
	for text, err := range texts {
		if err != nil {
			if notSupplied(err) && tree.Size() == 0 {
				return 0, false
			}
			v.failAt(index, file, CodeUnreadable, "text %d cannot be read: %s", tree.Size()+1, Display(err.Error()))
			return seen, false
		}
		if tree.Size()&1023 == 0 && v.ctx.Err() != nil {
			return seen, false
		}
		leaf := text.Leaf
		if text.Bytes != nil {
			leaf = LeafHash(text.Bytes)
			seen++
		}
		each(tree.Size(), text.Bytes)
		tree.Append(leaf)
	}
	if tree.Size() != size {
		v.failAt(index, file, CodePopulation, "there are %d texts, %d were signed", tree.Size(), size)
	} else if size > 0 && tree.Root() != root {
		v.failAt(index, file, CodePopulation, "the texts are not those that were signed: their root differs")
	}
	return seen, seen == tree.Size() && tree.Size() == size
}

// parseDocument parses a text of a list as the kind that belongs there.
func parseDocument[T any](v *verifier, index int64, file string, pos int64, text []byte) *T {
	value, err := Parse(text)
	if err != nil {
		f := v.asFailure(index, file, err)
		f.Words = "text " + itoa(pos+1) + ": " + f.Words
		v.report.Fail(f)
		return nil
	}
	doc, ok := value.(*T)
	if !ok {
		v.failAt(index, file, CodePopulation, "text %d is of kind %s", pos+1, KindOf(text))
		return nil
	}
	if LogOf(doc) != v.report.Log {
		v.failAt(index, file, CodePopulation, "text %d is of another ledger", pos+1)
	}
	return doc
}

// checkImport is steps 9 and 10 for an import.
func (v *verifier) checkImport(e *Import) {
	if e.RowsRead != e.RowsAccepted+e.RowsRejected {
		v.fail(CodeImport, "%d rows read are not %d accepted and %d rejected", e.RowsRead, e.RowsAccepted, e.RowsRejected)
	}
	want := int64(0)
	if last := v.r.NewestImport(e.Source, e.Seen.Size); last != nil {
		want = last.Index
	}
	if e.Previous != want {
		v.fail(CodeReference, "previous is %s, but the newest import of %s below seen.size is %s", indexOrNone(e.Previous), e.Source, indexOrNone(want))
	}
	for _, t := range e.Totals {
		if t.Declared != t.Found {
			v.report.State(StateControlTotalDiffers, 1, "import "+itoa(v.index)+": "+t.Name+" was declared as "+itoa(t.Declared)+" and found as "+itoa(t.Found))
		}
	}
	ref := FileRef{Index: v.index, Role: FileOriginal, Digest: e.FileSHA256}
	if size, ok := v.hashFile(ref, CodeImport); ok && size != e.FileBytes {
		v.failAt(v.index, string(FileOriginal), CodeImport, "the file has %d bytes, not %d", size, e.FileBytes)
	}
	v.hashFile(FileRef{Index: v.index, Role: FileMapping, Digest: e.MappingSHA256}, CodeImport)
	v.hashFile(FileRef{Index: v.index, Role: FileRejects, Digest: e.RejectsSHA256}, CodeImport)
}

func indexOrNone(i int64) string {
	if i == 0 {
		return "none"
	}
	return itoa(i)
}

// maxReserve bounds what is reserved on the word of all statements together.
const maxReserve = 2 << 20

// room gives how many of n things may be reserved though nobody has counted them yet.
func (v *verifier) room(n int64) int64 {
	n = min(n, maxReserve-v.reserved)
	v.reserved += n
	return n
}

// loadRows is the part of step 11 about the rows of an import.
func (v *verifier) loadRows(index int64, e *Import) {
	table := &rowTable{}
	v.rows[index] = table
	var texts iter.Seq2[Text, error]
	if v.in.Rows != nil {
		texts = v.in.Rows(v.ctx, index)
	}
	const file = "rows"
	if texts != nil {
		room := v.room(e.Grants)
		table.grants, table.quotes = make([]Hash, 0, room), make([]quote16, 0, room)
	}
	seen, all := v.list(texts, index, file, e.Grants, e.ItemsRoot, func(pos int64, text []byte) {
		table.grants, table.quotes = append(table.grants, Hash{}), append(table.quotes, quote16{})
		if text == nil {
			return
		}
		row := parseDocument[Row](v, index, file, pos, text)
		if row == nil {
			return
		}
		switch {
		case row.Source != e.Source:
			v.failAt(index, file, CodePopulation, "row %d is of source %s", pos+1, row.Source)
		case row.Row != pos+1:
			v.failAt(index, file, CodePopulation, "row %d says that it is row %d", pos+1, row.Row)
		case v.keyer.Key(row.Kind, row.Source, row.Account, row.Entitlement, row.Resource, row.Path) != row.Grant:
			v.failAt(index, file, CodePopulation, "the grant key of row %d is not that of its fields", pos+1)
		}
		table.grants[pos], table.quotes[pos] = row.Grant, quoteOf(row.Account, row.Identity, row.Entitlement)
	})
	table.complete = all || e.Grants == 0
	v.unmatched.rows += max(0, e.Grants-seen)
}

// checkCampaign is step 9 for a campaign.
func (v *verifier) checkCampaign(e *Campaign) {
	if v.r.Campaign(e.Campaign) != nil {
		v.fail(CodeReference, "there is a campaign %s already", e.Campaign)
	}
	named := make(map[int64]bool, len(e.Imports))
	for _, index := range e.Imports {
		switch {
		case v.r.Import(index) == nil:
			v.fail(CodeReference, "entry %d is no import", index)
		case index >= e.Seen.Size:
			v.fail(CodeReference, "the import %d is not below seen.size", index)
		case named[index]:
			v.fail(CodeReference, "the import %d is named twice", index)
		}
		named[index] = true
	}
	v.hashFile(FileRef{Index: v.index, Role: FilePolicy, Digest: e.PolicySHA256, Name: e.Campaign}, CodeImport)
	v.hashFile(FileRef{Index: v.index, Role: FileRules, Digest: e.RulesSHA256, Name: e.Campaign}, CodeImport)
}

// loadPopulation is the part of step 11 about members and assignments of a campaign.
func (v *verifier) loadPopulation(index int64, e *Campaign) {
	c := v.r.Campaign(e.Campaign)
	if c == nil || c.Index != index {
		return
	}
	lists := &populationLists{}
	v.lists[e.Campaign] = lists
	members, assignments := v.in.Members, v.in.Assignments
	var texts iter.Seq2[Text, error]
	if members != nil {
		texts = members(v.ctx, e.Campaign)
		room := v.room(e.Items)
		c.reserve(room)
		lists.order = make([]Hash, 0, room)
	}
	covered := make(map[[2]int64]bool) // with one stage every item is another row
	seen, all := v.list(texts, index, "members", e.Items, e.PopulationRoot, func(pos int64, text []byte) {
		id := Hash{}
		if text != nil {
			if m := parseDocument[Member](v, index, "members", pos, text); m != nil {
				v.checkMember(c, m, pos)
				c.AddMember(m)
				id = m.Item
				if e.Stages != 1 {
					covered[[2]int64{m.Import, m.Row}] = true
				}
			}
		}
		lists.order = append(lists.order, id)
	})
	lists.members = all || e.Items == 0
	v.unmatched.members += max(0, e.Items-seen)
	v.checkCoverage(e, lists.members, int64(len(covered)))

	texts = nil
	if assignments != nil {
		texts = assignments(v.ctx, e.Campaign)
	}
	seen, all = v.list(texts, index, "assignments", e.Items, e.AssignmentsRoot, func(pos int64, text []byte) {
		if text == nil {
			return
		}
		a := parseDocument[Assignment](v, index, "assignments", pos, text)
		if a == nil {
			return
		}
		if a.Campaign != e.Campaign {
			v.failAt(index, "assignments", CodePopulation, "assignment %d is of campaign %s", pos+1, a.Campaign)
		}
		if pos < int64(len(lists.order)) && !lists.order[pos].IsZero() && lists.order[pos] != a.Item {
			v.failAt(index, "assignments", CodePopulation, "assignment %d is not for the item of member %d", pos+1, pos+1)
		}
		c.Assign(a.Item, a.Reviewer)
	})
	lists.assignments = all || e.Items == 0
	v.unmatched.assignments += max(0, e.Items-seen)
	lists.order = nil
}

// checkMember holds a member against its row and its names.
func (v *verifier) checkMember(c *CampaignState, m *Member, pos int64) {
	e := c.Campaign
	bad := func(words string) {
		v.failAt(c.Index, "members", CodePopulation, "member %d %s", pos+1, words)
	}
	if m.Campaign != e.Campaign {
		bad("is of campaign " + m.Campaign)
	}
	if _, twice := c.Item(m.Item); twice {
		bad("repeats an item")
	}
	if !isItemOf(e, m.Item, m.Grant) {
		bad("has an item id that is not that of its grant")
	}
	im := v.r.Import(m.Import)
	switch {
	case im == nil || !c.looksAt(m.Import):
		bad("names an import that the campaign does not look at")
	case m.Row < 1 || m.Row > im.Import.Grants:
		bad("names a row that its import does not have")
	default:
		if table := v.rows[m.Import]; m.Row <= int64(len(table.grants)) {
			if grant := table.grants[m.Row-1]; !grant.IsZero() && grant != m.Grant {
				bad("has another grant than its row")
			}
		}
	}
}

// maxStages bounds the stages that are tried for an item id.
const maxStages = 64

// isItemOf reports whether id is that of the grant in one of the campaign's stages.
func isItemOf(e *Campaign, id, grant Hash) bool {
	for stage := int64(1); stage <= min(e.Stages, maxStages); stage++ {
		if ItemID(e.Log, e.Campaign, stage, grant) == id {
			return true
		}
	}
	return false
}

// checkCoverage: every grant of the imports is a member or is counted in an exclusion (ledger.md 3.4). rows is the number
// of rows that members name, which is known if all members are; with one stage it is the number of items.
func (v *verifier) checkCoverage(e *Campaign, known bool, rows int64) {
	if e.Stages == 1 {
		rows = e.Items
	} else if !known {
		return
	}
	var grants, excluded int64
	for _, index := range e.Imports {
		im := v.r.Import(index)
		if im == nil {
			return // reported as REFERENCE
		}
		grants += im.Import.Grants
	}
	for _, x := range e.Exclusions {
		excluded += x.Count
	}
	if rows+excluded != grants {
		v.fail(CodePopulation, "%d grants of the imports are not %d members and %d excluded", grants, rows, excluded)
	}
}
