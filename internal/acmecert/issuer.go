package acmecert

import (
	"cmp"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// Options are what an Issuer is made of.
type Options struct {
	Client  *acme.Client // of the authority, without a key
	Contact []string     // URLs, such as mailto:ops@example.com; none is needed
	HTTP    bool         // requests without TLS are answered, too (http-01)

	Store *store.Store
	Keys  *secrets.Keyring // which seal private keys

	// Names are those that want a certificate now, in lower case and without wildcards.
	Names func() []string
	// Changed tells that Names may have changed.
	Changed <-chan struct{}
	// Shared is that other processes show the certificates, too, and answer challenges: both
	// are published. Told waits until they know what was published up to a revision.
	Shared bool
	Told   func(ctx context.Context, rev store.Revision)
	// Leads reports whether this process is the one of all that has certificates issued;
	// nil is that it is.
	Leads func() bool
	// Issued is called when a name has another certificate.
	Issued func(name string)

	Log *slog.Logger
}

// An Issuer has certificates issued for the names that want one, while it runs. Its methods
// are safe for concurrent use.
type Issuer struct {
	Challenges

	opts      Options
	shelf     shelf
	published published
	directory string // URL
	obtain    func(ctx context.Context, name, kind string) (*certificate, error)
	ended     chan struct{} // a value for each issue that has ended

	mu     sync.Mutex
	names  map[string]*state
	busy   int       // names that are being issued for
	paused time.Time // until when the authority wants to be left alone
	worked string    // the kind of challenge that the authority has last taken the answer of
}

// A state is what is known of a name that wants a certificate.
type state struct {
	until    time.Time // when its certificate expires; zero for none
	next     time.Time // when it is issued for
	failures int       // since a certificate was issued
	err      string    // of the last failure; "" for none
	busy     bool
}

// A Failure is a name whose certificate could not be had, or not be renewed.
type Failure struct {
	Name  string
	Error string
	Until time.Time // when the certificate expires that it has; zero for none
	Next  time.Time // when the next try is
}

// What bounds the work of an Issuer.
const (
	issueTime    = 3 * time.Minute  // for one certificate
	storeTime    = 10 * time.Second // for the store
	issuesAtOnce = 4
	lookEvery    = 10 * time.Minute // at the names, which certificates of files may have, too
	sweepEvery   = 24 * time.Hour
	longestPause = time.Hour // that an authority is granted
	longestError = 400       // bytes
)

// backoff are the times between tries for one name, the last for all behind. Authorities
// count failures: Let's Encrypt takes five an hour.
var backoff = [...]time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour}

// New makes an Issuer. Nothing is issued before Run.
func New(o Options) *Issuer {
	i := &Issuer{
		opts: o, shelf: shelf{o.Store, o.Keys, o.Shared}, directory: o.Client.DirectoryURL,
		ended: make(chan struct{}, issuesAtOnce), names: make(map[string]*state), worked: byTLS,
	}
	a := &authority{client: o.Client, contact: o.Contact, challenges: &i.Challenges}
	a.account = func(ctx context.Context) (crypto.Signer, error) { return i.shelf.account(ctx, i.directory) }
	if o.Shared {
		a.publish = i.shelf.publisher(o.Told)
	}
	i.obtain = a.issue
	return i
}

// Certificate returns that of a name, nil where there is none: as it was published or, where
// that is not known, as it is in the store.
func (i *Issuer) Certificate(ctx context.Context, name string) (*tls.Certificate, error) {
	if cert, err := i.shared(name); cert != nil || err != nil {
		return cert, err
	}
	return i.shelf.certificate(ctx, name)
}

// Has reports whether a name has a certificate that is valid now.
func (i *Issuer) Has(name string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	st := i.names[name]
	return st != nil && time.Now().Before(st.until)
}

