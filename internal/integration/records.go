package integration

import (
	"crypto/tls"
	"encoding/binary"
	"net"
)

// A records is the connection beneath TLS. It follows where the records end, because TLS
// reads ahead: what a backend says behind its answer may have left the socket, and the
// next call would take it for its own answer.
type records struct {
	net.Conn
	head [5]byte // of the record that is coming
	got  int     // bytes of head that have come
	left int     // bytes of the record behind its head that have not come
	asks bool    // TLS is asked what it holds, and is to read nothing
	one  [1]byte // what it has said
}

// Read implements net.Conn.
func (r *records) Read(p []byte) (int, error) {
	if r.asks {
		return 0, errNothing
	}
	n, err := r.Conn.Read(p)
	r.follow(p[:n])
	return n, err
}

// follow takes what has come.
func (r *records) follow(p []byte) {
	for len(p) > 0 {
		if r.got < len(r.head) {
			n := copy(r.head[r.got:], p)
			r.got, p = r.got+n, p[n:]
			if r.got < len(r.head) {
				return
			}
			r.left = int(binary.BigEndian.Uint16(r.head[3:]))
		}
		n := min(r.left, len(p))
		r.left, p = r.left-n, p[n:]
		if r.left == 0 {
			r.got = 0
		}
	}
}

// drained reports whether everything that has come of the connection has been read from
// secure, which is above it. It does not wait, and tickets of sessions are no matter.
func (r *records) drained(secure *tls.Conn) bool {
	if r.got > 0 { // the rest of the record would come with the next answer
		return false
	}
	r.asks = true
	_, err := secure.Read(r.one[:])
	r.asks = false
	return err == errNothing
}

// A nothing is an error behind which TLS can be read on.
type nothing struct{}

var errNothing net.Error = nothing{}

func (nothing) Error() string   { return "nothing more has come" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }
