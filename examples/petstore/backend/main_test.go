package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBackend(t *testing.T) {
	server := httptest.NewServer(newShop().handler())
	defer server.Close()
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // part of the answer without its white space
	}{
		{"all", "GET", "/pets", "", 200, `{"pets":[{"id":1,"name":"Rex","type":"dog","price":249.99},`},
		{"one type", "GET", "/pets?type=cat", "", 200, `{"pets":[{"id":2,"name":"Mimi","type":"cat","price":124.5}]}`},
		{"no such type", "GET", "/pets?type=cow", "", 200, `{"pets":[]}`},
		{"one", "GET", "/pets/3", "", 200, `{"id":3,"name":"Bubbles","type":"fish","price":3}`},
		{"unknown", "GET", "/pets/99", "", 404, `{"error":"nosuchpet"}`},
		{"no number", "GET", "/pets/x", "", 404, `{"error":"nosuchpet"}`},
		{"add", "POST", "/pets", `{"name":"Hops","type":"cat"}`, 201, `{"id":4,"name":"Hops","type":"cat","price":0}`},
		{"added", "GET", "/pets/4", "", 200, `"Hops"`},
		{"add nothing", "POST", "/pets", `{}`, 400, `{"error":"apetneedsaname"}`},
		{"echo", "PATCH", "/files/a/b%20c.txt?x=1&x=2", "hello", 200, `"method":"PATCH","path":"/files/a/b%20c.txt","query":{"x":["1","2"]}`},
		{"echo of a body", "PUT", "/files/a", "hello", 200, `{"body":"hello",`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, server.URL+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var got json.RawMessage
			if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			flat := strings.Join(strings.Fields(string(got)), "")
			if res.StatusCode != tt.status || !strings.Contains(flat, tt.want) {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, flat, tt.status, tt.want)
			}
		})
	}
}
