package vtl

// A nodeKind says what a node of the syntax tree is, in Velocity's terms.
type nodeKind uint8

const (
	nodeBlock nodeKind = iota
	nodeText
	nodeUnparsed // #[[…]]#
	nodeComment
	nodeEscape           // \\ before a directive
	nodeEscapedDirective // \#if
	nodeReference
	nodeIdentifier
	nodeMethod
	nodeIndex
	nodeSet
	nodeIf // condition, block, then nodeElseIf and nodeElse
	nodeElseIf
	nodeElse
	nodeDirective // any other directive or macro
	nodeWord
	nodeString
	nodeInteger
	nodeFloat
	nodeTrue
	nodeFalse
	nodeRange
	nodeList
	nodeMap
	nodeExpression
	nodeOr
	nodeAnd
	nodeEqual
	nodeNotEqual
	nodeLess
	nodeLessEqual
	nodeGreater
	nodeGreaterEqual
	nodeAdd
	nodeSubtract
	nodeMultiply
	nodeDivide
	nodeModulo
	nodeNot
)

// A node is a part of the syntax tree. Its tokens are what Velocity prints
// when the node has no value.
type node struct {
	kind        nodeKind
	first, last *token
	kids        []*node
	name        string // of a directive
	text        string // of an escape
}

// literal returns the source of n.
func (n *node) literal() string { return literalOf(n.first, n.last) }
