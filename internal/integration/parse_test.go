package integration

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// answer is what receive made of some bytes.
type answer struct {
	resp *httpmsg.Response
	body string
	keep bool
	rest int // bytes behind the answer
	err  error
}

func parseAnswer(r io.Reader, method string) answer {
	c := NewClient(Options{MaxBody: 1 << 20})
	x := newExchange()
	x.in.start(r)
	resp, keep, err := c.receive(x, &conn{}, &Request{Method: method})
	a := answer{keep: keep, rest: x.in.buffered(), err: err}
	if resp != nil {
		a.resp, a.body = &httpmsg.Response{Status: resp.Status, Header: slices.Clone(resp.Header)}, string(resp.Body)
		resp.Release()
	}
	if c.opts.Budget.Used() != 0 {
		panic("memory not given back")
	}
	return a
}

// A receiveCase is some bytes and what is to become of them.
type receiveCase struct {
	in     string
	method string // "" is GET
	status int
	header string // "Name=value|Name=value"
	body   string
	keep   bool
	err    error
}

func TestReceive(t *testing.T) {
	long := strings.Repeat("x", 70<<10)
	testReceive(t, map[string]receiveCase{
		"plain":                   {in: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", status: 200, header: "Content-Length=2", body: "hi", keep: true},
		"no reason":               {in: "HTTP/1.1 204\r\n\r\n", status: 204, keep: true},
		"empty reason":            {in: "HTTP/1.1 204 \r\n\r\n", status: 204, keep: true},
		"reason in Latin-1":       {in: "HTTP/1.1 200 t\xe9 o\tk\r\nContent-Length: 0\r\n\r\n", status: 200, header: "Content-Length=0", keep: true},
		"odd status":              {in: "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", status: 999, header: "Content-Length=0", keep: true},
		"spelling and order":      {in: "HTTP/1.1 204 x\r\nx-B: 1\r\nX-a:\t2 \r\nX-A:3\r\nE:\r\n\r\n", status: 204, header: "x-B=1|X-a=2|X-A=3|E=", keep: true},
		"close":                   {in: "HTTP/1.1 204 x\r\nconnection: foo, CLOSE\r\n\r\n", status: 204, header: "connection=foo, CLOSE"},
		"bytes behind":            {in: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 200 evil", status: 204},
		"bytes behind a body":     {in: "HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nab", status: 200, header: "Content-Length=1", body: "a"},
		"HTTP/1.0":                {in: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", status: 200, header: "Content-Length=2", body: "hi"},
		"to the close":            {in: "HTTP/1.1 200 OK\r\n\r\nall of it", status: 200, body: "all of it"},
		"to the close, 1.0":       {in: "HTTP/1.0 200 OK\r\n\r\n", status: 200},
		"HEAD":                    {in: "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", method: "HEAD", status: 200, header: "Content-Length=20", keep: true},
		"HEAD chunked":            {in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", method: "HEAD", status: 200, header: "Transfer-Encoding=chunked", keep: true},
		"304 with a length":       {in: "HTTP/1.1 304 x\r\nContent-Length: 20\r\n\r\n", status: 304, header: "Content-Length=20", keep: true},
		"interim answers":         {in: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 x\r\n\r\n", status: 204, keep: true},
		"endless interim answers": {in: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50), err: errInterim},
		"101":                     {in: "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", err: errSwitched},
		"chunked":                 {in: "HTTP/1.1 200 x\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n", status: 200, header: "transfer-encoding=Chunked", body: "abc0123456789", keep: true},
		"chunk extension":         {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3 ;a=\"b c\"\r\nabc\r\n0;x\r\n\r\n", status: 200, header: "Transfer-Encoding=chunked", body: "abc", keep: true},
		"trailers":                {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", status: 200, header: "Transfer-Encoding=chunked", body: "a", keep: true},
		"equal lengths":           {in: "HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", status: 200, header: "Content-Length=1|Content-Length=1", body: "a", keep: true},
		"long head":               {in: "HTTP/1.1 200 x\r\nA: " + long[:60<<10] + "\r\nContent-Length: 1\r\n\r\na", status: 200, header: "A=" + long[:60<<10] + "|Content-Length=1", body: "a", keep: true},
		"body over several reads": {in: "HTTP/1.1 200 x\r\nContent-Length: 71680\r\n\r\n" + long, status: 200, header: "Content-Length=71680", body: long, keep: true},
	})
}

func TestReceiveRefused(t *testing.T) {
	long := strings.Repeat("x", 70<<10)
	testReceive(t, map[string]receiveCase{
		"nothing":                  {in: "", err: io.EOF},
		"cut in the status":        {in: "HTTP/1.1 20", err: io.EOF},
		"cut in the head":          {in: "HTTP/1.1 200 OK\r\nContent-Le", err: io.EOF},
		"cut in the body":          {in: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", err: io.ErrUnexpectedEOF},
		"cut in a chunk":           {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", err: io.ErrUnexpectedEOF},
		"cut before the end chunk": {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", err: io.ErrUnexpectedEOF},
		"cut in the trailer":       {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n", err: io.ErrUnexpectedEOF},
		"not HTTP":                 {in: "SSH-2.0-OpenSSH", err: errSyntax},
		"HTTP/2 frame":             {in: "\x00\x00\x12\x04\x00\x00\x00\x00\x00", err: errSyntax},
		"HTTP/1.2":                 {in: "HTTP/1.2 200 OK\r\n\r\n", err: errStatusLine},
		"HTTP/2":                   {in: "HTTP/2 200 OK\r\n\r\n", err: errSyntax},
		"short status":             {in: "HTTP/1.1 20\r\n\r\n", err: errStatusLine},
		"long status":              {in: "HTTP/1.1 2000 OK\r\n\r\n", err: errStatusLine},
		"status below 100":         {in: "HTTP/1.1 099 x\r\n\r\n", err: errStatusLine},
		"two spaces":               {in: "HTTP/1.1  200 OK\r\n\r\n", err: errStatusLine},
		"NUL in the reason":        {in: "HTTP/1.1 200 O\x00K\r\n\r\n", err: errStatusLine},
		"CR in the reason":         {in: "HTTP/1.1 200 O\rK\r\n\r\n", err: errStatusLine},
		"LF lines":                 {in: "HTTP/1.1 200 OK\n\n", err: errSyntax},
		"one LF line":              {in: "HTTP/1.1 204 x\r\nA: b\nC: d\r\n\r\n", err: errSyntax},
		"bare CR":                  {in: "HTTP/1.1 204 x\r\nA: b\rc\r\n\r\n", err: errHeaderLine},
		"NUL in a value":           {in: "HTTP/1.1 204 x\r\nA: b\x00c\r\n\r\n", err: errHeaderLine},
		"folded line":              {in: "HTTP/1.1 204 x\r\nA: b\r\n c\r\n\r\n", err: errHeaderLine},
		"space before the colon":   {in: "HTTP/1.1 204 x\r\nA : b\r\n\r\n", err: errHeaderLine},
		"space before the name":    {in: "HTTP/1.1 204 x\r\n A: b\r\n\r\n", err: errHeaderLine},
		"no colon":                 {in: "HTTP/1.1 204 x\r\nA\r\n\r\n", err: errHeaderLine},
		"no name":                  {in: "HTTP/1.1 204 x\r\n: b\r\n\r\n", err: errHeaderLine},
		"head without an end":      {in: "HTTP/1.1 200 x\r\nA: " + long, err: errLong},
		"head over the limit":      {in: "HTTP/1.1 200 x\r\nA: " + long + "\r\n\r\n", err: errLong},
		"many lines":               {in: "HTTP/1.1 200 x\r\n" + strings.Repeat("A:b\r\n", maxLines+1) + "\r\n", err: errManyLines},
		"length and chunked":       {in: "HTTP/1.1 200 x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", err: errFraming},
		"lengths differ":           {in: "HTTP/1.1 200 x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", err: errFraming},
		"lengths spelled apart":    {in: "HTTP/1.1 200 x\r\nContent-Length: 3\r\nContent-Length: 03\r\n\r\nabc", err: errFraming},
		"list of lengths":          {in: "HTTP/1.1 200 x\r\nContent-Length: 3, 3\r\n\r\nabc", err: errLength},
		"signed length":            {in: "HTTP/1.1 200 x\r\nContent-Length: +3\r\n\r\nabc", err: errLength},
		"negative length":          {in: "HTTP/1.1 200 x\r\nContent-Length: -3\r\n\r\nabc", err: errLength},
		"huge length":              {in: "HTTP/1.1 200 x\r\nContent-Length: 99999999999999999999\r\n\r\nabc", err: errLength},
		"empty length":             {in: "HTTP/1.1 200 x\r\nContent-Length:\r\n\r\nabc", err: errLength},
		"gzip, chunked":            {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", err: errCoding},
		"chunked twice":            {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", err: errCoding},
		"identity":                 {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: identity\r\n\r\n", err: errCoding},
		"chunked in 1.0":           {in: "HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", err: errFraming},
		"body over the limit":      {in: "HTTP/1.1 200 x\r\nContent-Length: 1048577\r\n\r\nabc", err: httpmsg.ErrTooLarge},
		"close over the limit":     {in: "HTTP/1.1 200 x\r\n\r\n" + strings.Repeat("x", 1<<20+1), err: httpmsg.ErrTooLarge},
		"chunks over the limit":    {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n" + strings.Repeat("x", 1<<20+1) + "\r\n0\r\n\r\n", err: httpmsg.ErrTooLarge},
		"chunk size missing":       {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n", err: errChunk},
		"chunk size signed":        {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n", err: errChunk},
		"chunk size 0x":            {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", err: errChunk},
		"chunk size too long":      {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", err: errChunk},
		"chunk longer than said":   {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", err: errChunk},
		"chunk without CRLF":       {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n", err: errChunk},
		"chunk line ends in LF":    {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", err: errChunk},
		"chunk data ends in LF":    {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", err: errChunk},
		"long extension":           {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3;" + long + "\r\nabc\r\n0\r\n\r\n", err: errLong},
		"many extensions":          {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+long[:100]+"\r\na\r\n", 50) + "0\r\n\r\n", err: errChunk},
		"many leading zeros":       {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("000000000000001\r\na\r\n", 400) + "0\r\n\r\n", err: errChunk},
		"CR in an extension":       {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n0\r\n\r\n", err: errChunk},
		"long trailer":             {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 1000) + "\r\n", err: errLong},
		"bad trailer":              {in: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA b\r\n\r\n", err: errChunk},
	})
}

func testReceive(t *testing.T, tests map[string]receiveCase) {
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.method == "" {
				tt.method = "GET"
			}
			for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				got := parseAnswer(r, tt.method)
				if !errors.Is(got.err, tt.err) {
					t.Fatalf("error %v, want %v", got.err, tt.err)
				}
				if tt.err != nil {
					continue
				}
				if got.resp.Status != tt.status || got.body != tt.body || joined(got.resp.Header) != tt.header {
					t.Fatalf("got %d %q %.60q, want %d %q %.60q", got.resp.Status, joined(got.resp.Header), got.body, tt.status, tt.header, tt.body)
				}
				// Bytes that have not arrived yet cannot be seen: those readers hold
				// only what follows the answer, the whole-string one shows it.
				if _, whole := r.(*strings.Reader); whole && got.keep != tt.keep {
					t.Fatalf("keep %v, want %v", got.keep, tt.keep)
				}
			}
		})
	}
}

func joined(h httpmsg.Header) string {
	var lines []string
	for _, f := range h {
		lines = append(lines, f.Name+"="+f.Value)
	}
	return strings.Join(lines, "|")
}

// FuzzReceive holds the parser against net/http: what ours takes, that one
// takes too and reads as the same answer, with the same end.
func FuzzReceive(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 404 x",
		"HTTP/1.0 200 OK\r\nX-a: b\r\nx-A:  c \r\n\r\nrest",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\nT: u\r\n\r\nmore",
		"HTTP/1.1 304 x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
		"HTTP/1.1 200 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 x\r\nContent-Length: 01\r\nContent-Length: 1\r\n\r\na",
		"HTTP/1.1 200 x\nA: b\n\n",
		"HTTP/1.1 204 \r\nA: b\r\n c\r\nConnection: keep-alive\r\n\r\n",
	} {
		f.Add([]byte(seed), "GET")
		f.Add([]byte(seed), "HEAD")
	}
	f.Fuzz(func(t *testing.T, data []byte, method string) {
		if !httpmsg.ValidName(method) || method == "CONNECT" {
			return
		}
		got := parseAnswer(bytes.NewReader(data), method)
		slow := parseAnswer(iotest.OneByteReader(bytes.NewReader(data)), method)
		if (got.err == nil) != (slow.err == nil) {
			t.Fatalf("in one piece: %v, byte by byte: %v", got.err, slow.err)
		}
		if got.err != nil {
			return
		}
		if slow.body != got.body || !reflect.DeepEqual(slow.resp.Header, got.resp.Header) || slow.resp.Status != got.resp.Status {
			t.Fatalf("in one piece: %+v, byte by byte: %+v", got, slow)
		}
		compare(t, data, method, got)
	})
}

func compare(t *testing.T, data []byte, method string, got answer) {
	t.Helper()
	br := bufio.NewReaderSize(bytes.NewReader(data), len(data)+4096)
	want, err := http.ReadResponse(br, &http.Request{Method: method})
	for err == nil && want.StatusCode < 200 {
		want, err = http.ReadResponse(br, &http.Request{Method: method})
	}
	if err != nil {
		t.Fatalf("net/http refuses what we took: %v", err)
	}
	body, err := io.ReadAll(want.Body)
	if err != nil {
		t.Fatalf("net/http refuses the body we took: %v", err)
	}
	if got.resp.Status != want.StatusCode || got.body != string(body) {
		t.Fatalf("got %d %q, net/http has %d %q", got.resp.Status, got.body, want.StatusCode, body)
	}
	if got.keep && (want.Close || br.Buffered() > 0 || got.rest > 0) {
		t.Fatal("kept a connection that net/http would close")
	}
	if got.rest != br.Buffered() && !want.Close {
		t.Fatalf("%d bytes behind the answer, net/http has %d", got.rest, br.Buffered())
	}
	header := http.Header{}
	for _, f := range got.resp.Header {
		switch key := textproto.CanonicalMIMEHeaderKey(f.Name); key {
		case "Transfer-Encoding", "Trailer": // net/http takes them out
		default:
			header[key] = append(header[key], f.Value)
		}
	}
	if lines := header["Content-Length"]; len(lines) > 1 {
		header["Content-Length"] = lines[:1] // equal ones are merged there
	}
	if want.Close { // net/http may have taken it out
		delete(header, "Connection")
		want.Header.Del("Connection")
	}
	want.Header.Del("Trailer")
	if want.TransferEncoding != nil || !bytes.Contains(bytes.ToLower(data), []byte("content-length")) {
		want.Header.Del("Content-Length")
	}
	if !reflect.DeepEqual(header, want.Header) {
		t.Fatalf("header %v, net/http has %v", header, want.Header)
	}
}

func BenchmarkParseHead(b *testing.B) {
	data := []byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n" +
		"Content-Type: application/json\r\nContent-Length: 15\r\nConnection: keep-alive\r\nETag: \"abc\"\r\n\r\n")
	room := make(httpmsg.Header, 0, usualLines)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseHead(data, room); err != nil {
			b.Fatal(err)
		}
	}
}
