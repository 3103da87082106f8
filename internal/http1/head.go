package http1

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Request is the head of a request as the client sent it.
type Request struct {
	Method string
	Target string         // in any form but that of CONNECT
	Host   string         // what Host says, or a target in absolute form; "" for none, which HTTP/1.0 allows
	HTTP10 bool           // it is one of HTTP/1.0
	Header httpmsg.Header // in the client's order and spelling, without Host and Transfer-Encoding

	Length  int64 // of the body in bytes, -1 for one in chunks
	Expects bool  // it has an Expect, so that the client may wait to be told to go on
	Close   bool  // the client wants the connection to end behind the answer

	waits bool // the client may wait for 100 (Continue)
	marks marks
}

// marks are what the lines of a header say of the request's own form.
type marks struct {
	authority string // of a target in absolute form
	hosts     int
	lengths   int
	codings   int
	coded     bool // in another way than by chunks
	version   bool // is none that is served
	expected  bool // something else than 100-continue
	keeps     bool // the client wants the connection to go on
}

// parse takes a head, each of whose lines ends in CRLF, the empty one included. The
// request's Header is memory for its lines. It returns 0 for a request that may be
// served.
func (q *Request) parse(text string) Refusal {
	*q = Request{Header: q.Header[:0]}
	line, rest, _ := strings.Cut(text, "\r\n")
	if !q.requestLine(line) {
		return BadRequest
	}
	for lines := 0; ; lines++ {
		line, rest, _ = strings.Cut(rest, "\r\n")
		if line == "" {
			return q.judge()
		}
		if lines == MaxLines {
			return HeadTooLarge
		}
		if len(q.Header) == cap(q.Header) { // once
			q.Header = slices.Grow(q.Header, 1+min(strings.Count(rest, "\n"), MaxLines-lines))
		}
		if !q.line(line) {
			return BadRequest
		}
	}
}

// requestLine takes the first line, and reports whether it is well formed.
func (q *Request) requestLine(line string) bool {
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	if !httpmsg.ValidName(method) || method == "CONNECT" { // what follows CONNECT need not be a request
		return false
	}
	switch version {
	case "HTTP/1.1":
	case "HTTP/1.0":
		q.HTTP10 = true
	default:
		if !isVersion(version) || version[5] == '1' || version[5] == '2' {
			return false // it may not be taken for HTTP/1.1, nor for the preface of HTTP/2
		}
		q.marks.version = true
	}
	q.Method, q.Target = method, target
	return q.checkTarget()
}

// isVersion reports whether s is HTTP/ with a digit, a dot and a digit behind.
func isVersion(s string) bool {
	return len(s) == len("HTTP/1.1") && s[:5] == "HTTP/" && isDigit(s[5]) && s[6] == '.' && isDigit(s[7])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// checkTarget reports whether the target has a form that every reader understands.
func (q *Request) checkTarget() bool {
	target := q.Target
	switch {
	case target == "" || !httpmsg.ValidText(target) || strings.IndexByte(target, '\t') >= 0:
		return false
	case target == "*":
		return true
	case target[0] == '/':
		path, _, _ := strings.Cut(target, "?")
		return escaped(path)
	}
	scheme, authority, ok := strings.Cut(target, "://")
	if !ok || !httpmsg.EqualFold(scheme, "http") && !httpmsg.EqualFold(scheme, "https") {
		return false
	}
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	q.marks.authority = authority
	_, err := url.ParseRequestURI(target)
	return authority != "" && err == nil
}

// escaped reports whether each percent sign of a path begins an escape.
func escaped(path string) bool {
	for {
		at := strings.IndexByte(path, '%')
		if at < 0 {
			return true
		}
		if len(path) < at+3 || !isHex(path[at+1]) || !isHex(path[at+2]) {
			return false
		}
		path = path[at+3:]
	}
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// line takes a header line, and reports whether it is well formed.
func (q *Request) line(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !httpmsg.ValidName(name) || !httpmsg.ValidText(value) {
		return false
	}
	value = httpmsg.TrimValue(value)
	switch len(name) {
	case len("Host"):
		if httpmsg.EqualFold(name, "Host") {
			q.marks.hosts++
			q.Host = value
			return validHost(value)
		}
	case len("Expect"):
		if httpmsg.EqualFold(name, "Expect") {
			q.expect(value)
		}
	case len("Connection"):
		if httpmsg.EqualFold(name, "Connection") {
			q.Close = q.Close || httpmsg.HasToken(value, "close")
			q.marks.keeps = q.marks.keeps || httpmsg.HasToken(value, "keep-alive")
		}
	case len("Content-Length"):
		if httpmsg.EqualFold(name, "Content-Length") {
			q.marks.lengths++
			if q.Length, ok = httpmsg.ParseLength(value); !ok {
				return false
			}
		}
	case len("Transfer-Encoding"):
		if httpmsg.EqualFold(name, "Transfer-Encoding") {
			q.marks.codings++
			q.marks.coded = q.marks.coded || !httpmsg.EqualFold(value, "chunked")
			return true
		}
	}
	q.Header = append(q.Header, httpmsg.Field{Name: name, Value: value})
	return true
}

// expect takes an Expect line.
func (q *Request) expect(value string) {
	q.Expects = true
	if value == "" {
		return
	}
	if httpmsg.EqualFold(value, "100-continue") {
		q.waits = true
	} else {
		q.marks.expected = true
	}
}

// validHost reports whether a Host has only bytes that a URI's authority may have. What
// a name is, is for others to say.
func validHost(host string) bool {
	for i := 0; i < len(host); i++ {
		c := host[i]
		if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && strings.IndexByte("!$%&'()*+,-.:;=[]_~", c) < 0 {
			return false
		}
	}
	return true
}

// judge decides on a head whose lines are well formed, and what follows it.
func (q *Request) judge() Refusal {
	m := &q.marks
	switch {
	case m.lengths+m.codings > 1, m.codings > 0 && q.HTTP10:
		return BadRequest
	case m.authority != "" && !httpmsg.EqualFold(m.authority, q.Host):
		return BadRequest
	case m.coded:
		return NotImplemented
	case m.version:
		return VersionNotServed
	case m.hosts > 1, m.hosts == 0 && !q.HTTP10:
		return BadRequest
	case m.expected:
		return ExpectationFailed
	}
	if m.authority != "" {
		q.Host = m.authority // as the target spells it
	}
	if m.codings > 0 {
		q.Length = -1
	}
	q.waits = q.waits && q.Length != 0 && !q.HTTP10
	q.Close = q.Close || q.HTTP10 && !m.keeps
	return 0
}
