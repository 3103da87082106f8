package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
)

// A signatureCase is a call that somebody has signed, what an attacker makes of it, and
// what becomes of that. Those that are not let in are refused, and the backend sees
// nothing of them.
type signatureCase struct {
	name   string
	sign   signing
	change func(*signatureWorld, *signedCall) // nil leaves it as it is
	late   bool                               // the body has to come before the call can be refused
	twice  bool                               // it is sent again, and that counts
	tls    bool
	got    string // status and error type; "" is wrongSignature
}

// What clients get.
const (
	letIn          = "200"
	wrongSignature = "403 InvalidSignatureException"
	incomplete     = "403 IncompleteSignatureException"
	unknownSigner  = "403 UnrecognizedClientException"
	missingSigner  = "403 MissingAuthenticationTokenException"
	expiredSigner  = "403 ExpiredTokenException"
	deniedSigner   = "403 AccessDeniedException"
	noRequest      = "400 closed"
	badRequest     = "400 BadRequestException"
)

// A signing is how a call is signed: by default POST /prod/in/x with a body, by alice, now.
type signing struct {
	method, target string
	noBody         bool
	by             string // ALICE, READER, …, or the name of a session
	secret         string // in place of the right one
	service        string
	region         string
	host           string
	ago            time.Duration
	presign        bool
	header         map[string]string
}

// A signedCall is a request as it goes over the wire.
type signedCall struct {
	method, target, host string
	lines                [][2]string
	body                 string
	chunked              bool
}

// line is a header line of the call, which must have it.
func (c *signedCall) line(name string) *string {
	for i := range c.lines {
		if strings.EqualFold(c.lines[i][0], name) {
			return &c.lines[i][1]
		}
	}
	panic("no line " + name)
}

func (c *signedCall) drop(name string) {
	c.lines = slices.DeleteFunc(c.lines, func(l [2]string) bool { return strings.EqualFold(l[0], name) })
}

func (c *signedCall) add(name, value string) { c.lines = append(c.lines, [2]string{name, value}) }

// head is the call without its body.
func (c *signedCall) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", c.method, c.target, c.host)
	for _, l := range c.lines {
		if c.chunked && l[0] == "Content-Length" {
			l = [2]string{"Transfer-Encoding", "chunked"}
		}
		fmt.Fprintf(&b, "%s: %s\r\n", l[0], l[1])
	}
	return b.String() + "\r\n"
}

// A signatureWorld is a server with callers, sessions of them, and some that it never
// gave.
type signatureWorld struct {
	sessions map[string]*credentials.Session
	secrets  map[string]string
}

const signatureKeys = `
- {accessKeyId: ADMIN, secretAccessKey: admin-secret-admin, account: "111122223333"}
- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/alice"}
- {accessKeyId: READER, secretAccessKey: reader-secret-reader, account: "111122223333", principal: "arn:aws:iam::111122223333:user/reader",
   policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:sec/prod/POST/in/*"}, {Effect: Deny, Action: "*", Resource: "*/POST/in/secret"}]}}
- {accessKeyId: ABROAD, secretAccessKey: abroad-secret-abroad, account: "444455556666", principal: "arn:aws:iam::444455556666:user/carol"}
- {accessKeyId: STATIC, secretAccessKey: static-secret-static, sessionToken: "token", account: "111122223333", principal: "arn:aws:sts::111122223333:assumed-role/deploy/ci"}
- {accessKeyId: GONE, secretAccessKey: gone-secret-gone-s, account: "111122223333", disabled: true}
- {role: "arn:aws:iam::111122223333:role/deploy", trust: ["arn:aws:iam::111122223333:user/alice"]}
- {role: "arn:aws:iam::111122223333:role/reader", trust: ["arn:aws:iam::111122223333:user/alice"],
   policy: {Statement: {Effect: Allow, Action: "execute-api:Invoke", Resource: "*/POST/in/x"}}}
`

