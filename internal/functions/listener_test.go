package functions

import (
	"net"
	"testing"
)

// What another user of the machine connects is closed, and takes no place from what
// this one does.
func TestListenerClosesOthers(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := newBoundedListener(inner, 1)
	defer func() { _ = ln.Close() }()
	calls := 0
	ln.own = func(net.Conn) bool { calls++; return calls > 2 }
	var clients []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		clients = append(clients, c)
	}
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	if got, want := accepted.RemoteAddr().String(), clients[2].LocalAddr().String(); got != want {
		t.Errorf("accepted %s, want %s, which is this user's", got, want)
	}
	for i, c := range clients[:2] {
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("connection %d of another user is open: read %d bytes", i, n)
		}
	}
}
