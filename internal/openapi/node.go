package openapi

// Limits on what a document may be, so that no stranger's bytes can exhaust
// memory or stack. A 6 MB document of the usual kind has about 300,000 values
// and is less than 40 levels deep.
const (
	// MaxSize is the size of the largest definition the service takes, in bytes.
	MaxSize = 6 << 20

	maxDepth  = 256
	maxWeight = 1_000_000 // values in a document, aliases counted where they are used

	// Where Options.MaxSize allows more than MaxSize, a document may have a value
	// for so many bytes of it: the usual kind has one for 20.
	bytesPerValue = 10

	// heaviest bounds the weight of a node, so that sums do not overflow.
	heaviest = 1 << 40
)

// A kind is the JSON type of a node.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// String returns the name that messages use for values of kind k.
func (k kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// A source is one file of a definition, or the body of a request.
type source struct {
	name string // as findings show it, slash-separated; "" for a body
	ref  string // what references to it begin with, "" for the main document
	root *node  // nil when it cannot be read

	failed    error // why it cannot be read
	maxWeight int   // of root
	stop      func() error
	memory    Meter

	intrinsics bool // values with the tags of CloudFormation's intrinsics become their long forms
}

// stopped asks, after so many values, whether reading is to go on.
func (src *source) stopped(count int) error {
	if src.stop == nil || count%stopEvery != 0 {
		return nil
	}
	return src.stop()
}

// A node is one value of a document with the place where it stands. Aliases make
// documents share nodes, so nodes are never changed once read.
type node struct {
	kind   kind
	value  string // of a text, its characters; of a number or boolean, its JSON text
	items  []*node
	fields []field // in the order of the document
	byName map[string]int

	src          *source
	line, column int // from 1; columns count characters

	weight int // values from here down, long texts counting for more
	height int // levels from here down
}

// A field is a member of an object.
type field struct {
	name         string
	line, column int
	value        *node
}

// indexFrom is the number of fields from which an object keeps a map of them.
const indexFrom = 12

// field returns the member called name, nil when n is no object or has none.
func (n *node) field(name string) *field {
	if n == nil {
		return nil
	}
	if n.byName != nil {
		if i, ok := n.byName[name]; ok {
			return &n.fields[i]
		}
		return nil
	}
	for i := range n.fields {
		if n.fields[i].name == name {
			return &n.fields[i]
		}
	}
	return nil
}

// get returns the value of the member called name, nil when there is none.
func (n *node) get(name string) *node {
	if f := n.field(name); f != nil {
		return f.value
	}
	return nil
}

// perValue is the number of bytes of text that weigh as much as a value. The
// weight of a document so bounds the size of what is written from it.
const perValue = 64

// seal computes what depends on the members of n, once they are all there.
func (n *node) seal() {
	n.weight, n.height = 1+len(n.value)/perValue, 0
	for _, item := range n.items {
		n.add(item)
	}
	for i := range n.fields {
		n.weight += len(n.fields[i].name) / perValue
		n.add(n.fields[i].value)
	}
	n.height++
	n.index()
}

// index makes the last members known that were added to n.
func (n *node) index() {
	if len(n.fields) < indexFrom {
		return
	}
	if n.byName == nil {
		n.byName = make(map[string]int, len(n.fields))
	}
	for i := len(n.byName); i < len(n.fields); i++ {
		n.byName[n.fields[i].name] = i
	}
}

func (n *node) add(child *node) {
	n.weight = min(n.weight+child.weight, heaviest)
	n.height = max(n.height, child.height)
}

// position is where n stands.
func (n *node) position() Position {
	return Position{File: n.src.name, Line: n.line, Column: n.column}
}

// Nodes that no document holds, to be written.

func newText(s string) *node          { return &node{kind: text, value: s} }
func newNumber(s string) *node        { return &node{kind: number, value: s} }
func newList(items ...*node) *node    { return &node{kind: list, items: items} }
func newObject(fields ...field) *node { return &node{kind: object, fields: fields} }
