package neighbours

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Calls of services that are not spoken are refused in their own protocol, and name
// what is.
func TestOthers(t *testing.T) {
	var log strings.Builder
	h := &Front{Others: Refuse("API Gateway (apigateway) and a part of STS", wire.Trail{Log: slog.New(slog.NewTextHandler(&log, nil))}), Next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "next")
	})}
	signed := func(service string) string {
		return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("0", 64)
	}
	const says = "This server speaks API Gateway (apigateway) and a part of STS, not "
	tests := map[string]struct {
		header map[string]string
		want   string // in the answer
	}{
		"ours":              {map[string]string{"Authorization": signed("apigateway")}, "next"},
		"a stage's":         {map[string]string{"Authorization": signed("execute-api")}, "next"},
		"nobody's":          {nil, "next"},
		"S3":                {map[string]string{"Authorization": signed("s3")}, "<Code>UnknownOperationException</Code>\n  <Message>" + says + "s3: let "},
		"JSON":              {map[string]string{"Authorization": signed("dynamodb"), "X-Amz-Target": "DynamoDB_20120810.ListTables"}, `"message":"` + says + "dynamodb: let AWS_ENDPOINT_URL_API_GATEWAY name it"},
		"a web ACL's":       {map[string]string{"Authorization": signed("wafv2"), "X-Amz-Target": "AWSWAF_20190729.AssociateWebACL"}, `"message":"` + says + "wafv2: let AWS_ENDPOINT_URL_API_GATEWAY name it"},
		"JSON, unsigned":    {map[string]string{"X-Amz-Target": "DynamoDB_20120810.ListTables"}, `"__type":"UnknownOperationException"`},
		"Query":             {map[string]string{"Authorization": signed("sqs"), "Content-Type": "application/x-www-form-urlencoded"}, "<ErrorResponse xmlns=\"\">\n  <Error>\n    <Type>Sender</Type>"},
		"a name of strange": {map[string]string{"X-Amz-Target": strings.Repeat("a", 5000)}, "not aaa"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Body.String(); !strings.Contains(got, tt.want) || len(got) > 2000 {
				t.Errorf("got %d %s, want %s", w.Code, got, tt.want)
			}
			if (w.Code == http.StatusNotImplemented) != (tt.want != "next") {
				t.Errorf("got status %d", w.Code)
			}
		})
	}
	if !strings.Contains(log.String(), "status=501") {
		t.Errorf("log:\n%s", log.String())
	}
}