// Failures are the names whose last try has failed, in order.
func (i *Issuer) Failures() []Failure {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []Failure
	for name, st := range i.names {
		if st.err != "" {
			out = append(out, Failure{name, st.err, st.until, st.next})
		}
	}
	slices.SortFunc(out, func(a, b Failure) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Run has certificates issued and renewed until ctx ends.
func (i *Issuer) Run(ctx context.Context) {
	var issues sync.WaitGroup
	defer issues.Wait()
	var swept time.Time
	for {
		wait := leadEvery
		if i.opts.Leads == nil || i.opts.Leads() {
			if now := time.Now(); now.Sub(swept) >= sweepEvery {
				swept = now
				i.told(i.shelf.sweep(ctx, now))
			}
			i.follow(ctx)
			wait = i.begin(ctx, &issues)
			if i.opts.Leads != nil {
				wait = min(wait, time.Minute)
			}
		} else {
			i.rest()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-i.opts.Changed:
		case <-i.ended:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// leadEvery is how often a process looks whether it has become the one that has certificates
// issued.
const leadEvery = 5 * time.Second

// rest forgets what is known of names, which another process sees to: it is read again when
// this one does.
func (i *Issuer) rest() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for name, st := range i.names {
		if !st.busy {
			delete(i.names, name)
		}
	}
}

// told has the log tell of a failure of the store.
func (i *Issuer) told(err error) {
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
		i.opts.Log.Error("certificates of the ACME authority cannot be looked through", "error", err)
	}
}

// follow takes up names that want a certificate, and drops those that do not any more.
func (i *Issuer) follow(ctx context.Context) {
	wanted := i.opts.Names()
	keep := make(map[string]bool, len(wanted))
	var fresh []string
	i.mu.Lock()
	for _, name := range wanted {
		if keep[name] = true; i.names[name] == nil {
			fresh = append(fresh, name)
		}
	}
	for name, st := range i.names {
		if !keep[name] && !st.busy {
			delete(i.names, name)
		}
	}
	i.mu.Unlock()
	for _, name := range fresh {
		st := i.stateOf(ctx, name)
		if st == nil {
			return // all that are left are looked at again
		}
		i.mu.Lock()
		i.names[name] = st
		i.mu.Unlock()
	}
}

// stateOf is what the store knows of a name, nil where the store cannot be read: there may
// be a certificate. One of another authority, or whose key cannot be opened, is replaced.
func (i *Issuer) stateOf(ctx context.Context, name string) *state {
	bounded, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	k, err := i.shelf.read(bounded, kindCertificate, name)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, errUnreadable):
		return new(state)
	case err != nil:
		i.told(err)
		return nil
	}
	if _, err := i.shelf.open(kindCertificate, name, k); err != nil {
		return new(state)
	}
	st := &state{until: k.NotAfter}
	if k.Directory == i.directory {
		st.next = renewal(k.NotBefore, k.NotAfter)
	}
	return st
}

// renewal is when a certificate is renewed: when a third of its time is left.
func renewal(notBefore, notAfter time.Time) time.Time {
	return notAfter.Add(-notAfter.Sub(notBefore) / 3)
}

// nextRenewal is renewal for a certificate that has just been issued. One whose time is
// over for the most part, since it is short or this machine's clock is wrong, is kept for a
// half of what is left, and a minute at least: the next would be no better.
func nextRenewal(leaf *x509.Certificate, now time.Time) time.Time {
	least := max(leaf.NotAfter.Sub(now)/2, backoff[0])
	return maxTime(renewal(leaf.NotBefore, leaf.NotAfter), now.Add(least))
}

// begin begins to issue for the names whose time has come, those first that have waited
// longest, and returns how long it is to the next.
func (i *Issuer) begin(ctx context.Context, issues *sync.WaitGroup) time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	if wait := i.paused.Sub(now); wait > 0 {
		return wait
	}
	wait := lookEvery
	var due []string
	for name, st := range i.names {
		switch until := st.next.Sub(now); {
		case st.busy:
		case until <= 0:
			due = append(due, name)
		default:
			wait = min(wait, until)
		}
	}
	slices.SortFunc(due, func(a, b string) int { return cmp.Or(i.names[a].next.Compare(i.names[b].next), strings.Compare(a, b)) })
	for _, name := range due {
		if i.busy == issuesAtOnce {
			break // the end of one goes on with the next
		}
		st := i.names[name]
		st.busy = true
		i.busy++
		kind := i.kind(st)
		issues.Go(func() {
			i.issue(ctx, name, kind)
			select {
			case i.ended <- struct{}{}:
			default: // Run knows already
			}
		})
	}
	return wait
}

// kind is the challenge of the next try for a name: the one that has worked last for any,
// and the other one after a failure.
func (i *Issuer) kind(st *state) string {
	if !i.opts.HTTP {
		return byTLS
	}
	if st.failures%2 == 0 {
		return i.worked
	}
	if i.worked == byTLS {
		return byHTTP
	}
	return byTLS
}

// issue tries once to have a certificate for a name.
func (i *Issuer) issue(ctx context.Context, name, kind string) {
	bounded, cancel := context.WithTimeout(ctx, issueTime)
	defer cancel()
	cert, err := i.obtain(bounded, name, kind)
	if err == nil {
		err = i.shelf.save(bounded, kindCertificate, name, kept{Directory: i.directory, Chain: cert.chain, NotBefore: cert.leaf.NotBefore, NotAfter: cert.leaf.NotAfter}, cert.key)
	}
	if err == nil {
		i.opts.Issued(name)
	}
	i.note(ctx, name, kind, cert, err)
}

// note keeps what came of a try, and has the log tell it.
func (i *Issuer) note(ctx context.Context, name, kind string, cert *certificate, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.busy--
	st := i.names[name]
	st.busy = false
	if err == nil {
		*st = state{until: cert.leaf.NotAfter, next: nextRenewal(cert.leaf, time.Now())}
		i.worked = kind
		i.opts.Log.Info("a certificate is issued", "name", name, "until", st.until)
		return
	}
	if ctx.Err() != nil {
		return // the server stops
	}
	now := time.Now()
	st.next = now.Add(backoff[min(st.failures, len(backoff)-1)])
	st.failures++
	st.err = short(err)
	if wait, limited := rateLimit(err); limited {
		i.paused = now.Add(min(max(wait, backoff[0]), longestPause))
		st.next = maxTime(st.next, i.paused)
	}
	log := i.opts.Log.With("name", name, "error", st.err, "next", st.next)
	if !st.until.IsZero() {
		log = log.With("until", st.until) // it has one until then
	}
	log.Error("no certificate could be had")
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// rateLimit reports whether an authority refuses for now, and for how long it says.
func rateLimit(err error) (time.Duration, bool) {
	var refused *acme.Error
	if !errors.As(err, &refused) {
		return 0, false
	}
	return acme.RateLimit(refused)
}

// short is the text of an error, on one line.
func short(err error) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "")), " ")
	if len(text) > longestError {
		text = strings.ToValidUTF8(text[:longestError], "") + "…"
	}
	return text
}
