package httpmsg

import "time"

// A Done is what came of one request for a stage: numbers and short texts, for
// logs, metrics and traces. Who writes the answer fills it in when the answer has
// been written or its client has gone; the stage adds what it alone knows (see
// Response.OnDone). It belongs to one goroutine and is valid until the response is
// released: who keeps it copies it.
type Done struct {
	Account, API, Stage string
	Canary              bool   // the stage's canary served it
	CacheHit, CacheMiss bool   // it was answered from the stage's cache, or not; neither where nothing was looked up
	Resource, Verb      string // path template and verb of the method's definition; "" where none was found

	RequestID, ExtendedRequestID string
	TraceID                      string // of the answer; "" for none
	SourceIP, Protocol           string

	Status       int
	CountsAs     int    // class of the statuses, 4 or 5, that the kind of gateway response belongs to, whatever status the API gave it; 0 for no such response
	ErrorType    string // gateway response of a call that failed, such as THROTTLED; "" for none
	ErrorMessage string // what its client was told
	RequestBytes int64  // of the body that was read
	AnswerBytes  int64  // of the body that the client took, or the listener for it
	Broken       bool   // not all of the answer was written

	Received  time.Time
	FirstByte time.Time // when the answer began to be written
	LastByte  time.Time // when no more of it was

	Integration IntegrationDone
	Authorizer  AuthorizerDone
}

// An AuthorizerDone is what came of asking a call's Lambda authorizer. It is all zero
// where none was asked.
type AuthorizerDone struct {
	Kept    bool          // its answer to an earlier call was taken, or to one that asked at the same time
	Failed  bool          // it gave no answer that could be used
	Began   time.Time     // of the call of its function
	Latency time.Duration // 0 where the function was not called
}

// An IntegrationDone is what came of a call's integration. It is all zero where
// none was reached.
type IntegrationDone struct {
	Began      time.Time
	Latency    time.Duration // 0 where no backend was called
	Status     int           // that the backend, or the service of AWS, answered; 0 for none
	CodeStatus int           // that a backend's or a function's own code said, or a MOCK's template; 0 for none
	RequestID  string        // that a service of AWS gave the call
	Error      string        // what an execution log says of its failure; "" for none

	// Header and Content are when the header of its answer, and the first byte
	// behind, had come; zero where nobody noted it.
	Header, Content time.Time
}
