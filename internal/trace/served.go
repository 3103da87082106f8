package trace

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Served is one request for a stage and what came of it. It is known of every
// request, without a trace of it, and is valid as long as its Done.
type Served struct {
	Method, Path string // of the request, within its stage
	Done         *httpmsg.Done
	Failure      *FailureEvent // nil unless the gateway itself failed it
}

// Line is what came of the request on one line for people: method and path, the route
// with its verb where that is another, "-" for none, the status, the time, what came of
// the look into the stage's cache, and what failed. It has no query, whose values may be secret, and nothing of a client
// reaches the terminal as a command. It has no line end.
func (s *Served) Line(o TextOptions) string {
	p := printer{options: o}
	d := s.Done
	route := d.Resource
	switch {
	case route == "":
		route = "-"
	case d.Verb != s.Method:
		route = d.Verb + " " + route
	}
	fmt.Fprintf(&p.text, "%s  %s  %s  %s", p.paint(bold, printable(s.Method+" "+cut(s.Path))), printable(route),
		p.paint(statusInk(d.Status), strconv.Itoa(d.Status)), millis(d.LastByte.Sub(d.Received)))
	switch {
	case d.CacheHit:
		p.text.WriteString("  cache hit")
	case d.CacheMiss:
		p.text.WriteString("  cache miss")
	}
	if why := p.why(s); why != "" {
		p.text.WriteString("  " + p.paint(statusInk(d.Status), printable(why)))
	}
	return p.text.String()
}

// longestWhy is where each part of what failed is cut, in bytes: nothing else tells of it.
const longestWhy = 1000

// why says what failed, "" when nothing did.
func (p *printer) why(s *Served) string {
	e := s.Failure
	switch {
	case e != nil:
		why := cutAfter(reasonOf(e), longestWhy)
		switch {
		case strings.HasPrefix(strings.ToLower(e.Cause), strings.ToLower(why)): // it says the same and more
			why = cutAfter(e.Cause, longestWhy)
		case e.Cause != "":
			why += ": " + cutAfter(e.Cause, longestWhy)
		}
		if e.Part.Field != "" {
			why += " (" + p.where(e.Part) + ")"
		}
		if e.Key != "" {
			why += " (lambda-functions: " + cut(e.Key) + ")"
		}
		return why
	case s.Done.Broken:
		return "the client went away before the end of the answer"
	}
	return ""
}

// reasonOf is why a call failed, else what its client was told: the first line, since the
// others repeat the request where a signature is wrong.
func reasonOf(e *FailureEvent) string {
	if e.Reason != "" {
		return e.Reason
	}
	first, _, _ := strings.Cut(e.Message, "\n")
	return first
}
