package store

import (
	"tickmark/ledger"

	"modernc.org/sqlite/vtab"
)

// The rows of one population on their way into the database.

type itemRow struct {
	id, stage, grant, entry                                             int64
	key                                                                 ledger.Hash
	subject, holder, target, place, origin, owner, how, reviewer        uint32
	kind, status, accountStatus, grantKind, privilege, severity, change int64
	risk, previous, previousVerdict, basis                              int64
	granted, lastUsed, expires                                          any
	principal, basisWord                                                string
	memberSalt, assignmentSalt                                          [16]byte
}

func itemColumns() []string {
	return []string{"id", "population", "stage", "grant", "subject", "holder", "target", "place", "origin", "owner", "how", "kind",
		"status", "account_status", "grant_kind", "privilege", "granted", "last_used", "expires", "severity", "change", "risk",
		"previous", "previous_verdict", "reviewer", "basis", "member_salt", "assignment_salt"}
}

func itemValue(r *itemRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return r.id >> 32
	case 2:
		return r.stage
	case 3:
		return r.grant
	case 4:
		return int64(r.subject)
	case 5:
		return int64(r.holder)
	case 6:
		return int64(r.target)
	case 7:
		return int64(r.place)
	case 8:
		return int64(r.origin)
	case 9:
		return int64(r.owner)
	case 10:
		return number(r.how)
	case 11:
		return r.kind
	case 12:
		return r.status
	case 13:
		return r.accountStatus
	case 14:
		return r.grantKind
	case 15:
		return r.privilege
	case 16:
		return r.granted
	case 17:
		return r.lastUsed
	case 18:
		return r.expires
	case 19:
		return r.severity
	case 20:
		return r.change
	case 21:
		return r.risk
	case 22:
		if r.previous == 0 {
			return nil
		}
		return r.previous
	case 23:
		return r.previousVerdict
	case 24:
		return int64(r.reviewer)
	case 25:
		return r.basis
	case 26:
		return r.memberSalt[:]
	case 27:
		return r.assignmentSalt[:]
	}
	return nil
}

func nowColumns() []string {
	return []string{"id", "population", "reviewer", "signed", "staged", "verdict"}
}

func nowValue(r *itemRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return r.id >> 32
	case 2:
		return int64(r.reviewer)
	}
	return int64(0)
}

type findingRow struct {
	item, n, rule, version, severity int64
	reason                           string
}

func findingColumns() []string {
	return []string{"item", "n", "rule", "version", "severity", "reason"}
}

func findingValue(r *findingRow, column int) vtab.Value {
	return [...]vtab.Value{r.item, r.n, r.rule, r.version, r.severity, r.reason}[column]
}

type subjectRow struct {
	id, population, kind, marks    int64
	key, name, manager, department string
	title                          string
	data                           vtab.Value
}

func subjectDataValue(r *subjectRow, column int) vtab.Value {
	if column == 0 {
		return r.id
	}
	return r.data
}

func subjectColumns() []string {
	return []string{"id", "population", "key", "key_fold", "name", "name_fold", "manager", "manager_fold", "department",
		"department_fold", "title", "kind", "marks", "risk", "items"}
}

func subjectValue(r *subjectRow, column int) vtab.Value {
	switch column {
	case 0:
		return r.id
	case 1:
		return r.population
	case 2:
		return r.key
	case 3:
		return fold(r.key)
	case 4:
		return r.name
	case 5:
		return fold(r.name)
	case 6:
		return r.manager
	case 7:
		return fold(r.manager)
	case 8:
		return r.department
	case 9:
		return fold(r.department)
	case 10:
		return r.title
	case 11:
		return r.kind
	case 12:
		if r.marks == 0 {
			return nil
		}
		return r.marks
	}
	return int64(0) // risk and items are known at the end
}

// nameRow is a row of holders, targets or places: a copy of the names an import's dictionary holds, to sort and search by.
type nameRow struct {
	id, population, of int64
	native, name       string
}

func nameColumns(of string, named bool) []string {
	list := []string{"id", "population", of, "native_id", "native_fold", "risk", "items"}
	if named {
		second := "name"
		if of == "account" {
			second = "login"
		}
		list = append(list, second, second+"_fold")
	}
	return list
}

func nameValue(bool) func(r *nameRow, column int) vtab.Value {
	return func(r *nameRow, column int) vtab.Value {
		switch column {
		case 0:
			return r.id
		case 1:
			return r.population
		case 2:
			return r.of
		case 3:
			return r.native
		case 4:
			return fold(r.native)
		case 7:
			return r.name
		case 8:
			return fold(r.name)
		}
		return int64(0) // risk and items are known at the end
	}
}

type wordRow struct {
	id, population, sort int64
	text, more           string
}

func wordColumns() []string {
	return []string{"id", "population", "sort", "text", "more", "fold", "risk", "items"}
}

func wordValue(r *wordRow, column int) vtab.Value {
	return [...]vtab.Value{r.id, r.population, r.sort, r.text, r.more, fold(r.text), int64(0), int64(0)}[column]
}
