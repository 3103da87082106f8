package functions

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
)

// ownPeer reports whether the other end of a connection on the loopback interface
// belongs to a process of this user: other users of the machine are not to read what
// functions are told. Where the system does not say, it does.
func ownPeer(c net.Conn) bool {
	local, ok := c.LocalAddr().(*net.TCPAddr)
	peer, known := c.RemoteAddr().(*net.TCPAddr)
	if !ok || !known {
		return false
	}
	if user, ok := connectedUser(peer, local); ok {
		return user == os.Getuid()
	}
	return ownByTable(peer, local)
}

// ownByTable looks for the socket in the tables of all, where the kernel does not answer
// for one.
func ownByTable(peer, local *net.TCPAddr) bool {
	said := false
	for _, name := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		table, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		said = true
		if user, ok := socketUser(table, peer, local); ok {
			return user == os.Getuid()
		}
	}
	return !said
}

// socketUser finds whose socket is at one address and connected to another in a table of
// /proc/net, whose lines begin with number, both addresses, state, queues, timers,
// retransmissions and the user's id.
func socketUser(table []byte, at, to *net.TCPAddr) (user int, ok bool) {
	for line := range bytes.Lines(table) {
		f := bytes.Fields(line)
		if len(f) < 8 || !sameAddress(f[1], at) || !sameAddress(f[2], to) {
			continue
		}
		user, err := strconv.Atoi(string(f[7]))
		return user, err == nil
	}
	return 0, false
}

// sameAddress compares an address of a table, whose words are in the machine's order,
// with one of version 4.
func sameAddress(text []byte, a *net.TCPAddr) bool {
	ip := a.IP.To4()
	if ip == nil {
		return false
	}
	four := fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip), a.Port)
	if len(text) == len(four) {
		return string(text) == four
	}
	return bytes.HasSuffix(text, []byte(four)) // the last word of ::ffff:127.0.0.1
}
