package gateway

import "net/http"

// A Cause is why the front door answered a request by itself.
type Cause int

// The causes of refusals.
const (
	NoStage     Cause = iota // there is no such stage, or the request is for none
	Misdirected              // the connection was made for another host, in a way that this one does not take
	Malformed                // the bytes are no request, or could be two
	TooLarge                 // the URL, the header or the body is over its limit
	TooSlow                  // the head did not come in its time
	Crowded                  // too many requests are under way
	Failed                   // the stage cannot be loaded, or its answer not be sent
	causes
)

// Causes lists all of them.
func Causes() []Cause {
	return []Cause{NoStage, Misdirected, Malformed, TooLarge, TooSlow, Crowded, Failed}
}

// String is the cause as metrics label it.
func (c Cause) String() string {
	return [causes]string{"no_stage", "misdirected", "malformed", "too_large", "too_slow", "crowded", "failed"}[c]
}

// refuses notes a refusal.
func (d *door) refuses(f *refusal) *refusal {
	d.refused[f.cause].Add(1)
	return f
}

// Refused returns how many requests the front door has refused for a cause, those for
// no stage included that it left to nobody else.
func (g *Gateway) Refused(c Cause) int64 { return g.door.refused[c].Load() }

// Connections returns how many connections clients have, how many of them are not
// idle, and how many there may be, 0 or less for any number.
func (g *Gateway) Connections() (open, busy, limit int) {
	g.door.mu.Lock()
	open = len(g.door.guests)
	g.door.mu.Unlock()
	return open, g.door.busy(), g.door.limit
}

// Streams returns how many answers are being streamed.
func (g *Gateway) Streams() int64 { return g.streams.Load() }

// Programs returns how many programs are loaded, and roughly how many bytes of memory
// they take.
func (g *Gateway) Programs() (loaded int, bytes int64) {
	g.programs.mu.Lock()
	defer g.programs.mu.Unlock()
	return len(g.programs.loaded), g.programs.size
}

// Nowhere answers requests for no stage when nobody else does, with 403.
func (g *Gateway) Nowhere(w http.ResponseWriter, r *http.Request) {
	a := streamed(w, r)
	out := egress{from: &a}
	out.send(g.door.refuses(forbidden).answer())
}