// newSignatureWorld starts the server and deploys the API sec behind it.
func newSignatureWorld(t *testing.T, upstream string) (w *signatureWorld, plain, secure *door) {
	t.Helper()
	dir := t.TempDir()
	data, keys := filepath.Join(dir, "data"), filepath.Join(dir, "keys.yaml")
	key, foreign := credentials.NewKey(), credentials.NewKey()
	pool := selfSigned(t, dir)
	for _, err := range []error{
		os.Mkdir(data, 0o700), os.WriteFile(keys, []byte(signatureKeys), 0o600), os.WriteFile(filepath.Join(data, sessionKeyFile), key[:], 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p, _, url := launchWith(t, dir, "gateway-tls-listen: 127.0.0.1:0\ncertificates:\n  - {cert: cert.pem, key: key.pem}\ndata-dir: "+data+"\ncredentials: "+keys+"\n")
	deploySigned(t, url, signatureAPI(upstream))
	w = &signatureWorld{map[string]*credentials.Session{}, map[string]string{
		"ALICE": "alice-secret-alice", "READER": "reader-secret-reader", "ABROAD": "abroad-secret-abroad", "STATIC": "static-secret-static", "GONE": "gone-secret-gone-s",
	}}
	w.open(t, key, foreign)
	secureAddress := tlsLine.FindStringSubmatch(p.printed())[1]
	return w, &door{name: "plain", address: strings.TrimPrefix(url, "http://")}, &door{name: "TLS", address: secureAddress, tls: &tls.Config{RootCAs: pool, ServerName: "localhost", NextProtos: []string{"http/1.1"}}}
}

// open gives the world sessions: by the server's key, and by another one.
func (w *signatureWorld) open(t *testing.T, key, foreign credentials.Key) {
	t.Helper()
	file, err := credentials.Parse([]byte(signatureKeys))
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		key    credentials.Key
		role   string
		policy string
		at     time.Time
	}{
		"session":  {key, "deploy", "", time.Now()},
		"second":   {key, "deploy", "", time.Now()},
		"role":     {key, "reader", "", time.Now()},
		"bounded":  {key, "deploy", `{"Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*/POST/in/x"}}`, time.Now()},
		"over":     {key, "deploy", "", time.Now().Add(-61 * time.Minute)},
		"long ago": {key, "deploy", "", time.Now().Add(-24 * 365 * time.Hour)},
		"foreign":  {foreign, "deploy", "", time.Now()},
	} {
		callers := credentials.New(of.key)
		callers.Use(file)
		by, _ := callers.Find("ALICE", "")
		s, err := callers.AssumeRole(by, &credentials.RoleRequest{
			Role: "arn:aws:iam::111122223333:role/" + of.role, SessionName: "ci", Policy: of.policy, Duration: time.Hour,
		}, of.at)
		if err != nil {
			t.Fatal(err)
		}
		w.sessions[name] = s
	}
}

// signatureAPI has a method for signed calls at /in/{x}, and an open one.
func signatureAPI(upstream string) string {
	path := func(security []fields) fields {
		return fields{"x-amazon-apigateway-any-method": fields{
			"security": security, "responses": fields{"200": fields{"description": "ok"}},
			"x-amazon-apigateway-integration": fields{"type": "http_proxy", "httpMethod": "POST", "uri": upstream + "/up/in"},
		}}
	}
	return jsonText(fields{
		"openapi": "3.0.1", "info": fields{"title": "a", "version": "1"},
		"components": fields{"securitySchemes": fields{"sigv4": fields{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}},
		"paths":      fields{"/in/{x+}": path([]fields{{"sigv4": []string{}}}), "/open": path([]fields{})},
	})
}

// deploySigned deploys a definition as the API sec, as a client with credentials does.
func deploySigned(t *testing.T, url, definition string) {
	t.Helper()
	admin := signedClient(url, "us-east-1", "ADMIN", "admin-secret-admin", "")
	_, err := admin.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": "sec"}})
	if err == nil {
		_, err = admin.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: aws.String("sec"), Mode: "overwrite", Body: []byte(definition)})
	}
	if err == nil {
		_, err = admin.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: aws.String("sec"), StageName: aws.String("prod")})
	}
	if err != nil {
		t.Fatal(err)
	}
}

