package lambda

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An entry is one of an archive.
type entry struct {
	name, text string
	mode       fs.FileMode
}

func archiveOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		w, err := z.CreateHeader(h)
		if err == nil && !strings.HasSuffix(e.name, "/") {
			_, err = w.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files, directories, programs and links are as in the archive, whoever has made it.
func TestUnpack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := unpack(archiveOf(t,
		entry{"a/b/c.txt", "text", 0o644}, entry{"bootstrap", "#!/bin/sh", 0o777 | fs.ModeSetuid}, entry{"closed", "x", 0}, entry{"a/", "", 0o755 | fs.ModeDir},
		entry{"./d/e", "", 0o600}, entry{"link", "a/b", 0o777 | fs.ModeSymlink},
	), dir, maxUnpacked)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "link", "c.txt")); err != nil || string(text) != "text" {
		t.Errorf("through the link: %q, %v", text, err)
	}
	for name, want := range map[string]fs.FileMode{"bootstrap": 0o755, "closed": 0o600, "a/b/c.txt": 0o644, "d/e": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode()&^0o022 != want&^0o022 {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
}

// What an archive may not say, and that nothing of it is outside of the directory then.
func TestUnpackHostile(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("\x00", 3<<20)
	for name, tt := range map[string]struct {
		archive []byte
		want    string
	}{
		"nothing":                {nil, "Uploaded file must be a non-empty zip"},
		"no archive":             {[]byte("PK\x05\x06"), "Could not unzip uploaded file. Please check your file"},
		"no files":               {archiveOf(t), "Uploaded file must be a non-empty zip"},
		"a path upwards":         {archiveOf(t, entry{"../x", "", 0o644}), "leads out of it"},
		"upwards within":         {archiveOf(t, entry{"a/../../x", "", 0o644}), "leads out of it"},
		"an absolute path":       {archiveOf(t, entry{"/tmp/x", "", 0o644}), "leads out of it"},
		"a path of Windows":      {archiveOf(t, entry{`a\x`, "", 0o644}), "leads out of it, or is no name of a file"},
		"a NUL":                  {archiveOf(t, entry{"a\x00b", "", 0o644}), "is no name of a file"},
		"a link upwards":         {archiveOf(t, entry{"a", "..", fs.ModeSymlink}), "the link \"a\" leads out of it"},
		"an absolute link":       {archiveOf(t, entry{"a", "/etc", fs.ModeSymlink}), "the link \"a\" leads out of it"},
		"a file through a link":  {archiveOf(t, entry{"a", "b", fs.ModeSymlink}, entry{"a/x", "", 0o644}), "cannot be beside the others"},
		"a link where a file is": {archiveOf(t, entry{"a", "x", 0o644}, entry{"a", "b", fs.ModeSymlink}), "cannot be beside the others"},
		"a name twice":           {archiveOf(t, entry{"a", "x", 0o644}, entry{"a", "y", 0o644}), "cannot be beside the others"},
		"a file as a directory":  {archiveOf(t, entry{"a", "x", 0o644}, entry{"a/b", "y", 0o644}), "cannot be beside the others"},
		"a device":               {archiveOf(t, entry{"a", "", fs.ModeDevice}), "is no file, directory or link"},
		"a link by others":       {archiveOf(t, entry{"a/b/top", "../..", fs.ModeSymlink}, entry{"out", "a/b/top/../x", fs.ModeSymlink}), "the link \"out\" leads out of it"},
		"links in a circle":      {archiveOf(t, entry{"a", "b", fs.ModeSymlink}, entry{"b", "a", fs.ModeSymlink}), "leads out of it"},
		"a long name":            {archiveOf(t, entry{strings.Repeat("a", 300), "", 0o644}), "cannot be beside the others"},
		"a longer name":          {archiveOf(t, entry{strings.Repeat("a", 5000), "", 0o644}), "has more than 1024 characters, or is in more than 100 directories"},
		"deep directories":       {archiveOf(t, entry{strings.Repeat("a/", 101) + "a", "", 0o644}), "has more than 1024 characters, or is in more than 100 directories"},
		"many directories":       {archiveOf(t, deepEntries(700)...), "The archive must have no more than 65535 files"},
		"too many files":         {bytes.Repeat([]byte("PK\x01\x02"), maxFiles+1), "The archive must have no more than 65535 files"},
		"a bomb":                 {archiveOf(t, entry{"a", big, 0o644}, entry{"b", big, 0o644}, entry{"c", big, 0o644}), "Unzipped size must be smaller than 262144000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := unpack(tt.archive, dir, 8<<20)
			if known := new(wire.Error); !errors.As(err, &known) || known.Type != invalidType || !strings.Contains(known.Message, tt.want) || len(known.Message) > 300 {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if all, _ := os.ReadDir(outer); len(all) != 1 {
				t.Errorf("outside there is %v", all)
			}
		})
	}
}

// deepEntries are files, each in 100 directories of its own.
func deepEntries(n int) (all []entry) {
	for i := range n {
		all = append(all, entry{strconv.Itoa(i) + "/" + strings.Repeat("a/", 99) + "a", "", 0o644})
	}
	return all
}

// FuzzUnpack unpacks whatever comes, and nothing of it is outside of the directory.
func FuzzUnpack(f *testing.F) {
	f.Add(archiveOf(f, entry{"a/b", "text", 0o755}, entry{"c", "a/b", fs.ModeSymlink}))
	f.Add(archiveOf(f, entry{"../a", "text", 0o755}))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_ = unpack(archive, dir, 1<<20) // whatever comes of it
		if all, _ := os.ReadDir(outer); len(all) != 1 {
			t.Errorf("outside there is %v", all)
		}
	})
}
