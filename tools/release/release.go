package main

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A release is what is made of one commit.
type release struct {
	root      string // of the sources
	out       string // gets the files
	source    source
	platforms []platform
}

// A build is the program for one platform, with its bill of materials.
type build struct {
	platform platform
	program  []byte
	info     *buildinfo.BuildInfo
	bill     []byte
	licences []entry // that go with the program: ours, and those of what is linked into it
}

// make builds everything. Each file is whole when it has its name.
func (r *release) make(ctx context.Context) error {
	var sums []string
	write := func(name string, data []byte) error {
		sums = append(sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(data), name))
		return writeFile(filepath.Join(r.out, name), data)
	}
	extra, err := r.extraFiles()
	if err != nil {
		return err
	}
	var linux []*build
	for _, p := range r.platforms {
		b, err := r.build(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		name := "gatehouse_" + r.source.version + "_" + p.String()
		data, suffix, err := r.archive(b, name, slices.Concat(extra, b.licences))
		if err != nil {
			return err
		}
		if err := write(name+suffix, data); err != nil {
			return err
		}
		if err := write(name+".cdx.json", b.bill); err != nil {
			return err
		}
		if p.os == "linux" {
			linux = append(linux, b)
		}
	}
	if len(linux) > 0 {
		data, err := r.image(linux)
		if err != nil {
			return err
		}
		if err := write("gatehouse_"+r.source.version+"_image.tar", data); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(r.out, "SHA256SUMS"), []byte(strings.Join(sums, "")))
}

// build builds the program for a platform: static, without symbols, paths of this
// machine or anything else that two machines could differ in.
func (r *release) build(ctx context.Context, p platform) (*build, error) {
	dir, err := os.MkdirTemp("", "gatehouse-release-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, p.binary())
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X main.release="+r.source.version, "-o", file, "./cmd/gatehouse")
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	b := &build{platform: p}
	if b.info, err = buildinfo.ReadFile(file); err != nil {
		return nil, err
	}
	if b.program, err = os.ReadFile(file); err != nil {
		return nil, err
	}
	if b.bill, err = r.billOfMaterials(b); err != nil {
		return nil, err
	}
	b.licences, err = r.licences(ctx, b.info)
	return b, err
}

// extraPaths are the files, and the directories of files, that every archive has beside the
// program and its licences: the manual, what it names, and what the program is deployed with.
var extraPaths = []string{"README.md", "CONTRIBUTING.md", "docs", "deploy", "examples"}

// extraFiles reads them.
func (r *release) extraFiles() ([]entry, error) {
	var list []entry
	for _, name := range extraPaths {
		err := filepath.WalkDir(filepath.Join(r.root, name), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			inside, err := filepath.Rel(r.root, file)
			if inside = filepath.ToSlash(inside); inside == chartFile {
				data, err = r.chart(data)
			}
			list = append(list, entry{name: inside, mode: 0o644, data: data})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// chartFile says of which version the Helm chart deploys the image.
const chartFile = "deploy/helm/gatehouse/Chart.yaml"

// chartVersion is the line that says so. Between releases it is that of the manual's examples.
var chartVersion = regexp.MustCompile(`(?m)^appVersion: .*$`)

// chart has the chart deploy this release.
func (r *release) chart(text []byte) ([]byte, error) {
	if n := len(chartVersion.FindAll(text, -1)); n != 1 {
		return nil, fmt.Errorf("%s has %d lines with appVersion", chartFile, n)
	}
	return chartVersion.ReplaceAllLiteral(text, []byte(`appVersion: "`+r.source.version+`"`)), nil
}

// writeFile writes a file under another name and renames it.
func writeFile(name string, data []byte) error {
	if err := os.WriteFile(name+".part", data, fs.FileMode(0o644)); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}
