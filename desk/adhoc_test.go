package desk

import (
	"testing"

	"tickmark/review"
)

// A file that was imported on the screen has the review that opening it has: drafted once, launched by whoever opens the
// file again.
func TestAnImportedFileIsDraftedOnceAndLaunchedWhenOpened(t *testing.T) {
	o := newOffice(t)
	const content = "login,group\nanna,admin\nben,reader\n"
	rep := o.imports("erp.csv", content, review.ImportOptions{})
	file := o.file("erp.csv", content)
	draft, err := o.desk.DraftAdHoc(t.Context(), file, rep)
	o.must(err)
	again, err := o.desk.DraftAdHoc(t.Context(), file, rep)
	o.must(err)
	if again != draft {
		t.Fatalf("drafted %s and %s", draft, again)
	}
	if c, err := o.desk.Campaign(t.Context(), draft); err != nil || c.State != review.DraftState {
		t.Fatalf("%s, %v", c.State, err)
	}

	opened, err := o.desk.AdHoc(t.Context(), []string{file}, review.ImportOptions{}, nil)
	o.must(err)
	if opened.Campaign != draft || opened.Reopened || opened.Launched.Entry == 0 {
		t.Fatalf("%+v", opened)
	}
	opened, err = o.desk.AdHoc(t.Context(), []string{file}, review.ImportOptions{}, nil)
	o.must(err)
	if opened.Campaign != draft || !opened.Reopened || opened.Launched.Entry != 0 {
		t.Fatalf("opened again: %+v", opened)
	}
	if all, err := o.desk.Imports(t.Context()); err != nil || len(all) != 1 {
		t.Fatalf("%d imports, %v", len(all), err)
	}
}

func TestARosterIsImportedAndMakesNoReview(t *testing.T) {
	o := newOffice(t)
	file := o.file("hr.csv", "employee_id,name,email,manager,status\nE1,Anna,anna@corp.example,E2,active\nE2,Ben,ben@corp.example,,active\n")
	res, err := o.desk.AdHoc(t.Context(), []string{file}, review.ImportOptions{}, nil)
	o.must(err)
	if res.Campaign != "" || len(res.Reports) != 1 || res.Reports[0].Format != "hr-roster" || res.Reports[0].State != stateSigned {
		t.Errorf("%+v", res)
	}
	if all, err := o.desk.Campaigns(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%d campaigns, %v", len(all), err)
	}
}
