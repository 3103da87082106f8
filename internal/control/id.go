package control

import "crypto/rand"

const idLetters = "abcdefghijklmnopqrstuvwxyz0123456789"

// Lengths of the ids that the service makes, as AWS's are.
const (
	apiIDLength   = 10 // RestApi, its root resource, API key
	childIDLength = 6  // everything below an API
)

// newID returns n random characters of [a-z0-9].
func newID(n int) string {
	out := make([]byte, 0, n)
	var buf [32]byte
	for len(out) < n {
		rand.Read(buf[:]) // never fails: the runtime aborts instead
		for _, b := range buf {
			// 252 is the largest multiple of 36 in a byte: what is above
			// would favour the first letters.
			if b < 252 && len(out) < n {
				out = append(out, idLetters[b%36])
			}
		}
	}
	return string(out)
}

// freshID returns an id that no document of a kind has.
func (t *tx) freshID(k kind) (string, error) {
	for {
		id := newID(childIDLength)
		taken, err := t.exists(k, id)
		if err != nil || !taken {
			return id, err
		}
	}
}
