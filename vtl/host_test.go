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
		return value.String(string(v.AppendJSON(nil))), true, nil
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
	const hex = "0123456789ABCDEF"
	short := map[rune]string{'\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`, '\'': `\'`, '"': `\"`, '\\': `\\`, '/': `\/`}
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > 0x7E || short[r] != "" }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case short[r] != "":
			b.WriteString(short[r])
		case r < ' ' || r > 0x7F:
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&15])
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
