package pipeline

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// TestAnswersOutliveSettings has a stage that is bound again: its answers stay as long as
// nothing changes that they depend on.
func TestAnswersOutliveSettings(t *testing.T) {
	tests := map[string]struct {
		stage      func(*snapshot.Stage)
		authorizer func(*snapshot.Authorizer)
		calls      int
	}{
		"the same":                   {calls: 1},
		"another deployment":         {stage: func(s *snapshot.Stage) { s.DeploymentID = "d2" }, calls: 1},
		"other settings":             {stage: func(s *snapshot.Stage) { s.ClientCertificateID = "c" }, calls: 1},
		"another variable":           {stage: func(s *snapshot.Stage) { s.Variables = map[string]string{"env": "test", "other": "x"} }, calls: 1},
		"a variable of the URI":      {stage: func(s *snapshot.Stage) { s.Variables = map[string]string{"env": "other"} }, calls: 2},
		"flushed":                    {stage: func(s *snapshot.Stage) { s.AuthorizerAnswers = "b" }, calls: 2},
		"another stage":              {stage: func(s *snapshot.Stage) { s.Name = "dev" }, calls: 2},
		"another API":                {stage: func(s *snapshot.Stage) { s.APIID = "abd" }, calls: 2},
		"another account":            {stage: func(s *snapshot.Stage) { s.Account = "111111111111" }, calls: 2},
		"another region":             {stage: func(s *snapshot.Stage) { s.Region = "eu-west-1" }, calls: 2},
		"another name":               {authorizer: func(a *snapshot.Authorizer) { a.Name = "other" }, calls: 1},
		"another function":           {authorizer: func(a *snapshot.Authorizer) { a.URI = lambdaURI(testFunction + "2") }, calls: 2},
		"another role":               {authorizer: func(a *snapshot.Authorizer) { a.Credentials = "arn:aws:iam::000000000000:role/r" }, calls: 2}, // of STS, which gives no credentials
		"another source":             {authorizer: func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.header.Other" }, calls: 2},
		"the source in another case": {authorizer: func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.header.authorization" }, calls: 2},
		"another expression":         {authorizer: func(a *snapshot.Authorizer) { a.IdentityValidation = ".*" }, calls: 2},
		"another time":               {authorizer: func(a *snapshot.Authorizer) { a.ResultTTLSeconds = 60 }, calls: 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, says("Allow", "arn:aws:execute-api:*"))
			a := tokens(func(a *snapshot.Authorizer) {
				a.URI = lambdaURI("arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.env}")
			})
			r := guarded(t, c, a)
			services := *r.stage.services
			services.Authorizers = authz.NewCache(authz.DefaultCacheBytes)
			settings := *r.stage.settings
			r.stage = Bind(&settings, r.stage.program, &services)
			call := func() { r.call("GET /x\nAuthorization: t\nOther: t").Release() }
			call()
			next, d := settings, *r.deployment
			if tt.stage != nil {
				tt.stage(&next)
			}
			if tt.authorizer != nil {
				tt.authorizer(&a)
			}
			d.Authorizers = map[string]snapshot.Authorizer{"auth01": a}
			r.stage = Bind(&next, Compile(&d), &services)
			call()
			if got := c.count(); got != tt.calls {
				t.Errorf("%d calls, want %d", got, tt.calls)
			}
			call()
			if got := c.count(); got > tt.calls && name != "another role" {
				t.Errorf("%d calls after the third, want %d", got, tt.calls)
			}
		})
	}
}

// TestAnswerForOtherMethods has a policy that names one method: out of the cache it opens
// no other.
func TestAnswerForOtherMethods(t *testing.T) {
	other := mock(nil)
	other.Path = "/x/{id}"
	c := answering(t, says("Allow", testAPI+"GET/x"))
	r := guarded(t, c, tokens(nil), mock(nil), other)
	for _, tt := range []struct{ request, want string }{
		{"GET /x", mockOK}, {"POST /x", silentText}, {"GET /x/1", silentText}, {"GET /x/", silentText}, {"GET //x", mockOK}, {"GET /%78", silentText}, {"HEAD /x", silentText},
		{"GET /x?a=b", mockOK}, {"GET /x", mockOK}, {"GET /x\nX-HTTP-Method-Override: POST", silentText}, {"POST /x\nX-HTTP-Method-Override: get", mockOK},
	} {
		r.want(t, tt.request+"\nAuthorization: t", tt.want)
	}
	if got := c.count(); got != 1 {
		t.Errorf("%d calls", got)
	}
}

