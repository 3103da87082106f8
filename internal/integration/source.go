package integration

import (
	"bytes"
	"io"
)

// A source is a connection's response: the bytes read and not yet used, in a
// buffer that grows only while a head needs it.
type source struct {
	r    io.Reader
	buf  []byte
	i, n int // buf[i:n] is unread
	// heard says that a byte of the response has come. The request is not sent
	// again then, because the backend has begun to act on it.
	heard bool
	err   error // of the read that came with the request's writing
}

func (s *source) start(r io.Reader) {
	s.r, s.i, s.n, s.heard, s.err = r, 0, 0, false, nil
}

// took says what a read into buf has brought.
func (s *source) took(n int, err error) { s.n, s.heard, s.err = n, n > 0, err }

func (s *source) buffered() int { return s.n - s.i }

// fill reads more behind the unread bytes, whose number stays below limit.
func (s *source) fill(limit int) error {
	if s.err != nil {
		return s.err
	}
	if s.buffered() >= limit {
		return errLong
	}
	if s.i > 0 {
		s.n = copy(s.buf, s.buf[s.i:s.n])
		s.i = 0
	}
	if s.n == len(s.buf) {
		grown := make([]byte, min(4*len(s.buf), max(limit, 2*len(s.buf))))
		copy(grown, s.buf)
		s.buf = grown
	}
	n, err := s.r.Read(s.buf[s.n:])
	if n > 0 {
		s.n += n
		s.heard = true
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// head returns the bytes up to and with the next empty line. They are valid
// until the next read.
func (s *source) head(limit int) ([]byte, error) {
	for seen := 0; ; {
		unread := s.buf[s.i:s.n]
		from := max(seen-3, 0)
		if at := bytes.Index(unread[from:], crlf2); at >= 0 {
			end := from + at + len(crlf2)
			if end > limit {
				return nil, errLong
			}
			s.i += end
			return unread[:end], nil
		}
		if strayLF(unread, from) || !bytes.HasPrefix(unread, protocol[:min(len(unread), len(protocol))]) {
			return nil, errSyntax // without waiting for an end that may never come
		}
		seen = len(unread)
		if err := s.fill(limit); err != nil {
			return nil, err
		}
	}
}

// line returns the next line without its CRLF, valid until the next read.
func (s *source) line(limit int) ([]byte, error) {
	for {
		unread := s.buf[s.i:s.n]
		if at := bytes.IndexByte(unread, '\n'); at >= 0 {
			if at == 0 || unread[at-1] != '\r' {
				return nil, errSyntax
			}
			if at >= limit {
				return nil, errLong
			}
			s.i += at + 1
			return unread[:at-1], nil
		}
		if err := s.fill(limit); err != nil {
			return nil, unexpected(err)
		}
	}
}

// smallRead is the longest read that takes what else has come along into the buffer,
// in bytes: a stream's pieces are often short, and its framing is.
const smallRead = 4 << 10

// Read gives buffered bytes first, then reads the connection, straight into p unless
// that is small.
func (s *source) Read(p []byte) (int, error) {
	if s.i == s.n && len(p) < smallRead && len(p) > 0 {
		s.i, s.n = 0, 0
		if err := s.fill(len(s.buf)); err != nil {
			return 0, err
		}
	}
	if s.i < s.n {
		n := copy(p, s.buf[s.i:s.n])
		s.i += n
		return n, nil
	}
	n, err := s.r.Read(p)
	s.heard = s.heard || n > 0
	return n, err
}

// strayLF reports whether a line from position from on ends in LF alone.
func strayLF(b []byte, from int) bool {
	for {
		at := bytes.IndexByte(b[from:], '\n')
		if at < 0 {
			return false
		}
		if from += at; from == 0 || b[from-1] != '\r' {
			return true
		}
		from++
	}
}

// unexpected makes an end of input within something an error of its own.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

var (
	crlf     = []byte("\r\n")
	crlf2    = []byte("\r\n\r\n")
	protocol = []byte("HTTP/1.")
)
