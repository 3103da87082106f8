package policy

import "testing"

func benchmarkPolicy(tb testing.TB) *Policy {
	return mustParse(tb, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*", "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}},
		{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "execute-api:Invoke", "Resource": ["arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/*", "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/*"]}
	]}`, ResourcePolicy)
}

func benchmarkRequest() Request {
	source := []string{"203.0.113.9"}
	return Request{Principal: testUser, Action: "execute-api:Invoke", Resource: testARN, Context: func(key string) []string {
		if key == "aws:sourceip" {
			return source
		}
		return nil
	}}
}

// TestEvaluateAllocatesNothing guards the hot path.
func TestEvaluateAllocatesNothing(t *testing.T) {
	p, r := benchmarkPolicy(t), benchmarkRequest()
	if got := p.Evaluate(&r); got != Allow {
		t.Fatalf("got %v", got)
	}
	if n := testing.AllocsPerRun(100, func() { p.Evaluate(&r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p, r := benchmarkPolicy(b), benchmarkRequest()
	b.ReportAllocs()
	for b.Loop() {
		if p.Evaluate(&r) != Allow {
			b.Fatal("not allowed")
		}
	}
}

// BenchmarkParse is what an authorizer's answer costs before it is cached.
func BenchmarkParse(b *testing.B) {
	text := one("Allow", `"Resource": ["arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/pets/*"]`)
	b.ReportAllocs()
	for b.Loop() {
		mustParse(b, text, AuthorizerPolicy)
	}
}
