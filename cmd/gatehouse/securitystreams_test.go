package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// streamedAnswer is what a client gets of a case of answerCases through a method whose
// answers are streamed: "cut" where the head is fine, and what is wrong with the body
// comes when the client has the head. What is too long to be held passes.
func streamedAnswer(c *answerCase) string {
	switch c.name {
	case "a body cut short", "chunks cut short", "no last chunk", "a chunk size with a sign", "a chunk that ends in LF", "half a body and no more":
		return "cut"
	case "a body of 11 MB", "11 MB in chunks":
		return "200 " + strings.Repeat("y", 11<<20)
	}
	return c.got
}

// What backends answer does no more harm where it is streamed: what is malformed never
// looks complete, and no other call gets any of it.
func TestSecurityStreams(t *testing.T) {
	t.Parallel()
	cases := answerCases()
	backend := rawBackend(t, cases)
	operation := func(milliseconds int) string {
		return fmt.Sprintf(`{"get":{"parameters":[{"name":"p","in":"path"}],"responses":{},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","timeoutInMillis":%d,`+
			`"responseTransferMode":"STREAM","uri":"%s/{p}","requestParameters":{"integration.request.path.p":"method.request.path.p"}}}}`, milliseconds, backend)
	}
	// Only the backends that fall silent are waited for briefly: a busy machine takes its
	// time over 11 MB.
	_, plain, secure := openDoors(t, map[string]string{"streams": `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/{p+}":` + operation(60000) + `,"/brief/{p+}":` + operation(1000) + `}}`})
	for _, in := range []*door{plain, secure} {
		for n := range cases {
			c := &cases[n]
			t.Run(in.name+", "+c.name, func(t *testing.T) {
				path := fmt.Sprintf("raw/%d", n)
				if strings.HasSuffix(c.name, "and no more") {
					path = "brief/" + path
				}
				if got, want := c.streamed(t, in, path), streamedAnswer(c); got != want {
					t.Errorf("the backend sent %.300q\nclient got %.300s\nwant       %.300s", c.send, got, want)
				}
				for range 2 {
					if sound := c.streamed(t, in, "sound"); sound != "200 sound" {
						t.Errorf("the next call got %.300s", sound)
					}
				}
			})
		}
	}
}

// streamed asks for a path on a connection of its own.
func (c *answerCase) streamed(t *testing.T, in *door, path string) string {
	nc := in.dial(t)
	defer func() { _ = nc.Close() }()
	fmt.Fprintf(nc, "GET /prod/%s HTTP/1.1\r\nHost: streams.execute-api.localhost\r\nConnection: close\r\n\r\n", path)
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil && resp.StatusCode == 200 {
		return "cut"
	}
	return c.describe(resp, string(body))
}
