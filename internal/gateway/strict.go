package gateway

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// errAmbiguous ends a connection whose bytes two readers could take for
// different requests. net/http answers 400 to it.
var errAmbiguous = errors.New("request that can be understood in two ways")

// A scanner follows what a client sends over HTTP/1 ahead of net/http, and
// stops at what RFC 9112 forbids and net/http forgives: lines that end in LF
// alone or are folded, a length beside a transfer coding or twice, a transfer
// coding in HTTP/1.0, a target that names another host than Host does, blanks
// in a chunk's size, a quote in its extension that does not end. A proxy in
// front of us may read any of these differently, and where one request ends and
// the next begins is then the sender's choice.
//
// It only ever refuses. What a request is, net/http alone decides; where the
// scanner has lost its way the connection ends.
type scanner struct {
	next  scanState
	part  []byte // of a line that came in pieces
	left  int64  // of a body or a chunk
	first bool   // the CR behind a chunk has come

	old       bool   // the request is HTTP/1.0
	authority string // of a target in absolute form
	host      string // noted for comparison with it
	lengths   int
	length    int64
	codings   int
	rejected  bool // net/http will answer with an error of its own

	head  []byte   // the request line and the header lines so far, each with a \n
	heads []string // those of requests that no handler has got yet
}

// A scanState is what a scanner expects next.
type scanState uint8

const (
	scanRequest  scanState = iota // a request line
	scanHeader                    // a header line, or the empty one
	scanBody                      // left bytes
	scanSize                      // the line of a chunk's size
	scanChunk                     // left bytes of a chunk
	scanChunkEnd                  // the CRLF behind them
	scanTrailer                   // a trailer line, or the empty one
	scanEnded                     // nothing: net/http refuses the request
)

// maxScannedLine is the longest line in bytes. net/http gives up before.
const maxScannedLine = maxHead + 4<<10

// scan goes over p, which follows what it has seen before. It returns how much
// of p net/http may have, and why not the rest.
func (s *scanner) scan(p []byte) (ok int, err error) {
	for ok < len(p) && err == nil {
		var n int
		n, err = s.step(p[ok:])
		ok += n
	}
	return ok, err
}

// step takes what it can of p, which is not empty, in one state.
func (s *scanner) step(p []byte) (int, error) {
	switch s.next {
	case scanBody:
		return s.bytes(p, scanRequest), nil
	case scanChunk:
		return s.bytes(p, scanChunkEnd), nil
	case scanChunkEnd:
		return s.chunkEnd(p[0])
	case scanEnded:
		return 0, errAmbiguous
	}
	at := bytes.IndexByte(p, '\n')
	if at < 0 {
		if len(s.part)+len(p) > maxScannedLine {
			return 0, errAmbiguous
		}
		s.part = append(s.part, p...)
		return len(p), nil
	}
	line := p[:at+1]
	if len(s.part) > 0 {
		line = append(s.part, line...)
		s.part = keep(s.part)
	}
	first := s.next == scanRequest
	err := errAmbiguous
	if len(line) >= 2 && line[len(line)-2] == '\r' {
		err = s.line(line[:len(line)-2])
	}
	switch {
	case err == nil:
		return at + 1, nil
	case first:
		return max(0, at-1), err // net/http answers only where something has come
	}
	return 0, err // its end never comes, so net/http does not act on it
}

// inHead reports whether a request has begun whose head has not ended.
func (s *scanner) inHead() bool {
	return s.next == scanHeader || s.next == scanRequest && len(s.part) > 0
}

// bytes takes what p holds of the left ones, behind which then comes next.
func (s *scanner) bytes(p []byte, next scanState) int {
	n := int(min(s.left, int64(len(p))))
	if s.left -= int64(n); s.left == 0 {
		s.next = next
	}
	return n
}

func (s *scanner) chunkEnd(c byte) (int, error) {
	switch {
	case !s.first && c == '\r':
		s.first = true
		return 1, nil
	case s.first && c == '\n':
		s.first, s.next = false, scanSize
		return 1, nil
	}
	return 0, errAmbiguous
}

// line takes one line without its CRLF.
func (s *scanner) line(line []byte) error {
	switch s.next {
	case scanRequest:
		if len(line) == 0 { // net/http allows it behind a POST
			return nil
		}
		return s.request(line)
	case scanSize:
		return s.size(line)
	case scanTrailer:
		if len(line) == 0 {
			s.next = scanRequest
			return nil
		}
		return checkLine(line)
	}
	if len(line) == 0 {
		return s.endHead()
	}
	if err := checkLine(line); err != nil {
		return err
	}
	s.head = append(append(s.head, line...), '\n')
	return s.header(line)
}

