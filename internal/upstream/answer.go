package upstream

import (
	"io"
	"net/http"
	"time"
)

const (
	// piece is how much of an answer is copied at once, in bytes.
	piece = 32 << 10
	// pieceTime is how long a client has to take a piece.
	pieceTime = time.Minute
)

// answer gives the client what the upstream answers, piece by piece as it comes.
func (c *call) answer(w http.ResponseWriter, resp *http.Response) error {
	h := w.Header()
	for name, values := range passedOn(resp.Header) {
		h[name] = values
	}
	if h["Content-Type"] == nil {
		h["Content-Type"] = nil // net/http is not to guess one
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(pieceTime)) // only a test's recorder cannot
	w.WriteHeader(resp.StatusCode)
	if resp.Body == http.NoBody {
		return nil
	}
	buf := make([]byte, piece)
	for {
		_ = control.SetWriteDeadline(time.Time{}) // on HTTP/2 it would run while the source is silent
		n, err := resp.Body.Read(buf)
		c.moved()
		_ = control.SetWriteDeadline(time.Now().Add(pieceTime))
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if err != io.EOF { // else all goes out together
				if err := control.Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
