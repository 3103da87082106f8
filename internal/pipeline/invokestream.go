package pipeline

import "time"

// What TestInvokeMethod takes of an answer that is streamed: what comes within that
// time, until it is more than so many bytes (documented).
const (
	testStreamTime  = 35 * time.Second
	testStreamBytes = 1 << 20
)

// limitTest gives the test of a streamed answer its time, unless the caller has less.
func (c *call) limitTest() (due time.Time) {
	due = c.req.Received.Add(testStreamTime)
	if c.req.Deadline.IsZero() || due.Before(c.req.Deadline) {
		c.req.Deadline = due
	}
	return due
}

// collectTest fills in what the test of a streamed answer shows: the head, the part of
// the payload that has come, and no execution log (documented). The status is 0 where
// there was no head in time.
func (c *call) collectTest(r *TestResult, due time.Time) {
	r.Trace = nil
	if c.failed != nil && c.failed.kind == integrationTimeout && !time.Now().Before(due) {
		*r = TestResult{Latency: r.Latency}
		return
	}
	from := c.answer.Stream
	if from == nil {
		return
	}
	buf := make([]byte, 16<<10)
	for len(r.Body) <= testStreamBytes {
		n, err := from.Read(buf)
		r.Body = append(r.Body, buf[:n]...)
		if err != nil {
			break
		}
	}
	_ = from.Close()
	r.Latency = time.Since(c.req.Received)
}
