package integration

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/socket"
)

// What is woken by a deadline that was told for an earlier call goes on until its own, and
// is ended by an interruption at once.
func TestToldTooEarly(t *testing.T) {
	const early, patience = 10 * time.Millisecond, time.Minute
	answer := func(far net.Conn) {
		io.ReadFull(far, make([]byte, 4))
		time.Sleep(3 * early)
		io.WriteString(far, "pong")
	}
	read := func(cn *conn) (int, error) { return cn.Read(make([]byte, 10)) }
	exchange := func(cn *conn) (int, error) {
		x := newExchange()
		x.out = append(x.out, "ping"...)
		x.in.start(cn)
		if _, err := x.exchange(cn); err != nil {
			return 0, err
		}
		if x.in.buffered() > 0 {
			return x.in.buffered(), nil
		}
		err := x.in.fill(100)
		return x.in.buffered(), err
	}
	tests := map[string]struct {
		far func(far net.Conn, cn *conn)
		do  func(cn *conn) (int, error)
		n   int
		err error
	}{
		"an exchange": {func(far net.Conn, _ *conn) { answer(far) }, exchange, 4, nil},
		"an exchange that begins behind the deadline": {func(far net.Conn, _ *conn) { answer(far) }, func(cn *conn) (int, error) {
			time.Sleep(2 * early)
			return exchange(cn)
		}, 4, nil},
		"a read": {func(far net.Conn, _ *conn) { time.Sleep(3 * early); io.WriteString(far, "pong") }, read, 4, nil},
		"a write": {func(far net.Conn, _ *conn) { time.Sleep(3 * early); io.Copy(io.Discard, far) }, func(cn *conn) (int, error) {
			return cn.Write(make([]byte, 16<<20))
		}, 16 << 20, nil},
		"an exchange that is interrupted": {func(_ net.Conn, cn *conn) { time.Sleep(3 * early); cn.interrupt() }, exchange, 0, os.ErrDeadlineExceeded},
		"a read that is interrupted":      {func(_ net.Conn, cn *conn) { time.Sleep(3 * early); cn.interrupt() }, read, 0, os.ErrDeadlineExceeded},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			near, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer near.Close()
			far, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			cn := &conn{Conn: socket.Quick(near), socket: socket.NewExchanger(near), plain: true, reused: true}
			if err := cn.tell(time.Now().Add(early)); err != nil {
				t.Fatal(err)
			}
			cn.limits.end = time.Now().Add(patience)
			go tt.far(far, cn)
			if n, err := tt.do(cn); n != tt.n || !errors.Is(err, tt.err) {
				t.Errorf("%d bytes, %v; want %d, %v", n, err, tt.n, tt.err)
			}
		})
	}
}

// A deadline is told again only where the call's time demands it, and never a later one
// than the call has.
func TestDeadlinesAreToldRarely(t *testing.T) {
	var told int
	cn := &conn{Conn: deadlines{nil, &told}, plain: true}
	now := time.Now()
	for i, step := range []struct {
		at, takes time.Duration
		told      bool
	}{
		{0, 30 * time.Second, true},
		{time.Second, 30 * time.Second, false},
		{14 * time.Second, 30 * time.Second, false},
		{16 * time.Second, 30 * time.Second, true},
		{17 * time.Second, 28 * time.Second, true}, // it ends earlier
		{18 * time.Second, 2 * time.Second, true},
		{18 * time.Second, 30 * time.Second, true}, // what is known comes too soon
	} {
		before := told
		at := now.Add(step.at)
		if err := cn.limit(at, at.Add(step.takes)); err != nil {
			t.Fatal(err)
		}
		if (told > before) != step.told || cn.limits.told.After(cn.limits.end) {
			t.Errorf("step %d: told %d times, until %v", i, told-before, cn.limits.told.Sub(at))
		}
	}
	if cn.plain = false; cn.limit(now, now.Add(time.Hour)) != nil || !cn.limits.told.Equal(now.Add(time.Hour)) {
		t.Error("under TLS a deadline that comes too early is the connection's end")
	}
}

// deadlines counts how often it is told one.
type deadlines struct {
	net.Conn
	told *int
}

func (d deadlines) SetDeadline(time.Time) error { *d.told++; return nil }
