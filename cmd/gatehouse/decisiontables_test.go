package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
)

// Who is asked about a call says one of these, and so does the resource policy. The names
// are those of the APIs, too.
const (
	saysAllow  = "allow"
	saysNone   = "silent"
	saysDeny   = "deny"
	isAbsent   = "absent" // there is no resource policy
	homeOwner  = "000000000000"
	foreigners = "444455556666"
)

// tablePolicy is a resource policy that says it; "" for none.
func tablePolicy(says string) string {
	switch says {
	case saysAllow:
		return policyDocument("Allow execute-api:/*")
	case saysDeny:
		return policyDocument("Deny execute-api:/*")
	case saysNone:
		return policyDocument("Allow execute-api:/other/*")
	}
	return ""
}

// A tableWorld is a gateway with an API for each thing that a resource policy can say.
type tableWorld struct {
	url    string
	issuer *oidctest.Issuer
	called atomic.Int64 // the function of the Lambda authorizer
}

func newTableWorld(t *testing.T) *tableWorld {
	w := &tableWorld{issuer: oidctest.New(t)}
	w.issuer.SetKeys(oidctest.RSA("k1", "RS256"))
	function := httptest.NewServer(http.HandlerFunc(w.authorize))
	t.Cleanup(function.Close)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := "in-memory: true\ncredentials: " + filepath.Join(dir, "keys.yaml") + "\nidentity-pools:\n  " + tokenPool + ": " + w.issuer.URL +
		"\nlambda-functions: {auth: '" + function.URL + "'}\napi:\n"
	for _, says := range []string{saysAllow, saysNone, saysDeny, isAbsent} {
		write(says+".json", tableAPI(says))
		config += "- " + filepath.Join(dir, says+".json") + "\n"
	}
	keys := ""
	for _, account := range []string{homeOwner, foreigners} {
		for says, statements := range map[string]string{
			saysAllow: `[{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]`, saysNone: `[]`,
			saysDeny: `[{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*"}]`,
		} {
			keys += fmt.Sprintf(`- {accessKeyId: %s, secretAccessKey: %s, account: "%s", principal: "arn:aws:iam::%s:user/%s", policy: {"Statement": %s}}`+"\n",
				tableKey(account, says), tableSecret, account, account, says, statements)
		}
	}
	write("keys.yaml", keys)
	_, _, w.url = launchWith(t, dir, config)
	return w
}

const tableSecret = "secret-secret-secret-secret-secret"

func tableKey(account, says string) string { return "AKIA" + strings.ToUpper(says) + account }

// authorize answers as the token wants it to.
func (w *tableWorld) authorize(rw http.ResponseWriter, r *http.Request) {
	w.called.Add(1)
	var event struct{ AuthorizationToken, MethodArn string }
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	effect, resource := "Allow", event.MethodArn
	switch event.AuthorizationToken {
	case saysNone:
		resource += "/other"
	case saysDeny:
		effect = "Deny"
	}
	fmt.Fprintf(rw, `{"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": %q, "Resource": %q}]}}`, effect, resource)
}

