package mapping

import (
	"bufio"
	"errors"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A templateCase is one line of testdata/*.jsonl.
type templateCase struct {
	id, template, output, err string
	mode                      vtl.Mode
	scope                     *Scope
	own                       *value.Map // variables beside those of the scope
}

func readCases(t testing.TB, file string) []templateCase {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var out []templateCase
	for lines.Scan() {
		v, err := value.ParseStrict(lines.Text(), value.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		row := v.AsMap()
		c := templateCase{id: member(row, "id").AsString(), template: member(row, "template").AsString(), output: member(row, "output").AsString(),
			err: member(row, "error").AsString(), scope: scopeOf(row), own: member(row, "context").AsMap()}
		if member(row, "mode").AsString() == "apigw" {
			c.mode = vtl.APIGateway
		}
		out = append(out, c)
	}
	return out
}

func member(m *value.Map, name string) value.Value {
	if m == nil {
		return value.Value{}
	}
	v, _ := m.Get(name)
	return v
}

// scopeOf makes the call that a case describes.
func scopeOf(row *value.Map) *Scope {
	s := &Scope{StageVariables: map[string]string{}}
	input := member(row, "input").AsMap()
	s.RequestBody = []byte(member(input, "body").AsString())
	params := member(input, "params").AsMap()
	each(member(params, "path"), func(name, v string) { s.PathParams = append(s.PathParams, Param{name, v}) })
	each(member(params, "header"), func(name, v string) { s.Headers = append(s.Headers, httpmsg.Field{Name: name, Value: v}) })
	each(member(params, "querystring"), func(name, v string) {
		s.RawQuery += "&" + url.QueryEscape(name) + "=" + url.QueryEscape(v)
	})
	vars := member(row, "context").AsMap()
	each(member(vars, "stageVariables"), func(name, v string) { s.StageVariables[name] = v })
	context := member(vars, "context").AsMap()
	x := &s.Context
	x.Stage, x.HTTPMethod, x.RequestID = member(context, "stage").AsString(), member(context, "httpMethod").AsString(), member(context, "requestId").AsString()
	identity, authorizer := member(context, "identity").AsMap(), member(context, "authorizer").AsMap()
	x.SourceIP, x.UserAgent = member(identity, "sourceIp").AsString(), member(identity, "userAgent").AsString()
	x.Authorizer.PrincipalID = member(authorizer, "principalId").AsString()
	each(member(authorizer, "claims"), func(name, v string) { x.Authorizer.Claims = append(x.Authorizer.Claims, Param{name, v}) })
	return s
}

func each(v value.Value, visit func(name, v string)) {
	m := v.AsMap()
	for i := range m.Len() {
		name, v := m.At(i)
		visit(name, v.Text())
	}
}

// caseVars are a scope's variables and those that a case adds.
type caseVars struct {
	scope vtl.Vars
	own   *value.Map
}

func (v caseVars) Lookup(name string) (value.Value, bool) {
	if x, ok := v.scope.Lookup(name); ok {
		return x, true
	}
	return v.own.Get(name)
}

func TestTemplateVectors(t *testing.T) {
	// These need Java's classes, which no object of ours has.
	skip := map[string]bool{}
	for _, c := range readCases(t, "testdata/templates.jsonl") {
		if skip[c.id] {
			continue
		}
		t.Run(c.id, func(t *testing.T) {
			tpl, err := vtl.Parse(c.id, c.template, vtl.Options{Mode: c.mode})
			var got string
			if err == nil {
				got, err = tpl.RenderString(caseVars{c.scope.Vars(RequestSide), c.own})
			}
			if kind := errorKind(err); kind != c.err {
				t.Fatalf("got error %v, want %q", err, c.err)
			}
			if got != c.output {
				t.Errorf("%s\ngot  %q\nwant %q", c.template, got, c.output)
			}
		})
	}
}

func errorKind(err error) string {
	var at *vtl.Error
	if errors.As(err, &at) {
		return at.Phase.String()
	}
	return ""
}

func mustParse(t *testing.T, text string) *Template {
	t.Helper()
	tpl, err := ParseTemplate("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func render(t *testing.T, s *Scope, side Side, text string) string {
	t.Helper()
	out, err := mustParse(t, text).Render(nil, s, side)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestRender(t *testing.T) {
	tests := map[string]struct {
		side       Side
		text, want string
	}{
		"params":                  {RequestSide, `$input.params('id') $input.params('q') $input.params('X-A') [$input.params('none')]`, "a/b two words last []"},
		"params prefer the path":  {RequestSide, `$input.params("proxy")`, "x/y"},
		"params map":              {RequestSide, `$input.params().querystring`, "{q=two words, enc=é/, semi=a, b=c, flag=, bad=%zz, =none}"},
		"headers":                 {RequestSide, `$input.params().header.keySet()`, "[Host, X-A, X-Empty]"},
		"header of the map":       {RequestSide, `$input.params().header.get('X-A') $input.params().get('path').id`, "last a/b"},
		"body":                    {ResponseSide, `$input.body`, `{"error":{"code":7}}`},
		"response body":           {ResponseSide, `$input.path('$.error.code') $input.json('$') $input.params('id')`, `7 {"error":{"code":7}} a/b`},
		"request body":            {RequestSide, `$input.path('$.list[1].a') $input.json('$.list')`, `x/y [1,{"a":"x/y"}]`},
		"missing":                 {RequestSide, `[$input.path('$.zz')]$input.json('$.zz')`, `[]""`},
		"null":                    {RequestSide, `[$input.path('$.nil')]$input.json('$.nil')`, `[]null`},
		"context":                 {RequestSide, `$context.stage $context.identity.sourceIp $context.accountId $context.identity.accountId`, "prod 192.0.2.1 111122223333 "},
		"context time":            {RequestSide, `$context.requestTime $context.requestTimeEpoch`, "14/Nov/2023:22:13:20 +0000 1700000000123"},
		"authorizer":              {RequestSide, `$context.authorizer.role [$context.authorizer.claims] $context.authorizer.claims.sub $context.authorizer.get('principalId')`, "admin [] s1 u1"},
		"authorizer loop":         {RequestSide, `#foreach($k in $context.authorizer.keySet())$k=$context.authorizer.get($k);#end`, "role=admin;principalId=u1;"},
		"stage variables":         {RequestSide, `$stageVariables.env $stageVariables['env'] ${stageVariables['env']} ${stageVariables.env}x[$stageVariables.none]`, "dev dev dev devx[]"},
		"set in context":          {RequestSide, `#set($context.mine = 'x')$context.mine#set($context.authorizer.extra = 'y')$context.authorizer.extra`, "xy"},
		"a list is not shared":    {RequestSide, `#set($l = $input.path('$.list'))#set($d = $l.add(2))$input.path('$.list')`, `[1,{"a":"x\/y"},2]`},
		"util":                    {RequestSide, `$util.base64Decode($util.base64Encode($input.params('id')))`, "a/b"},
		"unknown":                 {RequestSide, `[$input.nope('x')$input.nope$util.nope()$context.nope.x$foo]`, "[]"},
		"error is for the answer": {RequestSide, `[$context.error.message]`, "[]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := render(t, newScope(), tt.side, tt.text); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// A body that begins like no JSON is one string, one that is broken JSON has
// nothing in it; a scalar is JSON.
func TestBodyOfOtherKinds(t *testing.T) {
	for body, want := range map[string]string{
		"raw text": `[raw text]"raw text"`, "a=1&b=2": `[a=1&b=2]"a=1&b=2"`, `{"a":`: `[]""`, `"text"`: `[text]"text"`, "5": "[5]5", "true": "[true]true", "null": "[]null", "": "[{}]{}",
	} {
		s := &Scope{RequestBody: []byte(body)}
		if got := render(t, s, RequestSide, `[$input.path('$')]$input.json('$')`); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestOverrides(t *testing.T) {
	tests := map[string]struct {
		text string
		want Overrides
	}{
		"none":        {`x`, Overrides{}},
		"header":      {`#set($context.requestOverride.header.X = "v")`, Overrides{RequestHeader: []Param{{"X", "v"}}}},
		"path":        {`#set($context.requestOverride.path.id = "v")`, Overrides{RequestPath: []Param{{"id", "v"}}}},
		"by variable": {`#set($n = "q")#set($context.requestOverride.querystring[$n] = "v")`, Overrides{RequestQuery: []Param{{"q", "v"}}}},
		"by index":    {`#set($context["requestOverride"].querystring["n"] = "v")`, Overrides{RequestQuery: []Param{{"n", "v"}}}},
		"put":         {`$context.requestOverride.querystring.put("n", "v")`, Overrides{RequestQuery: []Param{{"n", "v"}}}},
		"order":       {`#set($h = $context.requestOverride.header)#set($h.b = 1)#set($h.a = 2)`, Overrides{RequestHeader: []Param{{"b", "1"}, {"a", "2"}}}},
		"a map":       {`#set($context.requestOverride.path = {"a": 1, "b": 2})#set($context.requestOverride.path.c = 3)`, Overrides{RequestPath: []Param{{"a", "1"}, {"b", "2"}, {"c", "3"}}}},
		"put all":     {`$context.requestOverride.path.putAll({"a": 1, "b": 2})$context.requestOverride.path.putIfAbsent("a", 9)$context.requestOverride.path.replace("c", 9)`, Overrides{RequestPath: []Param{{"a", "1"}, {"b", "2"}}}},
		"another's":   {`$context.requestOverride.header.put("a", 1)$context.responseOverride.header.putAll($context.requestOverride.header)`, Overrides{RequestHeader: []Param{{"a", "1"}}, ResponseHeader: []Param{{"a", "1"}}}},
		"taken back":  {`#set($h = $context.requestOverride.header)#set($h.a = 1)$h.remove("a").length()#set($h.a = 2)`, Overrides{RequestHeader: []Param{{"a", "2"}}}},
		"all of them": {`#set($context.requestOverride.header.a = 1)$context.requestOverride.clear()#set($context.requestOverride.header.b = 2)`, Overrides{RequestHeader: []Param{{"b", "2"}}}},
		"no part":     {`#set($context.requestOverride.header = "x")#set($context.requestOverride.header.a = 1)`, Overrides{RequestHeader: []Param{{"a", "1"}}}},
		"own keys":    {`#set($context.responseOverride.mine = 1)#set($context.responseOverride.mine = 2)`, Overrides{}},
		"letter case": {`#set($context.requestOverride.header.a = 1)#set($context.requestOverride.header.A = 2)`, Overrides{RequestHeader: []Param{{"a", "1"}, {"A", "2"}}}},
		"places": {`#set($context.requestOverride.header.a = 1)#set($context.requestOverride.path.a = 2)#set($context.requestOverride.querystring.a = 3)#set($context.responseOverride.header.a = 4)`,
			Overrides{RequestHeader: []Param{{"a", "1"}}, RequestPath: []Param{{"a", "2"}}, RequestQuery: []Param{{"a", "3"}}, ResponseHeader: []Param{{"a", "4"}}}},
		"list":        {`#set($context.responseOverride.header.x = ["a", "b"])`, Overrides{ResponseHeader: []Param{{"x", "a,b"}}}},
		"status":      {`#set($context.responseOverride.status = 404)`, Overrides{ResponseStatus: 404}},
		"status 99":   {`#set($context.responseOverride.status = 99)`, Overrides{}},
		"status 600":  {`#set($context.responseOverride.status = 600)`, Overrides{}},
		"status text": {`#set($context.responseOverride.status = "404")`, Overrides{}},
		"null":        {`$context.requestOverride.header.put("x", $null)`, Overrides{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScope()
			render(t, s, RequestSide, tt.text)
			got := s.Overrides
			if !slices.Equal(got.RequestHeader, tt.want.RequestHeader) || !slices.Equal(got.RequestPath, tt.want.RequestPath) ||
				!slices.Equal(got.RequestQuery, tt.want.RequestQuery) || !slices.Equal(got.ResponseHeader, tt.want.ResponseHeader) ||
				got.ResponseStatus != tt.want.ResponseStatus {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// An override is final (documented).
func TestOverriddenTwice(t *testing.T) {
	const header = `#set($context.requestOverride.header.X = "a")`
	tests := map[string]struct {
		request, response string
		want              string
	}{
		"header":                 {header + header, "", "$context.requestOverride.header.X is overridden a second time"},
		"by index":               {header + `#set($context["requestOverride"].header["X"] = "b")`, "", "$context.requestOverride.header.X is overridden a second time"},
		"by put":                 {header + `$context.requestOverride.header.put("X", "b")`, "", "$context.requestOverride.header.X is overridden a second time"},
		"by replace":             {header + `$context.requestOverride.header.replace("X", "b")`, "", "$context.requestOverride.header.X is overridden a second time"},
		"by a map":               {header + `#set($context.requestOverride.header = {"X": "b"})`, "", "$context.requestOverride.header.X is overridden a second time"},
		"path":                   {`#foreach($i in [1..2])#set($context.requestOverride.path.p = $i)#end`, "", "$context.requestOverride.path.p is overridden a second time"},
		"query":                  {`#set($q = $context.requestOverride.querystring)#set($q.p = 1)#set($q.p = 1)`, "", "$context.requestOverride.querystring.p is overridden a second time"},
		"status":                 {"", `#set($context.responseOverride.status = 400)#set($context.responseOverride.status = 401)`, "$context.responseOverride.status is overridden a second time"},
		"a status that was none": {"", `#set($context.responseOverride.status = "x")#set($context.responseOverride.status = 401)`, "$context.responseOverride.status is overridden a second time"},
		"on both sides":          {`#set($context.responseOverride.status = 400)`, `#set($context.responseOverride.status = 401)`, "$context.responseOverride.status is overridden a second time"},
		"header on both":         {`#set($context.responseOverride.header.X = 1)`, `#set($context.responseOverride.header.X = 1)`, "$context.responseOverride.header.X is overridden a second time"},
		"too many":               {`#foreach($i in [1..1000])#set($context.requestOverride.header["h$i"] = 1)#end#set($context.requestOverride.header.x = 1)`, "", "$context.requestOverride.header.x is one of more than 1000 overrides"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScope()
			_, err := mustParse(t, tt.request).Render(nil, s, RequestSide)
			if tt.response != "" && err == nil {
				_, err = mustParse(t, tt.response).Render(nil, s, ResponseSide)
			}
			var twice *OverrideError
			if !errors.As(err, &twice) || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Overrides read, print and loop as the map does that they are on AWS.
func TestOverridesAreAMap(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":        {`$context.requestOverride $context.responseOverride`, " "},
		"put is quiet": {`[$context.requestOverride.header.put("a", 1)]$context.requestOverride`, "[]"},
		"parts":        {`#foreach($k in $context.requestOverride.keySet())$k #end$context.responseOverride.keySet() [$context.requestOverride.get("path")]`, "path header querystring [header] []"},
		"reads":        {`#set($h = $context.requestOverride.header)#set($h.a = 1)$h.a $h.get("a") $h["a"] $h.size() $h.isEmpty() $h.containsKey("a") $h.keySet() $h.entrySet() $h.values() [$h.b]`, "1 1 1 1 false true [a] [a=1] [1] []"},
		"loops":        {`#set($h = $context.requestOverride.header)$h.putAll({"a": 1, "b": 2})#foreach($k in $h.keySet())$k=$h.get($k);#end#foreach($v in $h)$v#end`, "a=1;b=2;12"},
		"old value":    {`#set($h = $context.requestOverride.header)#set($h.a = 1)$h.putIfAbsent("a", 2) $h.remove("a") [$h.remove("a")]`, "1 1 []"},
		"unknown":      {`[$context.requestOverride.header.nope("a")$context.requestOverride.header.nope("a", "b")]`, "[]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := render(t, newScope(), RequestSide, tt.text); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// What a request template sets in the overrides, the response template reads;
// what it sets elsewhere is gone.
func TestOverridesReachTheResponse(t *testing.T) {
	s := newScope()
	render(t, s, RequestSide, `#set($context.responseOverride.custom = "c")#set($context.requestOverride.header.X = "x")#set($context.other = "o")`)
	if got := render(t, s, ResponseSide, `$context.responseOverride.custom$context.requestOverride.header.X [$context.other]`); got != "cx []" {
		t.Errorf("got %q", got)
	}
}

func TestRenderErrors(t *testing.T) {
	for _, text := range []string{`$input.json('$.a b')`, `$util.urlDecode('%')`, `$util.parseJson('{"a":')`} {
		tpl, err := ParseTemplate("test", text)
		if err != nil {
			t.Fatal(err)
		}
		var at *vtl.Error
		if _, err = tpl.Render(nil, newScope(), RequestSide); !errors.As(err, &at) || at.Phase != vtl.PhaseRender {
			t.Errorf("%s: got %v", text, err)
		}
	}
	_, err := ParseTemplate("resources./.GET", "a\n#if(")
	if err == nil || !strings.HasPrefix(err.Error(), "resources./.GET:2:") {
		t.Errorf("got %v", err)
	}
}

func TestTemplateIsShared(t *testing.T) {
	tpl, err := ParseTemplate("test", `$input.json('$.list') $input.path("$.$input.params('id').length()") $context.stage`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s := newScope()
			var dst []byte
			for range 200 {
				if dst, err := tpl.Render(dst[:0], s, RequestSide); err != nil || !strings.HasSuffix(string(dst), "prod") {
					t.Errorf("got %s, %v", dst, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestPathCacheIsBounded(t *testing.T) {
	var c pathCache
	for i := range 2 * maxCachedPaths {
		if _, err := c.compile("$.a" + strings.Repeat("x", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(*c.paths.Load()); n != maxCachedPaths {
		t.Errorf("got %d paths, want %d", n, maxCachedPaths)
	}
}

func FuzzRender(f *testing.F) {
	for _, c := range readCases(f, "testdata/templates.jsonl") {
		f.Add(c.template, string(c.scope.RequestBody), c.scope.RawQuery)
	}
	f.Fuzz(func(t *testing.T, text, body, query string) {
		if len(text) > 400 || len(body) > 400 {
			return
		}
		tpl, err := ParseTemplate("fuzz", text)
		if err != nil {
			return
		}
		s := newScope()
		s.RequestBody, s.RawQuery = []byte(body), query
		tpl.Render(nil, s, RequestSide)
		s.ResponseBody = []byte(body)
		tpl.Render(nil, s, ResponseSide)
	})
}

func BenchmarkRender(b *testing.B) {
	for _, c := range readCases(b, "testdata/bench.jsonl") {
		if c.own.Has("body") || c.own.Has("root") {
			continue // rendered by the engine's own benchmarks
		}
		tpl, err := ParseTemplate(c.id, c.template)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.id, func(b *testing.B) {
			// As in a running gateway: with the little that a benchmark keeps
			// alive, Go's default would collect all the time.
			defer debug.SetGCPercent(debug.SetGCPercent(400))
			b.ReportAllocs()
			s, filled := &Scope{}, c.scope
			var dst []byte
			for b.Loop() {
				s.Reset()
				s.Context, s.Headers, s.RawQuery, s.StageVariables = filled.Context, filled.Headers, filled.RawQuery, filled.StageVariables
				s.PathParams = append(s.PathParams, filled.PathParams...)
				s.RequestBody = filled.RequestBody
				if dst, err = tpl.Render(dst[:0], s, RequestSide); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
