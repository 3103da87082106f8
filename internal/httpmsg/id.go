package httpmsg

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// The ids of a request need to be unique, not secret, so they come from the
// runtime's per-thread ChaCha8 generator, which the system seeds.

// NewRequestID returns a random (version 4) UUID, as x-amzn-RequestId has it.
func NewRequestID() string {
	var room [36]byte
	return string(AppendRequestID(room[:0]))
}

// AppendRequestID appends what NewRequestID returns.
func AppendRequestID(dst []byte) []byte {
	raw := random16()
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	dst = append(hex.AppendEncode(dst, raw[:4]), '-')
	dst = append(hex.AppendEncode(dst, raw[4:6]), '-')
	dst = append(hex.AppendEncode(dst, raw[6:8]), '-')
	dst = append(hex.AppendEncode(dst, raw[8:10]), '-')
	return hex.AppendEncode(dst, raw[10:])
}

// NewExtendedRequestID returns a value for x-amz-apigw-id: 15 characters and
// "=", as AWS's look.
func NewExtendedRequestID() string {
	var room [16]byte
	return string(AppendExtendedRequestID(room[:0]))
}

// AppendExtendedRequestID appends what NewExtendedRequestID returns.
func AppendExtendedRequestID(dst []byte) []byte {
	raw := random16()
	return base64.URLEncoding.AppendEncode(dst, raw[:11])
}

func random16() (raw [16]byte) {
	binary.LittleEndian.PutUint64(raw[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	return raw
}