// tableAPI has a MOCK for each type of authorization.
func tableAPI(says string) string {
	scheme := func(authtype string, authorizer fields) fields {
		out := fields{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": authtype}
		if authorizer != nil {
			out["x-amazon-apigateway-authorizer"] = authorizer
		}
		return out
	}
	method := func(security string) fields {
		m := fields{"responses": fields{"200": fields{"description": "ok"}}, "x-amazon-apigateway-integration": fields{
			"type": "mock", "requestTemplates": fields{"application/json": `{"statusCode": 200}`}, "responses": fields{"default": fields{"statusCode": "200"}}}}
		if security != "" {
			m["security"] = []fields{{security: []string{}}}
		}
		return fields{"get": m}
	}
	api := fields{
		"openapi": "3.0.1", "info": fields{"title": says, "version": "1"},
		"components": fields{"securitySchemes": fields{
			"sigv4": scheme("awsSigv4", nil),
			"pool":  scheme("cognito_user_pools", fields{"type": "cognito_user_pools", "providerARNs": []string{tokenPool}}),
			"function": scheme("custom", fields{"type": "token", "authorizerResultTtlInSeconds": 0,
				"authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:" + homeOwner + ":function:auth/invocations"}),
		}},
		"paths": fields{"/open": method(""), "/iam": method("sigv4"), "/pool": method("pool"), "/function": method("function")},
	}
	if text := tablePolicy(says); text != "" {
		api["x-amazon-apigateway-policy"] = json.RawMessage(text)
	}
	return jsonText(api)
}

// call calls a method of the API whose resource policy says it. The text is the answer's
// status and message, with the method's ARN as …
func (w *tableWorld) call(t *testing.T, says, path string, sign func(*http.Request)) string {
	t.Helper()
	req, err := http.NewRequest("GET", w.url+"/prod"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = says + ".execute-api.localhost"
	sign(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body struct{ Message string }
	_ = json.NewDecoder(resp.Body).Decode(&body)
	arn := "arn:aws:execute-api:us-east-1:********0000:" + says + "/prod/GET" + path
	return strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", strings.ReplaceAll(body.Message, arn, "…")))
}

// A tableRow is what the identity says, and what becomes of the call under each thing
// that the resource policy says.
type tableRow struct{ identity, allow, silent, deny, absent string }

// TestDecisionTablesOverSockets goes through AWS's tables for each type of authorization,
// cell by cell, with signatures, tokens and a function.
func TestDecisionTablesOverSockets(t *testing.T) {
	t.Parallel()
	w := newTableWorld(t)
	const let, explicit = "200", " with an explicit deny"
	user := func(account, says string) string {
		return "403 User: arn:aws:iam::" + account + ":user/" + says + " is not authorized to perform: execute-api:Invoke on resource: …"
	}
	const anonymous = "403 User: anonymous is not authorized to perform: execute-api:Invoke on resource: …"
	const byFunction = "403 User is not authorized to access this resource"
	const functionDenies = byFunction + " with an explicit deny in an identity-based policy"
	home := func(says string) string { return user(homeOwner, says) }
	abroad := func(says string) string { return user(foreigners, says) }
	signedBy := func(account string) func(string) func(*http.Request) {
		return func(says string) func(*http.Request) {
			return func(r *http.Request) {
				const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
				key := aws.Credentials{AccessKeyID: tableKey(account, says), SecretAccessKey: tableSecret}
				if err := v4.NewSigner().SignHTTP(context.Background(), key, r, empty, "execute-api", "us-east-1", time.Now()); err != nil {
					t.Error(err)
				}
			}
		}
	}
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	tests := map[string]struct {
		path string
		sign func(identity string) func(*http.Request)
		rows []tableRow
	}{
		"nobody is asked": {"/open", func(string) func(*http.Request) { return func(*http.Request) {} }, []tableRow{
			{"", let, anonymous, anonymous + explicit, let},
		}},
		"a function": {"/function", header, []tableRow{
			{saysAllow, let, let, anonymous + explicit, let},
			{saysNone, let, byFunction, anonymous + explicit, byFunction},
			{saysDeny, functionDenies, functionDenies, anonymous + explicit, functionDenies},
		}},
		"a signature of the account": {"/iam", signedBy(homeOwner), []tableRow{
			{saysAllow, let, let, home(saysAllow) + explicit, let},
			{saysNone, let, home(saysNone), home(saysNone) + explicit, home(saysNone)},
			{saysDeny, home(saysDeny) + explicit, home(saysDeny) + explicit, home(saysDeny) + explicit, home(saysDeny) + explicit},
		}},
		"a signature of another account": {"/iam", signedBy(foreigners), []tableRow{
			{saysAllow, let, abroad(saysAllow), abroad(saysAllow) + explicit, abroad(saysAllow)},
			{saysNone, abroad(saysNone), abroad(saysNone), abroad(saysNone) + explicit, abroad(saysNone)},
			{saysDeny, abroad(saysDeny) + explicit, abroad(saysDeny) + explicit, abroad(saysDeny) + explicit, abroad(saysDeny) + explicit},
		}},
		"a token": {"/pool", func(says string) func(*http.Request) {
			if says == saysAllow {
				return header(w.issuer.Token(nil))
			}
			return header("no token")
		}, []tableRow{
			{saysAllow, let, anonymous, anonymous + explicit, let},
			{saysDeny, "401 Unauthorized", "401 Unauthorized", "401 Unauthorized", "401 Unauthorized"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, row := range tt.rows {
				for says, want := range map[string]string{saysAllow: row.allow, saysNone: row.silent, saysDeny: row.deny, isAbsent: row.absent} {
					before := w.called.Load()
					if got := w.call(t, says, tt.path, tt.sign(row.identity)); got != want {
						t.Errorf("identity %s, resource policy %s: got %s, want %s", row.identity, says, got, want)
					}
					asked := tt.path == "/function" && says != saysDeny
					if n := w.called.Load() - before; n != map[bool]int64{true: 1}[asked] {
						t.Errorf("identity %s, resource policy %s: the function was called %d times", row.identity, says, n)
					}
				}
			}
		})
	}
}

// A changed resource policy acts from the next deployment on.
func TestPolicyIsDeployed(t *testing.T) {
	t.Parallel()
	_, plain, _ := openDoors(t, map[string]string{"a": tableAPI(saysAllow)})
	url := "http://" + plain.address
	call := func(want int) {
		t.Helper()
		if got := exchange(t, "GET", url+"/_aws/execute-api/a/prod/open", nil); got.status != want {
			t.Errorf("got %d %s, want %d", got.status, got.body, want)
		}
	}
	change := func(method, path, body string) {
		t.Helper()
		if got := exchange(t, method, url+"/restapis/a"+path, []byte(body)); got.status/100 != 2 {
			t.Fatal(path, got)
		}
	}
	call(200)
	change("PATCH", "", jsonText(fields{"patchOperations": []fields{{"op": "replace", "path": "/policy", "value": tablePolicy(saysDeny)}}}))
	call(200)
	change("POST", "/deployments", `{"stageName": "prod"}`)
	call(403)
	change("PATCH", "", `{"patchOperations": [{"op": "replace", "path": "/policy", "value": ""}]}`)
	call(403)
	change("POST", "/deployments", `{"stageName": "prod"}`)
	call(200)
}
