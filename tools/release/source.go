package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A source is the commit that a release is made of.
type source struct {
	version  string    // of its tag without the v, else 0.0.0-TIME-COMMIT as Go's pseudo-versions have it
	revision string    // the commit's hash
	time     time.Time // of the commit, or SOURCE_DATE_EPOCH; all files have it
}

// describe asks git for the commit. Changes that are not committed are an error, or
// with dirty in the version.
func describe(ctx context.Context, root string, dirty bool) (source, error) {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
		if err != nil {
			return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out)), nil
	}
	changes, err := git("status", "--porcelain")
	if err != nil {
		return source{}, err
	}
	if changes == "" { // what git is told to ignore is of no commit either, and would be in the archives
		if changes, err = git(append([]string{"status", "--porcelain", "--ignored", "--"}, extraPaths...)...); err != nil {
			return source{}, err
		}
	}
	if changes != "" && !dirty {
		return source{}, fmt.Errorf("the sources have changes that are not committed:\n%s", changes)
	}
	revision, err := git("rev-parse", "HEAD")
	if err != nil {
		return source{}, err
	}
	seconds, err := git("show", "-s", "--format=%ct", "HEAD")
	if err != nil {
		return source{}, err
	}
	if said := os.Getenv("SOURCE_DATE_EPOCH"); said != "" {
		seconds = said
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return source{}, fmt.Errorf("the time of the commit: %w", err)
	}
	s := source{revision: revision, time: time.Unix(unix, 0).UTC()}
	tag, err := git("describe", "--tags", "--exact-match", "--match", "v[0-9]*", "HEAD")
	if s.version = strings.TrimPrefix(tag, "v"); err != nil { // there is no such tag
		s.version = "0.0.0-" + s.time.Format("20060102150405") + "-" + revision[:12]
	}
	if changes != "" {
		s.version += "-dirty"
	}
	return s, nil
}
