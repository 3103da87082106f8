package wire

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// A decoder reads a JSON body into a shape. Like the service it takes null for
// an absent member, ignores members it does not know and stops at the first
// value of a wrong type.
//
// The texts of its type errors are the service's framework's. Recorded on this
// service: boolean and number where a string is wanted. Recorded on other
// services with the same framework: the other texts but those that name a
// Double, which follow the pattern.
type decoder struct {
	jsontext.Reader
	missing []any // pointers to the required scalars that the body has not
}

// Bounds of a JSON body, far above what an operation takes.
const (
	maxDepth    = 100     // arrays and objects inside each other
	maxElements = 100_000 // elements of one array or members of one object
)

const (
	listFound      = "Start of list found where not expected"
	structureFound = "Start of structure or map found where not expected."
)

// javaClass names the class of a scalar in type errors.
var javaClass = [...]string{
	jsontext.Bool:   "java.lang.Boolean",
	jsontext.Number: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
	jsontext.String: "java.lang.String",
}

// body reads data, which is empty or one JSON value, into a structure.
func (d *decoder) body(s *shape, v reflect.Value, data []byte) error {
	if len(bytes.TrimLeft(data, " \t\r\n")) == 0 {
		d.require(s, v, 0)
		return nil
	}
	if !utf8.Valid(data) {
		return Serialization("The request body is not valid UTF-8.")
	}
	d.Reader = jsontext.NewReader(data, maxDepth, 0)
	err := d.document(s, v)
	if syntax, ok := errors.AsType[*jsontext.SyntaxError](err); ok {
		return Serialization("The request body is not valid JSON: %s at byte %d.", syntax.Problem, syntax.Offset)
	}
	if deep, ok := errors.AsType[*jsontext.DepthError](err); ok {
		return Serialization("The request body is nested deeper than %d levels.", deep.Max)
	}
	return err
}

// document reads the whole body into a structure.
func (d *decoder) document(s *shape, v reflect.Value) error {
	kind, err := d.Peek()
	if err != nil {
		return err
	}
	if kind == jsontext.Null {
		d.require(s, v, 0)
		err = d.Null()
	} else {
		err = d.structure(s, v)
	}
	if err != nil {
		return err
	}
	return d.End()
}

// structure reads an object into the structure v.
func (d *decoder) structure(s *shape, v reflect.Value) error {
	if err := d.expect(jsontext.Object, "Expected null"); err != nil {
		return err
	}
	var seen uint64
	err := d.object(func(name []byte) error {
		i := s.find(inBody, string(name))
		if i < 0 {
			return d.Skip()
		}
		kind, err := d.Peek()
		switch {
		case err != nil:
			return err
		case kind == jsontext.Null:
			seen &^= 1 << i
			v.Field(i).SetZero()
			return d.Null()
		}
		seen |= 1 << i
		return d.value(s.members[i].typ, v.Field(i))
	})
	d.require(s, v, seen)
	return err
}

// require notes the required scalars of the body that were not seen. They are
// plain values, so their absence does not show in v. No list holds such a structure:
// there are few of them.
func (d *decoder) require(s *shape, v reflect.Value, seen uint64) {
	for i := range s.members {
		if m := &s.members[i]; m.required && m.location == inBody && seen&(1<<i) == 0 && !showsAbsence(v.Field(i)) {
			d.missing = append(d.missing, v.Field(i).Addr().Interface())
		}
	}
}

// showsAbsence reports whether a field is one that can be nil.
func showsAbsence(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

// value reads a value that is not null into v.
func (d *decoder) value(t *typ, v reflect.Value) (err error) {
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p, err = d.readString()
	case **string:
		*p, err = readNew(d.readString)
	case **bool:
		*p, err = readNew(d.readBool)
	case *int32:
		*p, err = d.readInt()
	case **int32:
		*p, err = readNew(d.readInt)
	case **Double:
		*p, err = readNew(d.readDouble)
	case **DateTime:
		*p, err = readNew(d.readDateTime)
	case *[]string:
		*p, err = d.readStrings()
	case *map[string]string:
		*p, err = readMap(d, d.readString)
	case *map[string]bool:
		*p, err = readMap(d, d.readBool)
	case *map[string][]string:
		*p, err = readMap(d, d.readStrings)
	case *map[string]*string:
		*p, err = readNullableMap(d, d.readString)
	default:
		return d.structures(t, v)
	}
	return err
}

// structures reads a structure, a list or a map of structures.
func (d *decoder) structures(t *typ, v reflect.Value) error {
	switch t.kind {
	case kindList:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return d.list(func() error {
			i := v.Len()
			v.Grow(1)
			v.SetLen(i + 1)
			return d.structure(t.elem.shape, v.Index(i))
		})
	case kindMap:
		v.Set(reflect.MakeMap(v.Type()))
		return d.dict(func(key string) error {
			elem := reflect.New(v.Type().Elem()).Elem()
			if err := d.structure(t.elem.shape, elem); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(key), elem)
			return nil
		})
	}
	v.Set(reflect.New(v.Type().Elem()))
	return d.structure(t.shape, v.Elem())
}

// list reads an array, calling element for each element that is not null.
func (d *decoder) list(element func() error) error {
	if err := d.expect(jsontext.Array, "Expected list or null"); err != nil {
		return err
	}
	elements := 0
	return d.Array(func() error {
		if elements++; elements > maxElements {
			return errTooMany
		}
		return d.unlessNull(element)
	})
}

