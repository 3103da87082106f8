package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// An edgeSite is a server with an edge-optimized API and a regional one, which have the
// same paths: /fn is a function's, /http a backend's, and / a template's.
type edgeSite struct {
	p       *process
	c       *apigateway.Client
	address string
}

// showEvent is a function that answers with the headers of its event that CloudFront has
// to do with.
func showEvent(w http.ResponseWriter, r *http.Request) {
	var event struct {
		Headers        map[string]string
		RequestContext struct{ Identity struct{ SourceIP string } }
	}
	_ = json.NewDecoder(r.Body).Decode(&event)
	_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": 200, "body": shownEdge(event.Headers) + "sourceIp " + event.RequestContext.Identity.SourceIP})
}

// shownEdge are those of a request's headers that CloudFront has to do with.
func shownEdge(h map[string]string) string {
	var lines []string
	for name, value := range h {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "cloudfront-") || lower == "via" || lower == "x-amz-cf-id" || lower == "x-forwarded-for" || lower == "cookie" {
			lines = append(lines, name+": "+value+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func newEdgeSite(t *testing.T, config string) *edgeSite {
	t.Helper()
	function := httptest.NewServer(http.HandlerFunc(showEvent))
	t.Cleanup(function.Close)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		flat := make(map[string]string)
		for name, values := range r.Header {
			flat[name] = strings.Join(values, "|")
		}
		w.Header().Set("X-Cache", "mine")
		_, _ = io.WriteString(w, shownEdge(flat))
	}))
	t.Cleanup(backend.Close)
	p, c, url := launchWith(t, t.TempDir(), "in-memory: true\nlambda-functions: {show: '"+function.URL+"'}\n"+config)
	s := &edgeSite{p, c, strings.TrimPrefix(url, "http://")}
	const template = `{"x-amazon-apigateway-any-method": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": %s}}`
	definition := `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {
		"/": ` + fmt.Sprintf(template, `{"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200",
			"responseTemplates": {"application/json": "$input.params('CloudFront-Viewer-Country') $input.params('CloudFront-Is-Mobile-Viewer')"}}}}`) + `,
		"/http": ` + fmt.Sprintf(template, `{"type": "http_proxy", "httpMethod": "ANY", "uri": "`+backend.URL+`"}`) + `,
		"/fn": ` + fmt.Sprintf(template, `{"type": "aws_proxy", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:show/invocations"}`) + `}}`
	for id, kind := range map[string]types.EndpointType{"edged": "EDGE", "plain": "REGIONAL"} {
		if _, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": id}, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{kind}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &id, Mode: types.PutModeOverwrite, Body: []byte(definition)}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// What is drawn anew in CloudFront's headers.
var (
	edgeServer = regexp.MustCompile(`[0-9a-f]{32}\.cloudfront\.net`)
	edgeID     = regexp.MustCompile(`[\w-]{54}==`)
)

// ask is a GET with more header lines: CloudFront's headers of the answer, an empty line
// and the body.
func (s *edgeSite) ask(t *testing.T, host, path, lines string) string {
	t.Helper()
	nc := say(t, s.address, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+lines+"Connection: close\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range []string{"X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"} {
		if values := resp.Header.Values(name); len(values) > 0 {
			b.WriteString(name + ": " + strings.Join(values, "|") + "\n")
		}
	}
	id := resp.Header.Get("X-Amz-Cf-Id")
	text := strings.TrimSpace(b.String() + "\n" + string(body))
	if id != "" {
		text = strings.ReplaceAll(text, id, "{this id}")
	}
	return edgeID.ReplaceAllString(edgeServer.ReplaceAllString(text, "{server}"), "{another id}")
}

const (
	edgeAnswer   = "X-Cache: Miss from cloudfront\nVia: 1.1 {server} (CloudFront)\nX-Amz-Cf-Pop: FRA56-P4\nX-Amz-Cf-Id: {this id}\n\n"
	edgeRefusal  = "X-Cache: Error from cloudfront\nVia: 1.1 {server} (CloudFront)\nX-Amz-Cf-Pop: FRA56-P4\nX-Amz-Cf-Id: {this id}\n\n"
	edgeDesktop  = "CloudFront-Is-Desktop-Viewer: true\nCloudFront-Is-Mobile-Viewer: false\nCloudFront-Is-SmartTV-Viewer: false\nCloudFront-Is-Tablet-Viewer: false\n"
	edgeCountry  = "CloudFront-Viewer-Country: DE\n"
	edgeSettings = "edge-headers: {country: DE, asn: 3320, pop: FRA56-P4, address: 192.0.2.7}\n"
)

// TestEdgeHeaders has functions, backends and templates of edge-optimized APIs and domain
// names see what CloudFront adds at AWS, whatever clients say in its place, and clients
// what it adds to answers; regional ones know nothing of it.
func TestEdgeHeaders(t *testing.T) {
	t.Parallel()
	s := newEdgeSite(t, edgeSettings)
	expect := func(what, host, path, lines, want string) {
		t.Helper()
		if got := s.ask(t, host, path, lines); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
		}
	}
	const edged, plain = "edged.execute-api.localhost", "plain.execute-api.localhost"
	const event = "CloudFront-Forwarded-Proto: http\n" + edgeDesktop + "CloudFront-Viewer-ASN: 3320\n" + edgeCountry
	const forged = "CloudFront-Viewer-Country: XX\r\nvia: 1.1 a\r\nX-Amz-Cf-Id: mine\r\nX-Forwarded-For: 203.0.113.9\r\ncookie: b=2; a=1\r\n"
	expect("a function", edged, "/prod/fn", "", edgeAnswer+event+"Via: 1.1 {server} (CloudFront)\nX-Amz-Cf-Id: {this id}\nX-Forwarded-For: 127.0.0.1, 192.0.2.7\nsourceIp 127.0.0.1")
	expect("a function, and a client that forges", edged, "/prod/fn", forged,
		edgeAnswer+event+"Cookie: a=1; b=2\nVia: 1.1 a, 1.1 {server} (CloudFront)\nX-Amz-Cf-Id: {this id}\nX-Forwarded-For: 203.0.113.9, 127.0.0.1, 192.0.2.7\nsourceIp 127.0.0.1")
	expect("a backend", edged, "/prod/http", forged,
		edgeAnswer+"Cloudfront-Forwarded-Proto: http\n"+ // as Go's server spells names
			"Cloudfront-Is-Desktop-Viewer: true\nCloudfront-Is-Mobile-Viewer: false\nCloudfront-Is-Smarttv-Viewer: false\nCloudfront-Is-Tablet-Viewer: false\nCloudfront-Viewer-Asn: 3320\nCloudfront-Viewer-Country: DE\n"+
			"Cookie: a=1; b=2\nX-Amz-Cf-Id: {this id}\nX-Forwarded-For: 203.0.113.9")
	expect("a backend, and a client whose Connection names what CloudFront adds", edged, "/prod/http", "Connection: CloudFront-Viewer-Country, x-amz-cf-id\r\n",
		edgeAnswer+"Cloudfront-Forwarded-Proto: http\n"+
			"Cloudfront-Is-Desktop-Viewer: true\nCloudfront-Is-Mobile-Viewer: false\nCloudfront-Is-Smarttv-Viewer: false\nCloudfront-Is-Tablet-Viewer: false\nCloudfront-Viewer-Asn: 3320\nCloudfront-Viewer-Country: DE\n"+
			"X-Amz-Cf-Id: {this id}")
	expect("a template", edged, "/prod", "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 14_0_1 like Mac OS X)\r\n", edgeAnswer+"DE true")
	expect("a path that is none", edged, "/prod/none", "", edgeRefusal+`{"message":"Missing Authentication Token"}`)
	expect("a stage that is none", edged, "/none", "", edgeRefusal+`{"message":"Forbidden"}`)
	expect("what is too large", edged, "/prod/fn?"+strings.Repeat("a", 11_000), "", edgeRefusal+`{"message":"Request Too Long"}`)
	expect("a regional API", plain, "/prod/fn", forged, "CloudFront-Viewer-Country: XX\nX-Amz-Cf-Id: mine\nX-Forwarded-For: 203.0.113.9, 127.0.0.1\ncookie: b=2; a=1\nvia: 1.1 a\nsourceIp 127.0.0.1")

	for name, kind := range map[string]types.EndpointType{"edged.example.com": "EDGE", "plain.example.com": "REGIONAL"} {
		in := &apigateway.CreateDomainNameInput{DomainName: &name, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{kind}}}
		if in.CertificateArn = aws.String(aCertificate + "0"); kind == "REGIONAL" {
			in.CertificateArn, in.RegionalCertificateArn = nil, in.CertificateArn
		}
		if _, err := s.c.CreateDomainName(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		mapped(t, s.c, name, "plain", "plain", "prod")
		mapped(t, s.c, name, "edged", "edged", "prod")
	}
	expect("a regional API by an edge-optimized name", "edged.example.com", "/plain", "", edgeAnswer+"DE false")
	expect("a base path that is none", "edged.example.com", "/none", "", edgeRefusal+`{"message":"Forbidden"}`)
	expect("an edge-optimized API by a regional name", "plain.example.com", "/edged", "", "")

	if _, err := s.c.UpdateRestApi(t.Context(), &apigateway.UpdateRestApiInput{RestApiId: aws.String("edged"), PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/endpointConfiguration/types/EDGE"), Value: aws.String("REGIONAL")}}}); err != nil {
		t.Fatal(err)
	}
	expect("an API that has become regional", edged, "/prod", "", "")
}

// TestEdgeHeadersOff leaves what clients say under CloudFront's names as it is, where the
// headers are not asked for: there may be a CloudFront in front. SIGHUP turns them on.
func TestEdgeHeadersOff(t *testing.T) {
	t.Parallel()
	s := newEdgeSite(t, "")
	const lines = "CloudFront-Viewer-Country: FR\r\nVia: 1.1 a\r\nX-Amz-Cf-Id: theirs\r\n"
	const want = "CloudFront-Viewer-Country: FR\nVia: 1.1 a\nX-Amz-Cf-Id: theirs\nX-Forwarded-For: 127.0.0.1\nsourceIp 127.0.0.1"
	if got := s.ask(t, "edged.execute-api.localhost", "/prod/fn", lines); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	file := filepath.Join(s.p.cmd.Dir, "gatehouse.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, edgeSettings...), 0o600); err != nil {
		t.Fatal(err)
	}
	s.p.hangUp(t, takenOver)
	if got := s.ask(t, "edged.execute-api.localhost", "/prod", ""); got != edgeAnswer+"DE false" {
		t.Errorf("got %s", got)
	}
}
