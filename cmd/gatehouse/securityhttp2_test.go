package main

import (
	"slices"
	"strings"
	"testing"
)

// A frameCase is a request over HTTP/2 and what becomes of it. In it {up} is the
// way to the upstream under test.
type frameCase struct {
	name     string
	lines    []line // what the usual ones are replaced by, or are followed by
	data     string
	trailers []line
	seen     seen
	got      string
}

// usual are the pseudo-header fields of a request that nothing can be said
// against. A case's own of the same names stand in their place.
var usual = []line{{":method", "GET"}, {":scheme", "https"}, {":authority", "sec.execute-api.localhost"}, {":path", "{up}/p/x"}}

// header puts a case's lines together: a name that is given and empty is left
// out, one that begins with "+" is added to the usual ones.
func (c *frameCase) header(up string) []line {
	var pseudo, out []line
	for _, l := range usual {
		pseudo = append(pseudo, line{l[0], strings.ReplaceAll(l[1], "{up}", up)})
	}
	for _, l := range c.lines {
		l[1] = strings.ReplaceAll(l[1], "{up}", up)
		at := slices.IndexFunc(pseudo, func(p line) bool { return p[0] == l[0] })
		switch {
		case at >= 0 && l[1] == "":
			pseudo = slices.Delete(pseudo, at, at+1)
		case at >= 0:
			pseudo[at] = l
		default:
			out = append(out, line{strings.TrimPrefix(l[0], "+"), l[1]})
		}
	}
	return append(pseudo, out...)
}

func (c *frameCase) run(t *testing.T, in *door, name string, up *recorder) {
	up.take()
	nc := dialHTTP2(t, in)
	got, body := nc.outcome(nc.send(c.header("/prod/"+name), c.data, c.trailers))
	if status, ok := strings.CutSuffix(got, " reset PROTOCOL_ERROR"); ok && status == "400" {
		got = status // refused twice, by the gateway and below it
	} else if strings.HasPrefix(got, "4") && !strings.HasPrefix(body, `{"`) {
		got += " with " + body
	}
	if !strings.Contains(got, "closed") {
		next := frameCase{lines: []line{{":path", "{up}/p/probe"}}}
		if again, _ := nc.outcome(nc.send(next.header("/prod/"+name), "", nil)); again != "200" {
			t.Errorf("the next request on the connection got %s", again)
		}
	}
	compare(t, up, c.seen, got, c.got)
}

