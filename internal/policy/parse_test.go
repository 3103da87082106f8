package policy

import (
	"errors"
	"strings"
	"testing"
)

// TestParseErrors: each error names the element and the problem.
func TestParseErrors(t *testing.T) {
	statement := func(s string) string { return `{"Version": "2012-10-17", "Statement": [` + s + `]}` }
	tests := map[string]struct {
		text    string
		kind    Kind
		element string
		problem string // part of it
	}{
		"nothing":               {text: ``, problem: "unexpected end"},
		"cut off":               {text: `{"Version": "2012-10-17"`, problem: "unexpected end"},
		"not JSON":              {text: `{Version}`, problem: "cannot be read at byte"},
		"list":                  {text: `[]`, problem: "not a JSON object"},
		"two documents":         {text: `{"Statement": []} {}`, problem: "invalid character '{' after top-level value"},
		"half a pair":           {text: `{"Id": "\ud83d", "Statement": []}`, problem: "half a surrogate pair"},
		"not UTF-8":             {text: "{\"Id\": \"\xff\", \"Statement\": []}", problem: "UTF-8"},
		"too deep":              {text: `{"Statement": ` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, element: "Statement" + strings.Repeat("[0]", 10), problem: "nested too deeply"},
		"too long":              {text: `{"Id": "` + strings.Repeat("a", 20480) + `"}`, problem: "longer than 20480 characters"},
		"no statement":          {text: `{"Version": "2012-10-17"}`, element: "Statement", problem: "is missing"},
		"statement is text":     {text: `{"Statement": "x"}`, element: "Statement", problem: "must be an object or a list"},
		"statement in the list": {text: statement(`1`), element: "Statement[0]", problem: "must be an object"},
		"version":               {text: `{"Version": "2020-01-01", "Statement": []}`, element: "Version", problem: "must be 2012-10-17 or 2008-10-17"},
		"id":                    {text: `{"Id": 1, "Statement": []}`, element: "Id", problem: "must be a string"},
		"lower-case element":    {text: `{"statement": []}`, element: "statement", problem: "no element of a policy"},
		"member twice":          {text: `{"Statement": [], "Statement": []}`, element: "Statement", problem: "is there twice"},
		"effect twice":          {text: statement(`{"Effect": "Deny", "Effect": "Allow"}`), element: "Statement[0].Effect", problem: "is there twice"},
		"no effect":             {text: statement(`{"Action": "*", "Resource": "*"}`), element: "Statement[0].Effect", problem: "is missing"},
		"bad effect":            {text: one("allow", ""), element: "Statement.Effect", problem: "must be Allow or Deny"},
		"unknown element":       {text: one("Allow", `"Actions": "*", "Action": "*"`), element: "Statement.Actions", problem: "no element of a statement"},
		"no action":             {text: statement(`{"Effect": "Allow", "Resource": "*"}`), element: "Statement[0].Action", problem: "is missing"},
		"no resource":           {text: statement(`{"Effect": "Allow", "Action": "*"}`), element: "Statement[0].Resource", problem: "is missing"},
		"both actions":          {text: one("Allow", `"Action": "*", "NotAction": "*"`), element: "Statement", problem: "has both Action and NotAction"},
		"empty list of actions": {text: one("Allow", `"Action": []`), element: "Statement.Action", problem: "must be one or a list of strings"},
		"action is a number":    {text: one("Allow", `"Action": 1`), element: "Statement.Action", problem: "must be one or a list of strings"},
		"action without vendor": {text: one("Allow", `"Action": "Invoke"`), element: "Statement.Action", problem: `"Invoke" is neither * nor service:action`},
		"sid":                   {text: one("Allow", `"Sid": 1`), element: "Statement.Sid", problem: "must be a string"},
		"resource is no ARN":    {text: one("Allow", `"Resource": "a1b2c3/prod"`), element: "Statement.Resource", problem: "neither an ARN nor *"},
		"ARN is cut off":        {text: one("Allow", `"Resource": "arn:aws:execute-api:us-east-1"`), element: "Statement.Resource", problem: "no complete ARN"},
		"short form":            {text: one("Allow", `"Resource": "execute-api:/*"`), element: "Statement.Resource", problem: "not resolved"},
		"variable not closed":   {text: one("Allow", `"Resource": "*${aws:username"`), element: "Statement.Resource", problem: "is not closed"},
		"no variable":           {text: one("Allow", `"Resource": "*${username}"`), element: "Statement.Resource", problem: "no policy variable"},
		"default not quoted":    {text: one("Allow", `"Resource": "*${aws:username, x}"`), element: "Statement.Resource", problem: "single quotes"},
		"principal of a caller": {text: one("Allow", `"Principal": "*"`), element: "Statement.Principal", problem: "no place"},
		"principal of an authorizer": {text: one("Allow", `"Principal": "*"`), kind: AuthorizerPolicy,
			element: "Statement.Principal", problem: "no place"},
		"no principal":          {text: one("Allow", ""), kind: ResourcePolicy, element: "Statement.Principal", problem: "is missing"},
		"principal is a name":   {text: one("Allow", `"Principal": "alice"`), kind: ResourcePolicy, element: "Statement.Principal", problem: "neither * nor an object"},
		"principal wildcard":    {text: one("Allow", `"Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}`), kind: ResourcePolicy, element: "Statement.Principal.AWS", problem: "no wildcards"},
		"principal of no kind":  {text: one("Allow", `"Principal": {"User": "*"}`), kind: ResourcePolicy, element: "Statement.Principal.User", problem: "is not one of"},
		"principal is no ARN":   {text: one("Allow", `"Principal": {"AWS": "alice"}`), kind: ResourcePolicy, element: "Statement.Principal.AWS", problem: "neither *, an account nor"},
		"principal without any": {text: one("Allow", `"Principal": {}`), kind: ResourcePolicy, element: "Statement.Principal", problem: "must be * or an object"},
		"long resource":         {text: one("Allow", `"Resource": "*`+strings.Repeat("a", 512)+`"`), kind: AuthorizerPolicy, element: "Statement.Resource", problem: "longer than 512"},
		"condition is a list":   {text: one("Allow", `"Condition": []`), element: "Statement.Condition", problem: "must be an object"},
		"operator is a text":    {text: one("Allow", `"Condition": {"Bool": "x"}`), element: "Statement.Condition.Bool", problem: "object of condition keys"},
		"unknown operator":      {text: one("Allow", `"Condition": {"StringIs": {"aws:username": "x"}}`), element: "Statement.Condition.StringIs.aws:username", problem: `"StringIs" is no condition operator`},
		"null if it exists":     {text: one("Allow", `"Condition": {"NullIfExists": {"aws:username": "true"}}`), element: "Statement.Condition.NullIfExists.aws:username", problem: "no condition operator"},
		"value is an object":    {text: one("Allow", `"Condition": {"Bool": {"aws:SecureTransport": {}}}`), element: "Statement.Condition.Bool.aws:SecureTransport", problem: "strings, numbers or booleans"},
		"no boolean":            {text: one("Allow", `"Condition": {"Bool": {"aws:SecureTransport": "yes"}}`), element: "Statement.Condition.Bool.aws:SecureTransport", problem: "neither true nor false"},
		"no number":             {text: one("Allow", `"Condition": {"NumericEquals": {"a:b": "Inf"}}`), element: "Statement.Condition.NumericEquals.a:b", problem: "is no number"},
		"no date":               {text: one("Allow", `"Condition": {"DateEquals": {"aws:CurrentTime": "today"}}`), element: "Statement.Condition.DateEquals.aws:CurrentTime", problem: "is no date"},
		"mapped network":        {text: one("Allow", `"Condition": {"IpAddress": {"aws:SourceIp": "::ffff:10.0.0.0/104"}}`), element: "Statement.Condition.IpAddress.aws:SourceIp", problem: "neither an IP address nor"},
		"no address":            {text: one("Allow", `"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}`), element: "Statement.Condition.IpAddress.aws:SourceIp", problem: "neither an IP address nor"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(tt.text, Options{Kind: tt.kind})
			var got *SyntaxError
			if !errors.As(err, &got) {
				t.Fatalf("Parse = %v", err)
			}
			if got.Element != tt.element || !strings.Contains(got.Problem, tt.problem) {
				t.Errorf("got %q, %q; want %q, %q", got.Element, got.Problem, tt.element, tt.problem)
			}
		})
	}
}

func TestMaxLength(t *testing.T) {
	text := one("Allow", `"Sid": "ééé"`)
	n := len([]rune(text))
	if _, err := Parse(text, Options{MaxLength: n}); err != nil {
		t.Errorf("as long as allowed: %v", err)
	}
	if _, err := Parse(text, Options{MaxLength: n - 1}); err == nil {
		t.Error("one character more is taken")
	}
}
