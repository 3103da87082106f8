package content

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Inflaters are readers of compressed bodies, pooled by coding. The zero value
// has none yet. They are safe for concurrent use.
type Inflaters struct{ gzip, deflate sync.Pool }

// ErrCoding says that a body is not what its content coding says, or that the
// coding is none of those that API Gateway reads, gzip and deflate.
var ErrCoding = errors.New("unsupported content coding")

// Inflate returns a body without its content coding. Other errors than ErrCoding
// are ErrBudget, and ErrTooLarge where more than MaxBody bytes come out.
func (p *Inflaters) Inflate(budget *httpmsg.Budget, coding string, body []byte) (*httpmsg.Buffer, error) {
	r, err := p.open(coding, body)
	if err != nil {
		return nil, ErrCoding
	}
	buf, err := budget.ReadBody(r, -1, httpmsg.MaxBody)
	p.close(coding, r)
	switch {
	case err == nil, errors.Is(err, httpmsg.ErrTooLarge), errors.Is(err, httpmsg.ErrBudget):
		return buf, err
	}
	return nil, ErrCoding
}

// An inflater is one of them; its source is reset with it.
type inflater struct {
	io.Reader
	source bytes.Reader
}

// open starts to read a body. Its errors, and those of reading, mean that the
// body is not what its coding says.
func (p *Inflaters) open(coding string, body []byte) (*inflater, error) {
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
	return nil, ErrCoding
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
func (p *Inflaters) close(coding string, r *inflater) {
	r.source.Reset(nil)
	if strings.EqualFold(coding, "gzip") {
		p.gzip.Put(r)
		return
	}
	p.deflate.Put(r)
}
