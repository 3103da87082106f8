package gateway

import (
	"context"
	"log/slog"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// tell tells what came of the request, when its answer has been written.
func (c *call) tell(resp *httpmsg.Response, out *egress) {
	d := &c.done
	d.SourceIP, d.Protocol, d.Received, d.RequestBytes = c.req.SourceIP, c.req.Proto, c.req.Received, int64(c.bodySize+len(c.req.Body))
	d.Status, d.AnswerBytes, d.Broken = resp.Status, out.sent, out.broken
	d.FirstByte, d.LastByte = out.began, out.ended
	resp.Done(d)
}

// refuse makes the front door's own answer to a request. e is the stage that it is
// for, whose access log gets a line. A request for no stage, where e is nil, has a
// line in the process's log at level debug, because anybody can send those.
func (g *Gateway) refuse(c *call, e *entry, f *refusal) *httpmsg.Response {
	resp := g.door.refuses(f).answer()
	resp.OnDone(func(d *httpmsg.Done) {
		d.RequestID, d.ExtendedRequestID = resp.Header.Get(requestIDHeader), resp.Header.Get(extendedIDHeader)
		d.ErrorType, d.ErrorMessage = f.responseType, f.message
		switch {
		case e == nil:
			g.opts.Log.LogAttrs(context.Background(), slog.LevelDebug, "request for no stage",
				slog.String("requestId", d.RequestID), slog.String("host", c.req.Host), slog.Int("status", d.Status), slog.String("sourceIp", d.SourceIP))
		case e.err == nil:
			e.settings.Refused(&c.req, d)
		}
	})
	return resp
}
