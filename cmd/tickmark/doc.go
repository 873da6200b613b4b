// Command tickmark is an access-review workstation for the terminal.
//
// This package is the outermost room: flags in, exit codes out. It wires the other rooms together and holds no rule of
// its own; each verb is one file that reads its flags, calls the desk and prints what came back.
//
// # How a verb answers
//
// What was asked for goes to standard output; progress, notices and errors go to standard error. With --json standard
// output holds exactly one JSON document, an error included. Nothing here writes an escape code unless the stream is a
// terminal, and every piece of text that came from data passes review.Safe on its way out.
//
// A verb returns nil, an *outcome (its work is done and printed, the exit code says how it went) or an error. Errors are
// *review.Error: their kind decides the exit code (exit.go), their sentence and hint are printed by main.go.
//
// # Files
//
//	main.go      run, signals, panics           root.go        the command tree, FILE arguments
//	app.go       streams, global flags, desk    exit.go        kinds of error and exit codes
//	help.go      help pages, --version          man.go         the manual page
//	output.go    JSON, CSV, messages            table.go       aligned columns
//	progress.go  long work                      passphrase.go  asking for secrets
//	paths.go     where files live               <verb>.go      one verb each
package main
