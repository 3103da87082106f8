package jsonpath

// A condition is a filter: a comparison, or others joined by a connective.
type condition struct {
	join  connective
	parts []*condition // of a connective

	op          operator // of a comparison
	left, right operand
}

type connective uint8

const (
	comparison connective = iota
	all
	any
	not
)

// An operator compares two operands.
type operator uint8

const (
	opExists operator = iota
	opGTE
	opLTE
	opEQ
	opTypeEQ
	opNE
	opTypeNE
	opLT
	opGT
	opRegexp
	opNotIn
	opIn
	opContains
	opAll
	opSize
	opType
	opMatches
	opEmpty
	opSubsetOf
	opAnyOf
	opNoneOf
)

// operatorOf returns the operator with a name, in any case of letters.
func operatorOf(upper string) (operator, bool) {
	switch upper {
	case ">=":
		return opGTE, true
	case "<=":
		return opLTE, true
	case "==":
		return opEQ, true
	case "===":
		return opTypeEQ, true
	case "!=":
		return opNE, true
	case "!==":
		return opTypeNE, true
	case "<":
		return opLT, true
	case ">":
		return opGT, true
	case "=~":
		return opRegexp, true
	case "NIN":
		return opNotIn, true
	case "IN":
		return opIn, true
	case "CONTAINS":
		return opContains, true
	case "ALL":
		return opAll, true
	case "SIZE":
		return opSize, true
	case "EXISTS":
		return opExists, true
	case "TYPE":
		return opType, true
	case "MATCHES":
		return opMatches, true
	case "EMPTY":
		return opEmpty, true
	case "SUBSETOF":
		return opSubsetOf, true
	case "ANYOF":
		return opAnyOf, true
	case "NONEOF":
		return opNoneOf, true
	}
	return 0, false
}

// An operand is a literal or a path.
type operand struct {
	literal node
	path    *Path
	negated bool // the path stood behind "!"
	exists  bool // only whether the path leads anywhere counts
}
