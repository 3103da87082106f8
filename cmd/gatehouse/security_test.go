package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A wireCase is what a client sends, byte for byte, and what becomes of it.
// In the bytes {up} is the way to the upstream under test, and {host} the line
// that names the stage. What stands behind {answer} is sent when an answer has come.
type wireCase struct {
	name string
	send string
	seen seen   // what every upstream sees
	got  string // what the client gets: statuses, and "closed" behind the last
}

// A seen is what an upstream sees, one text a request.
type seen = []string

// securityHost names the stage of the corpus.
const securityHost = "Host: sec.execute-api.localhost\r\n"

// TestSecurity sends the corpus through the program to an upstream on net/http
// and to nginx: both must see what the case says, no more, and the next request
// on every connection must be unharmed.
func TestSecurity(t *testing.T) {
	t.Parallel()
	upstreams := map[string]*recorder{"go": newRecorder(t)}
	if nginx := newNginx(t); nginx != nil {
		upstreams["nginx"] = nginx
	}
	urls := make(map[string]string)
	for name, up := range upstreams {
		urls[name] = up.url
	}
	_, plain, secure := openDoors(t, map[string]string{"sec": securityAPI(t, urls, rawBackend(t, answerCases()))})
	for _, in := range []*door{plain, secure} {
		for name, up := range upstreams {
			t.Run(in.name+" to "+name, func(t *testing.T) {
				nc := in.dial(t)
				other := &keptConn{nc, bufio.NewReader(nc)}
				for _, g := range wireGroups() {
					for _, c := range g.cases {
						t.Run(c.name, func(t *testing.T) { c.run(t, in, other, name, up) })
					}
				}
			})
		}
	}
	for name, up := range upstreams {
		t.Run("HTTP2 to "+name, func(t *testing.T) {
			for _, c := range frameCases() {
				t.Run(c.name, func(t *testing.T) { c.run(t, secure, name, up) })
			}
		})
	}
	t.Run("answers", func(t *testing.T) {
		for i, c := range answerCases() {
			t.Run(c.name, func(t *testing.T) { c.run(t, plain, i) })
		}
	})
}

// A keptConn is a connection that is used more than once.
type keptConn struct {
	net.Conn
	r *bufio.Reader
}

// run sends the case on a connection of its own and then, there and on the
// other one, a request that nothing can be said against.
func (c *wireCase) run(t *testing.T, in *door, other *keptConn, name string, up *recorder) {
	up.take()
	nc := in.dial(t)
	own := &keptConn{nc, bufio.NewReader(nc)}
	send := strings.NewReplacer("{up}", "/prod/"+name, "{host}", securityHost).Replace(c.send)
	send, behind, waits := strings.Cut(send, "{answer}")
	go func() { _, _ = io.WriteString(nc, send) }() // a refusal may come before all is sent
	got, want := "", len(strings.Fields(c.got))
	if waits {
		got, want = answers(own.r, 1)+" ", want-1
		_, _ = io.WriteString(nc, behind) // to nobody, perhaps
	}
	if !strings.HasSuffix(got, "closed ") {
		got += answers(own.r, want)
	}
	got = strings.TrimSpace(got)
	if !strings.HasSuffix(got, "closed") {
		own.probe(t, name, "same")
	}
	other.probe(t, name, "other")
	compare(t, up, c.seen, got, c.got)
}

// compare holds what an upstream has seen, and what the client got, to a case,
// which may leave the choice between two.
func compare(t *testing.T, up *recorder, wantSeen []string, got, want string) {
	t.Helper()
	seen := slices.DeleteFunc(up.take(), func(s string) bool { return strings.Contains(s, "/up/probe") })
	if !slices.Contains(strings.Split(want, " or "), got) || !slices.Equal(seen, wantSeen) {
		t.Errorf("upstream saw %q\nwant         %q\nclient got %s\nwant       %s", seen, wantSeen, got, want)
	}
}

// probe sends a request that nothing can be said against.
func (k *keptConn) probe(t *testing.T, name, which string) {
	t.Helper()
	fmt.Fprintf(k, "GET /prod/%s/p/probe-%s HTTP/1.1\r\n%s\r\n", name, which, securityHost)
	resp, err := http.ReadResponse(k.r, nil)
	if err != nil {
		t.Errorf("the next request on the %s connection got %v", which, err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 200 || string(body) != `{"h": ""}` {
		t.Errorf("the next request on the %s connection got %d %q", which, resp.StatusCode, body)
	}
}
