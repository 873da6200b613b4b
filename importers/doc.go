// Package importers reads entitlement exports as systems write them: bytes become records, records become accounts and
// grants, and everything that was not understood is said.
//
// # Use
//
// Read takes an Input (a file that can be opened more than once), Options (the command line's flags, the review date)
// and a Sink. It settles how the file is to be read, reads it as a stream, and calls the sink in file order.
// It returns a report with the counts of importers.md 6, the warnings, the rejected records and, for a refused file, the
// reason. A sink may be told to Reset: the read starts over because a later record showed that an earlier decision was
// wrong (a byte that is no UTF-8, a date that settles the order of its column).
//
// Probe does the first part only, for showing a guess before anything is stored.
//
// Every string handed to a sink is valid UTF-8. Native ids are written so that equal ids are equal strings: e-mail
// addresses, logins, GUIDs and SIDs in lower case, names of systems that tell case apart as they stand (importers.md 5.8).
// The identity key of an account whose KeySource is "account" is its native id, which is unique within one source only.
//
// # From bytes to records
//
//	feed      a goroutine reads, hashes, unpacks gzip, turns UTF-16 into UTF-8, checks UTF-8 (feed.go, encoding.go)
//	settle    what is it? containers, markup, CSV or JSON, dialect, header, wrapper, format (probe.go, dialect.go, outline.go, wrapper.go)
//	records   CSV records cut from a window of the text (csv.go), JSON records read one at a time (json.go, jsonread.go, val.go)
//	row       one record behind the same calls, whatever it came from (row.go)
//	mapper    the format's own code
//	run       counting, duplicates, defaults, warnings, the sink (run.go, accounts.go, scratch.go, hash.go)
//
// A read is a rehearsal over the first thousand records, which hands nothing on and learns how dates are written, then
// the pass that counts. Only where late records contradict what was learned is there another one (read.go).
//
// Memory does not grow with the file, apart from some two bytes for every distinct grant beyond the first million, and 30
// for every distinct account. What is needed to tell grants and accounts apart, and to merge what several records say of
// one account, goes to Options.Scratch (scratch.go, package spill).
//
// # How to add a format
//
// A format is one file with one value of type format, named in formats (format.go), and one fixture in testdata that the
// conformance suite reads in a dozen disguises.
//
//	var acmeUsers = &format{
//		FormatInfo: FormatInfo{ID: "acme-users", Title: "Acme users", Mark: "D",
//			Steps: []string{"Sign in as an administrator.", "Users, Export, CSV."},
//			Gaps:  []string{"groups"}},
//		version: 1,
//		shapes: []shape{{csv: true, need: []string{"userid", "acmerole"}, known: []string{"email", "disabled"}}},
//		start: func(x *run) mapper {
//			x.defaults("acme")
//			id, email, role := x.bound("account", "userid"), x.bound("email", "email"), x.bound("entitlement", "acmerole")
//			return mapper{each: func(r *row) {
//				a := review.Account{NativeID: loginKey(r.id(id)), Login: r.text(id), Kind: review.Human, Emails: emails(r.text(email))}
//				if a.NativeID == "" {
//					r.reject("missing-identity", id, "a user id", "fill the column")
//					return
//				}
//				x.account(&a)
//				if e := r.text(role); e != "" {
//					x.grant(&review.Grant{Account: a.NativeID, Entitlement: review.Entitlement{NativeID: e, Name: e, Kind: "role"}})
//				}
//			}}
//		},
//	}
//
// Names in a shape are normal names: lower case, letters and digits only. need must all be there, of every group of any
// one, known only count as evidence; the format with most of them wins. A JSON export whose top-level object is the sign
// (several lists, say) gives its keys in top and the members that hold records in lists.
//
// In start, columns are bound by name: x.col, x.bound (reported as mapping), x.date. In each, r.text gives a value or ""
// for one of the empty words, r.str keeps those, r.tri reads yes and no with unknown for absent, r.time a date, r.v the
// JSON object, r.items a list however it is written. Send an account before its grants. Reject what cannot be used; a
// record with an account and nothing held is fine as it is. Leave defaults to run: identity key, kind, status, how,
// state, locator, raw hash, duplicates and counts.
package importers
