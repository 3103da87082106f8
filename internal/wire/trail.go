package wire

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Trail is the logs that have a line for each call: who made it, from where, what
// of, and what came of it. Secrets and bodies are never in it.
type Trail struct {
	Log   *slog.Logger // of the process
	Audit *slog.Logger // for those who ask later; nil for none
}

// An Entry is what a line of a Trail says of a call. Members that are empty are
// left out.
type Entry struct {
	Operation string // its name; a call that is of none has its method in the line
	Request   *http.Request
	RequestID string
	API       string  // id of the API that it was about
	Made      string  // id of what it has created, where AWS chose one
	Who       *Caller // nil where nobody is known
	Status    int
	Took      time.Duration
	Err       error // why it failed; an *Error is the client's to see
}

// Write writes the line of a call, at level error where it failed by our fault.
func (t Trail) Write(e *Entry) {
	level := slog.LevelInfo
	attrs := make([]slog.Attr, 0, 16)
	if e.Operation != "" {
		attrs = append(attrs, slog.String("operation", e.Operation))
	} else {
		attrs = append(attrs, slog.String("method", e.Request.Method))
	}
	attrs = append(attrs, slog.String("path", quoted(withoutKeys(e.Request.URL.Path))))
	attrs = append(attrs, slog.Int("status", e.Status), slog.Duration("duration", e.Took.Round(time.Microsecond)), slog.String("requestId", e.RequestID))
	if e.API != "" {
		attrs = append(attrs, slog.String("api", quoted(e.API)))
	}
	if e.Made != "" {
		attrs = append(attrs, slog.String("made", e.Made))
	}
	if e.Who != nil {
		attrs = append(attrs, slog.String("account", e.Who.Account), slog.String("caller", e.Who.Principal))
	}
	attrs = append(attrs, slog.String("client", clientAddress(e.Request)))
	var known *Error
	switch {
	case errors.As(e.Err, &known):
		attrs = append(attrs, slog.String("error", known.Type))
		if known.Status != http.StatusBadRequest { // whose messages repeat what the body has
			// Behind the first line that of a wrong signature repeats what was to be
			// signed, with session tokens and the query's values.
			line, _, _ := strings.Cut(known.Message, "\n")
			attrs = append(attrs, slog.String("message", quoted(withoutKeys(line))))
		}
	case e.Err != nil:
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	ctx := context.WithoutCancel(e.Request.Context())
	t.Log.LogAttrs(ctx, level, "request", attrs...)
	if t.Audit == nil {
		return
	}
	if e.Who != nil {
		attrs = append(attrs, slog.String("region", e.Who.Region), slog.String("accessKeyId", e.Who.AccessKey))
	}
	t.Audit.LogAttrs(ctx, level, "request", append(attrs, slog.String("userAgent", quoted(e.Request.UserAgent())))...)
}

// shortestKey is the length of the shortest value of an API key; ids are shorter.
const shortestKey = 20

// withoutKeys is a path, or a text that ends with words behind one, for a log: what
// stands where the id of an API key belongs and may be a key's value is left out.
func withoutKeys(text string) string {
	parts := strings.Split(text, "/")
	for i := 1; i < len(parts); i++ {
		if parts[i-1] != "apikeys" && parts[i-1] != "keys" {
			continue
		}
		id, words, more := strings.Cut(parts[i], " ")
		if len(id) < shortestKey {
			continue
		}
		parts[i] = "…"
		if more {
			parts[i] += " " + words
		}
	}
	return strings.Join(parts, "/")
}

// clientAddress is the address of the other end of a request's connection.
func clientAddress(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// apiOf is the id of the API that a call is about, "" for none: that of its path, of
// the ARN that it tags, or of the API that it has made.
func apiOf(rt *route, labels []string, out any) string {
	if id := APIOf(rt.resource(labels)); id != "" {
		return id
	}
	if made, ok := out.(*RestAPI); ok && made.ID != nil {
		return *made.ID
	}
	return ""
}

// madeID is the id that AWS chose for what a call has created, "" for none.
func madeID(rt *route, out any) string {
	if rt.op.Method != http.MethodPost {
		return ""
	}
	var id *string
	switch made := out.(type) {
	case *RestAPI:
		id = made.ID
	case *Resource:
		id = made.ID
	case *Deployment:
		id = made.ID
	case *APIKey:
		id = made.ID
	case *UsagePlan:
		id = made.ID
	case *UsagePlanKey:
		id = made.ID
	case *VPCLink:
		id = made.ID
	case *VPCLinkV2:
		id = &made.VPCLinkID
	case *ClientCertificate:
		id = made.ClientCertificateID
	case *Model:
		id = made.ID
	case *RequestValidator:
		id = made.ID
	}
	if id == nil {
		return ""
	}
	return *id
}

// APIOf is the id of the API that a call is about whose path ServerOptions.Authorize
// gets, "" where it is about none, or about all.
func APIOf(resource string) string {
	if arn, tags := strings.CutPrefix(resource, "/tags/"); tags {
		arn, _ = url.PathUnescape(arn) // which the server has escaped
		resource = ""
		const members = 6 // arn:partition:service:region:account:path
		if parts := strings.SplitN(arn, ":", members); len(parts) == members {
			resource = parts[members-1]
		}
	}
	rest, ok := strings.CutPrefix(resource, "/restapis/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}
