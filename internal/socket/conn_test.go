package socket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pair opens a connection over the loopback.
func pair(t testing.TB) (ours, theirs *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close(); other.Close() })
	return nc.(*net.TCPConn), other.(*net.TCPConn)
}

// said is what an error says, without the ports, which differ from connection to connection.
func said(nc net.Conn, err error) string {
	if err == nil {
		return "nothing"
	}
	return strings.NewReplacer(nc.LocalAddr().String(), "here", nc.RemoteAddr().String(), "there").Replace(err.Error())
}

var errTests = map[string]func(nc net.Conn, theirs *net.TCPConn) (int, error){
	"what has come": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		theirs.Write([]byte("some"))
		return nc.Read(make([]byte, 10))
	},
	"what comes later": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		time.AfterFunc(10*time.Millisecond, func() { theirs.Write([]byte("s")) })
		return nc.Read(make([]byte, 10))
	},
	"the end": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		theirs.CloseWrite()
		return nc.Read(make([]byte, 10))
	},
	"nothing wanted": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		return nc.Read(nil)
	},
	"nothing in time": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		nc.SetReadDeadline(time.Now().Add(time.Millisecond))
		return nc.Read(make([]byte, 10))
	},
	"a deadline that has passed": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		theirs.Write([]byte("some"))
		nc.SetReadDeadline(time.Unix(1, 0))
		return nc.Read(make([]byte, 10))
	},
	"a read that is interrupted": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		time.AfterFunc(10*time.Millisecond, func() { nc.SetReadDeadline(time.Unix(1, 0)) })
		return nc.Read(make([]byte, 10))
	},
	"closed here": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		nc.Close()
		return nc.Read(make([]byte, 10))
	},
	"closed while it waits": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		time.AfterFunc(10*time.Millisecond, func() { nc.Close() })
		return nc.Read(make([]byte, 10))
	},
	"reset": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		theirs.SetLinger(0)
		theirs.Close()
		return nc.Read(make([]byte, 10))
	},
	"a write": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		return nc.Write([]byte("some"))
	},
	"a write to who has gone": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		theirs.SetLinger(0)
		theirs.Close()
		nc.Read(make([]byte, 1)) // behind the reset
		return nc.Write([]byte("some"))
	},
	"a write when it is closed": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		nc.Close()
		return nc.Write([]byte("some"))
	},
	"a write behind a deadline": func(nc net.Conn, theirs *net.TCPConn) (int, error) {
		nc.SetWriteDeadline(time.Unix(1, 0))
		return nc.Write([]byte("some"))
	},
}

// TestAsNet has everything happen to a connection of the standard library and to a quick
// one, and nothing is to differ.
func TestAsNet(t *testing.T) {
	for name, happens := range errTests {
		t.Run(name, func(t *testing.T) {
			var got [2]string
			for i, wrap := range []func(net.Conn) net.Conn{func(nc net.Conn) net.Conn { return nc }, Quick} {
				ours, theirs := pair(t)
				nc := wrap(ours)
				n, err := happens(nc, theirs)
				var timeout net.Error
				got[i] = fmt.Sprint(n, " ", said(nc, err), ", in time: ", !errors.Is(err, os.ErrDeadlineExceeded), !(errors.As(err, &timeout) && timeout.Timeout()),
					", closed: ", errors.Is(err, net.ErrClosed), ", ended: ", err == io.EOF, ", reset: ", errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE))
			}
			if got[0] != got[1] {
				t.Errorf("net:   %s\nquick: %s", got[0], got[1])
			}
		})
	}
}

// TestSlowReader has more written than there is room for.
func TestSlowReader(t *testing.T) {
	ours, theirs := pair(t)
	nc := Quick(ours)
	ours.SetWriteBuffer(64 << 10)
	theirs.SetReadBuffer(64 << 10)
	sent := make([]byte, 1<<20)
	for i := range sent {
		sent[i] = byte(i / 7)
	}
	failed := make(chan error, 1)
	go func() {
		defer nc.Close()
		for rest, size := sent, 1; len(rest) > 0; size = size%40_000 + 1_777 { // below and above what keeps its processor
			n, err := nc.Write(rest[:min(size, len(rest))])
			if err != nil {
				failed <- err
				return
			}
			rest = rest[n:]
		}
		failed <- nil
	}()
	got, err := io.ReadAll(Quick(theirs))
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes of %d, %v", len(got), len(sent), err)
	}
	// Of a write that nobody takes, it is told how much went out.
	ours, theirs = pair(t)
	nc = Quick(ours)
	nc.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	total := 0
	for err = nil; err == nil; {
		var n int
		n, err = nc.Write(sent[:16<<10])
		total += n
	}
	nc.Close()
	if rest, _ := io.Copy(io.Discard, theirs); !errors.Is(err, os.ErrDeadlineExceeded) || int(rest) != total {
		t.Errorf("%d bytes were told of, %d came, %v", total, rest, err)
	}
}

// TestQuickAllocations holds reads and writes to none.
func TestQuickAllocations(t *testing.T) {
	ours, theirs := pair(t)
	a, b := Quick(ours), Quick(theirs)
	p := make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() {
		a.Write(p)
		b.Read(p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkQuick(b *testing.B) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{"net": func(nc net.Conn) net.Conn { return nc }, "quick": Quick} {
		b.Run(name, func(b *testing.B) {
			ours, theirs := pair(b)
			nc, other := wrap(ours), wrap(theirs)
			p := make([]byte, 100)
			b.ReportAllocs()
			for b.Loop() {
				nc.Write(p)
				other.Read(p)
			}
		})
	}
}
