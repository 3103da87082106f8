package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

const filesHello = `openapi: 3.0.1
info: {title: one, version: "1"}
paths:
  /hello:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{"statusCode": 200}'}, responses: {default: {statusCode: "200"}}}
`

// newFileServer starts a server of the API hello, which the file hello.yaml of the
// working directory describes.
func newFileServer(t *testing.T) *server {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("hello.yaml", []byte(filesHello), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.Listen, c.InMemory, c.AWS, c.API = "127.0.0.1:0", true, false, []string{"hello.yaml"}
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	return s
}

func wantHello(t *testing.T, s *server, want string) {
	t.Helper()
	answer, err := request([]string{"GET", baseURL(s.ports.main) + "/_aws/execute-api/hello/prod/hello"})
	if err != nil || !strings.HasPrefix(answer, want) {
		t.Errorf("got %s, %v; want %s", answer, err, want)
	}
}

// A client that leaves during a reset does not end it.
func TestResetOutlivesClient(t *testing.T) {
	s := newFileServer(t)
	again := s.again
	ctx, leave := context.WithCancel(t.Context())
	s.again = func(ctx context.Context) error {
		leave()
		return again(ctx)
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, baseURL(s.ports.main)+"/_gatehouse/reset", http.NoBody)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	wantHello(t, s, "200")
}

// What a reset could not serve again is served after the next SIGHUP, though its file
// has not changed.
func TestResetThatFails(t *testing.T) {
	s := newFileServer(t)
	again := s.again
	s.again = func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return again(ctx)
	}
	answer, err := request([]string{"POST", baseURL(s.ports.main) + "/_gatehouse/reset"})
	if err != nil || !strings.HasPrefix(answer, "500") || !strings.Contains(answer, "not all that a file describes is served again") {
		t.Errorf("got %s, %v", answer, err)
	}
	wantHello(t, s, "404")
	if err := s.files.deploy(t.Context(), s.config()); err != nil {
		t.Error(err)
	}
	wantHello(t, s, "200")
}
