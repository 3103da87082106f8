package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/apimodel"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Service runs the control plane's operations on a store. It is safe for
// concurrent use.
type Service struct {
	store            *store.Store
	applied          func(ctx context.Context, of store.Scope, rev store.Revision) error
	log              *slog.Logger
	now              func() time.Time
	kinds            *kindSet
	schemas          *apimodel.Checker
	limits           Limits
	long             *places
	pages            *places         // of calls that read what may be large
	trees            *httpmsg.Budget // of the definitions that are imported or exported
	throttle         *throttle.Throttle
	invoke           func(context.Context, *Test) *TestResult
	invokeAuthorizer func(context.Context, *AuthorizerTest) *AuthorizerTestResult
	checkRole        func(uri, role string) error
	mayPass          func(who *wire.Caller, role string) error
	usage            Usage
	ownHost          func(name string) bool
	endpointOwner    func(id string) string
	stageURL         func(host, api, stage string) string
	truststore       func(ctx context.Context, uri, version string) ([]byte, error)

	keepDeployments int
	secrets         *secrets.Keyring
}

// Options says what a Service works with.
type Options struct {
	Store *store.Store

	// Applied waits until the data plane of this process serves everything of a
	// scope up to a revision, so that a request right after a call sees what it
	// did: everything of an API, what an account has beside its APIs, or, for the
	// zero Scope, everything. Nil means that no data plane runs here.
	Applied func(ctx context.Context, of store.Scope, rev store.Revision) error

	Limits Limits // the zero value bounds nothing

	// Throttle bounds how fast APIs are made, by their kind. Its Authorize is
	// for the server to call. Nil bounds nothing.
	Throttle *throttle.Throttle

	// Invoke calls a method for TestInvokeMethod, until ctx ends at the latest.
	// Nil means that no data plane runs here, and refuses the operation.
	Invoke func(ctx context.Context, test *Test) *TestResult

	// InvokeAuthorizer asks an authorizer for TestInvokeAuthorizer, as Invoke calls a
	// method for TestInvokeMethod.
	InvokeAuthorizer func(ctx context.Context, test *AuthorizerTest) *AuthorizerTestResult

	// CheckRole says why the data plane cannot call a URI of AWS under a role:
	// deployments that would have it do so are refused. It may be called by many
	// goroutines and does no I/O. Nil refuses none.
	CheckRole func(uri, role string) error

	// MayPass refuses a caller who may not give a role to API Gateway, which then calls
	// under it. It may be called by many goroutines and does no I/O. Nil is for a server
	// that knows no callers apart: everyone passes every role.
	MayPass func(who *wire.Caller, role string) error

	// Usage has the counts of calls by API keys. Nil means that nobody counts
	// here: no key has made a call, and UpdateUsage is refused.
	Usage Usage

	// OwnHost reports whether clients reach the control plane itself by a host name, in
	// lower case and without a port: no custom domain name may be one. It may be called
	// by many goroutines. Nil is for a control plane that shares no listener with stages.
	OwnHost func(name string) bool

	// VPCEndpointOwner is the account whose a VPC endpoint is: it alone may make access
	// associations with it. It is "" where every account may, and may be called by many
	// goroutines. Nil is for endpoints that are all nobody's.
	VPCEndpointOwner func(id string) string

	// StageURL is where clients find a stage, for the clients that GetSdk generates. host
	// is what its caller named as the control plane's host, with a port unless it is the
	// default one. It may be called by many goroutines. Nil is for a URL at AWS.
	StageURL func(host, api, stage string) string

	// Truststore reads the truststore at an s3:// URI, in the version that is named or, with
	// "", the newest. Its error goes to the client. Nil means that no data plane runs here,
	// and refuses mutual TLS.
	Truststore func(ctx context.Context, uri, version string) ([]byte, error)

	// KeepDeployments is how many deployments of each API are kept, beside those
	// that its stages use: when one is made, the oldest others go. 0 keeps all.
	KeepDeployments int

	// Secrets seals the private keys of certificates that are uploaded. Nil refuses such
	// certificates.
	Secrets *secrets.Keyring

	Log *slog.Logger     // nil discards
	Now func() time.Time // nil is time.Now
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{
		store: o.Store, applied: o.Applied, log: o.Log, now: o.Now, kinds: newKindSet(kindTable()), schemas: apimodel.NewChecker(), limits: o.Limits,
		long: newPlaces(placesAtOnce, 1), pages: newPlaces(pagesAtOnce, ownPages), trees: httpmsg.NewBudget(treeBytes), throttle: o.Throttle,
		invoke: o.Invoke, invokeAuthorizer: o.InvokeAuthorizer, checkRole: o.CheckRole, mayPass: o.MayPass, usage: o.Usage, ownHost: o.OwnHost, endpointOwner: o.VPCEndpointOwner, stageURL: o.StageURL,
		truststore: o.Truststore, keepDeployments: o.KeepDeployments, secrets: o.Secrets,
	}
	if s.applied == nil {
		s.applied = func(context.Context, store.Scope, store.Revision) error { return nil }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// read runs fn on one snapshot of the caller's documents. api is the API that
// the call is about, "" for none.
func read[T any](ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) (*T, error)) (*T, error) {
	var out *T
	err := s.store.Read(ctx, func(t *store.Tx) (err error) {
		out, err = fn(s.tx(t, who, api))
		return err
	})
	return out, tookTooLong(err)
}

// readPage is read for what may be large: a listing of large items, or all that an
// API defines. A few run at once, so that a storm of them takes neither memory nor the
// store's readers from others.
func readPage[T any](ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) (*T, error)) (*T, error) {
	ctx, leave, err := s.pages.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	return read(ctx, s, who, api, fn)
}

