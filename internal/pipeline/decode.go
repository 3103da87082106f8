package pipeline

import (
	"errors"
	"net"
	"os"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// readBody waits for the request's body. What can be decided without it is
// decided by the steps before; what needs it stands behind.
func readBody(c *call) error {
	if c.lacksDecoder() {
		return unsupportedMedia()
	}
	err := c.req.ReadBody()
	c.scope.RequestBody = c.req.Body
	switch {
	case err == nil:
		return nil
	case errors.Is(err, httpmsg.ErrTooLarge):
		return bodyTooLarge()
	case errors.Is(err, httpmsg.ErrBudget):
		return busy(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return requestTimeout(err)
	case errors.Is(err, net.ErrClosed): // by us: the client has done nothing wrong
		return &failure{kind: default5XX, status: 503, message: "Service Unavailable", reason: "the server has ended the connection", cause: err}
	}
	return badRequest(err)
}

// lacksDecoder reports whether the header alone tells that a body which has not
// come yet has a content coding that is not read here. One that is empty, or
// shorter than what the API compresses, is taken as it is.
func (c *call) lacksDecoder() bool {
	if c.req.Unread == nil {
		return false
	}
	coding := content.Coding(c.headers)
	if coding == "" || content.Reads(coding) {
		return false
	}
	least := 1
	if set := c.stage.program.deployment.MinimumCompressionSize; set != nil {
		least = max(least, int(*set))
	}
	return lengthTold(c.req.Header) >= int64(least)
}

// decodeBody removes the content coding of a request's body, so that models
// and templates see what the client meant. It does so whether the API
// compresses or not; where it does, bodies shorter than its minimum stay as
// they are, as AWS leaves them.
func decodeBody(c *call) error {
	if err := c.inflate(); err != nil {
		return err
	}
	c.trace.Request(c.req.Path, c.headers, &c.scope)
	return nil
}

func (c *call) inflate() error {
	body := c.scope.RequestBody
	if len(body) == 0 {
		return nil
	}
	coding := content.Coding(c.headers)
	if coding == "" {
		return nil
	}
	if least := c.stage.program.deployment.MinimumCompressionSize; least != nil && len(body) < int(*least) {
		c.coding = coding
		return nil
	}
	buf, err := c.stage.program.inflaters.Inflate(c.stage.requests, coding, body)
	switch {
	case errors.Is(err, httpmsg.ErrTooLarge):
		return bodyTooLarge()
	case errors.Is(err, httpmsg.ErrBudget):
		return busy(err)
	case err != nil:
		return unsupportedMedia()
	}
	c.borrowed = append(c.borrowed, buf)
	c.scope.RequestBody = buf.Bytes()
	c.trace.Converted("request", coding, "decoded", body, c.scope.RequestBody)
	return nil
}
