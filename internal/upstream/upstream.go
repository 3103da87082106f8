// Package upstream passes calls of AWS's other services on to the server that answers
// them: an emulator behind this one, or AWS. Bodies go as they come, both ways, and the
// answer is that server's own. Which calls are for it, its callers decide.
package upstream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	// maxCalls is how many calls are on their way at once; others are refused.
	maxCalls = 256
	// silence is how long no byte may come or go of a call before it is given up: a
	// little more than the longest function of Lambda, which says nothing meanwhile.
	silence = 16 * time.Minute
	// connectTime bounds the making of a connection, and its handshake.
	connectTime = 10 * time.Second
	// idleTime is how long a connection waits for the next call.
	idleTime = time.Minute
	// maxHead is the longest head of an answer, in bytes.
	maxHead = 256 << 10
	// maxWhole is the largest body that has to be read before its signature can be
	// verified, and maxHeld what such bodies may hold together, in bytes.
	maxWhole = 10 << 20
	maxHeld  = 64 << 20
)

// Options say where calls go.
type Options struct {
	// URL is where they go: http:// or https://, a host, perhaps a path. {service} and
	// {region} in it stand for what a call is signed for.
	URL string

	// Sign has the calls signed anew. Nil passes Host and the signature on as they came.
	Sign *Signing

	// Callers says who may call. Nil lets anyone, and then Sign must be nil.
	Callers Callers

	// Refuse answers a call that has failed, in the form of its service, and sets the
	// status of its entry. It must be set.
	Refuse func(w http.ResponseWriter, e *wire.Entry, service string)

	Trail wire.Trail // gets one line a call; its Log must be set
}

// Callers say who calls, and who may.
type Callers interface {
	// Claim reads the signature of a request as far as that goes without the body.
	Claim(r *http.Request) (*sigv4.Claim, error)
	// Caller is who has made a signature that is known to be right, if they may call its
	// service.
	Caller(r *http.Request, scope sigv4.Scope, token string) (*wire.Caller, error)
}

// A Server passes calls on. It is safe for concurrent use.
type Server struct {
	options   Options
	url       *url.URL // without placeholders; nil where it has them
	transport *http.Transport
	name      string        // in Via
	places    chan struct{} // has one for each call on its way
	held      *httpmsg.Budget
	signer    sigv4.Signer
	silence   time.Duration
}

// New makes a Server. Its URL has passed Check.
func New(o Options) *Server {
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails
	s := &Server{
		options: o, name: "gatehouse-" + hex.EncodeToString(name[:]), silence: silence,
		places: make(chan struct{}, maxCalls), held: httpmsg.NewBudget(maxHeld),
		transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectTime}).DialContext, TLSHandshakeTimeout: connectTime,
			MaxIdleConnsPerHost: maxCalls / 4, MaxIdleConns: maxCalls / 2, IdleConnTimeout: idleTime, ForceAttemptHTTP2: true,
			DisableCompression: true, ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: maxHead,
		},
	}
	if !strings.Contains(o.URL, "{") {
		s.url, _ = url.Parse(o.URL) // checked
	}
	return s
}

// tellsProxy reports whether requests for a URL go to a proxy that is told with each of them
// where it is for. What is for https:// goes through a tunnel.
func (s *Server) tellsProxy(to *url.URL) bool {
	proxy, err := s.transport.Proxy(&http.Request{URL: to})
	return to.Scheme == "http" && err == nil && proxy != nil && strings.HasPrefix(proxy.Scheme, "http")
}

// Close ends the connections that wait.
func (s *Server) Close() { s.transport.CloseIdleConnections() }

// Serve answers a call of a service, "" where the request does not say which, with what
// the upstream answers.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, service string) {
	begin := time.Now()
	e := &wire.Entry{Request: r, RequestID: httpmsg.NewRequestID(), Operation: "upstream"}
	if service != "" {
		e.Operation += ":" + wire.Truncated(service)
	}
	broken := s.serve(w, r, e)
	if e.Err != nil && !broken {
		s.options.Refuse(w, e, service)
	}
	e.Took = time.Since(begin)
	s.options.Trail.Write(e)
	if broken {
		panic(http.ErrAbortHandler) // the client is not to take a part for the whole
	}
}

