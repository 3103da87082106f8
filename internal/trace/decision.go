package trace

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// A DecisionEvent is what a policy says of a call.
type DecisionEvent struct {
	Policy string // which it is, such as "resource policy"
	Action string
	ARN    string // of the method
	policy.Explanation
}

// An AccessEvent is whether a call may go on, after all that was asked about it.
type AccessEvent struct {
	Allowed  bool
	Identity string // what the caller's policy, authorizer or token says; "" where none is asked
	Resource string // what the resource policy says; "" where it is not asked
	Why      string // what else decides, such as "of another account, and no resource policy allows it"; "" for nothing
}

// undecided is what an execution log says of a policy that has given up, "" of others.
func (e *DecisionEvent) undecided() string {
	if !e.Undecided {
		return ""
	}
	return e.Policy + " is not decided: " + policy.TooManySteps
}

func (*DecisionEvent) eventData() {}
func (*AccessEvent) eventData()   {}

// Decided records what a policy says of a call, and why. name says which policy it is,
// such as "resource policy".
func (t *Trace) Decided(name string, p *policy.Policy, r *policy.Request) {
	if t != nil {
		t.add(&DecisionEvent{name, r.Action, strings.Clone(r.Resource), p.Explain(r)})
	}
}

// Access records whether a call may go on.
func (t *Trace) Access(e AccessEvent) {
	if t.Detailed() {
		kept := e // which is in memory of its own only here
		t.add(&kept)
	}
}

// maxMisses bounds the statements whose reasons are shown.
const maxMisses = 10

// decision writes which statement of a policy decides, else why none does.
func (p *printer) decision(e *DecisionEvent) {
	name := printable(p.cut(e.Policy))
	switch e.Decision {
	case policy.Allow:
		p.row("policy", name+": "+p.paint(green, "allowed")+" by "+printable(p.cut(e.Statement)))
	case policy.ExplicitDeny:
		text := name + ": " + p.paint(yellow, "denied") + " by " + printable(p.cut(e.Statement))
		if e.Undecided {
			text += ", which is not decided: " + policy.TooManySteps
		}
		p.row("policy", text)
	default:
		p.row("policy", name+": "+p.paint(yellow, "nothing allows")+" "+printable(e.Action+" on "+p.cut(e.ARN)))
	}
	for _, m := range e.Misses[:min(len(e.Misses), maxMisses)] {
		p.row("", p.paint(faint, printable("not by "+p.cut(m.Statement)+": "+p.cut(m.Why))))
	}
}

// access writes what came of all that was asked about who calls.
func (p *printer) access(e *AccessEvent) {
	what, color := "denied", yellow
	if e.Allowed {
		what, color = "allowed", green
	}
	var said []string
	if e.Identity != "" {
		said = append(said, "identity "+e.Identity)
	}
	if e.Resource != "" {
		said = append(said, "resource policy "+e.Resource)
	}
	if e.Why != "" {
		said = append(said, e.Why)
	}
	p.row("access", p.paint(color, what)+p.paint(faint, printable(" ("+strings.Join(said, ", ")+")")))
}
