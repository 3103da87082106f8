package acm

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

// FuzzACM answers whatever comes with JSON, and never by a fault of ours.
func FuzzACM(f *testing.F) {
	r := newRig(f, secrets.New())
	handler := r.handler
	f.Add("RequestCertificate", `{"DomainName":"a.example.com","KeyAlgorithm":"EC_prime256v1","SubjectAlternativeNames":["*.b.example.com",""],"IdempotencyToken":"a"}`)
	f.Add("ImportCertificate", `{"Certificate":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==","PrivateKey":"AA==","Tags":[{"Key":"a"}]}`)
	f.Add("DescribeCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:111122223333:certificate/\u0000"}`)
	f.Add("ListCertificates", `{"NextToken":"99999999999999999999","Includes":{"keyTypes":[]},"MaxItems":1}`)
	f.Add("AddTagsToCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:111122223333:certificate/1","Tags":[null]}`)
	f.Fuzz(func(t *testing.T, operation, body string) {
		if len(body) > 1<<16 || strings.Contains(body, "RSA_") || operation == "RequestCertificate" && !strings.Contains(body, "EC_prime256v1") {
			return // a key of RSA takes too long
		}
		q := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		q.Header.Set("X-Amz-Target", Target+"."+operation)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, q)
		if w.Code == http.StatusInternalServerError || w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q %q: %d %.300s", operation, body, w.Code, w.Body)
		}
	})
}
