package accesslog

import (
	"strings"
	"time"
)

// A Phase is what came of one of the phases in which a request is found to be allowed.
// The zero value is one that the request did not come to.
type Phase struct {
	Status  int // 200, or that of the failure
	Latency time.Duration
	Error   string // "" where it went well
}

// Access is what came of the phases that AWS has before a call's integration (documented):
// authenticate of signed calls, authorizer of those that a Lambda authorizer or a user
// pool judges, and authorize, in which the policies of both but the pools are asked.
type Access struct {
	Authenticate, Authorizer, Authorize Phase

	FunctionStatus    int // with which Lambda answered the call of an authorizer; 0 where it did not
	FunctionLatency   time.Duration
	FunctionRequestID string
}

// phases are the first words of the variables that tell of phases.
var phases = [...]string{"authenticate", "authorizer", "authorize"}

// Phased reports whether the log may tell what came of the phases of Access, which nobody
// needs to note otherwise.
func (l *Log) Phased() bool { return l != nil && l.phased }

// isPhase reports whether a variable may be one of a phase.
func isPhase(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	for _, phase := range phases {
		if first == phase {
			return true
		}
	}
	return false
}

// appendPhase appends the value of a variable of a phase.
func (a *Access) appendPhase(line []byte, name string) []byte {
	phase, member, _ := strings.Cut(name, ".")
	var p *Phase
	switch phase {
	case "authenticate":
		p = &a.Authenticate
	case "authorizer":
		p = &a.Authorizer
	default:
		p = &a.Authorize
	}
	switch {
	case p.Status == 0:
		return line
	case member == "status":
		return appendStatus(line, p.Status)
	case member == "latency":
		return appendMillis(line, p.Latency)
	case member == "error":
		return appendText(line, p.Error)
	case name == "authorizer.integrationStatus":
		return appendStatus(line, a.FunctionStatus)
	case name == "authorizer.integrationLatency" && a.FunctionStatus != 0:
		return appendMillis(line, a.FunctionLatency)
	case name == "authorizer.requestId":
		return appendText(line, a.FunctionRequestID)
	}
	return line
}
