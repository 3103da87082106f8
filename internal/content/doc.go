// Package content is the forms that a body can have: compressed or plain, bytes
// or base64.
//
// It knows the content codings that API Gateway reads, which are those that it
// writes, the media types that an API takes for binary, and the conversions that
// contentHandling asks for. What it makes of a body is in a buffer that a budget
// lends and whoever asked gives back. When a body changes its form is the
// business of package pipeline.
package content
