package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// A wire is a Transport of what a client has sent, at most step bytes at a time. At its
// end is err.
type wire struct {
	left []byte
	step int
	err  error
	out  bytes.Buffer
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.left) == 0 {
		return 0, w.err
	}
	n := copy(p[:min(len(p), w.step)], w.left)
	w.left = w.left[n:]
	return n, nil
}

func (w *wire) Await() (*Buffer, int, error) {
	if len(w.left) == 0 {
		return nil, 0, w.err
	}
	buf := NewBuffer()
	n, err := w.Read(buf.Bytes())
	return buf, n, err
}

func (w *wire) Write(p []byte) (int, error) { return w.out.Write(p) }

// talk reads all requests of a connection with their bodies, and says what it has read,
// one a line, and how it has ended. each may be nil.
func talk(w *wire, each func(*Request, []byte)) string {
	var c Conn
	c.Reset(w)
	defer c.Close()
	var said strings.Builder
	for {
		q, err := c.Next()
		if err != nil {
			return said.String() + err.Error()
		}
		fmt.Fprintf(&said, "%s %s at %q", q.Method, q.Target, q.Host)
		for name, value := range q.Header.All() {
			fmt.Fprintf(&said, " %s=%q", name, value)
		}
		body, err := io.ReadAll(c.Body())
		if len(body) > 0 {
			fmt.Fprintf(&said, " %q", body)
		}
		if q.Close {
			said.WriteString(" closes")
		}
		said.WriteString("\n")
		if err != nil {
			return said.String() + err.Error()
		}
		if each != nil {
			each(q, body)
		}
		c.Release()
	}
}

const (
	get     = "GET / HTTP/1.1\r\nHost: a\r\n"
	chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	aGet    = "GET / at \"a\"\n"
)

var (
	bad       = BadRequest.Error()
	malformed = "POST / at \"a\"\n" + ErrMalformed.Error()
)

