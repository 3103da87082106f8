package pipeline

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
)

var errNoEventStream = errors.New("the response of Lambda is no event stream")

// passStreamedOutput makes what the function of a proxy integration streams the
// client's answer: its metadata the head, and the payload behind them the body.
func passStreamedOutput(c *call) (err error) {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	from := c.backend.Stream
	if from == nil {
		return c.integrationFailed(malformedStream(lambdaproxy.ErrMetadata))
	}
	defer func() {
		if err != nil { // nobody reads it
			_ = from.Close()
		}
	}()
	var payload io.Reader = from
	switch isEvents := content.MediaType(c.backend.Header.Get("Content-Type")) == "application/vnd.amazon.eventstream"; {
	case isEvents:
		payload = lambdaproxy.NewInvocation(from)
	case t.service.Key == "" && !t.service.RunsHere(): // what runs a function elsewhere may stream the payload as it is
		return c.integrationFailed(malformedStream(errNoEventStream))
	}
	text, err := c.readMetadata(payload)
	if t.service.FunctionFailed(c.backend) { // the header says so
		return c.integrationFailed(functionFailed(lambdaproxy.ErrorMessage(c.rendered), c.backend.Header))
	}
	if err != nil {
		return c.integrationFailed(c.streamFailure(err))
	}
	metadata, ahead, _ := lambdaproxy.CutMetadata(text, 0)
	o := &c.output
	if err := o.ReadMetadata(metadata); err != nil {
		o.Status = 0 // it said none that counts
		return c.integrationFailed(malformedStream(err))
	}
	c.timing.Header = time.Now()
	c.answer.Status = o.Status
	c.answer.Header = o.AppendHeader(c.answer.Header)
	length := lengthTold(c.answer.Header)
	c.answer.Header = outputHeader(c.answer.Header)
	c.stream(payload, ahead, length)
	return nil
}

// readMetadata reads what a function streams as far as the delimiter behind its
// metadata, and what has come along. It is in c.rendered until the call ends.
func (c *call) readMetadata(payload io.Reader) ([]byte, error) {
	text := c.rendered[:0]
	for len(text) < lambdaproxy.MaxMetadata {
		if len(text) == cap(text) {
			text = slices.Grow(text, min(max(1<<10, len(text)), lambdaproxy.MaxMetadata-len(text)))
		}
		seen := len(text)
		n, err := payload.Read(text[seen:min(cap(text), lambdaproxy.MaxMetadata)])
		text = text[:seen+n]
		c.rendered = text
		if _, _, ok := lambdaproxy.CutMetadata(text, seen); ok {
			return text, nil
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, malformedStream(lambdaproxy.ErrMetadata)
}

// malformedStream is the answer when a function does not stream as it has to: 500, and
// not the 502 of one that answers whole (documented).
func malformedStream(cause error) *failure {
	return &failure{kind: integrationFailure, status: 500, message: internalServerError, engine: true, reason: "Malformed Lambda proxy response", cause: cause}
}
