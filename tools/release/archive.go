package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// An entry is a file of an archive, or a directory.
type entry struct {
	name string // with slashes; that of a directory ends with one
	mode fs.FileMode
	data []byte
	user int // that has it, and its group
}

// archive packs a program with the files beside it, in a directory of the given
// name: as .tar.gz, or .zip for Windows, whose users have nothing for the other.
func (r *release) archive(b *build, dir string, beside []entry) (data []byte, suffix string, err error) {
	entries := []entry{{name: dir + "/" + b.platform.binary(), mode: 0o755, data: b.program}}
	for _, e := range beside {
		e.name = dir + "/" + e.name
		entries = append(entries, e)
	}
	if b.platform.os == "windows" {
		data, err = packZip(entries, r.source.time)
		return data, ".zip", err
	}
	if data, err = packTar(entries, r.source.time); err != nil {
		return nil, "", err
	}
	data, err = compress(data)
	return data, ".tar.gz", err
}

// sorted are the entries by their names.
func sorted(entries []entry) []entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return strings.Compare(a.name, b.name) })
}

// packTar makes a tar of entries, all with the same time.
func packTar(entries []entry, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range sorted(entries) {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: tarMode(e.mode), Size: int64(len(e.data)), ModTime: at, Uid: e.user, Gid: e.user, Format: tar.FormatUSTAR}
		if strings.HasSuffix(e.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

func tarMode(mode fs.FileMode) int64 {
	bits := int64(mode.Perm())
	if mode&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return bits
}

// packZip makes a zip of files, all with the same time.
func packZip(entries []entry, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range sorted(entries) {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: at}
		h.SetMode(e.mode)
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(e.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// compress is gzip without a name and a time.
func compress(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}
