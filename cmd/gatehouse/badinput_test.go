package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBadInput sends what no client should, byte for byte, and wants an answer
// in JSON that names the fault. Nothing may hang, panic or answer HTML.
func TestBadInput(t *testing.T) {
	_, client := launchServer(t, t.TempDir())
	address := strings.TrimPrefix(*client.Options().BaseEndpoint, "http://")
	post := func(path, body string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
	}
	get := func(target, headers string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n"
	}
	tests := map[string]struct {
		request string
		status  int
		text    string // in the message
	}{
		"malformed JSON":          {post("/restapis", `{"name":`), 400, ""},
		"not an object":           {post("/restapis", `[1]`), 400, ""},
		"number for a string":     {post("/restapis", `{"name":1}`), 400, "TruncatingBigNumber can not be converted to an String"},
		"required member missing": {post("/restapis", `{}`), 400, "Value null at 'createRestApiInput.name' failed to satisfy constraint: Member must not be null"},
		"deep JSON":               {post("/restapis", `{"name":`+strings.Repeat("[", 100000)), 400, ""},
		"invalid UTF-8":           {post("/restapis", "{\"name\":\"\xff\"}"), 400, ""},
		"name of 1 MB":            {post("/restapis", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`), 400, "Name"},
		"body of 10 MB and 1":     {post("/restapis", strings.Repeat(" ", 10485761)), 413, "Request must be smaller than 10485760 bytes for the CreateRestApi operation"},
		"unknown id":              {get("/restapis/nope", ""), 404, "Invalid API identifier specified 000000000000:nope"},
		"NUL in an id":            {get("/restapis/a%00b", ""), 404, "Invalid API identifier specified"},
		"bad escape":              {get("/restapis/%zz", ""), 400, ""},
		"double slash":            {get("//restapis", ""), 403, "Missing Authentication Token"},
		"dots":                    {get("/restapis/../restapis", ""), 403, "Missing Authentication Token"},
		"unknown path":            {get("/nothing/here", ""), 403, "Missing Authentication Token"},
		"bad limit":               {get("/restapis?limit=x", ""), 400, ""},
		"bad position":            {get("/restapis?position=%25%25", ""), 400, ""},
		"header flood":            {get("/restapis", strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 200)), 413, "Request Too Long"},
		"many headers":            {get("/restapis", strings.Repeat("X-A: b\r\n", 20000)), 413, "Request Too Long"},
		"space in a header name":  {get("/restapis", "X A: b\r\n"), 400, ""},
		"two lengths":             {"POST /restapis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400, ""},
		"no host":                 {"GET /restapis HTTP/1.1\r\n\r\n", 400, ""},
		"garbage":                 {"hello\r\n\r\n", 400, ""},
		"stage path escape":       {get("/_aws/execute-api/nope/x/%zz", ""), 400, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			sent := make(chan error, 1)
			go func() { // a refusal may come before all is sent
				_, err := io.WriteString(conn, tt.request)
				sent <- err
			}()
			if strings.Contains(tt.text, "must be smaller") { // most clients read only then
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status {
				t.Errorf("got status %d, want %d: %.200s", resp.StatusCode, tt.status, body)
			}
			var answer struct{ Message string }
			if err := json.Unmarshal(body, &answer); err != nil || answer.Message == "" || len(answer.Message) > 2000 {
				t.Errorf("the body is no error in JSON: %.200q", body)
			}
			if !strings.Contains(answer.Message, tt.text) {
				t.Errorf("got message %q, want %q in it", answer.Message, tt.text)
			}
		})
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}
