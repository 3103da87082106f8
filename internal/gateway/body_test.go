package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A line is a body that comes some bytes at a time, and the deadline of its
// connection.
type line struct {
	size   int // bytes of it in all
	at     func(sent int) (n int, pause time.Duration)
	sent   int
	end    time.Time
	ready  int
	closed bool
}

func (l *line) SetReadDeadline(t time.Time) error { l.end = t; return nil }

func (l *line) Close() error { l.closed = true; return nil }

// Read waits for the next piece.
func (l *line) Read(p []byte) (int, error) {
	if l.sent == l.size {
		return 0, io.EOF
	}
	if l.ready == 0 {
		n, pause := l.at(l.sent)
		if left := time.Until(l.end); left < pause {
			time.Sleep(left)
			return 0, os.ErrDeadlineExceeded
		}
		time.Sleep(pause)
		l.ready = min(n, l.size-l.sent)
	}
	n := min(len(p), l.ready)
	l.ready -= n
	l.sent += n
	return n, nil
}

// A body is cut off when a piece of it does not come at a KiB a second, whatever
// came before, and when all of it takes too long. Slow lines have their time.
func TestPace(t *testing.T) {
	steady := func(n int, pause time.Duration) func(int) (int, time.Duration) {
		return func(int) (int, time.Duration) { return n, pause }
	}
	behind := func(fast int) func(int) (int, time.Duration) {
		return func(sent int) (int, time.Duration) {
			if sent < fast {
				return fast - sent, 0
			}
			return 1, time.Second
		}
	}
	tests := map[string]struct {
		size int
		at   func(int) (int, time.Duration)
		cut  time.Duration // when; 0 for never
	}{
		"at once":                       {10 << 20, steady(64<<10, 0), 0},
		"1 MB at 3 KiB a second":        {1 << 20, steady(3<<10, time.Second), 0},
		"5 MB at 3 KiB a second":        {5 << 20, steady(3<<10, time.Second), 0},
		"10 MB at 6 KiB a second":       {10 << 20, steady(600, 100*time.Millisecond), 0},
		"a few bytes after 29 seconds":  {100, steady(100, 29*time.Second), 0},
		"pauses of 20 seconds":          {1 << 20, steady(64<<10, 20*time.Second), 0},
		"nothing":                       {100, steady(100, time.Hour), 30 * time.Second},
		"a byte every 20 seconds":       {10 << 20, steady(1, 20*time.Second), 30 * time.Second},
		"a byte a second":               {10 << 20, steady(1, time.Second), 30 * time.Second},
		"1,000 bytes a second":          {10 << 20, steady(1000, time.Second), 30 * time.Second},
		"a byte a second, behind 9 MiB": {10 << 20, behind(9 << 20), 30 * time.Second},
		"2 KiB a second for ever":       {10 << 20, steady(2<<10, time.Second), 30 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &line{size: tt.size, at: tt.at}
				b := body{from: l, control: l, timeout: 30 * time.Second, left: int64(tt.size)}
				begin := time.Now()
				n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{&b}, make([]byte, 16<<10))
				took := time.Since(begin)
				switch {
				case tt.cut == 0 && (err != nil || n != int64(tt.size) || b.unread()):
					t.Errorf("%d bytes, %v after %v", n, err, took)
				case tt.cut > 0 && (!errors.Is(err, os.ErrDeadlineExceeded) || took != tt.cut || !b.endless(new(arrival))):
					t.Errorf("%d bytes, %v after %v, want %v", n, err, took, tt.cut)
				}
			})
		})
	}
}

// Over every way in a body that comes too slowly is cut off, behind a fast start,
// too.
func TestPaceOnSockets(t *testing.T) {
	opts := Options{ReadTimeout: 200 * time.Millisecond}
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusRequestTimeout)
		}
	})
	plain, secure := openAs(t, opts, Entrance{Next: next}, echo), openTLSAs(t, opts, Entrance{Next: next}, echo)
	const start = 100_000
	for name, site := range map[string]*site{"plain": plain, "TLS": secure.site} {
		for target, host := range map[string]string{"/dev": "abc123.execute-api.localhost", "/": "localhost"} {
			t.Run(name+" "+target, func(t *testing.T) {
				p := site.dial(t)
				if site != plain {
					p = p.secure()
				}
				p.send("POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", start))
				go p.trickle("x", 20*time.Millisecond)
				begin := time.Now()
				if resp, _ := p.receive("POST"); resp.StatusCode != 408 || time.Since(begin) > 30*time.Second {
					t.Errorf("status %d after %v", resp.StatusCode, time.Since(begin))
				}
			})
		}
	}
	for target, host := range map[string]string{"/dev": "abc123.execute-api.localhost", "/": "localhost"} {
		t.Run("HTTP/2 "+target, func(t *testing.T) {
			r, w := io.Pipe()
			defer w.Close()
			go func() {
				_, err := w.Write(make([]byte, start))
				for err == nil {
					time.Sleep(20 * time.Millisecond)
					_, err = w.Write([]byte("x"))
				}
			}()
			req, _ := http.NewRequest("POST", secure.url+target, r)
			req.Host = host
			resp, err := (&http.Client{Transport: secure.http2(t)}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != 408 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
}
