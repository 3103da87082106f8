package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// What is told of user pools: dev and check say where their tokens come from, dev and
// doctor which of them have no keys, and doctor which keys of identity-pools nobody needs.

const userPools = "COGNITO_USER_POOLS"

// poolsOf are the ARNs of the pools whose tokens a method of a definition wants.
func (s *server) poolsOf(def *openapi.API, m *openapi.Method) []string {
	if m.Authorizer == "" || m.AuthorizationType == nil || *m.AuthorizationType != userPools || s.unprotected {
		return nil
	}
	for _, a := range def.Authorizers {
		if a.Name != nil && *a.Name == m.Authorizer {
			return a.ProviderARNs
		}
	}
	return nil
}

// placeOfPool says where the tokens of a pool come from.
func (s *server) placeOfPool(arn string) place {
	p := place{what: "user pool " + poolName(arn), missing: "in the file of --config, identity-pools: {" + brief(arn) +
		": http://…} gives it an issuer, --aws takes Cognito's tokens"}
	where, err := s.pools.pools.Pool(arn).Place()
	if err == nil {
		p.where = "takes tokens " + where
	}
	return p
}

// poolName is the id of a pool, or what stands in place of an ARN.
func poolName(arn string) string { return brief(arn[strings.LastIndexByte(arn, '/')+1:]) }

// poolTime bounds how long dev and doctor wait to hear of pools.
const poolTime = 6 * time.Second

// silentPools are those of dev's API whose keys nobody knows, as they were told.
type silentPools struct {
	mu   sync.Mutex
	told map[string]string // what was told, by ARN
}

// tellPools has the pools of a definition asked for their keys, in the background, and
// says which have none: once, and again when there is another reason.
func (d *developer) tellPools(def *openapi.API) {
	var arns []string
	for _, r := range def.Resources {
		for i := range r.Methods {
			arns = append(arns, d.server.poolsOf(def, &r.Methods[i])...)
		}
	}
	slices.Sort(arns)
	for _, arn := range slices.Compact(arns) {
		pool := d.server.pools.pools.Pool(arn)
		if _, err := pool.Place(); err != nil {
			continue // tellServices says so
		}
		go func() {
			ctx, cancel := context.WithTimeout(d.server.background, poolTime)
			defer cancel()
			if err := pool.Known(ctx); d.server.background.Err() == nil {
				d.tellPool(arn, err)
			}
		}()
	}
}

func (d *developer) tellPool(arn string, err error) {
	text := ""
	if err != nil {
		text = fmt.Sprintf("user pool %s has no keys: %v; its routes answer 500 until it has", poolName(arn), err)
	}
	d.pools.mu.Lock()
	defer d.pools.mu.Unlock()
	if d.pools.told[arn] == text {
		return
	}
	if d.pools.told == nil {
		d.pools.told = make(map[string]string)
	}
	d.pools.told[arn] = text
	if text != "" {
		fmt.Fprintf(d.out, "%s: %s\n", d.file, text)
	}
}

// usedPools are the pools whose tokens deployed stages want.
type usedPools struct {
	pools *authz.Pools
	keys  map[string]bool // of identity-pools, that pools of stages have
	list  []usedPool
}

// A usedPool is a pool that an authorizer of a stage names.
type usedPool struct {
	api, stage, authorizer, arn string
	pool                        *authz.Pool
}

// note notes the pools of a method of a stage, and has their keys fetched.
func (u *usedPools) note(d *snapshot.Deployment, st *snapshot.Stage, m *snapshot.Method) {
	if m.AuthorizationType != userPools {
		return
	}
	a := d.Authorizers[m.AuthorizerID]
	for _, arn := range a.ProviderARNs {
		u.keys[u.pools.Setting(arn)] = true
		in := usedPool{st.APIID, st.Name, a.Name, arn, u.pools.Pool(arn)}
		if !slices.Contains(u.list, in) {
			u.list = append(u.list, in)
		}
	}
}

// unknown lists the pools whose keys are not known, or cannot be refreshed.
func (u *usedPools) unknown(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, poolTime)
	defer cancel()
	why := make([]error, len(u.list))
	var wg sync.WaitGroup
	for i := range u.list {
		wg.Go(func() { why[i] = u.list[i].pool.Known(ctx) })
	}
	wg.Wait()
	var list []finding
	for i, in := range u.list {
		if why[i] != nil {
			list = append(list, finding{
				API: in.api, Stage: in.stage, Field: "Authorizer.providerARNs of " + in.authorizer,
				Text: fmt.Sprintf("the keys of user pool %s cannot be fetched: %v", poolName(in.arn), why[i]),
			})
		}
	}
	return list
}

// idle lists the keys of identity-pools that no deployed stage needs: those that are
// spelled wrong are among them.
func (u *usedPools) idle(issuers []authz.PoolIssuer) []idleSetting {
	var list []idleSetting
	for _, in := range issuers {
		if !u.keys[in.ARN] {
			list = append(list, idleSetting{Setting: "identity-pools", Value: in.ARN, Why: "no deployed route wants tokens of such a pool"})
		}
	}
	return list
}

// set are the issuers that the configuration names.
func (p *identityPools) set() []authz.PoolIssuer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings.Issuers
}
