package pipeline

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// account is the prefix of the keys of what rigs' accounts have.
const account = "000000000000/us-east-1/"

func newBackends(t testing.TB, addresses map[string][]string) *target.Backends {
	t.Helper()
	b, err := target.NewBackends(addresses)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bound serves resources under a stage's settings and logs to a buffer.
func bound(t testing.TB, b *target.Backends, settings snapshot.Stage, resources ...snapshot.Resource) (*rig, *bytes.Buffer) {
	t.Helper()
	client := integration.NewClient(integration.Options{})
	t.Cleanup(client.Close)
	settings.APIID, settings.Name, settings.Account, settings.Region, settings.DeploymentID = "abc", "prod", "000000000000", "us-east-1", "d1"
	d := &snapshot.Deployment{ID: "d1", APIID: "abc", Account: "000000000000", Region: "us-east-1", Resources: resources}
	text := new(bytes.Buffer)
	return &rig{d, Bind(&settings, Compile(d), &Services{Client: client, Backends: b, Log: slog.New(slog.NewTextHandler(text, nil))})}, text
}

// linked makes the first method of a resource take a VPC link.
func linked(r snapshot.Resource, connection string) snapshot.Resource {
	in := &r.Methods[0].Integration
	in.ConnectionType, in.ConnectionID = "VPC_LINK", connection
	return r
}

// address is the host:port of a test backend's URL.
func address(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return rest
}

func TestVPCLink(t *testing.T) {
	good, dead := address(newBackend(t)), address(gone(t))
	b := newBackends(t, map[string][]string{"orders": {dead, good}, "arn:x": {good}})
	b.SetVPCLink(account+"o1", &snapshot.VPCLink{ID: "o1", Name: "orders", TargetARNs: []string{"arn:other"}})
	b.SetVPCLink(account+"s1", &snapshot.VPCLink{ID: "s1", Name: "stock", TargetARNs: []string{"arn:x"}})
	mapped := linked(proxy("/http", "POST", "POST", "http://orders.internal:81/up?a=1", nil), "o1")
	mapped.Methods[0].Integration.Type = "HTTP"
	mapped.Methods[0].Integration.Responses = []snapshot.IntegrationResponse{{StatusCode: "200"}}
	mapped.Methods[0].Responses = map[string]snapshot.MethodResponse{"200": {}}
	r, _ := bound(t, b, snapshot.Stage{Variables: map[string]string{"link": "s1", "half": "1"}},
		linked(proxy("/literal/{id}", "ANY", "ANY", "http://orders.internal/up/{id}", map[string]string{"integration.request.path.id": "method.request.path.id"}), "o1"),
		linked(proxy("/variable", "ANY", "ANY", "http://stock.internal/", nil), "${stageVariables.link}"),
		linked(proxy("/part", "ANY", "ANY", "http://stock.internal/", nil), "s${stageVariables.half}"),
		linked(proxy("/hosts/{h}", "ANY", "ANY", "http://{h}.internal/", map[string]string{"integration.request.path.h": "method.request.path.h"}), "o1"),
		mapped)
	tests := map[string]struct{ request, host, target string }{
		"by id":                   {"GET /literal/a%2Fb?q=1", "orders.internal", "/up/a%2Fb?q=1"},
		"by a stage's variable":   {"POST /variable", "stock.internal", "/"},
		"by a part of one":        {"POST /part", "stock.internal", "/"},
		"a host of the request's": {"PUT /hosts/eu", "eu.internal", "/"},
		"another one":             {"PUT /hosts/us", "us.internal", "/"},
		"mapped":                  {"POST /http", "orders.internal:81", "/up?a=1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for range 3 { // each member's turn
				got := decodeSeen(t, r.call(tt.request))
				if got.Host != tt.host || got.Target != tt.target {
					t.Errorf("got %s %s, want %s %s", got.Host, got.Target, tt.host, tt.target)
				}
			}
		})
	}
}

// What a link stands for changes without a deployment.
func TestVPCLinkChanges(t *testing.T) {
	one, two := address(canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")), address(canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"))
	b := newBackends(t, map[string][]string{"one": {one}, "two": {two}})
	r, _ := bound(t, b, snapshot.Stage{}, linked(proxy("/x", "GET", "GET", "http://x.internal", nil), "l1"))
	want := func(status int, body string) {
		t.Helper()
		resp := r.call("GET /x")
		defer resp.Release()
		if resp.Status != status || string(resp.Body) != body {
			t.Errorf("got %d %s, want %d %s", resp.Status, resp.Body, status, body)
		}
	}
	const internal = `{"message": "Internal server error"}`
	want(500, internal)
	for _, name := range []string{"one", "two", "one"} {
		b.SetVPCLink(account+"l1", &snapshot.VPCLink{ID: "l1", Name: name})
		want(200, name)
		want(200, name)
	}
	b.SetVPCLink(account+"l1", nil)
	want(500, internal)
}

