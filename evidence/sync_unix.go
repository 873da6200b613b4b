//go:build linux || darwin || freebsd || netbsd || openbsd

package evidence

import (
	"os"
	"syscall"
)

// syncAll flushes a folder of perhaps hundreds of thousands of small files. One flush of everything takes a moment; one
// per file would take minutes.
func syncAll(string) error {
	syscall.Sync()
	return nil
}

// inUse marks an open file or folder as being written by this process, until it is closed or the process ends.
func inUse(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// abandoned reports whether no process marks the file or folder as in use.
func abandoned(f *os.File) bool { return inUse(f) }
