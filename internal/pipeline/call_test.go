package pipeline

import (
	"reflect"
	"testing"
)

// TestCallStartsAnew holds that a call which is used again knows nothing of the
// request before, in the memory that its lists keep either.
func TestCallStartsAnew(t *testing.T) {
	c := answering(t, `{"statusCode":200,"headers":{"X-A":"1"},"multiValueHeaders":{"X-B":["2"]},"body":"hello"}`)
	r := newAWSRig(t, c, function("/{a}/{b}"))
	used := r.stage.newCall(parseRequest("POST /1/2?q=1\nX-Forwarded-For: 192.0.2.2\nX-A: a\n\nbody"))
	used.complete(used.attempt((*call).run))
	if used.answer.Status != 200 {
		t.Fatal(show(&used.answer))
	}
	used.answer.Release()
	wantEmpty(t, "state", reflect.ValueOf(&used.state).Elem())
	if used.match.n != 0 || used.match.method != nil {
		t.Errorf("the match is %d variables of %v", used.match.n, used.match.method)
	}
}

// wantEmpty looks for what is left in a value.
func wantEmpty(t *testing.T, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			wantEmpty(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		if v.Len() > 0 {
			t.Errorf("%s has %d elements", name, v.Len())
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i, all := 0, v.Slice(0, v.Cap()); i < all.Len(); i++ {
			wantEmpty(t, name+"[]", all.Index(i))
		}
	default:
		if !v.IsZero() {
			t.Errorf("%s is %v", name, v)
		}
	}
}
