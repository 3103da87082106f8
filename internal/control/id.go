package control

import "crypto/rand"

const idLetters = "abcdefghijklmnopqrstuvwxyz0123456789"

// Lengths of the ids that the service makes, as AWS's are.
const (
	apiIDLength   = 10 // RestApi, its root resource, API key
	childIDLength = 6  // everything below an API
)

// newID returns n random characters of [a-z0-9].
func newID(n int) string { return randomText(n, idLetters) }

// newKeyValue returns the value of an API key: random characters of [a-zA-Z0-9].
func newKeyValue() string {
	return randomText(madeKeyValue, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"+idLetters)
}

// randomText returns n random letters, of which there are 256 at most.
func randomText(n int, letters string) string {
	// What is above the largest multiple of their number in a byte would favour
	// the first letters.
	fair := 256 - 256%len(letters)
	out := make([]byte, 0, n)
	var buf [32]byte
	for len(out) < n {
		rand.Read(buf[:]) // never fails: the runtime aborts instead
		for _, b := range buf {
			if int(b) < fair && len(out) < n {
				out = append(out, letters[int(b)%len(letters)])
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
