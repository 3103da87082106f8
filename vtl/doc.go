// Package vtl renders templates in the Velocity Template Language: Apache
// Velocity 1.7, and the dialect of it that Amazon API Gateway's mapping
// templates are written in.
//
// [Parse] compiles a template once. A [Template] is immutable and renders any
// number of times, concurrently if need be:
//
//	t, err := vtl.Parse("greeting", "Hello $name!", vtl.Options{Mode: vtl.APIGateway})
//	…
//	out, err = t.Render(out[:0], vars, nil)
//
// Variables come from [Vars], which is asked for a name when a template first
// uses it, so nothing is prepared that nobody reads. A variable is a
// [value.Value]; one that is a [value.Object] gives a template properties and
// methods of the host's own, as $input and $util are.
//
// What Java's strings, lists, maps and numbers can do is a table of functions:
// there is no reflection, and nothing that a template can reach but what is in
// the tables, in Vars and in Objects. #include and #parse reach no file. In
// Velocity mode $x.class gives the name of a class and leads no further; in
// APIGateway mode it gives nothing.
//
// The grammar, the lexer's modes and its lookahead are those of Velocity 1.7,
// because what is text and what is not, and which line ends disappear, follows
// from them. So do its odd corners: a line end after a directive is
// swallowed, $a-b is one name, #set to null does nothing, a literal is false
// as a condition, #break in a macro leaves the macro.
//
// A render can be watched: [RunOptions] Hook is told of each [Event], from which
// debuggers and traces are made. [Template.Unknown] lists what a template refers to
// and there is not.
//
// Every render is bounded, see [Limits]. An [*Error] says which template
// failed, where and why; nothing that a template does takes the process down.
package vtl
