package wire

import (
	"regexp"
	"slices"
)

// The services whose operations a Server knows, by AWS's names. Of the second it
// speaks what REST APIs need.
const (
	V1 = "apigateway"
	V2 = "apigatewayv2"
)

// An Operation is one row of a service's operation table.
type Operation struct {
	Service string // V1 or V2; names are unique within one
	Name    string // AWS's name, such as "CreateRestApi"
	Method  string // HTTP method
	Path    string // path with {labels}, such as "/restapis/{restapi_id}"
	Query   string // literal that the query must hold, such as "mode=import"; usually ""
	Status  int    // HTTP status of success

	place  string // the name of the input in validation errors
	input  *shape
	output string // Go name of the output; "" when success has no body
}

// Operations returns the operation table of V1, sorted by name.
func Operations() []Operation { return slices.Clone(operations[:]) }

// OperationsV2 returns the operations of V2 whose shapes are known, sorted by name.
func OperationsV2() []Operation {
	return slices.DeleteFunc(slices.Clone(operationsV2[:]), func(op Operation) bool { return op.input == &unread })
}

// unread is the input of operations that are known by name alone.
var unread shape

// A shape is the table of a structure: the Go type that it fills and its
// members in the order of that type's fields.
type shape struct {
	name    string // Go name
	members []member
}

// A member is one member of a structure.
type member struct {
	name     string // AWS's name, which validation errors print
	wire     string // name at its location; "*" for a map of all unnamed query parameters
	location location
	typ      *typ
	required bool
	checked  bool     // the model constrains the value or something inside it
	commas   bool     // a query list that also comes as one comma-separated value
	pattern  *pattern // nil for none
}

// A pattern is a Java regular expression that the whole of a value must match.
type pattern struct {
	text string         // as errors print it
	re   *regexp.Regexp // as Go runs it
}

// A typ is the type of a member or of an element of a collection.
type typ struct {
	kind  kind
	elem  *typ     // of a list or a map
	shape *shape   // of a structure
	enum  []string // of an enumeration: its values, in the order the service prints them
}

type kind uint8

const (
	kindString kind = iota
	kindBoolean
	kindInteger // 32 bits
	kindLong    // 64 bits
	kindDouble
	kindTimestamp
	kindBlob
	kindList
	kindMap // with string keys
	kindStructure
)

// A location is where on the wire a member travels.
type location uint8

const (
	inBody location = iota
	inURI
	inQuery
	inHeader
	inPayload // the member is the whole body
)

// The generator writes these names. The facts that we have today use all but two.
var (
	stringType    = typ{kind: kindString}
	booleanType   = typ{kind: kindBoolean}
	integerType   = typ{kind: kindInteger}
	longType      = typ{kind: kindLong}
	doubleType    = typ{kind: kindDouble}
	timestampType = typ{kind: kindTimestamp}
	blobType      = typ{kind: kindBlob}

	_, _ = longType, timestampType
)
