package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/nodes"
	"github.com/gatehouse-gw/gatehouse/internal/replica"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A cluster is what a process has of the others that share its database: nil where it
// shares none, whose methods are those of a process alone.
type cluster struct {
	source *replica.Source  // of what is served
	keys   *secrets.Keyring // nil for none
	nodes  *nodes.Registry
	wait   time.Duration // for all nodes to serve a change
	log    *slog.Logger
	stop   context.CancelFunc // ends the lease
	ended  chan struct{}      // closed when it has ended
}

// servedDir is the directory in the data directory with the copy of what is served.
const servedDir = "served"

// openCluster makes what a process has of the others, nil without a database.
func (c *config) openCluster(ctx context.Context, st *store.Store, keys *secrets.Keyring, log *slog.Logger) (*cluster, error) {
	if c.Database == "" {
		return nil, nil
	}
	source, err := replica.Open(ctx, replica.Options{Database: st, Dir: filepath.Join(c.DataDir, servedDir), Keys: keys, Lazy: feed.Lazy(), Log: log})
	if err != nil {
		return nil, err
	}
	return &cluster{source: source, keys: keys, wait: c.WaitForNodes, log: log}, nil
}

// of is where what is served is read from.
func (cl *cluster) of(st *store.Store) servedStore {
	if cl == nil {
		return st
	}
	return cl.source
}

// A servedStore has the rows of what is served.
type servedStore interface {
	feed.Store
	Served(ctx context.Context, kind, id string) (store.Served, error)
}

// generationTime bounds how long a start waits to name the database's history.
const generationTime = 10 * time.Second

// join makes the process a node, whose lease run gets. A node that may write names the
// history of a database that has no name yet.
func (cl *cluster) join(ctx context.Context, c *config, st *store.Store, data *dataPlane) error {
	if cl == nil {
		return nil
	}
	if c.role().Controls() {
		bounded, cancel := context.WithTimeout(ctx, generationTime)
		defer cancel()
		if _, err := st.NameGeneration(bounded, rand.Text(), false); err != nil && !away(err) {
			return fmt.Errorf("name the history of the database: %w", err)
		}
	}
	self := nodes.Node{ID: rand.Text(), Role: c.role(), Version: version(), Address: c.nodeAddress(), Started: time.Now(), Valkey: c.Valkey != ""}
	if cl.keys != nil {
		self.SecretsKey = cl.keys.Current()
	}
	cl.nodes = nodes.New(nodes.Options{
		Store: st, Serves: data.feed.Serves, Log: cl.log, Self: self,
		Differs: func(n *nodes.Node) []string { return setUpOtherwise(&self, n, cl.keys) },
		Beat: func(ctx context.Context) (store.Revision, error) {
			at, err := cl.source.Check(ctx)
			return at.Revision, err
		},
	})
	data.numbers.joinNodes(cl)
	return nil
}

// setUpOtherwise says in what a node is set up otherwise than another in a way that harms: in what
// the other has and this one lacks, as it is told by whoever lacks it.
func setUpOtherwise(self, other *nodes.Node, keys *secrets.Keyring) (what []string) {
	switch {
	case other.SecretsKey == "" || keys.Has(other.SecretsKey):
	case keys == nil:
		what = append(what, "that has a secrets-key-file and this has none, so that private keys, sessions of roles and keys of TLS tickets are not shared")
	default:
		what = append(what, "the first key of its secrets-key-file is not in this one's, so that private keys that it seals cannot be opened here")
	}
	if other.Valkey && !self.Valkey {
		what = append(what, "that shares limits and caches through valkey and this does not, so that limits let through more and flushes of caches are not seen by all")
	}
	return what
}

// away reports whether an error is that the database does not answer.
func away(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// nodeAddress is by what operators know the node: the host's name, and the port of the
// stages or, without one, of the control plane.
func (c *config) nodeAddress() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(cmp.Or(c.GatewayListen, c.GatewayTLSListen, c.Listen))
	return net.JoinHostPort(host, port)
}

// run keeps the lease, which the process has when run returns, if the database answers;
// and the copy of what is served whole, until ctx ends.
func (cl *cluster) run(ctx context.Context) {
	if cl == nil {
		return
	}
	ctx, cl.stop = context.WithCancel(ctx)
	cl.ended = make(chan struct{})
	go cl.source.Run(ctx)
	cl.nodes.Join(ctx)
	go func() {
		defer close(cl.ended)
		cl.nodes.Run(ctx)
	}()
}

