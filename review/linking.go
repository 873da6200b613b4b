package review

// Person is somebody an account can be joined to.
type Person struct {
	Identity   string // as rows name them: the primary e-mail, else the worker id or the account's own key
	Name       string
	WorkerID   string // empty: no roster knows them
	Status     string // of the roster
	Department string
	Alike      bool // the name or the login resembles the account's; a suggestion, never more (importers.md 10.1)
}

// LinkPreview says what a link or an unlink made by hand would do, before anything is stored.
type LinkPreview struct {
	Link    Link // as it would be written; without identity and unlink the account is only looked up
	Account Account
	System  string
	Before  Person // whose the account is now
	After   Person // whose it would be; for an unlink the account itself
	ByHand  string // what was stated of the account by hand: linked, unlinked, or nothing
	Beside  []string
	Others  int64          // accounts that are After's already; Beside names the first of them
	Again   []ImportReport // exports whose rows name another one until they are read again
	Lines   int            // statements the file would hold, this one included
	Why     string         // why it cannot be done; empty if it can
}
