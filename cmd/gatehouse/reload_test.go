package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hangUp sends SIGHUP and waits for what the process then says.
func (p *process) hangUp(t *testing.T, says string) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := p.waitFor(says); err != nil {
		t.Fatal(err)
	}
}

const takenOver = "SIGHUP: the configuration is taken over"

// function is a Lambda function that says its name; once it is told of a call it
// waits to be let go, unless it is nil.
func function(t *testing.T, name string, told, let chan bool) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if told != nil {
			told <- true
			<-let
		}
		fmt.Fprintf(w, `{"statusCode": 200, "body": %q}`, name)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const functionAPI = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{},` +
	`"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST","uri":"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/` +
	`arn:aws:lambda:us-east-1:000000000000:function:f/invocations"}}}}}`

// TestReloadWithRequestsUnderWay gives a function another URL while a call of it is
// under way: that ends as it began, the next one goes to the new URL, on the same
// connection of the client.
func TestReloadWithRequestsUnderWay(t *testing.T) {
	t.Parallel()
	told, let := make(chan bool, 1), make(chan bool, 1)
	dir := t.TempDir()
	first, second := function(t, "first", told, let), function(t, "second", nil, nil)
	file := filepath.Join(dir, "gatehouse.yaml")
	p, _, url := launchWith(t, dir, "in-memory: true\nlambda-functions: {f: \""+first+"\"}\n")
	deployAPI(t, url, "f", functionAPI)
	stage := url + "/_aws/execute-api/f/prod/"

	slow := make(chan string, 1)
	go func() {
		text, err := request([]string{"GET", stage})
		slow <- fmt.Sprint(text, err)
	}()
	<-told
	rewrite(t, file, first, second)
	p.hangUp(t, takenOver)
	if text, err := request([]string{"GET", stage}); err != nil || !strings.Contains(text, "second") {
		t.Errorf("%s %v", text, err)
	}
	let <- true
	if text := <-slow; !strings.Contains(text, "first") {
		t.Error(text)
	}
}

// rewrite puts one text in the place of another in a file.
func rewrite(t *testing.T, file, old, new string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, new)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCertificatesAreReadAgain changes the files of a certificate under a running
// server: it shows the new one by itself. A pair that is no pair, or half written,
// changes nothing. SIGHUP takes other files.
func TestCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	first := selfSigned(t, dir)
	file := filepath.Join(dir, "gatehouse.yaml")
	p, _, _ := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n  - {cert: cert.pem, key: key.pem}\n")
	address := tlsLine.FindStringSubmatch(p.printed())[1]
	shows := func(pool *x509.CertPool) bool {
		nc, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, ServerName: "localhost"})
		if err != nil {
			return false
		}
		return nc.Close() == nil
	}
	eventually := func(what string, pool *x509.CertPool) {
		t.Helper()
		for end := time.Now().Add(patience); !shows(pool); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is not shown:\n%s", what, p.printed())
			}
		}
	}
	if !shows(first) {
		t.Fatal("the first certificate is not shown")
	}
	second := selfSigned(t, other)
	move := func(name string) {
		t.Helper()
		if err := os.Rename(filepath.Join(other, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	move("cert.pem")
	if err := p.waitFor("those that were read before stay.*private key does not match public key"); err != nil {
		t.Fatal(err)
	}
	if !shows(first) {
		t.Error("half a pair changes what is shown")
	}
	move("key.pem")
	eventually("the second certificate", second)

	third := selfSigned(t, other)
	rewrite(t, file, "cert.pem, key: key.pem", filepath.Join(other, "cert.pem")+", key: "+filepath.Join(other, "key.pem"))
	p.hangUp(t, takenOver)
	if !shows(third) {
		t.Error("the third certificate is not shown")
	}
	fourth := selfSigned(t, other)
	eventually("the fourth certificate", fourth)
}

// TestReloadKeepsTheCertificatesOfAListener takes a listener under TLS and its
// certificates out of the file: the listener stays until a restart, and so must what its
// clients are shown.
func TestReloadKeepsTheCertificatesOfAListener(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	selfSigned(t, dir)
	p, _, _ := launchWith(t, dir, "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates: [{cert: cert.pem, key: key.pem}]\n")
	root := "https://" + tlsLine.FindStringSubmatch(p.printed())[1]
	before := shown(t, root, nil)
	if err := os.WriteFile(filepath.Join(dir, "gatehouse.yaml"), []byte("in-memory: true\nallow-host: [gatehouse]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.hangUp(t, "nothing of it is taken over.*gateway-tls-listen: the configuration file names no certificates.*gateway-tls-listen.* a restart")
	if !shown(t, root, nil).Equal(before) {
		t.Error("another certificate is shown")
	}
}

// TestSettingsAreReadWhileTheyChange is for the race detector: a server that ends and
// files that are deployed read the configuration while SIGHUP has another taken over.
func TestSettingsAreReadWhileTheyChange(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "api.json")
	if err := os.WriteFile(file, []byte(plainAPI), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.Listen, c.InMemory = "127.0.0.1:0", true
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.source = &configSource{in: inServe}
	var all sync.WaitGroup
	all.Go(func() {
		for range 20 {
			next := c
			if err := s.adopt(t.Context(), "SIGHUP", &next); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		for range 20 {
			if _, err := newDescribed(s, file, "a", "prod", serveRefs); err != nil {
				t.Error(err)
			}
		}
	})
	ended, end := context.WithCancel(t.Context())
	end()
	if err := s.wait(ended); err != nil {
		t.Error(err)
	}
	all.Wait()
}
