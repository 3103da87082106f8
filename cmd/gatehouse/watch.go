package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"time"
)

// The files are looked at when the notifier tells that something has happened, and
// every watchEvery where it does not see all of them. A change is read when they have
// then stayed the same for watchEvery, or for emptyLooks times that when one of them
// is empty: editors begin to save by emptying a file, and may be slow to go on.
const (
	watchEvery = 25 * time.Millisecond
	emptyLooks = 20
)

// files are what watch keeps an eye on.
type files interface {
	// seen has the files as they were when they were read last, nil for what was not
	// there.
	seen() map[string]os.FileInfo
	// reload reads them again.
	reload(context.Context)
}

// A retrier is files that may become readable without a change that a look shows, as by
// a change of permissions.
type retrier interface {
	// retry reads them again where the last reading failed.
	retry(context.Context)
}

// retryEvery is how often watch has a retrier try.
const retryEvery = time.Second

// watch reloads files when one has changed, but for one that is half written. A nil
// notifier has the files looked at all the time.
func watch(ctx context.Context, n *notifier, f files) {
	defer n.close()
	var pending map[string]os.FileInfo
	looks := 0 // at which pending was the same
	tried := time.Now()
	for {
		if pending == nil && n.follow(names(f)) {
			select {
			case <-ctx.Done():
				return
			case <-n.happened():
			case <-time.After(n.unasked):
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchEvery): // also while a directory is busy with other files
		}
		now := look(names(f))
		switch {
		case same(now, f.seen()):
			pending = nil
			if r, ok := f.(retrier); ok && time.Since(tried) >= retryEvery {
				tried = time.Now()
				r.retry(ctx)
			}
		case pending == nil || !same(now, pending):
			pending, looks = now, 0
		default:
			if looks++; looks < emptyLooks && anyEmpty(now) {
				continue
			}
			pending = nil
			f.reload(ctx)
		}
	}
}

// names are the files to look at.
func names(f files) []string { return slices.Collect(maps.Keys(f.seen())) }

// anyEmpty reports whether a file that is there holds nothing.
func anyEmpty(files map[string]os.FileInfo) bool {
	for _, info := range files {
		if info != nil && info.Size() == 0 {
			return true
		}
	}
	return false
}

// reread is a look at the files that were read, as they were before the reading: a
// file that was saved meanwhile differs at the next look, and is read again.
func reread(files []string, before map[string]os.FileInfo) map[string]os.FileInfo {
	return asBefore(look(files), before)
}

// asBefore puts an earlier look in the place of one now, for the files that both are of.
func asBefore(now, before map[string]os.FileInfo) map[string]os.FileInfo {
	for name, info := range before {
		if _, both := now[name]; both {
			now[name] = info
		}
	}
	return now
}

func look(names []string) map[string]os.FileInfo {
	out := make(map[string]os.FileInfo, len(names))
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			info = nil
		}
		out[name] = info
	}
	return out
}

// same compares two looks by modification time, size and identity.
func same(a, b map[string]os.FileInfo) bool {
	if len(a) != len(b) {
		return false
	}
	for name, x := range a {
		y, ok := b[name]
		if !ok || (x == nil) != (y == nil) {
			return false
		}
		if x != nil && (!x.ModTime().Equal(y.ModTime()) || x.Size() != y.Size() || !os.SameFile(x, y)) {
			return false
		}
	}
	return true
}
