package functions

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What a worker prints comes as lines, none of which is too long, and nothing is lost of
// it, however it comes in pieces.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nc"), 2)
	f.Add(bytes.Repeat([]byte("a"), 3*maxLine), maxLine-1)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		var got []byte
		r := lineReader{left: outputBurst, at: time.Now(), print: func(line []byte) {
			if len(line) > maxLine || bytes.IndexByte(line, '\n') >= 0 {
				t.Fatalf("got a line of %d bytes", len(line))
			}
			got = append(got, line...)
		}}
		size = max(1, min(size, len(text)))
		for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			r.take(rest[:min(size, len(rest))])
		}
		r.flush()
		plain := func(b []byte) string { return strings.NewReplacer("\n", "", "\r", "").Replace(string(b)) }
		if len(text)+leastLine*bytes.Count(text, []byte("\n")) < outputBurst/2 && plain(got) != plain(text) {
			t.Errorf("got %.99q of %.99q", got, text)
		}
	})
}

// Whatever a runtime says of an error, callers get JSON of bounded length.
func FuzzRuntimeErrors(f *testing.F) {
	f.Add([]byte(`{"errorType":"Error","errorMessage":"m","stackTrace":[]}`), "Error", "eyJlcnJvck1lc3NhZ2UiOiJtIn0=")
	f.Add([]byte("no JSON"), "", "{")
	f.Fuzz(func(t *testing.T, body []byte, kind, trailer string) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Lambda-Runtime-Function-Error-Type", kind)
		if text := readError(r); !json.Valid(text) || len(text) > maxError+len(kind)*6+100 {
			t.Errorf("got %.99q", text)
		}
		r.Trailer = http.Header{"Lambda-Runtime-Function-Error-Type": {kind}, "Lambda-Runtime-Function-Error-Body": {trailer}}
		if e := trailedError(r); (e == nil) != (kind == "") || e != nil && e.Message == "" {
			t.Errorf("got %v of type %q", e, kind)
		}
	})
}