func TestConnectionRefused(t *testing.T) {
	b := newBackends(t, map[string][]string{"orders": {address(newBackend(t))}})
	b.SetVPCLink(account+"o1", &snapshot.VPCLink{ID: "o1", Name: "orders"})
	b.SetVPCLink(account+"e1", &snapshot.VPCLink{ID: "e1", Name: "empty", TargetARNs: []string{"arn:e"}})
	b.SetVPCLink("000000000000/eu-west-1/x1", &snapshot.VPCLink{ID: "x1", Name: "orders"})
	tests := map[string]struct {
		backends   *target.Backends
		settings   snapshot.Stage
		connection string
		want       []Problem
	}{
		"fine":                       {b, snapshot.Stage{}, "o1", nil},
		"no such link":               {b, snapshot.Stage{}, "nope", []Problem{{Text: "VPC link nope does not exist"}}},
		"one of another region":      {b, snapshot.Stage{}, "x1", []Problem{{Text: "VPC link x1 does not exist"}}},
		"without addresses":          {b, snapshot.Stage{}, "e1", []Problem{{Text: "VPC link e1 (empty) has no addresses: its name, or the ARN of its target, is not under vpc-links in the configuration file"}}},
		"without the stage variable": {b, snapshot.Stage{}, "${stageVariables.nope}", []Problem{{Text: "the id of the VPC link is empty: a stage variable that it names is not set"}}},
		"a server without any":       {nil, snapshot.Stage{}, "o1", []Problem{{Text: "VPC link o1 does not exist"}}},
		"no such certificate":        {b, snapshot.Stage{ClientCertificateID: "nope"}, "o1", []Problem{{Field: "clientCertificateId", Text: "client certificate nope does not exist"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, log := bound(t, tt.backends, tt.settings, linked(proxy("/x", "GET", "GET", "http://x.internal", nil), tt.connection))
			for i := range tt.want {
				if tt.want[i].Field == "" {
					tt.want[i].Resource, tt.want[i].Method, tt.want[i].Field = "/x", "GET", "integration.connectionId"
				}
			}
			if d := cmp.Diff(tt.want, r.stage.Problems()); d != "" {
				t.Error("-want +got", d)
			}
			if tt.want == nil {
				decodeSeen(t, r.call("GET /x"))
				return
			}
			r.want(t, "GET /x", internalError)
			if !strings.Contains(log.String(), tt.want[0].Text) {
				t.Errorf("the log does not say why: %s", log)
			}
		})
	}
}

// A URI that a stage's variables break is told of that stage.
func TestStageProblems(t *testing.T) {
	r, _ := bound(t, nil, snapshot.Stage{Variables: map[string]string{"ok": "a.example"}},
		proxy("/good", "GET", "GET", "http://${stageVariables.ok}/x", nil),
		proxy("/bad", "GET", "GET", "http://${stageVariables.nope}/x", nil),
		awsMethod("/lambda", "GET", "AWS_PROXY", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/x/invocations", nil),
		mock(nil))
	got := r.stage.Problems()
	if len(got) != 1 || got[0].Resource != "/bad" || got[0].Field != "integration.uri" || !strings.Contains(got[0].Text, "the host is malformed") {
		t.Errorf("got %v", got)
	}
}

// certificate makes a client certificate that is its own authority.
func certificate(t testing.TB, name string, until time.Time) *snapshot.ClientCertificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &snapshot.ClientCertificate{Certificate: der, PrivateKey: private}
}

// A secureBackend is an HTTPS server that wants a client certificate, whichever
// it is, and answers with its name and the number of the connection.
type secureBackend struct {
	url   string
	conns atomic.Int32
}

func newSecureBackend(t testing.TB, authorities *x509.CertPool) *secureBackend {
	b := new(secureBackend)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s of %d", r.TLS.PeerCertificates[0].Subject.CommonName, len(r.TLS.PeerCertificates))
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, ClientCAs: authorities}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			b.conns.Add(1)
		}
	}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

