package pipeline

import "strings"

// texts make the short strings of calls, many of them in one block of memory. No block is
// used again, so that a string may outlive its call; it then keeps its block.
type texts struct{ block strings.Builder }

const (
	textBlock = 2 << 10 // bytes of a block
	longText  = 512     // what is longer has memory of its own, in bytes
)

// of returns b as a string.
func (t *texts) of(b []byte) string {
	if len(b) > longText {
		return string(b)
	}
	if t.block.Cap()-t.block.Len() < len(b) {
		t.block.Reset()
		t.block.Grow(textBlock)
	}
	at := t.block.Len()
	t.block.Write(b)
	return t.block.String()[at:]
}
