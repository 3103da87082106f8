package sigv4

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// TestBotocoreSignatures verifies what Python's SDK signed. Unlike Go's, it
// signs repeated slashes as one.
func TestBotocoreSignatures(t *testing.T) {
	f, err := os.Open("testdata/botocore.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var in struct {
			Method, Path, Query, Host, Body, Token string
			Headers                                [][2]string
		}
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			t.Fatal(err)
		}
		s := signedRequest{method: in.Method, path: in.Path, query: in.Query, host: in.Host, headers: in.Headers, body: []byte(in.Body)}
		v := NewVerifier(testOptions("execute-api", Credential{SecretAccessKey: testSecret, SessionToken: in.Token}))
		if _, err := v.Verify(s.request()); err != nil {
			t.Errorf("line %d: %v", n+1, err)
		}
	}
	if n < 100 {
		t.Errorf("only %d vectors", n)
	}
}