func insecure(r snapshot.Resource) snapshot.Resource {
	r.Methods[0].Integration.InsecureSkipVerify = true
	return r
}

func TestClientCertificate(t *testing.T) {
	strangers := x509.NewCertPool() // authorities that the certificate is not of
	stranger, err := x509.ParseCertificate(certificate(t, "stranger", time.Now().AddDate(1, 0, 0)).Certificate)
	if err != nil {
		t.Fatal(err)
	}
	strangers.AddCert(stranger)
	wide, narrow := newSecureBackend(t, nil), newSecureBackend(t, strangers)
	b := newBackends(t, map[string][]string{"orders": {address(wide.url)}})
	b.SetVPCLink(account+"o1", &snapshot.VPCLink{ID: "o1", Name: "orders"})
	for _, id := range []string{"c1", "c2"} {
		if err := b.SetClientCertificate(account+id, certificate(t, id, time.Now().AddDate(1, 0, 0))); err != nil {
			t.Fatal(err)
		}
	}
	resources := []snapshot.Resource{
		insecure(proxy("/wide", "GET", "GET", wide.url, nil)),
		insecure(proxy("/narrow", "GET", "GET", narrow.url, nil)),
		insecure(proxy("/host/{h}", "GET", "GET", "https://{h}/", map[string]string{"integration.request.path.h": "method.request.path.h"})),
		insecure(linked(proxy("/link", "GET", "GET", "https://orders.internal/", nil), "o1")),
		proxy("/verified", "GET", "GET", wide.url, nil),
		proxy("/plain", "GET", "GET", canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain"), nil),
	}
	const network = `{"message": "Network error communicating with endpoint"}`
	for id, answers := range map[string]map[string]string{
		"c1": {"/wide": "c1 of 1", "/narrow": "c1 of 1", "/host/" + address(wide.url): "c1 of 1", "/link": "c1 of 1", "/verified": network, "/plain": "plain"},
		"c2": {"/wide": "c2 of 1", "/link": "c2 of 1"},
		"":   {"/wide": network, "/narrow": network, "/link": network, "/plain": "plain"},
	} {
		r, _ := bound(t, b, snapshot.Stage{ClientCertificateID: id}, resources...)
		for path, want := range answers {
			for range 2 {
				resp := r.call("GET " + path)
				if got := string(resp.Body); got != want {
					t.Errorf("certificate %q: %s answers %s, want %s", id, path, got, want)
				}
				resp.Release()
			}
		}
	}
}

// Stages with one certificate share connections; those with another, or none,
// do not.
func TestConnectionsByCertificate(t *testing.T) {
	backend := newSecureBackend(t, nil)
	b := newBackends(t, nil)
	for _, id := range []string{"c1", "c2"} {
		if err := b.SetClientCertificate(account+id, certificate(t, id, time.Now().AddDate(1, 0, 0))); err != nil {
			t.Fatal(err)
		}
	}
	r, _ := bound(t, b, snapshot.Stage{}, insecure(proxy("/x", "GET", "GET", backend.url, nil)))
	for i, step := range []struct {
		id    string
		conns int32
	}{{"c1", 1}, {"c1", 1}, {"c2", 2}, {"c1", 2}, {"c2", 2}} {
		settings := *r.stage.settings
		settings.ClientCertificateID = step.id
		resp := Bind(&settings, r.stage.program, r.stage.services).Serve(parseRequest("GET /x"))
		if got, want := string(resp.Body), step.id+" of 1"; got != want {
			t.Errorf("step %d: got %s, want %s", i, got, want)
		}
		resp.Release()
		if got := backend.conns.Load(); got != step.conns {
			t.Errorf("step %d: %d connections, want %d", i, got, step.conns)
		}
	}
}

func TestClientCertificateExpires(t *testing.T) {
	b := newBackends(t, nil)
	old := time.Now().AddDate(0, 0, -1)
	if err := b.SetClientCertificate(account+"c1", certificate(t, "c1", old)); err != nil {
		t.Fatal(err)
	}
	r, _ := bound(t, b, snapshot.Stage{ClientCertificateID: "c1"}, mock(nil))
	want := []Problem{{Field: "clientCertificateId", Text: "client certificate c1 expired on " + old.UTC().Format(time.DateOnly)}}
	if d := cmp.Diff(want, r.stage.Problems()); d != "" {
		t.Error("-want +got", d)
	}
}
