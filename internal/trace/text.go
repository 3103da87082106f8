package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// TextOptions say how a trace is shown to people.
type TextOptions struct {
	Color bool // for a terminal that understands ANSI's sequences

	// Locate returns where a part of the definition is, such as
	// "api.yaml:12:7", and "" when it does not know. Nil never knows.
	Locate func(Part) string
}

// Text is the trace as a block for people: a line that says what came of the
// call, and one or more for each step. Bodies are shortened, secrets masked,
// and nothing of a client or backend reaches the terminal as a command.
func (t *Trace) Text(o TextOptions) string {
	p := printer{options: o, hider: newHider(t)}
	p.title(t)
	for i := range t.Events {
		p.event(t.Events[i].Data)
	}
	return p.text.String()
}

type printer struct {
	hider
	options TextOptions
	text    strings.Builder
	shown   Payload  // the last body, which is not shown twice
	secrets []string // values that went into headers of other names
}

// An ink is one of ANSI's colours, "" for none.
type ink string

const (
	bold   ink = "1"
	faint  ink = "2"
	red    ink = "31"
	green  ink = "32"
	yellow ink = "33"
	cyan   ink = "36"
)

func (p *printer) paint(color ink, text string) string {
	if !p.options.Color || color == "" {
		return text
	}
	return "\x1b[" + string(color) + "m" + text + "\x1b[0m"
}

// title writes the first line.
func (p *printer) title(t *Trace) {
	status := 0
	if n := len(t.Events); n > 0 {
		if e, ok := t.Events[n-1].Data.(*CompleteEvent); ok {
			status = e.Status
		}
	}
	fmt.Fprintf(&p.text, "%s  %s  %s  %s\n", p.paint(bold, printable(t.Method+" "+p.cut(t.Target))),
		p.paint(statusInk(status), strconv.Itoa(status)), millis(t.Took), p.paint(faint, t.RequestID))
}

func statusInk(status int) ink {
	switch {
	case status >= 500:
		return red
	case status >= 400:
		return yellow
	}
	return green
}

// millis prints a duration in milliseconds, with a decimal where it counts.
func millis(d time.Duration) string {
	digits := 0
	if d < 10*time.Millisecond {
		digits = 1
	}
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', digits, 64) + " ms"
}

// event writes the rows of an event.
func (p *printer) event(data EventData) {
	switch e := data.(type) {
	case *RouteEvent:
		p.row("route", e.Method+" "+e.Resource+" ("+e.Integration+")")
	case *KeyEvent:
		p.key(e)
	case *DecisionEvent:
		p.decision(e)
	case *TokenEvent:
		p.row("token", printable(p.cut(e.Token)))
	case *CacheEvent:
		p.row("cache", e.What)
	case *AccessEvent:
		p.access(e)
	case *AuthorizerEvent:
		p.authorizer(e)
	case *AuthorizerAnswerEvent:
		p.body("answer", e.Body)
	case *AuthorizedEvent:
		text := "is taken for " + printable(p.cut(e.Principal))
		if e.Kept {
			text += ", as the function said before"
		}
		p.row("caller", text)
	case *AuthorizerFailedEvent:
		p.row("failed", p.paint(red, printable(p.cut(e.Reason))))
	case *RequestEvent:
		p.list("path", fieldsOf(e.Params))
		p.list("query", fieldsOf(e.Query))
		p.list("headers", p.masked(e.Header))
		p.body("body", e.Body)
	case *ConvertEvent:
		p.row("body", fmt.Sprintf("of the %s %s: %d to %d bytes", e.Body, e.How, e.From, e.To))
	case *ValidateEvent:
		p.row("valid", e.What)
	case *TemplateEvent:
		p.template(e)
	case *MappingEvent:
		p.mapping(e)
	case *EndpointRequestEvent:
		p.row("send", p.paint(bold, printable(e.Method+" "+p.cut(e.URI))))
		p.list("", p.masked(e.Header))
		p.body("", e.Body)
	case *EndpointResponseEvent:
		p.row("receive", p.paint(statusInk(e.Status), strconv.Itoa(e.Status))+" in "+millis(e.Latency))
		p.list("", p.masked(e.Header))
		p.body("", e.Body)
	case *SelectEvent:
		p.selected(e)
	case *ResponseEvent:
		p.list("answer", p.masked(e.Header))
		p.body("", e.Body)
	case *StreamedEvent:
		p.row("stream", strconv.FormatInt(e.Bytes, 10)+" bytes in "+millis(e.Took))
	case *FailureEvent:
		p.failure(e)
	case *GatewayResponseEvent:
		p.gatewayResponse(e)
	}
}

