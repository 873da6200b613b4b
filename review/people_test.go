package review

import "testing"

func TestPeopleAreOnePersonUnderManyNames(t *testing.T) {
	var p People
	p.KnowIdentity(&Identity{Key: "anna@corp.example", Emails: []string{"Anna@Corp.example", "a.smith@old.example"}, WorkerID: "007", Kind: Human})
	p.KnowIdentity(&Identity{Key: "bob@corp.example", Kind: Human})
	p.KnowIdentity(&Identity{Key: "svc-pay", Emails: []string{"anna@corp.example"}, Kind: Service})
	p.Enrol("anna.smith@laptop", "A.SMITH@old.example")
	p.Enrol("bob@corp.example")
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"anna.smith@laptop", "anna@corp.example", true},
		{"007", "anna.smith@laptop", true},
		{" ANNA@corp.example ", "a.smith@old.example", true},
		{"anna@corp.example", "bob@corp.example", false},
		{"svc-pay", "anna@corp.example", false}, // a thing is not the person whose address it uses
		{"nobody", "nobody", true},
		{"nobody", "somebody", false},
		{"", "", false},
	} {
		if got := p.Same(c.a, c.b); got != c.want {
			t.Errorf("Same(%q, %q) is %v", c.a, c.b, got)
		}
	}
	for name, want := range map[string]Principal{"007": "anna.smith@laptop", "bob@corp.example": "bob@corp.example", "svc-pay": "", "x": "", "": ""} {
		if got, ok := p.Principal(name); got != want || ok != (want != "") {
			t.Errorf("Principal(%q) is %q", name, got)
		}
	}
	if !p.SameAs("anna.smith@laptop", &Identity{WorkerID: "007"}) || p.SameAs("x", nil) {
		t.Error("SameAs")
	}
}

func TestPeopleJoinedLaterShareTheirPrincipals(t *testing.T) {
	var p People
	p.Enrol("b@x")
	p.Enrol("a@x", "1")
	p.Know("1", "2")
	p.Know("b@x", "2", "3")
	for name, want := range map[string]Principal{"a@x": "a@x", "b@x": "b@x"} {
		if got, _ := p.Principal(name); got != want {
			t.Errorf("Principal(%q) is %q", name, got)
		}
	}
	if got, ok := p.Principal("3"); !ok || got != "a@x" && got != "b@x" {
		t.Errorf("Principal(3) is %q", got)
	}
	var nobody *People
	if nobody.Same("a", "b") || !nobody.Same("A", "a") {
		t.Error("without a directory names are compared alone")
	}
}
