// Package wire speaks Amazon API Gateway's REST protocol (apigateway
// 2015-07-09): the shapes of its 124 operations, which request is which
// operation, how a request becomes an operation's input, what the service
// refuses before it looks anything up, and how outputs and errors are written.
// Of apigatewayv2 (2018-11-29), whose paths begin with /v2, it speaks the
// operations that the custom domain names of REST APIs need, and knows the others
// by name.
//
// What the operations do is left to the handlers that a [Server] is given, and
// who the caller is to its hooks. The shapes are also the documents that the
// control plane stores: encoding/json reads what it wrote.
//
// Shapes and operation tables are generated from the tables in facts, where those
// of apigatewayv2 have a directory of their own. Their
// names are AWS's with Go's initialisms: the input of CreateRestApi is
// [CreateRestAPIRequest] and its output [RestAPI]. Operations themselves keep
// AWS's spelling, in strings.
//
// In a shape an optional scalar or structure is a pointer, nil when absent; a
// required scalar of an input is a plain value; a nil list or map is absent
// and an empty one is present; enumerations are strings.
package wire

//go:generate go run ./gen