// TestDenySpellings has a policy that denies one path: no other spelling of it gets in.
func TestDenySpellings(t *testing.T) {
	all := mock(nil)
	all.Path = "/{proxy+}"
	c := answering(t, `{"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": [
		{"Action": "*", "Effect": "Allow", "Resource": "*"}, {"Action": "*", "Effect": "Deny", "Resource": "`+testAPI+`*/admin"}]}}`)
	r := guarded(t, c, tokens(nil), all)
	for _, path := range []string{"/admin", "/admin/", "//admin", "///admin/", "/%61dmin", "/%61%64%6d%69%6E", "/admi%6e/", "/admin%2F", "/%2Fadmin"} {
		r.want(t, "GET "+path+"\nAuthorization: t", deniedText)
	}
	for _, path := range []string{"/admins", "/Admin", "/admin/x", "/a/admin2"} {
		r.want(t, "GET "+path+"\nAuthorization: t", mockOK)
	}
}

// TestOneCallForMany has many calls at once with one token: the function is called once.
func TestOneCallForMany(t *testing.T) {
	const clients = 100
	came := make(chan struct{})
	c := newCloud(t, func(w http.ResponseWriter, _ seen) {
		<-came
		_, _ = w.Write([]byte(says("Allow", "*")))
	})
	r := guarded(t, c, tokens(nil))
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if i == clients-1 {
				close(came)
			}
			resp := r.call("GET /x\nAuthorization: t")
			defer resp.Release()
			if resp.Status != 200 {
				t.Errorf("got %s", show(resp))
			}
		})
	}
	all.Wait()
	if got := c.count(); got != 1 {
		t.Errorf("%d calls", got)
	}
}

// TestFailuresForMany has many calls at once with one token, and a function that fails: it
// never runs twice at the same moment, and each call has the answer that the function made.
func TestFailuresForMany(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"a 401":          {`{"errorMessage": "Unauthorized"}`, notLetIn},
		"a wrong policy": {`{"principalId": "user"}`, badConfig},
	} {
		t.Run(name, func(t *testing.T) {
			var busy atomic.Int32
			c := newCloud(t, func(w http.ResponseWriter, _ seen) {
				if busy.Add(1) > 1 {
					t.Error("the function runs twice")
				}
				defer busy.Add(-1)
				_, _ = w.Write([]byte(tt.text))
			})
			r := guarded(t, c, tokens(nil))
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() { r.want(t, "GET /x\nAuthorization: t", tt.want) })
			}
			all.Wait()
		})
	}
}

// benchmarkAuthorized measures a call of a MOCK method whose caller an authorizer has
// judged before.
func benchmarkAuthorized(b *testing.B, a snapshot.Authorizer, guard bool) {
	r := guarded(b, answering(b, told), a)
	if !guard {
		r = newRig(b, mock(nil))
	}
	req := parseRequest("GET /x?t=1\nAccept: application/json\nUser-Agent: bench\nAuthorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
	r.stage.Serve(req).Release()
	b.ReportAllocs()
	for b.Loop() {
		resp := r.stage.Serve(req)
		if resp.Status != 200 {
			b.Fatal(show(resp))
		}
		resp.Release()
	}
}

func BenchmarkAuthorized(b *testing.B) {
	b.Run("nobody", func(b *testing.B) { benchmarkAuthorized(b, tokens(nil), false) })
	b.Run("token", func(b *testing.B) { benchmarkAuthorized(b, tokens(nil), true) })
	b.Run("request", func(b *testing.B) {
		benchmarkAuthorized(b, requests(func(a *snapshot.Authorizer) {
			a.IdentitySource, a.ResultTTLSeconds = "method.request.header.Authorization,method.request.querystring.t,context.identity.sourceIp", 300
		}), true)
	})
}

// TestKeptAnswerAllocatesNothing guards the hot path.
func TestKeptAnswerAllocatesNothing(t *testing.T) {
	allocations := func(r *rig) float64 {
		req := parseRequest("GET /x\nAuthorization: Bearer token")
		r.stage.Serve(req).Release()
		return leastAllocations(func() { r.stage.Serve(req).Release() })
	}
	open, kept := allocations(newRig(t, mock(nil))), allocations(guarded(t, answering(t, told), tokens(nil)))
	if kept > open {
		t.Errorf("%v allocations, %v without an authorizer", kept, open)
	}
}
