package gateway

import (
	"net/http"
	"os"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
)

// firstPiece is how much of a small answer goes out in one write, in bytes.
const firstPiece = 16 << 10

// answer writes a whole answer. It returns head, perhaps grown by what went out with it,
// and how much of body went out; the whole did unless t.broken says why not.
func (t *talk) answer(head, body []byte) (grown []byte, sent int) {
	start, first := len(head), min(len(body), max(0, firstPiece-len(head)))
	head = append(head, body[:first]...)
	if sent, t.broken = t.put(head); t.broken != nil {
		return head, max(0, sent-start)
	}
	sent, t.broken = t.put(body[first:])
	return head, first + sent
}

// Write implements http1.Transport, for what goes out beside answers.
func (t *talk) Write(p []byte) (int, error) { return t.put(p) }

// put writes p, each piece within the time that a client has for it. All that goes out
// does so here.
func (t *talk) put(p []byte) (n int, err error) {
	end := time.Now().Add(answerTime)
	for due := 0; n < len(p) && err == nil; {
		if due <= 0 {
			due = piece
			t.limitWrites(end)
		}
		if t.delivery.ended() {
			return n, os.ErrDeadlineExceeded
		}
		var took int
		took, err = t.nc.Write(p[n:min(len(p), n+stretch)])
		n, due = n+took, due-took
		if t.delivery != nil {
			t.delivery.took(took)
		}
	}
	return n, err
}

// limitWrites gives the client its time for a piece, but not beyond end.
func (t *talk) limitWrites(end time.Time) {
	if timeout := t.guest.door.writeTime; timeout > 0 {
		t.writes.want = time.Now().Add(timeout)
		if t.writes.want.After(end) {
			t.writes.want = end
		}
	}
	if t.writes.due() {
		_ = t.nc.SetWriteDeadline(t.writes.have)
	}
}

// unreadable is the answer in AWS's form to what http1 refuses to read.
func unreadable(refused http1.Refusal) *refusal {
	switch refused {
	case http1.Timeout:
		return requestTimeout
	case http1.HeadTooLarge:
		return tooLong
	}
	return &refusal{status: int(refused), errorType: "BadRequestException", message: http.StatusText(int(refused)), cause: Malformed}
}

// worded is a refusal as it goes out on a connection that ends.
func worded(f *refusal) []byte {
	resp := f.answer()
	return append(appendHead(nil, resp, form{length: int64(len(resp.Body)), date: time.Now().UTC().Format(http.TimeFormat), closing: true}), resp.Body...)
}
