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
