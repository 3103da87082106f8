// Package neighbours answers the few calls of AWS's other services that tools make
// which call API Gateway, one file a service: without an answer they would not
// begin.
package neighbours

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// STS answers, in the Query protocol, GetCallerIdentity, which every tool of AWS's
// asks first, and the calls that give sessions, AssumeRole and GetSessionToken. It is
// an http.Handler, safe for concurrent use.
type STS struct {
	// Authenticate finds out who has signed a request for the service sts. It must
	// be set.
	Authenticate func(r *http.Request, op string) (wire.Identify, error)

	// Callers gives the sessions. Nil gives none.
	Callers *credentials.Callers

	Trail wire.Trail // gets one line a call; its Log must be set

	// Next gets the requests that are not for STS, whole.
	Next http.Handler
}

// maxForm bounds what is read of a request to see what it asks for, in bytes.
const maxForm = 16 << 10

const (
	callerIdentity = "GetCallerIdentity"
	stsVersion     = "2011-06-15"
	stsSpace       = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// stsActions are the actions of STS that are answered.
var stsActions = map[string]func(*STS, *stsCall) (any, error){
	callerIdentity:    (*STS).callerIdentity, // AWS needs no permission for it
	"AssumeRole":      (*STS).assumeRole,
	"GetSessionToken": (*STS).sessionToken,
}

// A stsCall is one call of STS.
type stsCall struct {
	action string
	form   url.Values
	who    *wire.Caller
	now    time.Time
}

// ServeHTTP answers one request, or leaves it to Next.
func (s *STS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if !asksByQuery(r) {
		s.Next.ServeHTTP(w, r)
		return
	}
	begun, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	form, _ := url.ParseQuery(string(begun)) // what is no form names no action
	if r.Method == http.MethodGet {
		form = r.URL.Query()
	}
	c := &stsCall{action: form.Get("Action"), form: form, now: start}
	if err != nil || len(begun) > maxForm || c.action != callerIdentity && !signedForSTS(r) {
		r.Body = joined{io.MultiReader(bytes.NewReader(begun), r.Body), r.Body}
		s.Next.ServeHTTP(w, r)
		return
	}
	e := &wire.Entry{Request: r, RequestID: httpmsg.NewRequestID()}
	var result any
	if do := stsActions[c.action]; do == nil || form.Get("Version") != stsVersion {
		e.Err = &wire.Error{Status: http.StatusBadRequest, Type: "InvalidAction", Message: "Could not find operation " + wire.Truncated(c.action) +
			" for version " + wire.Truncated(form.Get("Version")) + ": this server answers " + answeredActions() + " of STS alone"}
	} else {
		e.Operation = "sts:" + c.action
		if e.Who, e.Err = s.identify(r, c.action, begun); e.Err == nil {
			c.who = e.Who
			result, e.Err = do(s, c)
		}
	}
	if e.Err == nil {
		e.Status = send(w, e.RequestID, http.StatusOK, newResponse(c.action, result, e.RequestID))
	} else {
		e.Status = sendRefusal(w, e)
	}
	e.Took = time.Since(start)
	s.Trail.Write(e)
}

// answeredActions lists the actions of STS that are answered.
func answeredActions() string { return strings.Join(slices.Sorted(maps.Keys(stsActions)), ", ") }

// asksByQuery reports whether a request is one of the Query protocol.
func asksByQuery(r *http.Request) bool {
	if r.URL.Path != "/" {
		return false
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Method == http.MethodPost && strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") ||
		r.Method == http.MethodGet && r.URL.Query().Has("Action")
}

// signedForSTS reports whether a request says that it is for STS.
func signedForSTS(r *http.Request) bool {
	scope, ok := sigv4.ScopeOf(&sigv4.Request{Header: authorization(r), Query: r.URL.RawQuery})
	return ok && scope.Service == "sts"
}

func authorization(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, line := range r.Header["Authorization"] {
			if !yield("Authorization", line) {
				return
			}
		}
	}
}

func (s *STS) identify(r *http.Request, action string, body []byte) (*wire.Caller, error) {
	identify, err := s.Authenticate(r, action)
	if err != nil {
		return nil, err
	}
	return identify(body)
}

// joined is a body of which a part has been read and put back.
type joined struct {
	io.Reader
	io.Closer
}

// A response is the answer of an action.
type response struct {
	XMLName   xml.Name
	Space     string `xml:"xmlns,attr"`
	Result    any
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

func newResponse(action string, result any, requestID string) *response {
	return &response{XMLName: xml.Name{Local: action + "Response"}, Space: stsSpace, Result: result, RequestID: requestID}
}

// An identity is the result of GetCallerIdentity.
type identity struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	ARN     string   `xml:"Arn"`
	UserID  string   `xml:"UserId"`
	Account string
}

func (s *STS) callerIdentity(c *stsCall) (any, error) {
	return &identity{ARN: c.who.Principal, UserID: credentials.UserID(c.who.Account, c.who.Principal), Account: c.who.Account}, nil
}

// A refusal is an error of the Query protocol.
type refusal struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Space     string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// sendRefusal answers the call of an entry that has failed and returns the status.
func sendRefusal(w http.ResponseWriter, e *wire.Entry) int {
	known := &wire.Error{Status: http.StatusInternalServerError, Type: "InternalFailure", Message: "Internal server error"}
	errors.As(e.Err, &known)
	if as, ok := refusals[known.Type]; ok {
		known = &wire.Error{Status: http.StatusForbidden, Type: as.code, Message: cmp.Or(as.message, known.Message)}
	}
	out := &refusal{Space: stsSpace, RequestID: e.RequestID, Type: "Sender", Code: known.Type, Message: known.Message}
	if known.Status >= http.StatusInternalServerError {
		out.Type = "Receiver"
	}
	return send(w, e.RequestID, known.Status, out)
}

// refusals are what STS calls the refusals of a signature, by the names that API
// Gateway has for them; a message of its own where it has one.
var refusals = map[string]struct{ code, message string }{
	"MissingAuthenticationTokenException": {"MissingAuthenticationToken", "Request is missing Authentication Token"},
	"IncompleteSignatureException":        {"IncompleteSignature", ""},
	"InvalidSignatureException":           {"SignatureDoesNotMatch", ""},
	"UnrecognizedClientException":         {"InvalidClientTokenId", ""},
	"ExpiredTokenException":               {"ExpiredToken", ""},
	"UnauthorizedException":               {"InvalidClientTokenId", "The security token included in the request is invalid."},
}

// send sends an answer as STS does, with its own spelling of the header.
func send(w http.ResponseWriter, requestID string, status int, v any) int {
	text, err := xml.MarshalIndent(v, "", "  ")
	if err != nil { // of these types there is none
		status, text = http.StatusInternalServerError, nil
	}
	h := w.Header()
	h["x-amzn-RequestId"] = []string{requestID}
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that went away is nobody's error
	return status
}
