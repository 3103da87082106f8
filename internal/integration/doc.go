// Package integration calls the backends of methods: HTTP servers, and services
// of AWS or what stands in for them.
//
// A [Client] is a pooled HTTP/1.1 client that does a whole call on the goroutine
// that serves the request: without a context, usually with one write and one
// read. It is strict about what it sends and takes: a response that two readers
// could understand differently is refused, and its connection is closed. An
// [Endpoint] is where requests go, and an [Upstream] a choice of addresses for
// one.
//
// An [AWS] sends through the same client: it resolves the URIs of services, finds
// credentials and has package sigv4 sign.
//
// Which headers a backend sees, and what its response becomes, is package
// pipeline's business.
package integration
