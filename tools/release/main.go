// Command release makes what people install, from the sources that it is run in:
// an archive of the static binary for each platform, an OCI image, a bill of
// materials for each of them, and their checksums.
//
//	go -C tools run ./release -root .. -out ../dist
//
// The same commit and the same Go make the same bytes, wherever and whenever they
// are made: files have the time of the commit (or SOURCE_DATE_EPOCH), entries are in
// the order of their names, and no path of the machine is in a binary.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	root := flags.String("root", ".", "directory of the sources")
	out := flags.String("out", "dist", "directory that gets the files; it has to be empty or missing")
	names := flags.String("platforms", strings.Join(allPlatforms, ","), "what to build for, OS/ARCH")
	dirty := flags.Bool("dirty", false, "take sources with changes that are not committed, for a trial")
	if err := flags.Parse(args); err != nil {
		return err
	}
	platforms, err := parsePlatforms(*names)
	if err != nil {
		return err
	}
	top, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	source, err := describe(ctx, top, *dirty)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(*out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", *out)
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	r := &release{root: top, out: *out, source: source, platforms: platforms}
	return r.make(ctx)
}

// allPlatforms are those that a release is for.
var allPlatforms = []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"}

// A platform is what a binary runs on, in Go's names.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "_" + p.arch }

// binary is the name of the program there.
func (p platform) binary() string {
	if p.os == "windows" {
		return "gatehouse.exe"
	}
	return "gatehouse"
}

func parsePlatforms(names string) ([]platform, error) {
	var list []platform
	for _, name := range strings.Split(names, ",") {
		system, arch, ok := strings.Cut(name, "/")
		if !ok || system == "" || arch == "" {
			return nil, fmt.Errorf("-platforms: %q is not of the form OS/ARCH", name)
		}
		list = append(list, platform{system, arch})
	}
	if len(list) == 0 {
		return nil, errors.New("-platforms: there is none")
	}
	return list, nil
}
