package control

import (
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The patch tables of this package are package patch's with setters that may
// look into the transaction; these are its names for them.
type (
	patchTable[T any]  = patch.Table[*tx, T]
	patchPath[T any]   = patch.Path[*tx, T]
	patchSetter[T any] = patch.Setter[*tx, T]
)

func setText[T any](field func(*T) **string) patchSetter[T]  { return patch.SetText[*tx](field) }
func keepText[T any](field func(*T) **string) patchSetter[T] { return patch.KeepText[*tx](field) }
func setBool[T any](field func(*T) **bool) patchSetter[T]    { return patch.SetBool[*tx](field) }

func setOneOf[T any](field func(*T) **string, values []string, refusal string) patchSetter[T] {
	return patch.SetOneOf[*tx](field, values, refusal)
}

func setInt[T any](field func(*T) **int32, refusal string) patchSetter[T] {
	return patch.SetInt[*tx](field, refusal)
}

func setDouble[T any](field func(*T) **wire.Double, refusal string) patchSetter[T] {
	return patch.SetDouble[*tx](field, refusal)
}

func entries[T, V any](at string, field func(*T) *map[string]V, parse patch.Parser[V], absent func() error) patchPath[T] {
	return patch.Entries[*tx](at, field, parse, absent)
}

func elements[T any](at string, field func(*T) *[]string) patchPath[T] {
	return patch.Elements[*tx](at, field)
}
