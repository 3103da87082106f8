package control

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A SettingError is the answer to a setting of an API as a whole that cannot be taken,
// which it wraps, with the place where a definition has that setting.
type SettingError struct {
	answer error

	// Setting is the name that the setting has at the top of a definition, without
	// x-amazon-apigateway-, and Within a JSON pointer into its value, "" for all of it.
	Setting, Within string
	Detail          string // what the answer, which has AWS's words, leaves open; "" for nothing
}

// Error returns the answer's text.
func (e *SettingError) Error() string { return e.answer.Error() }

// Unwrap returns the answer, a *wire.Error.
func (e *SettingError) Unwrap() error { return e.answer }

// ofSetting says which setting an answer is about; nil stays nil.
func ofSetting(setting, within string, answer error) error {
	if answer == nil {
		return nil
	}
	return &SettingError{answer: answer, Setting: setting, Within: within}
}

// errPolicy is AWS's answer to a resource policy that cannot be used, with what is wrong
// with it.
func errPolicy(cause error) error {
	e := &SettingError{
		answer:  wire.BadRequest("Invalid policy document. Please check the policy syntax and ensure that Principals are valid."),
		Setting: "policy", Detail: cause.Error(),
	}
	if syntax, ok := errors.AsType[*policy.SyntaxError](cause); ok {
		e.Within = syntax.Pointer()
	}
	return e
}
