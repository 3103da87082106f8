package neighbours

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const formType = "application/x-www-form-urlencoded"

// anyone takes everybody for the root of an account.
func anyone(*http.Request, string) (wire.Identify, error) {
	return func([]byte) (*wire.Caller, error) {
		return &wire.Caller{Account: "111122223333", Principal: "arn:aws:iam::111122223333:root"}, nil
	}, nil
}

// ask sends a request to an STS whose Next tells what it got.
func ask(method, target, kind, body string) (answer *httptest.ResponseRecorder, passed *string) {
	s := &STS{Authenticate: anyone, Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}, Next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		passed = new(string(text))
	})}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	answer = httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer, passed
}

// What is no call of STS goes on with its whole body.
func TestPassedOn(t *testing.T) {
	long := "Action=GetCallerIdentity&Version=2011-06-15&Pad=" + strings.Repeat("x", 2*maxForm)
	for name, tt := range map[string]struct{ method, target, kind, body string }{
		"another action":   {"POST", "/", formType, "Action=ListUsers&Version=2010-05-08"},
		"no form":          {"POST", "/", "application/json", `{"Action":"GetCallerIdentity"}`},
		"another path":     {"POST", "/restapis", formType, "Action=GetCallerIdentity&Version=2011-06-15"},
		"another method":   {"PUT", "/", formType, "Action=GetCallerIdentity&Version=2011-06-15"},
		"longer than any":  {"POST", "/", formType, long},
		"a page":           {"GET", "/", "", ""},
		"a broken escape":  {"POST", "/", formType, "Action=%zz"},
		"an empty request": {"POST", "/", formType, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if answer, passed := ask(tt.method, tt.target, tt.kind, tt.body); passed == nil || *passed != tt.body {
				t.Errorf("answered %s", answer.Body)
			}
		})
	}
}

func TestUserID(t *testing.T) {
	for principal, want := range map[string]string{
		"arn:aws:iam::111122223333:root":                       "111122223333",
		"arn:aws:iam::111122223333:user/division/alice":        "alice",
		"arn:aws:iam::111122223333:role/deploy":                "deploy",
		"arn:aws:sts::111122223333:assumed-role/deploy/ci":     "deploy:ci",
		"arn:aws-cn:sts::111122223333:federated-user/somebody": "111122223333:somebody",
	} {
		if got := credentials.UserID("111122223333", principal); got != want {
			t.Errorf("%s: %s, want %s", principal, got, want)
		}
	}
}

// FuzzSTS answers or passes on whatever comes: what is passed on is whole, what is
// answered is XML that repeats no more than a little of it.
func FuzzSTS(f *testing.F) {
	f.Add("POST", "/", formType+"; charset=utf-8", "Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("GET", "/?Action=GetCallerIdentity&Version=<x>", "", "")
	f.Add("POST", "/", formType, "Action=%00%ff&Action=b;c")
	f.Fuzz(func(t *testing.T, method, target, kind, body string) {
		r, err := http.NewRequest(method, "http://localhost/", nil)
		if err != nil || r.URL.Path == "" || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n") {
			return
		}
		if _, err := http.NewRequest(method, "http://localhost"+target, nil); err != nil || strings.ContainsFunc(target, func(c rune) bool { return c < '!' || c > '~' }) {
			return
		}
		answer, passed := ask(method, target, kind, body)
		switch {
		case passed != nil && *passed != body:
			t.Errorf("passed on %q of %q", *passed, body)
		case passed == nil && (answer.Body.Len() > 16<<10 || !strings.HasPrefix(answer.Body.String(), "<")):
			t.Errorf("answered %.200q, %d bytes", answer.Body, answer.Body.Len())
		}
	})
}
