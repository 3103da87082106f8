package integration

import (
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// signRequest adds the lines of a signature to req and gives its target the
// spelling that was signed.
func (a *AWS) signRequest(req *Request, s *Service, accessKeyID string, c *sigv4.Credential) {
	path, query, _ := strings.Cut(req.Target, "?")
	host := s.host
	if host == "" {
		host = s.Endpoint.authority
	}
	r := sigv4.Request{Method: req.Method, Path: path, Query: query, Host: host, Header: req.Header.All(), Body: req.Body}
	signed := a.signer.Sign(&r, accessKeyID, c, sigv4.Target{Region: s.region, Service: s.name}, time.Now())

	h := &req.Header
	h.Set("X-Amz-Content-Sha256", signed.ContentSHA256)
	h.Set("X-Amz-Date", signed.Date)
	if c.SessionToken != "" {
		h.Set("X-Amz-Security-Token", c.SessionToken)
	}
	h.Set("Authorization", signed.Authorization)
	switch {
	case query == "":
		req.Target = signed.Path
	case signed.Path != path || signed.Query != query:
		req.Target = signed.Path + "?" + signed.Query
	}
}
