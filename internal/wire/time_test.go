package wire

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// waiting is a server whose GetAccount waits for the end of its context.
func waiting(t *testing.T, log io.Writer) *Server {
	options := testOptions(map[string]Handler{
		"GetAccount": Op(func(ctx context.Context, _ *Caller, _ *GetAccountRequest) (*Account, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}),
	})
	options.Log = slog.New(slog.NewTextHandler(log, nil))
	return newTestServer(t, options)
}

func TestTimeOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var log bytes.Buffer
		r := send(waiting(t, &log), "GET", "/account", "")
		checkError(t, r, 503, "ServiceUnavailableException", "The request took too long")
		if took := time.Since(begun); took != 90*time.Second {
			t.Errorf("it took %v", took)
		}
		if strings.Contains(log.String(), "ERROR") {
			t.Errorf("logged %s", log.String())
		}
	})
}

// That a client has left is no fault of the server's.
func TestClientThatHasLeft(t *testing.T) {
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	waiting(t, &log).ServeHTTP(w, httptest.NewRequest("GET", "/account", nil).WithContext(ctx))
	if w.Code != 503 || strings.Contains(log.String(), "ERROR") {
		t.Errorf("answered %d, logged %s", w.Code, log.String())
	}
}

// A body that comes too slowly is its client's fault.
func TestSlowBody(t *testing.T) {
	options := testOptions(recordAll(&recording{}))
	var log bytes.Buffer
	options.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := newTestServer(t, options)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/restapis", io.MultiReader(strings.NewReader("{"), errReader{os.ErrDeadlineExceeded})))
	checkError(t, w.Result(), 408, "RequestTimeoutException", "Request Timeout")

	slow := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		s.ServeHTTP(w, r)
	}))
	slow.EnableHTTP2 = true
	slow.StartTLS()
	defer slow.Close()
	body, rest := io.Pipe()
	defer rest.Close()
	r, err := slow.Client().Post(slow.URL+"/restapis", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 408 || r.ProtoMajor != 2 {
		t.Errorf("over HTTP/%d it is answered %d", r.ProtoMajor, r.StatusCode)
	}
	if strings.Contains(log.String(), "ERROR") {
		t.Errorf("logged %s", log.String())
	}
}
