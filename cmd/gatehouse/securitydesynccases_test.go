package main

import (
	"fmt"
	"strings"
)

// desyncCases are of what was published on request smuggling from 2023 on: chunk
// extensions and ends of chunks that two readers take differently, lengths that one of
// them does not see, Expect, answers that come before the body, and pauses. Behind
// {answer} is what the client sends when it has had an answer.
func desyncCases() []wireCase {
	return append(append(hiddenLengthCases(), expectCases()...), append(looseChunkCases(), earlyCases()...)...)
}

// hiddenLengthCases have a length, a transfer coding or a line end that some readers see
// and others do not.
func hiddenLengthCases() []wireCase {
	const gone = "400 closed"
	body := func(lines string) string { return post("{up}/p/x", lines, "hello") }
	none := func(lines string) string { return post("{up}/p/x", lines, "0\r\n\r\n") }
	return []wireCase{
		{"CL behind a tab in its name", body("Content-Length\t: 5\r\n"), nil, gone},
		{"CL behind a vertical tab", body("\vContent-Length: 5\r\n"), nil, gone},
		{"CL behind a no-break space", body("\xa0Content-Length: 5\r\n"), nil, gone},
		{"CL named with a NUL", body("Content-Length\x00: 5\r\n"), nil, gone},
		{"CL with a NUL", body("Content-Length: 5\x00\r\n"), nil, gone},
		{"CL with a no-break space", body("Content-Length: \xa05\r\n"), nil, gone},
		{"CL behind a bare LF", body("Content-Length:\n 5\r\n"), nil, gone},
		{"CL behind a bare CR", body("Content-Length:\r5\r\n"), nil, gone},
		{"CL and a bare CR", body("Content-Length: 5\r\r\n"), nil, gone},
		{"CL folded", body("Content-Length:\r\n 5\r\n"), nil, gone},
		{"CL that goes on in a fold", body("Content-Length: 5\r\n 0\r\n"), nil, gone},
		{"CL as the first line, folded", "POST {up}/p/x HTTP/1.1\r\n Content-Length: 5\r\n{host}\r\nhello", nil, gone},
		{"CL with a semicolon", body("Content-Length: 5;\r\n"), nil, gone},
		{"CL with an underscore", body("Content-Length: 0_5\r\n"), nil, gone},
		{"CL with a fraction", body("Content-Length: 5.0\r\n"), nil, gone},
		{"CL with an exponent", body("Content-Length: 5e0\r\n"), nil, gone},
		{"CL of digits that are not ASCII's", body("Content-Length: \uff15\r\n"), nil, gone},
		{"CL with leading zeros", body("Content-Length: 0000000005\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"CL twice, in two spellings", body("Content-Length: 5\r\ncontent-length: 0\r\n"), nil, gone},
		{"CL, and 0 before it", body("Content-Length: 0\r\nContent-Length: 5\r\n"), nil, gone},
		{"CL that Connection names", body("Connection: Content-Length\r\nContent-Length: 5\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"TE that Connection names", post("{up}/p/x", "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"TE that Connection names, and CL", none("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n"), nil, gone},
		{"the header TE", body("TE: chunked\r\nContent-Length: 5\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"TE chunked and a comma", none("Transfer-Encoding: chunked,\r\n"), nil, "501 closed"},
		{"TE chunked and a NUL", none("Transfer-Encoding: chunked\x00\r\n"), nil, gone},
		{"TE with a form feed", none("Transfer-Encoding: \fchunked\r\n"), nil, gone},
		{"TE with a no-break space", none("Transfer-Encoding: \xa0chunked\r\n"), nil, "501 closed"},
		{"TE with a next line", none("Transfer-Encoding: chunked\x85\r\n"), nil, "501 closed"},
		{"TE with a letter that folds to k", none("Transfer-Encoding: chun\u212aed\r\n"), nil, "501 closed"},
		{"TE named with a letter that folds to s", none("Tran\u017ffer-Encoding: chunked\r\n"), nil, gone},
		{"TE behind a bare LF", none("X: y\nTransfer-Encoding: chunked\r\n"), nil, gone},
		{"TE behind a bare CR", none("X: y\rTransfer-Encoding: chunked\r\n"), nil, gone},
		{"TE and a bare CR", none("Transfer-Encoding: chunked\r\r\n"), nil, gone},
		{"TE folded in front", none("Transfer-Encoding: \r\n\tchunked\r\n"), nil, gone},
		{"TE, identity behind a fold", none("Transfer-Encoding: chunked\r\n , identity\r\n"), nil, gone},
		{"a bare CR in the request line", "GET {up}/p/x\rX HTTP/1.1\r\n{host}\r\n", nil, gone},
		{"a bare CR behind the version", "GET {up}/p/x HTTP/1.1\r\r\n{host}\r\n", nil, gone},
		{"a bare CR before the request line", "\r" + get("{up}/p/x", ""), nil, gone},
		{"a bare LF before the request line", "\n" + get("{up}/p/x", ""), nil, gone},
		{"a bare CR in a name", get("{up}/p/x", "X\rY: z\r\n"), nil, gone},
		{"a bare CR at the end of the head", get("{up}/p/x", "X: y\r\n\r") + "\r\n", nil, gone},
		{"a bare CR in Host", "GET {up}/p/x HTTP/1.1\r\nHost: sec.execute-api.localhost\revil\r\n\r\n", nil, gone},
		{"NUL in the method", "GE\x00T {up}/p/x HTTP/1.1\r\n{host}\r\n", nil, gone},
		{"NUL in the version", "GET {up}/p/x HTTP/1.1\x00\r\n{host}\r\n", nil, gone},
		{"HTTP/0.9 behind a request", get("{up}/p/1", "") + "GET {up}/p/2\r\n\r\n", seen{"GET /up/1"}, "200 400 closed"},
		{"HTTP/1.10", "GET {up}/p/x HTTP/1.10\r\n{host}\r\n", nil, gone},
		{"HTTP/01.1", "GET {up}/p/x HTTP/01.1\r\n{host}\r\n", nil, gone},
		{"absolute form, another port", "GET http://sec.execute-api.localhost:81{up}/p/x HTTP/1.1\r\n{host}\r\n", nil, gone},
		{"h2c, and its preface", get("{up}/p/x", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n") + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", seen{"GET /up/x"}, "200 400 closed"},
		{"Upgrade alone", get("{up}/p/x", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), seen{"GET /up/x Http2-Settings=AAMAAABk"}, "200"},
		{"Upgrade with a body", body("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n"), seen{"POST /up/x [hello]"}, "200"},
	}
}

// expectCases have an Expect that one reader waits for and another one does not.
func expectCases() []wireCase {
	body := func(lines string) string { return post("{up}/p/x", lines+"Content-Length: 5\r\n", "hello") }
	whole := seen{"POST /up/x [hello]"}
	return []wireCase{
		{"Expect without a space", body("Expect:100-continue\r\n"), whole, "100 200"},
		{"Expect in capitals", body("EXPECT: 100-CONTINUE\r\n"), whole, "100 200"},
		{"Expect, obfuscated", body("Expect: y 100-continue\r\n"), nil, "417 closed"},
		{"Expect in a list", body("Expect: 100-continue, y\r\n"), nil, "417 closed"},
		{"Expect twice in a list", body("Expect: 100-continue, 100-continue\r\n"), nil, "417 closed"},
		{"Expect twice", body("Expect: 100-continue\r\nExpect: 100-continue\r\n"), whole, "100 200"},
		{"Expect, and another one", body("Expect: 100-continue\r\nExpect: y\r\n"), nil, "417 closed"},
		{"another Expect first", body("Expect: y\r\nExpect: 100-continue\r\n"), nil, "417 closed"},
		{"an empty Expect", body("Expect:\r\n"), whole, "200"},
		{"Expect with a parameter", body("Expect: 100-continue;x=y\r\n"), nil, "417 closed"},
		{"Expect in quotes", body("Expect: \"100-continue\"\r\n"), nil, "417 closed"},
		{"Expect with a vertical tab", body("Expect: \v100-continue\r\n"), nil, "400 closed"},
		{"Expect with a NUL", body("Expect: 100-continue\x00\r\n"), nil, "400 closed"},
		{"Expect named with a space", body("Expect : 100-continue\r\n"), nil, "400 closed"},
		{"Expect as the first line, folded", "POST {up}/p/x HTTP/1.1\r\n Expect: 100-continue\r\n{host}Content-Length: 5\r\n\r\nhello", nil, "400 closed"},
		{"Expect that goes on in a fold", body("Expect: 100-continue\r\n y\r\n"), nil, "400 closed"},
		{"Expect behind a bare LF", body("Expect:\n 100-continue\r\n"), nil, "400 closed"},
		{"Expect in HTTP/1.0", "POST {up}/p/x HTTP/1.0\r\n{host}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", whole, "200 closed"},
		{"Expect without a body", post("{up}/p/x", "Expect: 100-continue\r\nContent-Length: 0\r\n", ""), seen{"POST /up/x"}, "200"},
		{"Expect, GET with a body", get("{up}/p/x", "Expect: 100-continue\r\nContent-Length: 5\r\n") + "hello", seen{"GET /up/x [hello]"}, "100 200"},
		{"Expect and chunks", post("{up}/p/x", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), whole, "100 200"},
		{"Expect, OPTIONS and a folded length", "OPTIONS {up}/p/x HTTP/1.1\r\n{host}Expect: 100-continue\r\nContent-Length:\r\n 5\r\n\r\nhello", nil, "400 closed"},
		{"Expect, and two lengths", body("Expect: 100-continue\r\nContent-Length: 0\r\n"), nil, "400 closed"},
		{"Expect, and an answer before the body", post("{up}/none", fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n", len(smuggled)), smuggled), nil, "403 closed"},
		{"Expect, an early answer, and then the body", post("{up}/none", fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n", len(smuggled)), "{answer}"+smuggled), nil, "403 closed"},
		{"Expect of something else, and then the body", post("{up}/p/x", fmt.Sprintf("Expect: y 100-continue\r\nContent-Length: %d\r\n", len(smuggled)), "{answer}"+smuggled), nil, "417 closed"},
		{"Expect, and a request behind it", body("Expect: 100-continue\r\n") + get("{up}/p/2", ""), seen{"POST /up/x [hello]", "GET /up/2"}, "100 200 200"},
	}
}

// looseChunkCases have chunks whose lines or ends two readers take differently.
func looseChunkCases() []wireCase {
	const gone = "400 closed"
	chunks := func(text string) string { return post("{up}/p/x", "Transfer-Encoding: chunked\r\n", text) }
	inner := fmt.Sprintf("%x\r\n%s\r\n", len(smuggled), smuggled)
	return []wireCase{
		{"TERM.EXT", chunks("2;\nxx\r\n" + inner + "0\r\n\r\n"), nil, gone},
		{"TERM.EXT by a bare CR", chunks("2;\rxx\r\n" + inner + "0\r\n\r\n"), nil, gone},
		{"EXT.TERM", chunks(fmt.Sprintf("%x;\n%s", len(inner)+3, inner) + "0\r\n\r\n"), nil, gone},
		{"TERM.EXT in the last chunk", chunks("0;\n\r\n" + smuggled), nil, gone},
		{"TERM.SPILL", chunks("5\r\nhello\n" + inner + "0\r\n\r\n"), nil, gone},
		{"SPILL.TERM", chunks("5\r\nhelloXX0\r\n\r\n" + smuggled), nil, gone},
		{"SPILL.TERM by a bare CR", chunks("5\r\nhello\r0\r\n\r\n"), nil, gone},
		{"a chunk that ends in two LF", chunks("5\r\nhello\n\n0\r\n\r\n"), nil, gone},
		{"a chunk that ends in nothing", chunks("5\r\nhello0\r\n\r\n"), nil, gone},
		{"a chunk that ends in CR CR LF", chunks("5\r\nhello\r\r\n0\r\n\r\n"), nil, gone},
		{"a chunk extension that is folded", chunks("5;a\r\n b\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk extension with a NUL", chunks("5;a\x00b\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk extension with LF in quotes", chunks("5;a=\"x\ny\"\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk extension with an escaped quote", chunks("5;a=\"\\\"\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk extension without a semicolon", chunks("5 a=b\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk extension of 5,000 bytes", chunks("5;" + strings.Repeat("a", 5000) + "\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"an empty chunk extension", chunks("5;\r\nhello\r\n0;\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"a chunk size of many zeros", chunks(strings.Repeat("0", 40) + "5\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk size of 16 digits", chunks("fffffffffffffff5\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk size with an underscore", chunks("0_5\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk size below 0", chunks("-1\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk size with a tab", chunks("5\t\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk size with a vertical tab", chunks("5\v\r\nhello\r\n0\r\n\r\n"), nil, gone},
		{"a chunk size behind an empty line", chunks("5\r\nhello\r\n\r\n0\r\n\r\n"), nil, gone},
		{"a last chunk of many zeros", chunks("5\r\nhello\r\n000\r\n\r\n"), seen{"POST /up/x [hello]"}, "200"},
		{"a last chunk that is 0x0", chunks("5\r\nhello\r\n0x0\r\n\r\n"), nil, gone},
		{"a trailer with a bare CR", chunks("0\r\nX: a\rb\r\n\r\n"), nil, gone},
		{"a trailer that ends in a bare LF", chunks("0\r\n\n" + smuggled), nil, gone},
		{"a trailer without a colon", chunks("0\r\nX\r\n\r\n"), nil, gone},
		{"a trailer of a caller", chunks("2\r\nhi\r\n0\r\nAuthorization: evil\r\nX-Forwarded-For: 6.6.6.6\r\nExpect: y\r\n\r\n"), seen{"POST /up/x [hi]"}, "200"},
		{"a trailer of 5,000 bytes", chunks("0\r\nX: " + strings.Repeat("a", 5000) + "\r\n\r\n"), nil, gone},
	}
}

// earlyCases have an answer that comes before the body: what follows it is that body, for
// the gateway and for the backend.
func earlyCases() []wireCase {
	length := fmt.Sprintf("Content-Length: %d\r\n", len(smuggled))
	chunked := "Transfer-Encoding: chunked\r\n"
	inner := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
	next := get("{up}/p/2", "")
	return []wireCase{
		{"CL.0, POST", post("{up}/none", length, smuggled) + next, seen{"GET /up/2"}, "403 200"},
		{"CL.0, GET", get("{up}/none", length) + smuggled + next, seen{"GET /up/2"}, "403 200"},
		{"CL.0 by a stage that is none", post("/none/x", length, smuggled) + next, seen{"GET /up/2"}, "403 200"},
		{"CL.0 with a pause", post("{up}/none", length, "{answer}"+smuggled) + next, seen{"GET /up/2"}, "403 200"},
		{"CL.0 with a pause in the body", post("{up}/none", length, smuggled[:20]+"{answer}"+smuggled[20:]) + next, seen{"GET /up/2"}, "403 200"},
		{"a pause before a body that is too much to wait for", post("{up}/none", "Content-Length: 1000000\r\n", "{answer}"+smuggled), nil, "403 closed"},
		{"a pause, and no body", post("{up}/none", "Content-Length: 0\r\n", "{answer}") + next, seen{"GET /up/2"}, "403 200"},
		{"TE.0, OPTIONS", "OPTIONS {up}/none HTTP/1.1\r\n{host}" + chunked + "\r\n" + inner, nil, "403 closed"},
		{"TE.0, POST", post("{up}/none", chunked, inner), nil, "403 closed"},
		{"TE.0 with a pause", post("{up}/none", chunked, "{answer}"+inner), nil, "403 closed"},
		{"TE.0, GET, to the end", get("{up}/p/x", chunked) + "1\r\nG\r\n0\r\n\r\n" + next, seen{"GET /up/x [G]", "GET /up/2"}, "200 200"},
		{"0.CL with a bare LF in front of the body", post("{up}/p/x", "Content-Length: 5\r\n\n", "hello"), nil, "400 closed"},
	}
}
