package vtl

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A method is a method of a Java class. An error ends the render, as an
// exception does. A method without result returns the empty string, which is
// what Velocity makes of it.
type method func(r *run, self value.Value, args []value.Value) (value.Value, error)

// An overload is one of the methods of a class with some name. Each letter of
// params is the type of a parameter:
//
//	i int  l long  f float  d double  b boolean  c char
//	S String  Q CharSequence  O Object  C Collection  M Map
//	I Integer  L Long  F Float  D Double  B Boolean  X Character
//	N BigInteger  T BigDecimal
//
// A * after the last takes any number of that type, none included.
type overload struct {
	params string
	fn     method
}

// overloads are the methods of one name, by class. Of those that take the
// arguments the first is called, so the more specific stand first.
type overloads [numClasses][]overload

// A methodTable is the methods of a class.
type methodTable map[string][]overload

// methodIndex is the overloads of every name.
var methodIndex = buildMethodIndex()

func buildMethodIndex() map[string]*overloads {
	index := map[string]*overloads{}
	for _, t := range methodTables() {
		for name, list := range t.table {
			if index[name] == nil {
				index[name] = &overloads{}
			}
			for _, c := range t.classes {
				index[name][c] = append(index[name][c], list...)
			}
		}
	}
	return index
}

type classTable struct {
	table   methodTable
	classes []class
}

// methodTables lists which class has which methods; own methods come before
// those of Object.
func methodTables() []classTable {
	all := make([]class, 0, numClasses)
	for c := classString; c < numClasses; c++ {
		all = append(all, c)
	}
	return []classTable{
		{stringMethods, []class{classString}},
		{booleanMethods, []class{classBoolean}},
		{integerMethods, []class{classInteger}},
		{integerBitMethods, []class{classInteger}},
		{longMethods, []class{classLong}},
		{longBitMethods, []class{classLong}},
		{doubleMethods, []class{classDouble, classFloat}},
		{bigIntegerMethods, []class{classBigInteger}},
		{bigBitMethods, []class{classBigInteger}},
		{bigDecimalMethods, []class{classBigDecimal}},
		{numberMethods, []class{classInteger, classLong, classFloat, classDouble, classBigInteger, classBigDecimal}},
		{characterMethods, []class{classCharacter}},
		{comparableMethods, []class{classString, classBoolean, classInteger, classLong, classFloat, classDouble, classBigInteger, classBigDecimal, classCharacter}},
		{listMethods, []class{classList, classArray}},
		{growMethods, []class{classList}},
		{mapMethods, []class{classMap, classScope, classHostMap}},
		{scopeMethods, []class{classScope}},
		{viewMethods, []class{classKeySet, classValues, classEntrySet}},
		{entryMethods, []class{classEntry}},
		{iteratorMethods, []class{classIterator}},
		{classMethods, []class{classClass}},
		{streamMethods, []class{classStream}},
		{objectMethods, all},
	}
}

// find returns the method of v that takes args, or nil.
func (o *overloads) find(v value.Value, args []value.Value) method {
	if o == nil {
		return nil
	}
	list := o[classOf(v)]
	for i := range list {
		if accepts(list[i].params, args) {
			return list[i].fn
		}
	}
	return nil
}

// mistaken reports whether Velocity, which found nothing better, takes the
// method without parameters and then fails because of the arguments.
func (o *overloads) mistaken(v value.Value) bool {
	return o != nil && slices.ContainsFunc(o[classOf(v)], func(m overload) bool { return m.params == "" })
}

// accepts reports whether parameters take args.
func accepts(params string, args []value.Value) bool {
	if n := len(params) - 1; n >= 0 && params[n] == '*' {
		rest := params[n-1]
		if params = params[:n-1]; len(args) < len(params) {
			return false
		}
		for _, arg := range args[len(params):] {
			if !acceptsOne(rest, arg) {
				return false
			}
		}
		args = args[:len(params)]
	}
	if len(params) != len(args) {
		return false
	}
	for i := range args {
		if !acceptsOne(params[i], args[i]) {
			return false
		}
	}
	return true
}

// acceptsOne reports whether a parameter takes an argument: null goes for any
// object, a smaller number for a larger primitive.
func acceptsOne(param byte, arg value.Value) bool {
	if strings.IndexByte("ilfdbc", param) < 0 && arg.IsNull() {
		return true
	}
	kind := arg.Kind()
	switch param {
	case 'O':
		return true
	case 'i', 'I':
		return kind == value.KindInteger
	case 'l':
		return kind == value.KindInteger || kind == value.KindLong
	case 'L':
		return kind == value.KindLong
	case 'f':
		return kind == value.KindInteger || kind == value.KindLong || kind == value.KindFloat
	case 'F':
		return kind == value.KindFloat
	case 'd':
		return value.KindInteger <= kind && kind <= value.KindDouble
	case 'D':
		return kind == value.KindDouble
	case 'b', 'B':
		return kind == value.KindBool
	case 'S', 'Q':
		return kind == value.KindString
	case 'N':
		return kind == value.KindBigInteger
	case 'T':
		return kind == value.KindBigDecimal
	}
	switch c := classOf(arg); param {
	case 'c', 'X':
		return c == classCharacter
	case 'C':
		return c == classList || c == classKeySet || c == classValues || c == classEntrySet
	case 'M':
		return c == classMap || c == classScope || c == classHostMap
	}
	return false
}

var (
	// errNull is the error of methods that need an object and get a null.
	errNull     = errors.New("an argument is null")
	errReadOnly = errors.New("this cannot be changed")
	errNumber   = errors.New("not a number")
)

func errIndex(i int64, n int) error {
	return fmt.Errorf("index %d is out of range for length %d", i, n)
}

// none is the result of a method without result.
func none() (value.Value, error) { return value.String(""), nil }

// num returns the int64 of an argument that is an int or long.
func num(v value.Value) int64 {
	n, _ := v.AsInt()
	return n
}

// real returns the float64 of an argument that is a number.
func real64(v value.Value) float64 {
	f, _ := v.AsFloat()
	return f
}

// intValue returns Number.intValue of v; false when v is no number.
func intValue(v value.Value) (int64, bool) {
	if !v.Kind().IsNumber() {
		return 0, false
	}
	return int64(int32(truncate(v, math.MinInt32, math.MaxInt32))), true
}

// truncate returns v as an integer: the lower bits of integers, and floating
// numbers cut at the ends of the range.
func truncate(v value.Value, least, most int64) int64 {
	switch v.Kind() {
	case value.KindInteger, value.KindLong:
		return num(v)
	case value.KindBigInteger:
		return lowBits(v.AsBigInteger())
	case value.KindBigDecimal:
		n, _ := integerPart(v.AsBigDecimal())
		return lowBits(n)
	}
	f := real64(v)
	switch {
	case f != f:
		return 0
	case f <= float64(least):
		return least
	case f >= float64(most):
		return most
	}
	return int64(f)
}
