package main

import "strings"

// get and post are requests to the greedy proxy with more header lines.
func get(target, lines string) string {
	return "GET " + target + " HTTP/1.1\r\n{host}" + lines + "\r\n"
}

func post(target, lines, body string) string {
	return "POST " + target + " HTTP/1.1\r\n{host}" + lines + "\r\n" + body
}

// smuggled is what an attacker would have another reader take for a request.
const smuggled = "GET /prod/go/p/smuggled HTTP/1.1\r\n" + securityHost + "\r\n"

// A wireGroup is cases of one kind, under the name that docs/security.md has for
// them.
type wireGroup struct {
	name  string
	cases []wireCase
}

// wireGroups is the corpus of requests over HTTP/1.
func wireGroups() []wireGroup {
	return []wireGroup{
		{"framing", framingCases()}, {"chunks", chunkCases()}, {"desync", desyncCases()}, {"lines", lineCases()}, {"targets", targetCases()},
		{"hosts", hostCases()}, {"headers", headerCases()}, {"mappings", mappedCases()},
	}
}

func framingCases() []wireCase {
	return []wireCase{
		{"a body by length", post("{up}/p/x", "Content-Length: 5\r\n", "hello"), seen{"POST /up/x [hello]"}, "200"},
		{"a body in chunks", post("{up}/p/x", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"two requests in one write", get("{up}/p/1", "") + get("{up}/p/2", ""), seen{"GET /up/1", "GET /up/2"}, "200 200"},
		{"GET with a body", get("{up}/p/x", "Content-Length: 3\r\n") + "abc", seen{"GET /up/x [abc]"}, "200"},
		{"GET with chunks", get("{up}/p/x", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n", seen{"GET /up/x [abc]"}, "200"},
		{"a request behind the last", get("{up}/p/1", "Connection: close\r\n") + get("{up}/p/2", ""), seen{"GET /up/1"}, "200 closed"},
		{"CL.TE", post("{up}/p/x", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"), nil, "400 closed"},
		{"TE.CL", post("{up}/p/x", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\n"+smuggled+"\r\n0\r\n\r\n"), nil, "400 closed"},
		{"CL.CL that differ", post("{up}/p/x", "Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), nil, "400 closed"},
		{"CL.CL that agree", post("{up}/p/x", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), nil, "400 closed"},
		{"CL list", post("{up}/p/x", "Content-Length: 5, 5\r\n", "hello"), nil, "400 closed"},
		{"CL with a sign", post("{up}/p/x", "Content-Length: +5\r\n", "hello"), nil, "400 closed"},
		{"CL negative", post("{up}/p/x", "Content-Length: -5\r\n", "hello"), nil, "400 closed"},
		{"CL in hex", post("{up}/p/x", "Content-Length: 0x5\r\n", "hello"), nil, "400 closed"},
		{"CL with a space inside", post("{up}/p/x", "Content-Length: 5 0\r\n", "hello"), nil, "400 closed"},
		{"CL empty", post("{up}/p/x", "Content-Length:\r\n", "hello"), nil, "400 closed"},
		{"CL beyond 64 bits", post("{up}/p/x", "Content-Length: 18446744073709551621\r\n", "hello"), nil, "400 closed"},
		{"CL with a vertical tab", post("{up}/p/x", "Content-Length: \v5\r\n", "hello"), nil, "400 closed"},
		{"CL with blanks around", post("{up}/p/x", "Content-Length: \t 5 \t\r\n", "hello"), seen{"POST /up/x [hello]"}, "200"},
		{"CL named with a space", post("{up}/p/x", "Content-Length : 5\r\n", "hello"), nil, "400 closed"},
		{"CL named with an underscore", post("{up}/p/x", "Content_Length: 5\r\nContent-Length: 0\r\n", ""), seen{"POST /up/x Content_length=5"}, "200"},
		{"CL shorter than sent", post("{up}/p/x", "Content-Length: 2\r\n", "hello\r\n\r\n"), seen{"POST /up/x [he]"}, "200 400 closed"},
		{"TE gzip", post("{up}/p/x", "Transfer-Encoding: gzip\r\n", "x"), nil, "501 closed"},
		{"TE gzip, chunked", post("{up}/p/x", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE chunked, identity", post("{up}/p/x", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE identity and CL", post("{up}/p/x", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"), nil, "400 closed"},
		{"TE empty", post("{up}/p/x", "Transfer-Encoding:\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE empty and CL", post("{up}/p/x", "Transfer-Encoding:\r\nContent-Length: 5\r\n", "hello"), nil, "400 closed"},
		{"TE chunked in a list", post("{up}/p/x", "Transfer-Encoding: , chunked\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE chunked, chunked", post("{up}/p/x", "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE with parameters", post("{up}/p/x", "Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE twice", post("{up}/p/x", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), nil, "400 closed"},
		{"TE chunked, then another", post("{up}/p/x", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n", "0\r\n\r\n"), nil, "400 closed"},
		{"TE xchunked", post("{up}/p/x", "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", "hello"), nil, "400 closed"},
		{"TE with a tab before it", post("{up}/p/x", "Transfer-Encoding:\tchunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"TE with a vertical tab", post("{up}/p/x", "Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), nil, "400 closed"},
		{"TE quoted", post("{up}/p/x", "Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), nil, "501 closed"},
		{"TE in capitals", post("{up}/p/x", "Transfer-Encoding: CHUNKED\r\n", "2\r\nhi\r\n0\r\n\r\n"), seen{"POST /up/x [hi]"}, "200"},
		{"TE named with a space", post("{up}/p/x", "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "hello"), nil, "400 closed"},
		{"TE named with an underscore", post("{up}/p/x", "Transfer_Encoding: chunked\r\nContent-Length: 2\r\n", "hi"), seen{"POST /up/x Transfer_encoding=chunked [hi]"}, "200"},
		{"TE folded", post("{up}/p/x", "Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), nil, "400 closed"},
		{"TE behind a fold", post("{up}/p/x", "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "hi"), nil, "400 closed"},
		{"TE in HTTP/1.0", "POST {up}/p/x HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", nil, "400 closed"},
		{"TE in HTTP/1.0, kept", "POST {up}/p/x HTTP/1.0\r\n{host}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", nil, "400 closed"},
		{"HTTP/1.0", "GET {up}/p/x HTTP/1.0\r\n{host}\r\n", seen{"GET /up/x"}, "200 closed"},
		{"HTTP/1.0, kept", "GET {up}/p/1 HTTP/1.0\r\n{host}Connection: keep-alive\r\n\r\n" + get("{up}/p/2", ""), seen{"GET /up/1", "GET /up/2"}, "200 200"},
		{"Upgrade to h2c", get("{up}/p/x", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"), seen{"GET /up/x"}, "200"},
		{"Upgrade to websocket", get("{up}/p/x", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), seen{"GET /up/x Sec-Websocket-Key=AAAAAAAAAAAAAAAAAAAAAA== Sec-Websocket-Version=13"}, "200"},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", nil, "400 closed"},
		{"CONNECT", "CONNECT sec.execute-api.localhost:80 HTTP/1.1\r\n{host}\r\n" + smuggled, nil, "400 closed"},
		{"Expect: 100-continue", post("{up}/p/x", "Expect: 100-continue\r\nContent-Length: 2\r\n", "hi"), seen{"POST /up/x [hi]"}, "100 200"},
		{"Expect something else", post("{up}/p/x", "Expect: the-unexpected\r\nContent-Length: 2\r\n", "hi"), nil, "417 closed"},
	}
}

func chunkCases() []wireCase {
	te := "Transfer-Encoding: chunked\r\n"
	return []wireCase{
		{"chunk size with a leading zero", post("{up}/p/x", te, "005\r\nhello\r\n0\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"chunk size in capitals", post("{up}/p/x", te, "A\r\n0123456789\r\n0\r\n\r\n"), seen{"POST /up/x [0123456789]"}, "200"},
		{"chunk extension", post("{up}/p/x", te, "5;a=b\r\nhello\r\n0\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"chunk extension with a bare LF", post("{up}/p/x", te, "5;a\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk extension with a bare CR", post("{up}/p/x", te, "5;a\rb\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk extension quoted with CRLF", post("{up}/p/x", te, "5;a=\"\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk extension quoted", post("{up}/p/x", te, "5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"chunk size with 0x", post("{up}/p/x", te, "0x5\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk size with a sign", post("{up}/p/x", te, "+5\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk size with a space behind", post("{up}/p/x", te, "5 \r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk size with a space before", post("{up}/p/x", te, " 5\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk size beyond 64 bits", post("{up}/p/x", te, "10000000000000005\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk size empty", post("{up}/p/x", te, "\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk size line ends in LF", post("{up}/p/x", te, "5\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk data ends in LF", post("{up}/p/x", te, "5\r\nhello\n0\r\n\r\n"), nil, "400 closed"},
		{"chunk data ends in CR and more", post("{up}/p/x", te, "5\r\nhello\rX0\r\n\r\n"), nil, "400 closed"},
		{"chunk longer than it says", post("{up}/p/x", te, "3\r\nhello\r\n0\r\n\r\n"), nil, "400 closed"},
		{"last chunk ends in LF", post("{up}/p/x", te, "5\r\nhello\r\n0\n\n"), nil, "400 closed"},
		{"trailer", post("{up}/p/x", te+"Trailer: X-T\r\n", "2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n"), seen{"POST /up/x [hi]"}, "200"},
		{"trailer that frames", post("{up}/p/x", te, "2\r\nhi\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: x\r\nHost: evil\r\n\r\n"), seen{"POST /up/x [hi]"}, "200"},
		{"trailer with a bare LF", post("{up}/p/x", te, "2\r\nhi\r\n0\r\nX: 1\n\r\n"), nil, "400 closed"},
		{"trailer folded", post("{up}/p/x", te, "2\r\nhi\r\n0\r\nX: 1\r\n y\r\n\r\n"), nil, "400 closed"},
		{"a request behind the last chunk", post("{up}/p/x", te, "0\r\n\r\n") + get("{up}/p/2", ""), seen{"POST /up/x", "GET /up/2"}, "200 200"},
	}
}

func lineCases() []wireCase {
	return []wireCase{
		{"lines end in LF", "GET {up}/p/x HTTP/1.1\nHost: sec.execute-api.localhost\n\n", nil, "400 closed"},
		{"one line ends in LF", get("{up}/p/x", "X: y\nZ: 1\r\n"), nil, "400 closed"},
		{"the head ends in LF", "GET {up}/p/x HTTP/1.1\r\n{host}\n", nil, "400 closed"},
		{"a header behind a bare LF", get("{up}/p/x", "X: y\nContent-Length: 50\r\n"), nil, "400 closed"},
		{"a bare CR", get("{up}/p/x", "X: y\rContent-Length: 50\r\n"), nil, "400 closed"},
		{"CR CR LF", get("{up}/p/x", "X: y\r\r\n"), nil, "400 closed"},
		{"obs-fold with a space", get("{up}/p/x", "X: y\r\n z\r\n"), nil, "400 closed"},
		{"obs-fold with a tab", get("{up}/p/x", "X: y\r\n\tz\r\n"), nil, "400 closed"},
		{"a space before the first header", "GET {up}/p/x HTTP/1.1\r\n {host}\r\n", nil, "400 closed"},
		{"NUL in a value", get("{up}/p/x", "X: a\x00b\r\n"), nil, "400 closed"},
		{"NUL in a name", get("{up}/p/x", "X\x00Y: a\r\n"), nil, "400 closed"},
		{"a control in a value", get("{up}/p/x", "X: a\x01b\r\n"), nil, "400 closed"},
		{"DEL in a value", get("{up}/p/x", "X: a\x7fb\r\n"), nil, "400 closed"},
		{"Latin-1 in a value", get("{up}/p/x", "X: caf\xe9\r\n"), seen{"GET /up/x X=caf\xe9"}, "200"},
		{"Latin-1 in a name", get("{up}/p/x", "X\xe9: a\r\n"), nil, "400 closed"},
		{"no colon", get("{up}/p/x", "X\r\n"), nil, "400 closed"},
		{"no name", get("{up}/p/x", ": y\r\n"), nil, "400 closed"},
		{"a space in a name", get("{up}/p/x", "X Y: z\r\n"), nil, "400 closed"},
		{"a space before the colon", get("{up}/p/x", "X : z\r\n"), nil, "400 closed"},
		{"a tab before the colon", get("{up}/p/x", "X\t: z\r\n"), nil, "400 closed"},
		{"a colon in a value", get("{up}/p/x", "X:: z:\r\n"), seen{"GET /up/x X=: z:"}, "200"},
		{"an empty value", get("{up}/p/x", "X:\r\n"), seen{"GET /up/x X="}, "200"},
		{"CRLF before the request line", "\r\n" + get("{up}/p/x", ""), nil, "400 closed"},
		{"CRLF behind a body", post("{up}/p/1", "Content-Length: 2\r\n", "hi\r\n") + get("{up}/p/2", ""), seen{"POST /up/1 [hi]", "GET /up/2"}, "200 200"},
		{"LF behind a body", post("{up}/p/1", "Content-Length: 2\r\n", "hi\n") + get("{up}/p/2", ""), seen{"POST /up/1 [hi]"}, "200 closed"},
		{"two spaces in the request line", "GET  {up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"a tab in the request line", "GET\t{up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"a space behind the version", "GET {up}/p/x HTTP/1.1 \r\n{host}\r\n", nil, "400 closed"},
		{"no version", "GET {up}/p/x\r\n{host}\r\n", nil, "400 closed"},
		{"HTTP/1.2", "GET {up}/p/x HTTP/1.2\r\n{host}\r\n", nil, "400 closed"},
		{"HTTP/0.9", "GET {up}/p/x HTTP/0.9\r\n{host}\r\n", nil, "505 closed"},
		{"HTTP/3.0", "GET {up}/p/x HTTP/3.0\r\n{host}\r\n", nil, "505 closed"},
		{"http/1.1", "GET {up}/p/x http/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"a method that is none", "GE@T {up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"a method in lower case", "get {up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "403"},
		{"TRACE", "TRACE {up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "403"},
		{"a header of 21,000 bytes", get("{up}/p/x", "X: "+strings.Repeat("y", 21000)+"\r\n"), nil, "413"},
		{"a header of 100,000 bytes", get("{up}/p/x", "X: "+strings.Repeat("y", 100000)+"\r\n"), nil, "413 closed"},
		{"5,000 header lines", get("{up}/p/x", strings.Repeat("X: y\r\n", 5000)), nil, "413 closed"},
		{"a URL of 11,000 bytes", get("{up}/p/"+strings.Repeat("y", 11000), ""), nil, "413"},
	}
}

func targetCases() []wireCase {
	return []wireCase{
		{"absolute form", "GET http://sec.execute-api.localhost" + "{up}/p/x HTTP/1.1\r\n{host}\r\n", seen{"GET /up/x"}, "200"},
		{"absolute form in capitals", "GET HTTP://SEC.execute-api.localhost{up}/p/x HTTP/1.1\r\n{host}\r\n", seen{"GET /up/x"}, "200"},
		{"absolute form without a path", "GET http://sec.execute-api.localhost HTTP/1.1\r\n{host}\r\n", nil, "403"},
		{"absolute form without Host", "GET http://sec.execute-api.localhost{up}/p/x HTTP/1.1\r\n\r\n", nil, "400 closed"},
		{"absolute form, another Host", "GET http://sec.execute-api.localhost{up}/p/x HTTP/1.1\r\nHost: evil\r\n\r\n", nil, "400 closed"},
		{"absolute form to another host", "GET http://evil/{up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"absolute form with userinfo", "GET http://evil@sec.execute-api.localhost{up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"absolute form of another scheme", "GET gopher://sec.execute-api.localhost{up}/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"no slash", "GET {up}@evil/ HTTP/1.1\r\n{host}\r\n", nil, "403"},
		{"a path alone", "GET prod/go/p/x HTTP/1.1\r\n{host}\r\n", nil, "400 closed"},
		{"an asterisk", "OPTIONS * HTTP/1.1\r\n{host}\r\n", nil, "403"},
		{"a fragment", get("{up}/p/x#y", ""), nil, "400"},
		{"a fragment in the query", get("{up}/p/x?a#b", ""), nil, "400"},
		{"a space in the target", get("{up}/p/x y", ""), nil, "400 closed"},
		{"a tab in the target", get("{up}/p/x\ty", ""), nil, "400 closed"},
		{"NUL in the target", get("{up}/p/x\x00y", ""), nil, "400 closed"},
		{"UTF-8 in the target", get("{up}/p/é", ""), seen{"GET /up/%C3%A9"}, "200"},
		{"a backslash", get(`{up}/p/a\b`, ""), seen{"GET /up/a%5Cb"}, "200"},
		{"dots", get("{up}/p/../x", ""), nil, "400"},
		{"dots at the end", get("{up}/p/a/..", ""), nil, "400"},
		{"one dot", get("{up}/p/./x", ""), nil, "400"},
		{"dots, escaped", get("{up}/p/%2e%2e/x", ""), nil, "400"},
		{"dots, half escaped", get("{up}/p/.%2E/x", ""), nil, "400"},
		{"dots, escaped twice", get("{up}/p/%252e%252e/x", ""), seen{"GET /up/%252e%252e/x"}, "200"},
		{"dots behind an escaped slash", get("{up}/p/a%2F..%2F..%2Fx", ""), nil, "400"},
		{"dots behind an escaped slash, one segment", get("{up}/one/..%2F..%2Fx", ""), nil, "400"},
		{"dots behind a backslash", get(`{up}/p/a\..\..\x`, ""), nil, "400"},
		{"dots behind an escaped backslash", get("{up}/p/a%5C..%5C..%5Cx", ""), nil, "400"},
		{"dots with parameters", get("{up}/p/..;/x", ""), nil, "400"},
		{"dots with parameters, escaped", get("{up}/p/..%3Ba=b/x", ""), nil, "400"},
		{"dots, overlong UTF-8", get("{up}/p/%c0%ae%c0%ae/x", ""), seen{"GET /up/%C0%AE%C0%AE/x"}, "200"},
		{"dots, overlong UTF-8, unescaped", get("{up}/p/\xc0\xae\xc0\xae/x", ""), seen{"GET /up/%C0%AE%C0%AE/x"}, "200"},
		{"dots, full width", get("{up}/p/%EF%BC%8E%EF%BC%8E/x", ""), seen{"GET /up/%EF%BC%8E%EF%BC%8E/x"}, "200"},
		{"dots in the query", get("{up}/p/x?a=/../../y", ""), seen{"GET /up/x?a=/../../y"}, "200"},
		{"three dots", get("{up}/p/.../x", ""), seen{"GET /up/.../x"}, "200"},
		{"two slashes", get("{up}/p/a//b", ""), seen{"GET /up/a//b"}, "200"},
		{"two slashes in front", get("/{up}/p/x", ""), seen{"GET /up/x"}, "200"},
		{"an escaped slash", get("{up}/one/a%2Fb", ""), seen{"GET /one/a%2Fb/end"}, "200"},
		{"an escaped slash, lower case", get("{up}/p/a%2fb", ""), seen{"GET /up/a%2Fb"}, "200"},
		{"an escaped question mark and hash", get("{up}/p/a%3Fb%23c", ""), seen{"GET /up/a%3Fb%23c"}, "200"},
		{"an escaped percent", get("{up}/p/a%25b", ""), seen{"GET /up/a%25b"}, "200"},
		{"a semicolon", get("{up}/p/a;b=c/d", ""), seen{"GET /up/a;b=c/d"}, "200"},
		{"an escaped NUL", get("{up}/p/a%00b", ""), nil, "400"},
		{"escaped CRLF", get("{up}/p/a%0d%0aX:%20y", ""), nil, "400"},
		{"a bad escape", get("{up}/p/a%zz", ""), nil, "400 closed"},
		{"a bad escape in the query", get("{up}/p/a?b=%zz%", ""), seen{"GET /up/a?b=%25zz%25"}, "200"},
		{"escaped CRLF in the query", get("{up}/p/a?b=%0d%0aX:%20y", ""), seen{"GET /up/a?b=%0d%0aX:%20y"}, "200"},
		{"a semicolon in the query", get("{up}/p/a?b=1;c=2", ""), seen{"GET /up/a?b=1&c=2"}, "200"},
		{"two question marks", get("{up}/p/a?b=1?c=2", ""), seen{"GET /up/a?b=1?c=2"}, "200"},
		{"braces in the query", get("{up}/p/a?b={c}", ""), seen{"GET /up/a?b=%7Bc%7D"}, "200"},
		{"a guarded path", get("{up}/p/admin", ""), seen{"GET /up/the-guarded-one"}, "200"},
		{"a guarded path, escaped", get("{up}/p/%61dmin", ""), seen{"GET /up/the-guarded-one"}, "200"},
		{"a guarded path, slashes doubled", get("{up}/p//admin", ""), seen{"GET /up//admin"}, "200"},
		{"a guarded path, slash behind", get("{up}/p/admin/", ""), seen{"GET /up/the-guarded-one"}, "200"},
		{"a guarded path, slashes behind", get("{up}/p/admin//", ""), seen{"GET /up/admin/"}, "200"},
		{"a guarded path in capitals", get("{up}/p/ADMIN", ""), seen{"GET /up/ADMIN"}, "200"},
		{"a guarded path with a parameter", get("{up}/p/admin;x", ""), seen{"GET /up/admin;x"}, "200"},
		{"the control plane by a stage's host", get("/restapis", ""), nil, "403"},
		{"the control plane by dots", get("{up}/p/../../../../restapis", ""), nil, "400"},
		{"the control plane by dots, path form", "GET /_aws/execute-api/sec{up}/../../../../restapis HTTP/1.1\r\n{host}\r\n", nil, "403"},
		{"path form", "GET /_aws/execute-api/sec{up}/p/x HTTP/1.1\r\nHost: localhost\r\n\r\n", seen{"GET /up/x"}, "200"},
		{"path form and dots", "GET /_aws/execute-api/sec{up}/p/../../../../../restapis HTTP/1.1\r\nHost: localhost\r\n\r\n", nil, "400"},
		{"path form, stage escaped", "GET /_aws/execute-api/sec/%70rod/go/p/x HTTP/1.1\r\nHost: localhost\r\n\r\n", nil, "403"},
	}
}

func hostCases() []wireCase {
	return []wireCase{
		{"no Host", "GET {up}/p/x HTTP/1.1\r\n\r\n", nil, "400 closed"},
		{"two Hosts", get("{up}/p/x", "Host: evil\r\n"), nil, "400 closed"},
		{"two Hosts that agree", get("{up}/p/x", securityHost), nil, "400 closed"},
		{"Host with a path", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost/evil\r\n\r\n", nil, "400 closed"},
		{"Host with userinfo", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost:80@evil\r\n\r\n", nil, "400 closed"},
		{"Host with a comma", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost, evil\r\n\r\n", nil, "400 closed"},
		{"Host with a NUL", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost\x00evil\r\n\r\n", nil, "400 closed"},
		{"Host with a quote", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost\"><x\r\n\r\n", nil, "400 closed"},
		{"Host in capitals", "GET {up}/p/x HTTP/1.1\r\nHost: SEC.EXECUTE-API.LOCALHOST\r\n\r\n", seen{"GET /up/x"}, "200"},
		{"Host with a port", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost:1\r\n\r\n", seen{"GET /up/x"}, "200"},
		{"Host with a dot behind", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost.\r\n\r\n", seen{"GET /up/x"}, "200"},
		{"Host with a space inside", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost evil\r\n\r\n", nil, "400 closed"},
		{"Host folded", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost\r\n evil\r\n\r\n", nil, "400 closed"},
		{"Host named with a space", "GET {up}/p/x HTTP/1.1\r\nHost : sec.execute-api.localhost\r\n\r\n", nil, "400 closed"},
		{"an empty Host", "GET {up}/p/x HTTP/1.1\r\nHost:\r\n\r\n", nil, "403"},
		{"X-Forwarded-Host", get("{up}/p/x", "X-Forwarded-Host: evil\r\nX-Host: evil\r\n"), seen{"GET /up/x X-Forwarded-Host=evil X-Host=evil"}, "200"},
	}
}

func headerCases() []wireCase {
	return []wireCase{
		{"hop-by-hop headers", get("{up}/p/x", "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nProxy-Authorization: Basic eDp5\r\nProxy-Authenticate: Basic\r\n"), seen{"GET /up/x"}, "200"},
		{"Connection names a header", get("{up}/p/x", "Connection: close, X-Internal\r\nX-Internal: 1\r\n"), seen{"GET /up/x"}, "200 closed"},
		{"Connection names ours", get("{up}/p/x", "Connection: X-Amzn-Apigateway-Api-Id, X-Forwarded-For\r\nX-Forwarded-For: 6.6.6.6\r\n"), seen{"GET /up/x"}, "200"},
		{"X-Forwarded-For", get("{up}/p/x", "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\nX-Real-IP: 6.6.6.6\r\n"), seen{"GET /up/x Forwarded=for=6.6.6.6 X-Forwarded-For=6.6.6.6 X-Forwarded-Port=443 X-Forwarded-Proto=https X-Real-Ip=6.6.6.6"}, "200"},
		{"our own headers", get("{up}/p/x", "X-Amzn-Apigateway-Api-Id: evil\r\nX-Amzn-Trace-Id: Root=1-a-b\r\n"), seen{"GET /up/x"}, "200"},
		{"X-HTTP-Method-Override", post("{up}/p/x", "X-HTTP-Method-Override: delete\r\nContent-Length: 0\r\n", ""), seen{"DELETE /up/x"}, "200"},
		{"X-HTTP-Method-Override to none", post("{up}/p/x", "X-HTTP-Method-Override: GET /evil HTTP/1.1\r\nContent-Length: 0\r\n", ""), nil, "403"},
		{"X-HTTP-Method-Override to TRACE", get("{up}/p/x", "X-HTTP-Method-Override: TRACE\r\n"), nil, "403"},
		{"X-HTTP-Method-Override to CONNECT", get("{up}/p/x", "X-HTTP-Method-Override: CONNECT\r\n"), nil, "403"},
		{"a header twice", get("{up}/p/x", "X-A: 1\r\nX-A: 2\r\n"), seen{"GET /up/x X-A=1|2"}, "200"},
		{"names that differ in - and _", get("{up}/p/x", "X-User: 1\r\nX_User: 2\r\n"), seen{"GET /up/x X-User=1 X_user=2"}, "200"},
	}
}

func mappedCases() []wireCase {
	return []wireCase{
		{"into a header", get("{up}/map/header?v=a%20b", ""), seen{"GET /mapped/header?v=a%20b X-Out=a b"}, "200"},
		{"CRLF into a header", get("{up}/map/header?v=a%0d%0aEvil:%201", ""), nil, "500"},
		{"LF into a header", get("{up}/map/header?v=a%0aEvil:%201", ""), nil, "500"},
		{"CR into a header", get("{up}/map/header?v=a%0dEvil:%201", ""), nil, "500"},
		{"NUL into a header", get("{up}/map/header?v=a%00b", ""), nil, "500"},
		{"spaces around, into a header", get("{up}/map/header?v=%20a%20", ""), seen{"GET /mapped/header?v=%20a%20 X-Out=a"}, "200"},
		{"UTF-8 into a header", get("{up}/map/header?v=%C3%A9", ""), seen{"GET /mapped/header?v=%C3%A9 X-Out=é"}, "200"},
		{"CRLF of a body into a header", post("{up}/map/body", "Content-Length: 29\r\n", `{"v": "a\r\nEvil: 1\r\n\r\n"}`), nil, "500"},
		{"into the path", get("{up}/map/path?v=a%20b", ""), seen{"GET /mapped/a%20b/end?v=a%20b"}, "200"},
		{"a slash into the path", get("{up}/map/path?v=a/b", ""), seen{"GET /mapped/a/b/end?v=a/b"}, "200"},
		{"dots into the path", get("{up}/map/path?v=../../x", ""), nil, "400"},
		{"dots and a backslash into the path", get("{up}/map/path?v=..%5C..%5Cx", ""), nil, "400"},
		{"CRLF into the path", get("{up}/map/path?v=a%0d%0aEvil:%201", ""), nil, "400"},
		{"NUL into the path", get("{up}/map/path?v=a%00b", ""), nil, "400"},
		{"a query into the path", get("{up}/map/path?v=a?b=c%23d", ""), seen{"GET /mapped/a%3Fb=c%23d/end?v=a?b=c%23d"}, "200"},
		{"nothing into the path", get("{up}/map/path?v=", ""), seen{"GET /mapped/%7Bv%7D/end?v="}, "200"},
		{"a percent into the path", get("{up}/map/path?v=%252e%252e", ""), seen{"GET /mapped/%252e%252e/end?v=%252e%252e"}, "200"},
		{"into the query", get("{up}/map/query", "X-In: a b\r\n"), seen{"GET /mapped/query?out=a%20b X-In=a b"}, "200"},
		{"an ampersand into the query", get("{up}/map/query", "X-In: a&b=c#d HTTP/1.1\r\n"), seen{"GET /mapped/query?out=a%26b%3Dc%23d%20HTTP%2F1.1 X-In=a&b=c#d HTTP/1.1"}, "200"},
		{"into Host", get("{up}/map/host?v=evil.example:81", ""), seen{"GET /mapped/host?v=evil.example:81 Host=evil.example:81"}, "200"},
		{"a path into Host", get("{up}/map/host?v=evil/x", ""), nil, "500"},
		{"CRLF into Host", get("{up}/map/host?v=a%0d%0aEvil:1", ""), nil, "500"},
		{"two into Host", get("{up}/map/host?v=a,b", ""), nil, "500"},
		{"a host into the URI's host", get("{up}/map/authority?v=127.0.0.1", ""), seen{"GET /mapped/authority?v=127.0.0.1"}, "200"},
		{"a path into the URI's host", get("{up}/map/authority?v=127.0.0.1:1/", ""), nil, "500"},
		{"a query into the URI's host", get("{up}/map/authority?v=127.0.0.1:1%3F", ""), nil, "500"},
		{"userinfo into the URI's host", get("{up}/map/authority?v=evil@127.0.0.1", ""), nil, "500"},
		{"into Connection", get("{up}/hop/Connection?v=close", ""), seen{"GET /mapped/hop?v=close"}, "200"},
		{"into Keep-Alive", get("{up}/hop/Keep-Alive?v=x", ""), seen{"GET /mapped/hop?v=x"}, "200"},
		{"into Proxy-Connection", get("{up}/hop/Proxy-Connection?v=x", ""), seen{"GET /mapped/hop?v=x"}, "200"},
		{"into TE", get("{up}/hop/TE?v=chunked", ""), seen{"GET /mapped/hop?v=chunked"}, "200"},
		{"into Trailer", get("{up}/hop/Trailer?v=x", ""), seen{"GET /mapped/hop?v=x Trailer=x"}, "200"},
		{"into Upgrade", get("{up}/hop/Upgrade?v=h2c", ""), seen{"GET /mapped/hop?v=h2c Upgrade=h2c"}, "200"},
		{"into Expect", get("{up}/hop/Expect?v=100-continue", ""), seen{"GET /mapped/hop?v=100-continue"}, "200"},
		{"into Proxy-Authorization", get("{up}/hop/Proxy-Authorization?v=x", ""), seen{"GET /mapped/hop?v=x"}, "200"},
		{"into Transfer-Encoding", get("{up}/hop/Transfer-Encoding?v=chunked", ""), nil, "500"},
		{"into Content-Length", get("{up}/hop/Content-Length?v=5", ""), nil, "500"},
		{"a template's header", get("{up}/override?n=X-A&v=1", ""), seen{"GET /mapped/override?q= X-A=1"}, "200"},
		{"a template's header, CRLF in the name", get("{up}/override?n=X%0d%0aEvil&v=1", ""), nil, "500"},
		{"a template's header, CRLF in the value", get("{up}/override?n=X-A&v=1%0d%0aEvil:1", ""), nil, "500"},
		{"a template's header, a name of framing", get("{up}/override?n=tRANSFER-eNCODING&v=chunked", ""), nil, "500"},
		{"a template's header, length", get("{up}/override?n=content-LENGTH&v=5", ""), nil, "500"},
		{"a template's header, Host", get("{up}/override?n=hOST&v=evil", ""), seen{"GET /mapped/override?q= Host=evil"}, "200"},
		{"a template's query", get("{up}/override?n=X-A&v=1&q=a%26b%0d%0a", ""), seen{"GET /mapped/override?q=a%26b%0D%0A X-A=1"}, "200"},
		{"an answer's header", get("{up}/answer?h=a", ""), seen{"GET /mapped/answer?h=a"}, "200"},
		{"an answer's header, CRLF", get("{up}/answer?h=a%0d%0aSet-Cookie:%20a=b", ""), seen{"GET /mapped/answer?h=a%0D%0ASet-Cookie%3A%20a%3Db"}, "500"},
		{"an answer's header, NUL", get("{up}/answer?h=a%00b", ""), seen{"GET /mapped/answer?h=a%00b"}, "500"},
		{"a template's answer, CRLF in the value", get("/prod/mock/x?n=X-A&v=1%0d%0aEvil:1", ""), nil, "500"},
		{"a template's answer, CRLF in the name", get("/prod/mock/x?n=X%0d%0aA&v=1", ""), nil, "500"},
		{"a template's answer, framing", get("/prod/mock/x?n=Transfer-Encoding&v=chunked", ""), nil, "200"},
		{"a template's answer, length", get("/prod/mock/x?n=Content-Length&v=5000", ""), nil, "200"},
	}
}
