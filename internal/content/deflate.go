package content

import (
	"compress/gzip"
	"compress/zlib"
	"io"
	"runtime"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Deflaters are writers of compressed bodies, pooled. No more of them work at
// one time than there are processors: compressing is work of these alone, and
// a writer takes more than a megabyte, which no budget pays for. A process has one
// Deflaters. They are safe for concurrent use.
type Deflaters struct {
	slots         chan struct{}
	gzip, deflate sync.Pool
}

// NewDeflaters makes deflaters.
func NewDeflaters() *Deflaters {
	return &Deflaters{slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Deflate returns a body in a coding, which is gzip or deflate. It may wait for
// the others to finish theirs. Its only error is ErrBudget.
func (p *Deflaters) Deflate(budget *httpmsg.Budget, coding string, body []byte) (*httpmsg.Buffer, error) {
	buf, err := budget.Buffer(len(body) / 2)
	if err != nil {
		return nil, err
	}
	whole := false
	defer func() { // also of a panic
		if !whole {
			buf.Free()
		}
	}()
	if err := p.compress(buf, coding, body); err != nil {
		return nil, err
	}
	whole = true
	return buf, nil
}

// level is the fastest: 100 KB of JSON take a quarter of the time of the
// default level and become 2 % of their size larger.
const level = gzip.BestSpeed

// A deflater is a gzip.Writer or a zlib.Writer.
type deflater interface {
	io.WriteCloser
	Reset(io.Writer)
}

// compress writes body to w. Its only error is that of w.
func (p *Deflaters) compress(w io.Writer, coding string, body []byte) error {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	pool := &p.deflate
	if coding == "gzip" {
		pool = &p.gzip
	}
	z, _ := pool.Get().(deflater)
	switch {
	case z != nil:
	case coding == "gzip":
		z, _ = gzip.NewWriterLevel(nil, level) // the level is one
	default:
		z, _ = zlib.NewWriterLevel(nil, level)
	}
	z.Reset(w)
	_, err := z.Write(body)
	if closed := z.Close(); err == nil {
		err = closed
	}
	z.Reset(io.Discard) // lets go of w
	pool.Put(z)
	return err
}
