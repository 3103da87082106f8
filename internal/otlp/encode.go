package otlp

import (
	"encoding/binary"
	"unicode/utf8"
)

// The wire types of protobuf that are used.
const (
	varint  = 0
	fixed64 = 1
	counted = 2
)

// encode appends an ExportTraceServiceRequest with spans of one resource. The numbers
// are those of opentelemetry/proto/trace/v1/trace.proto.
func encode(dst []byte, resource []Attribute, spans []Span) []byte {
	return appendMessage(dst, 1, func(dst []byte) []byte { // ResourceSpans
		dst = appendMessage(dst, 1, func(dst []byte) []byte { return appendAttributes(dst, 1, resource) })
		return appendMessage(dst, 2, func(dst []byte) []byte { // ScopeSpans
			dst = appendMessage(dst, 1, func(dst []byte) []byte { return appendText(dst, 1, "gatehouse") })
			for i := range spans {
				dst = appendMessage(dst, 2, spans[i].append)
			}
			return dst
		})
	})
}

// append appends the fields of a Span.
func (s *Span) append(dst []byte) []byte {
	dst = appendBytes(dst, 1, s.Trace[:])
	dst = appendBytes(dst, 2, s.ID[:])
	if !s.Parent.IsZero() {
		dst = appendBytes(dst, 4, s.Parent[:])
	}
	dst = appendText(dst, 5, s.Name)
	dst = appendVarint(dst, 6, uint64(s.Kind))
	dst = appendFixed(dst, 7, uint64(s.Start.UnixNano()))
	dst = appendFixed(dst, 8, uint64(max(s.End.UnixNano(), s.Start.UnixNano())))
	dst = appendAttributes(dst, 9, s.Attributes)
	if s.Failed {
		dst = appendMessage(dst, 15, func(dst []byte) []byte { return appendVarint(dst, 3, 2) }) // STATUS_CODE_ERROR
	}
	return dst
}

func appendAttributes(dst []byte, field int, list []Attribute) []byte {
	for i := range list {
		a := &list[i]
		dst = appendMessage(dst, field, func(dst []byte) []byte { // KeyValue
			dst = appendText(dst, 1, a.Name)
			return appendMessage(dst, 2, func(dst []byte) []byte { // AnyValue
				if a.Number != 0 {
					return appendVarint(dst, 3, uint64(a.Number))
				}
				return appendText(dst, 1, a.Text)
			})
		})
	}
	return dst
}

func appendTag(dst []byte, field, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(field)<<3|uint64(wire))
}

func appendVarint(dst []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(appendTag(dst, field, varint), v)
}

func appendFixed(dst []byte, field int, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(appendTag(dst, field, fixed64), v)
}

func appendBytes(dst []byte, field int, b []byte) []byte {
	return append(binary.AppendUvarint(appendTag(dst, field, counted), uint64(len(b))), b...)
}

// appendText appends a string, which protobuf wants to be UTF-8: what is none of that
// in it becomes question marks, so that one request's path does not spoil a batch.
func appendText(dst []byte, field int, s string) []byte {
	if !utf8.ValidString(s) {
		clean := make([]byte, 0, len(s))
		for _, r := range s {
			if r == utf8.RuneError {
				r = '?'
			}
			clean = utf8.AppendRune(clean, r)
		}
		return appendBytes(dst, field, clean)
	}
	return append(binary.AppendUvarint(appendTag(dst, field, counted), uint64(len(s))), s...)
}

// appendMessage appends a message that fill appends the fields of. Its length has to
// stand before it: it is written where the message begins and moved where it is longer
// than a byte.
func appendMessage(dst []byte, field int, fill func([]byte) []byte) []byte {
	dst = appendTag(dst, field, counted)
	begin := len(dst)
	dst = fill(append(dst, 0))
	size := len(dst) - begin - 1
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(size))
	dst = append(dst, length[1:n]...)
	copy(dst[begin+n:], dst[begin+1:begin+1+size])
	copy(dst[begin:], length[:n])
	return dst
}
