package neighbours

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const formType = "application/x-www-form-urlencoded"

// ask sends a request to a front, and tells who got it, and what of the body.
func ask(r *http.Request) (to, body string) {
	got := func(name string) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			to, body = name, string(text)
		})
	}
	f := &Front{
		Services: []Service{
			{Name: "sts", Handler: got("sts"), Version: "2011-06-15"}, {Name: "logs", Handler: got("logs"), Target: "Logs_20140328"},
			{Name: "lambda", Handler: got("lambda"), Paths: []string{"/2015-03-31/functions"}},
		},
		Others: func(w http.ResponseWriter, r *http.Request, service string) { got("no "+service).ServeHTTP(w, r) },
		Next:   got("next"),
	}
	f.ServeHTTP(httptest.NewRecorder(), r)
	return to, body
}

// Each request goes to the service that it is for, with its whole body.
func TestFront(t *testing.T) {
	const identity = "Action=GetCallerIdentity&Version=2011-06-15"
	signed := func(service string) string {
		return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("0", 64)
	}
	for name, tt := range map[string]struct {
		method, target string
		header         map[string]string
		body           string
		to             string
	}{
		"unsigned, a form":        {"POST", "/", map[string]string{"Content-Type": formType + "; charset=utf-8"}, identity, "sts"},
		"unsigned, a query":       {"GET", "/?" + identity, nil, "", "sts"},
		"another version":         {"POST", "/", map[string]string{"Content-Type": formType}, "Action=ListUsers&Version=2010-05-08", "next"},
		"no version":              {"POST", "/", map[string]string{"Content-Type": formType}, "Action=ListUsers", "next"},
		"longer than any":         {"POST", "/", map[string]string{"Content-Type": formType}, identity + "&Pad=" + strings.Repeat("x", 2*maxForm), "next"},
		"a broken escape":         {"POST", "/", map[string]string{"Content-Type": formType}, "Action=%zz", "next"},
		"no form":                 {"POST", "/", map[string]string{"Content-Type": "application/json"}, `{"Action":"GetCallerIdentity"}`, "next"},
		"another path":            {"POST", "/restapis", map[string]string{"Content-Type": formType}, identity, "next"},
		"another method":          {"PUT", "/", map[string]string{"Content-Type": formType}, identity, "next"},
		"a page":                  {"GET", "/", nil, "", "next"},
		"unsigned JSON":           {"POST", "/", map[string]string{"X-Amz-Target": "Logs_20140328.DescribeLogGroups"}, "{}", "logs"},
		"JSON of others":          {"POST", "/", map[string]string{"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "{}", "no DynamoDB_20120810"},
		"a path":                  {"GET", "/2015-03-31/functions/", nil, "", "lambda"},
		"signed":                  {"POST", "/", map[string]string{"Authorization": signed("sts")}, identity, "sts"},
		"signed for others":       {"POST", "/2015-03-31/functions", map[string]string{"Authorization": signed("sqs")}, "{}", "no sqs"},
		"signed for API Gateway":  {"POST", "/", map[string]string{"Authorization": signed("apigateway"), "X-Amz-Target": "Logs_20140328.X"}, "{}", "next"},
		"signed for a stage":      {"POST", "/", map[string]string{"Authorization": signed("execute-api"), "Content-Type": formType}, identity, "next"},
		"signed within the query": {"GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Flogs%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + strings.Repeat("0", 64), nil, "", "logs"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			if to, body := ask(r); to != tt.to || body != tt.body {
				t.Errorf("went to %s with %.100q, want %s", to, body, tt.to)
			}
		})
	}
}

// FuzzFront hands on whatever comes, whole.
func FuzzFront(f *testing.F) {
	f.Add("POST", "/", formType+"; charset=utf-8", "", "Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("GET", "/?Action=GetCallerIdentity&Version=<x>", "", "", "")
	f.Add("POST", "/", formType, "Logs.x", "Action=%00%ff&Action=b;c")
	f.Fuzz(func(t *testing.T, method, target, kind, header, body string) {
		r, err := http.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("X-Amz-Target", header)
		if to, got := ask(r); got != body || to == "" {
			t.Errorf("handed %.100q of %.100q to %q", got, body, to)
		}
	})
}
