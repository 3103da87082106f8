package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is what the image of one platform may have to be loaded, in bytes.
const small = 30 << 20

// releases makes a release twice, for this machine's kind alone, or where SOAK is set for
// all.
func releases(t *testing.T) (first, second map[string][]byte) {
	t.Helper()
	platforms := []platform{{runtime.GOOS, runtime.GOARCH}}
	if os.Getenv("SOAK") != "" {
		platforms, _ = parsePlatforms(strings.Join(allPlatforms, ","))
	}
	both := make([]map[string][]byte, 2)
	for i := range both {
		r := &release{
			root: "../..", out: t.TempDir(), platforms: platforms,
			source: source{version: "1.2.3-test", revision: strings.Repeat("ab", 20), time: time.Unix(1_800_000_000, 0).UTC()},
		}
		if err := r.make(t.Context()); err != nil {
			t.Fatal(err)
		}
		both[i] = readAll(t, r.out)
	}
	return both[0], both[1]
}

// TestUncommitted has no release made of what is in no commit, be it that git is told to
// ignore it.
func TestUncommitted(t *testing.T) {
	root := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		own := []string{"-C", root, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}
		if out, err := exec.CommandContext(t.Context(), "git", append(own, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v %s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write(".gitignore", ".DS_Store\n/bin/\n")
	write("docs/running.md", "a")
	git("add", ".")
	git("commit", "-q", "-m", "a")
	write("bin/gatehouse", "in no archive")
	if s, err := describe(t.Context(), root, false); err != nil || strings.HasSuffix(s.version, "-dirty") {
		t.Fatalf("got %+v, %v", s, err)
	}
	write("docs/.DS_Store", "ignored")
	if _, err := describe(t.Context(), root, false); err == nil || !strings.Contains(err.Error(), "docs/.DS_Store") {
		t.Errorf("got %v", err)
	}
	if s, err := describe(t.Context(), root, true); err != nil || !strings.HasSuffix(s.version, "-dirty") {
		t.Errorf("got %+v, %v", s, err)
	}
}

func readAll(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestRelease makes a release of this machine's platform twice, which are the same to
// the byte, and takes it apart as its users do.
func TestRelease(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("an image has programs of Linux")
	}
	files, again := releases(t)
	if !maps.EqualFunc(files, again, bytes.Equal) {
		for name := range files {
			t.Logf("%s: the same %v", name, bytes.Equal(files[name], again[name]))
		}
		t.Fatal("two releases of the same sources differ")
	}
	stem := "gatehouse_1.2.3-test_"
	kind := runtime.GOOS + "_" + runtime.GOARCH
	want := map[bool]int{false: 2 + 2, true: 2 + 2*len(allPlatforms)}[os.Getenv("SOAK") != ""]
	if len(files) != want {
		t.Fatalf("there are %d files, want %d: %q", len(files), want, slices.Sorted(maps.Keys(files)))
	}
	t.Run("sums", func(t *testing.T) { checkSums(t, files) })
	t.Run("archive", func(t *testing.T) { checkArchive(t, files[stem+kind+".tar.gz"], stem+kind) })
	t.Run("bill", func(t *testing.T) { checkBill(t, files[stem+kind+".cdx.json"]) })
	t.Run("image", func(t *testing.T) { checkImage(t, files[stem+"image.tar"], files[stem+kind+".cdx.json"]) })
}

func checkSums(t *testing.T, files map[string][]byte) {
	lines := strings.Split(strings.TrimSpace(string(files["SHA256SUMS"])), "\n")
	if len(lines) != len(files)-1 {
		t.Errorf("%d lines for %d files", len(lines), len(files)-1)
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		if got := fmt.Sprintf("%x", sha256.Sum256(files[name])); got != sum {
			t.Errorf("%s has %s, not %s", name, got, sum)
		}
	}
}

func checkArchive(t *testing.T, data []byte, dir string) {
	files := make(map[string][]byte)
	for h, body := range tarFiles(t, unzip(t, data)) {
		files[h.Name] = body
		if h.ModTime.Unix() != 1_800_000_000 || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%s is of %v and the user %d %q", h.Name, h.ModTime, h.Uid, h.Uname)
		}
		if program := h.Name == dir+"/gatehouse"; (h.Mode == 0o755) != program {
			t.Errorf("%s has the mode %o", h.Name, h.Mode)
		}
	}
	for _, name := range []string{"gatehouse", "LICENSE", "THIRD_PARTY_LICENSES", "README.md", "docs/running.md", "deploy/README.md"} {
		if len(files[dir+"/"+name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	if chart := files[dir+"/"+chartFile]; !bytes.Contains(chart, []byte("\nappVersion: \"1.2.3-test\"\n")) {
		t.Errorf("the chart deploys another version:\n%s", chart)
	}
	names := slices.Collect(maps.Keys(files))
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)[)#]`).FindAllSubmatch(files[dir+"/README.md"], -1) {
		leads := dir + "/" + string(link[1])
		if !slices.ContainsFunc(names, func(name string) bool { return name == leads || strings.HasPrefix(name, leads+"/") }) {
			t.Errorf("README.md leads to %s, which the archive does not have", link[1])
		}
	}
}

func checkBill(t *testing.T, data []byte) {
	var bill bomDocument
	if err := json.Unmarshal(data, &bill); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range bill.Components {
		names = append(names, c.Name)
		if c.Version == "" || !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@") {
			t.Errorf("%+v", c)
		}
	}
	for _, name := range []string{"modernc.org/sqlite", "github.com/spf13/cobra", "std"} {
		if !slices.Contains(names, name) {
			t.Errorf("it does not list %s", name)
		}
	}
	if got := bill.Metadata; got.Timestamp != "2027-01-15T08:00:00Z" || got.Component.Version != "1.2.3-test" {
		t.Errorf("it is of %+v", got)
	}
}

// checkImage reads the image as each kind of Docker does, and runs it.
func checkImage(t *testing.T, data, bill []byte) {
	files := make(map[string][]byte)
	for h, body := range tarFiles(t, data) {
		files[h.Name] = body
	}
	blob := func(d descriptor) []byte {
		body := files[blobPath(d.Digest)]
		if digestOf(body) != d.Digest || len(body) != d.Size {
			t.Fatalf("the blob %s is not what it says", d.Digest)
		}
		return body
	}
	var layout, index ociIndex
	decode(t, files["index.json"], &layout)
	decode(t, blob(layout.Manifests[0]), &index)
	n := slices.IndexFunc(index.Manifests, func(d descriptor) bool { return d.Platform.Architecture == runtime.GOARCH })
	if n < 0 || len(layout.Manifests) != 1+len(index.Manifests) {
		t.Fatalf("the index has %+v", index.Manifests)
	}
	var manifest, attached ociManifest
	decode(t, blob(index.Manifests[n]), &manifest)
	var config ociConfig
	decode(t, blob(manifest.Config), &config)
	if config.Config.User != "65532:65532" || config.Architecture != runtime.GOARCH {
		t.Errorf("the configuration is %+v", config)
	}
	decode(t, blob(layout.Manifests[1+n]), &attached)
	if attached.Subject.Digest != index.Manifests[n].Digest || !bytes.Equal(blob(attached.Layers[0]), bill) {
		t.Errorf("the bill of materials is not the image's: %+v", attached)
	}
	var docker []dockerImage
	decode(t, files["manifest.json"], &docker)
	root := t.TempDir()
	size := 0
	for i, l := range manifest.Layers {
		if docker[n].Layers[i] != blobPath(l.Digest) {
			t.Errorf("manifest.json has other layers: %+v", docker)
		}
		size += l.Size
		plain := unzip(t, blob(l))
		if digestOf(plain) != config.RootFS.DiffIDs[i] {
			t.Errorf("layer %d is not what the configuration says", i)
		}
		unpack(t, plain, root)
	}
	if size > small {
		t.Errorf("the image has %d bytes, more than %d", size, small)
	}
	t.Logf("the layers have %d bytes", size)
	roots, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
	if first, _ := pem.Decode(roots); err != nil || first == nil || bytes.Count(roots, []byte("BEGIN")) < 100 {
		t.Errorf("the authorities: %d bytes, %v", len(roots), err)
	}
	for _, name := range []string{"LICENSE", "THIRD_PARTY_LICENSES"} {
		if text, err := os.ReadFile(filepath.Join(root, "licenses", name)); err != nil || len(text) == 0 {
			t.Errorf("the image is passed on without %s: %v", name, err)
		}
	}
	runImage(t, root, config.Config)
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func unzip(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// tarFiles yields the entries of a tar.
func tarFiles(t *testing.T, data []byte) func(func(*tar.Header, []byte) bool) {
	return func(yield func(*tar.Header, []byte) bool) {
		for r := tar.NewReader(bytes.NewReader(data)); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(h, body) {
				return
			}
		}
	}
}

// unpack lays a layer's files out, with their users where this one may.
func unpack(t *testing.T, layer []byte, root string) {
	t.Helper()
	for h, body := range tarFiles(t, layer) {
		name := filepath.Join(root, filepath.FromSlash(h.Name))
		var err error
		if h.Typeflag == tar.TypeDir {
			err = os.Mkdir(name, 0o755)
		} else {
			err = os.WriteFile(name, body, 0o644)
		}
		if err == nil {
			err = os.Chmod(name, h.FileInfo().Mode())
		}
		if err == nil && os.Geteuid() == 0 {
			err = os.Chown(name, h.Uid, h.Gid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
