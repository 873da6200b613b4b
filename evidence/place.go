package evidence

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// placeZip writes the zip next to dest, flushes it and renames it.
func placeZip(ctx context.Context, p *built, dest string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(dest), remainsPrefix+"*"+remainsSuffix)
	if err != nil {
		return err
	}
	inUse(f)
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	out := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(writeZip(&cancelWriter{ctx, out}, p.spool), out.Flush()); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := renameNew(f.Name(), dest); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dest))
}

// placeFolder writes the folder next to dest, flushes it and renames it.
func placeFolder(ctx context.Context, p *built, dest string) (err error) {
	temp, err := os.MkdirTemp(filepath.Dir(dest), remainsPrefix+"*"+remainsSuffix)
	if err != nil {
		return err
	}
	if d, err := os.Open(temp); err == nil {
		inUse(d)
		defer d.Close()
	}
	defer func() {
		if err != nil {
			os.RemoveAll(temp)
		}
	}()
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := unpack(ctx, p.spool, temp); err != nil {
		return err
	}
	if err := syncAll(temp); err != nil {
		return err
	}
	if err := renameNew(temp, dest); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dest))
}

// renameNew renames unless something has come to lie at dest meanwhile.
func renameNew(from, dest string) error {
	if err := vacant(dest); err != nil {
		return err
	}
	return os.Rename(from, dest)
}

// unpack writes files into a folder, several at a time: with many small ones the waiting is for the file system.
func unpack(ctx context.Context, s *spool, folder string) error {
	list := s.list()
	if err := s.w.Flush(); err != nil {
		return err
	}
	made := map[string]bool{}
	for _, f := range list {
		if dir := filepath.Dir(filepath.FromSlash(f.name)); !made[dir] {
			if err := os.MkdirAll(filepath.Join(folder, dir), 0o755); err != nil {
				return err
			}
			made[dir] = true
		}
	}
	const writers = 4
	var next atomic.Int64
	errs := make([]error, writers)
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			buffer := make([]byte, 1<<17)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(list) {
					return
				}
				if errs[w] = ctx.Err(); errs[w] == nil {
					errs[w] = writeOne(s, list[i], folder, buffer)
				}
				if errs[w] != nil {
					next.Store(int64(len(list)))
					return
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func writeOne(s *spool, f file, folder string, buffer []byte) error {
	out, err := os.OpenFile(filepath.Join(folder, filepath.FromSlash(f.name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	c, err := s.open(f)
	if err == nil {
		_, err = io.CopyBuffer(onlyWriter{out}, onlyReader{c}, buffer)
		c.Close()
	}
	return errors.Join(err, out.Close())
}

// syncFolder makes a rename in a folder last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	d.Sync() // not every file system can; the files themselves are flushed
	return d.Close()
}

// cancelWriter stops writing when its context ends.
type cancelWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c *cancelWriter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}
