package functions

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// Invoke runs the function as Lambda's operation Invoke does, or
// InvokeWithResponseStream where streams says so: then the response's Stream is the
// payload as the function sends it. name is what the call names the function by, its
// name or ARN.
//
// The response says with the header X-Amz-Function-Error that the function failed, and
// has Lambda's status where it was not run: 413 for an event that is too long, 429 when
// all its workers are at work. Errors are *integration.Error: the time of the request is
// over, the client has gone, or there is no memory. The function goes on then, and what
// it returns is thrown away, as at Lambda.
func (f *Function) Invoke(req *integration.Request, name string, streams bool) (*httpmsg.Response, error) {
	if len(req.Body) > MaxEvent {
		return refuse(413, "RequestTooLargeException", map[string]string{
			"message": fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", MaxEvent), "Type": "User",
		}), nil
	}
	kind := req.Header.Get("X-Amz-Invocation-Type")
	if strings.EqualFold(kind, "DryRun") {
		return &httpmsg.Response{Status: 204}, nil
	}
	v, err := f.newInvocation(req, name, streams)
	if err != nil {
		return nil, failed(httpmsg.ErrBudget, err)
	}
	background := strings.EqualFold(kind, "Event")
	v.left = background
	if err := f.hand(v); err != nil {
		v.forget()
		return throttled(err)
	}
	if background {
		return &httpmsg.Response{Status: 202, Header: f.header(v)}, nil
	}
	if err := v.await(req, f.config.Program.Debug != ""); err != nil {
		v.leave()
		return nil, err
	}
	return f.response(v, req), nil
}

// newInvocation makes the invocation of a request. What it holds of the request is a
// copy: the worker may read it when the caller has gone.
func (f *Function) newInvocation(req *integration.Request, name string, streams bool) (*invocation, error) {
	v := &invocation{
		id: httpmsg.NewRequestID(), arn: f.arn(name), trace: req.Header.Get("X-Amzn-Trace-Id"),
		context: clientContext(req.Header.Get("X-Amz-Client-Context")), streams: streams, began: time.Now(), done: make(chan struct{}),
	}
	body := req.Body
	if len(body) == 0 {
		body = []byte("{}") // which Lambda makes of no event
	}
	event, err := f.set.options.Events.Buffer(len(body))
	if err != nil {
		return nil, err
	}
	_, _ = event.Write(body) // there is room
	v.event = event
	if !streams && strings.EqualFold(req.Header.Get("X-Amz-Log-Type"), "Tail") {
		v.tail = new(tail)
		v.tail.add([]byte("START RequestId: " + v.id + " Version: " + cmp.Or(f.config.Version, latest)))
	}
	return v, nil
}

// arn is that of the function as a call names it.
func (f *Function) arn(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return "arn:aws:lambda:" + cmp.Or(f.config.Region, f.set.options.Region) + ":" + cmp.Or(f.config.Account, f.set.options.Account) + ":function:" + name
}

// clientContext is what a call tells of its client, from the header's base64; "" where
// it is none.
func clientContext(header string) string {
	text, err := base64.StdEncoding.DecodeString(header)
	if err != nil || len(text) == 0 || !json.Valid(text) || strings.ContainsAny(string(text), "\r\n\x00") {
		return ""
	}
	return string(text)
}

// throttled is the answer to a call that no worker can do.
func throttled(err error) (*httpmsg.Response, error) {
	if !errors.Is(err, errThrottled) {
		return nil, failed(integration.ErrNetwork, err)
	}
	return refuse(429, "TooManyRequestsException", map[string]string{
		"Reason": "ConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded.",
	}), nil
}

// refuse is the answer of Lambda's API to a call that it does not take.
func refuse(status int, kind string, body map[string]string) *httpmsg.Response {
	text, _ := json.Marshal(body) // texts
	return &httpmsg.Response{Status: status, Body: text, Header: httpmsg.Header{
		{Name: "Content-Type", Value: "application/json"}, {Name: "x-amzn-RequestId", Value: httpmsg.NewRequestID()},
		{Name: "x-amzn-ErrorType", Value: kind},
	}}
}

// await waits for the outcome, or until the caller does not want it any more, which is
// patient where a debugger is at work.
func (v *invocation) await(req *integration.Request, patient bool) error {
	deadline := req.Deadline
	if deadline.IsZero() {
		deadline = time.Now().Add(integration.DefaultTimeout)
	}
	if req.Stream != nil {
		if silent := time.Now().Add(req.Stream.Idle); silent.Before(deadline) {
			deadline = silent
		}
	}
	var gone <-chan struct{}
	if req.Client != nil {
		gone = req.Client.Done()
	}
	var over <-chan time.Time
	if !patient {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-v.done:
		return nil
	case <-gone:
		return failed(integration.ErrGone, errLeft)
	case <-over:
		return failed(integration.ErrTimeout, errSilent)
	}
}

// response is Lambda's answer with the outcome.
func (f *Function) response(v *invocation, req *integration.Request) *httpmsg.Response {
	v.mu.Lock()
	o := v.outcome
	v.mu.Unlock()
	resp := &httpmsg.Response{Status: 200, Header: f.header(v)}
	switch {
	case v.streams:
		resp.Stream = streamed(&o, req)
	case o.body != nil:
		resp.Body = o.body.Bytes()
		resp.OnRelease(o.body.FreeFunc())
	default:
		resp.Body = o.text
	}
	if !v.streams {
		if o.failed {
			resp.Header.Add("X-Amz-Function-Error", "Unhandled")
		}
		if v.tail != nil {
			resp.Header.Add("X-Amz-Log-Result", v.tail.result(v.id, o.at.Sub(v.began), f.config.Program.Memory))
		}
		resp.Header.Add("Content-Length", strconv.Itoa(len(resp.Body)))
	}
	if req.Timing != nil {
		*req.Timing = integration.Timing{Header: o.at, Content: o.at}
	}
	return resp
}

// header is that of an answer of Lambda.
func (f *Function) header(v *invocation) httpmsg.Header {
	h := make(httpmsg.Header, 0, 5)
	h.Add("Content-Type", "application/json")
	h.Add("x-amzn-RequestId", v.id)
	h.Add("X-Amz-Executed-Version", cmp.Or(f.config.Version, latest))
	return h
}
