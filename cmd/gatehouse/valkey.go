package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/shared"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
	"github.com/gatehouse-gw/gatehouse/internal/valkey"
)

// What valkey-away can be.
const (
	awayShare  = "share"
	awayRefuse = "refuse"
)

// A sharing is what this node shares with others through Valkey.
type sharing struct {
	node     string
	client   *valkey.Client
	limits   *limit.Sharing
	presence *shared.Presence // of the nodes that serve stages
	others   *cluster
	serves   bool                                                                   // this node is one of them
	answers  *shared.Values                                                         // of stages' caches
	judged   *shared.Values                                                         // answers of Lambda authorizers; nil where no key seals them
	saved    func(context.Context, []string, []limit.Period) ([]limit.Saved, error) // is set before run
}

// newSharing makes it, nil without a server.
func newSharing(c *config, others *cluster, keys *secrets.Keyring, log *slog.Logger) (*sharing, error) {
	if c.Valkey == "" {
		return nil, nil
	}
	target, config, err := c.valkeyTarget()
	if err != nil {
		return nil, err
	}
	s := &sharing{others: others, serves: c.role().ServesStages()}
	if s.node, err = c.nodeName(); err != nil {
		return nil, err
	}
	s.client = valkey.Open(valkey.Options{Target: target, TLS: config, Log: log})
	s.presence = shared.NewPresence(s.client, s.node)
	if err := s.newCaches(c, keys, log); err != nil {
		return nil, err
	}
	s.limits = limit.NewSharing(limit.SharingOptions{
		Exchange: &shared.Limits{Client: s.client, Node: s.node}, Node: s.node, Nodes: s.nodes, Refuse: c.ValkeyAway == awayRefuse,
		Saved: func(ctx context.Context, ids []string, periods []limit.Period) ([]limit.Saved, error) {
			return s.saved(ctx, ids, periods)
		},
	})
	return s, nil
}

// nodes is how many nodes have a part of each limit: as the server has told while it was
// there, or as the database says, where that knows of more, as to a node that has started
// while the server is away.
func (s *sharing) nodes() int { return max(s.presence.Nodes(), s.others.serving()) }

// newCaches makes what the caches of nodes have in common. What an authorizer has answered
// lets callers in: it is shared where the keys of secrets-key-file seal it, so that it is
// known to come of a node, and nobody else reads it. Answers of stages are sealed then,
// too.
func (s *sharing) newCaches(c *config, keys *secrets.Keyring, log *slog.Logger) (err error) {
	if c.InMemory { // its keys are its own
		keys = nil
	}
	if s.answers, err = shared.NewValues(s.client, "cache", keys.Derive("cached answers")); err != nil {
		return err
	}
	if keys == nil {
		log.Warn("the answers of Lambda authorizers are kept by each node for itself: without secrets-key-file nothing seals them in Valkey")
		return nil
	}
	s.judged, err = shared.NewValues(s.client, "authorizer", keys.Derive("answers of authorizers"))
	return err
}

// share has caches keep their answers for other nodes, too.
func (s *sharing) share(answers *cache.Cache, judged *authz.Cache) {
	if s == nil {
		return
	}
	answers.Share(s.answers)
	if s.judged != nil {
		judged.Share(s.judged)
	}
}

// registry is what holds the tokens of stages.
func (s *sharing) registry() *limit.Registry {
	if s == nil {
		return limit.NewRegistry()
	}
	return limit.NewSharedRegistry()
}

// of are the limits of calls, whose tokens alone has where nodes share none.
func (s *sharing) of(alone *limit.Registry) limit.Limits {
	if s == nil {
		return alone
	}
	return s.limits
}

// run does what is done beside the calls, until ctx ends.
func (s *sharing) run(ctx context.Context, plans *usageplan.Registry) {
	if s == nil {
		return
	}
	s.saved = plans.Saved
	go s.limits.Run(ctx)
	if s.serves {
		go s.presence.Run(ctx)
	}
	go s.answers.Run(ctx)
	if s.judged != nil {
		go s.judged.Run(ctx)
	}
}

func (s *sharing) close() {
	if s != nil {
		s.client.Close()
	}
}

