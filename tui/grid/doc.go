// Package grid is a windowed table over rows that come in pages, for lists of any length.
//
// It knows nothing of what the rows mean. A Source yields pages of rows around an anchor row; the grid keeps at most
// 2,048 of them in memory, asks for more before the cursor reaches an edge, and draws only the rows on the screen. The
// cursor, marks and anchors are row IDs, never row numbers, so a refresh cannot move a choice to another row: if the row
// under the cursor is gone after a refresh, Displaced says so until the user moves.
//
// Use it inside a Bubble Tea model:
//
//	g := grid.New(ctx, source, columns, look)
//	cmd := g.Start()              // every method that may need rows returns a command
//	case grid.Msg: cmd = msg.Apply()
//	lines := g.View(w, h)         // exactly that size
//
// Requests carry a generation: a jump, a sort or another source cancels what is under way and late answers are dropped.
// All methods belong to the goroutine of Update; commands touch the Source alone.
//
// Cell texts must be safe to draw already. Widths are measured by the method the renderer uses (SetMethod).
package grid
