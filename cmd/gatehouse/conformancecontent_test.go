package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
)

// A payload as text, and the bytes that it is the base64 of.
const (
	payloadText  = "/wD+aGVsbG8="
	payloadBytes = "\xff\x00\xfehello"
)

const (
	toBinary = "CONVERT_TO_BINARY"
	toText   = "CONVERT_TO_TEXT"
)

// binaryAPI has binary media types, none for the API without a list.
func binaryAPI(types ...string) tree {
	if len(types) == 0 {
		return nil
	}
	return tree{"x-amazon-apigateway-binary-media-types": types}
}

// handled is an integration under a contentHandling; "" is none.
func handled(handling string) tree {
	if handling == "" {
		return tree{}
	}
	return tree{"contentHandling": handling}
}

func contentHandlingCases() []conformanceCase {
	var cases []conformanceCase
	images := []string{"image/png", "audio/*"}
	request := func(name, payload, contentType string, types []string, handling, want string) {
		send := "POST {x} HTTP/1.1\n"
		if contentType != "" {
			send += "Content-Type: " + contentType + "\n"
		}
		cases = append(cases, conformanceCase{name: name, api: binaryAPI(types...), method: ofHTTP("/", handled(handling)), send: send + "\n" + payload,
			saw: "POST / HTTP/1.1\n…\n\n" + want, want: "200\n…"})
	}
	request("request: text, no list", payloadText, "text/plain", nil, "", payloadText)
	request("request: text, no list, to binary", payloadText, "image/png", nil, toBinary, payloadBytes)
	request("request: text, no list, to text", payloadText, "image/png", nil, toText, payloadText)
	request("request: text, no match", payloadText, "text/plain", images, "", payloadText)
	request("request: text, no match, to binary", payloadText, "text/plain", images, toBinary, payloadBytes)
	request("request: text, no match, to text", payloadText, "text/plain", images, toText, payloadText)
	request("request: binary, match", payloadBytes, "image/png", images, "", payloadBytes)
	request("request: binary, match, to binary", payloadBytes, "image/png", images, toBinary, payloadBytes)
	request("request: binary, match, to text", payloadBytes, "image/png", images, toText, payloadText)
	request("a type with parameters matches", payloadBytes, "image/png; q=1", images, toText, payloadText)
	request("a wildcard matches", payloadBytes, "audio/ogg", images, toText, payloadText)
	request("*/* matches everything", payloadBytes, "application/json", []string{"*/*"}, toText, payloadText)
	request("*/* matches no type at all", payloadBytes, "", []string{"*/*"}, toText, payloadText)
	request("a wildcard in front matches nothing", payloadText, "x/test", []string{"*/test"}, toText, payloadText)
	request("a wildcard in front does not even match its text", payloadText, "*/test", []string{"*/test"}, toText, payloadText)
	request("text that is no UTF-8", "a\xffb", "text/plain", nil, "", "a\uFFFDb")

	response := func(name, payload, sent, accept string, types []string, handling, want string) {
		send := "GET {x} HTTP/1.1\n"
		if accept != "" {
			send += "Accept: " + accept + "\n"
		}
		cases = append(cases, conformanceCase{name: name, api: binaryAPI(types...), method: ofHTTP("/", tree{"responses": responses("200", handled(handling))}, handled(toText)), send: send,
			answer: "HTTP/1.1 200 OK\nContent-Type: " + sent + "\n\n" + payload, want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\n" + want})
	}
	const png, html = "image/png", "text/html"
	all := []string{"application/*"}
	response("Accept image/* does not match image/png", payloadText, html, "image/*", []string{png}, "", payloadText)
	response("Accept */* does not match image/png", payloadText, html, "*/*", []string{png}, "", payloadText)
	response("Accept application/whatever matches application/*", payloadText, html, "application/whatever", all, "", payloadBytes)
	response("Accept application/* matches application/*", payloadText, html, "application/*", all, "", payloadBytes)
	response("response: no list", payloadText, png, png, nil, "", payloadText)
	response("response: no list, to binary", payloadText, png, png, nil, toBinary, payloadBytes)
	response("response: no list, to text", payloadText, png, png, nil, toText, payloadText)
	response("response: text, not asked for", payloadText, html, html, images, "", payloadText)
	response("response: text, not asked for, to binary", payloadText, html, html, images, toBinary, payloadBytes)
	response("response: text, not asked for, to text", payloadText, html, html, images, toText, payloadText)
	response("response: text, asked for", payloadText, html, png, images, "", payloadBytes)
	response("response: text, asked for, to binary", payloadText, html, png, images, toBinary, payloadBytes)
	response("response: text, asked for, to text", payloadText, html, png, images, toText, payloadText)
	response("response: binary, not asked for", payloadBytes, png, html, images, "", payloadText)
	response("response: binary, not asked for, to binary", payloadBytes, png, html, images, toBinary, payloadBytes)
	response("response: binary, not asked for, to text", payloadBytes, png, html, images, toText, payloadText)
	response("response: binary, asked for", payloadBytes, png, png, images, "", payloadBytes)
	response("response: binary, asked for, to binary", payloadBytes, png, png, images, toBinary, payloadBytes)
	response("response: binary, asked for, to text", payloadBytes, png, png, images, toText, payloadText)
	response("the first type of Accept counts", payloadBytes, png, "image/png;q=0.1, text/html", images, "", payloadBytes)
	response("no Accept asks for nothing", payloadBytes, png, "", images, "", payloadText)

	fails := func(name string, types []string, method tree, send, answer, log string) {
		cases = append(cases, conformanceCase{name: name, api: binaryAPI(types...), method: method, send: send, answer: answer, want: internalErrorAnswer, log: log})
	}
	fails("a template and binary bytes", images, ofHTTP("/", tree{"requestTemplates": tree{"image/png": "$input.body"}}), "POST {x} HTTP/1.1\nContent-Type: image/png\n\n"+payloadBytes, "", "Unable to transform request")
	fails("a request that is no base64", nil, ofHTTP("/", handled(toBinary)), "POST {x} HTTP/1.1\nContent-Type: text/plain\n\nhello!", "", "Unable to base64 decode the body.")
	fails("a response that is no base64", nil, ofHTTP("/", tree{"responses": responses("200", handled(toBinary))}), "GET {x} HTTP/1.1", "hello!", "Unable to base64 decode the body.")
	function := func(name, accept, answer, want string) {
		cases = append(cases, conformanceCase{name: name, api: binaryAPI("image/png"), method: ofFunction(), send: "POST {x} HTTP/1.1\nContent-Type: image/png\nAccept: " + accept + "\n\n" + payloadBytes,
			answer: answer, saw: eventOf(`"body":"` + payloadText + `","isBase64Encoded":true}`), want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\n" + want})
	}
	coded := `{"isBase64Encoded": true, "body": "` + payloadText + `"}`
	function("functions and bytes, asked for", "image/png", coded, payloadBytes)
	function("functions and bytes, not asked for", "text/html, image/png", coded, payloadText)
	return append(append(cases,
		conformanceCase{name: "a template sees base64", api: binaryAPI(images...), method: ofHTTP("/", handled(toText), tree{"requestTemplates": tree{"image/png": `{"image": "$input.body"}`}}),
			send: "POST {x} HTTP/1.1\nContent-Type: image/png\n\n" + payloadBytes, saw: "POST / HTTP/1.1\n…\n\n" + `{"image": "` + payloadText + `"}`, want: "200\n…"},
		conformanceCase{name: "bytes need passthrough", api: binaryAPI(images...), method: ofHTTP("/", tree{"passthroughBehavior": "never"}),
			send: "POST {x} HTTP/1.1\nContent-Type: image/png\n\n" + payloadBytes, saw: nothing, want: unsupportedAnswer},
		conformanceCase{name: "HTTP_PROXY passes bytes", api: binaryAPI(images...), method: ofProxy("/"), send: "POST {x} HTTP/1.1\nContent-Type: text/plain\nAccept: text/plain\n\n" + payloadBytes,
			answer: "HTTP/1.1 200 OK\nContent-Type: image/png\n\n" + payloadBytes, saw: "POST / HTTP/1.1\n…\n\n" + payloadBytes,
			want: "200\nContent-Type: image/png\nx-amzn-Remapped-Content-Length: 8\n\n" + payloadBytes}),
		compressionCases()...)
}

func compressionCases() []conformanceCase {
	long := strings.Repeat("0123456789", 20)
	const least = 100
	compressing := tree{"x-amazon-apigateway-minimum-compression-size": least}
	answered := func(name, variant string, api tree, body, accept, coding string) conformanceCase {
		c := conformanceCase{name: name, variant: variant, api: api, method: ofMock(says(body)), send: "GET {x} HTTP/1.1\n", want: okEmpty + body}
		if accept != "none" {
			c.send += "Accept-Encoding: " + accept
		}
		if coding != "" {
			c.want = "200\n" + jsonType + "Content-Encoding: " + coding + "\nContent-Length: {number}\n\n…"
		}
		return c
	}
	inflated := func(name string, api tree, coding, sent, got, kept string) conformanceCase {
		return conformanceCase{name: name, api: api, method: ofProxy("/"), send: "POST {x} HTTP/1.1\nContent-Encoding: " + coding + "\n\n" + sent, saw: "POST / HTTP/1.1\n" + strings.TrimSpace("Content-Encoding: "+kept) + "\n…\n\n" + got, want: "200\n…"}
	}
	cases := []conformanceCase{
		answered("compressed", "gzip", compressing, long, "gzip", "gzip"),
		answered("compressed", "deflate", compressing, long, "deflate", "deflate"),
		answered("compression is off", "", nil, long, "gzip", ""),
		answered("too short to be compressed", "", compressing, "short", "gzip", ""),
		answered("no Accept-Encoding", "", compressing, long, "none", ""),
		answered("another coding goes first", "", compressing, long, "br, gzip", ""),
		{name: "compressed by the backend", api: compressing, method: ofProxy("/"), send: "GET {x} HTTP/1.1\nAccept-Encoding: gzip", answer: "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Encoding: x\n\n" + long,
			want: "200\nContent-Type: text/plain\nContent-Encoding: x\nx-amzn-Remapped-Content-Length: 200\n\n" + long},
		{name: "compression comes behind the template", api: compressing, method: ofHTTP("/", says(long)), send: "GET {x} HTTP/1.1\nAccept-Encoding: gzip", answer: "short",
			want: "200\nContent-Encoding: gzip\n…"},
		inflated("a compressed request is inflated", nil, "gzip", squeezed("gzip", "hello"), "hello", ""),
		inflated("a compressed request is inflated, deflate", nil, "deflate", squeezed("deflate", "hello"), "hello", ""),
		inflated("a compressed request below the minimum", compressing, "gzip", squeezed("gzip", "hello"), squeezed("gzip", "hello"), "gzip"),
		{name: "a body that is not in its coding", method: ofProxy("/"), send: "POST {x} HTTP/1.1\nContent-Encoding: gzip\n\nhello", saw: nothing, want: unsupportedAnswer},
		{name: "a coding that nobody knows", method: ofProxy("/"), send: "POST {x} HTTP/1.1\nContent-Encoding: br\n\nhello", saw: nothing, want: unsupportedAnswer},
		{name: "a compressed body is validated inflated", api: validatedAPI, op: validatedOp("Pet"), method: ofMock(), send: "POST {x} HTTP/1.1\nContent-Encoding: gzip\n\n" + squeezed("gzip", `{"name": 1}`), want: invalidBodyAnswer},
	}
	for accept, coding := range map[string]string{"deflate,gzip": "deflate", "": "", "*": "", "deflate;q=0.5,gzip;q=1.0": "gzip", "gzip;q=1.0,identity;q=0.5,*;q=0": "gzip"} {
		cases = append(cases, answered("forms of Accept-Encoding", accept, compressing, long, accept, coding))
	}
	return cases
}

// squeezed compresses as clients do.
func squeezed(coding, text string) string {
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if coding == "deflate" {
		w = zlib.NewWriter(&b)
	}
	_, _ = io.WriteString(w, text) // a buffer takes everything
	_ = w.Close()
	return b.String()
}
