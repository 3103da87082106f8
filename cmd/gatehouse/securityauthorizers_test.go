package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// A judgeCase is a request to a method with a Lambda authorizer, and what becomes of it.
// The backend sees nothing of those that do not get 200.
type judgeCase struct {
	name string
	send string // verb, path behind the stage and header lines
	got  string // status

	// answer is what the function answers to this case's token, in place of what it says
	// by itself.
	answer string
	calls  int // of the function; -1 where it does not matter
}

// A judgeGroup is cases of one kind. They run in order: the first ones may leave answers
// that are kept.
type judgeGroup struct {
	name  string
	cases []judgeCase
}

// A judge stands in for the function of the authorizers. The token "all" may call
// everything but …/admin, "one" the method GET /p/one, "methods" what its first call was
// about. A REQUEST authorizer takes the pair of a header and a query parameter.
type judge struct {
	url     string
	calls   atomic.Int32
	answers atomic.Pointer[map[string]string] // by token
}

const judgeARN = "arn:aws:execute-api:us-east-1:000000000000:sec/prod/"

func newJudge(t *testing.T) *judge {
	j := new(judge)
	s := httptest.NewServer(http.HandlerFunc(j.serve))
	t.Cleanup(s.Close)
	j.url = s.URL
	return j
}

func (j *judge) serve(w http.ResponseWriter, r *http.Request) {
	j.calls.Add(1)
	var event struct {
		Type, AuthorizationToken, MethodARN string
		Headers, QueryStringParameters      map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := `{"errorMessage": "Unauthorized", "errorType": "Error"}`
	switch token := event.AuthorizationToken; {
	case event.Type == "REQUEST" && event.Headers["A"] == "12" && event.QueryStringParameters["b"] == "3":
		answer = permit("Allow", "*")
	case event.Type == "REQUEST":
	case token == "all":
		answer = `{"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*"},
			{"Action": "*", "Effect": "Deny", "Resource": "` + judgeARN + `*/admin"}]}}`
	case token == "one":
		answer = permit("Allow", judgeARN+"GET/p/one")
	case token == "methods":
		answer = permit("Allow", event.MethodARN)
	default:
		if own := (*j.answers.Load())[token]; own != "" {
			answer = own
		}
	}
	if status, body, ok := strings.Cut(answer, "|"); ok {
		code, _ := strconv.Atoi(status)
		w.WriteHeader(code)
		answer = body
	}
	_, _ = io.WriteString(w, answer)
}

// permit is an answer of one statement.
func permit(effect, resource string) string {
	return fmt.Sprintf(`{"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": %q, "Resource": %q}]}}`, effect, resource)
}

// judgedAPI has greedy methods that authorizers guard, each under the path of its name.
func judgedAPI(upstream string) string {
	authorizer := func(header string, more fields) fields {
		x := fields{"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:judge/invocations"}
		maps.Copy(x, more)
		return fields{"type": "apiKey", "name": header, "in": "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": x}
	}
	method := func(security string) fields {
		return fields{"x-amazon-apigateway-any-method": fields{
			"security": []fields{{security: []string{}}}, "responses": fields{"200": fields{"description": "ok"}},
			"x-amazon-apigateway-integration": fields{"type": "http_proxy", "httpMethod": "GET", "uri": upstream + "/up/in"},
		}}
	}
	return jsonText(fields{
		"openapi": "3.0.1", "info": fields{"title": "a", "version": "1"},
		"components": fields{"securitySchemes": fields{
			"token":   authorizer("Authorization", nil),
			"checked": authorizer("Authorization", fields{"identityValidationExpression": "[a-z]+"}),
			"pair":    authorizer("Unused", fields{"type": "request", "identitySource": "method.request.header.A, method.request.querystring.b"}),
			"fresh":   authorizer("Authorization", fields{"authorizerResultTtlInSeconds": 0}),
		}},
		"paths": fields{"/p/{proxy+}": method("token"), "/checked": method("checked"), "/pair": method("pair"), "/fresh": method("fresh")},
	})
}

// TestSecurityAuthorizers sends requests that try to get by a Lambda authorizer through
// the program, over a socket.
func TestSecurityAuthorizers(t *testing.T) {
	t.Parallel()
	j, up := newJudge(t), newRecorder(t)
	groups, answers := judgeGroups(), make(map[string]string)
	for _, g := range groups {
		for i := range g.cases {
			if c := &g.cases[i]; c.answer != "" {
				token := fmt.Sprintf("%s-%d", g.name, i)
				answers[token] = c.answer
				c.send += "Authorization: " + token + "\r\n"
			}
		}
	}
	j.answers.Store(&answers)
	_, plain, _ := openDoorsWith(t, "lambda-functions:\n  judge: "+j.url+"\n", map[string]string{"sec": judgedAPI(up.url)})
	for _, g := range groups {
		for _, c := range g.cases {
			t.Run(g.name+"/"+c.name, func(t *testing.T) { c.run(t, j, plain, up) })
		}
	}
}

func (c *judgeCase) run(t *testing.T, j *judge, in *door, up *recorder) {
	up.take()
	before := j.calls.Load()
	nc := in.dial(t)
	verb, rest, _ := strings.Cut(c.send, " ")
	target, lines, _ := strings.Cut(rest, "\n")
	go func() { _, _ = fmt.Fprintf(nc, "%s /prod%s HTTP/1.1\r\n%s%s\r\n", verb, target, securityHost, lines) }()
	resp, err := http.ReadResponse(bufio.NewReader(nc), &http.Request{Method: verb})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if got := fmt.Sprint(resp.StatusCode); got != c.got {
		t.Errorf("got %s %s, want %s", got, body, c.got)
	}
	if n := len(up.take()); (n > 0) != (c.got == "200") {
		t.Errorf("the backend saw %d requests", n)
	}
	if calls := int(j.calls.Load() - before); c.calls >= 0 && calls != c.calls {
		t.Errorf("the function was called %d times, want %d", calls, c.calls)
	}
}

// TestSecurityAuthorizersPage holds the table of authorizers to the cases that
// TestSecurityAuthorizers runs.
func TestSecurityAuthorizersPage(t *testing.T) {
	b := tableOf("what is tried", "case", "sent", "client gets")
	for _, g := range judgeGroups() {
		for _, c := range g.cases {
			sent := c.send
			if c.answer != "" {
				sent = "the function answers " + c.answer
			}
			b.row(g.name, c.name, code(sent), c.got)
		}
	}
	generated(t, "../../docs/security.md", "authorizers", b.String())
}