// What a client sends is read as one thing, in whatever pieces it comes, or refused.
func TestRequests(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"nothing":                        {"", "EOF"},
		"a request":                      {get + "\r\n", aGet + "EOF"},
		"several":                        {get + "\r\n" + get + "\r\n", aGet + aGet + "EOF"},
		"lines in order and spelling":    {"PUT /x?y HTTP/1.1\r\nb: 1\r\nHOST: h:80\r\nA:  2\t\r\nB:\r\nx-y: \xe9 \"\r\n\r\n", "PUT /x?y at \"h:80\" b=\"1\" A=\"2\" B=\"\" x-y=\"\\xe9 \\\"\"\nEOF"},
		"more lines than a buffer's":     {get + strings.Repeat("A: b\r\n", 30) + "\r\n", "GET / at \"a\"" + strings.Repeat(" A=\"b\"", 30) + "\nEOF"},
		"a body":                         {get + "Content-Length: 3\r\n\r\n\n\n\n" + get + "\r\n", "GET / at \"a\" Content-Length=\"3\" \"\\n\\n\\n\"\n" + aGet + "EOF"},
		"a length of nothing":            {get + "Content-Length: 000\r\n\r\n" + get + "\r\n", "GET / at \"a\" Content-Length=\"000\"\n" + aGet + "EOF"},
		"a body that breaks off":         {get + "Content-Length: 3\r\n\r\nab", "GET / at \"a\" Content-Length=\"3\" \"ab\"\nunexpected EOF"},
		"chunks":                         {chunked + "3\r\na\nb\r\n0A\r\n0123456789\r\n0\r\n\r\n" + get + "\r\n", "POST / at \"a\" \"a\\nb0123456789\"\n" + aGet + "EOF"},
		"chunked, in capitals":           {get + "transfer-encoding:CHUNKED\r\n\r\n0\r\n\r\n", aGet + "EOF"},
		"extensions and trailers":        {chunked + "1;a=\"b\";c\r\na\r\n0;d\r\nA: b\r\nContent-Length: 9\r\n\r\n" + get + "\r\n", "POST / at \"a\" \"a\"\n" + aGet + "EOF"},
		"HTTP/1.0":                       {"GET / HTTP/1.0\r\n\r\n", "GET / at \"\" closes\nEOF"},
		"HTTP/1.0, kept":                 {"GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n", "GET / at \"\" Connection=\"x, Keep-Alive\"\nEOF"},
		"asks to close":                  {get + "Connection: a,Close\r\n\r\n", "GET / at \"a\" Connection=\"a,Close\" closes\nEOF"},
		"no wish to close":               {get + "Connection: closed, unclose\r\n\r\n", "GET / at \"a\" Connection=\"closed, unclose\"\nEOF"},
		"absolute form":                  {"GET HTTP://A:80/x?y HTTP/1.1\r\nhost: \ta:80 \r\n\r\n", "GET HTTP://A:80/x?y at \"A:80\"\nEOF"},
		"asterisk":                       {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * at \"a\"\nEOF"},
		"an empty Host":                  {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / at \"\"\nEOF"},
		"empty lines behind a POST":      {chunked + "0\r\n\r\n\r\n\r\n" + get + "\r\n", "POST / at \"a\"\n" + aGet + "EOF"},
		"more of them":                   {chunked + "0\r\n\r\n\r\n\r\n\r\n" + get + "\r\n", "POST / at \"a\"\n" + bad},
		"an LF behind a POST":            {chunked + "0\r\n\r\n\n", "POST / at \"a\"\nEOF"},
		"an end behind them":             {chunked + "0\r\n\r\n\r\n", "POST / at \"a\"\nEOF"},
		"an empty line in front":         {"\r\n" + get + "\r\n", bad},
		"an empty line behind a GET":     {get + "\r\n\r\n" + get + "\r\n", aGet + bad},
		"a CR in front":                  {"\r\r\n" + get + "\r\n", bad},
		"a request that breaks off":      {get, bad},
		"a first line that breaks off":   {"GET", bad},
		"no target":                      {"GET  HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"two words":                      {"GET /\r\nHost: a\r\n\r\n", bad},
		"a space more":                   {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", bad},
		"a blank in front":               {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"a tab in the target":            {"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"a control in the target":        {"GET /a\x00b HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"a bad escape":                   {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"an escape that breaks off":      {"GET /%a HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"a percent sign in the query":    {"GET /?% HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?% at \"a\"\nEOF"},
		"another version":                {"GET / HTTP/9.9\r\nHost: a\r\n\r\n", VersionNotServed.Error()},
		"HTTP/0.9":                       {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", VersionNotServed.Error()},
		"HTTP/1.2":                       {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", bad},
		"a preface":                      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bad},
		"a version in small letters":     {"GET / http/1.1\r\nHost: a\r\n\r\n", bad},
		"another coding":                 {get + "Transfer-Encoding: gzip\r\n\r\n", NotImplemented.Error()},
		"several codings":                {get + "Transfer-Encoding: gzip, chunked\r\n\r\n", NotImplemented.Error()},
		"a coding behind a control":      {get + "Transfer-Encoding: \x0bchunked\r\n\r\n", bad},
		"a blank behind a coding's name": {get + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", bad},
		"no Host":                        {"GET / HTTP/1.1\r\n\r\n", bad},
		"two Hosts":                      {get + "Host: a\r\n\r\n", bad},
		"a Host of several":              {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", bad},
		"a Host with a path":             {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", bad},
		"LF alone":                       {"GET / HTTP/1.1\nHost: a\n\n", bad},
		"LF alone in a header":           {get + "A: b\n\r\n", bad},
		"LF alone at the end":            {get + "\n", bad},
		"LF alone in front":              {"\n" + get + "\r\n", bad},
		"CR alone":                       {get + "A: b\rC: d\r\n\r\n", bad},
		"CR alone at the end":            {get + "\r\r\n\r\n", bad},
		"folded":                         {get + "A: b\r\n c\r\n\r\n", bad},
		"folded by a tab":                {get + "A: b\r\n\tc: d\r\n\r\n", bad},
		"no name":                        {get + ": b\r\n\r\n", bad},
		"no colon":                       {get + "A\r\n\r\n", bad},
		"a name with a blank":            {get + "A : b\r\n\r\n", bad},
		"a control in a value":           {get + "A: \x00\r\n\r\n", bad},
		"two lengths":                    {get + "Content-Length: 1\r\ncontent-length: 1\r\n\r\na", bad},
		"length and coding":              {get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad},
		"coding and length":              {get + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", bad},
		"coding twice":                   {get + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", bad},
		"coding in HTTP/1.0":             {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad},
		"signed length":                  {get + "Content-Length: +1\r\n\r\na", bad},
		"a list of lengths":              {get + "Content-Length: 1, 1\r\n\r\na", bad},
		"empty length":                   {get + "Content-Length:\r\n\r\na", bad},
		"long length":                    {get + "Content-Length: 1000000000000000000\r\n\r\na", bad},
		"another host":                   {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"another port":                   {"GET http://a:1/ HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"userinfo":                       {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"userinfo in both":               {"GET http://u@a/ HTTP/1.1\r\nHost: u@a\r\n\r\n", bad},
		"no authority":                   {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"another scheme":                 {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"a target without a slash":       {"GET x HTTP/1.1\r\nHost: a\r\n\r\n", bad},
		"CONNECT":                        {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", bad},
		"Expect something else":          {get + "Expect: 200-ok\r\n\r\n", ExpectationFailed.Error()},
		"Expect several":                 {get + "Expect: 100-continue\r\nExpect: x\r\nContent-Length: 1\r\n\r\na", ExpectationFailed.Error()},
		"a head of many lines":           {get + strings.Repeat("A:\r\n", MaxLines) + "\r\n", HeadTooLarge.Error()},
		"a head without an end":          {get + "A: " + strings.Repeat("a", MaxHead), HeadTooLarge.Error()},
		"a head of lines without an end": {get + strings.Repeat("A: b\r\n", MaxHead/6), HeadTooLarge.Error()},
		"chunk size without digit":       {chunked + ";a\r\n", malformed},
		"chunk size with a blank":        {chunked + "1 \r\na\r\n0\r\n\r\n", malformed},
		"chunk size with a blank before": {chunked + " 1\r\na\r\n0\r\n\r\n", malformed},
		"chunk size with a prefix":       {chunked + "0x1\r\na\r\n0\r\n\r\n", malformed},
		"chunk size with a sign":         {chunked + "+1\r\na\r\n0\r\n\r\n", malformed},
		"chunk size of 16 digits":        {chunked + "0000000000000001\r\na", malformed},
		"chunk size of controls":         {chunked + "\x11\r\na", malformed},
		"chunk size in LF":               {chunked + "1\na\r\n0\r\n\r\n", malformed},
		"chunk size with a CR more":      {chunked + "1\r\r\na\r\n0\r\n\r\n", malformed},
		"control in an extension":        {chunked + "1;\ra\r\na", malformed},
		"LF in an extension":             {chunked + "1;a\nb\r\na\r\n0\r\n\r\n", malformed},
		"quoted extension":               {chunked + "1;a=\"b\\\"c\";d=\"\\\\\"\r\na\r\n0\r\n\r\n", "POST / at \"a\" \"a\"\nEOF"},
		"quote without its end":          {chunked + "1;a=\"b\r\na\r\n0\r\n\r\n", malformed},
		"an end that is escaped":         {chunked + "1;a=\"b\\\"\r\na\r\n0\r\n\r\n", malformed},
		"a long extension":               {chunked + "1;" + strings.Repeat("a", maxLine) + "\r\na\r\n0\r\n\r\n", malformed},
		"many extensions":                {chunked + strings.Repeat("1;"+strings.Repeat("a", 1000)+"\r\na\r\n", 17), "POST / at \"a\" \"" + strings.Repeat("a", 16) + "\"\n" + ErrMalformed.Error()},
		"chunk without its CR":           {chunked + "1\r\na\n0\r\n\r\n", "POST / at \"a\" \"a\"\n" + ErrMalformed.Error()},
		"chunk without its LF":           {chunked + "1\r\na\rb", "POST / at \"a\" \"a\"\n" + ErrMalformed.Error()},
		"a chunk that is longer":         {chunked + "1\r\nab\r\n0\r\n\r\n", "POST / at \"a\" \"a\"\n" + ErrMalformed.Error()},
		"trailer in LF":                  {chunked + "0\r\nA: b\n\r\n", malformed},
		"trailer folded":                 {chunked + "0\r\nA: b\r\n c\r\n\r\n", malformed},
		"trailer without a colon":        {chunked + "0\r\nGET / HTTP/1.1\r\n\r\n", malformed},
		"control in a trailer":           {chunked + "0\r\nA: \x00\r\n\r\n", malformed},
		"a long trailer":                 {chunked + "0\r\n" + strings.Repeat("A: b\r\n", maxLine), malformed},
		"chunks that break off":          {chunked + "5\r\nabc", "POST / at \"a\" \"abc\"\nunexpected EOF"},
		"a size that breaks off":         {chunked + "5", "POST / at \"a\"\nunexpected EOF"},
		"a trailer that breaks off":      {chunked + "0\r\nA: b\r\n", "POST / at \"a\"\nunexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{1 << 20, 1, 3} {
				if got := talk(&wire{left: []byte(tt.in), step: step, err: io.EOF}, nil); got != tt.want {
					t.Errorf("%d bytes at a time: got %q, want %q", step, got, tt.want)
				}
			}
		})
	}
}

// Some refusals do not wait for what follows.
func TestRefusedAtOnce(t *testing.T) {
	for name, in := range map[string]string{
		"LF alone":             "GET / HTTP/1.1\n",
		"an empty line":        "\r\n",
		"a head that is large": get + strings.Repeat("A: b\r\n", MaxHead),
	} {
		t.Run(name, func(t *testing.T) {
			got := talk(&wire{left: []byte(in), step: 100, err: os.ErrDeadlineExceeded}, nil)
			if got != BadRequest.Error() && got != HeadTooLarge.Error() {
				t.Error(got)
			}
		})
	}
}

// A head that begins and does not come in its time is answered; a connection without
// one is not.
func TestLateHeads(t *testing.T) {
	for in, want := range map[string]string{
		"": os.ErrDeadlineExceeded.Error(), "G": Timeout.Error(), get: Timeout.Error(),
		get + "\r\n":                    aGet + os.ErrDeadlineExceeded.Error(),
		chunked + "0\r\n\r\n\r\n":       "POST / at \"a\"\n" + os.ErrDeadlineExceeded.Error(),
		chunked + "0\r\n\r\n\r\nG":      "POST / at \"a\"\n" + Timeout.Error(),
		get + "Content-Length: 1\r\n\r": Timeout.Error(),
	} {
		if got := talk(&wire{left: []byte(in), step: 1, err: os.ErrDeadlineExceeded}, nil); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	reset := errors.New("reset")
	if got := talk(&wire{left: []byte("GET"), step: 1, err: reset}, nil); got != "reset" {
		t.Errorf("got %q", got)
	}
}

// A client that waits is told to go on when its body is wanted, and no other.
func TestContinue(t *testing.T) {
	for name, tt := range map[string]struct {
		in       string
		answered bool
		told     bool
	}{
		"waits":                   {get + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", false, true},
		"waits with chunks":       {get + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, true},
		"the answer has begun":    {get + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\na", true, false},
		"no body":                 {get + "Expect: 100-continue\r\n\r\n", false, false},
		"HTTP/1.0":                {"GET / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", false, false},
		"an Expect without words": {get + "Expect:\r\nContent-Length: 1\r\n\r\na", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{left: []byte(tt.in), step: 100, err: io.EOF}
			var c Conn
			c.Reset(w)
			q, err := c.Next()
			if err != nil || !q.Expects || w.out.Len() > 0 {
				t.Fatal(err, q, w.out.String())
			}
			if tt.answered {
				c.Body().Answered()
			}
			if _, err := io.ReadAll(c.Body()); err != nil || !c.Body().Whole() {
				t.Error(err)
			}
			if told := w.out.String() == "HTTP/1.1 100 Continue\r\n\r\n"; told != tt.told {
				t.Errorf("wrote %q", w.out.String())
			}
		})
	}
}

// A connection holds no buffer between requests, and what has come of the next one.
func TestRelease(t *testing.T) {
	w := &wire{left: []byte(get + "\r\n" + get + "X: y"), step: 1 << 10, err: os.ErrDeadlineExceeded}
	var c Conn
	c.Reset(w)
	q, err := c.Next()
	if err != nil {
		t.Fatal(err)
	}
	host := q.Host
	if c.Release(); c.buf == nil || c.Buffered() != len(get)+len("X: y") || host != "a" {
		t.Errorf("%d bytes are left", c.Buffered())
	}
	w.left = []byte("\r\n\r\n")
	if q, err = c.Next(); err != nil || q.Header.Get("x") != "y" {
		t.Fatal(q, err)
	}
	if c.Release(); c.buf != nil || c.Buffered() != 0 {
		t.Errorf("a buffer is held for %d bytes", c.Buffered())
	}
}

func BenchmarkNext(b *testing.B) {
	request := []byte("GET /dev/api/v1/res1/2/items/3?x=1 HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\nAccept: */*\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
		"X-Api-Key: key-42-abcdefghijklmnop\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
	w := &wire{step: 4 << 10}
	var c Conn
	c.Reset(w)
	body := make([]byte, 2)
	b.ReportAllocs()
	b.SetBytes(int64(len(request)))
	for b.Loop() {
		w.left = request
		if _, err := c.Next(); err != nil {
			b.Fatal(err)
		}
		if n, err := c.Body().Read(body); n != 2 || err != io.EOF {
			b.Fatal(n, err)
		}
		c.Release()
	}
}
