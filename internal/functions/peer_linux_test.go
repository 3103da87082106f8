package functions

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The kernel and its tables tell whose process has connected; a test that runs as root
// gives its own end to another user.
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
		peer, local := c.RemoteAddr().(*net.TCPAddr), c.LocalAddr().(*net.TCPAddr)
		if user, ok := connectedUser(peer, local); !ok || user != os.Getuid() {
			t.Errorf("%s: the kernel says user %d, %v", address, user, ok)
		}
		if !ownPeer(c) || !ownByTable(peer, local) {
			t.Errorf("%s: a connection of this process is taken for another user's", address)
		}
		if os.Getuid() == 0 {
			giveAway(t, client)
			if ownPeer(c) || ownByTable(peer, local) {
				t.Errorf("%s: a connection of another user is taken for this one's", address)
			}
		}
		_ = client.Close()
		if user, ok := connectedUser(peer, &net.TCPAddr{IP: local.IP, Port: peer.Port}); ok {
			t.Errorf("%s: the kernel says user %d of no socket", address, user)
		}
		_ = c.Close()
	}
}

// giveAway makes a connection's end that of another user.
func giveAway(t *testing.T, c net.Conn) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.Fchown(int(fd), nobody, nobody) }); err != nil || failed != nil {
		t.Fatal(err, failed)
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
