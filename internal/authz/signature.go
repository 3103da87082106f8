package authz

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of signatures
	_ "crypto/sha512"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// An algorithm is how a token is signed (RFC 7518 section 3). What is not in the table
// is not accepted: there is no none, and no HMAC, whose key an issuer would have to
// share.
type algorithm struct {
	name jose.SignatureAlgorithm
	hash crypto.Hash
	pss  bool
	size int // of each half of an ECDSA signature, in bytes; 0 for RSA
}

var algorithms = [...]algorithm{
	{name: jose.RS256, hash: crypto.SHA256},
	{name: jose.RS384, hash: crypto.SHA384},
	{name: jose.RS512, hash: crypto.SHA512},
	{name: jose.PS256, hash: crypto.SHA256, pss: true},
	{name: jose.PS384, hash: crypto.SHA384, pss: true},
	{name: jose.PS512, hash: crypto.SHA512, pss: true},
	{name: jose.ES256, hash: crypto.SHA256, size: 32},
	{name: jose.ES384, hash: crypto.SHA384, size: 48},
	{name: jose.ES512, hash: crypto.SHA512, size: 66},
}

// algorithmCalled returns an algorithm that tokens may be signed with.
func algorithmCalled(name string) (*algorithm, bool) {
	for i := range algorithms {
		if string(algorithms[i].name) == name {
			return &algorithms[i], true
		}
	}
	return nil, false
}

// verifies reports whether a key, which is one for the algorithm, has signed a text.
// The text is the token's own, so that nothing is signed that is read in another way:
// go-jose, which reads the keys, would read the token's header three times more and
// encode it anew.
func (a *algorithm) verifies(key any, text, signature []byte) bool {
	h := a.hash.New()
	h.Write(text)
	digest := h.Sum(nil)
	switch key := key.(type) {
	case *rsa.PublicKey:
		switch {
		case a.size > 0:
			return false
		case a.pss:
			return rsa.VerifyPSS(key, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		if a.size == 0 || len(signature) != 2*a.size || (key.Curve.Params().BitSize+7)/8 != a.size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:a.size]), new(big.Int).SetBytes(signature[a.size:])
		return ecdsa.Verify(key, digest, r, s)
	}
	return false
}
