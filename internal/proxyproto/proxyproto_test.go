package proxyproto

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	oracle "github.com/pires/go-proxyproto"
)

// binaryHeader is a header of version 2: its command and family, and what follows.
func binaryHeader(command, family byte, rest ...string) string {
	all := strings.Join(rest, "")
	return signature + string([]byte{command, family}) + string(binary.BigEndian.AppendUint16(nil, uint16(len(all)))) + all
}

const (
	v4   = "\xc0\x00\x02\x07\x0a\x00\x00\x01\x04\xd2\x01\xbb" // 192.0.2.7:1234 to 10.0.0.1:443
	v6   = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x04\xd2\x01\xbb"
	v4in = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x07" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x0a\x00\x00\x01\x04\xd2\x01\xbb"
)

// summed is a header with the part that has its checksum.
func summed(flip byte) string {
	h := []byte(binaryHeader(0x21, 0x11, v4, "\x04\x00\x01x", "\x03\x00\x04\x00\x00\x00\x00"))
	binary.BigEndian.PutUint32(h[len(h)-4:], crc32.Checksum(h, crc32.MakeTable(crc32.Castagnoli)))
	h[len(h)-1] ^= flip
	return string(h)
}

func TestRead(t *testing.T) {
	unix := strings.Repeat("x", 216)
	for name, test := range map[string]struct{ header, want, err string }{
		"TCP4":                            {header: "PROXY TCP4 192.0.2.7 10.0.0.1 1234 443\r\n", want: "192.0.2.7:1234"},
		"TCP6":                            {header: "PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n", want: "[2001:db8::7]:65535"},
		"TCP6 with an address of IPv4":    {header: "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", want: "192.0.2.7:1"},
		"the shortest":                    {header: "PROXY UNKNOWN\r\n", want: "invalid AddrPort"},
		"UNKNOWN with addresses":          {header: "PROXY UNKNOWN ffff::1 a b c d e f g h\r\n", want: "invalid AddrPort"},
		"the longest":                     {header: "PROXY UNKNOWN " + strings.Repeat("x", 107-16) + "\r\n", want: "invalid AddrPort"},
		"too long":                        {header: "PROXY UNKNOWN " + strings.Repeat("x", 107-15) + "\r\n", err: "its PROXY header is longer than 107 bytes"},
		"without an end":                  {header: "PROXY TCP4 192.0.2.7", err: "EOF"},
		"LF alone":                        {header: "PROXY TCP4 192.0.2.7 10.0.0.1 1234 443\n", err: "its PROXY header is malformed"},
		"lower case":                      {header: "proxy tcp4 192.0.2.7 10.0.0.1 1234 443\r\n", err: errNone.Error()},
		"two spaces":                      {header: "PROXY TCP4  192.0.2.7 10.0.0.1 1234 443\r\n", err: "its PROXY header is malformed"},
		"a word too many":                 {header: "PROXY TCP4 192.0.2.7 10.0.0.1 1234 443 x\r\n", err: "its PROXY header is malformed"},
		"another protocol":                {header: "PROXY UDP4 192.0.2.7 10.0.0.1 1234 443\r\n", err: "its PROXY header is malformed"},
		"TCP4 with an address of IPv6":    {header: "PROXY TCP4 ::1 10.0.0.1 1234 443\r\n", err: "its PROXY header has an address that is none"},
		"TCP6 with a bare one of IPv4":    {header: "PROXY TCP6 192.0.2.7 ::1 1234 443\r\n", err: "its PROXY header has an address that is none"},
		"a zone":                          {header: "PROXY TCP6 fe80::1%eth0 ::1 1234 443\r\n", err: "its PROXY header has an address that is none"},
		"a port too high":                 {header: "PROXY TCP4 192.0.2.7 10.0.0.1 65536 443\r\n", err: "its PROXY header has an address that is none"},
		"a port with a zero before it":    {header: "PROXY TCP4 192.0.2.7 10.0.0.1 01234 443\r\n", err: "its PROXY header has an address that is none"},
		"a port with a sign":              {header: "PROXY TCP4 192.0.2.7 10.0.0.1 +1234 443\r\n", err: "its PROXY header has an address that is none"},
		"a destination that is none":      {header: "PROXY TCP4 192.0.2.7 host 1234 443\r\n", err: "its PROXY header has an address that is none"},
		"HTTP":                            {header: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", err: errNone.Error()},
		"TLS":                             {header: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00", err: errNone.Error()},
		"nothing":                         {header: "", err: "EOF"},
		"v2, TCP over IPv4":               {header: binaryHeader(0x21, 0x11, v4), want: "192.0.2.7:1234"},
		"v2, TCP over IPv6":               {header: binaryHeader(0x21, 0x21, v6), want: "[2001:db8::7]:1234"},
		"v2, IPv4 in IPv6":                {header: binaryHeader(0x21, 0x21, v4in), want: "192.0.2.7:1234"},
		"v2, parts behind":                {header: binaryHeader(0x21, 0x11, v4, "\xea\x00\x04\x01vpc"), want: "192.0.2.7:1234"},
		"v2, parts that do not add up":    {header: binaryHeader(0x21, 0x11, v4, "\xea\xff\xff\x01"), want: "192.0.2.7:1234"},
		"v2, the checksum":                {header: summed(0), want: "192.0.2.7:1234"},
		"v2, another checksum":            {header: summed(1), err: "its PROXY header does not have its checksum"},
		"v2, a short checksum":            {header: binaryHeader(0x21, 0x11, v4, "\x03\x00\x01x"), err: "its PROXY header does not have its checksum"},
		"v2, LOCAL":                       {header: binaryHeader(0x20, 0x00), want: "invalid AddrPort"},
		"v2, LOCAL with addresses":        {header: binaryHeader(0x20, 0x11, v4), want: "invalid AddrPort"},
		"v2, LOCAL, half an address":      {header: binaryHeader(0x20, 0x11, "xx"), want: "invalid AddrPort"},
		"v2, no family":                   {header: binaryHeader(0x21, 0x00), want: "invalid AddrPort"},
		"v2, datagrams":                   {header: binaryHeader(0x21, 0x12, v4), want: "invalid AddrPort"},
		"v2, a Unix socket":               {header: binaryHeader(0x21, 0x31, unix), want: "invalid AddrPort"},
		"v2, too short for its addresses": {header: binaryHeader(0x21, 0x21, v4), err: "its PROXY header is too short for its addresses"},
		"v2, another version":             {header: binaryHeader(0x11, 0x11, v4), err: "its PROXY header has a version, command or family that there is not: 1111"},
		"v2, another command":             {header: binaryHeader(0x22, 0x11, v4), err: "its PROXY header has a version, command or family that there is not: 2211"},
		"v2, another family":              {header: binaryHeader(0x21, 0x41, v4), err: "its PROXY header has a version, command or family that there is not: 2141"},
		"v2, another transport":           {header: binaryHeader(0x21, 0x13, v4), err: "its PROXY header has a version, command or family that there is not: 2113"},
		"v2, the longest":                 {header: binaryHeader(0x21, 0x11, v4, strings.Repeat("\x00", maxRest-len(v4))), want: "192.0.2.7:1234"},
		"v2, too long":                    {header: binaryHeader(0x21, 0x11, v4, strings.Repeat("\x00", maxRest)), err: "its PROXY header has 4108 bytes, of at most 4096"},
		"v2, cut off":                     {header: binaryHeader(0x21, 0x11, v4)[:20], err: "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			r := strings.NewReader(test.header + "behind")
			if strings.HasSuffix(test.err, "EOF") {
				r = strings.NewReader(test.header)
			}
			got, err := Read(iotest.OneByteReader(r))
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("got %v, %v, want the error %s", got, err, test.err)
				}
				return
			}
			if err != nil || got.String() != test.want {
				t.Fatalf("got %v, %v, want %s", got, err, test.want)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "behind" {
				t.Errorf("%q is left behind the header", rest)
			}
		})
	}
}

