package gateway

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"
)

// net/http answers a request that it cannot parse by itself, in plain text
// and past every handler. A wordedListener's connections put such an answer
// into AWS's form. Connections under TLS cannot be wrapped so: net/http would
// not see that they are.
type wordedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l wordedListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return wordedConn{nc}, nil
}

type wordedConn struct{ net.Conn }

// plainError is what follows the status line of net/http's own errors, and of
// no answer of a handler, which has a Date.
var plainError = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// Write implements net.Conn.
func (c wordedConn) Write(p []byte) (int, error) {
	const start, longest = len("HTTP/1.1 "), 512
	if len(p) < longest && len(p) > start && p[start] >= '4' {
		if at := bytes.IndexByte(p, '\r'); at > start+3 && bytes.HasPrefix(p[at:], plainError) {
			if _, err := c.Conn.Write(reworded(p[start : start+3])); err != nil {
				return 0, err
			}
			return len(p), nil
		}
	}
	return c.Conn.Write(p)
}

// CloseWrite lets net/http end the answer before it ends the connection.
func (c wordedConn) CloseWrite() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}

// reworded is the answer in the place of one of net/http's with that status.
func reworded(status []byte) []byte {
	code, _ := strconv.Atoi(string(status))
	resp := answer(code, "BadRequestException", http.StatusText(code))
	if code == http.StatusRequestHeaderFieldsTooLarge {
		resp = tooLong()
	}
	resp.Header.Add("Date", time.Now().UTC().Format(http.TimeFormat))
	return appendWire(nil, http.StatusText(resp.Status), resp)
}
