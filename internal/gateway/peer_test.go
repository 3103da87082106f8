package gateway

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A stage knows who is at the other end of a connection, and by which listener it
// came. All requests of a connection share that.
func TestPeer(t *testing.T) {
	certs := httptest.NewTLSServer(http.NotFoundHandler())
	certs.Close()
	pair := certs.TLS.Certificates[0]
	var mu sync.Mutex
	var peers []*httpmsg.Peer
	noted := func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		mu.Lock()
		peers = append(peers, req.Peer)
		mu.Unlock()
		return &httpmsg.Response{Status: 200, Body: []byte(req.Scheme)}
	}
	config := &tls.Config{Certificates: certs.TLS.Certificates, ClientAuth: tls.RequestClientCert}
	secure := openAs(t, Options{}, Entrance{Name: "secure", TLS: config}, noted)
	plain := openAs(t, Options{}, Entrance{Name: "plain"}, noted)
	for name, tt := range map[string]struct {
		url    string
		client *tls.Config
		http2  bool
		want   string
	}{
		"plain":                  {url: "http://" + plain.addr, want: `127.0.0.1 plain 0 false "" 0`},
		"TLS, HTTP/2":            {url: "https://" + secure.addr, client: &tls.Config{ServerName: "shop.example"}, http2: true, want: `127.0.0.1 secure 304 true "shop.example" 0`},
		"TLS, HTTP/1":            {url: "https://" + secure.addr, client: &tls.Config{ServerName: "shop.example"}, want: `127.0.0.1 secure 304 true "shop.example" 0`},
		"an older TLS":           {url: "https://" + secure.addr, client: &tls.Config{MaxVersion: tls.VersionTLS12}, want: `127.0.0.1 secure 303 true "" 0`},
		"a certificate, HTTP/2":  {url: "https://" + secure.addr, client: &tls.Config{Certificates: []tls.Certificate{pair}}, http2: true, want: `127.0.0.1 secure 304 true "" 1`},
		"a certificate, HTTP/1":  {url: "https://" + secure.addr, client: &tls.Config{Certificates: []tls.Certificate{pair}}, want: `127.0.0.1 secure 304 true "" 1`},
		"a certificate, TLS 1.2": {url: "https://" + secure.addr, client: &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12}, want: `127.0.0.1 secure 303 true "" 1`},
	} {
		t.Run(name, func(t *testing.T) {
			peers = nil
			tr := &http.Transport{TLSClientConfig: tt.client, ForceAttemptHTTP2: tt.http2}
			if tt.client != nil {
				tt.client.InsecureSkipVerify = true
			}
			defer tr.CloseIdleConnections()
			for range 2 {
				req, _ := http.NewRequest("GET", tt.url+"/dev/x", nil)
				req.Host = "abc123.execute-api.localhost"
				resp, err := (&http.Client{Transport: tr}).Do(req)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if scheme, _, _ := strings.Cut(tt.url, ":"); string(body) != scheme || (resp.ProtoMajor == 2) != tt.http2 {
					t.Errorf("scheme %s over %s", body, resp.Proto)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if len(peers) != 2 || peers[0] != peers[1] {
				t.Fatalf("got %v, want one for both requests", peers)
			}
			p := peers[0]
			if got := fmt.Sprintf("%s %s %x %t %q %d", p.Address, p.Listener, p.TLSVersion, p.CipherSuite != 0, p.ServerName, len(p.Certificates)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if len(p.Certificates) > 0 && !bytes.Equal(p.Certificates[0], pair.Certificate[0]) {
				t.Error("it is another certificate")
			}
		})
	}
}
