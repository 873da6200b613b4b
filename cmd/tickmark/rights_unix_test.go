//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// withoutRights lets root's tests run a command as a person without any.
func withoutRights(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
