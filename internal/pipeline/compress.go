package pipeline

import (
	"compress/gzip"
	"compress/zlib"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// compression adds the step that compresses answers, last of all.
func (c *compiler) compression(steps []step) []step {
	if c.program.deployment.MinimumCompressionSize == nil {
		return steps
	}
	return append(steps, compress)
}

// compress compresses the answer when it is long enough, the backend has not
// done so and the client prefers a coding that AWS supports. The gateway's own
// answers to failures stay as they are. AWS adds no Vary (a guess).
func compress(c *call) error {
	least := int(*c.stage.program.deployment.MinimumCompressionSize)
	a := &c.answer
	if a.Length > 0 && a.Length >= int64(least) && !a.Header.Has("Content-Encoding") && preferredCoding(c.headers) != "" {
		a.Length = -1 // of an answer to HEAD: GET's would be compressed
	}
	if len(a.Body) == 0 || len(a.Body) < least || a.Stream != nil || a.Header.Has("Content-Encoding") || a.Status == 204 || a.Status == 304 {
		return nil
	}
	coding := preferredCoding(c.headers)
	if coding == "" {
		return nil
	}
	if c.trace != nil {
		c.trace.response(c) // before it is compressed
	}
	buf, err := c.stage.answers.Buffer(len(a.Body) / 2)
	if err != nil {
		return nil // no memory to spare: the client can do without
	}
	c.lent = append(c.lent, buf)
	if err := c.stage.program.deflaters.compress(buf, coding, a.Body); err != nil {
		return nil
	}
	if c.trace != nil {
		c.trace.converted("response", coding+" compressed", a.Body, buf.Bytes())
	}
	a.Body = buf.Bytes()
	a.Header.Set("Content-Encoding", coding)
	return nil
}

// preferredCoding returns gzip or deflate if a client's Accept-Encoding ranks
// one of them first, else "": of codings with the same quality the one named
// first counts. "*" is what a client without the header means, whom AWS sends
// no compressed answer.
func preferredCoding(headers httpmsg.Header) string {
	best, quality := "", 0
	for i := range headers {
		if !httpmsg.EqualFold(headers[i].Name, "Accept-Encoding") {
			continue
		}
		for part := range strings.SplitSeq(headers[i].Value, ",") {
			coding, params, _ := strings.Cut(part, ";")
			coding = strings.TrimSpace(coding)
			if q := parseQuality(params); coding != "" && q > quality {
				best, quality = coding, q
			}
		}
	}
	switch {
	case strings.EqualFold(best, "gzip"):
		return "gzip"
	case strings.EqualFold(best, "deflate"):
		return "deflate"
	}
	return ""
}

// parseQuality returns the weight in a coding's parameters in thousandths, 1000
// when it has none, 0 when it is malformed.
func parseQuality(params string) int {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		return parseWeight(strings.TrimSpace(value))
	}
	return 1000
}

// parseWeight reads 0 to 1 with at most three decimals.
func parseWeight(s string) int {
	whole, decimals, _ := strings.Cut(s, ".")
	if whole != "0" && whole != "1" || len(decimals) > 3 {
		return 0
	}
	q := int(whole[0] - '0')
	for i := range 3 {
		q *= 10
		if i < len(decimals) {
			if decimals[i] < '0' || decimals[i] > '9' {
				return 0
			}
			q += int(decimals[i] - '0')
		}
	}
	if q > 1000 {
		return 0
	}
	return q
}

// deflaters are writers of compressed bodies, pooled. No more of them work at
// one time than there are processors: compressing is work of these alone, and
// a writer takes more than a megabyte.
type deflaters struct {
	slots         chan struct{} // nil when the API does not compress
	gzip, deflate sync.Pool
}

func newSlots(d *snapshot.Deployment) chan struct{} {
	if d.MinimumCompressionSize == nil {
		return nil
	}
	return make(chan struct{}, runtime.GOMAXPROCS(0))
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
func (p *deflaters) compress(w io.Writer, coding string, body []byte) error {
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
