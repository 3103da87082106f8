package upstream

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Signing is how calls are signed anew.
type Signing struct {
	// Credentials are those that calls are signed with. It must be set.
	Credentials func(context.Context) (accessKeyID string, c sigv4.Credential, err error)

	// Region is the region that they are signed for, "" that of the caller's signature.
	Region string
}

// signedChunks is what the words begin with that say that each chunk of a body has a
// signature, which only who has the caller's secret can replace.
const signedChunks = "STREAMING-AWS4-"

// sign replaces the signature of the call by one of the upstream's credentials, and
// returns the path and the query in the spelling that was signed. What the caller's
// signature says of the body, the new one says, too.
func (c *call) sign(to *url.URL, path, query string) (signedPath, signedQuery string, err error) {
	if strings.HasPrefix(c.payload, signedChunks) {
		return "", "", &wire.Error{Status: http.StatusNotImplemented, Type: "NotImplemented",
			Message: "A body in chunks that are signed (" + c.payload + ") cannot be signed anew for the upstream: send its hash, UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
	}
	s := c.server.options.Sign
	id, credential, err := s.Credentials(c.ctx)
	if err != nil {
		c.server.options.Trail.Log.Error("credentials for the upstream", "error", err)
		return "", "", &wire.Error{Status: http.StatusServiceUnavailable, Type: "ServiceUnavailable", Message: "This server has no credentials for the upstream"}
	}
	c.out.Host = to.Host
	if bucket := bucketOf(c.r.Host); c.scope.Service == "s3" && httpmsg.ValidHostname(bucket) {
		c.out.Host = bucket + "." + to.Host
		to.Host = c.out.Host
	}
	h := c.out.Header
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "Date"} {
		h.Del(name)
	}
	region := s.Region
	if region == "" {
		region = c.scope.Region
	}
	signed := c.server.signer.Sign(&sigv4.Request{Method: c.r.Method, Path: path, Query: withoutSignature(query), Host: c.out.Host, Header: lines(h), BodyHash: c.payload},
		id, &credential, sigv4.Target{Region: region, Service: c.scope.Service}, time.Now())
	h.Set("X-Amz-Date", signed.Date)
	h.Set("X-Amz-Content-Sha256", signed.ContentSHA256)
	h.Set("Authorization", signed.Authorization)
	if credential.SessionToken != "" {
		h.Set("X-Amz-Security-Token", credential.SessionToken)
	}
	return signed.Path, signed.Query, nil
}

// withoutSignature is a query without the parameters of a presigned URL.
func withoutSignature(query string) string {
	if !strings.Contains(query, "X-Amz-Signature") {
		return query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		switch name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256":
		default:
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// bucketOf is the bucket that a host of S3 names in front, "" for none:
// bucket.s3.eu-west-1.amazonaws.com, bucket.s3.localhost:4566 or bucket.localhost:4566.
func bucketOf(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	for _, mark := range []string{".s3.", ".s3-"} {
		if at := strings.LastIndex(host, mark); at > 0 {
			return host[:at]
		}
	}
	bucket, _ := strings.CutSuffix(host, ".localhost")
	if bucket == host || bucket == "s3" {
		return ""
	}
	return bucket
}
