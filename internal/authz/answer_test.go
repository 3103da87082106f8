package authz

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

const (
	testARN    = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/pets"
	testPolicy = `{"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "` + testARN + `"}]}`
)

func TestReadAnswer(t *testing.T) {
	got, err := ReadAnswer([]byte(` {"context": {"a": "b", "n": -1.5e3, "t": true, "f": false, "z": null, "principalId": "other", "\u00e9": "\ud83d\ude00"}, "usageIdentifierKey": "k",
		"policyDocument":  `+testPolicy+` , "principalId": "user"} `), true)
	if err != nil {
		t.Fatal(err)
	}
	want := &Answer{PrincipalID: "user", UsageKey: "k", Document: testPolicy, Context: []mapping.Param{
		{Name: "a", Value: "b"}, {Name: "n", Value: "-1.5e3"}, {Name: "t", Value: "true"}, {Name: "f", Value: "false"}, {Name: "é", Value: "😀"},
	}}
	if d := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".policy" }, cmp.Ignore()), cmp.AllowUnexported(Answer{})); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for resource, want := range map[string]policy.Decision{testARN: policy.Allow, testARN + "/": policy.ImplicitDeny} {
		if d := got.Policy().Evaluate(&policy.Request{Action: InvokeAction, Resource: resource}); d != want {
			t.Errorf("%s: %v", resource, d)
		}
	}
}

// TestAnswerLines has what AWS's execution logs say of answers that cannot be used.
func TestAnswerLines(t *testing.T) {
	tests := map[string]struct{ answer, line string }{
		"null":              {`null`, "Could not parse policy"},
		"no policy":         {`{"principalId": "user"}`, "Could not parse policy"},
		"a policy of none":  {`{"principalId": "user", "policyDocument": {"Statement": 1}}`, "Could not parse policy"},
		"an error":          {`{"errorType": "Runtime.ImportModuleError", "errorMessage": "x"}`, `Invalid JSON in response: Unrecognized field "errorType" , not marked as ignorable`},
		"a list in context": {`{"context": {"a": []}}`, "Invalid JSON in response: Can not deserialize instance of java.lang.String out of START_ARRAY token"},
		"an object there":   {`{"context": {"a": {}}}`, "Invalid JSON in response: Can not deserialize instance of java.lang.String out of START_OBJECT token"},
		"no object":         {`"x"`, `Invalid JSON in response: `},
		"what is no UTF-8":  {"{\"principalId\": \"\xff\"}", "Invalid JSON in response: Invalid UTF-8"},
		"half a pair":       {`{"principalId": "\ud800"}`, "Invalid JSON in response: "},
		"twice":             {`{"principalId": "a", "principalId": "b"}`, "Invalid JSON in response: duplicate field"},
		"twice, escaped":    {`{"principalId": "a", "principal\u0049d": "b"}`, "Invalid JSON in response: duplicate field"},
		"twice in context":  {`{"context": {"a": 1, "a": 2}}`, "Invalid JSON in response: duplicate field"},
		"much context":      {`{"context": {` + members(maxContext+1) + `}}`, "Could not parse policy"},
		"too deep":          {`{"policyDocument": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "Invalid JSON in response: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ReadAnswer([]byte(tt.answer), true)
			bad, ok := err.(*AnswerError)
			if !ok || !strings.HasPrefix(bad.Line, tt.line) || bad.Reason == "" {
				t.Errorf("got %#v, want %q", err, tt.line)
			}
		})
	}
	if _, err := ReadAnswer([]byte(`{"context": {`+members(maxContext)+`}, "policyDocument": `+testPolicy+`}`), false); err != nil {
		t.Error(err)
	}
}

// members are n members of an object.
func members(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"k%d": %d`, i, i)
	}
	return strings.Join(list, ",")
}

// TestPrincipalID has answers without one: TOKEN authorizers need it, those of REQUEST
// do not.
func TestPrincipalID(t *testing.T) {
	for answer, token := range map[string]bool{
		`{"policyDocument": ` + testPolicy + `}`:                        false,
		`{"principalId": null, "policyDocument": ` + testPolicy + `}`:   false,
		`{"principalId": "", "policyDocument": ` + testPolicy + `}`:     true,
		`{"principalId": "user", "policyDocument": ` + testPolicy + `}`: true,
	} {
		if _, err := ReadAnswer([]byte(answer), true); (err == nil) != token {
			t.Errorf("%s: a TOKEN authorizer gets %v", answer, err)
		}
		if _, err := ReadAnswer([]byte(answer), false); err != nil {
			t.Errorf("%s: a REQUEST authorizer gets %v", answer, err)
		}
	}
}

// FuzzReadAnswer: what is an answer is one to encoding/json as well, with the same
// principal, key and context; and no answer lets anybody do what its text does not speak
// of.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte(`{"principalId": "user", "policyDocument": `+testPolicy+`, "context": {"a": "b", "n": 1, "t": true}, "usageIdentifierKey": "k"}`), true)
	f.Add([]byte(`{"policyDocument": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}`), false)
	f.Add([]byte(`{"errorMessage": "Unauthorized"}`), false)
	f.Add([]byte(`null`), false)
	f.Add([]byte(`{"context": {"a": {"b": "c"}}}`), false)
	f.Fuzz(func(t *testing.T, text []byte, token bool) {
		got, err := ReadAnswer(text, token)
		if err != nil {
			if _, ok := err.(*AnswerError); !ok || got != nil {
				t.Fatalf("got %v, %T", got, err)
			}
			return
		}
		var plain struct {
			PrincipalID        any
			UsageIdentifierKey any
			PolicyDocument     json.RawMessage
			Context            map[string]any
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		if err := d.Decode(&plain); err != nil {
			t.Fatalf("encoding/json: %v", err)
		}
		if text := fmt.Sprint(plain.PrincipalID); plain.PrincipalID != nil && text != got.PrincipalID {
			t.Errorf("principalId is %q, to encoding/json %q", got.PrincipalID, text)
		}
		for _, p := range got.Context {
			if text := fmt.Sprint(plain.Context[p.Name]); text != p.Value {
				t.Errorf("context.%s is %q, to encoding/json %q", p.Name, p.Value, text)
			}
		}
		if !json.Valid([]byte(got.Document)) || got.Document[0] != '{' {
			t.Errorf("the policy is %q", got.Document)
		}
		if got.Policy().Evaluate(&policy.Request{Action: InvokeAction, Resource: testARN}) == policy.Allow && !strings.Contains(strings.ToLower(got.Document), "llow") {
			t.Errorf("%q allows", got.Document)
		}
		if got.size() < len(got.Document) {
			t.Errorf("an answer of %d bytes counts for %d", len(text), got.size())
		}
	})
}
