package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestScanner(t *testing.T) {
	const get, chunked = "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	// What is refused begins at the bar; without one all passes.
	tests := map[string]string{
		"a request":                get + "\r\n",
		"several":                  get + "\r\n" + get + "\r\n",
		"a body":                   get + "Content-Length: 3\r\n\r\n\n\n\n" + get + "\r\n",
		"chunks":                   chunked + "3\r\na\nb\r\n0A\r\n0123456789\r\n0\r\n\r\n" + get + "\r\n",
		"extensions and trailers":  chunked + "1;a=\"b\";c\r\na\r\n0;d\r\nA: b\r\nContent-Length: 9\r\n\r\n" + get + "\r\n",
		"HTTP/1.0":                 "GET / HTTP/1.0\r\n\r\n",
		"absolute form":            "GET HTTP://A:80/x?y HTTP/1.1\r\nhost: \ta:80 \r\n\r\n",
		"asterisk":                 "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		"an empty line in front":   "\r\n" + get + "\r\n",
		"a CR in front":            "\r|\r\n" + get + "\r\n",
		"what net/http refuses":    "GET / HTTP/9.9\r\nHost: a\r\n\r\n|x",
		"another coding":           get + "Transfer-Encoding: gzip\r\n\r\n|x",
		"LF alone":                 "GET / HTTP/1.|1\nHost: a\n\n",
		"LF alone in a header":     get + "|A: b\n\r\n",
		"LF alone at the end":      get + "|\n",
		"LF alone in front":        "|\n" + get,
		"folded":                   get + "A: b\r\n| c\r\n\r\n",
		"folded by a tab":          get + "A: b\r\n|\tc: d\r\n\r\n",
		"no name":                  get + "|: b\r\n\r\n",
		"two lengths":              get + "Content-Length: 1\r\ncontent-length: 1\r\n|\r\na",
		"length and coding":        get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n|\r\n0\r\n\r\n",
		"coding and length":        get + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n|\r\n0\r\n\r\n",
		"coding twice":             get + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n|\r\n",
		"coding in HTTP/1.0":       "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n|\r\n0\r\n\r\n",
		"signed length":            get + "|Content-Length: +1\r\n\r\na",
		"empty length":             get + "|Content-Length:\r\n\r\na",
		"long length":              get + "|Content-Length: 1000000000000000000\r\n\r\na",
		"another host":             "GET http://b/ HTTP/1.1\r\nHost: a\r\n|\r\n",
		"another port":             "GET http://a:1/ HTTP/1.1\r\nHost: a\r\n|\r\n",
		"userinfo":                 "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n|\r\n",
		"no authority":             "GET http:///x HTTP/1.1|\r\nHost: a\r\n\r\n",
		"another scheme":           "GET ftp://a/ HTTP/1.1|\r\nHost: a\r\n\r\n",
		"CONNECT":                  "CONNECT a:1 HTTP/1.1|\r\nHost: a:1\r\n\r\n",
		"a preface":                "PRI * HTTP/2.0|\r\n\r\nSM\r\n\r\n",
		"HTTP/1.2":                 "GET / HTTP/1.2|\r\n\r\n",
		"chunk size without digit": chunked + "|;a\r\n",
		"chunk size with a blank":  chunked + "|1 \r\na\r\n0\r\n\r\n",
		"chunk size of 16 digits":  chunked + "|0000000000000001\r\na",
		"chunk size of controls":   chunked + "|\x11\r\na",
		"chunk size in LF":         chunked + "|1\na\r\n0\r\n\r\n",
		"control in an extension":  chunked + "|1;\ra\r\na",
		"quoted extension":         chunked + "1;a=\"b\\\"c\";d=\"\\\\\"\r\na\r\n0\r\n\r\n",
		"quote without its end":    chunked + "|1;a=\"b\r\na\r\n0\r\n\r\n",
		"an end that is escaped":   chunked + "|1;a=\"b\\\"\r\na\r\n0\r\n\r\n",
		"chunk without its CR":     chunked + "1\r\na|\n0\r\n\r\n",
		"chunk without its LF":     chunked + "1\r\na\r|b",
		"trailer in LF":            chunked + "0\r\n|A: b\n\r\n",
		"trailer folded":           chunked + "0\r\nA: b\r\n| c\r\n\r\n",
		"endless line":             "|GET /" + strings.Repeat("a", maxScannedLine),
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			want := len(in)
			if head, rest, refused := strings.Cut(in, "|"); refused {
				in, want = head+rest, len(head)
			}
			var s scanner
			ok, err := s.scan([]byte(in))
			if ok != want || (err == nil) != (want == len(in)) {
				t.Errorf("passed %q, %v; want %q", in[:ok], err, in[:want])
			}
			if err == nil && s.next != scanRequest {
				t.Errorf("ends in state %d", s.next)
			}
		})
	}
}

