package mapping

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/vtl"
)

// Position returns where in a template an error of ParseTemplate or Render
// is, counted from 1; zeros when the error has no place.
func Position(err error) (line, column int) {
	var at *vtl.Error
	if errors.As(err, &at) {
		return at.Line, at.Col
	}
	return 0, 0
}

// Reason returns what an error of ParseTemplate or Render says is wrong, without
// its place, and the text of any other.
func Reason(err error) string {
	var at *vtl.Error
	if errors.As(err, &at) {
		return at.Reason()
	}
	return err.Error()
}
