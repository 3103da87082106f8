package http1

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"
)

// FuzzConn holds what is read to net/http's reading of the same bytes: each request is
// one there, too, with this method, target, host, these lines and this body. How the bytes
// come in pieces changes nothing.
func FuzzConn(f *testing.F) {
	for _, seed := range []string{
		get + "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n\r\nGET / HTTP/1.0\r\n\r\n",
		chunked + "3;x\r\nabc\r\n0\r\nA: b\r\n\r\nGET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT /%41?%zz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00B\r\n0123456789a\r\n0\r\n\r\n" + get + "\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
		get + "A: b\r\n c\r\nD\r\n\r\n", "\r\nGET * HTTP/1.1\n\n", get + "Transfer-Encoding: \x0bchunked\r\n\r\n",
		chunked + "0;a=\"b\"\r\n\r\nHEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0001\r\n\r\nxDELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		get + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx" + get + "Pragma: no-cache\r\nTrailer: X\r\n\r\n", "GET / HTTP/3.0\r\n\r\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		held(t, in, step)
	})
}

// FuzzWords is FuzzConn for what is made of words that requests are of, one for each byte.
func FuzzWords(f *testing.F) {
	for i := range len(words) { // as a header line, and as a chunk
		f.Add([]byte{1, 8, 11, 24, 42, byte(i), 31}, uint8(i))
		f.Add([]byte{1, 8, 11, 24, 42, 71, 31, byte(i), 120}, uint8(i))
	}
	f.Fuzz(func(t *testing.T, picks []byte, step uint8) {
		var in []byte
		for _, pick := range picks[:min(len(picks), 200)] {
			in = append(in, words[int(pick)%len(words)]...)
		}
		held(t, in, step)
	})
}

// held holds what is read of a stream, at once and in pieces, to net/http's reading of it.
func held(t *testing.T, in []byte, step uint8) {
	end := error(os.ErrDeadlineExceeded)
	if step%2 == 1 {
		end = io.EOF
	}
	pieces := talk(&wire{left: in, step: 1 + int(step), err: end}, nil)
	r := bufio.NewReader(bytes.NewReader(in))
	whole := talk(&wire{left: in, step: 1 << 20, err: end}, func(q *Request, body []byte) { agrees(t, r, q, body) })
	if pieces != whole {
		t.Fatalf("%q is read as %q, in pieces as %q", in, whole, pieces)
	}
}

// agrees compares a request with what net/http reads next.
func agrees(t *testing.T, r *bufio.Reader, q *Request, body []byte) {
	for head, _ := r.Peek(2); string(head) == "\r\n"; head, _ = r.Peek(2) { // which net/http's server skips
		_, _ = r.Discard(2)
	}
	req, err := http.ReadRequest(r)
	if err != nil && q.Header.Get("Trailer") != "" {
		t.Skip("net/http refuses trailers that frame, which are dropped here")
	}
	if err != nil {
		t.Fatalf("%+v: net/http says %v", q, err)
	}
	if req.Method != q.Method || req.RequestURI != q.Target || req.Host != q.Host || req.Close != q.Close && !q.Close || req.ContentLength != q.Length {
		t.Fatalf("%+v is %+v", q, req)
	}
	got := http.Header{}
	for name, value := range q.Header.All() {
		got.Add(name, value)
	}
	if got.Get("Pragma") != "" {
		req.Header.Del("Cache-Control") // which net/http may have added
		got.Del("Cache-Control")
	}
	if got.Get("Trailer") != "" {
		req.Header["Trailer"] = got["Trailer"] // which it may have taken away
	}
	if !maps.EqualFunc(got, req.Header, slices.Equal) {
		t.Fatalf("%+v has %q there", q, req.Header)
	}
	if other, err := io.ReadAll(req.Body); err != nil || !bytes.Equal(other, body) {
		t.Fatalf("%+v has the body %q, there %q, %v", q, body, other, err)
	}
}
