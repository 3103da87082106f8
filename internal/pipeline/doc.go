// Package pipeline serves the calls of a stage: it compiles a deployment once,
// binds it to a stage's settings, and takes each request through the steps of
// its method in AWS's order.
//
// Compile makes a Program, which parses every template, expression, pattern
// and URI and decides the steps; it never fails, and says what cannot work as
// Problems. Bind makes a Stage of a Program and settings, cheaply. Serve takes
// a request and always answers: an error of a step ends the call with a gateway
// response, the API's own where it customised one.
//
// Which stage a request is for, and reading and writing HTTP, are package
// gateway's business; talking to backends is integration's; what templates
// see is mapping's.
package pipeline
