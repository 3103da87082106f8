package sts

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// anyone takes everybody for the root of an account.
func anyone(string) func(*http.Request, string) (wire.Identify, error) {
	return func(*http.Request, string) (wire.Identify, error) {
		return func([]byte) (*wire.Caller, error) {
			return &wire.Caller{Account: "111122223333", Principal: "arn:aws:iam::111122223333:root"}, nil
		}, nil
	}
}

func ask(body string) *httptest.ResponseRecorder { return post(strings.NewReader(body)) }

func post(body io.Reader) *httptest.ResponseRecorder {
	s := New(nil).Start(&operation.Host{Authenticate: anyone, Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}, Bodies: httpmsg.NewBudget(1 << 20)})
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// What is asked wrongly is told so in AWS's words.
func TestWrong(t *testing.T) {
	const role = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:role/a&RoleSessionName=abc"
	for name, tt := range map[string]struct{ body, want string }{
		"no role":         {"Action=AssumeRole&Version=2011-06-15&RoleSessionName=abc", "<Message>1 validation error detected: Value null at &#39;roleArn&#39; failed to satisfy constraint: Member must not be null</Message>"},
		"two things":      {"Action=AssumeRole&Version=2011-06-15&RoleSessionName=a", "<Message>2 validation errors detected: Value null at &#39;roleArn&#39; failed to satisfy constraint: Member must not be null; Value &#39;a&#39; at &#39;roleSessionName&#39; failed to satisfy constraint: Member must have length greater than or equal to 2</Message>"},
		"a short time":    {role + "&DurationSeconds=1", "Value &#39;1&#39; at &#39;durationSeconds&#39; failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"no number":       {role + "&DurationSeconds=x", "Value &#39;x&#39; at &#39;durationSeconds&#39; failed to satisfy constraint: Member must be an integer"},
		"not supported":   {role + "&SerialNumber=1", "This server does not support the parameter SerialNumber of AssumeRole."},
		"a list":          {role + "&Tags.member.1.Key=1", "This server does not support the parameter Tags.member.1.Key of AssumeRole."},
		"another action":  {"Action=GetAccessKeyInfo&Version=2011-06-15", "<Code>InvalidAction</Code>\n    <Message>Could not find operation GetAccessKeyInfo for version 2011-06-15: this server answers AssumeRole, GetCallerIdentity, GetSessionToken of STS alone</Message>"},
		"another version": {"Action=GetCallerIdentity&Version=2011-06-16", "Could not find operation GetCallerIdentity for version 2011-06-16"},
		"too much":        {role + strings.Repeat("&", maxForm), "RequestEntityTooLargeException"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ask(tt.body).Body.String(); !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	const want = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::111122223333:root</Arn>
    <UserId>111122223333</UserId>
    <Account>111122223333</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>`
	if got := ask("Action=GetCallerIdentity&Version=2011-06-15").Body.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}

// A body that cannot be read is its sender's doing.
func TestMalformedBody(t *testing.T) {
	for err, want := range map[error]string{io.ErrUnexpectedEOF: "The request body ended early.", errors.New("malformed chunk"): "The request body is malformed."} {
		if w := post(iotest.ErrReader(err)); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
}

// FuzzSTS answers whatever comes with XML that repeats no more than a little of it.
func FuzzSTS(f *testing.F) {
	f.Add("Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=a&Tags=&" + strings.Repeat("a.", 50) + "=1")
	f.Add("Action=%00%ff&Action=b;c")
	f.Fuzz(func(t *testing.T, body string) {
		if got := ask(body).Body.String(); len(got) > 16<<10 || !strings.HasPrefix(got, "<") {
			t.Errorf("answered %.200q, %d bytes", got, len(got))
		}
	})
}