// dict reads an object, calling entry for each value that is not null.
func (d *decoder) dict(entry func(key string) error) error {
	if err := d.expect(jsontext.Object, "Expected map or null"); err != nil {
		return err
	}
	return d.object(func(key []byte) error {
		name := string(key)
		return d.unlessNull(func() error { return entry(name) })
	})
}

var errTooMany = Serialization("The request body has a list or map of more than %d elements.", maxElements)

// object reads an object, calling member with each name, which is valid until a
// string is read, at its value.
func (d *decoder) object(member func(name []byte) error) error {
	members := 0
	return d.Object(func(name []byte) error {
		if members++; members > maxElements {
			return errTooMany
		}
		return member(name)
	})
}

// unlessNull skips a null or calls read.
func (d *decoder) unlessNull(read func() error) error {
	kind, err := d.Peek()
	if err != nil {
		return err
	}
	if kind == jsontext.Null {
		return d.Null()
	}
	return read()
}

// expect returns the type error for a value that is not of the wanted kind,
// array or object; scalar is the text for a scalar.
func (d *decoder) expect(want jsontext.Kind, scalar string) error {
	kind, err := d.Peek()
	switch {
	case err != nil:
		return err
	case kind == want:
		return nil
	case kind == jsontext.Array:
		return Serialization(listFound)
	case kind == jsontext.Object:
		return Serialization(structureFound)
	}
	return Serialization("%s", scalar)
}

// scalar returns the kind of the next value if that is a scalar, and the type
// error if it is none.
func (d *decoder) scalar() (jsontext.Kind, error) {
	kind, err := d.Peek()
	switch {
	case err != nil:
		return 0, err
	case kind == jsontext.Array:
		return 0, Serialization(listFound)
	case kind == jsontext.Object:
		return 0, Serialization(structureFound)
	}
	return kind, nil
}

// mismatch is the type error for a scalar of a wrong kind.
func mismatch(kind jsontext.Kind, want string) error {
	return Serialization("class %s can not be converted to an %s", javaClass[kind], want)
}

func (d *decoder) readString() (string, error) {
	kind, err := d.scalar()
	if err != nil {
		return "", err
	}
	if kind != jsontext.String {
		return "", mismatch(kind, "String")
	}
	return d.Text()
}

// readBool reads a boolean, or a string that spells one: the service refuses
// other strings by their value.
func (d *decoder) readBool() (bool, error) {
	kind, err := d.scalar()
	if err != nil {
		return false, err
	}
	switch kind {
	case jsontext.Bool:
		return d.Bool()
	case jsontext.String:
		text, err := d.Text()
		if err != nil {
			return false, err
		}
		return parseBool(text)
	}
	return false, mismatch(kind, "Boolean")
}

// readInt reads an integer. Fractions are cut off and what does not fit becomes
// the nearest that does, as the name of the service's class has it; the
// operation then refuses it in its own words.
func (d *decoder) readInt() (int32, error) {
	text, integer, err := d.numeral("Integer")
	if err != nil {
		return 0, err
	}
	if integer {
		n, _ := strconv.ParseInt(string(text), 10, 32) // the nearest when out of range
		return int32(n), nil
	}
	f, _ := strconv.ParseFloat(string(text), 64)
	return int32(max(math.MinInt32, min(math.MaxInt32, math.Trunc(f)))), nil
}

func (d *decoder) readDateTime() (DateTime, error) {
	s, err := d.readString()
	return DateTime(s), err
}

func (d *decoder) readDouble() (Double, error) {
	text, _, err := d.numeral("Double")
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, Serialization("A number in the request body is too large.")
	}
	return Double(f), nil
}

// numeral reads a number for a member of type want.
func (d *decoder) numeral(want string) ([]byte, bool, error) {
	kind, err := d.scalar()
	if err != nil {
		return nil, false, err
	}
	if kind != jsontext.Number {
		return nil, false, mismatch(kind, want)
	}
	text, err := d.Number()
	return text, jsontext.Digits(text), err
}

func (d *decoder) readStrings() ([]string, error) {
	list := []string{}
	err := d.list(func() error {
		s, err := d.readString()
		list = append(list, s)
		return err
	})
	return list, err
}

// readNew reads an optional scalar.
func readNew[T any](read func() (T, error)) (*T, error) {
	v, err := read()
	return &v, err
}

// readMap reads a map whose null values count as absent.
func readMap[T any](d *decoder, read func() (T, error)) (map[string]T, error) {
	m := make(map[string]T)
	err := d.dict(func(key string) (err error) {
		m[key], err = read()
		return err
	})
	return m, err
}

// readNullableMap reads a map that keeps null values.
func readNullableMap[T any](d *decoder, read func() (T, error)) (map[string]*T, error) {
	if err := d.expect(jsontext.Object, "Expected map or null"); err != nil {
		return nil, err
	}
	m := make(map[string]*T)
	err := d.object(func(key []byte) error {
		name := string(key)
		m[name] = nil
		return d.unlessNull(func() (err error) {
			m[name], err = readNew(read)
			return err
		})
	})
	return m, err
}

// parseBool reads a boolean that was sent as text.
func parseBool(text string) (bool, error) {
	switch {
	case strings.EqualFold(text, "true"):
		return true, nil
	case strings.EqualFold(text, "false"):
		return false, nil
	}
	return false, Serialization("'%s' can not be converted to an Boolean", quoted(text))
}
