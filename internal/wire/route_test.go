package wire

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	tests := map[string]struct {
		method, path, query string
		want                string // operation, "" for none
		labels              []string
		err                 string // error type
	}{
		"no label":                    {method: "GET", path: "/account", want: "GetAccount"},
		"one label":                   {method: "GET", path: "/restapis/abc", want: "GetRestApi", labels: []string{"abc"}},
		"literal after label":         {method: "DELETE", path: "/restapis/a/stages/b/cache/data", want: "FlushStageCache", labels: []string{"a", "b"}},
		"labels in the path's order":  {method: "PUT", path: "/restapis/a/resources/r/methods/GET/responses/200", want: "PutMethodResponse", labels: []string{"a", "r", "GET", "200"}},
		"escaped slash":               {method: "GET", path: "/domainnames/x.com/basepathmappings/v1%2Fx%20y", want: "GetBasePathMapping", labels: []string{"x.com", "v1/x y"}},
		"escaped once":                {method: "GET", path: "/restapis/a%252Fb", want: "GetRestApi", labels: []string{"a%2Fb"}},
		"plus is a plus":              {method: "GET", path: "/domainnames/x.com+id", want: "GetDomainName", labels: []string{"x.com+id"}},
		"escaped star":                {method: "GET", path: "/domainnames/%2A.example.com", want: "GetDomainName", labels: []string{"*.example.com"}},
		"escaped parentheses":         {method: "GET", path: "/domainnames/x/basepathmappings/%28none%29", want: "GetBasePathMapping", labels: []string{"x", "(none)"}},
		"dots are a label":            {method: "GET", path: "/restapis/..", want: "GetRestApi", labels: []string{".."}},
		"escaped literal":             {method: "GET", path: "/%61ccount", want: "GetAccount"},
		"escaped slash is no literal": {method: "GET", path: "/restapis/a%2Fstages", want: "GetRestApi", labels: []string{"a/stages"}},
		"tag ARN escaped":             {method: "GET", path: "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc123", want: "GetTags", labels: []string{"arn:aws:apigateway:us-east-1::/restapis/abc123"}},
		"tag ARN as it is":            {method: "PUT", path: "/tags/arn:aws:apigateway:us-east-1::/restapis/abc123", want: "TagResource", labels: []string{"arn:aws:apigateway:us-east-1::/restapis/abc123"}},
		"tag ARN half escaped":        {method: "DELETE", path: "/tags/arn:aws:apigateway:us-east-1::%2Frestapis/abc123/stages/a%20b", want: "UntagResource", labels: []string{"arn:aws:apigateway:us-east-1::/restapis/abc123/stages/a b"}},
		"association ARN as it is":    {method: "DELETE", path: "/domainnameaccessassociations/arn:aws:a:b:c:/d/e", want: "DeleteDomainNameAccessAssociation", labels: []string{"arn:aws:a:b:c:/d/e"}},
		"tags without ARN":            {method: "GET", path: "/tags/"},
		"import":                      {method: "POST", path: "/restapis", query: "basepath=split&mode=import", want: "ImportRestApi"},
		"import of keys":              {method: "POST", path: "/apikeys", query: "mode=import&format=csv", want: "ImportApiKeys"},
		"other mode":                  {method: "POST", path: "/restapis", query: "mode=merge", want: "CreateRestApi"},
		"no mode":                     {method: "POST", path: "/restapis", query: "x=mode%3Dimport", want: "CreateRestApi"},
		"mode where none is":          {method: "GET", path: "/restapis", query: "mode=import", want: "GetRestApis"},
		"root":                        {method: "GET", path: "/"},
		"nothing":                     {method: "OPTIONS", path: "*"},
		"unknown path":                {method: "GET", path: "/nope"},
		"unknown below":               {method: "GET", path: "/account/nope"},
		"inside of a path":            {method: "GET", path: "/restapis/a/resources/r/methods"},
		"other method":                {method: "POST", path: "/account"},
		"slash at the end":            {method: "GET", path: "/restapis/"},
		"slash after a label":         {method: "GET", path: "/restapis/a/"},
		"empty label":                 {method: "GET", path: "/restapis//resources"},
		"two slashes at the start":    {method: "GET", path: "//account"},
		"upper case":                  {method: "GET", path: "/Account"},
		"version 2":                   {method: "GET", path: "/v2/domainnames/x.com/apimappings/a%2Fb", want: "GetApiMapping", labels: []string{"x.com", "a/b"}},
		"version 2 by name alone":     {method: "POST", path: "/v2/apis/a/deployments", want: "CreateDeployment", labels: []string{"a"}},
		"version 2, unknown path":     {method: "GET", path: "/v2/restapis"},
		"version 2, its root":         {method: "GET", path: "/v2"},
		"version 2, tag ARN":          {method: "GET", path: "/v2/tags/arn:aws:apigateway:us-east-1::/apis/a", want: "GetTags", labels: []string{"arn:aws:apigateway:us-east-1::/apis/a"}},
		"bad escape":                  {method: "GET", path: "/restapis/%zz", err: "SerializationException"},
		"bad UTF-8":                   {method: "GET", path: "/restapis/%ff", err: "SerializationException"},
		"long label":                  {method: "GET", path: "/restapis/" + strings.Repeat("a", maxLabel+1), err: "SerializationException"},
		"very long label":             {method: "GET", path: "/restapis/" + strings.Repeat("%61", maxLabel+1), err: "SerializationException"},
		"longest label":               {method: "GET", path: "/restapis/" + strings.Repeat("%61", maxLabel), want: "GetRestApi", labels: []string{strings.Repeat("a", maxLabel)}},
	}
	r := newRouter(operations[:], operationsV2[:])
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			rt, labels, err := r.match(tt.method, tt.path, query, nil)
			if got := typeOf(err); got != tt.err {
				t.Fatalf("match returned the error %v, want %q", err, tt.err)
			}
			var got string
			if rt != nil {
				got = rt.op.Name
			}
			if got != tt.want || !slices.Equal(labels, tt.labels) {
				t.Errorf("match(%s %s) = %q %q, want %q %q", tt.method, tt.path, got, labels, tt.want, tt.labels)
			}
		})
	}
}

