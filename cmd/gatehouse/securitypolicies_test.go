package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// policyAPI is an API with a resource policy.
func policyAPI(upstream, short string) string {
	method := func(uri string) fields {
		return fields{"responses": fields{"200": fields{"description": "ok"}}, "x-amazon-apigateway-integration": fields{"type": "http_proxy", "httpMethod": "GET", "uri": upstream + uri}}
	}
	both := fields{"get": method("/up/in"), "post": method("/up/in")}
	return jsonText(fields{
		"openapi": "3.0.1", "info": fields{"title": "a", "version": "1"},
		"x-amazon-apigateway-policy": policyDocument(short),
		"paths": fields{
			"/admin": both, "/pets": both,
			"/":        fields{"x-amazon-apigateway-any-method": method("/up/in")},
			"/{rest+}": fields{"x-amazon-apigateway-any-method": method("/up/in")},
		},
	})
}

// openPolicyDoors starts a gateway with all APIs.
func openPolicyDoors(t *testing.T, upstream, config string) *door {
	t.Helper()
	apis := make(map[string]string)
	for id, short := range policyAPIs {
		apis[id] = policyAPI(upstream, short)
	}
	_, plain, _ := openDoorsWith(t, config+"vpc-endpoints:\n  vpce-1: vpc-1 10.1.0.0/16\n  vpce-2: vpc-2 10.2.0.0/16 10.3.0.0/16\n", apis)
	for id := range policyAPIs {
		if !strings.HasPrefix(id, "private") {
			continue
		}
		url := "http://" + plain.address + "/restapis/" + id
		for _, step := range [][3]string{
			{"PATCH", url, `{"patchOperations": [{"op": "replace", "path": "/endpointConfiguration/types/0", "value": "PRIVATE"}]}`},
			{"POST", url + "/deployments", `{"stageName": "prod"}`},
		} {
			if got := exchange(t, step[0], step[1], []byte(step[2])); got.status/100 != 2 {
				t.Fatal(step, got)
			}
		}
	}
	return plain
}

// TestSecurityPolicies sends what resource policies and private APIs are to keep out, and
// what they are to let in. The backend sees what is let in, and nothing else.
func TestSecurityPolicies(t *testing.T) {
	t.Parallel()
	up := newRecorder(t)
	behind := openPolicyDoors(t, up.url, "trusted-proxies: [127.0.0.0/8]\n")
	direct := openPolicyDoors(t, up.url, "")
	for _, g := range policyGroups() {
		for _, c := range g.cases {
			t.Run(g.name+": "+c.name+" "+c.call+" "+c.lines, func(t *testing.T) {
				in := behind
				if c.direct {
					in = direct
				}
				c.run(t, in, up)
			})
		}
	}
}

func (c *policyCase) run(t *testing.T, in *door, up *recorder) {
	verb, path, _ := strings.Cut(c.call, " ")
	host, lines := "Host: "+c.api+".execute-api.localhost\r\n", ""
	for line := range strings.SplitSeq(c.lines, "\n") {
		switch {
		case strings.HasPrefix(line, "Host: "):
			host = line + "\r\n"
		case line != "":
			lines += line + "\r\n"
		}
	}
	nc := in.dial(t)
	defer func() { _ = nc.Close() }()
	if _, err := fmt.Fprintf(nc, "%s /prod%s HTTP/1.1\r\n%s%sConnection: close\r\n\r\n", verb, path, host, lines); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(nc), &http.Request{Method: verb})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	want := c.got
	if want == "" {
		want = "403"
	}
	if got := fmt.Sprint(resp.StatusCode); got != want {
		t.Errorf("got %s %s, want %s", got, body, want)
	}
	if seen := up.take(); len(seen) != map[bool]int{true: 1}[want == "200"] {
		t.Errorf("the backend sees %q", seen)
	}
}

// TestSecurityPoliciesPage holds the table of docs/security.md to the cases that
// TestSecurityPolicies runs.
func TestSecurityPoliciesPage(t *testing.T) {
	b := tableOf("API", "policy, in short")
	for _, id := range slices.Sorted(maps.Keys(policyAPIs)) {
		b.row(id, code(policyAPIs[id]))
	}
	b.WriteString("\n")
	b.WriteString(tableOf("what is tried", "API", "call", "header lines", "client gets").String())
	for _, g := range policyGroups() {
		for _, c := range g.cases {
			got, lines := c.got, strings.ReplaceAll(c.lines, "\n", "\r\n")
			if got == "" {
				got = "403"
			}
			if c.direct {
				lines = strings.TrimSuffix(lines+" (no proxy is trusted)", "")
			}
			b.row(g.name, c.api, code(c.call), code(lines), got)
		}
	}
	generated(t, "../../docs/security.md", "policies", b.String())
}
