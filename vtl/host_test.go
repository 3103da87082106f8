package vtl_test

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A testInput is $input, as simple as the vectors allow.
type testInput struct {
	body   string
	params value.Value
	doc    value.Value
	parsed bool
}

func (in *testInput) Get(name string) (value.Value, bool) {
	if name != "body" {
		return value.Value{}, false
	}
	return value.String(in.text()), true
}

func (in *testInput) text() string {
	if in.body == "" {
		return "{}"
	}
	return in.body
}

func (in *testInput) Call(name string, args []value.Value) (value.Value, bool, error) {
	switch {
	case name == "params" && len(args) == 0:
		return in.params, true, nil
	case name == "params" && len(args) == 1:
		return in.param(args[0].AsString()), true, nil
	case name == "path" && len(args) == 1:
		v, _ := in.path(args[0].AsString())
		return v, true, nil
	case name == "json" && len(args) == 1:
		v, ok := in.path(args[0].AsString())
		if !ok {
			return value.String(`""`), true, nil
		}
		return value.String(string(v.AppendJSON(make([]byte, 0, len(in.body)+16)))), true, nil
	}
	return value.Value{}, false, nil
}

func (in *testInput) param(name string) value.Value {
	for _, kind := range []string{"path", "querystring", "header"} {
		m, _ := in.params.AsMap().Get(kind)
		if v, ok := m.AsMap().Get(name); ok {
			return v
		}
	}
	return value.String("")
}

func (in *testInput) path(path string) (value.Value, bool) {
	if !in.parsed {
		in.doc, _ = value.Parse(in.text(), value.Limits{})
		in.parsed = true
	}
	if path == "$" { // by far the most used
		return in.doc, true
	}
	p, err := jsonpath.Compile(path)
	if err != nil {
		return value.Value{}, false
	}
	v, err := p.Get(in.doc)
	return v, err == nil
}

// A testUtil is $util.
type testUtil struct{}

func (testUtil) Get(string) (value.Value, bool) { return value.Value{}, false }

func (testUtil) Call(name string, args []value.Value) (value.Value, bool, error) {
	if len(args) != 1 {
		return value.Value{}, false, nil
	}
	s := args[0].AsString()
	if args[0].IsNull() {
		return value.Value{}, true, nil
	}
	switch name {
	case "escapeJavaScript":
		return value.String(escapeJavaScript(s)), true, nil
	case "parseJson":
		v, err := value.Parse(s, value.Limits{})
		return v, true, err
	case "urlEncode":
		s = strings.ReplaceAll(url.QueryEscape(s), "~", "%7E")
		return value.String(strings.ReplaceAll(s, "%2A", "*")), true, nil
	case "urlDecode":
		s, err := url.QueryUnescape(s)
		return value.String(s), true, err
	case "base64Encode":
		return value.String(base64.StdEncoding.EncodeToString([]byte(s))), true, nil
	case "base64Decode":
		b, err := base64.StdEncoding.DecodeString(s)
		return value.String(string(b)), true, err
	}
	return value.Value{}, false, nil
}

func escapeJavaScript(s string) string {
	plain := func(c byte) bool { return ' ' <= c && c < 0x7F && c != '\'' && c != '"' && c != '\\' && c != '/' }
	i := 0
	for i < len(s) && plain(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	const hex = "0123456789ABCDEF"
	out := append(make([]byte, 0, len(s)+16), s[:i]...)
	for _, r := range s[i:] {
		switch {
		case strings.ContainsRune("'\"\\/", r):
			out = append(out, '\\', byte(r))
		case '\b' <= r && r <= '\r' && r != '\v':
			out = append(out, '\\', "btn_fr"[r-'\b'])
		case r < ' ' || r > 0x7F:
			out = append(out, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			out = append(out, byte(r))
		}
	}
	return string(out)
}
