package vtl

import (
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A Mode is the dialect of a template.
type Mode uint8

const (
	// Velocity is Apache Velocity 1.7 with its default settings: what is
	// undefined prints as it was written, and classes can be named.
	Velocity Mode = iota

	// APIGateway is Velocity 1.7 as API Gateway behaves: what is undefined
	// prints nothing, null equals the empty string, nothing leads to a class,
	// and #include, #parse and #evaluate are refused.
	APIGateway
)

// String returns the name of the mode.
func (m Mode) String() string {
	if m == APIGateway {
		return "apigw"
	}
	return "velocity"
}

// Options are how a template is to be understood. The zero Options is stock
// Velocity with the default limits.
type Options struct {
	Mode   Mode
	Limits Limits

	// Strict makes the call of a method that a value does not have an error of the
	// render, where it is nothing otherwise, and has the template keep what
	// [Template.Unknown] looks at.
	Strict bool

	// Watched is for templates that a debugger renders: $foreach is there in each
	// loop for [Event.Evaluate], and not only where the template asks for it.
	Watched bool
}

// Limits bounds what a template may use. A zero field means its default, a
// negative one no limit. Who meets a limit gets an [*Error] that names it.
type Limits struct {
	Template   int // bytes of source; default 300 KiB, as in API Gateway
	Nesting    int // directives, parentheses and literals in one another; default 250
	Output     int // bytes a render may append; default 10 MiB
	Iterations int // rounds of one #foreach; default 1,000 in API Gateway mode, 1,000,000 in Velocity
	MacroDepth int // macros calling one another; default 20, as in Velocity
	Calls      int // macro calls and uses of a #define in one render; default 100,000
	String     int // bytes of one string a template makes; default 10 MiB
	Elements   int // elements of one list or map a template makes; default 1,000,000
	Memory     int // bytes of all strings, lists and maps one render makes; default 256 MiB
	Steps      int // statements, references and operators evaluated; default 20,000,000
}

// noLimit is a limit that is never met.
const noLimit = int(^uint(0) >> 2)

// withDefaults returns l with a number in every field.
func (l Limits) withDefaults(mode Mode) Limits {
	iterations := 1_000
	if mode == Velocity {
		iterations = 1_000_000
	}
	set := func(field *int, standard int) {
		switch {
		case *field == 0:
			*field = standard
		case *field < 0:
			*field = noLimit
		}
	}
	set(&l.Template, 300<<10)
	set(&l.Nesting, 250)
	set(&l.Output, 10<<20)
	set(&l.Iterations, iterations)
	set(&l.MacroDepth, 20)
	set(&l.Calls, 100_000)
	set(&l.String, 10<<20)
	set(&l.Elements, 1_000_000)
	set(&l.Memory, 256<<20)
	set(&l.Steps, 20_000_000)
	if l.Nesting > maxNesting {
		l.Nesting = maxNesting
	}
	return l
}

// maxNesting is the most nesting anyone can ask for: parsing and rendering
// recurse, and a goroutine's stack is not endless.
const maxNesting = 10_000

// Vars are the variables a template begins with. A render asks for each name
// once, when it is first used, and keeps what the template sets to itself.
type Vars interface {
	// Lookup returns the variable called name, without the $.
	Lookup(name string) (value.Value, bool)
}

// MapVars is Vars in a map. A nil MapVars has no variables.
type MapVars map[string]value.Value

// Lookup returns the variable called name.
func (m MapVars) Lookup(name string) (value.Value, bool) {
	v, ok := m[name]
	return v, ok
}

// RunOptions are what may differ from one render to the next.
type RunOptions struct {
	// Deadline ends the render with an error; the zero time means none. It is
	// looked at every few hundred steps, and after each that had a long text, list
	// or map before it.
	Deadline time.Time

	// Memory, unless nil, is asked for what the template makes: strings, lists,
	// maps, and output beyond the first 64 KiB. Its error ends the render; it is
	// the cause of the *Error.
	Memory value.Meter

	// Hook, unless nil, is told of each [Event] as it happens, on the goroutine that
	// renders. An error from it ends the render. Without a Hook there are no events,
	// and they cost nothing.
	Hook func(Event) error
}
