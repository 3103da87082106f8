package observe

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"sync/atomic"
	"time"
)

// maxOpen bounds the files that a Directory holds open; the one that was not written for
// longest is closed first.
const maxOpen = 32

// openFiles are the files of a Directory that are open. One goroutine uses them, but for
// stale.
type openFiles struct {
	path  string
	stale atomic.Bool // they are to be opened again

	root   *os.Root // nil while it is not open
	is     os.FileInfo
	looked time.Time // at the directory
	open   map[string]*openFile
}

type openFile struct {
	file   appendFile
	is     os.FileInfo
	looked time.Time
	used   time.Time
}

// An appendFile is an *os.File as it is used here.
type appendFile interface {
	Write(p []byte) (int, error)
	Stat() (os.FileInfo, error)
	Truncate(size int64) error
	Close() error
}

func newOpenFiles(path string) *openFiles {
	return &openFiles{path: path, open: make(map[string]*openFile)}
}

// write writes all of the lines to the end of a file, or takes back what it has written
// of them.
func (o *openFiles) write(name string, lines []byte) error {
	if stale := o.stale.Swap(false); stale || o.moved() {
		o.leave()
	}
	f, err := o.find(name)
	if err != nil { // perhaps because the directory was removed
		o.leave()
		if f, err = o.find(name); err != nil {
			return err
		}
	}
	n, err := f.file.Write(lines)
	if err == nil {
		return nil
	}
	if info, gone := f.file.Stat(); n > 0 && gone == nil { // half a line would stand before the next one
		_ = f.file.Truncate(info.Size() - int64(n))
	}
	o.drop(name)
	return err
}

// moved reports whether the directory's name leads elsewhere now.
func (o *openFiles) moved() bool {
	if o.root == nil || time.Since(o.looked) < lookEvery {
		return false
	}
	o.looked = time.Now()
	info, err := os.Stat(o.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, o.is)
}

// enter opens the directory.
func (o *openFiles) enter() error {
	if o.root != nil {
		return nil
	}
	if err := os.Mkdir(o.path, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	root, err := os.OpenRoot(o.path)
	if err != nil {
		return err
	}
	info, err := root.Stat(".")
	if err != nil {
		_ = root.Close()
		return err
	}
	o.root, o.is, o.looked = root, info, time.Now()
	return nil
}

// leave closes everything.
func (o *openFiles) leave() {
	for name := range o.open {
		o.drop(name)
	}
	if o.root != nil {
		_ = o.root.Close()
		o.root = nil
	}
}

func (o *openFiles) drop(name string) {
	_ = o.open[name].file.Close()
	delete(o.open, name)
}

// find returns a file that has the name now.
func (o *openFiles) find(name string) (*openFile, error) {
	now := time.Now()
	f := o.open[name]
	if f != nil && now.Sub(f.looked) >= lookEvery {
		f.looked = now
		if info, err := o.root.Stat(name); errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, f.is) {
			o.drop(name)
			f = nil
		}
	}
	if f == nil {
		var err error
		if f, err = o.make(name); err != nil {
			return nil, err
		}
		o.makeRoom()
		o.open[name] = f
	}
	f.used = now
	return f, nil
}

// errNoFile is that of a name which something else has than a file.
var errNoFile = errors.New("is there, and no regular file")

func (o *openFiles) make(name string) (*openFile, error) {
	if err := o.enter(); err != nil {
		return nil, err
	}
	if dir := path.Dir(name); dir != "." {
		if err := o.root.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
	}
	file, err := o.root.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY|openFlags, 0o640)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() { // a FIFO's reader could hold up all files
		err = errNoFile
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &openFile{file: file, is: info, looked: time.Now()}, nil
}

// makeRoom closes a file where there are enough.
func (o *openFiles) makeRoom() {
	if len(o.open) < maxOpen {
		return
	}
	oldest := ""
	for name, f := range o.open {
		if oldest == "" || f.used.Before(o.open[oldest].used) {
			oldest = name
		}
	}
	o.drop(oldest)
}
