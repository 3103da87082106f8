package eventstream

import (
	"encoding/binary"
	"hash/crc32"
)

// A Header is one header of a message, whose value is a text.
type Header struct{ Name, Value string }

// headerText is the type of header values that are texts.
const headerText = 7

// AppendMessage appends a message. Names are of at most 255 bytes, and values of 65,535;
// the payload is below 16 MB.
func AppendMessage(b []byte, headers []Header, payload []byte) []byte {
	start, length := len(b), 0
	for _, h := range headers {
		length += 1 + len(h.Name) + 1 + 2 + len(h.Value)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(preludeSize+length+len(payload)+checksumSize)) //nolint:gosec // below 2^32, see above
	b = binary.BigEndian.AppendUint32(b, uint32(length))                                       //nolint:gosec // as above
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
	for _, h := range headers {
		b = append(append(b, byte(len(h.Name))), h.Name...)
		b = binary.BigEndian.AppendUint16(append(b, headerText), uint16(len(h.Value))) //nolint:gosec // as above
		b = append(b, h.Value...)
	}
	b = append(b, payload...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}
