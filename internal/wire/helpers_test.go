package wire

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A recording is what one call of a recording handler saw and answered.
type recording struct {
	in, out any
	err     error // answered when set
}

// record makes a handler that notes its input and answers an output with every
// member set.
func record[In, Out any](r *recording) Handler {
	return Op(func(_ context.Context, _ *Caller, in *In) (*Out, error) {
		r.in = in
		if r.err != nil {
			return nil, r.err
		}
		out := new(Out)
		fill(reflect.ValueOf(out).Elem(), "")
		r.out = out
		return out, nil
	})
}

// recordAll makes a handler of every operation of V1, all with one recording.
func recordAll(r *recording) map[string]Handler { return recordEach(r, recorders) }

func recordEach(r *recording, recorders map[string]func(*recording) Handler) map[string]Handler {
	handlers := make(map[string]Handler)
	for name, make := range recorders {
		handlers[name] = make(r)
	}
	return handlers
}

// recorderOf makes the recording handler of an operation of either service.
func recorderOf(op *Operation) func(*recording) Handler {
	if op.Service == V2 {
		return recordersV2[op.Name]
	}
	return recorders[op.Name]
}

// testOptions are options that let every caller in and log nowhere.
func testOptions(handlers map[string]Handler) ServerOptions {
	return ServerOptions{
		Handlers: handlers,
		Authenticate: func(*http.Request, string) (Identify, error) {
			return func([]byte) (*Caller, error) { return &Caller{Account: "000000000000", Region: "us-east-1"}, nil }, nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
}

func newTestServer(t testing.TB, options ServerOptions) *Server {
	t.Helper()
	s, err := NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send serves one request and returns its answer.
func send(s *Server, method, target, body string) *http.Response {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w.Result()
}

func readAll(t testing.TB, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// fill sets every field of v, ours or the SDK's, to something that the model
// allows and that needs escaping where that is possible. name is the field's.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = time.Unix(1700000000, 0)
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
				fill(v.Field(i), f.Name)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("raw \x00\xff bytes"))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), name)
		fill(v.Index(1), name)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem, name)
		for _, key := range []string{"key/one two", "key&=ü"} {
			v.SetMapIndex(reflect.ValueOf(key), elem)
		}
	case reflect.String:
		v.SetString(sample(v, name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	}
}

// sample is a value for a string field.
func sample(v reflect.Value, name string) string {
	if values := v.MethodByName("Values"); values.IsValid() { // an enumeration of the SDK
		return values.Call(nil)[0].Index(0).String()
	}
	if v.Type() == reflect.TypeFor[DateTime]() {
		return "2023-11-14T22:13:20Z"
	}
	switch name {
	case "StatusCode":
		return "418"
	case "Accepts":
		return "application/json" // all that the SDK ever sends
	case "ContentType", "ContentDisposition":
		return "application/x-sample"
	case "Embed":
		return "sample"
	}
	return name + ` /?#[]@!$&'()*+,;=%2F <"> ü 😀`
}