// authorizer writes that an authorizer judges the caller.
func (p *printer) authorizer(e *AuthorizerEvent) {
	if e.Refused != "" {
		p.row("caller", p.paint(yellow, printable("authorizer "+e.ID+" is not asked: "+e.Refused)))
		return
	}
	p.row("caller", printable("authorizer "+e.ID+" judges "+p.cut(shortened(e.Identity))))
}

// key writes the look at the API key of a method that wants one.
func (p *printer) key(e *KeyEvent) {
	switch {
	case !e.Required:
	case e.Found:
		p.row("key", printable(shortened(e.Key)))
	case e.Key == "":
		p.row("key", p.paint(yellow, "the method wants an API key, and there is none in "+e.Source))
	default:
		p.row("key", p.paint(yellow, printable(shortened(e.Key))+" is no enabled API key in a usage plan that has "+e.Stage))
	}
}

func (p *printer) template(e *TemplateEvent) {
	if e.Field == "" {
		none := "none"
		if e.Type != "" {
			none += " for " + printable(p.cut(e.Type))
		}
		p.row("template", none+": the body passes through")
		return
	}
	p.row("template", printable(e.Field))
	for _, r := range e.Empty {
		p.row("", p.paint(yellow, fmt.Sprintf("%s at %d:%d has no value", printable(p.cut(r.Text)), r.Line, r.Column)))
	}
	p.body("", e.Result)
}

// mapping writes a mapping; one from or to a secret is masked as the header
// would be, the text of a static value included.
func (p *printer) mapping(e *MappingEvent) {
	expression, value := e.Expression, e.Value
	if e.ofSecret() {
		p.secrets = append(p.secrets, value)
		value = shortened(mapping.MaskSecret(value))
		if n := len(expression); n > 2 && expression[0] == '\'' {
			expression = "'" + shortened(mapping.MaskSecret(expression[1:n-1])) + "'"
		}
	}
	text := printable(e.Target + " = " + p.cut(expression))
	if e.Absent {
		p.row("mapping", text+p.paint(faint, " has no value, not sent"))
		return
	}
	p.row("mapping", text+p.paint(faint, " → ")+printable(p.cut(value)))
}

// ofSecret reports whether a mapping is from or to what holds a secret.
func (e *MappingEvent) ofSecret() bool {
	return isSecret(lastName(e.Target)) || isSecret(lastName(e.Expression))
}

// masked is h with its secrets made unreadable, those that mappings gave another
// name included.
func (p *printer) masked(h httpmsg.Header) httpmsg.Header {
	out := masked(h)
	for i := range out {
		if slices.Contains(p.secrets, out[i].Value) {
			out[i].Value = mapping.MaskSecret(out[i].Value)
		}
	}
	return out
}

// lastName is what stands behind the last dot of a reference.
func lastName(reference string) string {
	return reference[strings.LastIndexByte(reference, '.')+1:]
}

// shortened is a masked secret with three stars at the most.
func shortened(secret string) string {
	if rest := strings.TrimLeft(secret, "*"); len(secret)-len(rest) > 3 {
		return "***" + rest
	}
	return secret
}

func (p *printer) selected(e *SelectEvent) {
	if e.Pattern == "" {
		p.row("select", e.Status+", the default")
		return
	}
	p.row("select", printable(fmt.Sprintf("%s, %q matches %s", e.Status, p.cut(e.Value), e.Pattern)))
}

