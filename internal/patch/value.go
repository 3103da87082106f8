package patch

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Patch tables are made of the setters below. The value of an operation is always
// a string; each setter converts it to the type of its member.

// SetText replaces an optional string; an empty one clears it.
func SetText[C, T any](field func(*T) **string) Setter[C, T] {
	return func(_ C, target *T, op *Op) error {
		*field(target) = given(op.Value)
		return nil
	}
}

// KeepText replaces an optional string; an empty one is stored as such.
func KeepText[C, T any](field func(*T) **string) Setter[C, T] {
	return func(_ C, target *T, op *Op) error {
		*field(target) = op.Value
		return nil
	}
}

// SetOneOf replaces a string by one of an enumeration's values; an empty one clears
// it. refusal is the message for any other.
func SetOneOf[C, T any](field func(*T) **string, values []string, refusal string) Setter[C, T] {
	return func(_ C, target *T, op *Op) error {
		if v := text(op.Value); v != "" && !slices.Contains(values, v) {
			return wire.BadRequest("%s", refusal)
		}
		*field(target) = given(op.Value)
		return nil
	}
}

// SetBool replaces a boolean.
func SetBool[C, T any](field func(*T) **bool) Setter[C, T] {
	return func(_ C, target *T, op *Op) error {
		*field(target) = new(IsTrue(op.Value))
		return nil
	}
}

// SetInt replaces a whole number; refusal is the message for a value that is none.
func SetInt[C, T any](field func(*T) **int32, refusal string) Setter[C, T] {
	return func(_ C, target *T, op *Op) error {
		n, err := strconv.ParseInt(text(op.Value), 10, 32)
		if err != nil {
			return wire.BadRequest("%s", refusal)
		}
		*field(target) = new(int32(n))
		return nil
	}
}

// SetDouble replaces a number; refusal is the message for a value that is none.
func SetDouble[C, T any](field func(*T) **wire.Double, refusal string) Setter[C, T] {
	return func(_ C, target *T, op *Op) error {
		f, ok := Double(text(op.Value))
		if !ok {
			return wire.BadRequest("%s", refusal)
		}
		*field(target) = &f
		return nil
	}
}

// Double reads a finite decimal number.
func Double(s string) (wire.Double, bool) {
	if strings.ContainsAny(s, "xXpP_iInN") { // Go's other forms: hexadecimal, Inf, NaN
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return wire.Double(f), err == nil
}

// IsTrue reads a boolean as AWS does: "true" is true, all else false.
func IsTrue(v *string) bool { return strings.EqualFold(text(v), "true") }

// A Parser converts the value of a patch.
type Parser[V any] func(value *string) (V, error)

// Bool reads a boolean, as IsTrue does.
func Bool(v *string) (bool, error) { return IsTrue(v), nil }

// String reads a text, "" for none.
func String(v *string) (string, error) { return text(v), nil }

// Nullable reads a text, nil for none and for an empty one.
func Nullable(v *string) (*string, error) { return given(v), nil }

// Entries is the path of the entries of a map: add sets one, replace and remove
// answer absent where there is none. Removing the last entry removes the map.
func Entries[C, T, V any](at string, field func(*T) *map[string]V, parse Parser[V], absent func() error) Path[C, T] {
	set := func(_ C, target *T, op *Op) error {
		v, err := parse(op.Value)
		if err != nil {
			return err
		}
		m := field(target)
		if *m == nil {
			*m = make(map[string]V)
		}
		(*m)[op.Names[0]] = v
		return nil
	}
	drop := func(_ C, target *T, op *Op) error {
		m := field(target)
		if delete(*m, op.Names[0]); len(*m) == 0 {
			*m = nil
		}
		return nil
	}
	present := func(then Setter[C, T]) Setter[C, T] {
		return func(c C, target *T, op *Op) error {
			if _, ok := (*field(target))[op.Names[0]]; !ok {
				return absent()
			}
			return then(c, target, op)
		}
	}
	return Path[C, T]{At: at, Add: set, Replace: present(set), Remove: present(drop)}
}

// Elements is the path of a list to which an operation adds its value, or from which
// it removes it. Adding an element that is there and removing one that is not change
// nothing.
func Elements[C, T any](at string, field func(*T) *[]string) Path[C, T] {
	return Path[C, T]{
		At: at,
		Add: func(_ C, target *T, op *Op) error {
			return AddElement(field(target), text(op.Value), op)
		},
		Remove: func(_ C, target *T, op *Op) error {
			RemoveElement(field(target), text(op.Value))
			return nil
		},
	}
}

// AddElement puts an element at the end of a list that does not have it.
func AddElement(list *[]string, v string, op *Op) error {
	if v == "" {
		return ErrValue(op)
	}
	if slices.Contains(*list, v) {
		return nil
	}
	if len(*list) == MaxMembers { // looking through a longer one for each operation would take too long
		return ErrTooMany(wire.Truncated(op.Path), MaxMembers)
	}
	*list = append(*list, v)
	return nil
}

// RemoveElement takes an element out of a list, and makes the list nil when it was
// the last one.
func RemoveElement(list *[]string, v string) {
	if *list = slices.DeleteFunc(*list, func(s string) bool { return s == v }); len(*list) == 0 {
		*list = nil
	}
}

// ErrValue refuses a value that a path does not take and for which AWS's
// words are not known.
func ErrValue(op *Op) error {
	return wire.BadRequest("Invalid value specified for patch path %s", wire.Truncated(op.Path))
}
