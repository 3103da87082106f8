package acmecert

import (
	"crypto/tls"
	"strings"
	"sync"
)

// Protocol is what an authority's handshake asks for (ALPN) by which it looks whether a
// name leads here (RFC 8737).
const Protocol = "acme-tls/1"

// pathOfTokens begins the paths by which an authority looks whether a name leads here
// without TLS (RFC 8555, 8.3).
const pathOfTokens = "/.well-known/acme-challenge/"

// A Challenges has the answers to an authority's questions that are under way. The zero
// one has none. It is safe for concurrent use.
type Challenges struct {
	mu     sync.RWMutex
	certs  map[string]*tls.Certificate // by the name that is asked for
	tokens map[string]string           // answers by path
}

// Certificate is the answer to a handshake that asks for Protocol and a name, nil for none.
func (c *Challenges) Certificate(name string) *tls.Certificate {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.certs[strings.ToLower(name)]
}

// Token is the answer to a request without TLS for a path. It is false for paths of which
// no authority asks now.
func (c *Challenges) Token(path string) (string, bool) {
	if !strings.HasPrefix(path, pathOfTokens) {
		return "", false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	answer, ok := c.tokens[path]
	return answer, ok
}

// setCertificate answers handshakes for a name; nil no longer does.
func (c *Challenges) setCertificate(name string, cert *tls.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.certs == nil {
		c.certs = make(map[string]*tls.Certificate)
	}
	if c.certs[name] = cert; cert == nil {
		delete(c.certs, name)
	}
}

// setToken answers requests for a path; "" no longer does.
func (c *Challenges) setToken(path, answer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		c.tokens = make(map[string]string)
	}
	if c.tokens[path] = answer; answer == "" {
		delete(c.tokens, path)
	}
}
