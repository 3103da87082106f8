package valkey

import (
	"context"
	"errors"
	"io"
	"strings"
)

// advice is what to look at where an error does not say it, as an attribute of a log line.
func advice(err error, tls bool) []any {
	switch {
	case strings.HasPrefix(err.Error(), "NOAUTH"):
		return []any{"advice", "it asks for a password, and none was given"}
	case tls && errors.Is(err, context.DeadlineExceeded):
		return []any{"advice", "if it speaks no TLS, its URL begins with redis and not with rediss"}
	case !tls && errors.Is(err, io.EOF):
		return []any{"advice", "if it speaks TLS, its URL begins with rediss"}
	case strings.Contains(err.Error(), "unknown command 'EVALSHA'"):
		return []any{"advice", "it has to be Valkey, or Redis 7 or later, that lets the user run scripts"}
	}
	return nil
}
