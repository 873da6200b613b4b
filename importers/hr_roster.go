package importers

import (
	"strings"

	"tickmark/review"
	"tickmark/spill"
)

var (
	hrID         = []string{"workerid", "employeeid", "empid", "empnum", "empno", "employeenumber", "userid", "id"}
	hrTerminated = []string{"terminationdate", "dateoftermination", "termdate", "enddate"}
	hrHired      = []string{"hiredate", "dateofhire", "startdate"}
	hrMail       = []string{"workemail", "email", "mail", "emailwork"}
	hrUser       = []string{"username", "login", "userprincipalname", "samaccountname", "upn"}
	hrName       = []string{"fullname", "name", "employeename", "displayname"}
	hrFirst      = []string{"firstname", "givenname", "legalfirstname"}
	hrLast       = []string{"lastname", "surname", "familyname", "legallastname"}
	hrStatus     = []string{"status", "employmentstatus", "accountstatus", "workerstatus"}
	hrDepartment = []string{"department", "dept", "costcenter", "supervisoryorganization"}
	hrTitle      = []string{"jobtitle", "position", "job", "title", "businesstitle"}
	hrType       = []string{"workertype", "emptype", "employeetype", "employmenttype"}
	hrCompany    = []string{"company", "legalentity"}
	hrManager    = []string{"managerid", "manager", "manageremail", "workersmanagergroup.managerid", "managergroup.managerid", "managername"}
)

var hrRoster = &format{
	FormatInfo: FormatInfo{
		ID: "hr-roster", Aliases: []string{"hr"}, Title: "HR roster: who works here, since when, until when", Mark: "S",
		Steps: []string{
			"Ask HR for one record for every worker, including those who left since the last review and contractors.",
			"Include worker id, e-mail or user name, name, status, hire date, termination date, manager (by worker id or e-mail), department and title.",
			"Leave out pay, birth dates, home addresses and phone numbers: they are dropped unread.",
			"Workday: run the custom report as a web service in JSON (Report_Entry); others: export CSV.",
			"Import it before the systems, so that accounts find their people at once.",
		},
		Command: "tickmark import workers.csv --as hr",
		Gaps: []string{
			"accounts and access: a roster makes identities only",
			"whether all companies and contractors are in it: ask HR, and declare it with --completeness",
		},
	},
	version: 1, tier: 1, rules: true,
	shapes: []shape{
		{json: true, top: []string{"reportentry"}, lists: []string{"reportentry"}, check: func(p *probe) bool {
			m := p.outline.objs[0].member("reportentry")
			if m == nil {
				return false
			}
			for _, e := range m.sample {
				if e.member("employeeid") != nil {
					return true
				}
			}
			return m.v.get("employeeid").ok()
		}},
		{csv: true, json: true, alike: [][]string{hrID, hrMail, hrUser, hrName, hrFirst, hrLast, hrStatus, hrHired, hrTerminated, hrManager, hrDepartment, hrTitle, hrType, hrCompany}, check: looksLikeRoster},
	},
	start: startHRRoster,
}

// looksLikeRoster: no entitlement column, and two or more of termination date, hire date, manager, employee id.
func looksLikeRoster(p *probe) bool {
	for _, n := range synonyms["entitlement"] {
		if p.paths[n] {
			return false
		}
	}
	any := func(names []string) int {
		for _, n := range names {
			if p.paths[n] {
				return 1
			}
		}
		return 0
	}
	return any(hrTerminated)+any(hrHired)+any(hrManager)+any(hrID[:6]) >= 2
}

func startHRRoster(x *run) mapper {
	id, email := x.bound("worker_id", hrID...), x.bound("email", hrMail...)
	username, name := x.bound("username", hrUser...), x.bound("name", hrName...)
	first, last := x.bound("first", hrFirst...), x.bound("last", hrLast...)
	status := x.bound("status", hrStatus...)
	hired, ends := x.boundDate("hire_date", endTime, review.Unknown, hrHired...), x.boundDate("termination_date", endTime, review.NotApplicable, hrTerminated...)
	manager, department := x.bound("manager", hrManager...), x.bound("department", hrDepartment...)
	title, typ := x.bound("title", hrTitle...), x.bound("worker_type", hrType...)
	company := x.bound("company", hrCompany...)
	if !id.there() {
		x.fail(refuse("missing-columns", "%s: a column with worker ids was expected, none of these is one: %s", x.plan.spot(), nameList(x.plan.header)).
			WithHint("name the column employee_id"))
		return mapper{}
	}
	x.seenWorkers = &spill.Numbers{Open: x.o.Scratch, Most: x.o.inMemory(accountsInMemory)}
	return mapper{each: func(r *row) {
		w := review.Worker{ID: squeeze(r.id(id))}
		if w.ID == "" {
			r.reject("missing-identity", id, "a worker id", "fill it in; a name alone identifies nobody")
			return
		}
		w.Email, w.Username, w.Name = lower(r.text(email)), r.text(username), squeeze(r.text(name))
		if w.Name == "" {
			w.Name = squeeze(r.text(first) + " " + r.text(last))
		}
		w.StatusRaw, w.Hired = r.text(status), r.time(hired)
		w.Terminated = rosterDate(r, ends)
		w.Status, w.FutureLeave = workerStatus(w.StatusRaw, w.Terminated, x)
		w.Manager, w.Department, w.Title = squeeze(r.text(manager)), squeeze(r.text(department)), squeeze(r.text(title))
		w.Type, w.Company = r.text(typ), squeeze(r.text(company))
		hi, lo := x.accounts.hash.id(w.ID)
		_, isNew, err := x.seenWorkers.Add(hi, lo)
		if err != nil {
			x.fail(scratchError(err))
			return
		}
		if isNew {
			x.workers++
			x.lost(w.Name)
		} else {
			x.warn("duplicate-worker")
		}
		x.send(func() error {
			w.Locator, w.RawSHA256 = r.locator(), r.rawSum()
			return x.sink.Worker(&w)
		})
	}}
}

// squeeze collapses padding and inner blanks for display.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// rosterDate reads a termination date. Words such as "N/A-StillEmployed" are no value.
func rosterDate(r *row, w when) review.Time {
	t := r.time(w)
	if t.State == review.Unknown && !strings.ContainsAny(t.Raw, "0123456789") {
		t.State = review.NotApplicable
	}
	return t
}

// workerStatus joins the word and the date (importers.md 10.1): a termination in the future makes no leaver.
func workerStatus(word string, ends review.Time, x *run) (status string, futureLeave bool) {
	n := norm(word)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(n, p) {
				return true
			}
		}
		return false
	}
	switch {
	case n == "":
		status = "active"
	case has("leave", "absence", "parental") && !has("leaver"):
		status = "leave"
	case has("terminat", "former", "retired", "resigned", "leaver") || n == "left" || strings.HasPrefix(n, "left"):
		status = "terminated"
	case has("inactive"):
		status = "unknown"
	case has("active", "current", "employed", "working"):
		status = "active"
	default:
		status = "unknown"
	}
	if !ends.IsKnown() {
		if n == "" && ends.State == review.Unknown {
			status = "terminated"
		}
		return status, false
	}
	if !x.cal.now.IsZero() && ends.At.After(x.cal.now) {
		if status == "terminated" || status == "unknown" {
			status = "active"
		}
		return status, true
	}
	return "terminated", false
}