// leave ends the lease: who waits for nodes does not wait for this one any more.
func (cl *cluster) leave() {
	if cl != nil && cl.stop != nil {
		cl.stop()
		<-cl.ended
	}
}

// close lets go of the copy of what is served.
func (cl *cluster) close() error {
	if cl == nil {
		return nil
	}
	return cl.source.Close()
}

// ownTime bounds how long a call waits until this node serves a change that the database
// has: where it has gone away meanwhile, the change is kept all the same.
const ownTime = 10 * time.Second

// applied waits until this process serves what a write has published, as own does, and then
// for the other nodes.
func (cl *cluster) applied(own func(context.Context, store.Scope, store.Revision) error) func(context.Context, store.Scope, store.Revision) error {
	if cl == nil {
		return own
	}
	return func(ctx context.Context, of store.Scope, rev store.Revision) error {
		bounded, cancel := context.WithTimeout(ctx, ownTime)
		defer cancel()
		if err := own(bounded, of, rev); err != nil {
			if ctx.Err() != nil {
				return err
			}
			cl.log.Warn("a change is acknowledged that this node does not serve yet", "revision", int64(rev), "after", ownTime)
		}
		if cl.wait > 0 && cl.nodes != nil {
			cl.nodes.Wait(ctx, rev, cl.wait)
		}
		return nil
	}
}

// leads reports whether this process does what one of all does for the others.
func (cl *cluster) leads() bool { return cl == nil || cl.nodes.Leads() }

// leader is leads for those who ask nobody where there are no others.
func (cl *cluster) leader() func() bool {
	if cl == nil {
		return nil
	}
	return cl.leads
}

// told waits until the nodes know what was published up to a revision, for as long as calls
// may wait, and a second at least.
func (cl *cluster) told(ctx context.Context, rev store.Revision) {
	if cl != nil {
		cl.nodes.Wait(ctx, rev, max(cl.wait, time.Second))
	}
}

// fresh is the gateway's Options.Fresh.
func (cl *cluster) fresh() func(context.Context, time.Time) (fresh, waited bool) {
	if cl == nil {
		return nil
	}
	return func(ctx context.Context, came time.Time) (fresh, waited bool) { return cl.nodes.Fresh(ctx, came) } // which join has made
}

// serving is how many nodes serve stages, as far as is known; 0 for who knows of none.
func (cl *cluster) serving() int {
	if cl == nil || cl.nodes == nil {
		return 0
	}
	return cl.nodes.Serving()
}

// may returns why this process must not write now; it may before it has joined, as it
// starts.
func (cl *cluster) may() error {
	if cl == nil || cl.nodes == nil {
		return nil
	}
	if c := cl.source.State().Condition; c == replica.Behind || c == replica.Replaced {
		return errNotFollowed // the lease may be held for a moment yet
	}
	return cl.nodes.May()
}

// errNotFollowed says that the database is another one than was served here.
var errNotFollowed = errors.New("the database lacks what this node has served, or has another history")

// fence refuses what may change something while this node was cut off or stopped, and has
// not read yet what was done meanwhile, or does not follow the database.
func (cl *cluster) fence(next http.Handler) http.Handler {
	if cl == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions || cl.may() == nil {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Retry-After", "1")
		h.Set("x-amzn-RequestId", httpmsg.NewRequestID())
		h.Set("x-amzn-ErrorType", "ServiceUnavailableException")
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"message": cl.refusal()})
	})
}

// refusal is why changes are refused now.
func (cl *cluster) refusal() string {
	switch cl.source.State().Condition {
	case replica.Away:
		return "The database does not answer, and nothing was done"
	case replica.Behind:
		return "The database is at an older revision than this node has served, and nothing was done: it has to catch up or, where it was restored on purpose, to be accepted by gatehouse nodes accept-database"
	case replica.Replaced:
		return "The database has another history than what this node serves, and nothing was done: the node has to be started again"
	}
	return "This node was cut off from the database, or stopped, and has not read yet what was done meanwhile"
}

// settle does what a start of a control plane has to do with the store, and what goes on.
func (c *config) settle(ctx, background context.Context, plane *controlPlane, others *cluster, log *slog.Logger) error {
	if !c.role().Controls() {
		return nil
	}
	if err := plane.useSecrets(ctx); err != nil && !(others != nil && away(err)) { // which may publish
		return err
	}
	go renewCertificates(background, plane.acm, others.leads, log)
	return nil
}

