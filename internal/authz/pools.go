package authz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// PoolOptions are what Pools need of the process.
type PoolOptions struct {
	// Fetch gets the body of a URL, which has to be answered with 200 and without a
	// redirect, of most bytes at the most. It ends with ctx.
	Fetch func(ctx context.Context, url string, most int) ([]byte, error)

	// Log is told of keys that cannot be fetched; nil discards.
	Log *slog.Logger
}

// Pools are the user pools that deployments name, with the keys of those that are in
// use. They are safe for concurrent use.
type Pools struct {
	fetch      func(ctx context.Context, url string, most int) ([]byte, error)
	log        *slog.Logger
	cache      tokenCache
	background context.Context
	stop       context.CancelFunc
	settings   atomic.Pointer[PoolSettings]

	mu    sync.Mutex
	known map[string]weak.Pointer[Pool] // by ARN; a pool stays while a stage is bound to it
	swept int                           // how many were known after the last look for those that are gone
}

// PoolSettings say where tokens come from, and where their keys are.
type PoolSettings struct {
	Issuers []PoolIssuer

	// Endpoint stands in for Cognito, which has the keys of a pool at /{pool id}/.well-known/jwks.json;
	// "" is Cognito itself.
	Endpoint string
	// Local keeps calls from Cognito itself: a pool that no issuer is set for has no keys.
	Local bool
}

// NewPools makes Pools that fetch from Cognito itself.
func NewPools(o PoolOptions) *Pools {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pools{fetch: o.Fetch, log: o.Log, known: make(map[string]weak.Pointer[Pool])}
	p.background, p.stop = context.WithCancel(context.Background())
	p.settings.Store(new(PoolSettings))
	return p
}

// Close ends what goes on in the background. Keys are not fetched any more.
func (p *Pools) Close() { p.stop() }

// Configure takes settings over. Stages act by them when they are bound anew; pools
// for which nothing has changed keep their keys.
func (p *Pools) Configure(s *PoolSettings) { p.settings.Store(s) }

// Pool returns the pool of an ARN. There is always one: a pool that there are no keys
// of says why when they are needed.
func (p *Pools) Pool(arn string) *Pool {
	at := p.settings.Load().place(arn)
	p.mu.Lock()
	defer p.mu.Unlock()
	if pool := p.known[arn].Value(); pool != nil && pool.place.same(&at) {
		return pool
	}
	pool := &Pool{place: at, pools: p, keys: new(atomic.Pointer[keySet])}
	if at.file != nil {
		pool.keys = at.file.keys(at.cognito)
	}
	p.known[arn] = weak.Make(pool)
	p.sweep()
	return pool
}

// Setting returns what is set for the pool of an ARN: the key of PoolSettings.Issuers,
// "" for none.
func (p *Pools) Setting(arn string) string {
	if in, ok := p.settings.Load().issuer(arn); ok {
		return in.ARN
	}
	return ""
}

// sweep forgets pools that no stage is bound to any more, each time that there are twice
// as many as were left the last time.
func (p *Pools) sweep() {
	const few = 64
	if len(p.known) < 2*p.swept+few {
		return
	}
	for arn, pool := range p.known {
		if pool.Value() == nil {
			delete(p.known, arn)
		}
	}
	p.swept = len(p.known)
}

func (a *place) same(b *place) bool {
	if (a.nowhere == nil) != (b.nowhere == nil) || a.nowhere != nil && a.nowhere.Error() != b.nowhere.Error() {
		return false
	}
	return a.issuer == b.issuer && a.cognito == b.cognito && a.keysURL == b.keysURL && a.file == b.file
}

var (
	errPoolARN   = errors.New("it is no ARN of a user pool, such as arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_AbCdEfGhI")
	errNoPlace   = errors.New("no issuer is set for it, and Cognito itself is not called")
	errNoCognito = errors.New("no issuer is set for it, and where Cognito is in its partition and region is not known")
)

