package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/portal"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A docsCache keeps the portal's pages, each for as long as its stage stays as it was
// published. One page is written at a time, so that nobody who asks for many costs more
// than one.
type docsCache struct {
	writing chan struct{} // has a value while a page is written

	mu    sync.Mutex
	pages map[docsKey]*docsPage
	bytes int
}

// A docsKey names a page: the stage, and whether it is of its base path.
type docsKey struct {
	api, stage string
	based      bool
}

// A docsPage is a page, compressed, or why there can be none.
type docsPage struct {
	of   *snapshot.Stage // as it was when the page was written
	size int             // of the page as it is, in bytes
	gzip []byte
	etag string
	err  error
}

// maxDocs is how much memory pages take together, in bytes. When they take more all are
// forgotten.
const maxDocs = 32 << 20

// docsTime bounds how long a request waits for its turn, and again how long its page is written.
const docsTime = 10 * time.Second

// errDocsBusy is that other pages were being written for too long.
var errDocsBusy = errors.New("other pages are being written")

func newDocsCache() docsCache {
	return docsCache{writing: make(chan struct{}, 1), pages: make(map[docsKey]*docsPage)}
}

// forget forgets all pages.
func (c *docsCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.pages)
	c.bytes = 0
}

// get returns the page of a stage, which write writes if need be. The error is errDocsBusy,
// or that of write; what does not change with time is not tried again.
func (c *docsCache) get(ctx context.Context, key docsKey, st *snapshot.Stage, write func(context.Context) ([]byte, error)) (*docsPage, error) {
	if page := c.find(key, st); page != nil {
		return page, page.err
	}
	waiting, cancel := context.WithTimeout(ctx, docsTime)
	defer cancel()
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	case <-waiting.Done():
		return nil, errDocsBusy
	}
	if page := c.find(key, st); page != nil { // it has been written meanwhile
		return page, page.err
	}
	writing, done := context.WithTimeout(context.WithoutCancel(ctx), docsTime) // those who come and leave cost one page, not one each
	defer done()
	text, err := write(writing)
	if err != nil && !lasting(err) {
		return nil, err
	}
	page := newDocsPage(st, text)
	page.err = err
	c.keep(key, page)
	return page, err
}

// lasting reports whether an error is the stage's, and will be there as long as that stays
// as it is.
func lasting(err error) bool {
	var refused *wire.Error
	return errors.Is(err, portal.ErrLarge) || errors.As(err, &refused) && refused.Status == http.StatusBadRequest
}

func (c *docsCache) find(key docsKey, st *snapshot.Stage) *docsPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	if page := c.pages[key]; page != nil && page.of == st {
		return page
	}
	return nil
}

func (c *docsCache) keep(key docsKey, page *docsPage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.pages[key]; old != nil {
		c.bytes -= len(old.gzip)
	}
	if c.bytes+len(page.gzip) > maxDocs {
		clear(c.pages)
		c.bytes = 0
	}
	c.pages[key] = page
	c.bytes += len(page.gzip)
}

func newDocsPage(st *snapshot.Stage, text []byte) *docsPage {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // memory takes all
	_ = w.Close()
	sum := sha256.Sum256(text)
	return &docsPage{of: st, size: len(text), gzip: b.Bytes(), etag: base64.RawURLEncoding.EncodeToString(sum[:16])}
}

// answer answers with the page, compressed for those who take that. Each form has an
// ETag of its own.
func (p *docsPage) answer(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	compressed := takesGzip(r.Header.Values("Accept-Encoding"))
	etag := `"` + p.etag + `"`
	if compressed {
		etag = `"` + p.etag + `-gzip"`
	}
	h.Set("ETag", etag)
	if namesETag(r.Header.Values("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	size := p.size
	if compressed {
		h.Set("Content-Encoding", "gzip")
		size = len(p.gzip)
	}
	h.Set("Content-Length", strconv.Itoa(size))
	switch {
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusOK)
	case compressed:
		_, _ = w.Write(p.gzip) // the client has gone: there is nobody to tell
	default:
		if plain, err := gzip.NewReader(bytes.NewReader(p.gzip)); err == nil {
			_, _ = io.Copy(w, plain)
		}
	}
}

// takesGzip reports whether Accept-Encoding names gzip.
func takesGzip(lines []string) bool {
	for entry := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		coding, weight, _ := strings.Cut(entry, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.TrimSpace(weight)
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q[len("q=0"):], ".0") != ""
		}
	}
	return false
}

// namesETag reports whether If-None-Match names an ETag, or any.
func namesETag(lines []string, etag string) bool {
	for entry := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if entry = strings.TrimPrefix(strings.TrimSpace(entry), "W/"); entry == etag || entry == "*" {
			return true
		}
	}
	return false
}
