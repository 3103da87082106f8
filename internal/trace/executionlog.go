package trace

import (
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// An execution log says what happened to a call in AWS's words, a line for
// each step. Texts and their order are recorded, but for what is marked.

// ExecutionLog is the log that TestInvokeMethod answers with: nothing for a nil Trace.
func (t *Trace) ExecutionLog() string {
	if t == nil {
		return ""
	}
	l := executionLog{id: t.RequestID, failed: t.failure() != nil, all: true, data: true}
	l.text = append(l.text, "Execution log for request "+t.RequestID+"\n"...)
	for i := range t.Events {
		l.event(&t.Events[i])
	}
	return string(l.text)
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
	text   []byte
	id     string // of the request
	at     time.Time
	failed bool
	all    bool        // more than the lines of failures is written
	data   bool        // the lines that have parameters, headers and bodies are, too
	stage  *stageLine  // how a stage's log has its lines; nil for a test's
	hider              // of the secrets in a stage's log
	key    *AdmitEvent // with which the call was let in; nil for none
	told   bool        // the line of the failure stands there already
}

// event writes the lines of an event; most have none.
func (l *executionLog) event(e *Event) {
	l.at = e.At
	switch e := e.Data.(type) {
	case *KeyEvent:
		l.keyLines(e)
	case *AuthorizerEvent:
		l.line("Starting authorizer: ", e.ID, " for request: ", l.id)
		l.dataLine("Incoming identity: ", e.Identity)
	case *AuthorizerAnswerEvent:
		l.dataLine("Authorizer result body before parsing: ", l.logged(&e.Body))
	case *AuthorizedEvent:
		l.dataLine("Using valid authorizer policy for principal: ", mapping.MaskSecret(e.Principal))
		l.line("Successfully completed authorizer execution")
	case *TokenEvent:
		l.line("Successfully completed authorizer execution")
	case *DecisionEvent:
		if text := e.undecided(); text != "" { // no words of AWS's are known for it
			l.failureLine(text)
		}
	case *AuthorizerFailedEvent:
		l.failureLine(configurationError, e.Reason)
	case *AdmitEvent:
		l.key = e
		l.line("Usage Plan check succeeded for API Key ", e.Key, " and API Stage ", e.Stage)
	case *RequestEvent:
		l.requestLines(e)
	case *EndpointRequestEvent:
		l.endpointRequestLines(e)
	case *EndpointResponseEvent:
		l.endpointResponseLines(e)
	case *ResponseEvent:
		if l.data {
			l.dataLine("Method response body after transformations: ", l.logged(&e.Body))
			l.dataLine("Method response headers: ", l.hide(javaHeader(e.Header)))
		}
	case *FailureEvent:
		if !l.told {
			l.failureLine(l.reason(e))
		}
	case *CompleteEvent:
		if !l.failed {
			l.line("Successfully completed execution")
		}
		l.failureLine("Method completed with status: ", strconv.Itoa(e.Status))
	}
}

// configurationError is what AWS writes before what is wrong with an authorizer.
const configurationError = "Execution failed due to configuration error: "

// keyLines writes what a look at a key came to. That of a key without a plan is
// recorded, and stands for all keys that let nobody in.
func (l *executionLog) keyLines(e *KeyEvent) {
	l.line("Verifying Usage Plan for request: ", l.id, ". API Key: ", e.Key, " API Stage: ", e.Stage)
	switch {
	case !e.Required:
		l.line("API Key  authorized because method '", e.Method, "' does not require API Key. Request will not contribute to throttle or quota limits")
	case !e.Found:
		l.told = true
		l.failureLine("API Key ", e.Key, " not authorized because method '", e.Method, "' requires API Key and API Key is not associated with a Usage Plan for API Stage ",
			e.Stage, ": No Usage Plan found for key and API Stage")
	}
}

// requestLines writes the method request, with the key of a call that has one.
func (l *executionLog) requestLines(e *RequestEvent) {
	l.line("Starting execution for request: ", l.id)
	l.line("HTTP Method: ", e.Method, ", Resource Path: ", l.hide(e.Path))
	if l.key != nil && l.key.Key != "" {
		l.line("API Key: ", l.key.Key)
		l.line("API Key ID: ", l.key.KeyID)
	}
	if l.data {
		l.dataLine("Method request path: ", l.hide(javaMap(fieldsOf(e.Params), sameText)))
		l.dataLine("Method request query string: ", l.hide(javaMap(fieldsOf(e.Query), sameText)))
		l.dataLine("Method request headers: ", l.hide(javaHeader(e.Header)))
		l.dataLine("Method request body before transformations: ", l.logged(&e.Body))
	}
}

func (l *executionLog) endpointRequestLines(e *EndpointRequestEvent) {
	if !l.data {
		return
	}
	uri := l.hide(e.URI)
	l.dataLine("Endpoint request URI: ", uri)
	l.dataLine("Endpoint request headers: ", l.hide(javaHeader(e.Header)))
	l.dataLine("Endpoint request body after transformations: ", l.logged(&e.Body))
	l.dataLine("Sending request to ", uri)
}

func (l *executionLog) endpointResponseLines(e *EndpointResponseEvent) {
	if !l.data || e.Denied {
		return
	}
	l.dataLine("Received response. Status: ", strconv.Itoa(e.Status), ", Integration latency: ", strconv.FormatInt(e.Latency.Milliseconds(), 10), " ms")
	l.dataLine("Endpoint response headers: ", l.hide(javaHeader(e.Header)))
	l.dataLine("Endpoint response body before transformations: ", l.logged(&e.Body))
}

const (
	// executionLogDate is the date of Java's Date.toString.
	executionLogDate = "Mon Jan 02 15:04:05 MST 2006"
	// MaxLogLine is how many bytes of an execution log's line are written, without
	// its date and the mark of a line that was cut.
	MaxLogLine = 1024
	truncated  = " [TRUNCATED]"
)

// line writes a line that tells how a call goes on.
func (l *executionLog) line(parts ...string) {
	if l.all {
		l.write(parts)
	}
}

// dataLine writes a line that has data of the call. What takes work to make is made
// behind a look at l.data.
func (l *executionLog) dataLine(parts ...string) {
	if l.data {
		l.write(parts)
	}
}

// failureLine writes a line that the log of a failed call has in any case.
func (l *executionLog) failureLine(parts ...string) { l.write(parts) }

// write writes one line. In a test's log text of several lines stays so, as AWS's does.
func (l *executionLog) write(parts []string) {
	if l.stage != nil {
		l.text = l.stage.appendHead(l.text, l.at)
	} else {
		l.text = append(l.at.UTC().AppendFormat(l.text, executionLogDate), " : "...)
	}
	room := MaxLogLine
	for _, part := range parts {
		cut := len(part) > room
		if cut {
			part = wholeRunes(part[:room])
		}
		room -= len(part)
		if l.stage != nil {
			l.text = appendPrintable(l.text, part)
		} else {
			l.text = append(l.text, part...)
		}
		if cut {
			l.text = append(l.text, truncated...)
			break
		}
	}
	l.text = append(l.text, '\n')
}

// logged is a body as an execution log shows it.
func (l *executionLog) logged(p *Payload) string {
	switch {
	case !l.data:
		return ""
	case p.Binary:
		return "[Binary Data]"
	case len(p.Text) < p.Size:
		return l.hideCut(p.Text)
	}
	return l.hide(p.Text)
}
