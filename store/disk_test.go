package store

import (
	"os"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A disk that fails on demand: a file layer under SQLite that passes everything on to the system's and counts whatever
// changes a file: writes, syncs, truncations, files made or deleted, growth of the shared index.

const brokenDisk = "broken-disk"

// trouble is how a disk fails.
type trouble struct {
	name string
	// code gives what SQLite is told instead of the call's result.
	code func(call string) int32
	// lasting trouble stays until somebody clears it, as a full disk does; other trouble hits one call.
	lasting bool
}

var (
	ioErrors = trouble{"I/O error", func(call string) int32 {
		return map[string]int32{"write": sqlite3.SQLITE_IOERR_WRITE, "sync": sqlite3.SQLITE_IOERR_FSYNC, "truncate": sqlite3.SQLITE_IOERR_TRUNCATE,
			"delete": sqlite3.SQLITE_IOERR_DELETE, "make": sqlite3.SQLITE_CANTOPEN, "map": sqlite3.SQLITE_IOERR_SHMSIZE}[call]
	}, false}
	diskFull = trouble{"disk full", func(call string) int32 {
		return map[string]int32{"write": sqlite3.SQLITE_FULL, "sync": sqlite3.SQLITE_IOERR_FSYNC, "make": sqlite3.SQLITE_CANTOPEN,
			"map": sqlite3.SQLITE_IOERR_SHMSIZE}[call] // shrinking and deleting go on
	}, true}
)

// disk is the one file layer of this process; its callbacks cannot carry state.
var disk struct {
	sync.Mutex
	once    sync.Once
	system  *sqlite3.Tsqlite3_vfs
	at      uintptr                                  // the system's layer
	methods map[uintptr]uintptr                      // ours by the system's
	below   map[uintptr]*sqlite3.Tsqlite3_io_methods // the system's by ours
	trouble trouble
	from    int // the call that fails, from 1; 0: none
	calls   int // counted since breakAt
	hits    int
}

// breakAt lets the nth changing call from now on fail; 0 only counts.
func breakAt(n int, how trouble) {
	disk.Lock()
	defer disk.Unlock()
	disk.from, disk.calls, disk.hits, disk.trouble = n, 0, 0, how
}

// mend ends the trouble and says how many calls failed.
func mend() (hits int) {
	disk.Lock()
	defer disk.Unlock()
	disk.from = 0
	return disk.hits
}

// fails counts a call and gives the code it fails with; 0: it goes on.
func fails(call string) int32 {
	disk.Lock()
	defer disk.Unlock()
	disk.calls++
	if disk.from == 0 || disk.calls < disk.from || disk.calls > disk.from && !disk.trouble.lasting {
		return 0
	}
	code := disk.trouble.code(call)
	if code != 0 {
		disk.hits++
	}
	return code
}

// useBrokenDisk registers the layer and gives its name.
func useBrokenDisk(t testing.TB) string {
	t.Helper()
	disk.once.Do(func() {
		tls := libc.NewTLS() // lives as long as the process
		disk.at = sqlite3.Xsqlite3_vfs_find(tls, 0)
		disk.system = at[sqlite3.Tsqlite3_vfs](disk.at)
		disk.methods, disk.below = map[uintptr]uintptr{}, map[uintptr]*sqlite3.Tsqlite3_io_methods{}
		layer, vfs := outside(tls, *disk.system)
		name, err := libc.CString(brokenDisk)
		if err != nil {
			t.Fatal(err)
		}
		vfs.FzName, vfs.FpNext = name, 0
		vfs.FxOpen, vfs.FxDelete = pointer(diskOpen), pointer(diskDelete)
		if rc := sqlite3.Xsqlite3_vfs_register(tls, layer, 0); rc != sqlite3.SQLITE_OK {
			t.Fatal("the layer cannot be registered: ", rc)
		}
	})
	return brokenDisk
}

// at looks at what lies at an address outside Go's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// outside keeps a value outside Go's memory, where SQLite may hold its address, for as long as the process lives.
func outside[T any](tls *libc.TLS, v T) (address uintptr, p *T) {
	address = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(v)))
	if address == 0 {
		panic("no memory")
	}
	p = at[T](address)
	*p = v
	return address, p
}

// pointer gives a top-level function as C code calls it, and function the other way round.
func pointer[F any](f F) uintptr        { return *(*uintptr)(unsafe.Pointer(&f)) }
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

type (
	xOpen     = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	xDelete   = func(tls *libc.TLS, vfs, name uintptr, sync int32) int32
	xWrite    = func(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32
	xTruncate = func(tls *libc.TLS, file uintptr, size int64) int32
	xShmMap   = func(tls *libc.TLS, file uintptr, page, size, extend int32, out uintptr) int32
)

func diskOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	if flags&sqlite3.SQLITE_OPEN_CREATE != 0 && name != 0 && !isThere(libc.GoString(name)) {
		if code := fails("make"); code != 0 {
			at[sqlite3.Tsqlite3_file](file).FpMethods = 0
			return code
		}
	}
	code := function[xOpen](disk.system.FxOpen)(tls, disk.at, name, file, flags, out)
	f := at[sqlite3.Tsqlite3_file](file)
	if f.FpMethods == 0 {
		return code
	}
	disk.Lock()
	defer disk.Unlock()
	ours := disk.methods[f.FpMethods]
	if ours == 0 {
		theirs := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
		var m *sqlite3.Tsqlite3_io_methods
		ours, m = outside(tls, *theirs)
		m.FxWrite, m.FxTruncate, m.FxSync = pointer(diskWrite), pointer(diskTruncate), pointer(diskSync)
		if m.FxShmMap != 0 {
			m.FxShmMap = pointer(diskShmMap)
		}
		disk.methods[f.FpMethods] = ours
		disk.below[ours] = theirs
	}
	f.FpMethods = ours
	return code
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func theirs(file uintptr) *sqlite3.Tsqlite3_io_methods {
	disk.Lock()
	defer disk.Unlock()
	return disk.below[at[sqlite3.Tsqlite3_file](file).FpMethods]
}

func diskDelete(tls *libc.TLS, _, name uintptr, sync int32) int32 {
	if code := fails("delete"); code != 0 {
		return code
	}
	return function[xDelete](disk.system.FxDelete)(tls, disk.at, name, sync)
}

func diskWrite(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	if code := fails("write"); code != 0 {
		return code
	}
	return function[xWrite](theirs(file).FxWrite)(tls, file, buf, n, offset)
}

func diskTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	if code := fails("truncate"); code != 0 {
		return code
	}
	return function[xTruncate](theirs(file).FxTruncate)(tls, file, size)
}

// diskSync does not wait for the device: nobody pulls its plug, and thousands of acts are tried.
func diskSync(*libc.TLS, uintptr, int32) int32 { return fails("sync") }

func diskShmMap(tls *libc.TLS, file uintptr, page, size, extend int32, out uintptr) int32 {
	if extend != 0 {
		if code := fails("map"); code != 0 {
			return code
		}
	}
	return function[xShmMap](theirs(file).FxShmMap)(tls, file, page, size, extend, out)
}
