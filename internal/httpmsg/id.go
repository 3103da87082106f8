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
	raw := random16()
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	out := []byte("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
	hex.Encode(out, raw[:4])
	hex.Encode(out[9:], raw[4:6])
	hex.Encode(out[14:], raw[6:8])
	hex.Encode(out[19:], raw[8:10])
	hex.Encode(out[24:], raw[10:])
	return string(out)
}

// NewExtendedRequestID returns a value for x-amz-apigw-id: 15 characters and
// "=", as AWS's look.
func NewExtendedRequestID() string {
	raw := random16()
	return base64.URLEncoding.EncodeToString(raw[:11])
}

func random16() (raw [16]byte) {
	binary.LittleEndian.PutUint64(raw[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	return raw
}
