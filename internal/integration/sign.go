package integration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// signRequest adds the lines of a signature to req, with the SDK's signer, the
// reference. The SDK's own form of a request is made only to be signed.
func signRequest(ctx context.Context, signer *v4.Signer, req *Request, s *Service, who aws.Credentials) error {
	sum := sha256.Sum256(req.Body)
	digest := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Content-Sha256", digest)

	path, query, _ := strings.Cut(req.Target, "?")
	if s.name == "s3" {
		path = encodedOnce(path)
	}
	host := s.host
	if host == "" {
		host = s.Endpoint.authority
	}
	r := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	r.Method, r.Host, r.URL.Opaque, r.URL.RawQuery = req.Method, host, "//"+host+path, query
	for i := range req.Header {
		if f := &req.Header[i]; signedHeader(f.Name) {
			r.Header.Add(f.Name, f.Value)
		}
	}
	asSent := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s.name == "s3" }
	if err := signer.SignHTTP(ctx, who, r.Request, digest, s.name, s.region, time.Now(), asSent); err != nil {
		return err
	}
	for _, name := range []string{"X-Amz-Date", "X-Amz-Security-Token", "Authorization"} {
		if v := r.Header.Get(name); v != "" {
			req.Header.Set(name, v)
		}
	}
	if req.Target = path; query != "" {
		req.Target += "?" + r.URL.RawQuery
	}
	return nil
}

// signedHeader reports whether a line is covered by signatures: what says how a
// service reads the call. Host is covered besides.
func signedHeader(name string) bool {
	const prefix = "X-Amz-"
	return len(name) > len(prefix) && httpmsg.EqualFold(name[:len(prefix)], prefix) || httpmsg.EqualFold(name, "Content-Type")
}

// encodedOnce gives a path the one encoding that S3 signs: every byte but the
// unreserved ones escaped. Other services sign what was sent, escaped again.
func encodedOnce(path string) string {
	const upperHex = "0123456789ABCDEF"
	out := make([]byte, 0, len(path)+16)
	for i := 0; i < len(path); i++ {
		c := path[i]
		escaped := c == '%' && i+2 < len(path) && hexValue(path[i+1]) >= 0 && hexValue(path[i+2]) >= 0
		if escaped {
			c = byte(hexValue(path[i+1])<<4 | hexValue(path[i+2]))
			i += 2
		}
		if unreserved(c) || c == '/' && !escaped {
			out = append(out, c)
			continue
		}
		out = append(out, '%', upperHex[c>>4], upperHex[c&15])
	}
	return string(out)
}

// unreserved reports the bytes that are never percent-encoded.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
