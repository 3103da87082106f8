package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Most clients look for the answer only when all of their body is sent.
func TestTooLargeIsAnsweredToWhoWritesFirst(t *testing.T) {
	srv := httptest.NewServer(newTestServer(t, testOptions(recordAll(&recording{}))))
	defer srv.Close()
	const size = 24 << 20
	body := strings.Repeat(" ", size)
	tests := map[string]string{
		"length":            fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, body),
		"chunks":            fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, body),
		"chunks, expecting": fmt.Sprintf("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, body),
	}
	for name, rest := range tests {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "POST /restapis HTTP/1.1\r\nHost: a\r\n"+rest); err != nil {
				t.Fatalf("the body could not be sent: %v", err)
			}
			from := bufio.NewReader(conn)
			r, err := http.ReadResponse(from, nil)
			if err == nil && r.StatusCode == http.StatusContinue {
				r, err = http.ReadResponse(from, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := readAll(t, r); r.StatusCode != 413 || !strings.Contains(got, "Request must be smaller than 10485760 bytes for the CreateRestApi operation") {
				t.Errorf("answered %d %s", r.StatusCode, got)
			}
			if !r.Close {
				t.Error("the connection stays open")
			}
		})
	}
}

// One who waits to be told to go on is answered at once and sends nothing.
func TestTooLargeDoesNotAskForTheBody(t *testing.T) {
	srv := httptest.NewServer(newTestServer(t, testOptions(recordAll(&recording{}))))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /restapis HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10485761\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 413 ") {
		t.Errorf("got %q, error %v", answer, err)
	}
	if took := time.Since(begin); took > lingerTime/2 {
		t.Errorf("the connection was closed after %v", took)
	}
}

// What is taken in of a refused body is bounded in bytes and in time, also where
// the listener sets the connection's deadline for each read.
func TestLingerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		endless := &slowBody{pause: 0}
		linger(slowWriter{endless}, &http.Request{ProtoMajor: 1, Body: endless})
		if endless.sent < lingerBytes || endless.sent > lingerBytes+1<<20 {
			t.Errorf("%d bytes were taken in", endless.sent)
		}
		slow := &slowBody{pause: time.Second}
		linger(slowWriter{slow}, &http.Request{ProtoMajor: 1, Body: slow})
		if took := time.Since(begin); took > lingerTime {
			t.Errorf("a slow body was read for %v", took)
		}
		begin = time.Now()
		silent := &slowBody{pause: time.Hour}
		linger(slowWriter{silent}, &http.Request{ProtoMajor: 1, Body: silent})
		if took := time.Since(begin); took != lingerTime {
			t.Errorf("a silent client was waited for %v", took)
		}
		begin = time.Now()
		paced := &pacedBody{slowBody{pause: time.Hour}}
		linger(slowWriter{new(slowBody)}, &http.Request{ProtoMajor: 1, Body: paced})
		if took := time.Since(begin); took != lingerTime {
			t.Errorf("a silent client of a listener with its own deadlines was waited for %v", took)
		}
	})
}

// A slowBody sends as much as is asked for after each pause, until its deadline.
type slowBody struct {
	pause time.Duration
	end   time.Time
	sent  int
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.end.IsZero() {
		return 0, errors.New("no deadline")
	}
	if left := time.Until(b.end); left < b.pause {
		time.Sleep(left)
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(b.pause)
	b.sent += len(p)
	return len(p), nil
}

func (b *slowBody) Close() error { return nil }

// A pacedBody takes its deadline itself, as that of a listener which sets the
// connection's for each read.
type pacedBody struct{ slowBody }

func (b *pacedBody) SetReadDeadline(end time.Time) error {
	b.end = end
	return nil
}

// A slowWriter is the connection of a slowBody.
type slowWriter struct{ body *slowBody }

func (w slowWriter) Header() http.Header         { return nil }
func (w slowWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w slowWriter) WriteHeader(int)             {}
func (w slowWriter) FlushError() error           { return nil }
func (w slowWriter) SetReadDeadline(end time.Time) error {
	w.body.end = end
	return nil
}
