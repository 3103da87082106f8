package gateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// fixed answers everything with the same small body.
func fixed(*stubServer, *httpmsg.Request) *httpmsg.Response {
	return &httpmsg.Response{Status: 200, Header: httpmsg.Header{
		{Name: "x-amzn-RequestId", Value: "1f0f4f3e-7b1c-4a52-8a4e-2f9f6f3c1a11"}, {Name: "x-amz-apigw-id", Value: "UBuxiEZSIAMFQ1Q="},
		{Name: "Content-Type", Value: "application/json"}, {Name: "x-amzn-Remapped-Server", Value: "nginx"},
	}, Body: []byte(`{"hello":"you"}`)}
}

// nullWriter is a ResponseWriter that costs nothing itself.
type nullWriter struct{ h http.Header }

func (w *nullWriter) Header() http.Header              { return w.h }
func (w *nullWriter) Write(p []byte) (int, error)      { return len(p), nil }
func (w *nullWriter) WriteHeader(int)                  { clear(w.h) }
func (w *nullWriter) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkHandler is the adaptor alone: net/http's part is not in it.
func BenchmarkHandler(b *testing.B) {
	s := prepare(b, Options{}, fixed)
	s.served <- nil
	r := httptest.NewRequest("GET", "/dev/api/v1/res1/2/items/3?x=1", nil)
	r.Host = "abc123.execute-api.localhost:4566"
	r.Header = http.Header{
		"Accept": {"*/*"}, "User-Agent": {"curl/8"}, "X-Api-Key": {"key-42-abcdefghijklmnop"}, "Accept-Encoding": {"gzip"}, "Authorization": {"Bearer x"},
	}
	r = r.WithContext(context.WithValue(r.Context(), guestKey{}, new(guest))) // as a listener's has
	w, handler := &nullWriter{h: http.Header{}}, s.Handler(Entrance{})
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(w, r)
	}
}

// BenchmarkSocket is a request over a kept connection, client included.
func BenchmarkSocket(b *testing.B) {
	s := open(b, Options{}, fixed)
	p := s.dial(b)
	p.SetDeadline(time.Time{})
	request := []byte(stageHead("GET", "/dev/api/v1/res1/2/items/3?x=1") + "Accept: */*\r\nUser-Agent: curl/8\r\nX-Api-Key: key-42-abcdefghijklmnop\r\n\r\n")
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Write(request); err != nil {
			b.Fatal(err)
		}
		n, err := p.Read(buf)
		if err != nil || !strings.HasSuffix(string(buf[:n]), `"you"}`) {
			b.Fatal(string(buf[:n]), err)
		}
	}
}
