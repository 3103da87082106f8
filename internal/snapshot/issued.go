package snapshot

// An Issued is the certificate that an ACME authority has issued for a domain name.
type Issued struct {
	Name  string   `json:"name"`
	Chain [][]byte `json:"chain"` // DER, the server's own first
	Key   string   `json:"key"`   // sealed; PKCS #8
}

// A Challenge is the answer to a question of an ACME authority, whichever process that asks.
type Challenge struct {
	Key    string   `json:"key"`              // the path that is asked for or, of a handshake, the name
	Answer string   `json:"answer,omitempty"` // to a request for the path
	Chain  [][]byte `json:"chain,omitempty"`  // to a handshake: DER
	Sealed string   `json:"sealed,omitempty"` // the private key of the chain's first; PKCS #8
}
