package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// TestStrayNames: what a resource policy denies that no call of the API's stages is about
// is listed, with the place of its element.
func TestStrayNames(t *testing.T) {
	r := guardedBy(statement("Allow", "*", "") + "," +
		statement("Deny", "execute-api:/prod/GET/x", "") + "," + statement("Deny", "execute-api:/dev/*", "") + "," +
		statement("Deny", "execute-api:/prod/GET/x/", "") + "," + statement("Deny", "execute-api:/prod/GET/any/thing", "") + "," +
		statement("Deny", "arn:aws:execute-api:us-east-1:111122223333:abc/*", "") + "," +
		`{"Effect": "Deny", "Principal": "*", "Action": "execute-api:InvalidateCach", "Resource": "*"}` + "," +
		`{"Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": ["execute-api:/*/x", "execute-api:/test/GET/x"]}`)
	dev := Problem{Field: "policy", Within: "/Statement/2/Resource", Text: "Statement[2].Resource: execute-api:/dev/* names no method of the stage prod: it denies nothing"}
	action := Problem{Field: "policy", Within: "/Statement/6/Action", Text: "Statement[6].Action: execute-api:invalidatecach is no action of a call: it denies nothing"}
	but := Problem{Field: "policy", Within: "/Statement/7/NotResource", Text: "Statement[7].NotResource: execute-api:/test/GET/x names no method of the stage prod: it takes nothing out of what is allowed"}
	if d := cmp.Diff([]Problem{dev, action, but}, r.stage.program.StrayNames([]string{"prod"})); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	but.Text = "Statement[7].NotResource: execute-api:/test/GET/x names no method of the stage prod or dev: it takes nothing out of what is allowed"
	if d := cmp.Diff([]Problem{action, but}, r.stage.program.StrayNames([]string{"prod", "dev"})); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if got := Compile(&snapshot.Deployment{}).StrayNames([]string{"prod"}); got != nil {
		t.Errorf("without a policy: %v", got)
	}
}