// write runs fn in a transaction that is about one API, "" for none, and
// returns when what it did is durable and, where it changes what is served,
// served. fn may run more than once.
func write[T any](ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) (*T, error)) (*T, error) {
	return writeBy(ctx, s, s.store.Write, who, api, fn)
}

// writeAhead is write for what takes longer the larger the API is, or its input:
// fn runs before its turn, so that it keeps no other call waiting, and few do so
// at once.
func writeAhead[T any](ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) (*T, error)) (*T, error) {
	return writeBy(ctx, s, s.ahead, who, api, fn)
}

// ahead is Store.WriteAhead in a place of the account's.
func (s *Service) ahead(ctx context.Context, scope store.Scope, fn func(*store.Tx) error) (store.Revision, error) {
	ctx, leave, err := s.long.enter(ctx, scope.Account)
	if err != nil {
		return 0, err
	}
	defer leave()
	return s.store.WriteAhead(ctx, scope, fn)
}

// writeBriefly is writeAhead for what seldom takes long: it is tried in its turn
// first, where it needs no place. fn then has tx.brief set, and returns
// store.ErrTimeout if it would take long where the store does not notice.
func writeBriefly[T any](ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) (*T, error)) (*T, error) {
	brief := true
	run := func(ctx context.Context, scope store.Scope, fn func(*store.Tx) error) (store.Revision, error) {
		rev, err := s.store.WriteBriefly(ctx, scope, fn)
		if !errors.Is(err, store.ErrTimeout) {
			return rev, err
		}
		brief = false
		return s.ahead(ctx, scope, fn)
	}
	return writeBy(ctx, s, run, who, api, func(t *tx) (*T, error) {
		t.brief = brief
		return fn(t)
	})
}

// A writer is one of the ways in which the store runs transactions.
type writer func(context.Context, store.Scope, func(*store.Tx) error) (store.Revision, error)

func writeBy[T any](ctx context.Context, s *Service, run writer, who *wire.Caller, api string, fn func(*tx) (*T, error)) (*T, error) {
	var out *T
	scope := store.Scope{Account: who.Account, Region: who.Region, API: api}
	rev, err := run(ctx, scope, func(t *store.Tx) (err error) {
		out, err = fn(s.tx(t, who, api))
		return err
	})
	if err != nil || rev == 0 {
		return out, tookTooLong(err)
	}
	if err = s.applied(ctx, scope, rev); errors.Is(err, context.DeadlineExceeded) {
		err = wire.ServiceUnavailable("The request was done, but is not served yet")
	}
	return out, err
}

// tookTooLong is the answer to a call whose transaction was given up.
func tookTooLong(err error) error {
	switch {
	case errors.Is(err, store.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return wire.ServiceUnavailable("The request took too long and was undone")
	case errors.Is(err, store.ErrOvertaken):
		return errConcurrent()
	case errors.Is(err, store.ErrUnknown):
		return fmt.Errorf("%w: %w", wire.ServiceUnavailable("The database does not answer, and it is not known whether the request was done"), err)
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w: %w", wire.ServiceUnavailable("The database does not answer, and nothing was done"), err)
	case errors.Is(err, store.ErrFull):
		return fmt.Errorf("%w: %w", wire.ServiceUnavailable("The database has no space left, and nothing was done"), err)
	}
	return err
}

func errConcurrent() error {
	return wire.Conflict("Unable to complete operation due to concurrent modification. Please try again later.")
}

// writeEmpty is write for operations without a response body.
func writeEmpty(ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) error) (*wire.Empty, error) {
	return write(ctx, s, who, api, func(t *tx) (*wire.Empty, error) { return &wire.Empty{}, fn(t) })
}

// writeAheadEmpty is writeAhead for operations without a response body.
func writeAheadEmpty(ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) error) (*wire.Empty, error) {
	return writeAhead(ctx, s, who, api, func(t *tx) (*wire.Empty, error) { return &wire.Empty{}, fn(t) })
}

// writeBrieflyEmpty is writeBriefly for operations without a response body.
func writeBrieflyEmpty(ctx context.Context, s *Service, who *wire.Caller, api string, fn func(*tx) error) (*wire.Empty, error) {
	return writeBriefly(ctx, s, who, api, func(t *tx) (*wire.Empty, error) { return &wire.Empty{}, fn(t) })
}

func (s *Service) tx(t *store.Tx, who *wire.Caller, api string) *tx {
	return &tx{Tx: t, svc: s, who: who, api: api, now: wire.At(s.now())}
}