// TestOthersHeaders reads what a library of others writes.
func TestOthersHeaders(t *testing.T) {
	for _, from := range []string{"192.0.2.7:1", "[2001:db8::7]:65535"} {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))
		for version := range byte(2) {
			header, err := oracle.HeaderProxyFromAddrs(version+1, addr, addr).Format()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Read(bytes.NewReader(header)); err != nil || got.String() != from {
				t.Errorf("%q: got %v, %v", header, got, err)
			}
		}
	}
}

// FuzzRead reads anything, and never more than a header can have.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"PROXY TCP4 192.0.2.7 10.0.0.1 1234 443\r\n", "PROXY TCP6 2001:db8::7 ::1 1 2\r\nGET", "PROXY UNKNOWN\r\n", summed(0), summed(7),
		binaryHeader(0x21, 0x21, v6, "\xea\x00\x04\x01vpc"), binaryHeader(0x20, 0x00), binaryHeader(0x21, 0x31, "x"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		got, err := Read(r)
		if read := len(data) - r.Len(); read > fixed+maxRest {
			t.Fatalf("%d bytes are read", read)
		}
		if err == nil && got.IsValid() && (got.Addr().Zone() != "" || got.Addr().Is4In6()) {
			t.Fatalf("got %v", got)
		}
	})
}
