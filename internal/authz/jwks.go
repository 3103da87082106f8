package authz

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// Bounds on the keys of an issuer. The largest issuers have a few tens.
const (
	MaxKeySet  = 256 << 10 // bytes of a JWK Set
	maxKeys    = 100
	minRSABits = 2048
	maxRSABits = 8192 // a larger key would make each verification cost milliseconds
)

var (
	errKeySetForm = errors.New("it is no JWK Set")
	errNoKeys     = errors.New("it has no key that signatures can be verified with")
)

// rsaAlgorithms are the signatures that an RSA key verifies. HMAC and none are in no
// list of algorithms.
var rsaAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}

// cognitoAlgorithms are those that Cognito signs with.
var cognitoAlgorithms = []jose.SignatureAlgorithm{jose.RS256}

// A verifyKey is a public key and what it verifies.
type verifyKey struct {
	id         string // "" for a key without one
	key        any    // *rsa.PublicKey or *ecdsa.PublicKey
	algorithms []jose.SignatureAlgorithm
}

// A keySet is the keys of an issuer. It never changes.
type keySet struct {
	keys []verifyKey
	read time.Time
}

// find returns the key that has to have signed a token: the one with the token's kid,
// else the only one that has no id. A token without a kid is of the only key that
// verifies its algorithm.
func (s *keySet) find(t *parsedToken) (*verifyKey, bool) {
	var unnamed, fitting *verifyKey
	for i := range s.keys {
		k := &s.keys[i]
		if !slices.Contains(k.algorithms, t.algorithm.name) {
			continue
		}
		switch {
		case t.hasKid && k.id != "" && k.id == t.kid:
			return k, true
		case fitting != nil && !t.hasKid, unnamed != nil && k.id == "":
			return nil, false
		}
		fitting = k
		if k.id == "" {
			unnamed = k
		}
	}
	if t.hasKid {
		return unnamed, unnamed != nil
	}
	return fitting, fitting != nil
}

// parseKeySet reads a JWK Set (RFC 7517). Keys that cannot verify what an issuer signs
// are passed over: those for encryption, of other types, too short ones, secret ones.
// It is an error when none is left. allowed, unless nil, are the algorithms that
// tokens of the issuer may have.
func parseKeySet(text []byte, allowed []jose.SignatureAlgorithm) (*keySet, error) {
	if len(text) > MaxKeySet {
		return nil, fmt.Errorf("it is longer than %d bytes", MaxKeySet)
	}
	raw, err := keysOf(text)
	if err != nil {
		return nil, err
	}
	set := &keySet{read: time.Now()}
	for _, text := range raw {
		key, ok := parseKey(text, allowed)
		if !ok || key.id != "" && slices.ContainsFunc(set.keys, func(k verifyKey) bool { return k.id == key.id && slices.Equal(k.algorithms, key.algorithms) }) {
			continue
		}
		set.keys = append(set.keys, key)
	}
	if len(set.keys) == 0 {
		return nil, errNoKeys
	}
	return set, nil
}

// keysOf returns the keys of a set as they stand there.
func keysOf(text []byte) (raw [][]byte, err error) {
	const depth = 8
	found := false
	r := jsontext.NewReader(text, depth, 0)
	key := func() error {
		kind, err := r.Peek()
		if err != nil || kind != jsontext.Object {
			return errKeySetForm
		}
		if len(raw) == maxKeys {
			return fmt.Errorf("it has more than %d keys", maxKeys)
		}
		from := r.Offset()
		if err := r.Skip(); err != nil {
			return errKeySetForm
		}
		raw = append(raw, text[from:r.Offset()])
		return nil
	}
	err = r.Object(func(name []byte) error {
		if string(name) != "keys" {
			return r.Skip()
		}
		if found {
			return errKeySetForm
		}
		found = true
		return r.Array(key)
	})
	if err == nil {
		err = r.End()
	}
	switch plain := plainForm(err); {
	case errors.Is(plain, errTokenForm), err == nil && !found:
		return nil, errKeySetForm
	default:
		return raw, err
	}
}

// parseKey reads a public key for signatures; ok is false for any other.
func parseKey(text []byte, allowed []jose.SignatureAlgorithm) (_ verifyKey, ok bool) {
	var jwk jose.JSONWebKey
	var use struct {
		Operations []string `json:"key_ops"`
	}
	if json.Unmarshal(text, &use) != nil || jwk.UnmarshalJSON(text) != nil || !jwk.Valid() || !jwk.IsPublic() {
		return verifyKey{}, false
	}
	if jwk.Use != "" && jwk.Use != "sig" || use.Operations != nil && !slices.Contains(use.Operations, "verify") {
		return verifyKey{}, false
	}
	k := verifyKey{id: jwk.KeyID, key: jwk.Key}
	for _, alg := range algorithmsOf(jwk.Key) {
		if (jwk.Algorithm == "" || jwk.Algorithm == string(alg)) && (allowed == nil || slices.Contains(allowed, alg)) {
			k.algorithms = append(k.algorithms, alg)
		}
	}
	return k, len(k.algorithms) > 0 && len(k.id) <= maxKeyID
}

// algorithmsOf are the signatures that a public key can verify; nil for a key that is
// too short, too long or of another type.
func algorithmsOf(key any) []jose.SignatureAlgorithm {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSABits && bits <= maxRSABits && key.E >= 3 && key.E%2 == 1 {
			return rsaAlgorithms
		}
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return []jose.SignatureAlgorithm{jose.ES256}
		case elliptic.P384():
			return []jose.SignatureAlgorithm{jose.ES384}
		case elliptic.P521():
			return []jose.SignatureAlgorithm{jose.ES512}
		}
	}
	return nil
}
