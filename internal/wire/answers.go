package wire

import (
	"net/http"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// smallAnswer is the length, in bytes, up to which answers are not counted: the
// buffers of a connection take as much anyway.
const smallAnswer = 64 << 10

// answers bounds the bytes of answers that clients have not yet taken: of all
// together by a budget, and of an account by half of it, so that who asks for
// much and reads nothing leaves others their answers. An account that has no
// other answer under way may have any one.
type answers struct {
	budget *httpmsg.Budget

	mu sync.Mutex
	of map[string]int // bytes that an account has under way; only those with some
}

func newAnswers(b *httpmsg.Budget) *answers {
	return &answers{budget: b, of: make(map[string]int)}
}

// hold counts an answer of n bytes to an account. Its only error refuses it with
// an Error; what it returns otherwise must be called when the answer is written.
func (a *answers) hold(account string, n int) (release func(), err error) {
	if n <= smallAnswer {
		return func() {}, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if has := a.of[account]; has > 0 && a.budget.Limit() > 0 && int64(has+n) > a.budget.Limit()/2 {
		return nil, TooManyRequests("Too Many Requests")
	}
	var charge httpmsg.Charge
	charge.Open(a.budget)
	if charge.Take(n) != nil {
		return nil, ServiceUnavailable("The server holds as many answers as it may")
	}
	a.of[account] += n
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		charge.Release()
		if a.of[account] -= n; a.of[account] == 0 {
			delete(a.of, account)
		}
	}, nil
}

// answer writes what a successful call is answered with and returns the status.
// An error means that nothing was written.
func (s *Server) answer(w http.ResponseWriter, c *call, out any) (status int, err error) {
	op := c.route.op
	a, err := encodeOutput(op, out)
	if err != nil {
		return 0, err
	}
	release, err := s.answers.hold(c.who.Account, len(a.body))
	switch {
	case err != nil && op.Method != http.MethodGet:
		return 0, ServiceUnavailable("The request was carried out, but the server holds as many answers as it may")
	case err != nil:
		return 0, err
	}
	defer release()
	setHeader(w.Header(), "Content-Type", a.contentType)
	setHeader(w.Header(), "Content-Disposition", a.disposition)
	write(w, c.id, op.Status, a.body)
	return op.Status, nil
}
