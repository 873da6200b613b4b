package desk

import (
	"runtime/debug"
	"sync"
)

// frugalPercent is how much garbage is let stand beside what is in use while a population is in memory: who is behind every
// account stays there until the end, and as much garbage again would double it.
const frugalPercent = 30

// thrift counts who wants memory to be spared; several launches may run in one process.
var thrift struct {
	sync.Mutex
	wanted int
	before int
}

// frugal makes the process collect garbage sooner until what it returns is called.
func frugal() (done func()) {
	thrift.Lock()
	defer thrift.Unlock()
	if thrift.wanted == 0 {
		thrift.before = debug.SetGCPercent(frugalPercent)
		if thrift.before < frugalPercent { // somebody set it lower, or switched it off
			debug.SetGCPercent(thrift.before)
		}
	}
	thrift.wanted++
	return func() {
		thrift.Lock()
		defer thrift.Unlock()
		if thrift.wanted--; thrift.wanted == 0 {
			debug.SetGCPercent(thrift.before)
		}
	}
}
