package wire

import (
	"net/http"
	"time"
)

// Bounds on what is taken in of a body that was refused for its size.
const (
	lingerBytes = 64 << 20
	lingerTime  = 5 * time.Second
)

// linger sends the answer and takes in the rest of a body that was refused for
// its size: most clients look for the answer only when all is sent, and lose it
// to the reset of a connection that is closed before.
func linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	if r.ProtoMajor != 1 || control.Flush() != nil {
		return
	}
	end := time.Now().Add(lingerTime)
	_ = control.SetReadDeadline(end)
	if body, ok := r.Body.(interface{ SetReadDeadline(time.Time) error }); ok {
		_ = body.SetReadDeadline(end) // a listener that sets the connection's for each read is told here
	}
	buf := make([]byte, 32<<10)
	for n := 0; n < lingerBytes && time.Now().Before(end); {
		got, err := r.Body.Read(buf)
		if err != nil {
			return
		}
		n += got
	}
}
