package keys

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
)

// defaultSocket is where an agent listens if the environment names none.
const defaultSocket = `\\.\pipe\openssh-ssh-agent`

// dialSocket opens a socket file, or a named pipe such as that of the OpenSSH service.
func dialSocket(ctx context.Context, path string) (io.ReadWriteCloser, error) {
	if strings.HasPrefix(path, `\\`) {
		return os.OpenFile(path, os.O_RDWR, 0)
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}
