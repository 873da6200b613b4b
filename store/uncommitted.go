//go:build uncommitted

package store

// The benchmark of imports builds the program once more with this tag, to tell what the commitment to a population costs
// (design.md 8). What such a program imports cannot be verified.
const committed = false
