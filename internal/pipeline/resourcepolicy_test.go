package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// statement is one statement of a resource policy, with what rest adds.
func statement(effect, resource, rest string) string {
	return fmt.Sprintf(`{"Effect": %q, "Principal": "*", "Action": "execute-api:Invoke", "Resource": %q%s}`, effect, resource, rest)
}

// guardedBy is an API with a policy of the statements: GET and OPTIONS of /x and all
// below it are MOCKs.
func guardedBy(statements string) *rig {
	root, below := mock(nil), mock(nil)
	root.Path, below.Path = "/", "/{rest+}"
	d := &snapshot.Deployment{
		ID: "d1", APIID: "abc", Account: "111122223333", Region: "us-east-1",
		Policy:    `{"Version": "2012-10-17", "Statement": [` + statements + `]}`,
		Resources: []snapshot.Resource{root, mock(nil), below},
	}
	settings := &snapshot.Stage{APIID: d.APIID, Name: "prod", Account: d.Account, Region: d.Region, DeploymentID: d.ID}
	return &rig{d, Bind(settings, Compile(d), &Services{})}
}

// anonymousDenied is AWS's answer to a call without identity that a policy does not let
// in.
func anonymousDenied(arn, tail string) string {
	return "403\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n" +
		`{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abc/prod/` + arn + tail + `"}`
}

const explicitly = " with an explicit deny"

