//go:build !windows

package keys

import (
	"context"
	"io"
	"net"
)

// defaultSocket is where an agent listens if the environment names none.
const defaultSocket = ""

func dialSocket(ctx context.Context, path string) (io.ReadWriteCloser, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}