// serve fills an entry. broken is that the answer has begun and broke off.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, e *wire.Entry) (broken bool) {
	if e.Err = s.refuses(r); e.Err != nil {
		return false
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	silent := time.AfterFunc(s.silence, func() { cancel(errSilent) })
	defer silent.Stop()
	c := &call{server: s, r: r, ctx: ctx, cancel: cancel, moved: func() { silent.Reset(s.silence) }}
	defer c.end()
	e.Err = c.identify()
	if e.Who = c.who; e.Err != nil {
		return false
	}
	select {
	case s.places <- struct{}{}: // which no stranger takes, however slowly a body comes
		defer func() { <-s.places }()
	default:
		e.Err = &wire.Error{Status: http.StatusServiceUnavailable, Type: "ServiceUnavailable", Message: fmt.Sprintf("%d calls for the upstream are on their way already: try again", maxCalls)}
		return false
	}
	if e.Err = c.prepare(); e.Err != nil {
		return false
	}
	resp, err := s.transport.RoundTrip(c.out)
	if err != nil {
		e.Err = c.failure(err)
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols { // what its bytes are nobody here knows
		e.Err = c.failure(errSwitched)
		return false
	}
	e.Status = resp.StatusCode
	if err := c.answer(w, resp); err != nil {
		e.Err = &wire.Error{Status: resp.StatusCode, Type: "BrokenOff", Message: "The answer broke off: " + causeOf(ctx, err).Error()}
		return true
	}
	return false
}

// refuses is why a request goes nowhere.
func (s *Server) refuses(r *http.Request) error {
	if r.Method == http.MethodConnect || !strings.HasPrefix(r.URL.Path, "/") || strings.Contains(r.RequestURI, " ") { // HTTP/2 lets spaces through, which HTTP/1 ends the target with
		return &wire.Error{Status: http.StatusBadRequest, Type: "InvalidRequest", Message: "Only requests for a path go to the upstream"}
	}
	for _, line := range r.Header["Via"] {
		if strings.Contains(line, s.name) {
			return &wire.Error{Status: http.StatusLoopDetected, Type: "LoopDetected", Message: "The upstream sends calls back to this server"}
		}
	}
	return nil
}

var (
	errSilent   = errors.New("no byte has come for too long")
	errSwitched = errors.New("the upstream speaks another protocol from here on")
	errUnread   = &wire.Error{Status: http.StatusBadRequest, Type: "RequestTimeout", Message: "The body has not come"}
	errGone     = &wire.Error{Status: 499, Type: "ClientClosedRequest", Message: "The client has gone"}
	errChanged  = &wire.Error{Status: http.StatusForbidden, Type: "InvalidSignatureException", Message: "The body is not the one that was signed."}
)

// causeOf is why a context ended, err where it has not.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// failure is what a client is told of a call that the upstream has not answered. It names
// no more of the URL than its host.
func (c *call) failure(err error) error {
	host := c.out.URL.Host
	cause := causeOf(c.ctx, err)
	if c.r.Context().Err() != nil {
		return errGone
	}
	if known, ok := errors.AsType[*wire.Error](cause); ok {
		return known
	}
	status, kind, why := http.StatusBadGateway, "BadGateway", "is not to be reached"
	var timeout net.Error
	switch {
	case errors.Is(cause, errSilent), errors.As(cause, &timeout) && timeout.Timeout():
		status, kind, why = http.StatusGatewayTimeout, "GatewayTimeout", "has not answered in time"
	case cause == errSwitched:
		why = "speaks another protocol than was asked for"
	case errors.Is(cause, syscall.ECONNREFUSED):
		why = "refuses connections"
	case errors.As(cause, new(*net.DNSError)):
		why = "has a name that leads nowhere"
	case errors.Is(cause, io.EOF), errors.Is(cause, io.ErrUnexpectedEOF), errors.Is(cause, syscall.ECONNRESET), errors.Is(cause, os.ErrClosed):
		why = "has closed the connection without an answer"
	case strings.Contains(cause.Error(), "tls: ") || strings.Contains(cause.Error(), "x509: "):
		why = "cannot be believed: " + cause.Error()
	}
	return &wire.Error{Status: status, Type: kind, Message: "The upstream " + host + " " + why}
}