const signatureBody = "{}"

// call is a signed call.
func (w *signatureWorld) call(t *testing.T, s *signing) *signedCall {
	t.Helper()
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	c := &signedCall{method: or(s.method, "POST"), target: or(s.target, "/prod/in/x"), host: or(s.host, "sec.execute-api.localhost")}
	if !s.noBody {
		c.body = signatureBody
	}
	credential := aws.Credentials{AccessKeyID: or(s.by, "ALICE"), SecretAccessKey: w.secrets[or(s.by, "ALICE")]}
	if session := w.sessions[s.by]; session != nil {
		credential = aws.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: session.Token}
	}
	if s.by == "STATIC" {
		credential.SessionToken = "token"
	}
	credential.SecretAccessKey = or(s.secret, or(credential.SecretAccessKey, "nobody-has-this-secret"))
	r, err := http.NewRequest(c.method, "http://"+c.host+c.target, bytes.NewReader([]byte(c.body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256([]byte(c.body))
	hash := or(s.header["X-Amz-Content-Sha256"], hex.EncodeToString(sum[:]))
	service, region, at := or(s.service, "execute-api"), or(s.region, "us-east-1"), time.Now().Add(-s.ago)
	if s.presign {
		url, header, err := v4.NewSigner().PresignHTTP(context.Background(), credential, r, hash, service, region, at)
		if err != nil {
			t.Fatal(err)
		}
		c.target, r.Header = url[len("http://"+c.host):], header
		r.Header.Del("Content-Length")
	} else if err := v4.NewSigner().SignHTTP(context.Background(), credential, r, hash, service, region, at); err != nil {
		t.Fatal(err)
	}
	for name := range r.Header {
		if name != "Host" {
			c.add(name, r.Header.Get(name))
		}
	}
	slices.SortFunc(c.lines, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	if c.body != "" {
		c.add("Content-Length", fmt.Sprint(len(c.body)))
	}
	return c
}

// TestSecuritySignatures sends calls whose signatures are none of theirs, and some good
// ones, through the program. None but the good ones gets in. Of a call that can be
// refused without its body the body is never sent.
func TestSecuritySignatures(t *testing.T) {
	t.Parallel()
	up := newRecorder(t)
	w, plain, secure := newSignatureWorld(t, up.url)
	for _, g := range signatureGroups() {
		for _, c := range g.cases {
			t.Run(g.name+", "+c.name, func(t *testing.T) {
				in := plain
				if c.tls {
					in = secure
				}
				c.run(t, w, in, up)
			})
		}
	}
}

func (c *signatureCase) run(t *testing.T, w *signatureWorld, in *door, up *recorder) {
	up.take()
	call := w.call(t, &c.sign)
	if c.change != nil {
		c.change(w, call)
	}
	want := c.got
	if want == "" {
		want = wrongSignature
	}
	text := call.head()
	switch {
	case want != letIn && !c.late:
	case call.chunked:
		text += fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(call.body), call.body)
	default:
		text += call.body
	}
	if c.twice {
		first := in.dial(t)
		_, _ = io.WriteString(first, text)
		if _, err := http.ReadResponse(bufio.NewReader(first), nil); err != nil {
			t.Fatal(err)
		}
		up.take()
	}
	nc := in.dial(t)
	go func() { _, _ = io.WriteString(nc, text) }()
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	got := strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("x-amzn-ErrorType")))
	if want == noRequest && resp.StatusCode == 400 && resp.Close {
		got = noRequest
	}
	if got != want {
		t.Errorf("got %s %s, want %s\n%s", got, body, want, text)
	}
	if n := len(up.take()); (n > 0) != (want == letIn) {
		t.Errorf("the backend saw %d requests", n)
	}
}
