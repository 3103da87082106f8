package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
)

// What issuers answer in place of their documents.
func TestKeyFetcher(t *testing.T) {
	issuer := oidctest.New(t)
	const most = 1000
	tests := map[string]struct {
		answer http.HandlerFunc
		want   string // the body, or the error behind "! "
	}{
		"a document": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }, "{}"},
		"as long as it may be": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", most)) },
			strings.Repeat("x", most)},
		"longer":       {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", most+1)) }, "! its answer is too long"},
		"without end":  {func(w http.ResponseWriter, _ *http.Request) { endless(w) }, "! its answer is too long"},
		"compressed":   {func(w http.ResponseWriter, _ *http.Request) { bomb(w) }, "! its answer is too long"},
		"a redirect":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "! it answers with a redirect, which is not followed"},
		"nothing":      {http.NotFound, "! it answers 404 Not Found"},
		"an error":     {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusInternalServerError) }, "! it answers 500 Internal Server Error"},
		"no content":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "! it answers 204 No Content"},
		"a large head": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 100_000)) }, "! net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded 65536 bytes; aborted"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			issuer.Answer(tt.answer)
			body, err := newKeyFetcher()(t.Context(), issuer.URL+"/"+name, most)
			got := string(body)
			if err != nil {
				got = "! " + err.Error()
			}
			if got != tt.want {
				t.Errorf("got %.200s, want %.200s", got, tt.want)
			}
		})
	}
	if n := issuer.Fetched("/elsewhere"); n > 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

// endless writes until nobody reads any more.
func endless(w http.ResponseWriter) {
	for {
		if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<16)); err != nil {
			return
		}
	}
}

// bomb writes little that becomes much.
func bomb(w http.ResponseWriter) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	for range 100 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
}

// An issuer that does not answer, or does so byte by byte, ends with the time that a
// fetch has.
func TestKeyFetcherEnds(t *testing.T) {
	issuer := oidctest.New(t)
	for name, answer := range map[string]http.HandlerFunc{
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no end": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "{")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{})
			issuer.Answer(func(w http.ResponseWriter, r *http.Request) {
				close(asked)
				answer(w, r)
			})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if _, err := newKeyFetcher()(ctx, issuer.URL, 1000); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}
