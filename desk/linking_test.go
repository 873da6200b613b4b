package desk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/review"
)

// linkingOffice has a roster, an export whose accounts say little of their holders, and a links file kept by hand.
func linkingOffice(t *testing.T) *office {
	o := newOffice(t)
	o.imports("hr.csv", rosterByHand, review.ImportOptions{As: "hr"})
	o.imports("erp.csv", "account,name,role,email\nadm-ben,,post,\nshared,,post,anna@corp.example\nkim,,post,\n", review.ImportOptions{Source: "erp-prod", System: "ERP"})
	return o
}

// A link made at the workstation is an import like any other: signed, kept as a file, in force for whoever is read after
// it, and good to the verifier.
func TestALinkMadeAtTheWorkstation(t *testing.T) {
	o := linkingOffice(t)
	l := review.Link{Account: "ADM-BEN", System: "erp"}
	people, err := o.desk.People(t.Context(), l, "", 10)
	o.must(err)
	if len(people) != 2 || people[0].Identity != "ben@corp.example" || !people[0].Alike || people[0].WorkerID != "W2" || people[1].Alike {
		t.Errorf("people %+v", people)
	}
	if people, err = o.desk.People(t.Context(), l, "ANNA", 10); err != nil || len(people) != 1 || people[0].Identity != "anna@corp.example" {
		t.Errorf("people with anna: %+v, %v", people, err)
	}
	l.Identity = "Ben@corp.example"
	v, err := o.desk.PreviewLink(t.Context(), l)
	o.must(err)
	if v.Why != "" || v.Before.Identity != "adm-ben" || v.After.Name != "Ben" || v.Others != 0 || v.Lines != 1 || len(v.Again) != 1 || v.Again[0].Source != "erp-prod" {
		t.Errorf("preview %+v", v)
	}
	rep, err := o.desk.Link(t.Context(), l)
	o.must(err)
	if rep.State != stateSigned || rep.Source != sourceLinks || rep.Format != "links" || rep.RowsRead != 1 || rep.Entry == 0 || len(rep.Warnings) != 0 {
		t.Errorf("import %+v", rep)
	}
	b, err := os.ReadFile(rep.Path)
	o.must(err)
	if string(b) != "account,system,identity,action\nadm-ben,ERP,w2,link\n" || !strings.HasPrefix(rep.Path, o.desk.Path()+".links"+string(filepath.Separator)) {
		t.Errorf("%s holds %q", rep.Path, b)
	}
	if v, err = o.desk.PreviewLink(t.Context(), l); err != nil || v.Why == "" || v.ByHand != "linked" {
		t.Errorf("a second time: %+v, %v", v, err)
	}
	_, err = o.desk.Link(t.Context(), l)
	o.refused(err, review.KindRefused)

	o.later(time.Hour)
	rep, err = o.desk.Link(t.Context(), review.Link{Account: "shared", Unlink: true})
	o.must(err)
	if rep.RowsRead != 2 || rep.Previous == 0 {
		t.Errorf("the second file holds %d lines, after import %d", rep.RowsRead, rep.Previous)
	}
	v, err = o.desk.PreviewLink(t.Context(), review.Link{Account: "kim", System: "erp-prod", Identity: "W2"})
	o.must(err)
	if v.Others != 1 || len(v.Beside) != 1 || v.Beside[0] != "adm-ben of ERP" {
		t.Errorf("what joins: %+v", v)
	}

	again, err := o.desk.ImportFile(t.Context(), filepath.Join(o.dir, "erp.csv"), review.ImportOptions{Source: "erp-prod", System: "ERP"}, nil)
	o.must(err)
	if again.State != stateSigned || again.Identities != 3 {
		t.Errorf("read again: %s, %d identities", again.State, again.Identities)
	}
	o.launch("q4")
	if it := itemOf(t, o, "q4", "erp-prod", "adm-ben"); it.Identity != "ben@corp.example" || it.Name != "Ben" || it.Status != review.StandingActive {
		t.Errorf("adm-ben is %s, %s, %s", it.Identity, it.Name, it.Status)
	}
	if it := itemOf(t, o, "q4", "erp-prod", "shared"); it.Identity != "erp/shared" {
		t.Errorf("shared is %s", it.Identity)
	}
	o.verifies()
	o.pack("pack.zip", evidence.Options{})
}

