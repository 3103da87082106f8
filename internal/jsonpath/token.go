package jsonpath

// A tokenKind says what one step of a path does.
type tokenKind uint8

const (
	tokenProperty   tokenKind = iota // name
	tokenProperties                  // several names
	tokenIndex                       // one index or several
	tokenSlice                       // from and to
	tokenWildcard                    // *
	tokenScan                        // ..
	tokenFilter                      // ?(...)
	tokenFunction                    // name(...)
)

type token struct {
	kind    tokenKind
	name    string
	names   []string
	indexes []int
	slice   slice
	filter  *condition
	params  []parameter

	definite bool // yields one result at most
	upstream bool // everything before it is definite
	leaf     bool // the last
}

// A slice is [from:to] with at least one end given.
type slice struct {
	from, to       int
	hasFrom, hasTo bool
}

// A parameter of a function is a path or JSON.
type parameter struct {
	path *Path
	json string

	// children is path with a wildcard behind it, for length.
	children *Path
}

// newPath completes the tokens of a path.
func newPath(source string, root bool, tokens []token) *Path {
	p := &Path{source: source, root: root, tokens: tokens, definite: true, plain: root, tail: len(tokens) - 1}
	for i := range tokens {
		t := &tokens[i]
		t.leaf = i == len(tokens)-1
		t.upstream = p.definite
		t.definite = t.isDefinite()
		p.definite = p.definite && t.definite
		p.plain = p.plain && (t.kind == tokenProperty || t.kind == tokenIndex && t.definite)
	}
	return p.invertScan()
}

func (t *token) isDefinite() bool {
	switch t.kind {
	case tokenProperty, tokenFunction:
		return true
	case tokenProperties:
		return t.leaf // several members make one object
	case tokenIndex:
		return len(t.indexes) == 1
	}
	return false
}

// invertScan turns $..a.f() into $.f($..a), so that the function sees all
// that was found.
func (p *Path) invertScan() *Path {
	last := len(p.tokens) - 1
	if last < 1 || p.tokens[0].kind != tokenScan || p.tokens[last].kind != tokenFunction {
		return p
	}
	at := 0
	for p.tokens[at].kind != tokenFunction {
		at++
	}
	found := newPath(p.source, true, append([]token(nil), p.tokens[:at]...))
	p.tokens = p.tokens[at:]
	p.tokens[0].params = []parameter{newParameter(found)}
	p.definite = true
	for i := range p.tokens {
		p.definite = p.definite && p.tokens[i].definite
	}
	return p
}

func newParameter(p *Path) parameter {
	out := parameter{path: p}
	if n := len(p.tokens); n > 0 && p.tokens[n-1].kind != tokenFunction {
		tokens := append(append([]token(nil), p.tokens...), token{kind: tokenWildcard})
		out.children = newPath(p.source, p.root, tokens)
		// Jayway works these out once, before it adds the wildcard.
		out.children.definite = p.definite
		out.children.tail = p.tail
	}
	return out
}
