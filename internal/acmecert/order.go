package acmecert

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// The challenges that are answered, in the order in which they are tried.
const (
	byTLS  = "tls-alpn-01"
	byHTTP = "http-01"
)

// A certificate is one that an authority has issued.
type certificate struct {
	chain [][]byte // DER, the server's own first
	leaf  *x509.Certificate
	key   crypto.Signer
}

// An authority issues certificates. It is safe for concurrent use.
type authority struct {
	client     *acme.Client
	contact    []string // URLs
	challenges *Challenges
	account    func(context.Context) (crypto.Signer, error)

	// publish has the answer to a challenge known to other processes, with a nil one no
	// longer; nil where there are none.
	publish func(ctx context.Context, key string, c *snapshot.Challenge, cert *tls.Certificate) error

	mu         sync.Mutex
	registered bool
}

// register makes the account known to the authority, once.
func (a *authority) register(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.registered {
		return nil
	}
	if a.client.Key == nil { // later, other calls read it
		key, err := a.account(ctx)
		if err != nil {
			return fmt.Errorf("the account's key: %w", err)
		}
		a.client.Key = key
	}
	_, err := a.client.Register(ctx, &acme.Account{Contact: a.contact}, acme.AcceptTOS)
	if err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return fmt.Errorf("the account: %w", err)
	}
	a.registered = true
	return nil
}

// forget has the account made known again where the authority does not know it any more.
func (a *authority) forget(err error) {
	var refused *acme.Error
	if errors.As(err, &refused) && strings.HasSuffix(refused.ProblemType, ":accountDoesNotExist") {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.registered = false
	}
}

// issue has the authority issue a certificate for a name, which answers one kind of
// challenge, or another where the authority does not offer that.
func (a *authority) issue(ctx context.Context, name, kind string) (*certificate, error) {
	if err := a.register(ctx); err != nil {
		return nil, err
	}
	order, err := a.client.AuthorizeOrder(ctx, acme.DomainIDs(name))
	if err != nil {
		a.forget(err)
		return nil, err
	}
	for _, url := range order.AuthzURLs {
		if err := a.prove(ctx, url, name, kind); err != nil {
			return nil, err
		}
	}
	if order, err = a.client.WaitOrder(ctx, order.URI); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, key)
	if err != nil {
		return nil, err
	}
	chain, _, err := a.client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return nil, err
	}
	return checked(chain, name, key, time.Now())
}

// prove answers a challenge of an authorization that is open.
func (a *authority) prove(ctx context.Context, url, name, kind string) error {
	open, err := a.client.GetAuthorization(ctx, url)
	if err != nil {
		return err
	}
	if open.Status == acme.StatusValid {
		return nil
	}
	challenge := choose(open.Challenges, kind)
	if challenge == nil {
		return errors.New("the authority offers neither tls-alpn-01 nor http-01")
	}
	withdraw, err := a.present(ctx, challenge, name)
	if withdraw != nil {
		defer withdraw()
	}
	if err != nil {
		return err
	}
	if _, err = a.client.Accept(ctx, challenge); err == nil {
		_, err = a.client.WaitAuthorization(ctx, url)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", challenge.Type, err)
	}
	return nil
}

// choose is the challenge of a kind, or one of those that are answered at all.
func choose(offered []*acme.Challenge, kind string) *acme.Challenge {
	for _, k := range []string{kind, byTLS, byHTTP} {
		if i := slices.IndexFunc(offered, func(c *acme.Challenge) bool { return c.Type == k }); i >= 0 {
			return offered[i]
		}
	}
	return nil
}

// present answers a challenge until withdraw is called.
func (a *authority) present(ctx context.Context, c *acme.Challenge, name string) (withdraw func(), err error) {
	if c.Type == byHTTP {
		answer, err := a.client.HTTP01ChallengeResponse(c.Token)
		path := a.client.HTTP01ChallengePath(c.Token)
		if err != nil {
			return nil, err
		}
		a.challenges.setToken(path, answer)
		return func() { a.tell(ctx, path, nil, nil); a.challenges.setToken(path, "") }, a.tell(ctx, path, &snapshot.Challenge{Key: path, Answer: answer}, nil)
	}
	cert, err := a.client.TLSALPN01ChallengeCert(c.Token, name)
	if err != nil {
		return nil, err
	}
	a.challenges.setCertificate(name, &cert)
	return func() { a.tell(ctx, name, nil, nil); a.challenges.setCertificate(name, nil) }, a.tell(ctx, name, &snapshot.Challenge{Key: name}, &cert)
}

// tell has other processes know an answer, or know it no longer. Of the latter nobody is
// told an error: the answer is of no use without a question.
func (a *authority) tell(ctx context.Context, key string, c *snapshot.Challenge, cert *tls.Certificate) error {
	if a.publish == nil {
		return nil
	}
	if c == nil {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := a.publish(ctx, key, c, cert); err != nil {
		return fmt.Errorf("tell other servers of the challenge: %w", err)
	}
	return nil
}

// maxChain is how many certificates a chain may have.
const maxChain = 8

// checked wants what an authority has issued to be a certificate for the name and key that
// has not expired.
func checked(chain [][]byte, name string, key *ecdsa.PrivateKey, now time.Time) (*certificate, error) {
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("the authority's chain has %d certificates, of at most %d", len(chain), maxChain)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, errors.New("the authority's certificate cannot be read")
	}
	if err := leaf.VerifyHostname(name); err != nil || !key.PublicKey.Equal(leaf.PublicKey) || !leaf.NotAfter.After(leaf.NotBefore) {
		return nil, errors.New("the authority's certificate is another one than was asked for")
	}
	if now.After(leaf.NotAfter) {
		return nil, fmt.Errorf("the authority's certificate has expired at %s by the clock of this machine", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return &certificate{chain, leaf, key}, nil
}
