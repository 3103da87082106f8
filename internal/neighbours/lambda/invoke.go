package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/eventstream"
	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

type invokeRequest struct {
	FunctionName  string `uri:"FunctionName" json:"-"`
	Qualifier     string `query:"Qualifier" json:"-" max:"128" pattern:"\\$LATEST|[a-zA-Z0-9-_$]+"`
	Type          string `header:"X-Amz-Invocation-Type" json:"-" enum:"RequestResponse|Event|DryRun"`
	LogType       string `header:"X-Amz-Log-Type" json:"-" enum:"None|Tail"`
	ClientContext string `header:"X-Amz-Client-Context" json:"-"`
	Trace         string `header:"X-Amzn-Trace-Id" json:"-"`
	Payload       []byte `payload:"" json:"-"`
}

// request is what the function is called with.
func (in *invokeRequest) request(ctx context.Context) *integration.Request {
	req := &integration.Request{Method: http.MethodPost, Body: in.Payload, Client: ctx, Deadline: time.Now().Add(maxCall)}
	for name, value := range map[string]string{
		"X-Amz-Invocation-Type": in.Type, "X-Amz-Log-Type": in.LogType, "X-Amz-Client-Context": in.ClientContext, "X-Amzn-Trace-Id": in.Trace,
	} {
		if value != "" {
			req.Header.Add(name, value)
		}
	}
	return req
}

// check checks a payload, which is JSON, or nothing.
func (in *invokeRequest) check() error {
	if len(in.Payload) > functions.MaxEvent {
		return &wire.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestTooLargeException", Message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation"}
	}
	if len(in.Payload) > 0 && !json.Valid(in.Payload) {
		return &wire.Error{Status: http.StatusBadRequest, Type: "InvalidRequestContentException", Message: "Could not parse request body into json: Unexpected character"}
	}
	return nil
}

func (s *Service) invoke(ctx context.Context, c *operation.Call, in *invokeRequest) (*payload, error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if l := s.find(ref); l == nil || l.versions[l.choose(ref.qualifier)] == nil {
		return nil, notFound(ref)
	}
	if err := s.allowed(); err != nil {
		return nil, err
	}
	req := in.request(ctx)
	if in.Type == "Event" {
		resp, err := s.later(ref, req)
		return &payload{resp}, err
	}
	resp, err := s.run(ref, req, false)
	if err != nil {
		return nil, unfinished(err)
	}
	return &payload{resp}, nil
}

// unfinished is the error of an invocation that has come to no end.
func unfinished(err error) error {
	switch {
	case errors.Is(err, httpmsg.ErrBudget):
		return wire.ServiceUnavailable("The server holds as many events as it may")
	case errors.Is(err, integration.ErrTimeout):
		return &wire.Error{Status: http.StatusGatewayTimeout, Type: "ServiceException", Message: "The function has not answered in time"}
	}
	return err
}

// A payload is the answer of Invoke: what the function returned, with what Lambda says of
// it in headers.
type payload struct{ resp *httpmsg.Response }

// Send implements restjson.Sender.
func (p *payload) Send(w http.ResponseWriter, c *operation.Call) int {
	defer p.resp.Release()
	h := w.Header()
	for _, f := range p.resp.Header {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	if !p.resp.Header.Has("x-amzn-RequestId") {
		h["x-amzn-RequestId"] = []string{c.RequestID}
	}
	h.Set("Content-Length", strconv.Itoa(len(p.resp.Body)))
	if p.resp.Status == http.StatusNoContent {
		h.Del("Content-Length")
	}
	w.WriteHeader(p.resp.Status)
	_, _ = w.Write(p.resp.Body) // a client that went away is nobody's error
	return p.resp.Status
}

type streamRequest struct {
	FunctionName  string `uri:"FunctionName" json:"-"`
	Qualifier     string `query:"Qualifier" json:"-" max:"128" pattern:"\\$LATEST|[a-zA-Z0-9-_$]+"`
	Type          string `header:"X-Amz-Invocation-Type" json:"-" enum:"RequestResponse|DryRun"`
	LogType       string `header:"X-Amz-Log-Type" json:"-" enum:"None|Tail"`
	ClientContext string `header:"X-Amz-Client-Context" json:"-"`
	Trace         string `header:"X-Amzn-Trace-Id" json:"-"`
	Payload       []byte `payload:"" json:"-"`
}

func (s *Service) invokeStream(ctx context.Context, c *operation.Call, in *streamRequest) (*streamAnswer, error) {
	ref, err := parse(c, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if in.LogType == "Tail" {
		return nil, invalid("This server does not support LogType Tail of InvokeWithResponseStream")
	}
	whole := &invokeRequest{Type: in.Type, ClientContext: in.ClientContext, Trace: in.Trace, Payload: in.Payload}
	if err := whole.check(); err != nil {
		return nil, err
	}
	req := whole.request(c.Request.Context()) // which goes on while the answer is sent
	req.Stream = &integration.Streaming{Idle: maxCall}
	resp, err := s.run(ref, req, true)
	if err != nil {
		return nil, unfinished(err)
	}
	return &streamAnswer{resp}, nil
}

// A streamAnswer is the answer of InvokeWithResponseStream: an event stream of what the
// function sends, while it sends it.
type streamAnswer struct{ resp *httpmsg.Response }

// maxChunk is how much of a payload one message has at the most.
const maxChunk = 64 << 10

// Send implements restjson.Sender.
func (a *streamAnswer) Send(w http.ResponseWriter, c *operation.Call) int {
	if a.resp.Stream == nil {
		return (&payload{a.resp}).Send(w, c)
	}
	defer a.resp.Release()
	defer func() { _ = a.resp.Stream.Close() }()
	h := w.Header()
	for _, f := range a.resp.Header {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	h.Set("X-Amzn-Remapped-Content-Type", h.Get("Content-Type"))
	h.Set("Content-Type", "application/vnd.amazon.eventstream")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	read := make([]byte, maxChunk)
	var out []byte
	for {
		n, err := a.resp.Stream.Read(read)
		if n > 0 {
			out = appendEvent(out[:0], "PayloadChunk", "application/octet-stream", read[:n])
			if _, gone := w.Write(out); gone != nil || flush.Flush() != nil {
				return http.StatusOK
			}
		}
		if err != nil {
			_, _ = w.Write(appendEvent(out[:0], "InvokeComplete", "application/json", complete(err))) // as above
			return http.StatusOK
		}
	}
}

func appendEvent(b []byte, kind, content string, text []byte) []byte {
	return eventstream.AppendMessage(b, []eventstream.Header{{Name: ":event-type", Value: kind}, {Name: ":content-type", Value: content}, {Name: ":message-type", Value: "event"}}, text)
}

// complete is what the last message of a stream says: that all is there, or why not.
func complete(err error) []byte {
	if errors.Is(err, io.EOF) {
		return []byte("{}")
	}
	end := map[string]string{"ErrorCode": "Unhandled", "ErrorDetails": err.Error()}
	if f := new(lambdaproxy.FunctionError); errors.As(err, &f) {
		details, _ := json.Marshal(map[string]string{"errorMessage": f.Message}) // texts
		end = map[string]string{"ErrorCode": f.Code, "ErrorDetails": string(details)}
	}
	text, _ := json.Marshal(end) // texts
	return text
}
