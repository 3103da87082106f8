package integration

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

const (
	maxHead  = 64 << 10 // bytes of status line and header
	maxLines = 1000     // header lines
	spare    = 4        // lines that whoever gets the response may add in place
)

// A head is a parsed status line and header, with what they say of the body
// and the connection.
type head struct {
	status  int
	version int // minor version, 0 or 1
	header  httpmsg.Header
	length  int64  // Content-Length, -1 without one
	said    string // as it was written
	chunked bool
	close   bool
}

// What is wrong with a response. All of these are errSyntax.
var (
	errSyntax     = errors.New("the response is not well-formed HTTP/1.1")
	errStatusLine = fmt.Errorf("%w: status line", errSyntax)
	errHeaderLine = fmt.Errorf("%w: header line", errSyntax)
	errManyLines  = fmt.Errorf("%w: too many header lines", errSyntax)
	errLong       = fmt.Errorf("%w: head, trailer or chunk header too long", errSyntax)
	errFraming    = fmt.Errorf("%w: two lengths for one body", errSyntax)
	errLength     = fmt.Errorf("%w: Content-Length", errSyntax)
	errCoding     = fmt.Errorf("%w: transfer coding other than chunked", errSyntax)
	errChunk      = fmt.Errorf("%w: chunked body", errSyntax)
	errInterim    = fmt.Errorf("%w: too many interim responses", errSyntax)
	errSwitched   = fmt.Errorf("%w: protocol switched unasked", errSyntax)
)

// parseHead parses the bytes of a head through its empty line, copying the
// header block once. The lines go into room, which is empty, if they fit.
func parseHead(b []byte, room httpmsg.Header) (head, error) {
	line, block, _ := strings.Cut(string(b), "\r\n")
	h := head{length: -1}
	if err := h.parseStatus(line); err != nil {
		return h, err
	}
	lines := strings.Count(block, "\n") - 1
	if lines > maxLines {
		return h, errManyLines
	}
	if h.header = room; lines+spare > cap(room) {
		h.header = make(httpmsg.Header, 0, lines+spare)
	}
	for {
		at := strings.IndexByte(block, '\n')
		if at < 1 || block[at-1] != '\r' {
			return h, errHeaderLine
		}
		line, block = block[:at-1], block[at+1:]
		if line == "" {
			return h, h.checkFraming()
		}
		name, value, ok := parseLine(line)
		if !ok {
			return h, fmt.Errorf("%w: %.80q", errHeaderLine, line)
		}
		h.header = append(h.header, httpmsg.Field{Name: name, Value: value})
		if err := h.frame(name, value); err != nil {
			return h, err
		}
	}
}

// parseStatus takes "HTTP/1.x NNN" with or without a reason behind a space.
func (h *head) parseStatus(line string) error {
	const start = len("HTTP/1.1 ")
	if len(line) < start+3 || line[:start-2] != "HTTP/1." || line[start-1] != ' ' {
		return fmt.Errorf("%w: %.80q", errStatusLine, line)
	}
	h.version = int(line[start-2]) - '0'
	for _, c := range []byte(line[start : start+3]) {
		if c < '0' || c > '9' {
			return fmt.Errorf("%w: %.80q", errStatusLine, line)
		}
		h.status = 10*h.status + int(c-'0')
	}
	rest := line[start+3:]
	if h.version&^1 != 0 || h.status < 100 || rest != "" && rest[0] != ' ' || !httpmsg.ValidText(rest) {
		return fmt.Errorf("%w: %.80q", errStatusLine, line)
	}
	return nil
}

// parseLine splits a header line. Spaces before the colon, folded lines and
// control characters make it malformed.
func parseLine(line string) (name, value string, ok bool) {
	colon := strings.IndexByte(line, ':')
	if colon < 1 || !httpmsg.ValidName(line[:colon]) {
		return "", "", false
	}
	value = httpmsg.TrimValue(line[colon+1:])
	return line[:colon], value, httpmsg.ValidText(value)
}

// frame notes what a line says of the body's length and the connection's end.
func (h *head) frame(name, value string) error {
	switch len(name) {
	case len("Connection"):
		if httpmsg.EqualFold(name, "Connection") && httpmsg.HasToken(value, "close") {
			h.close = true
		}
	case len("Content-Length"):
		if httpmsg.EqualFold(name, "Content-Length") {
			return h.setLength(value)
		}
	case len("Transfer-Encoding"):
		if httpmsg.EqualFold(name, "Transfer-Encoding") {
			if h.chunked || !httpmsg.EqualFold(value, "chunked") {
				return errCoding
			}
			h.chunked = true
		}
	}
	return nil
}

// setLength takes digits alone; a second line may only say the same.
func (h *head) setLength(value string) error {
	n, ok := httpmsg.ParseLength(value)
	if !ok {
		return errLength
	}
	if h.length >= 0 && value != h.said {
		return errFraming
	}
	h.length, h.said = n, value
	return nil
}

func (h *head) checkFraming() error {
	if h.chunked && (h.length >= 0 || h.version == 0) {
		return errFraming
	}
	return nil
}
