package wire

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
)

// The log has the first line of a message: what a wrong signature's message repeats
// behind it may hold a session token.
func TestLogHasNoCanonicalRequest(t *testing.T) {
	var log bytes.Buffer
	trail := Trail{Log: slog.New(slog.NewTextHandler(&log, nil))}
	trail.Write(&Entry{Request: httptest.NewRequest("GET", "/", nil), Status: 403, Err: &Error{
		Status: 403, Type: "InvalidSignatureException", Message: "It does not match.\n\nGET\n/\np=SECRET\nx-amz-security-token:SECRET",
	}})
	if text := log.String(); strings.Contains(text, "SECRET") || !strings.Contains(text, "It does not match.") {
		t.Errorf("the log is %s", text)
	}
}
