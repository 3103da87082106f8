package gateway

import (
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// TestVerdicts has one connection call several domain names with mutual TLS by turns:
// each has the client's certificate verified once, until the verdict ends.
func TestVerdicts(t *testing.T) {
	now := time.Now()
	g := new(guest)
	peer := &httpmsg.Peer{Certificates: [][]byte{[]byte("none")}}
	ask := func(by *trust, after time.Duration) *verdict {
		c := &call{req: httpmsg.Request{Peer: peer, Received: now.Add(after)}}
		by.identify(c, g)
		if c.req.ClientRefused == "" {
			t.Fatal("a certificate that is none is taken")
		}
		return g.verdicts.of(by, now.Add(after))
	}
	trusts := make([]*trust, keptVerdicts+1)
	for i := range trusts {
		trusts[i] = new(trust)
	}
	first, second := ask(trusts[0], 0), ask(trusts[1], 0)
	for range 3 {
		if ask(trusts[0], time.Second) != first || ask(trusts[1], time.Second) != second {
			t.Fatal("a certificate is verified again")
		}
	}
	if ask(trusts[0], unsure) == first {
		t.Error("a verdict holds that has ended")
	}
	if n := len(*g.verdicts.kept.Load()); n != 2 {
		t.Errorf("%d verdicts are kept, want 2", n)
	}
	for _, by := range trusts {
		ask(by, 0)
	}
	if n := len(*g.verdicts.kept.Load()); n != keptVerdicts {
		t.Errorf("%d verdicts are kept, want %d", n, keptVerdicts)
	}
}
