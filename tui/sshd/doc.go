// Package sshd serves the workstation over SSH: the same screens, one program per connection, nothing shared but the
// database behind the desks.
//
// A person is who their key says, never the user name their client sent. Only keys that Options.Allow knows come in, and
// with them only two things: the workstation on a terminal, or one command without a terminal that Options.Exec runs
// (`ssh host export > pack.zip`). There is no shell, no file picker, no editor, no port forwarding.
//
// Decisions are signed by the person's own agent, forwarded with `ssh -A`, and only with the key that opened the login.
// Without a forwarded agent one can look, stage, and sign elsewhere.
//
// # What is guarded
//
//   - A panic in one session ends that session with exit status 70 and no other: a command that fails never looks as if it
//     had succeeded.
//   - A command is refused on a terminal, because a terminal would change its bytes.
//   - Stopping asks every session to leave first, so that no client stays in the alternate screen, and then waits only
//     Options.Grace.
//   - Everything a client says of itself (user name, environment) is untrusted text.
package sshd
