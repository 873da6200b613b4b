package importers

import (
	"strconv"
	"strings"

	"tickmark/review"
)

// wrapper is an object around a list of records (importers.md 3).
type wrapper struct {
	list     string // normalised key of the list
	complete func(p *page) review.Completeness
}

// page is one wrapper as it was read: its members beside the list, and how many records the list held.
type page struct {
	members map[string]val
	records int64
}

func (p *page) get(path ...string) val {
	if len(path) == 0 {
		return val{}
	}
	return p.members[path[0]].get(path[1:]...)
}

// filled reports a member that holds something: a next-page mark.
func (p *page) filled(path ...string) bool {
	v := p.get(path...)
	switch v.kind() {
	case '{', '[':
		return v.first().ok()
	}
	return v.text() != "" && v.kind() != 'f'
}

func (p *page) number(path ...string) (int64, bool) {
	n, err := strconv.ParseInt(p.get(path...).text(), 10, 64)
	return n, err == nil
}

// marked is truncated with any of the marks, full otherwise.
func marked(paths ...string) func(*page) review.Completeness {
	return func(p *page) review.Completeness {
		for _, path := range paths {
			if p.filled(strings.Split(path, ".")...) {
				return review.Truncated
			}
		}
		return review.Full
	}
}

// totalled compares a count the wrapper gives with the records it holds.
func totalled(path string) func(*page) review.Completeness {
	return func(p *page) review.Completeness {
		n, ok := p.number(strings.Split(path, ".")...)
		switch {
		case !ok:
			return review.UnknownScope
		case n > p.records:
			return review.Truncated
		}
		return review.Full
	}
}

func neverKnown(*page) review.Completeness { return review.UnknownScope }

var awsLists = []string{"users", "accesskeymetadata", "accountassignments", "groups", "roles", "policies", "userdetaillist", "groupdetaillist",
	"roledetaillist", "policygroups", "policyusers", "policyroles", "permissionsets", "attachedpolicies", "accounts", "groupmemberships"}

var googleLists = []string{"users", "members", "results", "accounts", "assets", "keys", "items", "groups"}

// findWrapper recognises a wrapper by the members of a top-level object. The first matching line of importers.md 3 wins.
func findWrapper(o *outlined) *wrapper {
	isList := func(n string) bool {
		m := o.member(n)
		return m != nil && (m.kind == '[' && m.objects() || m.kind == '{' || m.kind == 'n')
	}
	has := func(n string) bool { return o.member(n) != nil }
	switch {
	case isList("value") && (has("odatacontext") || has("nextlink") || has("odatanextlink") || len(o.members) == 1):
		return &wrapper{"value", func(p *page) review.Completeness {
			switch {
			case p.filled("odatanextlink") || p.filled("nextlink"):
				return review.Truncated
			case has("odatacontext"):
				return review.Full
			}
			return review.UnknownScope
		}}
	case isList("items") && strings.HasSuffix(o.text("kind"), "List"):
		return &wrapper{"items", marked("metadata.continue")}
	}
	for _, l := range awsLists {
		if m := o.member(l); m != nil && isList(l) && (upper(m.key) || has("nexttoken") || has("marker") || has("istruncated")) {
			return &wrapper{l, marked("nexttoken", "marker", "istruncated", "nextpagetoken")}
		}
	}
	switch {
	case isList("resources") && has("totalresults"):
		return &wrapper{"resources", totalled("totalresults")}
	case isList("members") && has("ok"):
		return &wrapper{"members", marked("responsemetadata.nextcursor")}
	case isList("results") && has("totalcount"):
		return &wrapper{"results", totalled("totalcount")}
	case isList("data") && has("meta"):
		return &wrapper{"data", func(p *page) review.Completeness {
			switch n, ok := p.number("meta", "count"); {
			case !ok || n == 0:
				return review.UnknownScope
			case n > p.records:
				return review.Truncated
			}
			return review.Full
		}}
	case isList("result"):
		return &wrapper{"result", neverKnown}
	case isList("records") && has("done"):
		return &wrapper{"records", func(p *page) review.Completeness {
			if p.get("done").kind() == 'f' || p.filled("nextrecordsurl") {
				return review.Truncated
			}
			return review.Full
		}}
	case isList("response") && has("stat"):
		return &wrapper{"response", marked("metadata.nextoffset")}
	case isList("reportentry"):
		return &wrapper{"reportentry", neverKnown}
	case has("totalcount"):
		for _, m := range o.members {
			if m.kind == '[' && m.objects() {
				return &wrapper{m.norm, totalled("totalcount")}
			}
		}
	case isList("users") && has("totalseatsconsumed"):
		return &wrapper{"users", totalled("totalseatsconsumed")}
	case isList("grants"):
		return &wrapper{"grants", marked("nextpagetoken")}
	}
	for _, l := range googleLists {
		if isList(l) && (has("nextpagetoken") || has("kind") || has("etag") || o.lone(l)) {
			return &wrapper{l, func(p *page) review.Completeness {
				switch {
				case p.filled("nextpagetoken"):
					return review.Truncated
				case strings.Contains(lower(p.get("kind").text()), l):
					return review.Full
				}
				return review.UnknownScope
			}}
		}
	}
	return nil
}

// upper reports a key as AWS writes them, with a capital.
func upper(key string) bool { return key != "" && 'A' <= key[0] && key[0] <= 'Z' }

// keyedByID reports a map of two or more members whose values are all objects.
func (o *outlined) keyedByID() bool {
	if o.count < 2 {
		return false
	}
	return o.allObjects
}

// lone reports that a list is the only member that is no scalar.
func (o *outlined) lone(list string) bool {
	for _, m := range o.members {
		if m.norm != list && (m.kind == '[' || m.kind == '{') {
			return false
		}
	}
	return true
}
