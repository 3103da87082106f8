package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
)

// The types and flags of HTTP/2's frames that tests write and read.
const (
	frameData         = 0
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	framePing         = 6
	frameGoAway       = 7
	frameWindow       = 8
	frameContinuation = 9

	endStream  = 1 // of DATA and HEADERS
	ack        = 1 // of SETTINGS and PING
	endHeaders = 4
)

// errorCodes are the names of HTTP/2's errors, by number.
var errorCodes = []string{"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
	"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"}

// A framed is a connection of HTTP/2 on which a test may write what no library
// would.
type framed struct {
	net.Conn
	r    *bufio.Reader
	next uint32 // stream
}

// dialHTTP2 opens a connection by way of a door with TLS.
func dialHTTP2(t *testing.T, d *door) *framed {
	t.Helper()
	over := *d
	over.tls = d.tls.Clone()
	over.tls.NextProtos = []string{"h2"}
	nc := over.dial(t)
	if err := nc.(*tls.Conn).Handshake(); err != nil {
		t.Fatal(err)
	}
	c := &framed{nc, bufio.NewReader(nc), 1}
	if _, err := io.WriteString(nc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	c.write(frameSettings, 0, 0, nil)
	return c
}

// appendFrame appends one frame.
func appendFrame(dst []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	dst = append(dst, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	return append(binary.BigEndian.AppendUint32(dst, stream), payload...)
}

// write writes a frame. That the other end has gone, reading tells.
func (c *framed) write(kind, flags byte, stream uint32, payload []byte) {
	_, _ = c.Write(appendFrame(nil, kind, flags, stream, payload))
}

// read reads one frame.
func (c *framed) read() (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(c.r, head[:]); err != nil {
		return
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(c.r, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]) &^ (1 << 31), payload, err
}

// A line is a header field as HTTP/2 sends it.
type line [2]string

// block is header lines in HPACK's plainest form.
func block(lines []line) []byte {
	var out []byte
	for _, l := range lines {
		out = append(out, 0) // a literal with a new name, not indexed
		for _, text := range l {
			n := len(text)
			if n < 127 {
				out = append(out, byte(n))
			} else {
				out = append(out, 127)
				for n -= 127; n >= 128; n >>= 7 {
					out = append(out, byte(n)|128)
				}
				out = append(out, byte(n))
			}
			out = append(out, text...)
		}
	}
	return out
}

// send opens a stream with a request and returns its number. Without data the
// request ends with its header, without trailers with its data.
func (c *framed) send(lines []line, data string, trailers []line) uint32 {
	stream := c.next
	c.next += 2
	last := func(is bool) byte {
		if is {
			return endStream
		}
		return 0
	}
	header := block(lines)
	first := header[:min(len(header), 16<<10)]
	var out []byte
	done := len(first) == len(header)
	out = appendFrame(out, frameHeaders, last(data == "" && trailers == nil)|endHeaders*last(done), stream, first)
	for rest := header[len(first):]; len(rest) > 0; {
		n := min(len(rest), 16<<10)
		out = appendFrame(out, frameContinuation, endHeaders*last(n == len(rest)), stream, rest[:n])
		rest = rest[n:]
	}
	if data != "" {
		out = appendFrame(out, frameData, last(trailers == nil), stream, []byte(data))
	}
	if trailers != nil {
		out = appendFrame(out, frameHeaders, endStream|endHeaders, stream, block(trailers))
	}
	_, _ = c.Write(out)
	return stream
}

// outcome reads on until a stream has ended: the status of its answer, the error
// that it was reset with, or the one that the connection ended with.
func (c *framed) outcome(stream uint32) (text, body string) {
	for {
		kind, flags, of, payload, err := c.read()
		switch {
		case err != nil:
			return strings.TrimSpace(text + " closed"), body
		case kind == frameGoAway && len(payload) >= 8:
			return strings.TrimSpace(text + " closed " + errorName(payload[4:8])), body
		case kind == frameSettings && flags&ack == 0:
			c.write(frameSettings, ack, 0, nil)
		case kind == framePing && flags&ack == 0:
			c.write(framePing, ack, 0, payload)
		case of != stream:
		case kind == frameReset:
			return strings.TrimSpace(text + " reset " + errorName(payload)), body
		case kind == frameHeaders && text == "":
			text = status(payload)
		case kind == frameData:
			body += string(payload)
		}
		if of == stream && (kind == frameHeaders || kind == frameData) && flags&endStream != 0 {
			return text, body
		}
	}
}

func errorName(code []byte) string {
	if n := int(binary.BigEndian.Uint32(code)); n < len(errorCodes) {
		return errorCodes[n]
	}
	return fmt.Sprintf("error %x", code)
}

// status reads the first field of an answer's header block, its status.
func status(header []byte) string {
	indexed := []string{"200", "204", "206", "304", "400", "404", "500"} // 8 to 14 of HPACK's static table
	if len(header) > 0 && header[0] >= 0x88 && header[0] <= 0x8e {
		return indexed[header[0]-0x88]
	}
	if len(header) < 3 || !slices.Contains([]byte{0x00, 0x10, 0x40}, header[0]&0xf0) || header[0]&0x0f < 8 || header[0]&0x0f > 14 {
		return fmt.Sprintf("unknown %x", header)
	}
	value := header[2 : 2+header[1]&127]
	if header[1]&128 == 0 {
		return string(value)
	}
	// Huffman codes of digits: five bits for 0 to 2, six from 011001 on for 3 to 9.
	bits := ""
	for _, b := range value {
		bits += fmt.Sprintf("%08b", b)
	}
	var out strings.Builder
	for out.Len() < 3 && len(bits) >= 6 {
		var n int
		_, _ = fmt.Sscanf(bits[:5], "%b", &n)
		if n <= 2 {
			fmt.Fprint(&out, n)
			bits = bits[5:]
			continue
		}
		_, _ = fmt.Sscanf(bits[:6], "%b", &n)
		fmt.Fprint(&out, n-0b011001+3)
		bits = bits[6:]
	}
	return out.String()
}
