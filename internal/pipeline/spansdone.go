package pipeline

import (
	"cmp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/otlp"
)

// exportSpans hands on the spans of a call that is sampled: its own, and those of the
// calls that it made.
func (c *call) exportSpans(d *httpmsg.Done) {
	if !c.spans.sampled {
		return
	}
	list := append(make([]otlp.Span, 0, 3), c.callSpan(d))
	if a := &d.Authorizer; a.Latency != 0 {
		list = append(list, otlp.Span{
			Trace: c.spans.trace, ID: c.spans.authorizer, Parent: c.spans.call, Kind: otlp.Client, Name: "authorizer",
			Start: a.Began, End: a.Began.Add(a.Latency), Failed: a.Failed,
		})
	}
	if d.Integration.Latency != 0 {
		list = append(list, c.integrationSpan(d))
	}
	c.stage.services.Spans.Add(list...)
}

// callSpan is the span of the call itself, with the names of OpenTelemetry's HTTP
// conventions, and those that X-Ray's annotations have.
func (c *call) callSpan(d *httpmsg.Done) otlp.Span {
	s := otlp.Span{
		Trace: c.spans.trace, ID: c.spans.call, Parent: c.spans.caller, Kind: otlp.Server, Name: brief(c.req.Method),
		Start: d.Received, End: d.LastByte, Failed: d.Status >= 500,
	}
	s.Attributes = append(make([]otlp.Attribute, 0, 12),
		otlp.Attribute{Name: "http.request.method", Text: s.Name},
		otlp.Attribute{Name: "url.scheme", Text: c.req.Scheme},
		otlp.Attribute{Name: "url.path", Text: brief(c.req.SentPath())}, // the query may have secrets
		otlp.Attribute{Name: "server.address", Text: brief(c.req.Host)},
		otlp.Attribute{Name: "client.address", Text: strings.Clone(d.SourceIP)},
		otlp.Attribute{Name: "http.response.status_code", Number: int64(d.Status)},
		otlp.Attribute{Name: "aws:api_id", Text: d.API},
		otlp.Attribute{Name: "aws:api_stage", Text: d.Stage},
		otlp.Attribute{Name: "aws.request_id", Text: strings.Clone(d.RequestID)})
	if d.Resource != "" {
		s.Name += " " + d.Resource
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "http.route", Text: d.Resource})
	}
	if d.ErrorType != "" {
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "error.type", Text: d.ErrorType})
	}
	switch {
	case d.CacheHit:
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "gatehouse.cache", Text: "hit"})
	case d.CacheMiss:
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "gatehouse.cache", Text: "miss"})
	}
	return s
}

// integrationSpan is the span of the call of the backend.
func (c *call) integrationSpan(d *httpmsg.Done) otlp.Span {
	in := &d.Integration
	s := otlp.Span{
		Trace: c.spans.trace, ID: c.spans.integration, Parent: c.spans.call, Kind: otlp.Client, Name: "integration " + c.method.kind,
		Start: in.Began, End: in.Began.Add(in.Latency), Failed: in.Error != "" || in.Status >= 500,
		Attributes: []otlp.Attribute{{Name: "http.request.method", Text: strings.Clone(c.out.Method)}},
	}
	if at := c.out.endpoint; at != nil {
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "server.address", Text: at.Authority()})
	}
	if in.Status != 0 {
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "http.response.status_code", Number: int64(in.Status)})
	}
	if in.Error != "" {
		s.Attributes = append(s.Attributes, otlp.Attribute{Name: "error.type", Text: cmp.Or(d.ErrorType, "integration")})
	}
	return s
}

// brief is a copy of what a client sent, as much as a span has of it.
func brief(s string) string { return strings.Clone(s[:min(len(s), 1024)]) }
