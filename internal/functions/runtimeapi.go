package functions

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A runtimeAPI is Lambda's Runtime API (version 2018-06-01) as one worker is served it,
// at an address of its own.
//
// The programs that reach it are those of this machine, and the pages that a browser on
// it shows: these are told apart by what they cannot help to send.
type runtimeAPI struct {
	worker *worker
	server http.Server
	addr   string
}

const (
	apiPath        = "/2018-06-01/runtime/"
	apiConnections = 16       // at once; a runtime has one or two
	apiHeader      = 64 << 10 // bytes of a request's head
	apiHeaderTime  = 10 * time.Second
)

// serveRuntimeAPI starts to answer a worker.
func serveRuntimeAPI(w *worker) (*runtimeAPI, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{worker: w, addr: ln.Addr().String()}
	a.server = http.Server{
		Handler: http.HandlerFunc(a.serve), MaxHeaderBytes: apiHeader, ReadHeaderTimeout: apiHeaderTime,
		ErrorLog: log.New(io.Discard, "", 0), // a worker that breaks off is told by its end
	}
	go func() { _ = a.server.Serve(newBoundedListener(ln, apiConnections)) }()
	return a, nil
}

// close ends the connections and the listener.
func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) serve(w http.ResponseWriter, r *http.Request) {
	if r.Host != a.addr || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		answerError(w, http.StatusForbidden, "Forbidden", "the Runtime API is for the function alone")
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, apiPath)
	switch {
	case !ok:
		answerError(w, http.StatusNotFound, "NotFound", "there is nothing at this path")
	case path == "invocation/next":
		a.only(w, r, http.MethodGet, a.next)
	case path == "init/error":
		a.only(w, r, http.MethodPost, a.initError)
	default:
		a.only(w, r, http.MethodPost, a.invocation)
	}
}

// only answers a request of one method, and refuses those of others.
func (a *runtimeAPI) only(w http.ResponseWriter, r *http.Request, method string, serve http.HandlerFunc) {
	if r.Method != method {
		answerError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "the method is "+method)
		return
	}
	serve(w, r)
}

// next hands the worker its next call, for which it waits.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	if !a.worker.ready() {
		answerError(w, http.StatusForbidden, "InvalidStateTransition", "the last invocation has no response yet")
		return
	}
	var v *invocation
	select {
	case v = <-a.worker.calls:
	case <-r.Context().Done():
		return
	}
	event := v.takeEvent()
	if event == nil {
		return // the worker is about to be killed
	}
	defer event.Free()
	h := w.Header()
	h["Lambda-Runtime-Aws-Request-Id"] = []string{v.id}
	h["Lambda-Runtime-Deadline-Ms"] = []string{strconv.FormatInt(a.worker.deadline().UnixMilli(), 10)}
	h["Lambda-Runtime-Invoked-Function-Arn"] = []string{v.arn}
	if v.trace != "" {
		h["Lambda-Runtime-Trace-Id"] = []string{v.trace}
	}
	if v.context != "" {
		h["Lambda-Runtime-Client-Context"] = []string{v.context}
	}
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(event.Bytes()))}
	_, _ = w.Write(event.Bytes()) // a worker that does not read it does not answer either
}

// initError takes what a runtime says when it cannot load the code.
func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	a.worker.initFailed(readError(r))
	answerAccepted(w)
}

// invocation takes what came of a call.
func (a *runtimeAPI) invocation(w http.ResponseWriter, r *http.Request) {
	rest, _ := strings.CutPrefix(r.URL.Path, apiPath+"invocation/")
	id, what, _ := strings.Cut(rest, "/")
	v := a.worker.running(id)
	switch {
	case what != "response" && what != "error":
		answerError(w, http.StatusNotFound, "NotFound", "there is nothing at this path")
	case v == nil:
		answerError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	case what == "error":
		a.worker.answer(v, outcome{text: readError(r), failed: true})
		answerAccepted(w)
	case v.streams && strings.EqualFold(r.Header.Get("Lambda-Runtime-Function-Response-Mode"), "streaming"):
		a.stream(w, r, v)
	default:
		a.whole(w, r, v)
	}
}

// whole takes a response that is passed on when it is complete.
func (a *runtimeAPI) whole(w http.ResponseWriter, r *http.Request, v *invocation) {
	body, err := a.worker.function.set.options.Answers.ReadBody(r.Body, r.ContentLength, MaxOutput)
	switch {
	case errors.Is(err, httpmsg.ErrTooLarge):
		a.worker.answer(v, outcome{text: responseTooLarge(r.ContentLength).text(), failed: true})
		answerError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size ("+strconv.Itoa(MaxOutput)+" bytes).")
		return
	case errors.Is(err, httpmsg.ErrBudget):
		a.worker.answer(v, outcome{text: noMemory(v.id, err).text(), failed: true})
		answerError(w, http.StatusInternalServerError, "Sandbox.Failure", "there is no memory for the response")
		return
	case err != nil:
		return // it broke off; the worker answers again, or ends
	}
	if failure := trailedError(r); failure != nil {
		body.Free()
		a.worker.answer(v, outcome{text: failure.text(), failed: true})
	} else if !a.worker.answer(v, outcome{body: body}) {
		body.Free()
	}
	answerAccepted(w)
}

// stream takes a response that is passed on as it comes.
func (a *runtimeAPI) stream(w http.ResponseWriter, r *http.Request, v *invocation) {
	s := newStream()
	if !a.worker.answer(v, outcome{stream: s}) {
		answerError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	defer a.worker.streamed()
	if err := s.pass(r.Body); err != nil {
		s.finish(a.worker.brokenOff())
		return
	}
	s.finish(trailedError(r))
	answerAccepted(w)
}

// trailedError is the error that a runtime says behind a response that it began to
// stream, nil where it says none.
func trailedError(r *http.Request) *functionError {
	kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		return nil
	}
	e := &functionError{Type: kind, Message: kind}
	text := r.Trailer.Get("Lambda-Runtime-Function-Error-Body")
	if body, err := base64.StdEncoding.DecodeString(text); err == nil { // as it should be
		text = string(body)
	}
	var said functionError
	if json.Unmarshal([]byte(text), &said) == nil && said.Message != "" {
		e.Message = said.Message
	}
	return e
}

// readError reads what a runtime says of an error. What is no JSON, or too long, is put
// in words of ours, with the type that the header names.
func readError(r *http.Request) []byte {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxError+1))
	if err == nil && len(text) <= maxError && json.Valid(text) {
		return text
	}
	kind := r.Header.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		kind = "Runtime.Unknown"
	}
	return (&functionError{kind, "the function failed"}).text()
}

func answerAccepted(w http.ResponseWriter) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n")
}

func answerError(w http.ResponseWriter, status int, kind, message string) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(status)
	_, _ = w.Write(append((&functionError{kind, message}).text(), '\n'))
}
