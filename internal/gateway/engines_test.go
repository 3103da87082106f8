package gateway

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// newDouble answers each request of a stage, and of none, with a digest of all that it
// was told of it.
func newDouble(t testing.TB, engine string) *pipes {
	sum := func(parts ...any) string { return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q", parts))) }
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		r.Header.Del("Cache-Control") // which net/http adds to some
		r.Header.Del("Trailer")       // which it takes away
		w.Header().Set("X-Digest", sum(r.Method, r.URL.String(), r.Host, r.Proto, r.RequestURI, r.ContentLength, r.Close, r.TransferEncoding, fmt.Sprint(r.Header), body, err != nil))
		if len(body) == 7 { // in pieces
			w.WriteHeader(http.StatusAccepted)
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.WriteString(w, "next")
	})
	s := prepare(t, Options{Engine: engine, MaxBody: 5000, ReadHeaderTimeout: time.Minute, ReadTimeout: time.Minute}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		unread := req.Path == "/unread"
		if !unread {
			if err := req.ReadBody(); err != nil {
				return refuseBody(err)
			}
		}
		resp := &httpmsg.Response{Status: 200, Body: []byte("stage"), Header: httpmsg.Header{{Name: "x-Digest", Value: sum(req.Method, req.Path, req.Sent, req.Query, req.Host, req.Proto, fmt.Sprint(req.Header), req.Body)}}}
		if len(req.Body) == 5 {
			resp.Body, resp.Stream = nil, io.NopCloser(strings.NewReader("stream"))
		}
		return resp
	})
	ln := newPipes()
	go func() { s.served <- s.Serve(ln, Entrance{Next: next}) }()
	return ln
}

// converseWith sends a stream in pieces, and returns all that comes back, an answer each.
func converseWith(t *testing.T, ln *pipes, in []byte, step int) []string {
	nc := ln.dial()
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	written := make(chan bool)
	go func() {
		defer close(written)
		for rest := in; len(rest) > 0; {
			n, err := nc.Write(rest[:min(len(rest), step)])
			if rest = rest[n:]; err != nil {
				return
			}
		}
		_ = nc.CloseWrite()
	}()
	all, err := io.ReadAll(nc)
	nc.Close()
	<-written
	if err != nil {
		t.Fatalf("%q: %v behind %q", in, err, all)
	}
	return answersIn(string(all))
}

var (
	statusLine = regexp.MustCompile(`HTTP/1\.[01] [0-9]{3} `)
	own        = regexp.MustCompile(`(?i)^(Date|x-amzn-RequestId|x-amz-apigw-id|Connection): .*`)
)

