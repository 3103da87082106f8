package wire

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Bodies beyond the budget are refused, other requests are not, and what a body
// took is there again when its request ends, however that is.
func TestBudgetOfBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := testOptions(recordAll(&recording{}))
		options.Budget = httpmsg.NewBudget(120 << 10) // room for the slow body to grow from 32 to 64 KiB, and then for no other to reach 32
		s := newTestServer(t, options)

		slow, client := io.Pipe()
		done := make(chan int)
		go func() {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "/usageplans", slow)
			r.ContentLength = 50 << 10
			s.ServeHTTP(w, r)
			done <- w.Code
		}()
		io.WriteString(client, `{"name": "`+strings.Repeat("a", 40<<10))
		synctest.Wait()
		if held := options.Budget.Used(); held < 40<<10 {
			t.Errorf("%d bytes are held", held)
		}
		r := send(s, "POST", "/usageplans", `{"name": "`+strings.Repeat("a", 20<<10)+`"}`)
		if header(r, "Retry-After") != "1" {
			t.Error("nobody is told to try again")
		}
		checkError(t, r, 503, "ServiceUnavailableException", "The server holds as many request bodies as it may")
		if r := send(s, "GET", "/restapis/a", ""); r.StatusCode != 200 {
			t.Errorf("a request without a body is answered %d", r.StatusCode)
		}
		client.CloseWithError(io.ErrUnexpectedEOF)
		if status := <-done; status != 400 {
			t.Errorf("an upload that ends early is answered %d", status)
		}
		for range 10 {
			if r := send(s, "POST", "/usageplans", `{"name": "`+strings.Repeat("a", 20<<10)+`"}`); r.StatusCode != 201 {
				t.Fatalf("answered %d", r.StatusCode)
			}
			send(s, "POST", "/usageplans", strings.Repeat("no JSON", 1000))
		}
		if held := options.Budget.Used(); held != 0 {
			t.Errorf("%d bytes are held in the end", held)
		}
	})
}
