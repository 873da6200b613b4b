//go:build !windows

package keys

import (
	"context"
	"io"
	"net"
)

func dialSocket(ctx context.Context, path string) (io.ReadWriteCloser, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}
