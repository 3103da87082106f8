package pipeline

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const modelURI = "https://apigateway.amazonaws.com/restapis/abc/models/"

// validated is an API with MOCK resources under a request validator that
// checks everything.
func validated(edit func(*snapshot.Deployment, *snapshot.Method)) *snapshot.Deployment {
	d := &snapshot.Deployment{
		ID: "d1", APIID: "abc", Account: "000000000000", Region: "us-east-1",
		Validators: map[string]snapshot.Validator{
			"all": {Body: true, Parameters: true}, "body": {Body: true}, "parameters": {Parameters: true}, "nothing": {},
		},
		Models: map[string]snapshot.Model{
			"Pet":     {ContentType: "application/json", Schema: `{"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "owner": {"$ref": "` + modelURI + `Owner"}}}`},
			"Owner":   {ContentType: "application/json", Schema: `{"properties": {"pets": {"type": "array", "items": {"$ref": "` + modelURI + `Pet"}}}}`},
			"Empty":   {ContentType: "application/json", Schema: `{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"}`},
			"XML":     {ContentType: "application/xml", Schema: `<xs:schema/>`},
			"Broken":  {ContentType: "application/json", Schema: `{"type": "file"}`},
			"Dangles": {ContentType: "application/json", Schema: `{"items": {"$ref": "` + modelURI + `Gone"}}`},
			"Circle":  {ContentType: "application/json", Schema: `{"allOf": [{"$ref": "` + modelURI + `Circle"}]}`},
			"China":   {ContentType: "application/json", Schema: `{"$ref": "https://apigateway.amazonaws.com.cn/restapis/abc/models/Pet"}`},
		},
	}
	r := mock(func(m *snapshot.Method) {
		m.RequestValidatorID = "all"
		m.Integration.RequestTemplates = map[string]string{"$default": `{"statusCode": 200}`}
		edit(d, m)
	})
	r.Path = "/x/{id}"
	d.Resources = []snapshot.Resource{r}
	return d
}

func badRequestText(message string) string {
	return "400\nx-amzn-ErrorType: BadRequestException\nContent-Type: application/json\n\n" + `{"message": "` + message + `"}`
}

func TestRequiredParameters(t *testing.T) {
	params := func(validator string, params map[string]bool) func(*snapshot.Deployment, *snapshot.Method) {
		return func(_ *snapshot.Deployment, m *snapshot.Method) {
			m.RequestValidatorID, m.RequestParameters = validator, params
		}
	}
	all := map[string]bool{
		"method.request.querystring.qs1": true, "method.request.querystring.optional": false,
		"method.request.path.issuer": true, "method.request.header.x-header-param": true,
	}
	mine := map[string]bool{"method.request.header.X-A": true, "method.request.querystring.q": true, "method.request.path.id": true}
	tests := map[string]struct {
		edit          func(*snapshot.Deployment, *snapshot.Method)
		request, want string
	}{
		// Recorded, and so is that a path parameter outside of the path is always missing.
		"header, path, query":    {params("all", all), "GET /x/7", badRequestText("Missing required request parameters: [x-header-param, issuer, qs1]")},
		"a path that is not":     {params("all", all), "GET /x/7?qs1=1\nx-header-param: 1", badRequestText("Missing required request parameters: [issuer]")},
		"all there":              {params("all", mine), "GET /x/7?q=0\nX-A: a", emptyAnswer},
		"by name":                {params("all", map[string]bool{"method.request.header.b": true, "method.request.header.a": true, "method.request.header.C": true}), "GET /x/7", badRequestText("Missing required request parameters: [C, a, b]")},
		"blank header and query": {params("all", mine), "GET /x/7?q=%20\nX-A:  ", badRequestText("Missing required request parameters: [X-A, q]")},
		"query without value":    {params("all", mine), "GET /x/7?q\nX-A: a", badRequestText("Missing required request parameters: [q]")},
		"blank path":             {params("all", mine), "GET /x/%20?q=0\nX-A: a", badRequestText("Missing required request parameters: [id]")},
		"parameters alone":       {params("parameters", mine), "GET /x/7", badRequestText("Missing required request parameters: [X-A, q]")},
		"validator of the body":  {params("body", mine), "GET /x/7", emptyAnswer},
		"validator of nothing":   {params("nothing", mine), "GET /x/7", emptyAnswer},
		"no validator":           {params("", mine), "GET /x/7", emptyAnswer},
		"validator that is gone": {params("gone", mine), "GET /x/7", internalError},
		"parameters before body": {func(d *snapshot.Deployment, m *snapshot.Method) {
			params("all", mine)(d, m)
			m.RequestModels = models1("Pet")
		}, "POST /x/7\n\n{}", badRequestText("Missing required request parameters: [X-A, q]")},
		"before the template's": {func(d *snapshot.Deployment, m *snapshot.Method) {
			params("all", mine)(d, m)
			m.Integration.PassthroughBehavior = "NEVER"
			m.Integration.RequestTemplates = nil
		}, "POST /x/7", badRequestText("Missing required request parameters: [X-A, q]")},
		"header in any spelling":   {params("all", mine), "GET /x/7?q=0\nx-a: a", emptyAnswer},
		"the last value counts":    {params("all", mine), "GET /x/7?q=0&q=\nX-A: a", badRequestText("Missing required request parameters: [q]")},
		"Host is a header as well": {params("all", map[string]bool{"method.request.header.Host": true}), "GET /x/7", emptyAnswer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { newRigOf(t, validated(tt.edit)).want(t, tt.request, tt.want) })
	}
}

