package wire

import (
	"context"
	"fmt"
	"reflect"
)

// A Caller is who sent a request, as the server's Authenticate hook found out.
type Caller struct {
	Account   string // 12 digits
	Region    string // region that the request was signed for
	Principal string // the caller's ARN
	AccessKey string // id of the key that signed, "" without a signature
	UserAgent string // what the request was sent with
	Host      string // the host that the request named, with a port unless it is the default one

	// SessionToken is that of the session that signed, "" for none. It is in no log.
	SessionToken string

	// Condition returns the value of a condition key of policies, in lower case, that
	// follows from the request: where it comes from, and how. Nil knows none.
	Condition func(key string) (value string, ok bool)
}

// Empty is the output of operations whose success has no body.
type Empty struct{}

// A Handler runs one operation. It is made by [Op] alone.
type Handler struct {
	in, out reflect.Type
	call    func(context.Context, *Caller, reflect.Value) (any, error)
}

// Op makes the Handler of an operation from a function of the operation's own
// input and output. In is a shape, such as CreateStageRequest; Out is the
// shape that the operation answers, or [Empty]. The input is valid by the
// service's model and is f's to keep. An [Error] that f returns is sent to the
// client, any other error is logged and answered with status 500. f may be
// called concurrently.
func Op[In, Out any](f func(context.Context, *Caller, *In) (*Out, error)) Handler {
	return Handler{
		in:  reflect.TypeFor[In](),
		out: reflect.TypeFor[Out](),
		call: func(ctx context.Context, who *Caller, in reflect.Value) (any, error) {
			return f(ctx, who, in.Interface().(*In))
		},
	}
}

// check reports a handler that does not fit op.
func (h Handler) check(op *Operation) error {
	if h.call == nil {
		return fmt.Errorf("wire: the handler of %s was not made by Op", op.Name)
	}
	out := op.output
	if out == "" {
		out = "Empty"
	}
	pkg := reflect.TypeFor[Empty]().PkgPath()
	if h.in.PkgPath() != pkg || h.out.PkgPath() != pkg || h.in.Name() != op.input.name || h.out.Name() != out {
		return fmt.Errorf("wire: the handler of %s takes %v and returns %v, want %s and %s", op.Name, h.in, h.out, op.input.name, out)
	}
	return nil
}
