package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-gw/gatehouse/internal/portal"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// TestDocsCache writes a page when its stage has changed, one at a time, and none again of
// a stage of which there can be none.
func TestDocsCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, n := newDocsCache(), 0
		var fails error
		get := func(stage string, st *snapshot.Stage) error {
			_, err := c.get(t.Context(), docsKey{"a", stage, false}, st, func(context.Context) ([]byte, error) { n++; return []byte("page"), fails })
			return err
		}
		written := func(what string, want int) {
			t.Helper()
			if n != want {
				t.Errorf("%s: %d pages were written, want %d", what, n, want)
			}
			n = 0
		}
		first, second := new(snapshot.Stage), new(snapshot.Stage)
		for range 3 {
			if err := get("x", first); err != nil {
				t.Error(err)
			}
		}
		written("a page", 1)
		_, _ = get("x", second), get("x", second)
		written("a stage that has changed", 1)
		c.forget()
		_ = get("x", second)
		written("a page that was forgotten", 1)

		for err, want := range map[error]int{portal.ErrLarge: 1, wire.BadRequest("no export"): 1, wire.ServiceUnavailable("later"): 3, context.DeadlineExceeded: 3} {
			st := new(snapshot.Stage)
			fails = err
			for range 3 {
				if got := get("y", st); !errors.Is(got, err) {
					t.Errorf("got %v, want %v", got, err)
				}
			}
			written(err.Error(), want)
		}

		fails = nil
		c.writing <- struct{}{} // by another
		if err := get("z", first); !errors.Is(err, errDocsBusy) {
			t.Errorf("while another is written: %v", err)
		}
		if err := get("x", second); err != nil {
			t.Errorf("one that is written, meanwhile: %v", err)
		}
	})
}

// A page goes on to be written when who asked for it has left, for others to have it.
func TestDocsCacheOfWhoLeaves(t *testing.T) {
	c, st, n := newDocsCache(), new(snapshot.Stage), 0
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	for range 2 {
		page, err := c.get(ctx, docsKey{"a", "x", false}, st, func(ctx context.Context) ([]byte, error) {
			n++
			leave()
			return []byte("page"), ctx.Err()
		})
		if err != nil || page == nil || n != 1 {
			t.Errorf("got %v, %v, written %d times", page, err, n)
		}
	}
}

// What pages take together stays below the bound.
func TestDocsCacheIsBounded(t *testing.T) {
	c := newDocsCache()
	for i := range 10 {
		c.keep(docsKey{stage: string(rune('a' + i))}, &docsPage{gzip: make([]byte, maxDocs/3)})
		c.keep(docsKey{stage: "again"}, &docsPage{gzip: make([]byte, maxDocs/8)})
		total := 0
		for _, page := range c.pages {
			total += len(page.gzip)
		}
		if total != c.bytes || total > maxDocs {
			t.Fatalf("%d pages of %d bytes, counted as %d", len(c.pages), total, c.bytes)
		}
	}
}