// answersIn parts what has come into answers, and each into its status line, the lines of
// its header in one order, and its body. What every answer has of its own is left out,
// but that the connection ends.
func answersIn(all string) (out []string) {
	starts := statusLine.FindAllStringIndex(all, -1)
	for i, start := range starts {
		end := len(all)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		head, body, _ := strings.Cut(all[start[0]:end], "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		kept := slices.DeleteFunc(lines[1:], func(line string) bool { return own.MatchString(line) && line != "Connection: close" })
		if strings.HasPrefix(head, "HTTP/1.0") { // where it is the rule
			kept = slices.DeleteFunc(kept, func(line string) bool { return line == "Connection: close" })
		}
		slices.Sort(kept)
		if strings.Contains(lines[0], " 417 ") { // net/http's has no body
			kept, body = nil, ""
		}
		out = append(out, fmt.Sprintf("%s %q %q", lines[0], kept, body))
	}
	return out
}

// refusalLine is the status line of an answer to what is not a request.
var refusalLine = regexp.MustCompile(`^HTTP/1\.1 (400|413|417|501|505) .*"Connection: close"`)

// differ says how the engines differ about a stream, "" for in nothing but what is known:
// net/http's may close where ours says 400 before, and of several faults another one may
// be told.
func differ(byNetHTTP, byHTTP1 []string) string {
	for i, want := range byNetHTTP {
		switch {
		case i == len(byHTTP1):
			return fmt.Sprintf("answer %d is %s, and there is none", i, want)
		case i == len(byNetHTTP)-1 && len(byHTTP1) == len(byNetHTTP) && refusalLine.MatchString(want) && refusalLine.MatchString(byHTTP1[i]):
		case byHTTP1[i] != want:
			return fmt.Sprintf("answer %d is %s, and %s", i, want, byHTTP1[i])
		}
	}
	switch more := byHTTP1[len(byNetHTTP):]; {
	case len(more) == 0, len(more) == 1 && strings.HasPrefix(more[0], "HTTP/1.1 400 "):
		return ""
	default:
		return fmt.Sprintf("%d answers more: %s", len(more), more)
	}
}

// known is what the engines are known to take differently: Expect and Trailer of other
// words than usual, trailers that are none, lists of words in Connection.
var known = regexp.MustCompile(`(?i)\r\n(expect:[^\r]*[^\r \t]|trailer:|connection:[^\r]*[^ \t:\r][ \t]*(close|keep-alive)|connection:[^\r]*(close|keep-alive)[ \t]*[^ \t\r])|\r\n0+(;[^\r]*)?\r\n[^\r]`)

// FuzzEngines has both engines read the same stream: they accept the same requests, pass
// the same on, and answer alike.
func FuzzEngines(f *testing.F) {
	const stage, none = "Host: abc123.execute-api.localhost\r\n", "Host: a\r\n"
	for _, seed := range []string{
		"GET /dev/ HTTP/1.1\r\n" + stage + "A: b\r\na:  c \r\n\r\nPOST /dev/x?y HTTP/1.1\r\n" + stage + "Content-Length: 3\r\n\r\nabcGET /x HTTP/1.1\r\n" + none + "B: c\r\n\r\n",
		"POST /dev/x HTTP/1.1\r\n" + stage + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\nHEAD /dev/y HTTP/1.1\r\n" + stage + "Connection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"PUT /dev/x HTTP/1.1\r\n" + stage + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nxGET /dev/#z HTTP/1.1\r\n" + stage + "\r\nGET /dev/ HTTP/1.0\r\n" + stage + "\r\n",
		"POST /dev/unread HTTP/1.1\r\n" + stage + "Content-Length: 2\r\n\r\nhi\r\n\r\nGET /dev/2 HTTP/1.1\r\n" + stage + "\r\n",
		"POST / HTTP/1.1\r\n" + none + "Content-Length: 7\r\n\r\n1234567POST /dev/ HTTP/1.1\r\n" + stage + "Expect: x\r\n\r\n",
		"POST /nope HTTP/1.1\r\n" + stage + "Content-Length: 30\r\n\r\nGET /dev/smuggled HTTP/1.1\r\n\r\nGET /dev/ HTTP/1.1\r\n" + stage + "\r\n",
		"POST /x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nabHEAD /y HTTP/1.0\r\n\r\n", "GET http://abc123.execute-api.localhost/dev/%41%zz HTTP/1.1\r\n" + stage + "\r\n",
		"POST /dev/ HTTP/1.1\r\n" + stage + "Content-Length: 5\r\n\r\n12345DELETE /dev/ HTTP/1.1\r\n" + stage + "Content-Length: 6000\r\n\r\n", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + none + "\r\n",
		"GET / HTTP/1.1\n", "GET /dev HTTP/1.1\r\n" + stage + "X: \x00\r\n\r\n", "OPTIONS * HTTP/1.1\r\n" + none + "\r\nPATCH / HTTP/2.0\r\n\r\n", "POST / HTTP/1.1\r\n" + none + "Transfer-Encoding: chunked\r\n\r\nz\r\n",
	} {
		f.Add([]byte(seed), uint16(0))
		f.Add([]byte(seed), uint16(6))
		f.Add([]byte(seed), uint16(4096))
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint16) {
		if known.Match(bytes.ReplaceAll(in, []byte("Expect: 100-continue\r\nContent"), []byte("Content"))) { // that one alone they take alike
			return
		}
		synctest.Test(t, func(t *testing.T) { // who ends a connection slowly takes no time here
			theirs := converseWith(t, newDouble(t, EngineNetHTTP), in, 1+int(step))
			if how := differ(theirs, converseWith(t, newDouble(t, EngineHTTP1), in, 1+int(step))); how != "" {
				t.Fatalf("%q: %s", in, how)
			}
		})
	})
}
