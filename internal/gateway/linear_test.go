//go:build !race

package gateway

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
)

// The scanner takes time in proportion to what clients send, however it is cut.
func TestScannerIsLinear(t *testing.T) {
	const head = "GET / HTTP/1.1\r\nHost: a\r\n"
	repeated := func(s string, n int) string { return strings.Repeat(s, max(n/len(s), 1)) }
	for name, shape := range map[string]func(n int) string{
		"a line":           func(n int) string { return head + "A: " + strings.Repeat("a", n) + "\r\n\r\n" },
		"lines":            func(n int) string { return head + repeated("A: b\r\n", n) + "\r\n" },
		"empty lines":      func(n int) string { return repeated("\r\n", n) + head },
		"lengths":          func(n int) string { return head + repeated("Content-Length: 1\r\n", n) + "\r\n" },
		"codings":          func(n int) string { return head + "Transfer-Encoding: " + repeated("a,", n) + "\r\n\r\n" },
		"an unending line": func(n int) string { return strings.Repeat("a", n) },
		"requests":         func(n int) string { return repeated(head+"\r\n", n) },
		"a target":         func(n int) string { return "GET /" + strings.Repeat("a", n) + " HTTP/1.1\r\n\r\n" },
		"chunks":           func(n int) string { return head + "Transfer-Encoding: chunked\r\n\r\n" + repeated("1\r\na\r\n", n) },
		"chunk extensions": func(n int) string {
			return head + "Transfer-Encoding: chunked\r\n\r\n" + repeated("1;a=\"b\"\r\na\r\n", n)
		},
		"one extension": func(n int) string { return head + "Transfer-Encoding: chunked\r\n\r\n1;" + repeated(`a="b";`, n) },
		"quotes":        func(n int) string { return head + "Transfer-Encoding: chunked\r\n\r\n1;a=" + repeated(`"\"`, n) },
		"trailers":      func(n int) string { return head + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + repeated("A: b\r\n", n) },
		"a body": func(n int) string {
			return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("a", n)
		},
		"targets elsewhere": func(n int) string { return "GET http://" + repeated("a.", n) + "/ HTTP/1.1\r\nHost: a\r\n\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, 16<<10, 1<<20, shape, func(sent string) {
				for _, piece := range []int{1, 100, 4 << 10, len(sent)} {
					s := new(scanner)
					for rest := []byte(sent); len(rest) > 0; rest = rest[min(piece, len(rest)):] {
						if _, err := s.scan(rest[:min(piece, len(rest))]); err != nil {
							break
						}
						s.heads = s.heads[:0] // which handlers get
					}
				}
			})
		})
	}
}
