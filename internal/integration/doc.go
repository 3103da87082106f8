// Package integration reaches the backends of methods: one file an
// integration type, and the HTTP client that all of them send through.
//
// The client is a pooled HTTP/1.1 engine which does a whole call on the
// goroutine that serves the request: no context, no helper goroutine, one
// write, and usually one read. It is strict about what it sends and takes: a
// backend's answer that two parsers could read in two ways is refused and its
// connection closed. Which headers a backend sees, and what becomes of its
// answer, is the pipeline's business.
package integration
