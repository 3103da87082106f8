package mapping

import (
	"slices"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// newScope is a call with a little of everything.
func newScope() *Scope {
	s := &Scope{
		Headers: httpmsg.Header{
			{Name: "X-A", Value: "first"}, {Name: "x-a", Value: "lower"}, {Name: "X-A", Value: "last"}, {Name: "X-Empty", Value: ""},
		},
		Host:            "api.example.com",
		PathParams:      []Param{{"id", "a/b"}, {"proxy", "x/y"}},
		RawQuery:        "q=1&q=two+words&enc=%C3%A9%2F&semi=a;b=c&flag&bad=%zz&=none",
		StageVariables:  map[string]string{"env": "dev", "empty": ""},
		RequestBody:     []byte(`{"name":"Ann","n":1.50,"ok":true,"nil":null,"list":[1,{"a":"x/y"}],"s":""}`),
		ResponseHeaders: httpmsg.Header{{Name: "Location", Value: "/1"}, {Name: "Location", Value: "/2"}},
		ResponseBody:    []byte(`{"error":{"code":7}}`),
	}
	s.Context.Stage, s.Context.SourceIP, s.Context.AccountID, s.Context.RequestTime = "prod", "192.0.2.1", "111122223333", 1700000000123
	s.Context.Authorizer = Authorizer{PrincipalID: "u1", Values: []Param{{"role", "admin"}}, Claims: []Param{{"sub", "s1"}}}
	return s
}

func TestEval(t *testing.T) {
	const absent = "(absent)"
	tests := map[string]struct {
		where Kind
		want  string
	}{
		`'static'`:                                       {IntegrationRequest, "static"},
		`'it''s .$ {}'`:                                  {MethodResponse, "it''s .$ {}"},
		`''`:                                             {IntegrationRequest, absent},
		`method.request.path.id`:                         {IntegrationRequest, "a/b"},
		`method.request.path.nope`:                       {IntegrationRequest, absent},
		`method.request.querystring.q`:                   {IntegrationRequest, "two words"},
		`method.request.querystring.enc`:                 {IntegrationRequest, "é/"},
		`method.request.querystring.semi`:                {IntegrationRequest, "a"},
		`method.request.querystring.b`:                   {IntegrationRequest, "c"},
		`method.request.querystring.flag`:                {IntegrationRequest, absent},
		`method.request.querystring.bad`:                 {IntegrationRequest, "%zz"},
		`method.request.multivaluequerystring.q`:         {IntegrationRequest, "1,two words"},
		`method.request.header.X-A`:                      {IntegrationRequest, "last"},
		`method.request.header.x-a`:                      {GatewayResponse, "lower"},
		`method.request.header.X-a`:                      {IntegrationRequest, "last"},
		`method.request.header.X-Empty`:                  {IntegrationRequest, absent},
		`method.request.header.Host`:                     {IntegrationRequest, "api.example.com"},
		`method.request.multivalueheader.X-A`:            {GatewayResponse, "first,lower,last"},
		`method.request.multivalueheader.X-Z`:            {GatewayResponse, absent},
		`method.request.body`:                            {IntegrationRequest, `{"name":"Ann","n":1.50,"ok":true,"nil":null,"list":[1,{"a":"x/y"}],"s":""}`},
		`method.request.body.name`:                       {IntegrationRequest, "Ann"},
		`method.request.body.n`:                          {IntegrationRequest, "1.5"},
		`method.request.body.ok`:                         {IntegrationRequest, "true"},
		`method.request.body.nil`:                        {IntegrationRequest, absent},
		`method.request.body.s`:                          {IntegrationRequest, absent},
		`method.request.body.list`:                       {IntegrationRequest, `[1,{"a":"x/y"}]`},
		`method.request.body.list[1]`:                    {IntegrationRequest, `{"a":"x/y"}`},
		`method.request.body.list[1].a`:                  {IntegrationRequest, "x/y"},
		`method.request.body.none.x`:                     {IntegrationRequest, absent},
		`integration.response.header.Location`:           {MethodResponse, "/2"},
		`integration.response.header.location`:           {MethodResponse, absent},
		`integration.response.multivalueheader.Location`: {MethodResponse, "/1,/2"},
		`integration.response.body`:                      {MethodResponse, `{"error":{"code":7}}`},
		`integration.response.body.error.code`:           {MethodResponse, "7"},
		`context.stage`:                                  {MethodResponse, "prod"},
		`context.identity.sourceIp`:                      {IntegrationRequest, "192.0.2.1"},
		`context.identity`:                               {IntegrationRequest, absent},
		`context.authorizer.role`:                        {IntegrationRequest, "admin"},
		`context.authorizer.principalId`:                 {IntegrationRequest, "u1"},
		`context.authorizer.claims.sub`:                  {IntegrationRequest, "s1"},
		`context.authorizer.claims`:                      {IntegrationRequest, absent},
		`context.requestTime`:                            {IntegrationRequest, "14/Nov/2023:22:13:20 +0000"},
		`context.nope`:                                   {GatewayResponse, absent},
		`stageVariables.env`:                             {GatewayResponse, "dev"},
		`stageVariables.empty`:                           {GatewayResponse, absent},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			e, err := ParseExpression(text, tt.where)
			if err != nil {
				t.Fatal(err)
			}
			got, ok, err := e.Eval(newScope())
			if !ok {
				got = absent
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestEvalAll(t *testing.T) {
	for text, want := range map[string][]string{
		`method.request.multivaluequerystring.q`: {"1", "two words"},
		`method.request.querystring.q`:           {"two words"},
		`method.request.multivalueheader.X-A`:    {"first", "lower", "last"},
		`method.request.header.none`:             nil,
	} {
		e, err := ParseExpression(text, IntegrationRequest)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.EvalAll(nil, newScope()); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestBodyThatIsNoJSON(t *testing.T) {
	const absent = "(absent)"
	tests := map[string]struct{ body, text, want string }{
		"raw text, whole":  {"plain", "method.request.body", "plain"},
		"raw text, member": {"plain", "method.request.body.x", absent},
		"empty, whole":     {"", "method.request.body", "{}"},
		"empty, member":    {"", "method.request.body.x", absent},
		"broken, whole":    {`{"x":`, "method.request.body", `{"x":`},
		"broken, member":   {`{"x":`, "method.request.body.x", "error"},
		"scalar":           {`"x"`, "method.request.body.x", absent},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e, err := ParseExpression(tt.text, IntegrationRequest)
			if err != nil {
				t.Fatal(err)
			}
			got, ok, err := e.Eval(&Scope{RequestBody: []byte(tt.body)})
			switch {
			case err == ErrNotJSON:
				got = "error"
			case err != nil:
				t.Fatal(err)
			case !ok:
				got = absent
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseExpressionRefuses(t *testing.T) {
	tests := map[string]Kind{
		"":                                    IntegrationRequest,
		"'":                                   IntegrationRequest,
		"static":                              IntegrationRequest,
		"true":                                IntegrationRequest,
		"method.request.cookie.x":             IntegrationRequest,
		"method.request.header":               IntegrationRequest,
		"method.request.header.":              IntegrationRequest,
		"method.request.header.a b":           IntegrationRequest,
		"method.request.header.é":             IntegrationRequest,
		"method.request.bodyx":                IntegrationRequest,
		"method.request.body.":                IntegrationRequest,
		"method.request.body.a[x]":            IntegrationRequest,
		"integration.response.header.X":       IntegrationRequest,
		"method.request.header.X":             MethodResponse,
		"method.request.body.x":               GatewayResponse,
		"method.request.body":                 GatewayResponse,
		"integration.response.header.X-A":     GatewayResponse,
		"integration.response.status":         MethodResponse,
		"integration.response.querystring.x":  MethodResponse,
		"context":                             IntegrationRequest,
		"context.":                            IntegrationRequest,
		"stageVariables":                      IntegrationRequest,
		"$context.stage":                      IntegrationRequest,
		"method.response.header.X":            MethodResponse,
		"stageVariables.a/b":                  IntegrationRequest,
		"context.authorizer.claims['custom']": IntegrationRequest,
	}
	for text, where := range tests {
		_, err := ParseExpression(text, where)
		if want := "Invalid mapping expression specified: " + text; err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestSource(t *testing.T) {
	for text, want := range map[string]string{
		"method.request.header.X-A":              "method.request.header.X-A",
		"method.request.multivaluequerystring.q": "method.request.multivaluequerystring.q",
		"method.request.body.x":                  "",
		"context.stage":                          "",
		"'x'":                                    "",
	} {
		e, err := ParseExpression(text, IntegrationRequest)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Source(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestParseTarget(t *testing.T) {
	tests := []struct {
		key, of string
		want    Target
	}{
		{"integration.request.header.X-A.b", "integration.request", Target{"integration.request", "header", "X-A.b"}},
		{"integration.request.path.id", "integration.request", Target{"integration.request", "path", "id"}},
		{"integration.request.multivalueheader.x", "integration.request", Target{}},
		{"integration.request.body", "integration.request", Target{}},
		{"method.request.multivaluequerystring.q", "method.request", Target{"method.request", "multivaluequerystring", "q"}},
		{"method.response.header.X", "method.response", Target{"method.response", "header", "X"}},
		{"method.response.path.x", "method.response", Target{}},
		{"gatewayresponse.header.X", "gatewayresponse", Target{"gatewayresponse", "header", "X"}},
		{"gatewayresponse.querystring.x", "gatewayresponse", Target{"gatewayresponse", "querystring", "x"}},
		{"gatewayresponse.header.", "gatewayresponse", Target{}},
		{"method.response.header.X", "gatewayresponse", Target{}},
		{"true", "method.request", Target{}},
	}
	for _, tt := range tests {
		got, err := ParseTarget(tt.key, tt.of)
		if got != tt.want || (err == nil) != (tt.want != Target{}) {
			t.Errorf("%s: got %v, %v, want %v", tt.key, got, err, tt.want)
		}
		if err == nil && got.String() != tt.key {
			t.Errorf("%s: prints as %s", tt.key, got)
		}
	}
}

// The text is AWS's, word for word.
func TestValidationMessage(t *testing.T) {
	_, err := ParseTarget("true", "method.request")
	want := "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]"
	if got := ValidationMessage(err.Error()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	undeclared := &InvalidError{Text: "method.request.path.x", Undeclared: true}
	want = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.path.x]"
	if got := ValidationMessage(undeclared.Error()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzExpression(f *testing.F) {
	f.Add("method.request.body.a[?(@.b=='c')]", "a=%zz&b;c", `{"a":[{"b":"c"}]}`)
	f.Add("method.request.multivaluequerystring.a", "a=1&a=+&&;=", "")
	f.Add("context.authorizer.claims.x", "", "x")
	f.Add("'", "", "")
	f.Fuzz(func(t *testing.T, text, query, body string) {
		for where := IntegrationRequest; where <= GatewayResponse; where++ {
			e, err := ParseExpression(text, where)
			if err != nil {
				continue
			}
			s := &Scope{RawQuery: query, RequestBody: []byte(body), ResponseBody: []byte(body)}
			got, ok, err := e.Eval(s)
			if ok != (got != "" && err == nil) {
				t.Errorf("%q: %q, %v, %v", text, got, ok, err)
			}
		}
	})
}

func BenchmarkEval(b *testing.B) {
	for name, text := range map[string]string{
		"header":  "method.request.header.X-A",
		"context": "context.identity.sourceIp",
		"body":    "method.request.body.list[1].a",
	} {
		e, err := ParseExpression(text, IntegrationRequest)
		if err != nil {
			b.Fatal(err)
		}
		s := newScope()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := e.Eval(s); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
