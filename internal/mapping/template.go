package mapping

import "errors"

var errUnbuilt = errors.New("not built yet")

// A Template is a compiled mapping template.
type Template struct{ text string }

// ParseTemplate compiles a mapping template; name stands in its errors, which
// are of type *vtl.Error.
func ParseTemplate(name, text string) (*Template, error) { return nil, errUnbuilt }

// Render appends what the template makes of the call to dst. Overrides that
// it sets go to s.Overrides.
func (t *Template) Render(dst []byte, s *Scope, side Side) ([]byte, error) { return dst, errUnbuilt }

// A GatewayTemplate is a compiled gateway response template: text with
// $context, $stageVariables and $method.request references, no VTL.
type GatewayTemplate struct{ text string }

// ParseGatewayTemplate never fails: what is no reference is text.
func ParseGatewayTemplate(text string) *GatewayTemplate { return &GatewayTemplate{text} }

// Append appends the template's text for a call.
func (t *GatewayTemplate) Append(dst []byte, s *Scope) []byte { return dst }
