package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAWSEndpoints sends the calls of each service where the configuration says. The
// role needs nobody who assumes it.
func TestAWSEndpoints(t *testing.T) {
	t.Parallel()
	service := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `"%s %s"`, name, r.Header.Get("X-Amz-Target"))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	_, _, url := launchWith(t, t.TempDir(), "in-memory: true\naws-endpoints:\n  dynamodb: "+service("local")+"\n  kms: "+service("rest")+"\n")
	var paths []string
	for path, action := range map[string]string{"table": "dynamodb:action/GetItem", "key": "kms:action/Encrypt"} {
		paths = append(paths, `"/`+path+`":{"get":{"responses":{"200":{"description":"ok"}},"x-amazon-apigateway-integration":{"type":"aws","httpMethod":"POST",`+
			`"uri":"arn:aws:apigateway:us-east-1:`+action+`","credentials":"arn:aws:iam::000000000000:role/r","responses":{"default":{"statusCode":"200"}}}}}`)
	}
	definition := `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{` + strings.Join(paths, ",") + `}}`
	deployAPI(t, url, "services", definition)
	for path, want := range map[string]string{"table": `"local DynamoDB_20120810.GetItem"`, "key": `"rest TrentService.Encrypt"`} {
		text, err := request([]string{"GET", url + "/_aws/execute-api/services/prod/" + path})
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %s %v", path, text, err)
		}
	}
}
