//go:build unix

package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExchange(t *testing.T) {
	long := strings.Repeat("x", 8<<20)
	tests := map[string]struct {
		far  func(far *net.TCPConn) // before the exchange
		out  string
		kept bool
		sent int    // -1 is a part
		in   string // that is read
		err  error
	}{
		"kept, answered":        {func(far *net.TCPConn) { go echo(far) }, "ping", true, 4, "ping", nil},
		"new, answered":         {func(far *net.TCPConn) { go echo(far) }, "ping", false, 4, "ping", nil},
		"new, answered unasked": {func(far *net.TCPConn) { io.WriteString(far, "early") }, "ping", false, 4, "early", nil},
		"kept, talks unasked":   {func(far *net.TCPConn) { io.WriteString(far, "early") }, "ping", true, 0, "", ErrStale},
		"kept, closed":          {func(far *net.TCPConn) { far.Close() }, "ping", true, 0, "", ErrStale},
		"kept, half closed":     {func(far *net.TCPConn) { far.CloseWrite() }, "ping", true, 0, "", ErrStale},
		"new, half closed":      {func(far *net.TCPConn) { far.CloseWrite() }, "ping", false, 4, "", io.EOF},
		"more than is taken":    {func(*net.TCPConn) {}, long, true, -1, "", nil},
		"closed without answer": {func(far *net.TCPConn) { go func() { far.Read(make([]byte, 4)); far.Close() }() }, "ping", true, 4, "", io.EOF},
		"reset without answer":  {func(far *net.TCPConn) { go func() { far.Read(make([]byte, 4)); far.SetLinger(0); far.Close() }() }, "ping", true, 4, "", syscall.ECONNRESET},
		"no answer in its time": {func(*net.TCPConn) {}, "ping", true, 4, "", os.ErrDeadlineExceeded},
		"an answer after a time": {func(far *net.TCPConn) {
			go func() { far.Read(make([]byte, 4)); time.Sleep(20 * time.Millisecond); io.WriteString(far, "late") }()
		}, "ping", true, 4, "late", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			x := NewExchanger(Quick(near))
			tt.far(far)
			for end := time.Now().Add(10 * time.Second); tt.err == ErrStale && x.Silent() && time.Now().Before(end); {
				time.Sleep(time.Millisecond) // until what the other side did has come
			}
			patience := 10 * time.Second
			if tt.err == os.ErrDeadlineExceeded {
				patience = 20 * time.Millisecond
			}
			near.SetDeadline(time.Now().Add(patience))
			in := make([]byte, 100)
			sent, n, err := x.Exchange([]byte(tt.out), in, tt.kept)
			if tt.sent >= 0 && sent != tt.sent || tt.sent < 0 && (sent == 0 || sent >= len(tt.out)) {
				t.Errorf("%d bytes sent, want %d", sent, tt.sent)
			}
			if string(in[:n]) != tt.in || !errors.Is(err, tt.err) {
				t.Errorf("read %q, %v; want %q, %v", in[:n], err, tt.in, tt.err)
			}
		})
	}
}

func echo(nc net.Conn) {
	_, _ = io.Copy(nc, nc)
}

// Exchanges over one connection, each answered at a moment of its own: none waits for
// an answer that has come.
func TestExchangeMissesNothing(t *testing.T) {
	near, far := pair(t)
	x := NewExchanger(Quick(near))
	go func() {
		b := make([]byte, 16)
		for i := 0; ; i++ {
			n, err := far.Read(b)
			if err != nil {
				return
			}
			for spin := time.Now().Add(time.Duration(i%64) * time.Microsecond); time.Now().Before(spin); {
			}
			_, _ = far.Write(b[:n])
		}
	}()
	near.SetDeadline(time.Now().Add(time.Minute))
	in := make([]byte, 16)
	for i := range 2000 {
		if sent, n, err := x.Exchange([]byte("ping"), in, true); sent != 4 || string(in[:n]) != "ping" || err != nil {
			t.Fatalf("exchange %d: %d sent, %q read, %v", i, sent, in[:n], err)
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	near, far := pair(b)
	x := NewExchanger(Quick(near))
	go echo(far)
	out, in := make([]byte, 100), make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := x.Exchange(out, in, true); n != len(out) || err != nil {
			b.Fatal(n, err)
		}
	}
}
