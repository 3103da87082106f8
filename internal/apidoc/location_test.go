package apidoc

import (
	"strings"
	"testing"
)

// The table of AWS's developer guide, "Valid location fields of
// DocumentationPart": what is valid, required and filled in for each type.
func TestComplete(t *testing.T) {
	for name, tt := range map[string]struct {
		given, want Location
		err         string
	}{
		"API":                        {given: Location{Type: "API"}, want: Location{Type: "API"}},
		"API with a path":            {given: Location{Type: "API", Path: "/"}, err: "type 'API' has no path"},
		"the root resource":          {given: Location{Type: "RESOURCE"}, want: Location{Type: "RESOURCE", Path: "/"}},
		"a resource":                 {given: Location{Type: "RESOURCE", Path: "/pets"}, want: Location{Type: "RESOURCE", Path: "/pets"}},
		"a resource with a method":   {given: Location{Type: "RESOURCE", Path: "/pets", Method: "GET"}, err: "type 'RESOURCE' has no method"},
		"all methods":                {given: Location{Type: "METHOD"}, want: Location{Type: "METHOD", Path: "/", Method: "*"}},
		"a method":                   {given: Location{Type: "METHOD", Path: "/pets", Method: "GET"}, want: Location{Type: "METHOD", Path: "/pets", Method: "GET"}},
		"a method with a status":     {given: Location{Type: "METHOD", StatusCode: "200"}, err: "type 'METHOD' has no statusCode"},
		"a method with a name":       {given: Location{Type: "METHOD", Name: "n"}, err: "type 'METHOD' has no name"},
		"a query parameter":          {given: Location{Type: "QUERY_PARAMETER", Name: "page"}, want: Location{Type: "QUERY_PARAMETER", Path: "/", Method: "*", Name: "page"}},
		"all query parameters":       {given: Location{Type: "QUERY_PARAMETER"}, want: Location{Type: "QUERY_PARAMETER", Path: "/", Method: "*"}},
		"a path parameter":           {given: Location{Type: "PATH_PARAMETER", Path: "/{id}", Name: "id"}, want: Location{Type: "PATH_PARAMETER", Path: "/{id}", Method: "*", Name: "id"}},
		"a nameless path parameter":  {given: Location{Type: "PATH_PARAMETER", Path: "/{id}"}, err: "type 'PATH_PARAMETER' needs a name"},
		"a request header":           {given: Location{Type: "REQUEST_HEADER", Name: "X"}, want: Location{Type: "REQUEST_HEADER", Path: "/", Method: "*", Name: "X"}},
		"a nameless request header":  {given: Location{Type: "REQUEST_HEADER"}, err: "type 'REQUEST_HEADER' needs a name"},
		"a request body":             {given: Location{Type: "REQUEST_BODY", Path: "/pets", Method: "POST"}, want: Location{Type: "REQUEST_BODY", Path: "/pets", Method: "POST"}},
		"a named request body":       {given: Location{Type: "REQUEST_BODY", Name: "b"}, want: Location{Type: "REQUEST_BODY", Path: "/", Method: "*", Name: "b"}},
		"all responses":              {given: Location{Type: "RESPONSE"}, want: Location{Type: "RESPONSE", Path: "/", Method: "*", StatusCode: "*"}},
		"a named response":           {given: Location{Type: "RESPONSE", Name: "n"}, err: "type 'RESPONSE' has no name"},
		"a response header":          {given: Location{Type: "RESPONSE_HEADER", StatusCode: "200", Name: "X"}, want: Location{Type: "RESPONSE_HEADER", Path: "/", Method: "*", StatusCode: "200", Name: "X"}},
		"a nameless response header": {given: Location{Type: "RESPONSE_HEADER"}, err: "type 'RESPONSE_HEADER' needs a name"},
		"a response body":            {given: Location{Type: "RESPONSE_BODY"}, want: Location{Type: "RESPONSE_BODY", Path: "/", Method: "*", StatusCode: "*"}},
		"an authorizer":              {given: Location{Type: "AUTHORIZER", Name: "a"}, want: Location{Type: "AUTHORIZER", Name: "a"}},
		"an authorizer with a path":  {given: Location{Type: "AUTHORIZER", Name: "a", Path: "/"}, err: "type 'AUTHORIZER' has no path"},
		"a member of a model":        {given: Location{Type: "MODEL", Name: "Error.message"}, want: Location{Type: "MODEL", Name: "Error.message"}},
		"no type":                    {err: "there is no type ''"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.given.Complete()
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got error %v, want %q", err, tt.err)
				}
				return
			}
			if got != tt.want {
				t.Errorf("got  %v\nwant %v", got, tt.want)
			}
		})
	}
}

