package otlp

import "time"

// A TraceID names a trace, a SpanID a span in it; both are never zero.
type (
	TraceID [16]byte
	SpanID  [8]byte
)

// IsZero reports whether it names no span.
func (id SpanID) IsZero() bool { return id == SpanID{} }

// A Kind is what part in an exchange a span tells of.
type Kind int

// The kinds, by the protocol's numbers.
const (
	Server Kind = 2
	Client Kind = 3
)

// A Span is a part of a call with a begin and an end. Its texts belong to it.
type Span struct {
	Trace      TraceID
	ID, Parent SpanID // Parent is zero for the first of a trace
	Kind       Kind
	Name       string
	Start, End time.Time
	Failed     bool // its status is an error
	Attributes []Attribute
}

// An Attribute is a text or a number that is known of a span, by a name of
// OpenTelemetry's conventions.
type Attribute struct {
	Name   string
	Text   string // where Number is 0
	Number int64
}
