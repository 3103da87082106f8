package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// How long payloads may be, in bytes (documented; the limit of responses is a hundred
// bytes above 6 MB, as Lambda's message says).
const (
	MaxEvent  = 6 << 20
	MaxOutput = 6<<20 + 100
	maxError  = 256 << 10 // of what a runtime says of an error
)

// A functionError is what Lambda answers when a function fails.
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// text is the JSON of an error.
func (e *functionError) text() []byte {
	text, _ := json.Marshal(e) // two strings
	return text
}

// timedOut is the error of a call that took longer than it may.
func timedOut(id string, after time.Duration) *functionError {
	return &functionError{"Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, after.Seconds())}
}

// exited is the error of a call whose worker ended before it answered.
func exited(id string, state *os.ProcessState) *functionError {
	return &functionError{"Runtime.ExitError", "RequestId: " + id + " Error: " + exitReason(state)}
}

// exitReason is how a worker ended, in Lambda's words.
func exitReason(state *os.ProcessState) string {
	const lead = "Runtime exited with error: "
	if state == nil {
		return lead + "signal: killed"
	}
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return lead + "signal: " + s.Signal().String()
	}
	if code := state.ExitCode(); code != 0 {
		return fmt.Sprintf("%sexit status %d", lead, code)
	}
	return "Runtime exited without providing a reason"
}

// notStarted is the error of a call for which no worker could be started.
func notStarted(id string, err error) *functionError {
	return &functionError{"Runtime.InvalidEntrypoint", "RequestId: " + id + " Error: " + err.Error()}
}

// responseTooLarge is the error of a call whose function returned too much. size is
// below 0 where nobody knows it.
func responseTooLarge(size int64) *functionError {
	text := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxOutput)
	if size >= 0 {
		text = fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", size, MaxOutput)
	}
	return &functionError{"Function.ResponseSizeTooLarge", text}
}

// noMemory is the error of a call whose answer the gateway has no memory for.
func noMemory(id string, err error) *functionError {
	return &functionError{"Sandbox.Failure", "RequestId: " + id + " Error: " + err.Error()}
}

// errThrottled says that all the workers that a function may have are at work.
var errThrottled = errors.New("all workers are at work")
