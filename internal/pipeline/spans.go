package pipeline

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/otlp"
)

// w3cHeader is the header of W3C's Trace Context.
const w3cHeader = "traceparent"

// spans are a call's spans in the trace that it is part of. The zero spans are those of
// a call that nobody traces.
type spans struct {
	sampled     bool
	trace       otlp.TraceID
	caller      otlp.SpanID // the span of who calls; zero for none
	call        otlp.SpanID
	authorizer  otlp.SpanID // of the call of the function
	integration otlp.SpanID
	root        string // of a trace that is known by its traceparent alone, as X-Amzn-Trace-Id has it
	passed      string // the client's traceparent, which backends get where the call is not sampled
}

// A decision is what was decided about a trace before the call.
type decision int

const (
	undecided decision = iota
	dropped
	sampled
)

// joinTrace finds the trace that the call is part of, and decides whether it is sampled:
// as who calls has decided, else as the stage's sampling draws where it traces actively
// (documented). A client that sends no trace that could be continued has one begun.
func (c *call) joinTrace() {
	exporter := c.stage.services.Spans
	if exporter == nil {
		return
	}
	s := &c.spans
	decided := s.join(c.req.Header)
	if decided == undecided && c.stage.settings.TracingEnabled && exporter.Sampler.Sample(c.req.Received) {
		decided = sampled
	}
	if decided != sampled {
		return
	}
	s.sampled = true
	if s.trace == (otlp.TraceID{}) {
		binary.BigEndian.PutUint32(s.trace[:], uint32(c.req.Received.Unix()))
		binary.BigEndian.PutUint32(s.trace[4:], rand.Uint32())
		binary.BigEndian.PutUint64(s.trace[8:], rand.Uint64())
	}
	s.call, s.authorizer, s.integration = newSpanID(), newSpanID(), newSpanID()
}

// join takes over the trace of a request. X-Amzn-Trace-Id goes before traceparent.
func (s *spans) join(h httpmsg.Header) decision {
	xray, w3c := "", ""
	for i := range h { // every request comes by here: the lengths of names leave few to compare
		switch f := &h[i]; {
		case len(f.Name) == len(traceHeader) && httpmsg.EqualFold(f.Name, traceHeader):
			xray = f.Value
		case len(f.Name) == len(w3cHeader) && httpmsg.EqualFold(f.Name, w3cHeader):
			w3c = f.Value
		}
	}
	trace, caller, flags, ok := parseTraceparent(w3c)
	if ok {
		s.passed = w3c
	}
	if root, parent, flag, _ := parseTrace(xray); root != "" {
		return s.joinXRay(root, parent, flag)
	}
	if !ok {
		return undecided
	}
	s.trace, s.caller, s.root = trace, caller, rootOf(trace)
	if flags&1 != 0 {
		return sampled
	}
	return dropped
}

// joinXRay takes over what X-Amzn-Trace-Id says. A root that is none of X-Ray's cannot
// be that of spans.
func (s *spans) joinXRay(root, parent, flag string) decision {
	trace, ok := traceOf(root)
	if !ok {
		return dropped
	}
	s.trace = trace
	if len(parent) == 2*len(s.caller) && !readHex(s.caller[:], parent) {
		s.caller = otlp.SpanID{}
	}
	switch {
	case flag == "1", flag == "" && parent != "":
		return sampled
	case flag == "0":
		return dropped
	}
	return undecided
}

// header is X-Amzn-Trace-Id for a call of the call's own, which is a span. rest are the
// fields that the client sent besides.
func (s *spans) header(of otlp.SpanID, rest string) string {
	b := append(make([]byte, 0, 128), "Root="...)
	b = append(append(b, rootOf(s.trace)...), ";Parent="...)
	b = appendHex(b, of[:])
	return string(append(append(b, ";Sampled=1"...), rest...))
}

// traceparent is the header of Trace Context for a call of the call's own; "" for none.
func (s *spans) traceparent(of otlp.SpanID) string {
	if !s.sampled {
		return s.passed
	}
	b := append(make([]byte, 0, traceparentSize), "00-"...)
	b = append(appendHex(b, s.trace[:]), '-')
	return string(append(appendHex(b, of[:]), "-01"...))
}

// rootOf is a trace's id as X-Amzn-Trace-Id has it: the first 8 digits are a time, where
// X-Ray made it.
func rootOf(trace otlp.TraceID) string {
	b := appendHex(append(make([]byte, 0, 35), "1-"...), trace[:4])
	return string(appendHex(append(b, '-'), trace[4:]))
}

// traceOf is the id of a trace by the root of X-Amzn-Trace-Id.
func traceOf(root string) (id otlp.TraceID, ok bool) {
	if len(root) != 35 || root[:2] != "1-" || root[10] != '-' {
		return id, false
	}
	ok = readHex(id[:4], root[2:10]) && readHex(id[4:], root[11:]) && id != otlp.TraceID{}
	return id, ok
}

// traceparentSize is how long a traceparent is, 00-{32 digits}-{16 digits}-{2 digits}.
const traceparentSize = 55

// parseTraceparent takes a traceparent apart, of version 00 or, as far as that is known,
// of a later one.
func parseTraceparent(text string) (trace otlp.TraceID, parent otlp.SpanID, flags byte, ok bool) {
	if len(text) < traceparentSize || text[2] != '-' || text[35] != '-' || text[52] != '-' || strings.ToLower(text[:traceparentSize]) != text[:traceparentSize] {
		return trace, parent, 0, false
	}
	var version, bits [1]byte
	if !readHex(version[:], text[:2]) || !readHex(trace[:], text[3:35]) || !readHex(parent[:], text[36:52]) || !readHex(bits[:], text[53:55]) {
		return trace, parent, 0, false
	}
	switch longer := len(text) > traceparentSize; {
	case version[0] == 0xff, version[0] == 0 && longer, longer && text[traceparentSize] != '-', trace == otlp.TraceID{}, parent.IsZero():
		return trace, parent, 0, false
	}
	return trace, parent, bits[0], true
}

func newSpanID() (id otlp.SpanID) {
	for id.IsZero() {
		binary.BigEndian.PutUint64(id[:], rand.Uint64())
	}
	return id
}

// readHex reads two digits a byte.
func readHex(dst []byte, digits string) bool {
	for i := range dst {
		high, one := hexdigit.Value(digits[2*i])
		low, two := hexdigit.Value(digits[2*i+1])
		if !one || !two {
			return false
		}
		dst[i] = byte(high<<4 | low)
	}
	return true
}

func appendHex(dst, b []byte) []byte {
	for _, v := range b {
		dst = hexdigit.Append(dst, uint64(v), 2, hexdigit.Lower)
	}
	return dst
}
