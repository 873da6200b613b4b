package evidence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// trouble is something about a file that makes the pack no honest pack, whatever it holds; reported as MANIFEST.
type trouble struct{ file, words string }

// folder is the files below a directory. It is read through os.Root, so no link can lead out of it.
type folder struct {
	root  *os.Root
	many  map[string]*os.Root // the folders with a file for every entry: opened once, not on the way to each
	files []file
}

func openFolder(at string) (*folder, []trouble, error) {
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, nil, err
	}
	d := &folder{root: root}
	var troubles []trouble
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			// Folders that no file can be in are not gone into: a chain of them may be as deep as it likes.
			if name = filepath.ToSlash(name); name != "." && checkName(name) != "" {
				troubles = append(troubles, trouble{name, checkName(name)})
				return fs.SkipDir
			}
			return nil
		case !e.Type().IsRegular():
			troubles = append(troubles, trouble{name, "is a link or no regular file"})
			return nil
		}
		if len(d.files) == maxNames {
			return fmt.Errorf("more than %d files", maxNames)
		}
		name = filepath.ToSlash(name)
		if words := checkName(name); words != "" {
			troubles = append(troubles, trouble{name, words})
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		d.files = append(d.files, file{name: name, size: info.Size()})
		return nil
	})
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	sortFiles(d.files)
	d.many = map[string]*os.Root{}
	for _, dir := range []string{dirEntries, dirProofs, dirBundles} {
		if r, err := root.OpenRoot(filepath.FromSlash(strings.TrimSuffix(dir, "/"))); err == nil {
			d.many[dir] = r
		}
	}
	return d, troubles, nil
}

func (d *folder) list() []file { return d.files }

func (d *folder) open(f file) (content, error) {
	dir, name := path.Split(f.name)
	if r := d.many[dir]; r != nil {
		return r.Open(name)
	}
	return d.root.Open(filepath.FromSlash(f.name))
}

func (d *folder) base() (io.ReaderAt, error) { return nil, nil }

func (d *folder) Close() error {
	err := d.root.Close()
	for _, r := range d.many {
		err = errors.Join(err, r.Close())
	}
	return err
}
