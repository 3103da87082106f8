package logs

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func TestDescribeLogGroups(t *testing.T) {
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	kept := records.New(st, nil)
	anyone := func(string) func(*http.Request, string) (wire.Identify, error) {
		return func(*http.Request, string) (wire.Identify, error) {
			return func([]byte) (*wire.Caller, error) {
				return &wire.Caller{Account: "111122223333", Region: "us-east-1"}, nil
			}, nil
		}
	}
	s := New(kept).Start(&operation.Host{Authenticate: anyone, Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}, Bodies: httpmsg.NewBudget(1 << 20)})
	ask := func(op, body string) string {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", Target+"."+op)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Body.String()
	}
	err = kept.Write(context.Background(), "111122223333", "us-east-1", func(tx *records.Tx) error {
		for _, name := range []string{"a/one", "a/two", "b"} {
			if err := groups.Put(tx, name, &group{Created: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ op, body, want string }{
		"a page":        {"DescribeLogGroups", `{"logGroupNamePrefix":"a","limit":1}`, `{"logGroups":[{"logGroupName":"a/one","arn":"arn:aws:logs:us-east-1:111122223333:log-group:a/one:*","creationTime":1}],"nextToken":"a/one"}`},
		"the next":      {"DescribeLogGroups", `{"logGroupNamePrefix":"a","limit":1,"nextToken":"a/one"}`, `{"logGroups":[{"logGroupName":"a/two","arn":"arn:aws:logs:us-east-1:111122223333:log-group:a/two:*","creationTime":1}]}`},
		"none":          {"DescribeLogGroups", `{"logGroupNamePrefix":"c"}`, `{"logGroups":[]}`},
		"too much":      {"DescribeLogGroups", `{"limit":51}`, `{"__type":"InvalidParameterException","message":"1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"}`},
		"not supported": {"DescribeLogGroups", `{"includeLinkedAccounts":true}`, `{"__type":"InvalidParameterException","message":"This server does not support the member \"includeLinkedAccounts\" of DescribeLogGroups."}`},
		"a wrong type":  {"DescribeLogGroups", `{"limit":"x"}`, `{"__type":"SerializationException","message":"The member limit can not be a string"}`},
		"no JSON":       {"DescribeLogGroups", `{`, `{"__type":"SerializationException","message":"The request is no JSON"}`},
		"no operation":  {"StartLiveTail", `{}`, `{"__type":"UnknownOperationException","message":"This server answers DescribeLogGroups of CloudWatch Logs alone, and not Logs_20140328.StartLiveTail"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ask(tt.op, tt.body); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if err := kept.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := ask("DescribeLogGroups", ""); got != `{"logGroups":[]}` {
		t.Errorf("after a reset: %s", got)
	}
}
