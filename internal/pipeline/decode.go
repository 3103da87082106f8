package pipeline

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// readBody waits for the request's body. What can be decided without it is
// decided by the steps before; what needs it stands behind.
func readBody(c *call) error {
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
	}
	return badRequest(err)
}

// decodeBody removes the content coding of a request's body, so that models
// and templates see what the client meant. It does so whether the API
// compresses or not; where it does, bodies shorter than its minimum stay as
// they are, as AWS leaves them.
func decodeBody(c *call) error {
	if err := c.inflate(); err != nil {
		return err
	}
	if c.trace != nil {
		c.trace.request(c)
	}
	return nil
}

func (c *call) inflate() error {
	body := c.scope.RequestBody
	if len(body) == 0 {
		return nil
	}
	coding := c.contentCoding()
	if coding == "" {
		return nil
	}
	if least := c.stage.program.deployment.MinimumCompressionSize; least != nil && len(body) < int(*least) {
		c.coding = coding
		return nil
	}
	r, err := c.stage.program.inflaters.open(coding, body)
	if err != nil {
		return unsupportedMedia()
	}
	buf, err := c.stage.requests.ReadBody(r, -1, httpmsg.MaxBody)
	c.stage.program.inflaters.close(coding, r)
	switch {
	case errors.Is(err, httpmsg.ErrTooLarge):
		return bodyTooLarge()
	case errors.Is(err, httpmsg.ErrBudget):
		return busy(err)
	case err != nil:
		return unsupportedMedia()
	}
	c.lent = append(c.lent, buf)
	c.scope.RequestBody = buf.Bytes()
	if c.trace != nil {
		c.trace.converted("request", coding+" decoded", body, c.scope.RequestBody)
	}
	return nil
}

// contentCoding returns the coding of the request's body, "" for none. Several
// are one that nobody supports.
func (c *call) contentCoding() string {
	coding := ""
	for i := range c.headers {
		if f := &c.headers[i]; httpmsg.EqualFold(f.Name, "Content-Encoding") && !strings.EqualFold(f.Value, "identity") {
			if coding != "" {
				return coding + ", " + f.Value
			}
			coding = f.Value
		}
	}
	return coding
}

// inflaters are readers of compressed bodies, pooled by coding.
type inflaters struct{ gzip, deflate sync.Pool }

// An inflater is one of them; its source is reset with it.
type inflater struct {
	io.Reader
	source bytes.Reader
}

var errCoding = errors.New("unsupported content coding")

// open starts to read a body. Its errors, and those of reading, mean that the
// body is not what its coding says.
func (p *inflaters) open(coding string, body []byte) (*inflater, error) {
	switch {
	case strings.EqualFold(coding, "gzip"):
		r, _ := p.gzip.Get().(*inflater)
		if r == nil {
			r = new(inflater)
		}
		r.source.Reset(body)
		return r, r.openGzip()
	case strings.EqualFold(coding, "deflate"):
		r, _ := p.deflate.Get().(*inflater)
		if r == nil {
			r = new(inflater)
		}
		r.source.Reset(body)
		return r, r.openDeflate()
	}
	return nil, errCoding
}

func (r *inflater) openGzip() (err error) {
	if z, ok := r.Reader.(*gzip.Reader); ok {
		return z.Reset(&r.source)
	}
	z, err := gzip.NewReader(&r.source)
	if err == nil {
		r.Reader = z
	}
	return err
}

// openDeflate reads the zlib format, which is what HTTP calls deflate.
func (r *inflater) openDeflate() (err error) {
	if z, ok := r.Reader.(zlib.Resetter); ok {
		return z.Reset(&r.source, nil)
	}
	z, err := zlib.NewReader(&r.source)
	if err == nil {
		r.Reader = z
	}
	return err
}

// close gives a reader back.
func (p *inflaters) close(coding string, r *inflater) {
	r.source.Reset(nil)
	if strings.EqualFold(coding, "gzip") {
		p.gzip.Put(r)
		return
	}
	p.deflate.Put(r)
}