func (p *printer) failure(e *FailureEvent) {
	p.row("failed", p.paint(red, printable(p.cut(reasonOf(e)))))
	if e.Cause != "" && e.Cause != e.Reason {
		p.row("", printable(p.cut(e.Cause)))
	}
	if e.Part.Field != "" {
		p.row("", p.paint(cyan, printable(p.where(e.Part))))
	}
}

// where names a part of the definition, with its place in a file if that is known.
func (p *printer) where(part Part) string {
	text := part.Method + " " + part.Resource + " " + part.Field
	if part.Line > 0 {
		text += fmt.Sprintf(", line %d, column %d", part.Line, part.Column)
	}
	if p.options.Locate != nil {
		if at := p.options.Locate(part); at != "" {
			text = at + ": " + text
		}
	}
	return text
}

func (p *printer) gatewayResponse(e *GatewayResponseEvent) {
	text := "gateway response " + e.Type
	if e.Customised {
		text += ", the API's own"
	}
	p.row("answer", text)
	p.list("", p.masked(e.Header))
	p.body("", e.Body)
}

// rowIndent is how far the text of rows stands to the right, in characters.
const rowIndent = 12

// row writes one row; text is printable. A label stands before the first row
// of a step.
func (p *printer) row(label, text string) {
	p.text.WriteString("  " + p.paint(faint, label) + strings.Repeat(" ", rowIndent-2-len(label)) + text + "\n")
}

// list writes names and values on one row, none for an empty list.
func (p *printer) list(label string, list httpmsg.Header) {
	const most = 32
	if len(list) == 0 {
		return
	}
	parts := make([]string, 0, most)
	for _, f := range list[:min(len(list), most)] {
		parts = append(parts, printable(f.Name+": "+p.cut(shortened(f.Value))))
	}
	if more := len(list) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	text := strings.Join(parts, "  ")
	if label == "" || label == "headers" {
		text = p.paint(faint, text)
	}
	p.row(label, text)
}

// What is shown of a body: its first lines, its first bytes.
const (
	shownLines = 12
	shownBytes = 800
)

// body writes a body, no row for an empty one. One that a step hands on as
// it is stands with the step before.
func (p *printer) body(label string, b Payload) {
	again := b == p.shown && label == ""
	p.shown = b
	switch {
	case b.Size == 0 || again:
		return
	case b.Binary:
		p.row(label, fmt.Sprintf("%d bytes that are no text", b.Size))
		return
	}
	text := p.hide(b.Text)
	if len(b.Text) < b.Size {
		text = p.hideCut(b.Text)
	}
	whole := len(text) <= shownBytes && len(b.Text) == b.Size
	text = wholeRunes(text[:min(len(text), shownBytes)])
	shown := 0
	for line := range strings.Lines(text) {
		if shown == shownLines {
			whole = false
			break
		}
		shown++
		p.row(label, printable(strings.TrimRight(line, "\r\n")))
		label = ""
	}
	if !whole {
		p.row("", p.paint(faint, fmt.Sprintf("… of %d bytes", b.Size)))
	}
}

// cut shortens a text that is to stand within a line, and masks its secrets.
func (p *printer) cut(text string) string { return cut(p.hide(text)) }

// cut shortens a text that is to stand within a line.
func cut(text string) string { return cutAfter(text, 200) }

// cutAfter shortens a text that is longer than so many bytes.
func cutAfter(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return wholeRunes(text[:most]) + "…"
}

// printable writes what a terminal could take for a command, or show as
// something else, as an escape.
func printable(text string) string {
	clean := true
	for _, r := range text {
		clean = clean && r != utf8.RuneError && unicode.IsPrint(r)
	}
	if clean {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\t':
			b.WriteString("    ")
		case r == utf8.RuneError || !unicode.IsPrint(r):
			b.WriteString(escaped(text[i:]))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escaped is the first character of text as Go writes it in a string.
func escaped(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	quoted := strconv.Quote(text[:size])
	return quoted[1 : len(quoted)-1]
}
