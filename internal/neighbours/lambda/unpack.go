package lambda

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The bounds of an archive. The first two are Lambda's.
const (
	maxArchive  = 50 << 20  // bytes of a zip file
	maxUnpacked = 250 << 20 // bytes of what is in it
	maxFiles    = 65535     // files and directories in it
	maxLink     = 1024      // bytes of where a link leads
	maxPath     = 1024      // bytes of a name, with its directories
	maxDepth    = 100       // directories that a file is in: who removes them has a file open for each
)

var (
	errEmptyArchive = invalid("Uploaded file must be a non-empty zip")
	errArchive      = invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
	errUnpacked     = invalid("Unzipped size must be smaller than %d bytes", maxUnpacked)
	errFiles        = invalid("The archive must have no more than %d files", maxFiles)
)

// unpack unpacks an archive, of at most so many bytes, into a directory, which is there
// and empty. Nothing in the archive leads out of the directory. What is refused leaves a part of its files behind.
func unpack(archive []byte, dir string, most int64) error {
	files, err := list(archive)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	u := &unpacking{root: root, left: most}
	for _, f := range files {
		if err := u.take(f); err != nil {
			return err
		}
	}
	for _, l := range u.links { // not before: no file is written through a link
		if err := root.Symlink(l.to, l.at); err != nil {
			return refused(err, l.at)
		}
	}
	for _, l := range u.links { // by way of other links it may lead elsewhere than its words say
		if _, err := root.Stat(l.at); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return leadsOut(l.at)
		}
	}
	return nil
}

func leadsOut(link string) error {
	return invalid("Could not unzip uploaded file: the link %.100q leads out of it, or in a circle", link)
}

// list reads the directory of an archive.
func list(archive []byte) ([]*zip.File, error) {
	if len(archive) == 0 {
		return nil, errEmptyArchive
	}
	if bytes.Count(archive, []byte("PK\x01\x02")) > maxFiles { // each of which would take memory before it is known how many there are
		return nil, errFiles
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	switch {
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // names are looked at one by one
		return nil, errArchive
	case len(r.File) == 0:
		return nil, errEmptyArchive
	}
	return r.File, checkNames(r.File)
}

// checkNames refuses what is too deep, and more files and directories than there may be,
// before there are any: a name alone can ask for hundreds of directories.
func checkNames(files []*zip.File) error {
	there := make(map[string]bool, len(files))
	for _, f := range files {
		name := cleaned(f)
		if len(name) > maxPath || strings.Count(name, "/") > maxDepth {
			return invalid("Could not unzip uploaded file: %.100q has more than %d characters, or is in more than %d directories", name, maxPath, maxDepth)
		}
		for at := name; at != "." && at != "/" && !there[at]; at = path.Dir(at) {
			there[at] = true
		}
		if len(there) > maxFiles {
			return errFiles
		}
	}
	return nil
}

// cleaned is the name of a file as paths are written.
func cleaned(f *zip.File) string { return path.Clean(strings.TrimPrefix(f.Name, "./")) }

// An unpacking is an archive on its way into a directory.
type unpacking struct {
	root  *os.Root
	left  int64 // bytes that there may be yet
	links []link
}

type link struct{ at, to string }

// take unpacks one file, or makes a directory, or notes a link.
func (u *unpacking) take(f *zip.File) error {
	name := cleaned(f)
	if name == "." && strings.HasSuffix(f.Name, "/") {
		return nil
	}
	if name == "." || strings.ContainsAny(f.Name, "\\\x00") || !filepath.IsLocal(name) {
		return invalid("Could not unzip uploaded file: %.100q leads out of it, or is no name of a file", f.Name)
	}
	mode := f.Mode()
	switch {
	case mode.IsDir():
		return refused(u.root.MkdirAll(name, 0o755), name)
	case mode&fs.ModeSymlink != 0:
		return u.takeLink(f, name)
	case !mode.IsRegular():
		return invalid("Could not unzip uploaded file: %.100q is no file, directory or link", f.Name)
	}
	if err := u.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return refused(err, name)
	}
	from, err := f.Open()
	if err != nil {
		return errArchive
	}
	defer func() { _ = from.Close() }()
	to, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, permissions(mode))
	if err != nil {
		return refused(err, name)
	}
	n, err := io.Copy(to, io.LimitReader(from, u.left+1))
	if u.left -= n; u.left < 0 {
		err = errUnpacked
	} else if err != nil && !errors.As(err, new(*fs.PathError)) {
		err = errArchive // its data are not what it says
	}
	return errors.Join(err, to.Close())
}

// permissions are the mode of a file: that everybody may do is what it says, and its
// owner reads and writes it whatever it says.
func permissions(mode fs.FileMode) fs.FileMode { return mode.Perm()&0o755 | 0o600 }

// takeLink notes a symbolic link, which must not lead out of the directory by its words.
func (u *unpacking) takeLink(f *zip.File, name string) error {
	from, err := f.Open()
	if err != nil {
		return errArchive
	}
	defer func() { _ = from.Close() }()
	text, err := io.ReadAll(io.LimitReader(from, maxLink+1))
	if err != nil {
		return errArchive
	}
	to := string(text)
	if u.left -= int64(len(text)); u.left < 0 {
		return errUnpacked
	}
	if len(to) == 0 || len(to) > maxLink || path.IsAbs(to) || strings.ContainsAny(to, "\\\x00") || !filepath.IsLocal(path.Join(path.Dir(name), to)) {
		return leadsOut(f.Name)
	}
	if err := u.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return refused(err, name)
	}
	u.links = append(u.links, link{name, to})
	return nil
}

// refused is the error of what the archive asks of the file system. That two of its
// files have one name is the archive's fault, and that the disk is full is not.
func refused(err error, name string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrExist) || strings.Contains(err.Error(), "not a directory") || strings.Contains(err.Error(), "escapes") || strings.Contains(err.Error(), "file name too long") {
		return invalid("Could not unzip uploaded file: %.100q cannot be beside the others", name)
	}
	return fmt.Errorf("unpack %q: %w", name, err)
}