func TestResourcePolicy(t *testing.T) {
	const let = "200\nContent-Type: application/json\n\n"
	everything := statement("Allow", "execute-api:/*", "")
	tests := map[string]struct{ statements, request, want string }{
		"a policy that allows":                  {everything, "GET /x", let},
		"a full ARN":                            {statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:abc/*", ""), "GET /x", let},
		"the ARN without anything behind it":    {statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:abc", ""), "GET /x", anonymousDenied("GET/x", "")},
		"the ARN with a slash behind it":        {statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:abc/", ""), "GET /x", anonymousDenied("GET/x", "")},
		"another API":                           {statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:abd/*", ""), "GET /x", anonymousDenied("GET/x", "")},
		"another stage":                         {statement("Allow", "execute-api:/dev/*", ""), "GET /x", anonymousDenied("GET/x", "")},
		"a policy that does not speak of it":    {statement("Deny", "execute-api:/prod/GET/y", ""), "GET /x", anonymousDenied("GET/x", "")},
		"a policy that denies":                  {everything + "," + statement("Deny", "execute-api:/*/GET/x", ""), "GET /x", anonymousDenied("GET/x", explicitly)},
		"all of a stage, and the root":          {statement("Allow", "execute-api:/prod/*/*", ""), "GET /", let},
		"the root is called by its slash":       {statement("Allow", "execute-api:/prod/GET/", ""), "GET /", let},
		"POST alone, and POST":                  {statement("Allow", "execute-api:/prod/POST/x", ""), "POST /x", let},
		"POST alone, and OPTIONS":               {statement("Allow", "execute-api:/prod/POST/x", ""), "OPTIONS /x", anonymousDenied("OPTIONS/x", "")},
		"POST alone, and the override of a GET": {statement("Allow", "execute-api:/prod/POST/x", ""), "POST /x\nX-HTTP-Method-Override: GET", anonymousDenied("GET/x", "")},
		"the account of an IAM principal":       {`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}`, "GET /x", anonymousDenied("GET/x", "")},
		"another action":                        {`{"Effect": "Allow", "Principal": "*", "Action": "execute-api:InvalidateCache", "Resource": "*"}`, "GET /x", anonymousDenied("GET/x", "")},
		"the address of the caller":             {statement("Allow", "execute-api:/*", `, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}`), "GET /x", let},
		"another address":                       {statement("Allow", "execute-api:/*", `, "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}`), "GET /x", anonymousDenied("GET/x", "")},
		"no route":                              {everything, "TRACE /x", "403\nx-amzn-ErrorType: MissingAuthenticationTokenException\nContent-Type: application/json\n\n" + `{"message":"Missing Authentication Token"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { guardedBy(tt.statements).want(t, tt.request, tt.want) })
	}
}

// TestDecisionTables goes through AWS's two tables cell by cell, for each type of
// authorization.
func TestDecisionTables(t *testing.T) {
	const allow, silent, deny = policy.Allow, policy.ImplicitDeny, policy.ExplicitDeny
	policies := map[policy.Decision]string{
		allow:  statement("Allow", "execute-api:/*", ""),
		silent: statement("Allow", "execute-api:/other/*", ""),
		deny:   statement("Deny", "execute-api:/*", ""),
	}
	type cell struct{ identity, resource policy.Decision }
	a := map[cell]policy.Decision{
		{allow, allow}: allow, {allow, silent}: allow, {allow, deny}: deny,
		{silent, allow}: allow, {silent, silent}: silent, {silent, deny}: deny,
		{deny, allow}: deny, {deny, silent}: deny, {deny, deny}: deny,
	}
	b := map[cell]policy.Decision{
		{allow, allow}: allow, {allow, silent}: silent, {allow, deny}: deny,
		{silent, allow}: silent, {silent, silent}: silent, {silent, deny}: deny,
		{deny, allow}: deny, {deny, silent}: deny, {deny, deny}: deny,
	}
	tests := map[string]struct {
		authorization string
		foreign       bool
		table         map[cell]policy.Decision
	}{
		"Lambda":                {"CUSTOM", false, a},
		"IAM, the same account": {"AWS_IAM", false, a},
		"IAM, another account":  {"AWS_IAM", true, b},
		"user pool":             {"COGNITO_USER_POOLS", false, b},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for cell, want := range tt.table {
				r := guardedBy(policies[cell.resource])
				c := r.stage.newCall(parseRequest("GET /x"))
				c.method = &Method{authorization: tt.authorization}
				c.scope.Context.HTTPMethod = "GET"
				c.access.identity, c.access.foreign = cell.identity, tt.foreign
				if err := c.decide(); (err == nil) != (want == allow) {
					t.Errorf("identity %v, resource %v: %v, want %v", cell.identity, cell.resource, err, want)
				}
				if got := r.stage.program.policy.Join(tt.authorization, tt.foreign, cell.identity, c.access.resource); got != want {
					t.Errorf("identity %v, resource %v: %v, want %v", cell.identity, cell.resource, got, want)
				}
				c.answer.Release()
			}
		})
	}
}

// TestUndecidedPolicy: a Deny that takes too long to decide denies, and traces and
// execution logs say why.
func TestUndecidedPolicy(t *testing.T) {
	r := guardedBy(statement("Allow", "*", "") + "," +
		statement("Deny", "*", `, "Sid": "mirror", "Condition": {"StringLike": {"aws:Referer": "*${aws:UserAgent}?b*"}}`))
	call := func(n int) string {
		return "GET /x\nUser-Agent: " + strings.Repeat("a", n/2) + "\nReferer: " + strings.Repeat("a", n)
	}
	r.want(t, call(100), "200\nContent-Type: application/json\n\n")
	r.want(t, call(10_000), anonymousDenied("GET/x", explicitly))
	got := r.trace(t, call(10_000))
	if text, want := got.Text(trace.TextOptions{}), "resource policy: denied by mirror, which is not decided: "+policy.TooManySteps+"\n"; !strings.Contains(text, want) {
		t.Errorf("got\n%s\nwant %q in it", text, want)
	}
	if log, want := got.ExecutionLog(), " : resource policy is not decided: "+policy.TooManySteps+"\n"; !strings.Contains(log, want) {
		t.Errorf("got\n%s\nwant %q in it", log, want)
	}
}

// costlyStatements read every kind of key that any call has.
func costlyStatements() string {
	return statement("Deny", "execute-api:/*", `, "Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}`) + "," +
		statement("Deny", "execute-api:/*/DELETE/*", "") + "," +
		statement("Deny", "execute-api:/*", `, "Condition": {"StringLike": {"aws:UserAgent": "*bot*"}}`) + "," +
		statement("Deny", "execute-api:/*", `, "Condition": {"Bool": {"aws:SecureTransport": "true"}}`) + "," +
		statement("Allow", "execute-api:/prod/GET/*", `, "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}, "NumericGreaterThan": {"aws:EpochTime": "1577836800"}, "StringLike": {"aws:Referer": "https://*"}}`)
}

const costlyRequest = "GET /x\nReferer: https://shop.example/\nUser-Agent: Mozilla/5.0"

// decided is a call that comes to the decision about it again and again.
func decided(t testing.TB) func() {
	r := guardedBy(costlyStatements())
	c := r.stage.newCall(parseRequest(costlyRequest))
	c.stage.program.router.find(c.req.Path, "GET", &c.match)
	c.method = c.match.method
	if err := c.enter("GET"); err != nil {
		t.Fatal(err)
	}
	return func() {
		c.access.judged, c.access.arn = false, c.access.arn[:0]
		if err := c.decide(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestResourcePolicyAllocatesNothing holds the cost of a policy. A method of an API
// without one has no step for it.
func TestResourcePolicyAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, decided(t)); n != 0 {
		t.Errorf("%v allocations", n)
	}
	c := guardedBy("").stage.newCall(parseRequest("GET /%78/"))
	defer c.answer.Release()
	c.scope.Context.HTTPMethod = "GET"
	c.asks(authz.InvokeAction)
	if n := testing.AllocsPerRun(100, func() { c.asks(authz.InvokeAction) }); n != 0 {
		t.Errorf("%v allocations to ask a second policy about a path with escapes", n)
	}
	if c := (&compiler{program: &Program{deployment: &snapshot.Deployment{}}, method: &snapshot.Method{AuthorizationType: "NONE"}}); c.authorization() != nil {
		t.Error("a method without a policy has steps")
	}
}

// BenchmarkResourcePolicy is what a policy of five statements costs a call.
func BenchmarkResourcePolicy(b *testing.B) {
	decide := decided(b)
	b.ReportAllocs()
	for b.Loop() {
		decide()
	}
}

// A call whose ARN is longer than policies can be asked about is refused, where there is
// a policy or an authorization.
func TestLongMethodARN(t *testing.T) {
	path := "/" + strings.Repeat("x", maxMethodARN)
	const tooLong = "414\nx-amzn-ErrorType: BadRequestException\nContent-Type: application/json\n\n" + `{"message":"Request URI too long"}`
	guardedBy(statement("Allow", "*", "")).want(t, "GET "+path, tooLong)
	most := maxMethodARN - len("arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET")
	guardedBy(statement("Allow", "*", "")).want(t, "GET "+path[:most], "200\nContent-Type: application/json\n\n")
	guardedBy(statement("Allow", "*", "")).want(t, "GET "+path[:most+1], tooLong)
	open := mock(nil)
	open.Path = "/{rest+}"
	newRig(t, open).want(t, "GET "+path, "200\nContent-Type: application/json\n\n")
}
