package sdk

import (
	"archive/zip"
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// typeOf returns one of Types.
func typeOf(t *testing.T, id string) *wire.SDKType {
	t.Helper()
	for _, of := range Types() {
		if *of.ID == id {
			return &of
		}
	}
	t.Fatalf("no type %s", id)
	return nil
}

func resource(path string, methods ...string) wire.Resource {
	r := wire.Resource{Path: &path, ResourceMethods: make(map[string]wire.Method)}
	for _, m := range methods {
		r.ResourceMethods[m] = wire.Method{}
	}
	return r
}

func sourceOf(resources ...wire.Resource) *Source {
	return &Source{
		Region: "eu-west-1", InvokeURL: "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/prod", Made: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
		Resources: resources, Stop: func() error { return nil },
	}
}

// files generates a client and unpacks it.
func files(t *testing.T, id string, parameters map[string]string, src *Source) map[string]string {
	t.Helper()
	body, err := Generate(typeOf(t, id), parameters, src)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Modified.Equal(src.Made) {
			t.Errorf("%s was modified %v", f.Name, f.Modified)
		}
		out[f.Name] = string(text)
	}
	return out
}

// The names are the service's: of the developer guide's example, and of published
// clients.
func TestNames(t *testing.T) {
	tests := map[string]struct{ javascript, python, golang string }{
		"/":                      {"rootGet", "root_get", "RootGet"},
		"/{a}/{b}/{op}":          {"aBOpGet", "a_b_op_get", "ABOpGet"},
		"/pets/{petId}":          {"petsPetIdGet", "pets_pet_id_get", "PetsPetIdGet"},
		"/get_bookings":          {"getBookingsGet", "get_bookings_get", "GetBookingsGet"},
		"/get-track-info-by-tag": {"getTrackInfoByTagGet", "get_track_info_by_tag_get", "GetTrackInfoByTagGet"},
		"/user-proxy/{proxy+}":   {"userProxyProxyGet", "user_proxy_proxy_get", "UserProxyProxyGet"},
		"/api/v1":                {"apiV1Get", "api_v1_get", "ApiV1Get"},
		// those that no publication has
		"/2015-03-31/x":        {"method20150331XGet", "method_2015_03_31_x_get", "Method20150331XGet"},
		"/._-":                 {"rootGet", "root_get", "RootGet"},
		"/class/{constructor}": {"classConstructorGet", "class_constructor_get", "ClassConstructorGet"},
		"/getHTTPInfo":         {"getHTTPInfoGet", "get_httpinfo_get", "GetHTTPInfoGet"},
	}
	for path, want := range tests {
		words := append(wordsOf(path), "get")
		got := struct{ javascript, python, golang string }{camelCase(words), snakeCase(words), pascalCase(words)}
		if got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

// Each method has a name of its own, which depends on its path and not on when it was
// made.
func TestNamesDoNotClash(t *testing.T) {
	resources := []wire.Resource{
		resource("/pets/{petId}", "GET"), resource("/pets/petId", "GET"), resource("/pets/pet-id", "GET"), resource("/pets-petId", "GET"), resource("/pets/petId/get2", "GET"), resource("/petsPetIdGet2", "GET"),
	}
	want := map[string]string{
		"/pets-petId": "petsPetIdGet", "/pets/pet-id": "petsPetIdGet2", "/pets/petId": "petsPetIdGet3", "/pets/{petId}": "petsPetIdGet4",
		"/pets/petId/get2": "petsPetIdGet2Get", "/petsPetIdGet2": "petsPetIdGet2Get2",
	}
	for range 2 {
		got := make(map[string]string)
		for _, m := range methodsOf(resources, camelCase) {
			got[m.path] = m.name
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error("-want +got", d)
		}
		resources[0], resources[4] = resources[4], resources[0]
	}
}

// ANY stands for the methods that the resource does not have.
func TestAny(t *testing.T) {
	var got []string
	for _, m := range methodsOf([]wire.Resource{resource("/{proxy+}", "ANY", "GET"), resource("/", "PUT")}, camelCase) {
		got = append(got, m.name)
	}
	want := []string{"rootPut", "proxyDelete", "proxyGet", "proxyHead", "proxyOptions", "proxyPatch", "proxyPost", "proxyPut"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("-want +got", d)
	}
}

// No client can call a resource with a segment of dots, which it would take for another.
func TestSegmentsOfDots(t *testing.T) {
	var got []string
	for _, m := range methodsOf([]wire.Resource{resource("/a/..", "GET"), resource("/./b", "ANY"), resource("/c/...", "GET"), resource("/d..", "GET")}, camelCase) {
		got = append(got, m.path)
	}
	if d := cmp.Diff([]string{"/c/...", "/d.."}, got); d != "" {
		t.Error("-want +got", d)
	}
}

// The functions as they stand in the code.
func TestFunctions(t *testing.T) {
	pets := resource("/pets/{petId}", "GET", "POST")
	pets.ResourceMethods["GET"] = wire.Method{RequestParameters: map[string]bool{
		"method.request.path.petId": true, "method.request.querystring.full": true, "method.request.multivaluequerystring.tag": false,
		"method.request.multivalueheader.X-Trace": false, "method.request.header.X-Trace": false,
	}}
	want := map[string][2]string{
		"javascript": {"apiGateway-js-sdk/apigClient.js", `
    client.petsPetIdGet = call("GET", "/pets/{petId}", { query: ["full", "tag"], headers: ["X-Trace"], required: ["full"] });
    client.petsPetIdPost = call("POST", "/pets/{petId}", {});
`},
		"python": {"apiGateway-python-sdk/apigclient/client.py", `
    def pets_pet_id_get(self, params=None, body=None, headers=None, query_params=None):
        declared = {"query": ["full", "tag"], "headers": ["X-Trace"], "required": ["full"]}
        return self._call("GET", "/pets/{petId}", declared, params, body, headers, query_params)

    def pets_pet_id_post(self, params=None, body=None, headers=None, query_params=None):
        declared = {"query": [], "headers": [], "required": []}
        return self._call("POST", "/pets/{petId}", declared, params, body, headers, query_params)
`},
		"go": {"apiGateway-go-sdk/methods.go", `package apigclient

import "context"

// PetsPetIdGet calls one method.
func (c *Client) PetsPetIdGet(ctx context.Context, in Input) (*Response, error) {
	return c.call(ctx, "GET", "/pets/{petId}", declared{query: []string{"full", "tag"}, headers: []string{"X-Trace"}, required: []string{"full"}}, in)
}

// PetsPetIdPost calls one method.
func (c *Client) PetsPetIdPost(ctx context.Context, in Input) (*Response, error) {
	return c.call(ctx, "POST", "/pets/{petId}", declared{}, in)
}
`},
	}
	for id, w := range want {
		t.Run(id, func(t *testing.T) {
			all := files(t, id, nil, sourceOf(pets))
			text, ok := all[w[0]]
			if !ok || !strings.Contains(text, w[1]) {
				t.Errorf("%s: got %s", w[0], text)
			}
			for name, text := range all {
				if strings.Contains(text, "{{") {
					t.Errorf("%s has a place that nothing fills", name)
				}
			}
		})
	}
}

// hostile are texts that would end a literal, a comment or a script.
var hostile = []string{
	`"`, `'`, "`", `\`, `\"`, `");evil();("`, "'''", `"""`, "*/", "//", "\n", "\r", "\x00", "\u2028", "\u2029", "\u0085", "</script>", "<!--", "${evil}", "{{operations}}", "{{stage}}", "%s", "%(x)s", "#{evil}", "é", "😀", "\xff\xfe",
}

// literals are what quoted texts may look like.
var literals = regexp.MustCompile(`^"(?:[ !#%(-;=?-\[\]-_a-~]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*"$`)

// FuzzQuote: a text is quoted as one literal of ASCII characters, which says the same.
func FuzzQuote(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.ToValidUTF8(text, "\uFFFD")
		if strings.Contains(text, "\uFFFD") || want != text {
			want = "" // the runs of what is no UTF-8 are one or many U+FFFD
		}
		for language, quoted := range map[string]string{"JavaScript": quoteJavaScript(text), "Python": quotePython(text)} {
			if !literals.MatchString(quoted) {
				t.Errorf("%s: %q is quoted as %s", language, text, quoted)
			}
		}
		if got, err := strconv.Unquote(quotePython(text)); err != nil || want != "" && got != want {
			t.Errorf("%q is quoted as %s: %v", text, quotePython(text), err)
		}
		if got, err := strconv.Unquote(quoteGo(text)); err != nil || want != "" && got != want {
			t.Errorf("%q is quoted as %s: %v", text, quoteGo(text), err)
		}
	})
}

// What an API says stays in its literals: the Go client of an API with hostile names is
// parsed as the functions and texts that it should have, and the lines of the others are
// as many as those of a tame API's.
func TestHostileNames(t *testing.T) {
	tame, wild := resource("/a", "GET"), resource("/a", "GET")
	tame.ResourceMethods["GET"] = wire.Method{RequestParameters: map[string]bool{"method.request.querystring.a": true}}
	parameters := make(map[string]bool)
	for _, h := range hostile {
		parameters["method.request.querystring."+h], parameters["method.request.header."+h] = true, true
	}
	wild.ResourceMethods["GET"] = wire.Method{RequestParameters: parameters}
	for _, id := range []string{"javascript", "python", "go"} {
		plain, got := files(t, id, nil, sourceOf(tame)), files(t, id, nil, sourceOf(wild))
		for name, text := range got {
			if strings.Count(text, "\n") != strings.Count(plain[name], "\n") {
				t.Errorf("%s: %s", name, text)
			}
			for i := range len(text) {
				if c := text[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
					t.Fatalf("%s has the byte %#x", name, c)
				}
			}
		}
	}
	text := files(t, "go", nil, sourceOf(wild))["apiGateway-go-sdk/methods.go"]
	f, err := parser.ParseFile(token.NewFileSet(), "methods.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[string]bool)
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok {
			s, _ := strconv.Unquote(l.Value)
			said[s] = true
		}
		return true
	})
	for _, h := range hostile {
		if !said[strings.ToValidUTF8(h, "\uFFFD")] {
			t.Errorf("%q is not said", h)
		}
	}
	if len(f.Decls) != 2 {
		t.Errorf("%d declarations in %s", len(f.Decls), text)
	}
}

func TestParameters(t *testing.T) {
	src := sourceOf(resource("/", "GET"))
	tests := map[string]struct {
		of    string
		given map[string]string
		want  string // of the error
	}{
		"android wants":             {"android", nil, "Missing required parameter for SDK type android: groupId"},
		"android wants the last":    {"android", map[string]string{"groupId": "a", "invokerPackage": "a", "artifactId": "a"}, "Missing required parameter for SDK type android: artifactVersion"},
		"android":                   {"android", map[string]string{"groupId": "a", "invokerPackage": "a", "artifactId": "a", "artifactVersion": "1"}, "This server does not generate SDKs of type android. It generates go, javascript, python"},
		"objectivec wants":          {"objectivec", nil, "Missing required parameter for SDK type objectivec: classPrefix"},
		"swift":                     {"swift", map[string]string{"classPrefix": "A"}, "This server does not generate SDKs of type swift. It generates go, javascript, python"},
		"java wants":                {"java", map[string]string{"serviceName": "a"}, "Missing required parameter for SDK type java: java.package-name"},
		"java by the reference":     {"java", map[string]string{"serviceName": "a", "javaPackageName": "b"}, "This server does not generate SDKs of type java. It generates go, javascript, python"},
		"java by the list":          {"java", map[string]string{"service.name": "a", "java.package-name": "b"}, "This server does not generate SDKs of type java. It generates go, javascript, python"},
		"ruby wants":                {"ruby", nil, "Missing required parameter for SDK type ruby: service.name"},
		"unknown":                   {"javascript", map[string]string{"packageName": "a"}, "Invalid parameter specified: packageName. SDKs of type javascript have the parameters invokeUrl"},
		"no URL":                    {"javascript", map[string]string{"invokeUrl": "nope"}, "invokeUrl"},
		"another scheme":            {"javascript", map[string]string{"invokeUrl": "javascript://x/%0aevil()"}, "invokeUrl"},
		"a quote in a URL":          {"javascript", map[string]string{"invokeUrl": `http://a/"`}, "invokeUrl"},
		"a query in a URL":          {"javascript", map[string]string{"invokeUrl": "http://a/?b"}, "invokeUrl"},
		"credentials in a URL":      {"javascript", map[string]string{"invokeUrl": "http://a:b@c/"}, "invokeUrl"},
		"a long URL":                {"javascript", map[string]string{"invokeUrl": "http://a/" + strings.Repeat("a", 2048)}, "invokeUrl"},
		"a keyword of Python":       {"python", map[string]string{"packageName": "lambda"}, "packageName"},
		"a name that ends with _":   {"python", map[string]string{"packageName": "shop_"}, "packageName"},
		"a keyword of Go":           {"go", map[string]string{"packageName": "func"}, "packageName"},
		"main":                      {"go", map[string]string{"packageName": "main"}, "packageName"},
		"a path for a name":         {"python", map[string]string{"packageName": "../../a"}, "packageName"},
		"a line in a name":          {"go", map[string]string{"packageName": "a\nfunc init() {}"}, "packageName"},
		"a line in a path":          {"go", map[string]string{"modulePath": "a\nrequire evil v1"}, "modulePath"},
		"a path that leads upwards": {"go", map[string]string{"modulePath": "a/../b"}, "modulePath"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Generate(typeOf(t, tt.of), tt.given, src)
			var refused *wire.Error
			if !errors.As(err, &refused) || refused.Status != 400 || refused.Type != "BadRequestException" || !strings.Contains(refused.Message, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// What parameters say stands in the code.
func TestSettings(t *testing.T) {
	src := sourceOf(resource("/", "GET"))
	given := map[string]string{"invokeUrl": "https://[::1]:8443/base/%20x/", "packageName": "shop_2", "modulePath": "example.com/acme/shop-2"}
	got := files(t, "go", given, src)
	for name, want := range map[string]string{
		"client.go": `InvokeURL = "https://[::1]:8443/base/%20x"`, "go.mod": "module example.com/acme/shop-2\n", "methods.go": "package shop_2\n", "sign.go": "package shop_2\n", "README.md": "shop_2.New(",
	} {
		if text := got["apiGateway-go-sdk/"+name]; !strings.Contains(text, want) {
			t.Errorf("%s: got %s", name, text)
		}
	}
	project := files(t, "python", map[string]string{"packageName": "shop_2"}, src)["apiGateway-python-sdk/pyproject.toml"]
	for _, want := range []string{"\nname = \"shop_2\"\n", "\npackages = [\"shop_2\"]\n"} {
		if !strings.Contains(project, want) {
			t.Errorf("pyproject.toml has not %q: %s", want, project)
		}
	}
	if text := files(t, "javascript", nil, src)["apiGateway-js-sdk/apigClient.js"]; !strings.Contains(text, `const stage = { invokeUrl: "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/prod", region: "eu-west-1" };`) {
		t.Error(text)
	}
}

// A client is bounded, and its making ends when the call does.
func TestBounds(t *testing.T) {
	parameters := make(map[string]bool)
	for i := range 1_000 {
		parameters["method.request.header."+strconv.Itoa(i)+strings.Repeat("\u00e9", 400)] = false
	}
	large := resource("/{proxy+}", "ANY")
	large.ResourceMethods["ANY"] = wire.Method{RequestParameters: parameters}
	_, err := Generate(typeOf(t, "javascript"), nil, sourceOf(large))
	if err == nil || !strings.Contains(err.Error(), "The SDK of this API is too large: this server generates at most 16 MiB") {
		t.Errorf("got %v", err)
	}
	src, stopped := sourceOf(resource("/", "GET")), errors.New("stopped")
	src.Stop = func() error { return stopped }
	if _, err := Generate(typeOf(t, "go"), nil, src); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}

// BenchmarkGenerate makes clients of an API with 300 resources of two methods each.
func BenchmarkGenerate(b *testing.B) {
	var resources []wire.Resource
	for i := range 300 {
		r := resource("/things"+strconv.Itoa(i)+"/{id}", "GET", "POST")
		r.ResourceMethods["GET"] = wire.Method{RequestParameters: map[string]bool{"method.request.path.id": true, "method.request.querystring.q": false, "method.request.header.X-A": false}}
		resources = append(resources, r)
	}
	src := sourceOf(resources...)
	for _, of := range Types() {
		if _, ok := generators()[*of.ID]; !ok {
			continue
		}
		b.Run(*of.ID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Generate(&of, nil, src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
