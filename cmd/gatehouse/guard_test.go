package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What the guard refuses looks like every other refusal of the control plane.
func TestGuardRefusesAsTheControlPlaneDoes(t *testing.T) {
	tests := map[string]struct{ host, header, value string }{
		"foreign origin":  {"127.0.0.1:4566", "Origin", "https://evil.example"},
		"sandboxed page":  {"127.0.0.1:4566", "Origin", "null"},
		"other port":      {"127.0.0.1:4566", "Origin", "http://127.0.0.1:3000"},
		"cross-site page": {"127.0.0.1:4566", "Sec-Fetch-Site", "cross-site"},
		"same-site page":  {"localhost:4566", "Sec-Fetch-Site", "same-site"},
		"rebound name":    {"evil.example", "Accept", "*/*"},
		"name like ours":  {"localhost.evil.example", "Accept", "*/*"},
	}
	g := newGuests(new(config)).guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request was passed on") }))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/restapis", nil)
			r.Host = tt.host
			r.Header.Set(tt.header, tt.value)
			answer := httptest.NewRecorder()
			g.ServeHTTP(answer, r)
			if answer.Code != http.StatusForbidden {
				t.Errorf("status %d", answer.Code)
			}
			h := map[string][]string(answer.Header()) // by AWS's spelling, which http.Header does not look up
			if id := h["x-amzn-RequestId"]; len(id) != 1 || len(id[0]) != 36 {
				t.Errorf("x-amzn-RequestId %q", id)
			}
			if kind := h["x-amzn-ErrorType"]; len(kind) != 1 || kind[0] != "ForbiddenException" {
				t.Errorf("x-amzn-ErrorType %q", kind)
			}
		})
	}
}
