package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// An answerCase is what a backend answers, byte for byte, and what the client is
// told. A "|" at the end of send stands for the end of the connection.
type answerCase struct {
	name string
	send string
	got  string // status, header lines that are not the gateway's, body
}

// rawBackend answers a request for /raw/N with what case N says, and others as
// it should. It keeps connections open unless the case ends them.
func rawBackend(t *testing.T, cases []answerCase) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	serve := func(nc net.Conn) {
		defer func() { _ = nc.Close() }()
		for r := bufio.NewReader(nc); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			answer, n := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound", 0
			if _, err := fmt.Sscanf(req.URL.Path, "/raw/%d", &n); err == nil {
				answer = cases[n].send
			}
			answer, ends := strings.CutSuffix(answer, "|")
			if _, err := io.WriteString(nc, answer); err != nil || ends {
				return
			}
		}
	}
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			go serve(nc)
		}
	}()
	return "http://" + ln.Addr().String()
}

// gatewaysOwn are header lines of answers that say nothing of the backend.
var gatewaysOwn = []string{"Date", "Content-Length", "Connection", "X-Amzn-Requestid", "X-Amz-Apigw-Id", "X-Amzn-Remapped-Content-Length"}

// run asks for the case and then, on the same connection and by way of the same
// pool of connections to the backend, for something sound.
func (c *answerCase) run(t *testing.T, in *door, n int) {
	nc := in.dial(t)
	r := bufio.NewReader(nc)
	ask := func(path string) string {
		fmt.Fprintf(nc, "GET /prod/raw/%s HTTP/1.1\r\n%s\r\n", path, securityHost)
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return err.Error()
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err.Error()
		}
		return c.describe(resp, string(body))
	}
	got := ask(fmt.Sprint(n))
	for range 2 {
		if sound := ask("sound"); sound != "200 sound" {
			t.Errorf("the next call got %s", sound)
		}
	}
	if got != c.got {
		t.Errorf("the backend sent %.300q\nclient got %s\nwant       %s", c.send, got, c.got)
	}
}

// describe is an answer as a case has it.
func (c *answerCase) describe(resp *http.Response, body string) string {
	if resp.Header.Get("x-amzn-ErrorType") == "InternalServerErrorException" {
		return fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSuffix(strings.TrimPrefix(body, `{"message": `), "}"))
	}
	out := fmt.Sprint(resp.StatusCode)
	names := make([]string, 0, len(resp.Header))
	for name, values := range resp.Header {
		if !slices.Contains(gatewaysOwn, name) && (name != "Content-Type" || values[0] != "application/json") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		out += fmt.Sprintf(" %s=%s", name, strings.Join(resp.Header[name], "|"))
	}
	return strings.TrimSpace(out + " " + body)
}

// ok is the head of an answer, open for more lines.
func ok(lines, body string) string { return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body }

