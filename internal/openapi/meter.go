package openapi

import (
	"unsafe"

	"go.yaml.in/yaml/v3"
)

// A Meter is asked for memory before the tree of a document takes it, which is
// many times as large as the text: 145 bytes for a {} or a 1. Who lends the memory
// takes it back when the API that was read is forgotten.
type Meter interface {
	// Take asks for n more bytes; its error is Parse's. n below zero gives bytes back,
	// without an error.
	Take(n int) error
}

// What the parts of a tree take, in bytes, with what Go's memory loses to its size
// classes. Lists that grow leave up to as much again behind.
const (
	sizeOfNode  = int(unsafe.Sizeof(node{})) + 3*int(unsafe.Sizeof(&node{}))
	sizeOfField = 2 * int(unsafe.Sizeof(field{}))
	sizeOfIndex = 56 // of a field, with the room that Go's maps keep free
	sizeOfYAML  = int(unsafe.Sizeof(yaml.Node{})) + 2*int(unsafe.Sizeof(&yaml.Node{}))
)

// take asks for n more bytes.
func (src *source) take(n int) error {
	if src.memory == nil {
		return nil
	}
	return src.memory.Take(n)
}

// takeText asks for the characters of a value.
func (src *source) takeText(s string) error { return src.take(len(s) + len(s)/8) }

// takeField asks for a member of n, which has its name and is about to be added.
func (src *source) takeField(n *node, name string) error {
	size := sizeOfField + len(name)
	switch count := len(n.fields) + 1; {
	case count == indexFrom:
		size += indexFrom * sizeOfIndex
	case count > indexFrom:
		size += sizeOfIndex
	}
	return src.take(size)
}
