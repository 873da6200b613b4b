package evidence

import (
	"fmt"
	"runtime/debug"
)

// task is work done beside other work. What it touches is its own until [task.wait] has returned.
type task struct {
	done  chan struct{}
	err   error
	fault any
}

// meanwhile starts work.
func meanwhile(do func() error) *task {
	t := &task{done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer func() {
			if p := recover(); p != nil {
				t.fault = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
		}()
		t.err = do()
	}()
	return t
}

// wait gives the work's error once it has ended. If it panicked, so does wait: whoever recovers from faults must see it.
// It may be called again.
func (t *task) wait() error {
	<-t.done
	if t.fault != nil {
		panic(t.fault)
	}
	return t.err
}
