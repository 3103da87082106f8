package control

import (
	"reflect"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Bounds of ours on what neither AWS's model nor its guide bounds: the texts of
// a document, in bytes, and the members of its maps and lists. What has a bound
// of its own is checked where it is set.
const (
	maxText    = 64 << 10
	maxMembers = patch.MaxMembers

	maxMethodSettings = patch.MaxOperations // of a stage, a few for each method of an API
)

func errTooLong(member string) error {
	return wire.BadRequest("Invalid %s specified: a text cannot be longer than %d bytes", member, maxText)
}

// checkSizes holds the members of a shape to these bounds, by their names.
func checkSizes(shape any) error { return checkSize("", reflect.ValueOf(shape)) }

func checkSize(member string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return checkSize(member, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				continue
			}
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if err := checkSize(name, v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		return checkMap(member, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		if v.Len() > maxMembers {
			return patch.ErrTooMany(member, maxMembers)
		}
		for i := range v.Len() {
			if err := checkSize(member, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.String:
		if v.Len() > maxText && !longText(member) {
			return errTooLong(member)
		}
	}
	return nil
}

func checkMap(member string, v reflect.Value) error {
	most := maxMembers
	if member == "methodSettings" || member == "set" { // which has their keys
		most = maxMethodSettings
	}
	if v.Len() > most {
		return patch.ErrTooMany(member, most)
	}
	for entries := v.MapRange(); entries.Next(); {
		if entries.Key().Len() > maxText {
			return errTooLong(member)
		}
		if err := checkSize(member, entries.Value()); err != nil {
			return err
		}
	}
	return nil
}

// longText reports whether a member's texts have a bound of their own that is
// higher.
func longText(member string) bool {
	switch member {
	case "schema", "policy", "requestTemplates", "responseTemplates":
		return true
	}
	return false
}
