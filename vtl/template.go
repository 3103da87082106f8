package vtl

import (
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
)

// A Template is a parsed template. It is immutable and can be rendered by any
// number of goroutines at once.
type Template struct {
	name     string
	src      string
	mode     Mode
	limits   Limits
	body     block
	syms     *symbols
	macros   map[string]*macro
	patterns map[string]*javaregexp.Regexp // the regular expressions in the source
	names    *names                        // only when strict
	runs     sync.Pool                     // of *run
}

// Parse compiles a template. name is what errors call it. The error is an
// [*Error], with Phase PhaseRender for the few mistakes that Velocity finds
// only when a template is about to be rendered.
func Parse(name, source string, opts Options) (*Template, error) {
	limits := opts.Limits.withDefaults(opts.Mode)
	if len(source) > limits.Template {
		err := &Error{Phase: PhaseParse, offset: limits.Template, Problem: "the template is too long", Limit: "Template"}
		return nil, err.locate(name, source)
	}
	t := &Template{name: name, src: source, mode: opts.Mode, limits: limits, syms: newSymbols(), macros: map[string]*macro{}}
	c := compiler{name: name, src: source, mode: opts.Mode, limits: limits, syms: t.syms, macros: t.macros, watched: opts.Watched}
	if opts.Strict {
		c.names = &names{assigned: map[int]bool{}}
		t.names = c.names
	}
	c.unit = unit{size: len(source), exact: true}
	t.body = c.compile(source)
	if c.err != nil {
		return nil, c.err
	}
	c.finish()
	t.patterns = c.patterns
	return t, nil
}

// Name returns the name that Parse was given.
func (t *Template) Name() string { return t.name }

// Mode returns the dialect of the template.
func (t *Template) Mode() Mode { return t.mode }

// Render appends the template's output to dst and returns the result. vars may
// be nil, as may options. On an error, which is an [*Error], the result is dst
// with what had been rendered until then.
//
// Lists and maps in vars are changed when the template changes them: who
// renders at the same time must not share those.
func (t *Template) Render(dst []byte, vars Vars, options *RunOptions) ([]byte, error) {
	r, _ := t.runs.Get().(*run)
	if r == nil {
		r = &run{}
	}
	r.begin(t, dst, vars, options)
	if r.checkpoint(0) {
		r.block(t.body, nil)
	}
	out, err := r.out, r.err
	r.end()
	t.runs.Put(r)
	return out, err
}

// Constant returns what every render of the template gives, for a template that
// has nothing to evaluate: text, and comments. ok is false for any other.
func (t *Template) Constant() (text string, ok bool) {
	if len(t.body) == 0 {
		return "", true
	}
	s, ok := t.body[0].(*textStmt)
	if !ok || len(t.body) > 1 || len(s.text) > t.limits.Output {
		return "", false
	}
	return s.text, true
}

// RenderString renders the template to a string.
func (t *Template) RenderString(vars Vars) (string, error) {
	out, err := t.Render(nil, vars, nil)
	return string(out), err
}

// finish decides what the loops of a compiled template keep up to date:
// nothing that no reference can see.
func (c *compiler) finish() {
	if c.evaluates || c.watched {
		for _, name := range []string{"foreach", "velocityCount", "velocityHasNext"} {
			c.syms.slot(name)
		}
	}
	find := func(name string) int {
		if i, ok := c.syms.index[name]; ok {
			return i
		}
		return -1
	}
	for _, loop := range c.loops {
		loop.scope = find("foreach")
		loop.count = find("velocityCount")
		loop.hasNext = find("velocityHasNext")
		loop.reuse = !c.scopesEscape && !c.evaluates && !c.watched
	}
}

// A place is an offset in a template's source.
type place int

// excerptAt returns the piece of source at a place, up to the end of a line.
func excerptAt(src string, at place) string {
	if int(at) >= len(src) {
		return ""
	}
	line, _, _ := strings.Cut(src[at:], "\n")
	return excerpt(line)
}

// deadlineSteps is after how many steps a deadline is looked at.
const deadlineSteps = 256

// expired reports whether a deadline has passed.
func expired(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}
