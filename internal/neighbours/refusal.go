package neighbours

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Refuse makes a Front.Others that refuses the calls of services that this server does
// not speak, in the words that their clients read. spoken names those that it speaks;
// each call has a line in trail.
func Refuse(spoken string, trail wire.Trail) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, service string) {
		begin := time.Now()
		known := &wire.Error{
			Status: http.StatusNotImplemented, Type: "UnknownOperationException",
			Message: "This server speaks " + spoken + ", not " + wire.Truncated(service) +
				": let AWS_ENDPOINT_URL_API_GATEWAY name it, and not AWS_ENDPOINT_URL, or start it with --upstream",
		}
		e := &wire.Entry{Request: r, RequestID: httpmsg.NewRequestID(), Status: known.Status, Err: known}
		RefuseInForm(w, e, service)
		e.Took = time.Since(begin)
		trail.Write(e)
	}
}

// RefuseInForm answers with the error of an entry in the protocol of a service: XML for S3
// and the Query protocol, else JSON. One that is no *wire.Error is not told.
func RefuseInForm(w http.ResponseWriter, e *wire.Entry, service string) {
	known := &wire.Error{Status: http.StatusInternalServerError, Type: "InternalFailure", Message: "Internal server error"}
	errors.As(e.Err, &known)
	e.Status = known.Status
	switch {
	case service == "s3":
		query.Send(w, e.RequestID, e.Status, &struct {
			XMLName   xml.Name `xml:"Error"`
			Code      string   `xml:"Code"`
			Message   string   `xml:"Message"`
			RequestID string   `xml:"RequestId"`
		}{Code: known.Type, Message: known.Message, RequestID: e.RequestID})
	case query.HasForm(e.Request):
		(&query.Protocol{}).Refuse(w, &operation.Call{RequestID: e.RequestID}, known)
	default:
		h := w.Header()
		h["x-amzn-RequestId"] = []string{e.RequestID}
		h["x-amzn-ErrorType"] = []string{known.Type}
		h.Set("Content-Type", "application/json")
		w.WriteHeader(e.Status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": known.Type, "message": known.Message}) // a client that went away is nobody's error
	}
}