// What was exported later stands, whatever order files are read in.
func TestLaterFilesByHandStand(t *testing.T) {
	o := linkingOffice(t)
	for _, f := range []struct{ source, who, at string }{{"a-links", "W2", "2026-11-10"}, {"z-links", "W1", "2026-11-01"}, {"m-links", "W1", "2026-10-01"}} {
		o.imports(f.source+".csv", "account,system,identity\nkim,ERP,"+f.who+"\n", review.ImportOptions{As: "links", Source: review.SourceID(f.source), ExportedAt: f.at})
	}
	v, err := o.desk.PreviewLink(t.Context(), review.Link{Account: "kim"})
	o.must(err)
	if v.Before.Identity != "ben@corp.example" {
		t.Errorf("kim is %s; the links of 10 November say Ben", v.Before.Identity)
	}
}

func TestLinksThatCannotBeMade(t *testing.T) {
	o := linkingOffice(t)
	o.imports("crm.csv", "account,role\nkim,post\n", review.ImportOptions{System: "CRM"})
	for _, c := range []struct {
		l    review.Link
		kind review.ErrorKind
	}{
		{review.Link{Account: "nobody", Identity: "W1"}, review.KindNotFound},
		{review.Link{Account: "kim", System: "HR", Identity: "W1"}, review.KindNotFound},
		{review.Link{Account: "kim", Identity: "W1"}, review.KindUsage},                   // of two systems
		{review.Link{Account: "kim", System: "CRM"}, review.KindUsage},                    // to nobody
		{review.Link{Account: "kim", System: "CRM", Identity: "Kim"}, review.KindRefused}, // to whom it is
	} {
		_, err := o.desk.Link(t.Context(), c.l)
		o.refused(err, c.kind)
	}
	if files, err := filepath.Glob(o.desk.Path() + ".links/*"); err != nil || len(files) != 0 {
		t.Errorf("files %v, %v", files, err)
	}
}

// Accounts and people are found in SQL first, which knows the case of ASCII letters only, and a page of people is not
// filled before those who resemble the account have been looked for.
func TestPeopleBeyondASCIIAndBeyondThePage(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "account,name,role,email\nMÜLLER\\x,Jürgen Özil,post,\na,A,post,a@corp.example\nb,B,post,b@corp.example\nz,ÖZIL JÜRGEN,post,z@corp.example\n", review.ImportOptions{Source: "erp"})
	l := review.Link{Account: `müller\X`}
	people, err := o.desk.People(t.Context(), l, "", 2)
	o.must(err)
	if len(people) != 2 || people[0].Identity != "z@corp.example" || !people[0].Alike || people[1].Alike {
		t.Errorf("people %+v", people)
	}
	if people, err = o.desk.People(t.Context(), l, "jÜRG", 2); err != nil || len(people) != 1 || people[0].Identity != "z@corp.example" {
		t.Errorf("people by a part of a name: %+v, %v", people, err)
	}
	l.Identity = "z@corp.example"
	_, err = o.desk.Link(t.Context(), l)
	o.must(err)
	v, err := o.desk.PreviewLink(t.Context(), review.Link{Account: "a", Identity: "z@corp.example"})
	o.must(err)
	if v.Others != 2 || v.Beside[0] != `MÜLLER\x of erp` {
		t.Errorf("beside: %d, %q", v.Others, v.Beside)
	}
}

// The letters İ and K (of kelvin) are i and k to whoever types them, in people and in accounts.
func TestPeopleAreFoundByLettersWithASmallFormInASCII(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "account,name,role,email\nİL\u212aER,İlker \u212aaya,post,x@corp.example\nben,Ben,post,ben@corp.example\n", review.ImportOptions{Source: "erp"})
	for _, text := range []string{"ilker", "İLKER", "kay", "\u212aAYA"} {
		if people, err := o.desk.People(t.Context(), review.Link{Account: "ben"}, text, 5); err != nil || len(people) != 1 || people[0].Identity != "x@corp.example" {
			t.Errorf("%s: %+v, %v", text, people, err)
		}
	}
	v, err := o.desk.PreviewLink(t.Context(), review.Link{Account: "ilker", Identity: "ben@corp.example"})
	o.must(err)
	if v.Account.Login != "İL\u212aER" {
		t.Errorf("the account found is %+v", v.Account)
	}
}
