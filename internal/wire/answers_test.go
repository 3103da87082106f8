package wire

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A slowClient takes its answer when it may.
type slowClient struct {
	*httptest.ResponseRecorder
	may chan struct{}
}

func (c slowClient) Write(p []byte) (int, error) {
	<-c.may
	return c.ResponseRecorder.Write(p)
}

// Who asks for large answers and does not take them is refused more of them, then
// everybody is; small answers are not, and nothing stays held.
func TestAnswersThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := strings.Repeat("a", 400<<10)
		options := testOptions(map[string]Handler{
			"GetRestApi": Op(func(context.Context, *Caller, *GetRestAPIRequest) (*RestAPI, error) {
				return &RestAPI{Policy: &large}, nil
			}),
			"GetAccount": Op(func(context.Context, *Caller, *GetAccountRequest) (*Account, error) { return &Account{}, nil }),
			"PutRestApi": Op(func(context.Context, *Caller, *PutRestAPIRequest) (*RestAPI, error) {
				return &RestAPI{Policy: &large}, nil
			}),
		})
		options.Answers = httpmsg.NewBudget(2 << 20)
		options.Authenticate = func(r *http.Request, _ string) (Identify, error) {
			return func([]byte) (*Caller, error) { return &Caller{Account: r.Header.Get("X-Account")}, nil }, nil
		}
		s := newTestServer(t, options)
		request := func(account, method, path string) *http.Request {
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set("X-Account", account)
			return r
		}
		ask := func(account, method, path string) *http.Response {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, request(account, method, path))
			return w.Result()
		}
		may := make(chan struct{})
		leave := func(account string, n int) {
			for range n {
				go s.ServeHTTP(slowClient{httptest.NewRecorder(), may}, request(account, "GET", "/restapis/a"))
			}
			synctest.Wait()
		}
		leave("1", 2)
		refused := ask("1", "GET", "/restapis/a")
		if header(refused, "Retry-After") != "1" {
			t.Error("nobody is told to try again")
		}
		checkError(t, refused, 429, "TooManyRequestsException", "Too Many Requests")
		if r := ask("2", "GET", "/restapis/a"); r.StatusCode != 200 {
			t.Errorf("another account is answered %d", r.StatusCode)
		}
		leave("2", 2)
		checkError(t, ask("3", "GET", "/restapis/a"), 503, "ServiceUnavailableException", "The server holds as many answers as it may")
		checkError(t, ask("3", "PUT", "/restapis/a"), 503, "ServiceUnavailableException", "The request was carried out, but the server holds as many answers as it may")
		for _, account := range []string{"1", "2", "3"} {
			if r := ask(account, "GET", "/account"); r.StatusCode != 200 {
				t.Errorf("a small answer to %s has the status %d", account, r.StatusCode)
			}
		}
		close(may)
		synctest.Wait()
		if held := options.Answers.Used(); held != 0 || len(s.answers.of) > 0 {
			t.Errorf("%d bytes are held in the end, by %v", held, s.answers.of)
		}
		if r := ask("1", "GET", "/restapis/a"); r.StatusCode != 200 {
			t.Errorf("answered %d in the end", r.StatusCode)
		}
	})
}

// An account may have one answer of any size that there is memory for.
func TestLargestAnswer(t *testing.T) {
	a := newAnswers(httpmsg.NewBudget(8 << 20))
	release, err := a.hold("1", 6<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.hold("1", 100<<10); err == nil {
		t.Error("it has another beside it")
	}
	release()
	if _, err := a.hold("1", 9<<20); err == nil {
		t.Error("it has more than there is")
	}
}
