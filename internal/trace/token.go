package trace

// A TokenEvent is a token that lets a call in.
type TokenEvent struct {
	Token string // what it is, such as "an ID token of https://login.example.com/"
}

func (*TokenEvent) eventData() {}

// Token records a token that lets a call in. Why another does not, the call's failure
// says.
func (t *Trace) Token(what string) {
	if t.Stepwise() {
		t.add(&TokenEvent{what})
	}
}