// Which part an entity has, after the guide's "Inherit content from an API entity
// of more general specifications". Parts are called what they are found by.
func TestFind(t *testing.T) {
	parts := make(map[Location]string)
	for name, l := range map[string]Location{
		"the API": {Type: "API"}, "the model": {Type: "MODEL", Name: "Pet"}, "the root": {Type: "RESOURCE"}, "pets": {Type: "RESOURCE", Path: "/pets"},
		"methods": {Type: "METHOD"}, "GET of pets": {Type: "METHOD", Path: "/pets", Method: "GET"},
		"page": {Type: "QUERY_PARAMETER", Path: "/pets", Method: "GET", Name: "page"},
		"id":   {Type: "PATH_PARAMETER", Path: "/pets", Name: "id"}, "id of a pet": {Type: "PATH_PARAMETER", Path: "/pets/{id}", Name: "id"},
		"400": {Type: "RESPONSE", StatusCode: "400"}, "400 of pets": {Type: "RESPONSE", Path: "/pets", StatusCode: "400"},
		"GET's responses": {Type: "RESPONSE", Path: "/pets", Method: "GET"},
		"any header X":    {Type: "RESPONSE_HEADER", Path: "/pets", Name: "X"}, "header X of 200": {Type: "RESPONSE_HEADER", Path: "/pets", StatusCode: "200", Name: "X"},
		"header X of a pet": {Type: "RESPONSE_HEADER", Path: "/pets/{id}", Name: "X"},
	} {
		whole, err := l.Complete()
		if err != nil {
			t.Fatal(err)
		}
		parts[whole] = name
	}
	index := NewParts(parts)
	for name, tt := range map[string]struct {
		entity Location
		want   string
	}{
		"the API":                            {Location{Type: "API"}, "the API"},
		"a model":                            {Location{Type: "MODEL", Name: "Pet"}, "the model"},
		"another model":                      {Location{Type: "MODEL", Name: "Pets"}, ""},
		"the root":                           {Location{Type: "RESOURCE", Path: "/"}, "the root"},
		"a resource inherits nothing":        {Location{Type: "RESOURCE", Path: "/pets/{id}"}, ""},
		"a method's own":                     {Location{Type: "METHOD", Path: "/pets", Method: "GET"}, "GET of pets"},
		"the path is a prefix":               {Location{Type: "METHOD", Path: "/pets/{id}", Method: "GET"}, "GET of pets"},
		"of whole segments":                  {Location{Type: "METHOD", Path: "/petshop", Method: "GET"}, "methods"},
		"another method":                     {Location{Type: "METHOD", Path: "/pets", Method: "PUT"}, "methods"},
		"AWS's example of a child":           {Location{Type: "QUERY_PARAMETER", Path: "/pets/{id}/treats", Method: "GET", Name: "page"}, "page"},
		"another method's parameter":         {Location{Type: "QUERY_PARAMETER", Path: "/pets", Method: "POST", Name: "page"}, ""},
		"another name":                       {Location{Type: "QUERY_PARAMETER", Path: "/pets", Method: "GET", Name: "pages"}, ""},
		"the longer path":                    {Location{Type: "PATH_PARAMETER", Path: "/pets/{id}/treats", Method: "PUT", Name: "id"}, "id of a pet"},
		"AWS's general example":              {Location{Type: "RESPONSE", Path: "/", Method: "GET", StatusCode: "400"}, "400"},
		"AWS's overwrite of it":              {Location{Type: "RESPONSE", Path: "/pets", Method: "PUT", StatusCode: "400"}, "400 of pets"},
		"the status before the method":       {Location{Type: "RESPONSE", Path: "/pets", Method: "GET", StatusCode: "400"}, "400 of pets"},
		"a response of a method":             {Location{Type: "RESPONSE", Path: "/pets", Method: "GET", StatusCode: "404"}, "GET's responses"},
		"AWS's case 1":                       {Location{Type: "RESPONSE_HEADER", Path: "/pets", Method: "GET", StatusCode: "404", Name: "X"}, "any header X"},
		"AWS's case 2 before 1":              {Location{Type: "RESPONSE_HEADER", Path: "/pets", Method: "GET", StatusCode: "200", Name: "X"}, "header X of 200"},
		"AWS's case 3 before 2, by its path": {Location{Type: "RESPONSE_HEADER", Path: "/pets/{id}", Method: "GET", StatusCode: "200", Name: "X"}, "header X of a pet"},
		"another type":                       {Location{Type: "RESPONSE_BODY", Path: "/pets", Method: "GET", StatusCode: "400"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := index.Find(tt.entity)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestString(t *testing.T) {
	l, err := Location{Type: "RESPONSE_HEADER", Name: "X"}.Complete()
	if got, want := l.String(), "type 'RESPONSE_HEADER', path '/', method '*', statusCode '*', name 'X'"; got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// Whatever is asked for, the look ends, a complete location is complete, and what
// is found takes the entity in.
func FuzzFind(f *testing.F) {
	f.Add("METHOD", "/pets/{id}", "GET", "", "", "/pets")
	f.Add("RESPONSE", "//", "", "200", "n", "")
	f.Add("RESOURCE", "a/b", "*", "*", "", "a")
	f.Fuzz(func(t *testing.T, kind, path, method, status, name, above string) {
		entity := Location{Type: kind, Path: path, Method: method, StatusCode: status, Name: name}
		whole, err := entity.Complete()
		if err == nil {
			if again, err := whole.Complete(); again != whole || err != nil {
				t.Fatalf("complete again: %v, %v, want %v", again, err, whole)
			}
		}
		general := entity
		general.Path = above
		got, ok := NewParts(map[Location]Location{general: general}).Find(entity)
		if ok && !strings.HasPrefix(entity.Path, strings.TrimSuffix(got.Path, "/")) {
			t.Fatalf("%v has the part of %v", entity, got)
		}
	})
}
