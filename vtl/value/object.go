package value

// An Object is a host's value that templates reach into: API Gateway's
// $context, $input, $util and $stageVariables are Objects, so that no map is
// built for a request. An implementation may be shared by renders only if it
// is safe for concurrent use.
//
// An Object may also be an [ObjectSetter], [Entries], [TextAppender],
// [JSONAppender], [TextPrinter] or [JSONPrinter]. One that is none of these
// prints as an empty string.
type Object interface {
	// Get returns the property called name, as in $context.stage; false when
	// there is none.
	Get(name string) (Value, bool)

	// Call calls a method, as in $input.json('$.a'). found is false when there
	// is no such method with as many arguments; an error ends the render. args
	// is reused after the call and must not be kept.
	Call(method string, args []Value) (v Value, found bool, err error)
}

// An ObjectSetter is an Object whose properties can be set, as in
// #set($context.responseOverride.status = 404).
type ObjectSetter interface {
	// Set sets a property and reports whether it can be set.
	Set(name string, v Value) bool
}

// Entries is an Object that is a read-only map: a template can use a Java
// map's methods on it (get, keySet, size, …), loop over its values and print
// it as `{a=b}`. What Call finds goes before the map's own methods.
type Entries interface {
	Len() int
	// At returns the i-th entry, 0 <= i < Len().
	At(i int) (key string, v Value)
}

// A TextAppender is an Object that prints itself.
type TextAppender interface {
	AppendText(dst []byte) []byte
}

// A JSONAppender is an Object that writes itself as JSON. Without it an
// Entries is written as an object and any other Object as its text in quotes.
type JSONAppender interface {
	AppendJSON(dst []byte) []byte
}

// A TextPrinter is an Object that prints itself and contains values, which may
// in turn contain it. It is asked before a TextAppender.
type TextPrinter interface {
	PrintText(p *Printer)
}

// A JSONPrinter is an Object that writes itself as JSON and contains values.
// It is asked before a JSONAppender.
type JSONPrinter interface {
	PrintJSON(p *Printer)
}
