// Package value holds the values that Gatehouse's template and JSONPath
// engines share: what a JSON document becomes, and what a Velocity template
// can keep in a variable.
//
// They are Java's values wherever a template can see the difference. Integers
// are an Integer, a Long or a BigInteger by size, maps keep the order in which
// members were added, [Value.AppendText] prints as Java's toString does
// (`{a=1, b=[1, x]}`, `1.0E7`) and [Value.AppendJSON] as json-smart writes
// JSON. [Parse] reads JSON as json-smart does, which is lenient; [ParseStrict]
// takes only what RFC 8259 allows.
//
// A [Value] is small and copied freely. It is immutable, but for the contents
// of the [List], [Map] or [Object] it may point to. Lists and maps may be read
// by many goroutines at once as long as none writes.
//
// The package knows nothing of templates and paths: operators, methods and
// path expressions live in the engines.
package value
