package filewatch

import (
	"os"
	"path/filepath"
	"strings"
)

// ignoresDir reports whether what is below a directory is not looked at: packages that
// others have made, of which there are many, and what tools keep for themselves.
func ignoresDir(path, name string) bool {
	if name == "node_modules" || name == "__pycache__" || strings.HasPrefix(name, ".") {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "pyvenv.cfg")) // a virtual environment of Python
	return err == nil
}

// ignoresPath reports whether a path below a root leads through an ignored directory.
// A directory itself counts as a file of the one it is in.
func ignoresPath(root, rel string) bool {
	path := root
	parts := strings.FieldsFunc(rel, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
	for i, part := range parts {
		path = filepath.Join(path, part)
		if info, err := os.Lstat(path); (i < len(parts)-1 || err == nil && info.IsDir()) && ignoresDir(path, part) {
			return true
		}
	}
	return false
}

// ignoresFile reports whether a file is one that an editor or a compiler keeps beside
// the one that is meant.
func ignoresFile(name string) bool {
	switch {
	case strings.HasSuffix(name, "~"), strings.HasSuffix(name, ".pyc"), strings.HasPrefix(name, ".#"),
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#"),
		name == "4913", name == ".DS_Store": // the first is how Vim finds out whether it may write
		return true
	}
	ext := filepath.Ext(name)
	return strings.HasPrefix(name, ".") && (ext == ".swp" || ext == ".swx" || ext == ".swo")
}
