package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Where credentials are asked for, nobody waits for the body of a request that
// is refused whatever its body is.
func TestBodiesOfStrangersAreNotRead(t *testing.T) {
	address := strings.TrimPrefix(credentialServer(t, credentialText()), "http://")
	now := time.Now().UTC()
	signed := func(key, service string, at time.Time) string {
		return fmt.Sprintf("X-Amz-Date: %s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=%s/%s/us-east-1/%s/aws4_request, SignedHeaders=host;x-amz-date, Signature=%064d\r\n",
			at.Format("20060102T150405Z"), key, at.Format("20060102"), service, 0)
	}
	tests := map[string]struct{ header, refusal string }{
		"unsigned":        {"", "MissingAuthenticationTokenException"},
		"malformed":       {"Authorization: AWS4-HMAC-SHA256 Credential=a\r\n", "IncompleteSignatureException"},
		"an unknown key":  {signed("AKIANOBODY", "apigateway", now), "UnrecognizedClientException"},
		"an old date":     {signed(aliceKey, "apigateway", now.Add(-time.Hour)), "InvalidSignatureException"},
		"another service": {signed(aliceKey, "execute-api", now), "InvalidSignatureException"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if refusal, err := stalled(address, tt.header, ""); err != nil || refusal != tt.refusal {
						t.Errorf("got %q, %v, want %s", refusal, err, tt.refusal)
					}
				})
			}
			all.Wait()
		})
	}
	t.Run("a signature that the body decides on", func(t *testing.T) {
		if refusal, err := stalled(address, signed(aliceKey, "apigateway", now), strings.Repeat(" ", stalledLength)); err != nil || refusal != "InvalidSignatureException" {
			t.Errorf("got %q, %v", refusal, err)
		}
	})
}

const stalledLength = 1 << 20

// stalled sends the head of a request and what is given of its body, and returns
// the type of the error that it is refused with.
func stalled(address, header, body string) (string, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, fmt.Sprintf("POST /restapis HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n%s", address, stalledLength, header, body)); err != nil {
		return "", err
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	return r.Header.Get("X-Amzn-Errortype"), nil
}
