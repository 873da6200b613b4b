package review

import (
	"slices"
	"strings"
	"testing"
)

// company is a small organisation: Ann reports to Bob, Bob to Cleo; Dan administers aws-1, Eve one bucket of it.
func company() *Org {
	var p People
	ids := []*Identity{
		{Key: "ann@corp.example", Emails: []string{"ann@corp.example", "ann.old@corp.example"}, WorkerID: "17", Kind: Human, Manager: "bob@corp.example"},
		{Key: "bob@corp.example", Kind: Human, Manager: "cleo@corp.example"},
		{Key: "cleo@corp.example", Kind: Human},
		{Key: "dan@corp.example", Kind: Human},
		{Key: "eve@corp.example", Kind: Human},
		{Key: "svc-pay", Kind: Service, Owner: "dan@corp.example"},
	}
	for _, id := range ids {
		p.KnowIdentity(id)
	}
	p.Enrol("ann@laptop", "ann@corp.example")
	for _, who := range []Principal{"bob@corp.example", "cleo@corp.example", "dan@corp.example", "eve@corp.example"} {
		p.Enrol(who)
	}
	o := NewOrg(&p)
	for _, id := range ids {
		o.AddIdentity(id)
	}
	o.AddAdministrator("dan@corp.example", "aws-1", "")
	o.AddAdministrator("eve@corp.example", "aws-1", "bucket/a")
	return o
}

// TestIndependence tries every person against items of every sort.
func TestIndependence(t *testing.T) {
	items := map[string]*Item{
		"ann's":            {Identity: "ann@corp.example", Source: "aws-1", Resource: "bucket/a/x"},
		"bob's":            {Identity: "bob@corp.example", Source: "aws-1", Resource: "bucket/ab"},
		"cleo's by dan":    {Identity: "cleo@corp.example", Source: "erp", GrantedBy: "dan@corp.example"},
		"a machine by ann": {Identity: "svc-pay", Source: "erp", GrantedBy: "17"},
		"nobody's":         {Account: "x", Source: "erp", Login: "ann.old@corp.example"},
	}
	for _, c := range []struct {
		item, owner string
		who         Principal
		want        string // words of blocking conflicts under the policy block
	}{
		{"ann's", "", "ann@laptop", "subject"},
		{"ann's", "", "bob@corp.example", ""},
		{"ann's", "", "cleo@corp.example", ""},
		{"ann's", "", "dan@corp.example", "administrator"},
		{"ann's", "", "eve@corp.example", "administrator"},
		{"ann's", "bob@corp.example", "bob@corp.example", "exception-owner"},
		{"bob's", "", "ann@laptop", "reports-to-subject"},
		{"bob's", "", "bob@corp.example", "subject"},
		{"bob's", "", "cleo@corp.example", ""},
		{"bob's", "", "dan@corp.example", "administrator"},
		{"bob's", "", "eve@corp.example", ""},
		{"cleo's by dan", "", "ann@laptop", ""},
		{"cleo's by dan", "", "bob@corp.example", "reports-to-subject"},
		{"cleo's by dan", "", "cleo@corp.example", "subject"},
		{"cleo's by dan", "", "dan@corp.example", "granter"},
		{"cleo's by dan", "DAN@corp.example", "dan@corp.example", "granter exception-owner"},
		{"a machine by ann", "", "ann@laptop", "granter"},
		{"a machine by ann", "", "dan@corp.example", ""}, // an owner answers for it and may review it
		{"nobody's", "", "ann@laptop", "subject"},
		{"nobody's", "", "bob@corp.example", ""},
		{"nobody's", "", "", ""},
	} {
		o, it := company(), items[c.item]
		it.ExceptionOwner = c.owner
		for _, admins := range []string{AdminsBlock, AdminsWarn, AdminsAllow} {
			p := DefaultPolicy()
			p.AdminsReview = admins
			var blocks, shown []string
			for _, x := range o.Conflicts(p, c.who, it) {
				shown = append(shown, x.Word)
				if x.Blocks {
					blocks = append(blocks, x.Word)
				}
			}
			want := strings.Fields(c.want)
			if admins != AdminsBlock {
				want = slices.DeleteFunc(want, func(w string) bool { return w == ConflictAdministrator })
			}
			if !slices.Equal(blocks, want) {
				t.Errorf("%s decides %s (%s): blocked by %q, want %q", c.who, c.item, admins, blocks, want)
			}
			if (o.Blocked(p, c.who, it) != "") != (len(want) > 0) {
				t.Errorf("%s decides %s (%s): %q", c.who, c.item, admins, o.Blocked(p, c.who, it))
			}
			if admins == AdminsWarn && c.want == "administrator" && !slices.Contains(shown, ConflictAdministrator) {
				t.Errorf("%s decides %s: an administrator is not shown", c.who, c.item)
			}
		}
	}
}

func TestIndependenceSaysWhatItCompared(t *testing.T) {
	o := company()
	got := strings.Join(o.Independence(DefaultPolicy(), "dan@corp.example", &Item{Identity: "cleo@corp.example", Source: "aws-1", ExceptionOwner: "bob@corp.example"}), "\n")
	for _, want := range []string{"✓ dan@corp.example is not the holder cleo@corp.example", "? the source does not say who granted it",
		"✓ dan@corp.example does not own the exception (bob@corp.example does)", "✗ dan@corp.example can administer it"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if got := o.Independence(DefaultPolicy(), "x@y", &Item{}); !strings.HasPrefix(got[0], "? no person") {
		t.Errorf("%q", got)
	}
}

func TestWithoutAnOrganisationNamesDecide(t *testing.T) {
	var o *Org
	if o.Blocked(DefaultPolicy(), "ann@x", &Item{Identity: "Ann@x"}) == "" {
		t.Error("one's own access is not seen")
	}
	if why := o.Blocked(DefaultPolicy(), "ann@x", &Item{Identity: "bob@x"}); why != "" {
		t.Errorf("blocked: %s", why)
	}
}
