// Package query is AWS's Query protocol, which STS and IAM speak: a form comes, XML goes.
package query

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Protocol is that of one service. It is an operation.Protocol.
//
// Fields of inputs are texts, numbers, bools, pointers to those, structs and lists of
// texts or structs; their members are named by the tag json. A parameter that no field
// of the input is for is refused. Outputs are what encoding/xml writes within the
// element of the result; lists are of the type [List].
type Protocol struct {
	Version string // of the service's API, which requests name
	Space   string // of the answers' XML
	Called  string // the service's name in messages, such as STS
}

// Read finds the operation of a form.
func (p *Protocol) Read(r *http.Request, body []byte, known map[string]operation.Operation) (string, func(any) error, error) {
	form, err := url.ParseQuery(string(body))
	if r.Method == http.MethodGet {
		form, err = r.URL.Query(), nil
	}
	if err != nil {
		return "", nil, &wire.Error{Status: http.StatusBadRequest, Type: "MalformedQueryString", Message: "The request is no form"}
	}
	action, version := form.Get("Action"), form.Get("Version")
	if _, ok := known[action]; !ok || version != p.Version {
		return "", nil, &wire.Error{Status: http.StatusBadRequest, Type: "InvalidAction", Message: "Could not find operation " + wire.Truncated(action) +
			" for version " + wire.Truncated(version) + ": this server answers " + operation.Names(known) + " of " + p.Called + " alone"}
	}
	return action, func(in any) error { return p.bind(form, action, in) }, nil
}

// Invalid is a ValidationError.
func (p *Protocol) Invalid(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: "ValidationError", Message: text}
}

// A response is the answer of an action.
type response struct {
	XMLName   xml.Name
	Space     string `xml:"xmlns,attr"`
	Result    *result
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

// A result is what an action returned, in an element of the action's name.
type result struct {
	action string
	out    any
}

// MarshalXML implements xml.Marshaler.
func (r *result) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(r.out, xml.StartElement{Name: xml.Name{Local: r.action + "Result"}})
}

// A List is a list in an output. One without members is an element nevertheless, as at
// AWS: clients tell it from none.
type List[T any] struct {
	Members []T `xml:"member"`
}

// Answer sends what an action returned.
func (p *Protocol) Answer(w http.ResponseWriter, c *operation.Call, out any) int {
	answer := &response{XMLName: xml.Name{Local: c.Operation + "Response"}, Space: p.Space, RequestID: c.RequestID}
	if _, none := out.(*operation.Nothing); !none {
		answer.Result = &result{c.Operation, out}
	}
	return Send(w, c.RequestID, http.StatusOK, answer)
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

// Refuse sends an error.
func (p *Protocol) Refuse(w http.ResponseWriter, c *operation.Call, known *wire.Error) int {
	if as, ok := refusals[known.Type]; ok {
		known = &wire.Error{Status: http.StatusForbidden, Type: as.code, Message: cmp.Or(as.message, known.Message)}
	}
	out := &refusal{Space: p.Space, RequestID: c.RequestID, Type: "Sender", Code: known.Type, Message: known.Message}
	if known.Status >= http.StatusInternalServerError && known.Status != http.StatusNotImplemented {
		out.Type = "Receiver"
	}
	if known.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(known.RetryAfter))
	}
	return Send(w, c.RequestID, known.Status, out)
}

// refusals are what the protocol calls the refusals of a caller, by the names that API
// Gateway has for them; a message of its own where it has one.
var refusals = map[string]struct{ code, message string }{
	"MissingAuthenticationTokenException": {"MissingAuthenticationToken", "Request is missing Authentication Token"},
	"IncompleteSignatureException":        {"IncompleteSignature", ""},
	"InvalidSignatureException":           {"SignatureDoesNotMatch", ""},
	"UnrecognizedClientException":         {"InvalidClientTokenId", ""},
	"ExpiredTokenException":               {"ExpiredToken", ""},
	"UnauthorizedException":               {"InvalidClientTokenId", "The security token included in the request is invalid."},
	"AccessDeniedException":               {"AccessDenied", ""},
}

// Send sends a document of XML as AWS does, with its own spelling of the header, and
// returns the status.
func Send(w http.ResponseWriter, requestID string, status int, v any) int {
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

// Asks reports whether a request is one of the Query protocol.
func Asks(r *http.Request) bool {
	if r.URL.Path != "/" {
		return false
	}
	return r.Method == http.MethodPost && HasForm(r) || r.Method == http.MethodGet && r.URL.Query().Has("Action")
}

// HasForm reports whether a request says that its body is a form.
func HasForm(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded")
}