// join adds what is known of the server and of what is shared to the numbers.
func (s *sharing) join(r *metrics.Registry) {
	if s == nil {
		return
	}
	r.Gauge("gatehouse_valkey_up", "1 while the Valkey server is there, else 0.", nil, func() float64 {
		if s.client.Away() {
			return 0
		}
		return 1
	})
	r.Counter("gatehouse_valkey_losses_total", "Times that the Valkey server was lost.", nil, func() float64 { n, _ := s.client.Losses(); return float64(n) })
	r.Counter("gatehouse_valkey_failures_total", "Commands that the Valkey server did not carry out.", nil, func() float64 { _, n := s.client.Losses(); return float64(n) })
	for name, values := range map[string]*shared.Values{"stages": s.answers, "authorizers": s.judged} {
		if values == nil {
			continue
		}
		for result, of := range map[string]func(shared.ValuesStats) int64{
			"hit":     func(s shared.ValuesStats) int64 { return s.Hits },
			"miss":    func(s shared.ValuesStats) int64 { return s.Misses },
			"late":    func(s shared.ValuesStats) int64 { return s.Late },
			"dropped": func(s shared.ValuesStats) int64 { return s.Dropped },
		} {
			r.Counter("gatehouse_shared_cache_total", "Looks into what the caches of nodes share, by what came of them: hit, miss, late; and answers that were not put there, dropped.",
				metrics.Labels{"cache": name, "result": result}, func() float64 { return float64(of(values.Stats())) })
		}
	}
	r.Gauge("gatehouse_sharing_nodes", "Nodes that share limits through Valkey, as far as this one knows.", nil, func() float64 { return float64(s.nodes()) })
	r.Counter("gatehouse_shared_limits_asks_total", "Questions to Valkey for a share of a limit.", nil, func() float64 { return float64(s.limits.Stats().Asks) })
	r.Counter("gatehouse_shared_limits_waits_total", "Decisions of limits that waited for Valkey.", nil, func() float64 { return float64(s.limits.Stats().Waited) })
	for decision, of := range map[string]func(limit.SharingStats) int64{
		"late":    func(s limit.SharingStats) int64 { return s.Late },
		"alone":   func(s limit.SharingStats) int64 { return s.Alone },
		"refused": func(s limit.SharingStats) int64 { return s.Refused },
	} {
		r.Counter("gatehouse_shared_limits_without_valkey_total", "Decisions of limits for which Valkey was too slow (late), that this node took by its own part (alone), or that were refusals since Valkey was away (refused).",
			metrics.Labels{"decision": decision}, func() float64 { return float64(of(s.limits.Stats())) })
	}
}

// valkeyTarget is the server of valkey, with what its certificate is checked by.
func (c *config) valkeyTarget() (*valkey.Target, *tls.Config, error) {
	target, err := valkey.Parse(c.Valkey)
	if err != nil {
		return nil, nil, c.wrong("valkey", err)
	}
	if c.ValkeyPasswordFile != "" {
		text, err := os.ReadFile(c.ValkeyPasswordFile)
		if err != nil {
			return nil, nil, c.wrong("valkey-password-file", fmt.Errorf("%s: %w", c.ValkeyPasswordFile, reason(err)))
		}
		if target.Password = string(bytes.TrimRight(text, "\r\n")); target.Password == "" {
			return nil, nil, c.wrong("valkey-password-file", fmt.Errorf("%s: the file is empty", c.ValkeyPasswordFile))
		}
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.ValkeyCA != "" {
		text, err := os.ReadFile(c.ValkeyCA)
		if err != nil {
			return nil, nil, c.wrong("valkey-ca", fmt.Errorf("%s: %w", c.ValkeyCA, reason(err)))
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, nil, c.wrong("valkey-ca", fmt.Errorf("%s: there is no certificate in PEM form", c.ValkeyCA))
		}
	}
	return target, config, nil
}

// checkValkey wants the URL of a server.
func checkValkey(c *config) error {
	if c.Valkey == "" {
		return nil
	}
	_, err := valkey.Parse(c.Valkey)
	return err
}

// checkValkeyPassword wants one password.
func checkValkeyPassword(c *config) error {
	if target, err := valkey.Parse(c.Valkey); c.ValkeyPasswordFile != "" && err == nil && target.Password != "" {
		return errors.New("the URL of valkey has a password as well")
	}
	return nil
}

// checkValkeyCA wants a server under TLS beside the file.
func checkValkeyCA(c *config) error {
	if target, err := valkey.Parse(c.Valkey); c.ValkeyCA != "" && err == nil && !target.TLS {
		return errors.New("valkey is no URL of a server under TLS, such as rediss://HOST")
	}
	return nil
}

func checkValkeyAway(c *config) error {
	if c.ValkeyAway != awayShare && c.ValkeyAway != awayRefuse {
		return fmt.Errorf("%q is neither %s nor %s", brief(c.ValkeyAway), awayShare, awayRefuse)
	}
	return nil
}

// nodeFile is where a data directory has the name of the node.
const nodeFile = "node"

var nodeNames = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// nodeName is the name of this node, which no other has: one at random, which the data
// directory keeps. Without one it is another with each start.
func (c *config) nodeName() (string, error) {
	name := strings.ToLower(rand.Text())
	if c.InMemory {
		return name, nil
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return "", err
	}
	file := filepath.Join(c.DataDir, nodeFile)
	if text, err := os.ReadFile(file); err == nil && nodeNames.Match(bytes.TrimSpace(text)) {
		return string(bytes.TrimSpace(text)), nil
	}
	if err := os.WriteFile(file, []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("the name of this node cannot be kept: %w", err)
	}
	return name, nil
}

// usageSink is where what API keys use is kept: for each node apart where there are
// several.
func (c *config) usageSink(st *store.Store, s *sharing, others *cluster, log *slog.Logger) (usageplan.Sink, error) {
	plain := feed.Usage{Store: st}
	if s == nil && others == nil {
		return plain, nil
	}
	node, err := c.nodeName()
	if err != nil {
		return nil, err
	}
	if s != nil {
		node = s.node
	}
	of := feed.NodeUsage{Usage: plain, Node: node}
	out := &awayUsage{NodeSink: of, shared: others != nil, log: log}
	if s == nil {
		out.beside = feed.NodeUsage{Usage: plain, Node: node + "." + rand.Text()[:8]}
	}
	return out, nil
}
