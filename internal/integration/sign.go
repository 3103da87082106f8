package integration

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// signRequest adds the lines of a signature to req and gives its target the
// spelling that was signed.
func (a *AWS) signRequest(req *Request, s *Service, who *aws.Credentials) {
	path, query, _ := strings.Cut(req.Target, "?")
	host := s.host
	if host == "" {
		host = s.Endpoint.authority
	}
	r := sigv4.Request{Method: req.Method, Path: path, Query: query, Host: host, Header: req.Header.All(), Body: req.Body}
	c := sigv4.Credential{SecretAccessKey: who.SecretAccessKey, SessionToken: who.SessionToken}
	signed := a.signer.Sign(&r, who.AccessKeyID, &c, sigv4.Target{Region: s.region, Service: s.name}, time.Now())

	h := &req.Header
	h.Set("X-Amz-Content-Sha256", signed.ContentSHA256)
	h.Set("X-Amz-Date", signed.Date)
	if who.SessionToken != "" {
		h.Set("X-Amz-Security-Token", who.SessionToken)
	}
	h.Set("Authorization", signed.Authorization)
	switch {
	case query == "":
		req.Target = signed.Path
	case signed.Path != path || signed.Query != query:
		req.Target = signed.Path + "?" + signed.Query
	}
}
