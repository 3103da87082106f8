package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadyTurnsFalseWhenTheDrainBegins ends a server while a call is under way: the
// port of health says at once that it is to get no more requests, and that it lives,
// until the call is answered.
func TestReadyTurnsFalseWhenTheDrainBegins(t *testing.T) {
	t.Parallel()
	told, let := make(chan bool, 1), make(chan bool)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		told <- true
		<-let
		fmt.Fprint(w, "done")
	}))
	t.Cleanup(backend.Close)
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\nadmin-listen: 127.0.0.1:0\n")
	deployAPI(t, url, "drain", `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{},`+
		`"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"`+backend.URL+`"}}}}}`)
	admin := scriptURLs["_HEALTH"].FindStringSubmatch(p.printed())[1]
	ask := func(page string) string {
		t.Helper()
		text, err := request([]string{"GET", admin + page})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := ask(readyPage); !strings.HasPrefix(got, "200\n") {
		t.Error(got)
	}
	answer := make(chan string, 1)
	go func() {
		text, err := request([]string{"GET", url + "/_aws/execute-api/drain/prod/"})
		answer <- fmt.Sprint(text, err)
	}()
	<-told
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); !strings.HasPrefix(ask(readyPage), "503\n"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is ready still")
		}
	}
	if got := ask(readyPage); !strings.Contains(got, `"status":"draining"`) {
		t.Error(got)
	}
	if got := ask(livePage); !strings.HasPrefix(got, "200\n") {
		t.Error(got)
	}
	close(let)
	if got := <-answer; !strings.Contains(got, "done") {
		t.Error(got)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
}
