package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
)

// identityPools are the user pools whose tokens let callers in, with the files of keys
// that the configuration names. The files are read again when they change.
type identityPools struct {
	pools *authz.Pools
	log   *slog.Logger

	mu       sync.Mutex
	settings authz.PoolSettings // without what has been read of files
	keys     authz.KeyFiles
	files    map[string]os.FileInfo // as they were when they were read
	wrong    string                 // why the last reading failed, as the log was told; "" where it did not
	start    func()                 // has the files watched; nil once they are, and before there is a server
}

// newIdentityPools reads the files that a configuration names. Nothing is fetched yet.
func newIdentityPools(c *config, log *slog.Logger) (*identityPools, error) {
	p := &identityPools{pools: authz.NewPools(authz.PoolOptions{Fetch: newKeyFetcher(), Log: log}), log: log}
	commit, err := p.prepare(c)
	if err != nil {
		return nil, err
	}
	commit()
	return p, nil
}

// prepare is a livePart: it reads the files.
func (p *identityPools) prepare(c *config) (func(), error) {
	issuers, err := c.poolIssuers()
	if err != nil {
		return nil, fmt.Errorf("identity-pools: %w", err)
	}
	settings := authz.PoolSettings{
		Issuers: issuers, Local: !c.AWS,
		Endpoint: cmp.Or(c.AWSEndpoints["cognito-idp"], c.AWSEndpointURL, c.AWSEndpoints[othersEndpoint]),
	}
	before := look(keyFiles(issuers))
	p.mu.Lock()
	defer p.mu.Unlock()
	with, take, err := p.keys.Read(issuers, readKeyFile)
	if err != nil {
		return nil, fmt.Errorf("identity-pools: %w", err)
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		take()
		p.settings, p.files, p.wrong = settings, before, ""
		used := settings
		used.Issuers = with
		p.pools.Configure(&used)
		p.startWatch()
	}, nil
}

// watch has the files watched from now on, as soon as there are some, until ctx ends.
func (p *identityPools) watch(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start = func() { go watch(ctx, newNotifier(), p) }
	p.startWatch()
}

func (p *identityPools) startWatch() {
	if p.start != nil && len(p.files) > 0 {
		p.start()
		p.start = nil
	}
}

// seen is for watch.
func (p *identityPools) seen() map[string]os.FileInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.files
}

// reload is for watch: files that cannot be read change nothing.
func (p *identityPools) reload(context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readAgain()
}

// retry is for watch.
func (p *identityPools) retry(context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong != "" {
		p.readAgain()
	}
}

// readAgain is reload. The caller holds p.mu.
func (p *identityPools) readAgain() {
	p.files = look(keyFiles(p.settings.Issuers))
	_, take, err := p.keys.Read(p.settings.Issuers, readKeyFile)
	if err != nil {
		if err.Error() != p.wrong {
			p.wrong = err.Error()
			p.log.Error("changed keys of identity-pools cannot be read: those that were read before stay", "error", err)
		}
		return
	}
	p.wrong = ""
	take()
	p.log.Info("changed keys of identity-pools are read again")
}

// poolIssuers reads the setting.
func (c *config) poolIssuers() ([]authz.PoolIssuer, error) {
	var list []authz.PoolIssuer
	known := make(map[string]bool)
	for _, pair := range c.IdentityPools {
		arn, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("%q is no ARN=ISSUER", brief(pair))
		}
		in, err := authz.ParsePoolIssuer(arn, value)
		if err != nil {
			return nil, err
		}
		if known[in.ARN] {
			return nil, fmt.Errorf("%s is given twice", brief(in.ARN))
		}
		known[in.ARN] = true
		list = append(list, in)
	}
	return list, nil
}

func checkIdentityPools(c *config) error {
	_, err := c.poolIssuers()
	return err
}

func keyFiles(issuers []authz.PoolIssuer) []string {
	var names []string
	for _, in := range issuers {
		if in.File != "" {
			names = append(names, in.File)
		}
	}
	return names
}

// readKeyFile reads a file of keys. One that is larger than a JWK Set may be is refused
// by what reads it.
func readKeyFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, authz.MaxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	return text, nil
}

var (
	errRedirected = errors.New("it answers with a redirect, which is not followed")
	errLong       = errors.New("its answer is too long")
)

// newKeyFetcher makes the authz.PoolOptions.Fetch that gets the documents of issuers.
func newKeyFetcher() func(ctx context.Context, url string, most int) ([]byte, error) {
	const headTime, headBytes, connections = 5 * time.Second, 64 << 10, 4
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout, transport.MaxResponseHeaderBytes = headTime, headBytes
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = connections, 1
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected }}
	return func(ctx context.Context, url string, most int) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Accept", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return nil, errors.Unwrap(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("it answers %s", resp.Status)
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
		if err == nil && len(text) > most {
			err = errLong
		}
		return text, err
	}
}
