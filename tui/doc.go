// Package tui is the workstation: the screens in which a person reads, decides, confirms and follows up.
//
// It draws and asks, and never does: every act goes through the Desk interface, as a command with a context, and its
// answer comes back with the IDs it is about. New makes the Bubble Tea model, Run runs it on a terminal, Plain is the
// same work line by line for screen readers, pipes and terminals that cannot position a cursor.
//
// # How it is built
//
// app (app.go) routes and nothing else: keys go to the panel in front or to the commands of the screen on top, answers to
// whoever asked (ask.go), acts wait their turn in one queue, so that an undo never overtakes the verdict it takes back
// (acts.go). A screen is one file: what it asks for, its table of commands, and its lines. A panel is a question asked at
// the bottom of a screen: a reason, a filter, a bulk preview. Screens and panels open by a direct call inside Update, so
// the next key of a burst goes to what has just opened; keys that confirm something are ignored for a moment after the
// question has appeared (grace in panel.go).
//
// Keys are data (keys.go): the footer, Help, the README table and the check for conflicts come from one list. Glyph, word
// and colour of every state come from one table (words.go). Every piece of text is made safe where a line is put together
// (draw.go) and where a cell of a table is made (cell in draw.go), and nowhere else does text reach the screen.
//
// Nothing here is shared between two programs in one process: there are no package variables that change.
package tui
