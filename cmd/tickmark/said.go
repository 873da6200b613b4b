package main

import (
	"fmt"
	"sync"
)

// mailbox keeps what a desk says while the workstation has the terminal, until the workstation shows it.
type mailbox struct {
	mu    sync.Mutex
	lines []string
}

func (m *mailbox) say(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

func (m *mailbox) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines := m.lines
	m.lines = nil
	return lines
}
