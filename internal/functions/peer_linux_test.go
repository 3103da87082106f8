package functions

import (
	"net"
	"os"
	"strings"
	"testing"
)

func TestOwnPeer(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	for _, address := range []string{ln.Addr().String(), strings.Replace(ln.Addr().String(), "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		client, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if !ownPeer(c) {
			t.Errorf("%s: a connection of this process is taken for another user's", address)
		}
		_, _ = client.Close(), c.Close()
	}
}

func TestSocketUser(t *testing.T) {
	t.Parallel()
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	const line = "   1: 0100007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 41 1 0000000000000000 20 4 30 10 -1\n"
	const six = "   2: 0000000000000000FFFF00000100007F:A002 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 41 1\n"
	at, to := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 0xA001}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	if user, ok := socketUser([]byte(head+line+six), at, to); !ok || user != 1001 {
		t.Errorf("got %d, %v, want 1001", user, ok)
	}
	if user, ok := socketUser([]byte(head+line+six), &net.TCPAddr{IP: at.IP, Port: 0xA002}, to); !ok || user != 1002 {
		t.Errorf("got %d, %v, want 1002", user, ok)
	}
	if user, ok := socketUser([]byte(head+line+six), to, at); ok {
		t.Errorf("got %d for the other end", user)
	}
	if _, err := os.Stat("/proc/self/net/tcp"); err != nil {
		t.Error(err)
	}
}
