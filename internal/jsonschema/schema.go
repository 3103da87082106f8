// Package jsonschema validates JSON documents against JSON Schema draft 4 the
// way the Java library json-schema-validator 2.2 does, in whose words API
// Gateway says what is wrong with a body (recorded).
//
// Strangers choose the documents, so a validation is bounded: it ends with
// ErrLimit when a schema makes it branch without end or a pattern runs away,
// and numbers are compared without writing their exponents out. Schemas are
// compiled once, from documents that a loader finds by URI; they are bounded
// in size and in patterns. As in that library "id" does not change what a
// reference means, siblings of "$ref" do not count, 1.0 is no integer,
// a keyword or a format that is not known is passed over, and what is below an
// object that fails is not looked at.
//
// Which schema applies to a request, and what an invalid one is answered, is
// the pipeline's business.
package jsonschema

import (
	"errors"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

var (
	// ErrNotJSON says that a document is not JSON.
	ErrNotJSON = errors.New("the document is not JSON")
	// ErrLimit says that a validation was given up: it took too many steps, too
	// much time, or went round in circles.
	ErrLimit = errors.New("the validation takes too long")
)

// An Invalid is why a document is not valid.
type Invalid struct {
	Messages []string // in the order of json-schema-validator's report; never empty
}

// Error returns the messages in brackets, as API Gateway shows them.
func (e *Invalid) Error() string { return "[" + strings.Join(e.Messages, ", ") + "]" }

// A Schema is a compiled schema. It is immutable and safe for concurrent use.
type Schema struct{ root *node }

// Bounds on one validation. A stranger gets stepsPerByte more for each byte
// that he sends, and no more than maxTime, which the clock is asked about after
// stepsPerLook.
const (
	freeSteps    = 1 << 20
	stepsPerByte = 8
	stepsPerLook = 1 << 14
	maxTime      = 5 * time.Second
	maxDepth     = 10_000 // schemas within one another at one time
	maxMessages  = 100
)

// Validate checks a JSON text. It returns nil when the text is valid, an
// *Invalid when it is not, ErrNotJSON, or ErrLimit. text is not kept.
func (s *Schema) Validate(text []byte) error {
	if jsontext.Check(text, value.DefaultDepth) != nil { // what follows is more lenient
		return ErrNotJSON
	}
	v, err := value.ParseBytes(text, value.Limits{})
	if err != nil {
		return ErrNotJSON
	}
	return s.ValidateValue(v, len(text))
}

// ValidateValue checks a document that has been read, from a JSON text of size
// bytes. Its errors are those of Validate but ErrNotJSON.
func (s *Schema) ValidateValue(v value.Value, size int) error {
	steps := freeSteps + stepsPerByte*size
	r := run{left: steps, looked: steps, start: time.Now()}
	if s.root.holds(&r, v) || r.err != nil {
		return r.err
	}
	s.root.report(&r, v)
	if r.err != nil {
		return r.err
	}
	return &Invalid{r.messages}
}

// A run is one validation under way.
type run struct {
	left     int // steps
	looked   int // steps left when the clock was last asked
	depth    int
	start    time.Time
	err      error // ErrLimit; nothing said after it counts
	messages []string
}

// spend takes steps. It reports false when there are none left or too much time
// has gone by. Whoever goes on in a loop must stop then.
func (r *run) spend(steps int) bool {
	r.left -= steps
	switch {
	case r.left < 0:
		r.err = ErrLimit
	case r.looked-r.left > stepsPerLook:
		r.looked = r.left
		return r.inTime()
	}
	return r.err == nil
}

// bytesPerStep is how many bytes are hashed or compared in a step.
const bytesPerStep = 64

// inTime reports whether the run may go on. What may take long in one step asks
// it.
func (r *run) inTime() bool {
	if r.err == nil && time.Since(r.start) > maxTime {
		r.err = ErrLimit
	}
	return r.err == nil
}

// A node is one schema.
type node struct {
	simple   []rule // what costs little
	combined []rule // what applies other schemas to the same value
	all      []rule // both, in the order of reports
	members  members
	elements elements
}

// A rule is one keyword with its argument.
type rule interface {
	holds(r *run, v value.Value) bool
	// message says why v, for which the rule does not hold, breaks it.
	message(r *run, v value.Value) string
}

// holds reports whether v is valid.
func (n *node) holds(r *run, v value.Value) bool {
	if !r.spend(1) {
		return false
	}
	if r.depth++; r.depth > maxDepth {
		r.err = ErrLimit
		return false
	}
	defer func() { r.depth-- }()
	for _, rule := range n.simple {
		if !rule.holds(r, v) {
			return false
		}
	}
	if m := v.AsMap(); m != nil && !n.members.hold(r, m) {
		return false
	}
	if l := v.AsList(); l != nil && !n.elements.hold(r, l) {
		return false
	}
	for _, rule := range n.combined {
		if !rule.holds(r, v) {
			return false
		}
	}
	return true
}

// report notes why v is not valid: each keyword that fails, and what is below
// only as long as nothing has failed.
func (n *node) report(r *run, v value.Value) {
	if !r.spend(1) {
		return
	}
	if r.depth++; r.depth > maxDepth {
		r.err = ErrLimit
		return
	}
	defer func() { r.depth-- }()
	for _, rule := range n.all {
		switch {
		case r.err != nil:
			return
		case rule.holds(r, v):
		case r.err == nil:
			r.say(rule, v)
		}
	}
	if len(r.messages) > 0 {
		return
	}
	if m := v.AsMap(); m != nil {
		n.members.report(r, m)
	}
	if l := v.AsList(); l != nil {
		n.elements.report(r, l)
	}
}

// say notes the message of a rule that does not hold.
func (r *run) say(broken rule, v value.Value) {
	if d, ok := broken.(*dependencies); ok {
		d.report(r, v.AsMap())
		return
	}
	r.add(broken.message(r, v))
}

func (r *run) add(message string) {
	if len(r.messages) < maxMessages {
		r.messages = append(r.messages, message)
	}
}