// elsewhere refuses what is for stages at a node that serves none.
func elsewhere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !forStages(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("x-amzn-RequestId", httpmsg.NewRequestID())
		writeJSON(w, http.StatusMisdirectedRequest, map[string]string{"message": "This node has the role control: stages are served by the nodes without a role, and those of the role gateway"})
	})
}

// stagePath is how the paths of stages look, and stageHost their hosts.
var (
	stagePath = regexp.MustCompile(`^/(?:_aws/execute-api/|restapis/[^/]+/[^/]+/_user_request_(?:/|$))`)
	stageHost = regexp.MustCompile(`^[^.]+\.execute-api\.`)
)

func forStages(r *http.Request) bool {
	return stagePath.MatchString(r.URL.Path) || stageHost.MatchString(r.Host)
}

// ready is what the page of readiness says of the database and the nodes, nil for nothing;
// a text is why the node is not ready.
func (cl *cluster) ready() (says map[string]any, not string) {
	if cl == nil {
		return nil, ""
	}
	state := cl.source.State()
	says = map[string]any{"database": state.Condition, "role": cl.self().Role.String()}
	if state.Condition != replica.Follows {
		says["since"] = state.Since.UTC().Format(time.RFC3339)
	}
	if cl.nodes.Stopped() {
		return says, "catching up"
	}
	return says, ""
}

func (cl *cluster) self() nodes.Node {
	n, _ := cl.nodes.Self()
	return n
}

// acceptDatabase names the history of a database anew. Where nodes follow it as it is, which
// would take no changes from then on, that has to be meant.
func acceptDatabase(ctx context.Context, c *config, all bool, out io.Writer) error {
	st, err := store.Open(ctx, store.Options{URL: c.Database})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	leases, err := st.Leases(ctx)
	if err != nil {
		return err
	}
	if len(leases) > 0 && !all {
		return fmt.Errorf("nodes that follow this database as it is: %d, which would take no changes until they are started again; --although-followed does it all the same", len(leases))
	}
	if _, err := st.NameGeneration(ctx, rand.Text(), true); err != nil {
		return err
	}
	at, err := st.Stand(ctx, store.Stand{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The database is at revision %d. Its nodes follow it when they are started again.\n", at.Revision)
	return nil
}

// joinNodes adds what a process knows of its database and the nodes.
func (n *numbers) joinNodes(cl *cluster) {
	if n == nil || cl == nil {
		return
	}
	r := n.registry
	for _, c := range []replica.Condition{replica.Follows, replica.Away, replica.Behind, replica.Replaced} {
		r.Gauge("gatehouse_database_condition", "How this node stands to its database: 1 for what is so.", metrics.Labels{"condition": string(c)}, func() float64 {
			if cl.source.State().Condition == c {
				return 1
			}
			return 0
		})
	}
	r.Gauge("gatehouse_database_revision", "Revision of the database when it answered last.", nil, func() float64 { return float64(cl.source.State().Revision) })
	r.Gauge("gatehouse_database_condition_seconds", "Time since the condition has changed.", nil, func() float64 { return time.Since(cl.source.State().Since).Seconds() })
	r.Gauge("gatehouse_feed_behind", "Revisions of the database that this node does not serve yet.", nil, func() float64 {
		return float64(max(0, cl.source.State().Revision-cl.self().Revision))
	})
	r.Gauge("gatehouse_served_unfetched", "Deployments and certificates that are not on this node's disk yet.", nil, func() float64 { return float64(cl.source.State().Unfetched) })
	r.Gauge("gatehouse_served_disk_fails", "1 while this node's disk does not keep what is served.", nil, func() float64 {
		if cl.source.State().DiskError != nil {
			return 1
		}
		return 0
	})
	r.Gauge("gatehouse_nodes", "Nodes with a lease.", nil, func() float64 { return float64(len(cl.nodes.Nodes())) })
	r.Gauge("gatehouse_lease_held", "1 while this node's lease is held.", nil, func() float64 {
		if _, held := cl.nodes.Self(); held {
			return 1
		}
		return 0
	})
	r.Counter("gatehouse_lease_lapses_total", "Times that this node's lease had run out.", nil, func() float64 { lapses, _ := cl.nodes.Counts(); return float64(lapses) })
	r.Counter("gatehouse_nodes_late_total", "Changes that were acknowledged before all nodes served them.", nil, func() float64 { _, late := cl.nodes.Counts(); return float64(late) })
}
