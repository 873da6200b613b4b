package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"

	"tickmark/review"
)

// Primary result codes of SQLite.
const (
	codeBusy      = 5
	codeLocked    = 6
	codeReadOnly  = 8
	codeInterrupt = 9
	codeIO        = 10
	codeCorrupt   = 11
	codeFull      = 13
	codeCantOpen  = 14
	codeNotADB    = 26
)

// sqliteCode gives the primary result code in err, 0 if it is none of SQLite's.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// wrap turns what SQL and the system say into the error people meet. Errors of ours and of callbacks stay as they are.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	var e *review.Error
	if errors.As(err, &e) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || sqliteCode(err) == codeInterrupt {
		return &review.Error{Kind: review.KindCancelled, Message: "cancelled", Hint: "nothing was changed", Err: err}
	}
	make := func(kind review.ErrorKind, message, hint string) error {
		return &review.Error{Kind: kind, Message: message, Hint: hint, Err: err}
	}
	switch sqliteCode(err) {
	case codeBusy, codeLocked:
		return make(review.KindLocked, "another program is writing to the database", "wait until it is done and try again; nothing was changed")
	case codeFull:
		return make(review.KindIO, "the disk is full", "free some space and try again; nothing was changed")
	case codeReadOnly:
		return make(review.KindIO, "the database cannot be written: the file or its folder is read-only", "change the permissions, or name another file with --db")
	case codeCantOpen:
		return make(review.KindIO, "the database cannot be opened: the file or its folder is not accessible", "check the permissions of the file and of its folder, and that the disk has room")
	case codeIO:
		return make(review.KindIO, "the disk failed while reading or writing the database", "check the disk; nothing was changed")
	case codeCorrupt:
		return make(review.KindIO, "the database file is damaged", "run tickmark doctor, and restore the file from a copy; packs exported earlier stay valid")
	case codeNotADB:
		return make(review.KindRefused, "the file is not a tickmark database", "name another file with --db")
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) {
		return make(review.KindInternal, "the database was closed while it was in use", "start again; what was acknowledged is kept")
	}
	if errors.Is(err, syscall.ENOSPC) {
		return make(review.KindIO, "the disk is full", "free some space and try again; nothing was changed")
	}
	if sqliteCode(err) != 0 {
		return make(review.KindInternal, "the database refused: "+review.Safe(err.Error()), "nothing was changed; please report this with the command you ran")
	}
	return err // a callback's, or made above us
}

// ioError is for a file the system does not hand out.
func ioError(path string, err error) error {
	why := "cannot be read"
	if errors.Is(err, fs.ErrPermission) {
		why = "may not be read"
	}
	return &review.Error{Kind: review.KindIO, Message: "the database " + review.Quote(path) + " " + why,
		Hint: "check the permissions of the file and of its folder", Err: err}
}

// cannotOpen is wrap with the file's name where that helps.
func (db *DB) cannotOpen(err error) error {
	switch sqliteCode(err) {
	case codeCantOpen, codeReadOnly:
		return &review.Error{Kind: review.KindIO, Reason: NotWritable, Message: "the database " + review.Quote(db.path) + " cannot be opened for writing: the file or its folder is read-only or not accessible",
			Hint: "change the permissions of the file and of its folder, make sure that the disk has room, or name another file with --db", Err: err}
	case codeBusy, codeLocked:
		return &review.Error{Kind: review.KindLocked, Message: "the database " + review.Quote(db.path) + " is locked by another program",
			Hint: "wait until it is done, or find out which program holds it", Err: err}
	case codeNotADB, codeCorrupt:
		return &review.Error{Kind: review.KindRefused, Message: review.Quote(db.path) + " is not a tickmark database, or is damaged",
			Hint: "name another file with --db, or restore it from a copy", Err: err}
	}
	return wrap(err)
}

// NotWritable is the reason of an error about a database that might still be read, with Options.ReadOnly.
const NotWritable = "not-writable"

func notFound(format string, args ...any) *review.Error {
	return review.Errorf(review.KindNotFound, format, args...)
}

func conflict(format string, args ...any) *review.Error {
	return review.Errorf(review.KindConflict, format, args...).WithHint("nothing was changed; read anew and try again")
}

func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// OlderForm is the reason of an error about a database that must be opened for writing once, to bring its schema up to date.
const OlderForm = "older-form"
