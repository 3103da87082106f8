package trace

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// An execution log says what happened to a call in AWS's words, a line for
// each step. Texts and their order are recorded, but for what is marked.

// ExecutionLog is the log that TestInvokeMethod answers with: nothing for a nil Trace.
func (t *Trace) ExecutionLog() string {
	if t == nil {
		return ""
	}
	l := executionLog{failed: t.failure() != nil}
	l.text.WriteString("Execution log for request " + t.RequestID + "\n")
	for i := range t.Events {
		l.event(&t.Events[i], t.RequestID)
	}
	return l.text.String()
}

// failure is why the call failed, nil when it did not.
func (t *Trace) failure() *FailureEvent {
	for i := range t.Events {
		if f, ok := t.Events[i].Data.(*FailureEvent); ok {
			return f
		}
	}
	return nil
}

type executionLog struct {
	text   strings.Builder
	at     time.Time // of the lines that are being written
	failed bool
	key    *AdmitEvent // with which the call was let in; nil for none
	told   bool        // the line of the failure stands there already
}

// event writes the lines of an event; most have none.
func (l *executionLog) event(e *Event, requestID string) {
	l.at = e.At
	switch e := e.Data.(type) {
	case *KeyEvent:
		l.keyLines(e, requestID)
	case *AuthorizerEvent:
		l.line("Starting authorizer: ", e.ID+" for request: "+requestID)
		l.line("Incoming identity: ", e.Identity)
	case *AuthorizerAnswerEvent:
		l.line("Authorizer result body before parsing: ", e.Body.logged())
	case *AuthorizedEvent:
		l.line("Using valid authorizer policy for principal: ", mapping.MaskSecret(e.Principal))
		l.line("Successfully completed authorizer execution", "")
	case *TokenEvent:
		l.line("Successfully completed authorizer execution", "")
	case *DecisionEvent:
		if text := e.undecided(); text != "" { // no words of AWS's are known for it
			l.line(text, "")
		}
	case *AuthorizerFailedEvent:
		l.line(configurationError+e.Reason, "")
	case *AdmitEvent:
		l.key = e
		l.line("Usage Plan check succeeded for API Key ", e.Key+" and API Stage "+e.Stage)
	case *RequestEvent:
		l.line("Starting execution for request: ", requestID)
		l.line("HTTP Method: ", e.Method+", Resource Path: "+e.Path)
		l.callerLines()
		l.line("Method request path: ", javaMap(fieldsOf(e.Params), sameText))
		l.line("Method request query string: ", javaMap(fieldsOf(e.Query), sameText))
		l.line("Method request headers: ", javaHeader(e.Header))
		l.line("Method request body before transformations: ", e.Body.logged())
	case *EndpointRequestEvent:
		l.line("Endpoint request URI: ", e.URI)
		l.line("Endpoint request headers: ", javaHeader(e.Header))
		l.line("Endpoint request body after transformations: ", e.Body.logged())
		l.line("Sending request to ", e.URI)
	case *EndpointResponseEvent:
		if e.Denied {
			return
		}
		l.line("Received response. ", fmt.Sprintf("Status: %d, Integration latency: %d ms", e.Status, e.Latency.Milliseconds()))
		l.line("Endpoint response headers: ", javaHeader(e.Header))
		l.line("Endpoint response body before transformations: ", e.Body.logged())
	case *ResponseEvent:
		l.line("Method response body after transformations: ", e.Body.logged())
		l.line("Method response headers: ", javaHeader(e.Header))
	case *FailureEvent:
		if !l.told {
			l.line(e.Line, "")
		}
	case *CompleteEvent:
		if !l.failed {
			l.line("Successfully completed execution", "")
		}
		l.line("Method completed with status: ", strconv.Itoa(e.Status))
	}
}

// configurationError is what AWS writes before what is wrong with an authorizer.
const configurationError = "Execution failed due to configuration error: "

