package openapi

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

// Limits on the files that one definition refers to.
const (
	maxFiles     = 256
	maxFileBytes = 8 * MaxSize // of all together, or twice Options.MaxSize
)

// Load reads the definition in a file and the local files that it refers to:
// ./schemas.yaml#/Pet and the like, relative to the file in which they stand.
// References to URLs are not followed, nor those that leave the directory of the
// definition, or Options.RefRoot, by whatever way. Errors in the files, and
// references that lead nowhere, are findings.
//
// The names of the files that were read, or tried, come back in any case, so
// that a caller can wait for them to change. An error that is no *InputError
// says that the definition itself could not be read.
func Load(name string, o Options) (*API, []string, error) {
	l := &loader{opts: o, read: []string{name}}
	l.opts.File = filepath.ToSlash(filepath.Clean(name))
	info, err := os.Stat(name)
	data, err := l.readFile(info, err, func() (*os.File, error) { return os.Open(name) })
	if err != nil {
		return nil, l.read, err
	}
	src, findings, err := readSource(l.opts.File, data, o)
	if err != nil {
		return nil, l.read, err
	}
	if err := l.openRoot(name); err != nil {
		return nil, l.read, err
	}
	defer func() { _ = l.root.Close() }()
	l.docs = &documents{main: src, weight: src.root.weight, files: make(map[string]*source), open: l.open}
	l.findings = findings
	api, err := build(l.docs, l.opts, nil)
	if err == nil && o.Lenient {
		l.checkFiles(api)
	}
	l.docs.open = nil // what was read stays, for API.Locate
	if wrong := mistakes(l.findings); err != nil && len(wrong) > 0 {
		return nil, l.read, &InputError{Findings: wrong} // what else is wrong may come of them
	}
	if err != nil {
		return nil, l.read, err
	}
	api.Findings = append(api.Findings, l.findings...)
	sortFindings(api.Findings)
	if o.Lenient && api.RestAPI.Name == nil {
		title := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		api.RestAPI.Name = &title
	}
	return api, l.read, nil
}

// outside is the error of a reference that leaves the directory which it must not
// leave.
func (l *loader) outside() error {
	where := "the definition's directory"
	if l.opts.RefRoot != "" {
		where = filepath.ToSlash(l.root.Name())
	}
	if l.opts.RefRule != "" {
		where += " (" + l.opts.RefRule + ")"
	}
	return fmt.Errorf("references to files outside of %s are not followed", where)
}

// plainError returns what a failed file operation has to say, without the words of
// the system call.
func (l *loader) plainError(err error) error {
	var failed *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case errors.As(err, &failed) && failed.Err.Error() == "path escapes from parent": // through a symbolic link
		return l.outside()
	case errors.As(err, &failed):
		return failed.Err
	}
	return err
}

// A loader reads the files of a definition.
type loader struct {
	opts     Options
	root     *os.Root // what references cannot leave
	docs     *documents
	read     []string
	bytes    int
	findings []Finding
}

// openRoot opens the directory that references cannot leave.
func (l *loader) openRoot(name string) error {
	dir := l.opts.RefRoot
	if dir == "" {
		dir = filepath.Dir(name)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	l.root, err = os.OpenRoot(dir)
	return err
}

// open reads the file of that name, which is slash-separated and starts where the
// name of the definition does.
func (l *loader) open(name string) (*source, error) {
	if len(l.read) >= maxFiles {
		return nil, fmt.Errorf("more than %d files", maxFiles)
	}
	file, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	file, err = filepath.Rel(l.root.Name(), file)
	if err != nil || !filepath.IsLocal(file) {
		return nil, l.outside()
	}
	l.read = append(l.read, filepath.FromSlash(name))
	info, err := l.root.Stat(file)
	data, err := l.readFile(info, err, func() (*os.File, error) { return l.root.Open(file) })
	if err != nil {
		return nil, l.plainError(err)
	}
	src, findings, err := readSource(name, data, l.opts)
	var input *InputError
	if errors.As(err, &input) {
		l.findings = append(l.findings, input.Findings...)
		return nil, fmt.Errorf("%s: %s", path.Base(name), input.Findings[0].Text)
	}
	l.findings = append(l.findings, findings...)
	if src != nil {
		src.ref = name
	}
	return src, err
}

// readFile reads the file that open opens and Stat described.
func (l *loader) readFile(info fs.FileInfo, err error, open func() (*os.File, error)) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait
		return nil, fmt.Errorf("%s is no regular file", info.Name())
	}
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, int64(l.opts.maxSize())+1))
	if err != nil {
		return nil, err
	}
	limit := max(maxFileBytes, 2*l.opts.maxSize())
	if l.bytes += len(data); l.bytes > limit {
		return nil, fmt.Errorf("the files are larger than %d bytes together", limit)
	}
	return data, nil
}
