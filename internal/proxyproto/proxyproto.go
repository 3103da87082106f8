// Package proxyproto reads the headers of the PROXY protocol, versions 1 and 2, with which
// balancers of TCP tell who the client of a connection is. It follows
// https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt.
//
// Who may send one, and how long that may take, it leaves to others. A header is read to
// its last byte and not beyond, so that the connection can be used as it is behind it: the
// libraries that there are read through a buffer, which then stands between the connection
// and all who ask the system about it.
package proxyproto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

const (
	signature = "\r\n\r\n\x00\r\nQUIT\n"
	fixed     = len(signature) + 4
	maxLine   = 107 // bytes of a header of version 1, with its CRLF
	// maxRest is how much may follow the fixed part of version 2, in bytes: addresses,
	// and what balancers add, of which certificates' names are the longest.
	maxRest = 4 << 10
)

// errNone says that a connection does not begin with a header.
var errNone = errors.New("it does not begin with a PROXY header")

// Read reads a header, which has to be there. The address is the client's; it is invalid
// where the proxy speaks for itself, as in checks of health, and where the client has no
// address of TCP over IP: the connection's own stands then. After an error nothing is
// known of where the connection stands.
func Read(r io.Reader) (netip.AddrPort, error) {
	var buf [maxLine]byte
	start := buf[:len(signature)] // both versions are longer
	if _, err := io.ReadFull(r, start); err != nil {
		return netip.AddrPort{}, err
	}
	switch {
	case string(start) == signature:
		return readBinary(r, start)
	case strings.HasPrefix(string(start), "PROXY "):
		return readLine(r, buf[:], len(start))
	}
	return netip.AddrPort{}, errNone
}

// readLine reads the rest of a header of version 1, of which n bytes are in buf.
func readLine(r io.Reader, buf []byte, n int) (netip.AddrPort, error) {
	for buf[n-1] != '\n' {
		if n == len(buf) {
			return netip.AddrPort{}, errors.New("its PROXY header is longer than 107 bytes")
		}
		if _, err := io.ReadFull(r, buf[n:n+1]); err != nil {
			return netip.AddrPort{}, err
		}
		n++
	}
	line, ended := strings.CutSuffix(string(buf[:n]), "\r\n")
	words := strings.Split(line, " ")
	if ended && words[1] == "UNKNOWN" {
		return netip.AddrPort{}, nil // whatever follows
	}
	if !ended || len(words) != 6 || words[1] != "TCP4" && words[1] != "TCP6" {
		return netip.AddrPort{}, errors.New("its PROXY header is malformed")
	}
	from, ok := parse(words[1], words[2], words[4])
	if _, to := parse(words[1], words[3], words[5]); !ok || !to {
		return netip.AddrPort{}, errors.New("its PROXY header has an address that is none")
	}
	return from, nil
}

// parse reads an address and a port of version 1.
func parse(family, address, port string) (netip.AddrPort, bool) {
	addr, err := netip.ParseAddr(address)
	n, invalid := strconv.ParseUint(port, 10, 16)
	if err != nil || invalid != nil || strconv.FormatUint(n, 10) != port || addr.Is4() != (family == "TCP4") || addr.Zone() != "" {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), true
}

// What the two bytes behind the signature of version 2 say.
const (
	version2 = 0x2
	local    = 0x0
	proxied  = 0x1
	tcp4     = 0x11
	tcp6     = 0x21

	lastFamily    = 0x3 // that of Unix sockets
	lastTransport = 0x2 // datagrams
)

// readBinary reads the rest of a header of version 2, which begins with start.
func readBinary(r io.Reader, start []byte) (netip.AddrPort, error) {
	head := start[:fixed]
	if _, err := io.ReadFull(r, head[len(start):]); err != nil {
		return netip.AddrPort{}, err
	}
	version, command, family := head[12]>>4, head[12]&0xf, head[13]
	size := int(binary.BigEndian.Uint16(head[14:]))
	switch {
	case version != version2 || command != local && command != proxied || family>>4 > lastFamily || family&0xf > lastTransport:
		return netip.AddrPort{}, fmt.Errorf("its PROXY header has a version, command or family that there is not: %x", head[12:14])
	case size > maxRest:
		return netip.AddrPort{}, fmt.Errorf("its PROXY header has %d bytes, of at most %d", size, maxRest)
	}
	all := make([]byte, fixed+size)
	copy(all, head)
	rest := all[fixed:]
	if _, err := io.ReadFull(r, rest); err != nil {
		return netip.AddrPort{}, err
	}
	length := lengths[family>>4]
	if command == proxied && size < length {
		return netip.AddrPort{}, errors.New("its PROXY header is too short for its addresses")
	}
	if command == local || length == 0 {
		length = min(length, size)
	}
	if !sumFits(all, rest[length:]) {
		return netip.AddrPort{}, errors.New("its PROXY header does not have its checksum")
	}
	if command == local {
		return netip.AddrPort{}, nil
	}
	switch family {
	case tcp4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(rest)), binary.BigEndian.Uint16(rest[8:])), nil
	case tcp6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(rest)).Unmap(), binary.BigEndian.Uint16(rest[32:])), nil
	}
	return netip.AddrPort{}, nil
}

// lengths are those of the addresses of each family.
var lengths = [...]int{0, 4 + 4 + 2 + 2, 16 + 16 + 2 + 2, 108 + 108}

// checksum is the type of the part of a header that has the CRC-32C of all of it.
const checksum = 0x03

// sumFits looks through the parts behind the addresses for a checksum, and reports
// whether that is the header's; one without is taken. It changes header. Parts that do not
// add up end the search: who sends none of this kind may send anything.
func sumFits(header, parts []byte) bool {
	for len(parts) >= 3 {
		kind, size := parts[0], int(binary.BigEndian.Uint16(parts[1:]))
		if parts = parts[3:]; size > len(parts) {
			return true
		}
		if kind == checksum {
			if size != 4 {
				return false
			}
			want := binary.BigEndian.Uint32(parts)
			clear(parts[:4])
			return crc32.Checksum(header, crc32.MakeTable(crc32.Castagnoli)) == want
		}
		parts = parts[size:]
	}
	return true
}