// frameCases is the corpus of requests over HTTP/2, which become HTTP/1.1 on
// their way to the upstream.
func frameCases() []frameCase {
	return []frameCase{
		{name: "GET", seen: seen{"GET /up/x"}, got: "200"},
		{name: "a body", lines: []line{{":method", "POST"}}, data: "hello", seen: seen{"POST /up/x [hello]"}, got: "200"},
		{name: "a body by length", lines: []line{{":method", "POST"}, {"content-length", "5"}}, data: "hello", seen: seen{"POST /up/x [hello]"}, got: "200"},
		{name: "a length too short", lines: []line{{":method", "POST"}, {"content-length", "2"}}, data: "hello", got: "400 or reset PROTOCOL_ERROR"},
		{name: "a length too long", lines: []line{{":method", "POST"}, {"content-length", "50"}}, data: "hello", got: "400"},
		{name: "length 0 and a body", lines: []line{{":method", "POST"}, {"content-length", "0"}}, data: smuggled, got: "400 or reset PROTOCOL_ERROR"},
		{name: "two lengths", lines: []line{{":method", "POST"}, {"content-length", "5"}, {"content-length", "0"}}, data: "hello", got: "400"},
		{name: "a length that is none", lines: []line{{":method", "POST"}, {"content-length", "5, 5"}}, data: "hello", got: "400 or reset PROTOCOL_ERROR"},
		{name: "a length that is signed", lines: []line{{":method", "POST"}, {"content-length", "+5"}}, data: "hello", got: "400 or reset PROTOCOL_ERROR"},
		{name: "transfer-encoding", lines: []line{{":method", "POST"}, {"transfer-encoding", "chunked"}}, data: "0\r\n\r\n" + smuggled, got: "400 with request header \"Transfer-Encoding\" is not valid in HTTP/2\n"},
		{name: "connection", lines: []line{{"connection", "keep-alive"}}, got: "400 with request header \"Connection\" is not valid in HTTP/2\n"},
		{name: "proxy-connection", lines: []line{{"proxy-connection", "keep-alive"}}, got: "400 with request header \"Proxy-Connection\" is not valid in HTTP/2\n"},
		{name: "keep-alive", lines: []line{{"keep-alive", "x"}}, got: "400 with request header \"Keep-Alive\" is not valid in HTTP/2\n"},
		{name: "upgrade", lines: []line{{"upgrade", "h2c"}}, got: "400 with request header \"Upgrade\" is not valid in HTTP/2\n"},
		{name: "te trailers", lines: []line{{"te", "trailers"}}, seen: seen{"GET /up/x"}, got: "200"},
		{name: "te gzip", lines: []line{{"te", "gzip"}}, got: "400 with request header \"TE\" may only be \"trailers\" in HTTP/2\n"},
		{name: "CRLF in a value", lines: []line{{"x", "y\r\nTransfer-Encoding: chunked"}}, got: "reset PROTOCOL_ERROR"},
		{name: "LF in a value", lines: []line{{"x", "y\nEvil: 1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "CR in a value", lines: []line{{"x", "y\rEvil: 1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "NUL in a value", lines: []line{{"x", "y\x00z"}}, got: "reset PROTOCOL_ERROR"},
		{name: "spaces around a value", lines: []line{{"x", " y "}}, seen: seen{"GET /up/x X=y"}, got: "200"},
		{name: "CRLF in a name", lines: []line{{"x: y\r\nevil", "1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a colon in a name", lines: []line{{"x:evil", "1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a space in a name", lines: []line{{"transfer-encoding ", "chunked"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a name in capitals", lines: []line{{"X-A", "1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "an empty name", lines: []line{{"", "1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a method with a request", lines: []line{{":method", "GET /prod/go/p/smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a method with a space", lines: []line{{":method", "GET /evil"}}, got: "403"},
		{name: "CONNECT", lines: []line{{":method", "CONNECT"}, {":scheme", ""}, {":path", ""}}, got: "403"},
		{name: "CONNECT with a path", lines: []line{{":method", "CONNECT"}}, got: "reset PROTOCOL_ERROR"},
		{name: "no method", lines: []line{{":method", ""}}, got: "reset PROTOCOL_ERROR"},
		{name: "no path", lines: []line{{":path", ""}}, got: "reset PROTOCOL_ERROR"},
		{name: "a path with a request", lines: []line{{":path", "{up}/p/x HTTP/1.1\r\nHost: a\r\n\r\nGET {up}/p/smuggled"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a path with a space", lines: []line{{":path", "{up}/p/x HTTP/1.1"}}, got: "400"},
		{name: "a path with NUL", lines: []line{{":path", "{up}/p/x\x00y"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a path without a slash", lines: []line{{":path", "prod/go/p/x"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a path that is a URL", lines: []line{{":path", "http://evil{up}/p/x"}}, got: "400"},
		{name: "a path with a fragment", lines: []line{{":path", "{up}/p/x#y"}}, got: "400"},
		{name: "an asterisk", lines: []line{{":path", "*"}}, got: "403"},
		{name: "dots", lines: []line{{":path", "{up}/p/../x"}}, got: "400"},
		{name: "two paths", lines: []line{{"+:path", "/evil"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a path behind the header", lines: []line{{"x", "y"}, {"+:path", "/evil"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a pseudo field that is none", lines: []line{{":evil", "x"}}, got: "reset PROTOCOL_ERROR"},
		{name: ":protocol", lines: []line{{":protocol", "websocket"}}, got: "reset PROTOCOL_ERROR"},
		{name: "another scheme", lines: []line{{":scheme", "gopher"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a scheme with more", lines: []line{{":scheme", "https://evil/?"}}, got: "reset PROTOCOL_ERROR"},
		{name: "no authority, a Host", lines: []line{{":authority", ""}, {"host", "sec.execute-api.localhost"}}, seen: seen{"GET /up/x"}, got: "200"},
		{name: "neither", lines: []line{{":authority", ""}}, got: "403"},
		{name: "authority and another Host", lines: []line{{"host", "evil"}}, got: "400"},
		{name: "two Hosts", lines: []line{{":authority", ""}, {"host", "sec.execute-api.localhost"}, {"host", "evil"}}, got: "400"},
		{name: "authority with userinfo", lines: []line{{":authority", "evil@sec.execute-api.localhost"}}, got: "reset PROTOCOL_ERROR"},
		{name: "authority with a path", lines: []line{{":authority", "sec.execute-api.localhost/evil"}}, got: "400"},
		{name: "authority with CRLF", lines: []line{{":authority", "sec.execute-api.localhost\r\nEvil: 1"}}, got: "reset PROTOCOL_ERROR"},
		{name: "cookies apart", lines: []line{{"cookie", "a=1"}, {"cookie", "b=2"}}, seen: seen{"GET /up/x Cookie=a=1; b=2"}, got: "200"},
		{name: "a header twice", lines: []line{{"x-a", "1"}, {"x-a", "2"}}, seen: seen{"GET /up/x X-A=1|2"}, got: "200"},
		{name: "trailers", lines: []line{{":method", "POST"}, {"trailer", "x-t"}}, data: "hi", trailers: []line{{"x-t", "1"}}, seen: seen{"POST /up/x [hi]"}, got: "200"},
		{name: "trailers that frame", lines: []line{{":method", "POST"}}, data: "hi", trailers: []line{{"content-length", "50"}, {"transfer-encoding", "chunked"}}, seen: seen{"POST /up/x [hi]"}, got: "200"},
		{name: "trailers with a path", lines: []line{{":method", "POST"}}, data: "hi", trailers: []line{{":path", "/evil"}}, got: "reset PROTOCOL_ERROR"},
		{name: "a header of 21,000 bytes", lines: []line{{"x", strings.Repeat("y", 21_000)}}, got: "413"},
		{name: "a header of 100,000 bytes", lines: []line{{"x", strings.Repeat("y", 100_000)}}, got: "closed COMPRESSION_ERROR"},
		{name: "a URL of 11,000 bytes", lines: []line{{":path", "{up}/p/" + strings.Repeat("y", 11_000)}}, got: "413"},
	}
}
