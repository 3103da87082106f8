//go:build !race

package http1

import (
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
)

// What clients send takes time in proportion to it, however it comes in pieces.
func TestConnIsLinear(t *testing.T) {
	repeated := func(s string, n int) string { return strings.Repeat(s, max(n/len(s), 1)) }
	for name, shape := range map[string]func(n int) string{
		"lines":            func(n int) string { return get + repeated("A: b\r\n", n) + "\r\n" },
		"short lines":      func(n int) string { return get + repeated("A:\r\n", n) + "\r\n" },
		"an unending line": func(n int) string { return strings.Repeat("a", n) },
		"requests":         func(n int) string { return repeated(get+"\r\n", n) },
		"connections":      func(n int) string { return get + "Connection: " + repeated("clos,", n) + "\r\n\r\n" },
		"escapes":          func(n int) string { return "GET /" + repeated("%41", n) + " HTTP/1.1\r\nHost: a\r\n\r\n" },
		"chunks":           func(n int) string { return chunked + repeated("1\r\na\r\n", n) },
		"extensions":       func(n int) string { return chunked + repeated("1;a=\"b\"\r\na\r\n", n) },
		"quotes":           func(n int) string { return chunked + "1;a=" + repeated(`"\"`, n) },
		"trailers":         func(n int) string { return chunked + "0\r\n" + repeated("A: b\r\n", n) },
		"a body":           func(n int) string { return get + "Content-Length: 100000000\r\n\r\n" + strings.Repeat("a", n) },
		"a chunk":          func(n int) string { return chunked + "fffffff\r\n" + strings.Repeat("a", n) },
	} {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, 8<<10, 1<<20, shape, func(sent string) {
				for _, piece := range []int{1, 100, 4 << 10, len(sent)} {
					drain(&wire{left: []byte(sent), step: piece, err: io.EOF})
				}
			})
		})
	}
}

// drain reads all requests of a connection.
func drain(w *wire) {
	var c Conn
	c.Reset(w)
	defer c.Close()
	buf := make([]byte, 1<<10)
	for {
		if _, err := c.Next(); err != nil {
			return
		}
		var err error
		for err == nil {
			_, err = c.Body().Read(buf)
		}
		if err != io.EOF {
			return
		}
		c.Release()
	}
}
