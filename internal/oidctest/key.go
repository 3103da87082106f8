package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"

	_ "crypto/sha256" // the hashes that tokens are signed with
	_ "crypto/sha512"
)

// A Key signs tokens.
type Key struct {
	ID        string // "" leaves kid out
	Algorithm string // that it signs with, such as RS256
	Private   crypto.Signer
	Members   map[string]any // of its JWK, in place of those that it has by itself
}

// RSA returns the one RSA key of 2,048 bits that all tests share, which is expensive to
// make, under an id and for an algorithm of RS256 to PS512.
func RSA(id, algorithm string) *Key { return &Key{ID: id, Algorithm: algorithm, Private: sharedRSA()} }

// OtherRSA is RSA with another key.
func OtherRSA(id, algorithm string) *Key {
	return &Key{ID: id, Algorithm: algorithm, Private: otherRSA()}
}

var sharedRSA, otherRSA = sync.OnceValue(newRSA), sync.OnceValue(newRSA)

func newRSA() crypto.Signer {
	const bits = 2048
	return NewRSA("", "", bits).Private
}

// NewRSA makes an RSA key.
func NewRSA(id, algorithm string, bits int) *Key {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return &Key{ID: id, Algorithm: algorithm, Private: private}
}

// EC makes a key of an elliptic curve. The algorithm is that of the curve, unless it is
// given.
func EC(id string, curve elliptic.Curve, algorithm string) *Key {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	if algorithm == "" {
		algorithm = map[elliptic.Curve]string{elliptic.P256(): "ES256", elliptic.P384(): "ES384", elliptic.P521(): "ES512"}[curve]
	}
	return &Key{ID: id, Algorithm: algorithm, Private: private}
}

// JWK is the public key as a member of a JWK Set.
func (k *Key) JWK() map[string]any {
	jwk := map[string]any{"use": "sig", "alg": k.Algorithm}
	if k.ID != "" {
		jwk["kid"] = k.ID
	}
	switch key := k.Private.Public().(type) {
	case *rsa.PublicKey:
		jwk["kty"], jwk["n"], jwk["e"] = "RSA", Encode(key.N.Bytes()), Encode(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err) // the package made the key
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:] // behind the byte for "not compressed"
		jwk["kty"], jwk["crv"], jwk["x"], jwk["y"] = "EC", key.Curve.Params().Name, Encode(x), Encode(y)
	}
	for name, v := range k.Members {
		if jwk[name] = v; v == nil {
			delete(jwk, name)
		}
	}
	return jwk
}

// Encode is base64url without padding.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Set is the JWK Set of keys.
func Set(keys ...*Key) []byte {
	list := make([]any, 0, len(keys))
	for _, k := range keys {
		list = append(list, k.JWK())
	}
	return mustJSON(map[string]any{"keys": list})
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// Token is a JWT of claims that the key has signed.
func (k *Key) Token(claims map[string]any) string {
	header := map[string]any{"alg": k.Algorithm, "typ": "JWT"}
	if k.ID != "" {
		header["kid"] = k.ID
	}
	return k.Sign(string(mustJSON(header)), string(mustJSON(claims)))
}

// Sign signs a header and a payload, whatever they say, by the key's algorithm.
func (k *Key) Sign(header, payload string) string {
	return k.SignText(Encode([]byte(header)) + "." + Encode([]byte(payload)))
}

// SignText signs the text of a header and a payload that are encoded already.
func (k *Key) SignText(text string) string { return text + "." + Encode(k.Signature(text)) }

// Signature is the signature of a text.
func (k *Key) Signature(text string) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[k.Algorithm[2:]]
	h := hash.New()
	h.Write([]byte(text))
	digest := h.Sum(nil)
	var signature []byte
	var err error
	switch key := k.Private.(type) {
	case *rsa.PrivateKey:
		if k.Algorithm[0] == 'P' {
			signature, err = rsa.SignPSS(rand.Reader, key, hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			signature, err = rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
		}
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, key, digest)
		size := (key.Curve.Params().BitSize + 7) / 8
		if err == nil {
			signature = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
	default:
		err = fmt.Errorf("no key that signs: %T", key)
	}
	if err != nil {
		panic(err)
	}
	return signature
}
