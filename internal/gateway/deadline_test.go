package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadline(t *testing.T) {
	tests := map[string]struct {
		had, want time.Duration // from now; 0 is none
		due       bool
	}{
		"none":             {0, 0, false},
		"the same":         {time.Minute, time.Minute, false},
		"the first":        {0, time.Minute, true},
		"lifted":           {time.Minute, 0, true},
		"a little later":   {time.Minute, time.Minute + time.Second/2, false},
		"much later":       {time.Minute, time.Minute + time.Second, true},
		"earlier":          {time.Minute, time.Minute - 1, true},
		"near, a bit more": {time.Second / 10, time.Second / 9, false},
		"near, more":       {time.Second / 10, time.Second / 5, true},
		"past":             {-time.Second, -time.Second / 2, true},
		"from the past on": {-1, time.Second / 10, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := func(d time.Duration) time.Time {
					if d == 0 {
						return time.Time{}
					}
					return time.Now().Add(d)
				}
				d := deadline{want: in(tt.want), have: in(tt.had)}
				if got := d.due(time.Now()); got != tt.due {
					t.Errorf("due: %t", got)
				}
				if tt.due && d.have != d.want {
					t.Errorf("told %v, not %v", d.have, d.want)
				}
			})
		})
	}
}

// TestLinesThatFillTheBuffer sends lines whose end lies about where net/http's
// buffer ends: with one byte left its read looks like one in the background.
func TestLinesThatFillTheBuffer(t *testing.T) {
	s := open(t, Options{}, echo)
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
	r := bufio.NewReader(nc)
	for size := 4080; size < 4110; size++ {
		line := "X: " + strings.Repeat("x", size-3)
		head := "GET /dev/ HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\n"
		for _, pieces := range [][]string{
			{head + line + "\r\n\r\n"},
			{head, line, "\r\n\r\n"},
			{"POST /dev/ HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "1;" + line[2:min(size, 4094)], "\r\na\r\n0\r\n\r\n"},
		} {
			for _, p := range pieces {
				if _, err := io.WriteString(nc, p); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Millisecond) // to be read on its own
			}
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(size, err)
			}
			if _, err = io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
				t.Fatal(size, resp.StatusCode, err)
			}
		}
	}
}
