// Package pipeline takes each call of a stage through the steps of its method, in
// AWS's order.
//
// Compile makes a Program of a deployment, once: it parses every template,
// expression, pattern and URI and decides the steps. What cannot work is one of the
// program's Problems, and no error. Bind makes a Stage of a Program and a stage's
// Settings. Serve takes a request and always answers: an error of a step ends the
// call with a gateway response, the API's own where it customised one.
//
// Which stage a request is for, and reading and writing HTTP, are package
// gateway's business; talking to backends is integration's; what templates
// see is mapping's; what a function is sent is lambdaproxy's, and the forms of a
// body are content's. The record of a call that somebody watches is trace's, the
// lines of access logs are accesslog's.
package pipeline
