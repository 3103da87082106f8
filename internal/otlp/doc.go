// Package otlp has the spans of calls on their way to a collector of OpenTelemetry's
// protocol, OTLP over HTTP.
//
// It writes the protocol's protobuf by hand: of the few fields that a span here has, and
// without OpenTelemetry's SDK, which is larger than the server. An Exporter takes spans
// without waiting, holds a bounded number of them, and drops and counts what is more
// than that. A Sampler draws as X-Ray does: the first call of a second, and a part of
// the others.
package otlp
