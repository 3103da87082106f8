package mapping

// A Place is where an expression stands, which decides what it may read.
type Place uint8

// The places of expressions.
const (
	IntegrationRequest Place = iota // Integration.requestParameters
	MethodResponse                  // IntegrationResponse.responseParameters
	GatewayResponse                 // GatewayResponse.responseParameters
)

// An Expression is the compiled right side of a parameter mapping.
type Expression struct{ text string }

// ParseExpression compiles an expression. Its error's text is AWS's reason,
// such as "Invalid mapping expression specified: x".
func ParseExpression(text string, where Place) (*Expression, error) { return nil, errUnbuilt }

// Eval returns the expression's value for a call. ok is false when its source
// is absent: then the target is not sent at all. An error means that the body
// should be JSON and is not.
func (e *Expression) Eval(s *Scope) (value string, ok bool, err error) { return "", false, errUnbuilt }

// Source returns what the expression reads of the method request, such as
// "method.request.header.X-A", and "" when it reads something else: the
// control plane checks that the method declares it.
func (e *Expression) Source() string { return "" }

// String returns the expression's text.
func (e *Expression) String() string { return e.text }
