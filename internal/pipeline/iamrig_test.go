package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const (
	signedHost    = "abc.execute-api.us-east-1.amazonaws.com"
	signedAccount = "111122223333"
)

// signers is a credentials file: who may call which methods of the API abc.
const signers = `
- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/team/alice"}
- {accessKeyId: READER, secretAccessKey: reader-secret-reader, account: "111122223333", principal: "arn:aws:iam::111122223333:user/reader",
   policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/*"}, {Effect: Deny, Action: "*", Resource: "*/secret*"}]}}
- {accessKeyId: HOME, secretAccessKey: home-secret-home-s, account: "111122223333", principal: "arn:aws:iam::111122223333:user/home",
   policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:*:*:abc/prod/*/${aws:username}", Condition: {IpAddress: {aws:SourceIp: 192.0.2.0/24}, Bool: {aws:SecureTransport: "true"}}}]}}
- {accessKeyId: ABROAD, secretAccessKey: abroad-secret-abroad, account: "444455556666", principal: "arn:aws:iam::444455556666:user/carol"}
- {accessKeyId: STATIC, secretAccessKey: static-secret-static, sessionToken: "token+/=", account: "111122223333", principal: "arn:aws:sts::111122223333:assumed-role/deploy/ci"}
- {accessKeyId: GONE, secretAccessKey: gone-secret-gone-s, account: "111122223333", disabled: true}
- {role: "arn:aws:iam::111122223333:role/deploy", trust: ["arn:aws:iam::111122223333:user/team/alice"]}
`

// A signedRig is an API whose methods want a signature, under the stage prod.
type signedRig struct {
	*rig
	callers *credentials.Callers
}

// newSignedRig has MOCKs at /, /x and below, which answer who calls.
func newSignedRig(t testing.TB, file string, edit func(*snapshot.Deployment)) *signedRig {
	t.Helper()
	who := func(m *snapshot.Method) {
		m.AuthorizationType = "AWS_IAM"
		m.Integration.Responses = []snapshot.IntegrationResponse{{StatusCode: "200", Templates: map[string]string{
			"application/json": "$context.identity.accessKey $context.identity.accountId $context.identity.caller $context.identity.user $context.identity.userArn"}}}
	}
	root, below := mock(who), mock(who)
	root.Path, below.Path = "/", "/{rest+}"
	d := &snapshot.Deployment{ID: "d1", APIID: "abc", Account: signedAccount, Region: "us-east-1", Resources: []snapshot.Resource{root, mock(who), below}}
	if edit != nil {
		edit(d)
	}
	settings := &snapshot.Stage{APIID: d.APIID, Name: "prod", Account: d.Account, Region: d.Region, DeploymentID: d.ID}
	callers := credentials.New(credentials.NewKey())
	if file != "" {
		keys, err := credentials.Parse([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		callers.Use(keys)
	}
	return &signedRig{&rig{d, Bind(settings, Compile(d), &Services{IAM: authz.NewIAM(callers)})}, callers}
}

// A toSign is a request and how it is signed.
type toSign struct {
	method, path, body string // path within the stage
	id, secret, token  string
	service, region    string
	at                 time.Time
	presign            bool
	header             map[string]string // that is signed as well
	host, base         string            // signedHost and /prod, where they are not given
}

// secretOf is the secret of a key of the file signers.
func secretOf(id string) string {
	name := strings.ToLower(id)
	return (name + "-secret-" + name + "-secret")[:len(name+"-secret-"+name)+map[string]int{"HOME": 2, "GONE": 2}[id]]
}

// signed is a request that AWS's signer has signed, as it comes to the stage. Its body
// is still to be read; unread tells whether it was not.
func (s toSign) signed(t testing.TB) (req *httpmsg.Request, unread func() bool) {
	t.Helper()
	set := func(at *string, value string) {
		if *at == "" {
			*at = value
		}
	}
	set(&s.method, "GET")
	set(&s.path, "/x")
	set(&s.id, "ALICE")
	set(&s.secret, secretOf(s.id))
	set(&s.service, "execute-api")
	set(&s.region, "us-east-1")
	set(&s.host, signedHost)
	set(&s.base, "/prod")
	if s.at.IsZero() {
		s.at = time.Now()
	}
	hr, err := http.NewRequest(s.method, "https://"+s.host+s.base+s.path, bytes.NewReader([]byte(s.body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range s.header {
		hr.Header.Set(name, value)
	}
	sum := sha256.Sum256([]byte(s.body))
	hash := hex.EncodeToString(sum[:])
	if told := s.header["X-Amz-Content-Sha256"]; told != "" {
		hash = told
	}
	credential := aws.Credentials{AccessKeyID: s.id, SecretAccessKey: s.secret, SessionToken: s.token}
	if s.presign {
		target, header, err := v4.NewSigner().PresignHTTP(context.Background(), credential, hr, hash, s.service, s.region, s.at)
		if err != nil {
			t.Fatal(err)
		}
		hr.URL, _ = hr.URL.Parse(target)
		hr.Header = header
	} else if err := v4.NewSigner().SignHTTP(context.Background(), credential, hr, hash, s.service, s.region, s.at); err != nil {
		t.Fatal(err)
	}
	req = &httpmsg.Request{
		Method: s.method, Path: strings.TrimPrefix(hr.URL.EscapedPath(), s.base), Sent: hr.URL.EscapedPath(), Query: hr.URL.RawQuery,
		Host: s.host, Scheme: "http", Proto: "HTTP/1.1", SourceIP: "192.0.2.1", Received: time.Now(),
	}
	for name, values := range hr.Header {
		for _, v := range values {
			if name != "Host" {
				req.Header.Add(name, v)
			}
		}
	}
	if s.body != "" && !s.presign {
		req.Header.Add("Content-Length", strconv.Itoa(len(s.body))) // signed, too
	}
	slices.SortFunc(req.Header, func(a, b httpmsg.Field) int { return strings.Compare(a.Name, b.Name) })
	body := &sentBody{text: s.body}
	if s.body != "" {
		req.Unread = body
	}
	return req, func() bool { return !body.read }
}

// A sentBody is a body that has not been read yet.
type sentBody struct {
	text string
	read bool
}

func (b *sentBody) ReadBody() ([]byte, error) {
	b.read = true
	return []byte(b.text), nil
}

// serve answers a request: status, error type and body.
func (r *signedRig) serve(req *httpmsg.Request) (status int, kind, body string) {
	resp := r.stage.Serve(req)
	defer resp.Release()
	return resp.Status, resp.Header.Get("x-amzn-ErrorType"), string(resp.Body)
}