// answerCases is the corpus of answers.
func answerCases() []answerCase {
	const te, cl = "Transfer-Encoding: chunked\r\n", "Content-Length: 2\r\n"
	return []answerCase{
		{name: "a body by length", send: ok(cl, "hi"), got: "200 hi"},
		{name: "a body in chunks", send: ok(te, "2;a=b\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n"), got: "200 hi"},
		{name: "a body until the end", send: ok("", "hi|"), got: "200 hi"},
		{name: "HTTP/1.0", send: "HTTP/1.0 200 OK\r\n\r\nhi|", got: "200 hi"},
		{name: "no reason", send: "HTTP/1.1 200\r\n" + cl + "\r\nhi", got: "200 hi"},
		{name: "CL and TE", send: ok(cl+te, "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nevil"), got: "504 \"Network error communicating with endpoint\""},
		{name: "CL.CL that differ", send: ok("Content-Length: 6\r\n"+cl, "hi"), got: "504 \"Network error communicating with endpoint\""},
		{name: "CL.CL that agree", send: ok(cl+cl, "hi"), got: "200 hi"},
		{name: "CL with a sign", send: ok("Content-Length: +2\r\n", "hi"), got: "504 \"Network error communicating with endpoint\""},
		{name: "TE gzip", send: ok("Transfer-Encoding: gzip\r\n", "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "TE twice", send: ok(te+te, "0\r\n\r\n"), got: "504 \"Network error communicating with endpoint\""},
		{name: "TE in HTTP/1.0", send: "HTTP/1.0 200 OK\r\n" + te + "\r\n0\r\n\r\n", got: "504 \"Network error communicating with endpoint\""},
		{name: "lines end in LF", send: "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", got: "504 \"Network error communicating with endpoint\""},
		{name: "obs-fold", send: ok(cl+"X: y\r\n z\r\n", "hi"), got: "504 \"Network error communicating with endpoint\""},
		{name: "NUL in a value", send: ok(cl+"X: y\x00z\r\n", "hi"), got: "504 \"Network error communicating with endpoint\""},
		{name: "a bare CR in a value", send: ok(cl+"X: y\rEvil: 1\r\n", "hi"), got: "504 \"Network error communicating with endpoint\""},
		{name: "a space before the colon", send: ok("Content-Length : 2\r\n", "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "no colon", send: ok(cl+"X\r\n", "hi"), got: "504 \"Network error communicating with endpoint\""},
		{name: "a status of two digits", send: "HTTP/1.1 20 OK\r\n" + cl + "\r\nhi", got: "504 \"Network error communicating with endpoint\""},
		{name: "status 099", send: "HTTP/1.1 099 OK\r\n" + cl + "\r\nhi", got: "504 \"Network error communicating with endpoint\""},
		{name: "status 999", send: "HTTP/1.1 999 OK\r\n" + cl + "\r\nhi", got: "999 hi"},
		{name: "HTTP/2.0", send: "HTTP/2.0 200 OK\r\n" + cl + "\r\nhi", got: "504 \"Network error communicating with endpoint\""},
		{name: "what is no HTTP", send: "SSH-2.0-OpenSSH_9.2\r\n|", got: "504 \"Network error communicating with endpoint\""},
		{name: "nothing", send: "|", got: "504 \"Network error communicating with endpoint\""},
		{name: "a head cut short", send: "HTTP/1.1 200 OK\r\nContent-Le|", got: "504 \"Network error communicating with endpoint\""},
		{name: "a body cut short", send: ok("Content-Length: 20\r\n", "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "chunks cut short", send: ok(te, "5\r\nhi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "no last chunk", send: ok(te, "2\r\nhi\r\n|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "a chunk size with a sign", send: ok(te, "+2\r\nhi\r\n0\r\n\r\n"), got: "504 \"Network error communicating with endpoint\""},
		{name: "a chunk that ends in LF", send: ok(te, "2\r\nhi\n0\r\n\r\n"), got: "504 \"Network error communicating with endpoint\""},
		{name: "another answer behind it", send: ok(cl, "hi"+ok("Content-Length: 4\r\n", "evil")), got: "200 hi"},
		{name: "another behind chunks", send: ok(te, "2\r\nhi\r\n0\r\n\r\n"+ok("Content-Length: 4\r\n", "evil")), got: "200 hi"},
		{name: "204 with a body", send: "HTTP/1.1 204 No Content\r\n\r\n" + ok("Content-Length: 4\r\n", "evil"), got: "204"},
		{name: "304 with a body", send: "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", got: "304"},
		{name: "100, then 200", send: "HTTP/1.1 100 Continue\r\n\r\n" + ok(cl, "hi"), got: "200 hi"},
		{name: "103, then 200", send: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok(cl, "hi"), got: "200 hi"},
		{name: "100, a hundred times", send: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100) + ok(cl, "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "101, unasked", send: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n" + ok(cl, "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "headers of the connection", send: ok(cl+"Connection: keep-alive, X-A\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nTrailer: X\r\nProxy-Connection: x\r\nVia: 1.1 x\r\n", "hi"), got: "200 X-A=1 X-Amzn-Remapped-Connection=keep-alive, X-A X-Amzn-Remapped-Keep-Alive=timeout=5 X-Amzn-Remapped-Proxy-Connection=x X-Amzn-Remapped-Trailer=X X-Amzn-Remapped-Upgrade=h2c hi"},
		{name: "headers of the gateway", send: ok(cl+"x-amzn-RequestId: evil\r\nx-amzn-ErrorType: Evil\r\nDate: evil\r\nServer: evil\r\n", "hi"), got: "200 X-Amzn-Errortype=Evil X-Amzn-Remapped-Date=evil X-Amzn-Remapped-Server=evil X-Amzn-Remapped-X-Amzn-Requestid=evil hi"},
		{name: "a header twice", send: ok(cl+"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n", "hi"), got: "200 Set-Cookie=a=1|b=2 hi"},
		{name: "Latin-1 in a value", send: ok(cl+"X: caf\xe9\r\n", "hi"), got: "200 X=caf\xe9 hi"},
		{name: "a header of 100,000 bytes", send: ok(cl+"X: "+strings.Repeat("y", 100_000)+"\r\n", "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "2,000 header lines", send: ok(cl+strings.Repeat("X: y\r\n", 2_000), "hi|"), got: "504 \"Network error communicating with endpoint\""},
		{name: "a body of 11 MB", send: ok("Content-Length: 11534336\r\n", strings.Repeat("y", 11<<20)+"|"), got: "500 \"Internal server error\""},
		{name: "11 MB in chunks", send: ok(te, strings.Repeat("100000\r\n"+strings.Repeat("y", 1<<20)+"\r\n", 11)+"0\r\n\r\n|"), got: "500 \"Internal server error\""},
		{name: "half a body and no more", send: ok(cl, "h"), got: "504 \"Endpoint request timed out\""},
		{name: "half a head and no more", send: "HTTP/1.1 200 OK\r\n", got: "504 \"Endpoint request timed out\""},
		{name: "HTML for an error", send: "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n" + cl + "\r\nhi", got: "500 Content-Type=text/html hi"},
	}
}
