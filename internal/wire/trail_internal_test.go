package wire

import "testing"

// The value of an API key stands in no log, wherever it was sent in place of an id.
func TestWithoutKeys(t *testing.T) {
	const value = "value-0123456789-0123456789"
	for text, want := range map[string]string{
		"/apikeys/abc1234567":                     "/apikeys/abc1234567",
		"/apikeys/" + value:                       "/apikeys/…",
		"/usageplans/p1/keys/" + value + "/usage": "/usageplans/p1/keys/…/usage",
		"User: arn:aws:iam::1:user/ann is not authorized to perform: apigateway:GET on resource: arn:aws:apigateway:us-east-1::/apikeys/" + value + " with an explicit deny": "User: arn:aws:iam::1:user/ann is not authorized to perform: apigateway:GET on resource: arn:aws:apigateway:us-east-1::/apikeys/… with an explicit deny",
		"/restapis/abc": "/restapis/abc",
	} {
		if got := withoutKeys(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
