// Package mapping is what the templates and the parameter mappings of one call
// can see: the request, the response of the backend, $context, the stage's
// variables; and the expressions that parameter mappings are made of.
//
// Compiled templates and expressions are shared by all calls; a Scope belongs
// to one.
package mapping

import (
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Side says which message $input and body expressions read.
type Side uint8

// The two sides of a call.
const (
	RequestSide  Side = iota // the method request
	ResponseSide             // the integration response; $input.params still reads the request
)

// A Param is one path variable: its name without braces and "+", and its
// value, decoded.
type Param struct{ Name, Value string }

// A Scope is the state of one call that templates and expressions read, and
// the overrides that templates write. It belongs to one goroutine at a time.
// The zero value is an empty scope; Reset makes a used one so again and keeps
// its memory.
type Scope struct {
	Context        Context
	Headers        httpmsg.Header // of the request, without those dropped at the door
	PathParams     []Param
	RawQuery       string // parsed when it is first needed
	StageVariables map[string]string

	RequestBody     []byte // parsed as JSON once, when first needed
	ResponseBody    []byte // of the integration
	ResponseHeaders httpmsg.Header

	Overrides Overrides
}

// Overrides are what templates set under $context.requestOverride and
// $context.responseOverride, in the order in which they were set.
type Overrides struct {
	RequestHeader  []Param
	RequestPath    []Param
	RequestQuery   []Param
	ResponseHeader []Param
	ResponseStatus int // 0 when not set, or not a status from 100 to 599
}

// Reset empties the scope for the next call.
func (s *Scope) Reset() { *s = Scope{} }
