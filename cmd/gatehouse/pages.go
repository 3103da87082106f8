package main

import (
	"encoding/json"
	"net/http"
)

// pages serves what lives under /_gatehouse/ and the health checks that other
// local servers answer.
func (s *server) pages() http.Handler {
	mux := http.NewServeMux()
	health := func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "version": version()})
	}
	mux.HandleFunc("GET /_gatehouse/health", health)
	mux.HandleFunc("GET /health", health)
	mux.HandleFunc("GET /_localstack/health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"services": map[string]string{"apigateway": "running"}, "edition": "gatehouse", "version": version()})
	})
	mux.HandleFunc("GET /_gatehouse/ready", s.ready)
	mux.HandleFunc("GET /_gatehouse/doctor", s.doctor)
	mux.HandleFunc("POST /_gatehouse/reset", s.reset)
	mux.HandleFunc("/_gatehouse/", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "no page at " + quoted(r.URL.Path)})
	})
	return mux
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client has gone: there is nobody to tell
}
