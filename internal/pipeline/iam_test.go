package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// invalidToken is AWS's answer to keys and tokens that it does not know.
const invalidToken = `{"message":"The security token included in the request is invalid."}`

// TestIAM holds the rows of AWS's documentation: what comes of a call by who has signed
// it and how, and whether its body was read for that.
func TestIAM(t *testing.T) {
	const (
		alice  = "ALICE 111122223333 alice alice arn:aws:iam::111122223333:user/team/alice"
		reader = "READER 111122223333 reader reader arn:aws:iam::111122223333:user/reader"
		denied = `{"Message":"User: arn:aws:iam::111122223333:user/reader is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abc/prod/`
		abroad = `{"Message":"User: arn:aws:iam::444455556666:user/carol is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abc/prod/GET/x"}`
	)
	about := func(effect, principal string) string {
		return `{"Effect": "` + effect + `", ` + principal + `, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}`
	}
	header := func(name, value string) func(*httpmsg.Request) {
		return func(r *httpmsg.Request) {
			r.Header.Del(name)
			if value != "" {
				r.Header.Add(name, value)
			}
		}
	}
	tests := map[string]struct {
		sign   toSign
		file   string // of credentials; "" is signers, "none" none
		policy string // statements of a resource policy
		change func(*httpmsg.Request)
		status int
		kind   string
		body   string // the whole of it, or with "…" at the end its beginning
		unread bool   // a body that came was not read
	}{
		"signed":                     {status: 200, body: alice},
		"signed, with a body":        {sign: toSign{method: "POST", body: "{}"}, status: 200, body: alice},
		"the root":                   {sign: toSign{path: "/"}, status: 200, body: alice},
		"a path with escapes":        {sign: toSign{path: "/a%20b/c%2Fd"}, status: 200, body: alice},
		"a query":                    {sign: toSign{path: "/x?b=2&a=1%2F2&a=%C3%A9"}, status: 200, body: alice},
		"presigned":                  {sign: toSign{path: "/x?X-Amz-Expires=60", presign: true}, status: 200, body: alice},
		"presigned without an end":   {sign: toSign{presign: true}, status: 200, body: alice},
		"a session of the file":      {sign: toSign{id: "STATIC", token: "token+/="}, status: 200, body: "STATIC 111122223333 deploy:ci deploy:ci arn:aws:sts::111122223333:assumed-role/deploy/ci"},
		"the same, presigned":        {sign: toSign{id: "STATIC", token: "token+/=", presign: true}, status: 200, body: "STATIC 111122223333 deploy:ci deploy:ci arn:aws:sts::111122223333:assumed-role/deploy/ci"},
		"what the policy allows":     {sign: toSign{id: "READER"}, status: 200, body: reader},
		"the verb is another":        {sign: toSign{id: "READER", method: "PUT"}, status: 403, kind: "AccessDeniedException", body: denied + `PUT/x"}`},
		"what the policy denies":     {sign: toSign{id: "READER", path: "/secrets"}, status: 403, kind: "AccessDeniedException", body: denied + `GET/secrets with an explicit deny"}`},
		"conditions":                 {sign: toSign{id: "HOME", path: "/home"}, change: func(r *httpmsg.Request) { r.Scheme = "https" }, status: 200, body: "HOME …"},
		"conditions, plain HTTP":     {sign: toSign{id: "HOME", path: "/home"}, status: 403, kind: "AccessDeniedException", body: `{"Message":"User: arn:aws:iam::111122223333:user/home is not …`},
		"conditions, another's path": {sign: toSign{id: "HOME", path: "/x"}, change: func(r *httpmsg.Request) { r.Scheme = "https" }, status: 403, kind: "AccessDeniedException", body: "…"},
		"conditions, elsewhere":      {sign: toSign{id: "HOME", path: "/home"}, change: func(r *httpmsg.Request) { r.Scheme, r.SourceIP = "https", "198.51.100.1" }, status: 403, kind: "AccessDeniedException", body: "…"},

		"another account":                      {sign: toSign{id: "ABROAD"}, status: 403, kind: "AccessDeniedException", body: abroad},
		"another account that the API lets in": {sign: toSign{id: "ABROAD"}, policy: `{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}`, status: 200, body: "ABROAD 444455556666 carol carol arn:aws:iam::444455556666:user/carol"},
		"the API's policy denies":              {policy: `{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:user/team/alice"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}`, status: 403, kind: "AccessDeniedException", body: `{"Message":"User: arn:aws:iam::111122223333:user/team/alice is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abc/prod/GET/x with an explicit deny"}`},
		"the API's policy allows more":         {sign: toSign{id: "READER", method: "PUT"}, policy: about("Allow", `"Principal": {"AWS": "arn:aws:iam::111122223333:user/reader"}`), status: 200, body: reader},
		"it allows everyone more":              {sign: toSign{id: "READER", method: "PUT"}, policy: about("Allow", `"Principal": "*"`), status: 200, body: reader},
		"it leaves more to the account":        {sign: toSign{id: "READER", method: "PUT"}, policy: about("Allow", `"Principal": {"AWS": "111122223333"}`), status: 403, kind: "AccessDeniedException", body: denied + `PUT/x"}`},
		"it leaves it to the account's root":   {sign: toSign{id: "READER", method: "PUT"}, policy: about("Allow", `"Principal": {"AWS": "arn:aws:iam::111122223333:root"}`), status: 403, kind: "AccessDeniedException", body: denied + `PUT/x"}`},
		"what the account hands on":            {sign: toSign{id: "READER"}, policy: about("Allow", `"Principal": {"AWS": "111122223333"}`), status: 200, body: reader},
		"it denies the account":                {sign: toSign{id: "READER"}, policy: about("Deny", `"Principal": {"AWS": "111122223333"}`), status: 403, kind: "AccessDeniedException", body: denied + `GET/x with an explicit deny"}`},
		"it denies all but the account":        {sign: toSign{id: "READER"}, policy: about("Deny", `"NotPrincipal": {"AWS": "111122223333"}`), status: 403, kind: "AccessDeniedException", body: denied + `GET/x with an explicit deny"}`},
		"it denies all but the caller":         {sign: toSign{id: "READER"}, policy: about("Deny", `"NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:user/reader"]}`), status: 200, body: reader},

		"an id of an API, not signed (reported)":   {change: func(r *httpmsg.Request) { r.Header.Add("x-apigw-api-id", "abc") }, status: 200, body: alice},
		"no signature (documented)":                {change: header("Authorization", ""), status: 403, kind: "MissingAuthenticationTokenException", body: `{"message":"Missing Authentication Token"}`, unread: true},
		"no signature, no credentials file":        {change: header("Authorization", ""), file: "none", status: 403, kind: "MissingAuthenticationTokenException", body: `{"message":"Missing Authentication Token"}`, unread: true},
		"signed, no credentials file":              {file: "none", status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a bearer token, no credentials file":      {change: header("Authorization", "Bearer x"), file: "none", status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"an unknown key (documented)":              {sign: toSign{id: "NOBODY", secret: "x"}, status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a disabled key":                           {sign: toSign{id: "GONE"}, status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a disabled key, wrong secret":             {sign: toSign{id: "GONE", secret: "x"}, status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a session without its token":              {sign: toSign{id: "STATIC"}, status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a session with another token":             {sign: toSign{id: "STATIC", token: "x"}, status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a long-term key with a token":             {sign: toSign{token: "x"}, status: 403, kind: "UnrecognizedClientException", body: invalidToken, unread: true},
		"a wrong secret (documented)":              {sign: toSign{secret: "x"}, status: 403, kind: "InvalidSignatureException", body: `{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'GET\n/prod/x\n\nhost:abc.execute-api.us-east-1.amazonaws.com\nx-amz-date:…`},
		"older than five minutes (documented)":     {sign: toSign{at: time.Now().Add(-301 * time.Second)}, status: 403, kind: "InvalidSignatureException", body: `{"message":"Signature expired: …`, unread: true},
		"from the future":                          {sign: toSign{at: time.Now().Add(310 * time.Second)}, status: 403, kind: "InvalidSignatureException", body: `{"message":"Signature not yet current: …`, unread: true},
		"presigned and over":                       {sign: toSign{path: "/x?X-Amz-Expires=60", presign: true, at: time.Now().Add(-time.Hour)}, status: 403, kind: "InvalidSignatureException", body: `{"message":"Signature expired: …`, unread: true},
		"another service":                          {sign: toSign{service: "apigateway"}, status: 403, kind: "InvalidSignatureException", body: `{"message":"Credential should be scoped to correct service: 'execute-api'. "}`, unread: true},
		"another region":                           {sign: toSign{region: "eu-west-1"}, status: 403, kind: "InvalidSignatureException", body: `{"message":"Credential should be scoped to a valid region. "}`, unread: true},
		"an override of the method that is signed": {sign: toSign{id: "READER", header: map[string]string{"X-Http-Method-Override": "PUT"}}, status: 403, kind: "AccessDeniedException", body: denied + `PUT/x"}`},
		"an override of the method that is not":    {change: header("X-HTTP-Method-Override", "DELETE"), status: 403, kind: "InvalidSignatureException", body: `{"message":"'x-http-method-override' must be a 'SignedHeader' in the AWS Authorization."}`, unread: true},
		"a bearer token (reported)":                {change: header("Authorization", "Bearer x"), status: 403, kind: "IncompleteSignatureException", body: `{"message":"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'uTem/WB082UJMN2ajD6lH6UChGpTAddMJSx2iu923No='."}`, unread: true},
		"another body":                             {sign: toSign{method: "POST", body: "{}"}, change: func(r *httpmsg.Request) { r.Unread = &sentBody{text: "[]"} }, status: 403, kind: "InvalidSignatureException", body: `{"message":"The request signature we calculated …`},
		"another body than the hash that it has":   {sign: toSign{method: "POST", body: "{}", header: map[string]string{"X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}, change: func(r *httpmsg.Request) { r.Unread = &sentBody{text: "[]"} }, status: 403, kind: "InvalidSignatureException", body: `{"message":"The request signature we calculated …`},
		"a wrong secret, and the hash is told":     {sign: toSign{method: "POST", body: "{}", secret: "x", header: map[string]string{"X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}, status: 403, kind: "InvalidSignatureException", body: `{"message":"The request signature we calculated …`, unread: true},
		"denied, and the hash is told":             {sign: toSign{id: "READER", method: "POST", body: "{}", header: map[string]string{"X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}, status: 403, kind: "AccessDeniedException", body: denied + `POST/x"}`, unread: true},
		"the hash is told":                         {sign: toSign{method: "POST", body: "{}", header: map[string]string{"X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}, status: 200, body: alice},
		"an unsigned body over HTTPS":              {sign: toSign{method: "POST", body: "{}", header: map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}}, change: func(r *httpmsg.Request) { r.Scheme = "https" }, status: 200, body: alice},
		"an unsigned body over HTTP":               {sign: toSign{method: "POST", body: "{}", header: map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}}, status: 403, kind: "InvalidSignatureException", body: `{"message":"The request signature we calculated …`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := map[string]string{"": signers, "none": ""}[tt.file]
			r := newSignedRig(t, file, func(d *snapshot.Deployment) {
				if tt.policy != "" {
					d.Policy = `{"Version": "2012-10-17", "Statement": [` + tt.policy + `]}`
				}
			})
			if tt.unread && tt.sign.body == "" {
				tt.sign.method, tt.sign.body = "POST", "{}"
			}
			req, unread := tt.sign.signed(t)
			if tt.change != nil {
				tt.change(req)
			}
			status, kind, body := r.serve(req)
			want, beginning := strings.CutSuffix(tt.body, "…")
			if status != tt.status || kind != tt.kind || body != want && !(beginning && strings.HasPrefix(body, want)) {
				t.Errorf("got %d %s %s\nwant %d %s %s", status, kind, body, tt.status, tt.kind, tt.body)
			}
			if tt.unread && !unread() {
				t.Error("the body was read")
			}
		})
	}
}

// By a custom domain name a call is signed for that host and for the path with the base
// path; the method that policies are asked about is the stage's.
func TestIAMOfCustomDomain(t *testing.T) {
	const host = "api.example.com"
	for name, tt := range map[string]struct {
		sign   toSign
		edit   func(*httpmsg.Request) // behind the signature
		status int
	}{
		"as it is sent":                  {toSign{host: host, base: "/orders"}, nil, 200},
		"by who may read alone":          {toSign{host: host, base: "/orders", id: "READER"}, nil, 200},
		"what that one may not":          {toSign{host: host, base: "/orders", id: "READER", path: "/secret"}, nil, 403},
		"with the stage before the path": {toSign{host: host}, func(r *httpmsg.Request) { r.Sent = "/orders" + r.Path }, 403},
		"with another base path":         {toSign{host: host, base: "/open"}, func(r *httpmsg.Request) { r.Sent = "/orders" + r.Path }, 403},
		"for the API's default endpoint": {toSign{}, func(r *httpmsg.Request) { r.Host, r.Sent = host, "/orders"+r.Path }, 403},
		"for another domain name":        {toSign{host: "b.example.com", base: "/orders"}, func(r *httpmsg.Request) { r.Host = host }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			req, _ := tt.sign.signed(t)
			if tt.edit != nil {
				tt.edit(req)
			}
			req.Domain = &httpmsg.CustomDomain{BasePath: "orders", EndpointTypes: []string{"REGIONAL"}}
			resp := newSignedRig(t, signers, nil).stage.Serve(req)
			defer resp.Release()
			if resp.Status != tt.status {
				t.Errorf("got %d %s, want %d", resp.Status, resp.Body, tt.status)
			}
		})
	}
}

// TestIAMSessions: sessions that STS gave call methods as well, until they end.
func TestIAMSessions(t *testing.T) {
	r := newSignedRig(t, signers, nil)
	by, _ := r.callers.Find("ALICE", "")
	give := func(policy string, at time.Time) *credentials.Session {
		s, err := r.callers.AssumeRole(by, &credentials.RoleRequest{
			Role: "arn:aws:iam::111122223333:role/deploy", SessionName: "ci", Policy: policy, Duration: time.Hour,
		}, at)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good, old := give("", time.Now()), give("", time.Now().Add(-2*time.Hour))
	bound := give(`{"Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*/POST/*"}}`, time.Now())
	altered := good.Token[:len(good.Token)-10] + "A" + good.Token[len(good.Token)-9:]
	if altered == good.Token {
		altered = good.Token[:len(good.Token)-10] + "B" + good.Token[len(good.Token)-9:]
	}
	const deploy = "111122223333 deploy:ci deploy:ci arn:aws:sts::111122223333:assumed-role/deploy/ci"
	tests := map[string]struct {
		with   *credentials.Session
		token  string
		sign   toSign
		status int
		kind   string
		body   string
	}{
		"a session":            {with: good, status: 200, body: good.AccessKeyID + " " + deploy},
		"presigned":            {with: good, sign: toSign{presign: true}, status: 200, body: good.AccessKeyID + " " + deploy},
		"over":                 {with: old, status: 403, kind: "ExpiredTokenException", body: `{"message":"The security token included in the request is expired"}`},
		"without its token":    {with: good, token: "none", status: 403, kind: "UnrecognizedClientException", body: invalidToken},
		"another's token":      {with: good, token: old.Token, status: 403, kind: "UnrecognizedClientException", body: invalidToken},
		"an altered token":     {with: good, token: altered, status: 403, kind: "UnrecognizedClientException", body: invalidToken},
		"inside its policy":    {with: bound, sign: toSign{method: "POST", body: "{}"}, status: 200, body: bound.AccessKeyID + " " + deploy},
		"outside of it policy": {with: bound, status: 403, kind: "AccessDeniedException", body: `{"Message":"User: arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abc/prod/GET/x"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.sign.id, tt.sign.secret, tt.sign.token = tt.with.AccessKeyID, tt.with.SecretAccessKey, tt.with.Token
			switch tt.token {
			case "":
			case "none":
				tt.sign.token = ""
			default:
				tt.sign.token = tt.token
			}
			req, _ := tt.sign.signed(t)
			if status, kind, body := r.serve(req); status != tt.status || kind != tt.kind || body != tt.body {
				t.Errorf("got %d %s %s\nwant %d %s %s", status, kind, body, tt.status, tt.kind, tt.body)
			}
		})
	}
}

// TestIAMTraces: traces say which statement of which policy decides about who has
// signed, and nothing of what was not asked.
func TestIAMTraces(t *testing.T) {
	const open = `{"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}`
	tests := map[string]struct {
		sign     toSign
		session  string // policy of a session of the role deploy
		resource string // statements of the API's policy
		want     string // rows, in order
	}{
		"their policy allows": {sign: toSign{id: "READER"}, want: "signer's policy: allowed by Statement[0]\n" +
			"not by Statement[1]: Resource does not name arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/x\naccess allowed (identity Allow)"},
		"it denies": {sign: toSign{id: "READER", path: "/secrets"}, resource: open,
			want: "signer's policy: denied by Statement[1]\nresource policy: allowed by open\naccess denied (identity ExplicitDeny, resource policy Allow)"},
		"it is silent": {sign: toSign{id: "READER", method: "PUT"}, resource: open,
			want: "signer's policy: nothing allows execute-api:Invoke on arn:aws:execute-api:us-east-1:111122223333:abc/prod/PUT/x\n" +
				"not by Statement[0]: Resource does not name arn:aws:execute-api:us-east-1:111122223333:abc/prod/PUT/x\n" +
				"not by Statement[1]: Resource does not name arn:aws:execute-api:us-east-1:111122223333:abc/prod/PUT/x\n" +
				"resource policy: allowed by open\naccess allowed (identity ImplicitDeny, resource policy Allow)"},
		"no policy": {resource: open, want: "resource policy: allowed by open\naccess allowed (identity Allow, resource policy Allow)"},
		"a session's policy": {session: `{"Statement": {"Sid": "posts", "Effect": "Allow", "Action": "*", "Resource": "*/POST/*"}}`, resource: open,
			want: "session's policy: nothing allows execute-api:Invoke on arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/x\n" +
				"not by posts: Resource does not name arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/x\naccess denied (identity ImplicitDeny)"},
		"another account": {sign: toSign{id: "ABROAD"}, want: "access denied (identity Allow, of another account, and no resource policy allows it)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newSignedRig(t, signers, func(d *snapshot.Deployment) {
				if tt.resource != "" {
					d.Policy = `{"Version": "2012-10-17", "Statement": [` + tt.resource + `]}`
				}
			})
			if tt.session != "" {
				by, _ := r.callers.Find("ALICE", "")
				s, err := r.callers.AssumeRole(by, &credentials.RoleRequest{
					Role: "arn:aws:iam::111122223333:role/deploy", SessionName: "ci", Policy: tt.session, Duration: time.Hour,
				}, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				tt.sign.id, tt.sign.secret, tt.sign.token = s.AccessKeyID, s.SecretAccessKey, s.Token
			}
			req, _ := tt.sign.signed(t)
			if got := policyRows(r.traceOf(t, req)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// policyRows are the rows of a trace about policies and what came of them.
func policyRows(tr *trace.Trace) string {
	var rows []string
	for line := range strings.Lines(tr.Text(trace.TextOptions{})) {
		line = strings.TrimSpace(line)
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "policy":
			rows = append(rows, strings.TrimSpace(rest))
		case "access":
			rows = append(rows, kind+" "+strings.TrimSpace(rest))
		case "not":
			rows = append(rows, line)
		}
	}
	return strings.Join(rows, "\n")
}

// TestIAMGatewayResponses: refusals are the gateway responses of AWS's, which an API
// can change.
func TestIAMGatewayResponses(t *testing.T) {
	r := newSignedRig(t, signers, func(d *snapshot.Deployment) {
		d.GatewayResponses = map[string]snapshot.GatewayResponse{}
		for _, kind := range []responseType{accessDenied, invalidSignature, expiredToken, missingAuthenticationToken, default4XX} {
			d.GatewayResponses[string(kind)] = snapshot.GatewayResponse{Templates: map[string]string{"application/json": "$context.error.responseType $context.identity.userArn"}}
		}
	})
	for name, tt := range map[string]struct {
		sign   toSign
		change func(*httpmsg.Request)
		want   string
	}{
		"a wrong secret":  {sign: toSign{secret: "x"}, want: "INVALID_SIGNATURE "},
		"an unknown key":  {sign: toSign{id: "NOBODY", secret: "x"}, want: "ACCESS_DENIED "},
		"a policy":        {sign: toSign{id: "READER", method: "PUT"}, want: "ACCESS_DENIED arn:aws:iam::111122223333:user/reader"},
		"no signature":    {change: func(r *httpmsg.Request) { r.Header.Del("Authorization") }, want: "MISSING_AUTHENTICATION_TOKEN "},
		"no form of it":   {change: func(r *httpmsg.Request) { r.Header.Set("Authorization", "Basic eA==") }, want: "DEFAULT_4XX "},
		"no such route":   {change: func(r *httpmsg.Request) { r.Method = "TRACE" }, want: "MISSING_AUTHENTICATION_TOKEN "},
		"and no form":     {change: func(r *httpmsg.Request) { r.Method = "TRACE"; r.Header.Set("Authorization", "Basic eA==") }, want: "DEFAULT_4XX "},
		"the wrong scope": {sign: toSign{region: "eu-west-1"}, want: "INVALID_SIGNATURE "},
	} {
		t.Run(name, func(t *testing.T) {
			req, _ := tt.sign.signed(t)
			if tt.change != nil {
				tt.change(req)
			}
			if status, _, body := r.serve(req); status != 403 || strings.ReplaceAll(body, "-", "") != tt.want {
				t.Errorf("got %d %q, want %q", status, body, tt.want)
			}
		})
	}
}

// TestUnmatchedAuthorization: a call of no method has its Authorization header read as a
// signature (reported), whatever the other methods ask for.
func TestUnmatchedAuthorization(t *testing.T) {
	r := newRig(t, mock(nil))
	answer := func(kind, message string) string {
		return fmt.Sprintf("403\nx-amzn-ErrorType: %s\nContent-Type: application/json\n\n{\"message\":\"%s\"}", kind, message)
	}
	missing := answer("MissingAuthenticationTokenException", "Missing Authentication Token")
	const lacks = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
	const dated = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	for name, tt := range map[string]struct{ request, want string }{
		"no header":                      {"GET /none", missing},
		"a bearer token":                 {"GET /none\nAuthorization: Bearer x", answer("IncompleteSignatureException", "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'uTem/WB082UJMN2ajD6lH6UChGpTAddMJSx2iu923No='.")},
		"a bare token":                   {"GET /none\nAuthorization: token", answer("IncompleteSignatureException", lacks+dated+"(Hashed with SHA-256 and encoded with Base64) Authorization=PEaenWxYddN6Q/NT1PiOYfz4EsZu7jRXRlpAsNpBU+A=")},
		"a bare token, date":             {"GET /none\nAuthorization: token\nX-Amz-Date: x", answer("IncompleteSignatureException", lacks+"(Hashed with SHA-256 and encoded with Base64) Authorization=PEaenWxYddN6Q/NT1PiOYfz4EsZu7jRXRlpAsNpBU+A=")},
		"a signature":                    {"GET /none\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0\nX-Amz-Date: x", missing},
		"an empty header":                {"GET /none\nAuthorization: ", answer("IncompleteSignatureException", lacks+dated+"(Hashed with SHA-256 and encoded with Base64) Authorization=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")},
		"two headers":                    {"GET /none\nAuthorization: a\nAuthorization: b", answer("IncompleteSignatureException", "Authorization header must be present once.")},
		"a verb of no method, bearer":    {"TRACE /x\nAuthorization: Bearer x", answer("IncompleteSignatureException", "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'uTem/WB082UJMN2ajD6lH6UChGpTAddMJSx2iu923No='.")},
		"a method that asks for nothing": {"GET /x\nAuthorization: Bearer x", "200\nContent-Type: application/json\n\n"},
	} {
		t.Run(name, func(t *testing.T) { r.want(t, tt.request, tt.want) })
	}
}

// BenchmarkIAM is a whole call of a MOCK with a small body that is signed, and without
// a signature.
func BenchmarkIAM(b *testing.B) {
	for name, kind := range map[string]string{"none": "NONE", "signed": "AWS_IAM"} {
		b.Run(name, func(b *testing.B) {
			r := newSignedRig(b, signers, func(d *snapshot.Deployment) {
				for i := range d.Resources {
					d.Resources[i].Methods[0].AuthorizationType = kind
				}
			})
			req, _ := toSign{id: "READER", method: "GET", body: `{"quantity": 3}`}.signed(b)
			text := []byte(`{"quantity": 3}`)
			b.ReportAllocs()
			for b.Loop() {
				req.Unread, req.Body = nil, text
				resp := r.stage.Serve(req)
				if resp.Status != 200 {
					b.Fatal(resp.Status, string(resp.Body))
				}
				resp.Release()
			}
		})
	}
}
