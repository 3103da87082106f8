package neighbours

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Others refuses the calls of services that this server does not speak, and says so in
// the words that their clients read: they come when AWS_ENDPOINT_URL points all
// services here. It is an http.Handler, safe for concurrent use.
type Others struct {
	Trail wire.Trail   // gets one line a call; its Log must be set
	Next  http.Handler // gets all other requests
}

// ServeHTTP refuses a request, or leaves it to Next.
func (o *Others) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := otherService(r)
	if service == "" {
		o.Next.ServeHTTP(w, r)
		return
	}
	begin := time.Now()
	e := &wire.Entry{Request: r, RequestID: httpmsg.NewRequestID(), Status: http.StatusNotImplemented, Err: &wire.Error{
		Status: http.StatusNotImplemented, Type: "UnknownOperationException",
		Message: "This server speaks API Gateway (apigateway) and a part of STS, not " + wire.Truncated(service) +
			": let AWS_ENDPOINT_URL_API_GATEWAY name it, and not AWS_ENDPOINT_URL",
	}}
	refuse(w, e, service)
	e.Took = time.Since(begin)
	o.Trail.Write(e)
}

// otherService is the service that a request says it is for, "" where that is ours or
// nothing is said. Who has signed for a service names it; the header X-Amz-Target is
// that of services that we do not speak.
func otherService(r *http.Request) string {
	scope, ok := sigv4.ScopeOf(&sigv4.Request{Header: authorization(r), Query: r.URL.RawQuery})
	switch {
	case ok && (scope.Service == "apigateway" || scope.Service == "execute-api" || scope.Service == "sts"):
		return ""
	case ok:
		return scope.Service
	}
	service, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return service
}

// refuse answers in the protocol of the service: XML for S3 and the Query protocol, else
// JSON.
func refuse(w http.ResponseWriter, e *wire.Entry, service string) {
	known := e.Err.(*wire.Error)
	kind, _, _ := strings.Cut(e.Request.Header.Get("Content-Type"), ";")
	switch {
	case service == "s3":
		send(w, e.RequestID, e.Status, &struct {
			XMLName   xml.Name `xml:"Error"`
			Code      string   `xml:"Code"`
			Message   string   `xml:"Message"`
			RequestID string   `xml:"RequestId"`
		}{Code: known.Type, Message: known.Message, RequestID: e.RequestID})
	case strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded"):
		send(w, e.RequestID, e.Status, &refusal{RequestID: e.RequestID, Type: "Sender", Code: known.Type, Message: known.Message})
	default:
		h := w.Header()
		h["x-amzn-RequestId"] = []string{e.RequestID}
		h["x-amzn-ErrorType"] = []string{known.Type}
		h.Set("Content-Type", "application/json")
		w.WriteHeader(e.Status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": known.Type, "message": known.Message}) // a client that went away is nobody's error
	}
}
