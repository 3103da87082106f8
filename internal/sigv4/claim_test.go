package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
)

// TestClaim: what a request says of its body has its signature verified before the
// body is there, and then the body has to be that one.
func TestClaim(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	body := []byte(`{"quantity": 3}`)
	sum := sha256.Sum256(body)
	declared := hex.EncodeToString(sum[:])
	tests := map[string]struct {
		hash      string // X-Amz-Content-Sha256, "" for none
		known     string // Request.BodyHash
		protected bool
		tamper    func(*signedRequest)
		settled   bool
		early     Reason // of Claim
		sent      string // the body that comes
		late      Reason // of Verify
	}{
		"the body is covered":                        {sent: string(body)},
		"another body":                               {sent: "x", late: WrongSignature},
		"another path":                               {tamper: func(s *signedRequest) { s.path = "/x" }, sent: string(body), late: WrongSignature},
		"the hash is told":                           {hash: declared, settled: true, sent: string(body)},
		"another body than the one told":             {hash: declared, settled: true, sent: "x", late: WrongSignature},
		"no body where one is told":                  {hash: declared, settled: true, late: WrongSignature},
		"another path, and the hash is told":         {hash: declared, tamper: func(s *signedRequest) { s.path = "/x" }, early: WrongSignature},
		"no body, and the hash is that of another":   {hash: declared, known: EmptyBody, late: WrongSignature},
		"no body, and a path that was not signed":    {known: EmptyBody, tamper: func(s *signedRequest) { s.path = "/x" }, early: WrongSignature},
		"a hash in capitals is none":                 {hash: "E" + declared[1:], sent: string(body), late: WrongSignature},
		"unsigned on an open line":                   {hash: unsignedPayload, sent: string(body), late: WrongSignature},
		"unsigned on a protected line":               {hash: unsignedPayload, protected: true, settled: true, sent: "anything"},
		"unsigned on a protected line, another path": {hash: unsignedPayload, protected: true, tamper: func(s *signedRequest) { s.path = "/x" }, early: WrongSignature},
		"streaming":                                  {hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", sent: string(body), late: WrongSignature},
	}
	v := NewVerifier(testOptions("execute-api", credential))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req, _ := http.NewRequest("POST", "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod", nil)
			signed := declared
			if tt.hash != "" {
				req.Header.Set("X-Amz-Content-Sha256", tt.hash)
				signed = tt.hash
			}
			s := sdkSignBody(t, req, body, signed, credential, false)
			if tt.tamper != nil {
				tt.tamper(s)
			}
			r := s.request()
			r.Body, r.BodyHash, r.Protected = nil, tt.known, tt.protected
			c, err := v.Claim(r)
			if reasonOf(err) != tt.early {
				t.Fatalf("Claim: %v, want reason %d", err, tt.early)
			}
			if err != nil {
				return
			}
			if c.Settled() != tt.settled {
				t.Errorf("settled: %v", c.Settled())
			}
			if _, err := c.Verify([]byte(tt.sent)); reasonOf(err) != tt.late {
				t.Errorf("Verify: %v, want reason %d", err, tt.late)
			}
		})
	}
}

// TestKeysOfStrangers: signatures that are wrong leave no keys behind.
func TestKeysOfStrangers(t *testing.T) {
	v := NewVerifier(testOptions("execute-api", Credential{SecretAccessKey: "not " + testSecret}))
	if _, err := v.Verify(signedHeader(t, Credential{SecretAccessKey: testSecret}).request()); reasonOf(err) != WrongSignature || len(v.keys.keys) != 0 {
		t.Errorf("%v, %d keys", err, len(v.keys.keys))
	}
}