// cognitoRegion is a region that Cognito may be in.
var cognitoRegion = regexp.MustCompile(`^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$`)

// cognitoDomains are the domains of AWS's partitions.
var cognitoDomains = map[string]string{
	"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu",
	"aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov", "aws-iso-e": "cloud.adc-e.uk", "aws-iso-f": "csp.hci.ic.gov",
}

// place finds where the tokens of a pool come from.
func (s *PoolSettings) place(arn string) place {
	pool, ok := snapshot.ParseUserPool(arn)
	if !ok {
		return place{nowhere: fmt.Errorf("user pool %.200q: %w", arn, errPoolARN)}
	}
	domain := cognitoDomains[pool.Partition]
	known := domain != "" && cognitoRegion.MatchString(pool.Region)
	own := "https://cognito-idp." + pool.Region + "." + cmp.Or(domain, "amazonaws.com") + "/" + pool.ID
	const keys = "/.well-known/jwks.json"
	if set, ok := s.issuer(arn); ok {
		return set.place(own, strings.NewReplacer("{pool}", pool.ID, "{region}", pool.Region))
	}
	at := place{issuer: own, cognito: true, keysURL: own + keys}
	switch {
	case s.Endpoint != "":
		at.keysURL = strings.TrimSuffix(s.Endpoint, "/") + "/" + pool.ID + keys
	case s.Local:
		at.nowhere = fmt.Errorf("user pool %s: %w", arn, errNoPlace)
	case !known:
		at.nowhere = fmt.Errorf("user pool %s: %w", arn, errNoCognito)
	}
	return at
}

// issuer returns what is set for a pool: by its ARN, else by the pattern with the most
// to say.
func (s *PoolSettings) issuer(arn string) (*PoolIssuer, bool) {
	var found *PoolIssuer
	for i := range s.Issuers {
		in := &s.Issuers[i]
		switch {
		case in.ARN == arn:
			return in, true
		case in.matches(arn) && (found == nil || len(in.ARN) > len(found.ARN)):
			found = in
		}
	}
	return found, found != nil
}

// maxDiscovery bounds the document that says where an issuer's keys are, in bytes.
const maxDiscovery = 64 << 10

// discover asks an issuer where its keys are (OpenID Connect Discovery 1.0).
func (p *Pools) discover(ctx context.Context, issuer string) (string, error) {
	at := strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
	text, err := p.fetch(ctx, at, maxDiscovery)
	if err != nil {
		return "", fmt.Errorf("%s: %w", at, err)
	}
	var says, keys string
	const depth = 16
	r := jsontext.NewReader(text, depth, 0)
	err = r.Object(func(name []byte) (err error) {
		switch string(name) {
		case "issuer":
			says, err = r.Text()
		case "jwks_uri":
			keys, err = r.Text()
		default:
			err = r.Skip()
		}
		return err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: it is no discovery document", at)
	case says != issuer:
		return "", fmt.Errorf("%s: it is of the issuer %.200q", at, says)
	}
	if err := checkKeysURL(keys, issuer); err != nil {
		return "", fmt.Errorf("%s: jwks_uri: %w", at, err)
	}
	return keys, nil
}

// checkKeysURL checks where an issuer says that its keys are: what it says over https is
// not given up for what anybody in between may say.
func checkKeysURL(keys, issuer string) error {
	u, err := parseURL(keys)
	if err != nil {
		return err
	}
	if u.Scheme != "https" && strings.HasPrefix(issuer, "https:") {
		return fmt.Errorf("%.200q is not https", keys)
	}
	return nil
}

// parseURL reads an absolute URL of http or https that names nobody's password.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("%.200q is no URL such as https://login.example.com/", text)
	}
	return u, nil
}

// keys fetches a JWK Set.
func (p *Pools) keys(ctx context.Context, at string, allowed []jose.SignatureAlgorithm) (*keySet, error) {
	text, err := p.fetch(ctx, at, MaxKeySet)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	set, err := parseKeySet(text, allowed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	set.read = time.Now()
	return set, nil
}