// typeOf is the type of an Error, "" for nil.
func typeOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Type
	}
	return ""
}

// Every operation is found by its own path, and no node of the tree has to
// choose between a literal and a label.
func TestEveryPathIsFound(t *testing.T) {
	r := newRouter(operations[:], operationsV2[:])
	for _, op := range slices.Concat(operations[:], operationsV2[:]) {
		query, _ := url.ParseQuery(op.Query)
		rt, labels, err := r.match(op.Method, op.Path, query, nil) // each label is its own value
		if err != nil || rt == nil || rt.op.Name != op.Name || rt.op.Service != op.Service {
			t.Errorf("%s %s: found %+v, error %v", op.Method, op.Path, rt, err)
			continue
		}
		if got, err := url.PathUnescape(rt.resource(labels)); err != nil || got != strings.TrimPrefix(op.Path, "/v2") {
			t.Errorf("the resource of %s is %s, want %s (error %v)", op.Name, got, op.Path, err)
		}
		if op.input == &unread {
			continue
		}
		for i, label := range labels {
			if want := "{" + op.input.members[rt.labels[i]].wire + "}"; label != want {
				t.Errorf("label %d of %s is %s, want %s", i, op.Name, label, want)
			}
		}
	}
	checkTree(t, r.root, "")
}

// Policies name the ARN in a path by its escapes, whichever the client sent.
func TestResourceOfARN(t *testing.T) {
	const want = "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa-b_c.~%2A%C3%A9"
	r := newRouter(operations[:])
	for name, path := range map[string]string{
		"escaped":       want,
		"partly":        "/tags/arn:aws:apigateway:us-east-1::%2frestapis%2fa-b_c.~*%c3%a9",
		"unescaped":     "/tags/arn:aws:apigateway:us-east-1::/restapis/a-b_c.~*é",
		"more than AWS": "/tags/%61rn%3Aaws%3Aapigateway%3Aus%2Deast%2D1%3A%3A%2Frestapis%2Fa%2Db%5Fc%2E%7E%2A%C3%A9",
	} {
		rt, labels, err := r.match("PUT", path, nil, nil)
		if err != nil || rt == nil {
			t.Errorf("%s: found %v, error %v", name, rt, err)
			continue
		}
		if got := rt.resource(labels); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func checkTree(t *testing.T, n *node, path string) {
	if n.label != nil {
		if len(n.literals) > 0 {
			t.Errorf("%s has literal children and a label", path)
		}
		checkTree(t, n.label, path+"/{}")
	}
	for name, child := range n.literals {
		checkTree(t, child, path+"/"+name)
	}
}

func FuzzMatch(f *testing.F) {
	for _, op := range slices.Concat(operations[:], operationsV2[:]) {
		f.Add(op.Method, op.Path, op.Query)
	}
	f.Add("GET", "/tags/arn:aws:apigateway:us-east-1::/restapis/%2F", "")
	f.Add("GET", "//%", "a=%zz")
	r := newRouter(operations[:], operationsV2[:])
	f.Fuzz(func(t *testing.T, method, path, rawQuery string) {
		query, err := parseQuery(rawQuery)
		if err != nil {
			return
		}
		rt, labels, err := r.match(method, path, query, nil)
		if err != nil && rt != nil {
			t.Fatalf("both a route and the error %v", err)
		}
		if rt == nil || rt.op.input == &unread {
			return
		}
		if rt.op.Method != method || len(labels) != len(rt.labels) {
			t.Fatalf("%s %s became %s with labels %q", method, path, rt.op.Name, labels)
		}
		// Escaping the labels anew leads to the same place.
		again := rt.op.Path
		for i, label := range labels {
			if label == "" {
				t.Fatalf("empty label in %q", path)
			}
			again = strings.Replace(again, "{"+rt.op.input.members[rt.labels[i]].wire+"}", url.PathEscape(label), 1)
		}
		rt2, labels2, err := r.match(method, again, query, nil)
		if err != nil || rt2 != rt || !slices.Equal(labels, labels2) {
			t.Fatalf("%q became %q, which is %+v %q, error %v", path, again, rt2, labels2, err)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	r := newRouter(operations[:], operationsV2[:])
	b.ReportAllocs()
	var labels [maxLabels]string
	for b.Loop() {
		rt, _, err := r.match("PUT", "/restapis/a1b2c3d4e5/resources/x1y2z3/methods/GET/responses/200", nil, labels[:0])
		if rt == nil || err != nil {
			b.Fatal(err)
		}
	}
}