// FuzzScanner holds the scanner to net/http: of what it lets pass, every request
// that net/http reads whole ends where the scanner says, and has the header lines
// that the scanner has kept.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n\r\nGET / HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nA: b\r\n\r\nGET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00B\r\n0123456789a\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\nD\r\n\r\n", "\r\nGET * HTTP/1.1\n\n", "GET / HTTP/1.1\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\"b\"\r\n\r\nHEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0001\r\n\r\nxDELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		var s scanner
		ends := map[int]bool{}
		at := 0
		var err error
		for ; at < len(in) && err == nil; at++ {
			_, err = s.scan(in[at : at+1])
			ends[at+1] = err == nil && s.next == scanRequest && len(s.part) == 0
		}
		whole, pieces := new(scanner), new(scanner)
		n, werr := whole.scan(in)
		if (werr == nil) != (err == nil) || n > len(in) {
			t.Fatalf("at once %v, byte by byte %v", werr, err)
		}
		var perr error
		for rest := in; len(rest) > 0 && perr == nil; {
			n := min(len(rest), int(step)+1)
			_, perr = pieces.scan(rest[:n])
			rest = rest[n:]
		}
		if (perr == nil) != (err == nil) {
			t.Fatalf("in pieces %v, byte by byte %v", perr, err)
		}
		agree(t, in[:n], ends, whole)
	})
}

// agree reads passed as net/http's server does: the requests that the scanner has
// seen, each to where the scanner says. net/http may refuse one, which ends the
// connection; it may not wait for more of one that the scanner holds for whole.
func agree(t *testing.T, passed []byte, ends map[int]bool, s *scanner) {
	left := bytes.NewReader(passed)
	r := bufio.NewReader(left)
	at := func() int { return len(passed) - left.Len() - r.Buffered() }
	for method := ""; ; {
		if method == "POST" { // the server forgives a line end or two there
			head, _ := r.Peek(4)
			blank := 0
			for blank < len(head) && (head[blank] == '\r' || head[blank] == '\n') {
				blank++
			}
			_, _ = r.Discard(blank)
		}
		req, err := http.ReadRequest(r)
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			if head := s.takeHead(); head != "" {
				t.Fatalf("the scanner sees a request %q in %q, net/http none", head, passed)
			}
			return
		}
		if err != nil || req.ProtoMajor != 1 {
			return
		}
		behind := at()
		_, err = io.Copy(io.Discard, req.Body)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			for end, is := range ends {
				if is && end >= behind {
					t.Fatalf("net/http reads a body of %q that does not end, the scanner one that ends at %d", passed, end)
				}
			}
		}
		if err != nil {
			return
		}
		method = req.Method
		if end := at(); !ends[end] {
			t.Fatalf("net/http reads a request that ends at %d of %q, the scanner does not", end, passed)
		}
		sameLines(t, req, s.takeHead())
	}
}

func BenchmarkScanner(b *testing.B) {
	request := []byte(stageHead("GET", "/dev/api/v1/res1/2/items/3?x=1") + "Accept: */*\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
		"X-Api-Key: key-42-abcdefghijklmnop\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
	var s scanner
	b.ReportAllocs()
	b.SetBytes(int64(len(request)))
	for b.Loop() {
		if _, err := s.scan(request); err != nil {
			b.Fatal(err)
		}
	}
}

// sameLines compares a head with what net/http has made of it.
func sameLines(t *testing.T, req *http.Request, head string) {
	if !strings.HasPrefix(head, req.Method+" "+req.RequestURI) {
		t.Fatalf("head %q of %s %s", head, req.Method, req.RequestURI)
	}
	var c call
	c.header(req, head)
	got := http.Header{}
	for _, f := range c.req.Header {
		got.Add(f.Name, f.Value)
	}
	if got.Get("Pragma") != "" {
		req.Header.Del("Cache-Control") // which net/http may have added
		got.Del("Cache-Control")
	}
	if got.Get("Trailer") != "" {
		req.Header["Trailer"] = got["Trailer"] // which it may have taken away
	}
	if !maps.EqualFunc(got, req.Header, slices.Equal) {
		t.Fatalf("head %q gives %q, net/http reads %q", head, got, req.Header)
	}
}