// request takes a request line.
func (s *scanner) request(line []byte) error {
	if line[0] == '\r' { // net/http would skip it
		return errAmbiguous
	}
	*s = scanner{next: scanHeader, part: s.part, head: s.head[:0], heads: s.heads}
	s.head = append(append(s.head, line...), '\n')
	method, rest, _ := bytes.Cut(line, space)
	target, version, _ := bytes.Cut(rest, space)
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		s.old = true
	default:
		if bytes.HasPrefix(version, []byte("HTTP/1.")) || bytes.HasPrefix(version, []byte("HTTP/2.")) {
			return errAmbiguous // net/http takes them for HTTP/1.1 and a preface
		}
		s.rejected = true
	}
	if string(method) == "CONNECT" { // what follows it need not be a request
		return errAmbiguous
	}
	if len(target) == 0 || target[0] == '/' || string(target) == "*" {
		return nil
	}
	scheme, authority, ok := strings.Cut(string(target), "://")
	if !ok || !httpmsg.EqualFold(scheme, "http") && !httpmsg.EqualFold(scheme, "https") {
		return errAmbiguous
	}
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	if s.authority = authority; authority == "" {
		return errAmbiguous
	}
	return nil
}

var space = []byte{' '}

// checkLine refuses a folded line and one without a name; that there is a colon,
// and a token before it, net/http sees to.
func checkLine(line []byte) error {
	if c := line[0]; c == ' ' || c == '\t' || c == ':' {
		return errAmbiguous
	}
	return nil
}

// header takes a header line and notes what it says of the body and the host.
func (s *scanner) header(line []byte) error {
	switch line[0] | 0x20 {
	case 'h':
		if value, ok := valueOf(line, "Host"); ok && s.authority != "" {
			s.host = string(value)
		}
	case 'c':
		if value, ok := valueOf(line, "Content-Length"); ok {
			s.lengths++
			if s.length, ok = httpmsg.ParseLength(value); !ok {
				return errAmbiguous
			}
		}
	case 't':
		if value, ok := valueOf(line, "Transfer-Encoding"); ok {
			s.codings++
			s.rejected = s.rejected || len(value) != len("chunked") || !httpmsg.EqualFold(string(value), "chunked")
		}
	}
	return nil
}

// valueOf returns the value of a line of that name.
func valueOf(line []byte, name string) (value []byte, ok bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !httpmsg.EqualFold(string(line[:len(name)]), name) {
		return nil, false
	}
	return bytes.Trim(line[len(name)+1:], " \t"), true
}

// endHead decides what follows the head.
func (s *scanner) endHead() error {
	switch {
	case s.lengths+s.codings > 1, s.codings > 0 && s.old:
		return errAmbiguous
	case s.authority != "" && !httpmsg.EqualFold(s.authority, s.host):
		return errAmbiguous
	case s.rejected:
		s.next = scanEnded
		return nil
	case s.codings > 0:
		s.next = scanSize
	case s.length > 0:
		s.next, s.left = scanBody, s.length
	default:
		s.next = scanRequest
	}
	s.heads = append(s.heads, string(s.head))
	s.head = keep(s.head)
	return nil
}

// takeHead returns the head of the first request that it has not returned yet,
// "" if there is none. There are never more than net/http has bytes of.
func (s *scanner) takeHead() (head string) {
	if len(s.heads) > 0 {
		head = s.heads[0]
		s.heads = slices.Delete(s.heads, 0, 1) // which lets go of it
	}
	return head
}

// size takes the line of a chunk's size: hexadecimal digits, and perhaps an
// extension, which nobody uses.
func (s *scanner) size(line []byte) error {
	size, digits := httpmsg.ChunkSize(line)
	rest := line[digits:]
	if digits == 0 || len(rest) > 0 && (rest[0] != ';' || !httpmsg.ValidText(string(rest)) || opensQuote(rest)) {
		return errAmbiguous
	}
	if s.left, s.next = size, scanChunk; size == 0 {
		s.next = scanTrailer
	}
	return nil
}

// opensQuote reports whether text holds a quoted string that does not end in it.
// Some readers look for its end behind the line's.
func opensQuote(text []byte) bool {
	open := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			open = !open
		case text[i] == '\\' && open:
			i++
		}
	}
	return open
}

// keep empties a buffer for the next use, a large one for good.
func keep(b []byte) []byte {
	if cap(b) > 4<<10 {
		return nil
	}
	return b[:0]
}