func models1(name string) map[string]string { return map[string]string{"application/json": name} }

func TestRequestBodies(t *testing.T) {
	const bad = "Invalid request body"
	tests := map[string]struct {
		models        map[string]string
		request, want string
	}{
		"valid":                         {models1("Pet"), "POST /x/7\n\n{\"name\": \"Rex\"}", emptyAnswer},
		"invalid":                       {models1("Pet"), "POST /x/7\n\n{\"name\": 1}", badRequestText(bad)},
		"through references":            {models1("Pet"), `POST /x/7` + "\n\n" + `{"name": "Rex", "owner": {"pets": [{"name": "Tom"}]}}`, emptyAnswer},
		"invalid through references":    {models1("Owner"), `POST /x/7` + "\n\n" + `{"pets": [{"owner": {"pets": [{}]}}]}`, badRequestText(bad)},
		"reference in China":            {models1("China"), "POST /x/7\n\n{}", badRequestText(bad)},
		"not JSON":                      {models1("Empty"), "POST /x/7\n\nhello", badRequestText(bad)},
		"JSON of another dialect":       {models1("Empty"), "POST /x/7\n\n{a: 1}", badRequestText(bad)},
		"empty is {} (recorded)":        {models1("Empty"), "POST /x/7", emptyAnswer},
		"empty lacks a name (recorded)": {models1("Pet"), "POST /x/7", badRequestText(bad)},
		"on GET too (recorded)":         {models1("Pet"), "GET /x/7", badRequestText(bad)},
		"a list is no object":           {models1("Empty"), "POST /x/7\n\n[]", badRequestText(bad)},
		"by content type":               {map[string]string{"application/json": "Pet", "application/vnd.pet+json": "Empty"}, "POST /x/7\nContent-Type: Application/Vnd.Pet+JSON; v=1\n\n{}", emptyAnswer},
		"an empty type says nothing":    {models1("Pet"), "POST /x/7\nContent-Type: \n\n{}", badRequestText(bad)},
		"no model for the type":         {models1("Pet"), "POST /x/7\nContent-Type: text/plain\n\nhello", emptyAnswer},
		"$default":                      {map[string]string{"$default": "Pet"}, "POST /x/7\nContent-Type: text/plain\n\n{}", badRequestText(bad)},
		"$default behind the type's":    {map[string]string{"$default": "Pet", "application/json": "Empty"}, "POST /x/7\n\n{}", emptyAnswer},
		"model of no JSON":              {map[string]string{"application/xml": "XML"}, "POST /x/7\nContent-Type: application/xml\n\n<a/>", emptyAnswer},
		"no models":                     {nil, "POST /x/7\n\nhello", emptyAnswer},
		"a model that does not compile": {models1("Broken"), "POST /x/7\n\n{}", internalError},
		"a reference to nothing":        {models1("Dangles"), "POST /x/7\n\n{}", internalError},
		"a model that is gone":          {models1("Gone"), "POST /x/7\n\n{}", internalError},
		"a model in a circle":           {models1("Circle"), "POST /x/7\n\n{}", internalError},
		"a broken model of another":     {map[string]string{"application/json": "Empty", "text/x": "Broken"}, "POST /x/7\n\n{}", emptyAnswer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			newRigOf(t, validated(func(_ *snapshot.Deployment, m *snapshot.Method) { m.RequestModels = tt.models })).want(t, tt.request, tt.want)
		})
	}
}