// keyLines writes what a look at a key came to. That of a key without a plan is
// recorded, and stands for all keys that let nobody in.
func (l *executionLog) keyLines(e *KeyEvent, requestID string) {
	l.line("Verifying Usage Plan for request: ", requestID+". API Key: "+e.Key+" API Stage: "+e.Stage)
	switch {
	case !e.Required:
		l.line("API Key ", " authorized because method '"+e.Method+"' does not require API Key. Request will not contribute to throttle or quota limits")
	case !e.Found:
		l.told = true
		l.line("API Key ", e.Key+" not authorized because method '"+e.Method+"' requires API Key and API Key is not associated with a Usage Plan for API Stage "+
			e.Stage+": No Usage Plan found for key and API Stage")
	}
}

// callerLines writes the key of a call that has one.
func (l *executionLog) callerLines() {
	if l.key != nil && l.key.Key != "" {
		l.line("API Key: ", l.key.Key)
		l.line("API Key ID: ", l.key.KeyID)
	}
}

const (
	// executionLogDate is the date of Java's Date.toString.
	executionLogDate = "Mon Jan 02 15:04:05 MST 2006"
	// MaxLogLine is how many bytes of an execution log's line are written, without
	// its date and the mark of a line that was cut.
	MaxLogLine = 1024
)

// line writes one line. Text of several lines stays so, as AWS's does.
func (l *executionLog) line(lead, text string) {
	l.text.WriteString(l.at.UTC().Format(executionLogDate) + " : ")
	if text = lead + text; len(text) > MaxLogLine {
		text = wholeRunes(text[:MaxLogLine]) + " [TRUNCATED]"
	}
	l.text.WriteString(text + "\n")
}

// logged is a body as an execution log shows it.
func (p Payload) logged() string {
	if p.Binary {
		return "[Binary Data]"
	}
	return p.Text
}

func sameText(a, b string) bool { return a == b }

func fieldsOf(list []mapping.Param) httpmsg.Header {
	out := make(httpmsg.Header, len(list))
	for i, p := range list {
		out[i] = httpmsg.Field{Name: p.Name, Value: p.Value}
	}
	return out
}

// javaMap prints a list as Java prints a map: {a=b, c=d}. The values of one
// name are joined with commas. Of a long list what cannot be shown is left out.
func javaMap(list httpmsg.Header, same func(a, b string) bool) string {
	var b strings.Builder
	list = list[:min(len(list), MaxLogLine)]
	b.WriteByte('{')
	for i, f := range list {
		if containsName(list[:i], f.Name, same) {
			continue
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + "=" + f.Value)
		for _, other := range list[i+1:] {
			if same(f.Name, other.Name) {
				b.WriteString("," + other.Value)
			}
		}
	}
	b.WriteByte('}')
	return b.String()
}

func containsName(list httpmsg.Header, name string, same func(a, b string) bool) bool {
	for i := range list {
		if same(list[i].Name, name) {
			return true
		}
	}
	return false
}

// javaHeader prints a header as Java prints a map, its secrets masked.
func javaHeader(h httpmsg.Header) string { return javaMap(masked(h), httpmsg.EqualFold) }

// masked is h with its secrets made unreadable.
func masked(h httpmsg.Header) httpmsg.Header {
	out := make(httpmsg.Header, len(h))
	for i, f := range h {
		if isSecret(f.Name) {
			f.Value = mapping.MaskSecret(f.Value)
		}
		out[i] = f
	}
	return out
}

// isSecret reports whether a header, or a member of $context, of that name holds
// a secret. AWS masks the first two and prints the others, whose use is not
// worth the risk.
func isSecret(name string) bool {
	return httpmsg.EqualFold(name, "Authorization") || httpmsg.EqualFold(name, "x-api-key") ||
		httpmsg.EqualFold(name, "X-Amz-Security-Token") || name == "apiKey"
}
