package acmecert

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// The kinds of the documents, which are the server's own: certificates by name, and keys
// of accounts by the digest of the authority's directory.
const (
	kindCertificate = "acmeCertificate"
	kindAccount     = "acmeAccount"
)

// A shelf keeps certificates and keys of accounts in the store.
type shelf struct {
	store  *store.Store
	keys   *secrets.Keyring
	shared bool // certificates are published, for other processes
}

// A kept document is a certificate with its key, or an account's key.
type kept struct {
	Directory string    `json:"directory"`          // URL of the authority's
	Chain     [][]byte  `json:"chain,omitempty"`    // DER, the server's own first
	Key       string    `json:"key"`                // sealed; PKCS #8
	NotBefore time.Time `json:"notBefore,omitzero"` // of the certificate
	NotAfter  time.Time `json:"notAfter,omitzero"`  // of the certificate
}

// about is what the sealed key of a document is about.
func about(kind, id string) string { return kind + " " + id }

var errNoCertificate = errors.New("it is no certificate")

// errUnreadable says that a document is none of ours.
var errUnreadable = errors.New("what is kept of it cannot be read")

// read returns a document, store.ErrNotFound where there is none.
func (s *shelf) read(ctx context.Context, kind, id string) (*kept, error) {
	out := new(kept)
	err := s.store.Read(ctx, func(tx *store.Tx) error {
		doc, err := tx.Get(store.Key{Kind: kind, ID: id})
		if err != nil {
			return err
		}
		if json.Unmarshal(doc, out) != nil {
			return errUnreadable
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// save seals a key and writes its document.
func (s *shelf) save(ctx context.Context, kind, id string, k kept, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	k.Key = s.keys.Seal(der, about(kind, id))
	doc, err := json.Marshal(&k)
	if err != nil {
		return err
	}
	_, err = s.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error { return s.put(tx, kind, id, doc, &k) })
	return err
}

// put writes a document, and has other processes told of a certificate.
func (s *shelf) put(tx *store.Tx, kind, id string, doc []byte, k *kept) error {
	if err := tx.Put(store.Key{Kind: kind, ID: id}, doc); err != nil || kind != kindCertificate || !s.shared {
		return err
	}
	data, err := snapshot.Encode(snapshot.ServedIssued, &snapshot.Issued{Name: id, Chain: k.Chain, Key: k.Key})
	if err != nil {
		return err
	}
	return tx.Publish(store.Served{Kind: snapshot.ServedIssued, ID: id, Data: data})
}

// open opens the key of a document.
func (s *shelf) open(kind, id string, k *kept) (crypto.Signer, error) {
	der, err := s.keys.Open(k.Key, about(kind, id))
	if err != nil {
		return nil, fmt.Errorf("its private key: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("its private key is none")
	}
	return signer, nil
}

// certificate returns that of a name as handshakes show it, nil for none.
func (s *shelf) certificate(ctx context.Context, name string) (*tls.Certificate, error) {
	k, err := s.read(ctx, kindCertificate, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := s.open(kindCertificate, name, k)
	if err != nil {
		return nil, err
	}
	if len(k.Chain) == 0 {
		return nil, errNoCertificate
	}
	return &tls.Certificate{Certificate: k.Chain, PrivateKey: key}, nil // without Leaf, which handshakes do not need, and which is most of the memory
}

// account returns the key of the account at an authority, which is made when it is first
// wanted, or where that which is kept cannot be opened.
func (s *shelf) account(ctx context.Context, directory string) (crypto.Signer, error) {
	sum := sha256.Sum256([]byte(directory))
	id := hex.EncodeToString(sum[:])
	k, err := s.read(ctx, kindAccount, id)
	if err == nil {
		if key, err := s.open(kindAccount, id, k); err == nil {
			return key, nil
		}
	} else if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, errUnreadable) {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return key, s.save(ctx, kindAccount, id, kept{Directory: directory}, key)
}

// pageBytes is how much is read of the store at once.
const pageBytes = 1 << 20

// sweep goes through all documents: what another key has sealed is sealed again, and
// certificates go that have expired.
func (s *shelf) sweep(ctx context.Context, now time.Time) error {
	for _, kind := range []string{kindAccount, kindCertificate} {
		for after, more := "", true; more; {
			var rows []store.Row
			err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
				rows, err = tx.List("", "", kind, "", after, store.Limit{Bytes: pageBytes})
				return err
			})
			if err != nil {
				return err
			}
			if more = len(rows) > 0; more {
				after = rows[len(rows)-1].ID
			}
			for _, row := range rows {
				if err := s.tidy(ctx, kind, row, now); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// told reports whether other processes know the certificate of a name, as they do of all but
// those from before there were others.
func (s *shelf) told(ctx context.Context, name string) bool {
	_, err := s.store.Served(ctx, snapshot.ServedIssued, name)
	return !errors.Is(err, store.ErrNotFound)
}

// tidy is sweep for one document. One that nobody can open is left: its certificate is
// issued again when it is wanted.
func (s *shelf) tidy(ctx context.Context, kind string, row store.Row, now time.Time) error {
	var k kept
	if err := json.Unmarshal(row.Doc, &k); err != nil {
		return nil
	}
	var next []byte // nil deletes it
	switch {
	case kind == kindCertificate && now.After(k.NotAfter):
	case secrets.KeyOf(k.Key) == s.keys.Current() && (kind != kindCertificate || !s.shared || s.told(ctx, row.ID)):
		return nil
	default:
		der, err := s.keys.Open(k.Key, about(kind, row.ID))
		if err != nil {
			return nil
		}
		k.Key = s.keys.Seal(der, about(kind, row.ID))
		if next, err = json.Marshal(&k); err != nil {
			return err
		}
	}
	_, err := s.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		key := store.Key{Kind: kind, ID: row.ID}
		switch doc, err := tx.Get(key); {
		case errors.Is(err, store.ErrNotFound), err == nil && !bytes.Equal(doc, row.Doc): // there is another meanwhile
			return nil
		case err != nil:
			return err
		case next == nil:
			return errors.Join(tx.Delete(key), tx.Retract(snapshot.ServedIssued, row.ID))
		}
		return s.put(tx, kind, row.ID, next, &k)
	})
	return err
}
