package jsontext

import (
	"encoding/json"
	"testing"
)

type scanned struct {
	Text string `json:"text"`
	Yes  bool   `json:"yes"`
	N    int64  `json:"n"`
	Long int64  `json:"long"`
}

func (s *scanned) scan(text []byte) bool {
	return Scan(text, `{"text":`, &s.Text, `,"yes":`, &s.Yes, `,"n":`, &s.N, `,"long":`, &s.Long, `}`)
}

func TestScan(t *testing.T) {
	for text, want := range map[string]bool{
		`{"text":"","yes":true,"n":0,"long":-999999999999999999}`:       true,
		`{"text":"a ~ /","yes":false,"n":-5,"long":999999999999999999}`: true,
		`{"text":"\u0041","yes":true,"n":0,"long":1}`:                   false,
		"{\"text\":\"a\tb\",\"yes\":true,\"n\":0,\"long\":1}":           false,
		`{"text":"é","yes":true,"n":0,"long":1}`:                        false,
		`{"text":"","yes":true,"n":0,"long":1} `:                        false,
		`{"text":"","yes":true, "n":0,"long":1}`:                        false,
		`{"text":"","yes":true,"n":-,"long":1}`:                         false,
		`{"text":"","yes":true,"n":01,"long":1}`:                        false,
		`{"text":"","yes":true,"n":1.5,"long":1}`:                       false,
		`{"text":"","yes":true,"n":1e2,"long":1}`:                       false,
		`{"text":"","yes":true,"n":0,"long":9223372036854775808}`:       false,
		`{"text":"","yes":null,"n":0,"long":1}`:                         false,
		`{"text":7,"yes":true,"n":0,"long":1}`:                          false,
		`{"yes":true,"text":"","n":0,"long":1}`:                         false,
		`{"text":"`:                                                     false,
		``:                                                              false,
	} {
		checkScan(t, []byte(text), want)
	}
}

// checkScan checks that what Scan reads is what encoding/json reads.
func checkScan(t *testing.T, text []byte, want bool) {
	t.Helper()
	var got, theirs scanned
	if ok := got.scan(text); ok != want {
		t.Errorf("%s: %v, want %v", text, ok, want)
		return
	}
	if err := json.Unmarshal(text, &theirs); want && (err != nil || got != theirs) {
		t.Errorf("%s: got %+v; encoding/json %+v, %v", text, got, theirs, err)
	}
}

func FuzzScan(f *testing.F) {
	f.Add(`{"text":"a","yes":true,"n":-5,"long":7}`)
	f.Add(`{"text":"a","yes":true,"n":05,"long":7}`)
	f.Fuzz(func(t *testing.T, text string) {
		checkScan(t, []byte(text), new(scanned).scan([]byte(text)))
	})
}

func TestScanAllocates(t *testing.T) {
	text := []byte(`{"text":"","yes":true,"n":123456,"long":-7}`)
	if n := testing.AllocsPerRun(100, func() {
		var s scanned
		if !s.scan(text) {
			t.Fatal("not read")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