// TestValidationErrorString holds what a gateway response can say of a body,
// and that clients' mistakes are not logged.
func TestValidationErrorString(t *testing.T) {
	var log bytes.Buffer
	d := validated(func(d *snapshot.Deployment, m *snapshot.Method) {
		m.RequestModels = models1("Pet")
		d.GatewayResponses = map[string]snapshot.GatewayResponse{"BAD_REQUEST_BODY": {Templates: map[string]string{"text/plain": "$context.error.message: $context.error.validationErrorString"}}}
	})
	r := newRigOf(t, d)
	r.stage.services.Log = slog.New(slog.NewTextHandler(&log, nil))
	for body, want := range map[string]string{
		`{}`:          `Invalid request body: [object has missing required properties (["name"])]`,
		`{"name": 1}`: `Invalid request body: [instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`,
		`hello`:       `Invalid request body: [Unknown error parsing request body]`,
		``:            `Invalid request body: [Unknown error parsing request body]`, // recorded
	} {
		resp := r.call("POST /x/7\n\n" + body)
		if string(resp.Body) != want {
			t.Errorf("%s\ngot  %s\nwant %s", body, resp.Body, want)
		}
		resp.Release()
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}

func TestModelProblems(t *testing.T) {
	var log bytes.Buffer
	r := newRigOf(t, validated(func(_ *snapshot.Deployment, m *snapshot.Method) { m.RequestModels = models1("Dangles") }))
	r.stage.services.Log = slog.New(slog.NewTextHandler(&log, nil))
	problems := r.stage.program.Problems()
	if len(problems) != 1 || problems[0].String() != "ANY /x/{id} requestModels.application/json: "+modelURI+"Dangles#/items: $ref "+modelURI+"Gone: there is no such schema" {
		t.Errorf("problems %v", problems)
	}
	r.call("POST /x/7").Release()
	if !strings.Contains(log.String(), "Request body validation failed due to an unexpected error") {
		t.Errorf("logged %s", log.String())
	}
}

func BenchmarkValidation(b *testing.B) {
	body := `{"name": "Rex", "owner": {"pets": [` + strings.Repeat(`{"name": "another pet of the same", "age": 12, "tags": ["a", "b"]}, `, 14) + `{"name": "Tom"}]}}`
	for name, validator := range map[string]string{"on": "all", "off": ""} {
		b.Run(name, func(b *testing.B) {
			r := newRigOf(b, validated(func(_ *snapshot.Deployment, m *snapshot.Method) {
				m.RequestValidatorID, m.RequestModels = validator, models1("Pet")
				m.RequestParameters = map[string]bool{"method.request.header.X-A": true, "method.request.path.id": true}
			}))
			req := parseRequest("POST /x/7\nX-A: a\nContent-Type: application/json\n\n" + body)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				resp := r.stage.Serve(req)
				if resp.Status != 200 {
					b.Fatal(show(resp))
				}
				resp.Release()
			}
		})
	}
}
