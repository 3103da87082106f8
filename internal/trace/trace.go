package trace

import (
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// A Trace is what happened to one call. Who begins it fills in the exported
// fields but Took and Events. A nil Trace records nothing.
type Trace struct {
	APIID     string
	Stage     string
	RequestID string
	Method    string // as the client sent it
	Target    string // path within the stage, and query
	Received  time.Time
	Took      time.Duration
	Events    []Event // in the order in which they happened
	Brief     bool    // the data of steps is left out: what Text and a log with data need
	Failures  bool    // and so is, in a Brief one, how steps go on that do not fail

	secrets   []string        // that Text masks
	empty     emptyReferences // of the template that is being rendered
	responded bool            // the method response is among the events
}

// A Part is a part of an API's definition.
type Part struct {
	Resource     string // path template
	Method       string // verb of the definition, or ANY
	Field        string // of the method, such as integration.uri; "" where the part is not known
	Line, Column int    // within the field, from 1; 0 where it has no lines
}

// An Event is one thing that happened to a call.
type Event struct {
	At   time.Time
	Data EventData
}

// EventData says what happened. It is one of the types below.
type EventData interface{ eventData() }

// A RouteEvent says which method serves the call.
type RouteEvent struct {
	Resource    string // path template
	Method      string // verb of the definition, or ANY
	Integration string // type
}

// A KeyEvent is the look at the caller's API key. The key is masked.
type KeyEvent struct {
	Key      string // "" for none
	Source   string // where keys come from: x-api-key, or usageIdentifierKey of the authorizer's answer
	Stage    string // API id, a slash and the stage's name
	Method   string // verb of the definition and path template
	Required bool   // the method wants a key
	Found    bool   // the key is in a usage plan that has the stage
}

// An AdmitEvent says that a call was let in, by its key where the method wants one.
// The key is masked.
type AdmitEvent struct {
	Key, KeyID string // "" for none
	Stage      string // API id, a slash and the stage's name
}

// An AuthorizerEvent says that an authorizer has a call to judge.
type AuthorizerEvent struct {
	ID       string
	Identity string // masked
	Refused  string // why the call is refused without asking the function; "" where it is not
}

// An AuthorizerAnswerEvent is what the function of an authorizer answered.
type AuthorizerAnswerEvent struct {
	Body Payload
}

// An AuthorizedEvent says whom an authorizer takes a caller for.
type AuthorizedEvent struct {
	Principal string
	Kept      bool // the answer was kept from before, or another call got it
}

// An AuthorizerFailedEvent says why an authorizer did not work.
type AuthorizerFailedEvent struct {
	Reason string // in the words of AWS's execution logs
}

// A RequestEvent is the method request, when the method's execution begins:
// guards and throttles are behind it.
type RequestEvent struct {
	Method string // the client's, or what it overrides it with
	Path   string // within the stage
	Params []mapping.Param
	Query  []mapping.Param
	Header httpmsg.Header // without what is dropped at the door
	Body   Payload
}

// A ConvertEvent says that a body was decoded, converted or compressed.
type ConvertEvent struct {
	Body     string // "request" or "response"
	How      string // such as "gzip decoded"
	From, To int    // sizes in bytes
}

// A ValidateEvent says that a part of the request passed the method's request
// validator.
type ValidateEvent struct {
	What string // "parameters" or "body"
}

// A TemplateEvent is a rendered mapping template.
type TemplateEvent struct {
	Field  string // of the definition; "" where no template applies and the body passes through
	Type   string // media type that the template was looked for by, "" on the way back
	Result Payload
	Empty  []EmptyReference // the first few
}

// An EmptyReference is a reference in a template that had no value, outside
// conditions.
type EmptyReference struct {
	Text         string // as it is written
	Line, Column int    // from 1
}

// A MappingEvent is an evaluated parameter mapping, or an override that a
// template set.
type MappingEvent struct {
	Target     string // such as integration.request.header.X-A
	Expression string
	Value      string
	Absent     bool // the expression has no value: the target is not sent
}

// An EndpointRequestEvent is the integration request, when it is sent.
type EndpointRequestEvent struct {
	Method string
	URI    string
	Header httpmsg.Header
	Body   Payload
}

// An EndpointResponseEvent is the integration's answer.
type EndpointResponseEvent struct {
	Status  int
	Latency time.Duration
	Header  httpmsg.Header
	Body    Payload
	Denied  bool // Lambda did not let the gateway invoke the function
}

// A SelectEvent says which integration response applies.
type SelectEvent struct {
	Status  string // of the integration response
	Pattern string // "" for the default
	Value   string // what was matched
}

// A ResponseEvent is the method response of a call that went well.
type ResponseEvent struct {
	Header httpmsg.Header
	Body   Payload
}

// A StreamedEvent ends an answer that was streamed, whether it was complete or broke
// off.
type StreamedEvent struct {
	Bytes int64         // that came from the backend
	Took  time.Duration // since the backend was called
}

// A FailureEvent says why a call failed.
type FailureEvent struct {
	Type    string // of the gateway response
	Message string // what clients are told
	Line    string // of an execution log
	Reason  string // "" where Message says all
	Cause   string // "" for none
	Part    Part   // of the definition that is at fault
	Key     string // of the configuration's functions, that led the call where it went; "" for none
}

// A GatewayResponseEvent is the answer to a call that failed.
type GatewayResponseEvent struct {
	Type       string
	Customised bool // the API defines it
	Header     httpmsg.Header
	Body       Payload
}

// A CompleteEvent ends the events of a call.
type CompleteEvent struct {
	Status int
}

func (*RouteEvent) eventData()            {}
func (*KeyEvent) eventData()              {}
func (*AdmitEvent) eventData()            {}
func (*AuthorizerEvent) eventData()       {}
func (*AuthorizerAnswerEvent) eventData() {}
func (*AuthorizedEvent) eventData()       {}
func (*AuthorizerFailedEvent) eventData() {}
func (*RequestEvent) eventData()          {}
func (*ConvertEvent) eventData()          {}
func (*ValidateEvent) eventData()         {}
func (*TemplateEvent) eventData()         {}
func (*MappingEvent) eventData()          {}
func (*EndpointRequestEvent) eventData()  {}
func (*EndpointResponseEvent) eventData() {}
func (*SelectEvent) eventData()           {}
func (*ResponseEvent) eventData()         {}
func (*StreamedEvent) eventData()         {}
func (*FailureEvent) eventData()          {}
func (*GatewayResponseEvent) eventData()  {}
func (*CompleteEvent) eventData()         {}
