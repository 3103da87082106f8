package pipeline

import (
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// What API Gateway does to each header is in tables of names, one for each place
// where headers pass. Names are lower case; look-ups fold case.

// droppedAtDoor are request headers that nothing behind the listener sees
// (recorded: $input.params of each is empty).
var droppedAtDoor = headerSet("connection", "content-length", "content-md5", "expect", "max-forwards", "proxy-authenticate",
	"server", "te", "transfer-encoding", "trailer", "upgrade", "www-authenticate",
	// hop-by-hop names that AWS's table leaves out and HTTP forbids to forward
	"keep-alive", "proxy-authorization", "proxy-connection")

// partialRequest are request headers that ask for a part, or under a condition (RFC 9110,
// sections 13.1 and 14.2).
var partialRequest = headerSet("range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")

// keptFromBackend are request headers that an HTTP_PROXY integration does not
// pass on by itself: the gateway sets them, AWS was seen to drop them, or they
// were for the gateway (x-http-method-override, documented).
var keptFromBackend = headerSet("content-encoding", "host", "via", "x-amzn-trace-id", "x-amzn-apigateway-api-id", "x-http-method-override")

// illegalInRequest are mapping targets that fail the call with 500.
var illegalInRequest = headerSet("content-length", "transfer-encoding", "x-amzn-trace-id")

// ignoredInRequest are mapping targets that have no effect.
var ignoredInRequest = headerSet("connection", "expect", "proxy-authenticate", "te", "via",
	"keep-alive", "proxy-authorization", "proxy-connection")

// illegalForAWS are mapping targets that fail a call of an AWS service
// (recorded), illegalInEvent those that fail one of a proxy integration.
var (
	illegalForAWS = headerSet("authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding",
		"x-amzn-trace-id")
	illegalInEvent = headerSet("authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding")
)

// ignoredForAWS are mapping targets that do not reach an AWS service.
var ignoredForAWS = headerSet("host", "referer", "via", "keep-alive", "proxy-authorization", "proxy-connection")

// setAtDoor are headers of which functions and templates see the gateway's own.
var setAtDoor = headerSet("host", "x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto")

// remappedWhenMapped are response headers that a mapping of an HTTP or AWS
// integration sends as x-amzn-Remapped-{name}.
var remappedWhenMapped = headerSet("authorization", "connection", "content-length", "content-md5", "date", "expect", "host",
	"max-forwards", "proxy-authenticate", "server", "trailer", "upgrade", "user-agent", "www-authenticate",
	"keep-alive", "proxy-authorization", "proxy-connection")

// remappedFromProxy are headers of a proxied backend's answer that the client
// gets as x-amzn-Remapped-{name}.
var remappedFromProxy = headerSet("connection", "content-length", "date", "server", "www-authenticate", "x-amzn-requestid",
	"keep-alive", "proxy-authenticate", "proxy-connection", "upgrade", "trailer")

// droppedFromProxy are headers of a proxied backend's answer that end here.
var droppedFromProxy = headerSet("transfer-encoding", "via")

// isSignature reports whether a header line holds a Signature Version 4 of the
// request. It is for this gateway alone, and AWS drops it before the backend
// (documented); other credentials pass.
func isSignature(f *httpmsg.Field) bool {
	return strings.HasPrefix(f.Value, "AWS4-") && httpmsg.EqualFold(f.Name, "Authorization")
}

// maxConnectionOptions is how many headers a client's Connection may name, so
// that none makes the gateway look for thousands.
const maxConnectionOptions = 32

var errConnectionOptions = errors.New("Connection names too many headers") //nolint:staticcheck // a name

// dropConnectionNamed drops from the integration request what the client's
// Connection header names: it is for the client's connection to this gateway
// (RFC 9110 section 7.6.1). What the gateway adds later is not concerned.
func (c *call) dropConnectionNamed() error {
	left := maxConnectionOptions
	for i := range c.req.Header {
		f := &c.req.Header[i]
		if !httpmsg.EqualFold(f.Name, "Connection") {
			continue
		}
		for rest := f.Value; rest != ""; {
			var option string
			option, rest, _ = strings.Cut(rest, ",")
			switch option = httpmsg.TrimValue(option); {
			case option == "", httpmsg.EqualFold(option, "keep-alive"), httpmsg.EqualFold(option, "close"):
				continue
			case left == 0:
				return badRequest(errConnectionOptions)
			}
			left--
			c.out.Header.Del(option)
		}
	}
	return nil
}

const remappedPrefix = "x-amzn-Remapped-"

// A nameSet is a set of header names grouped by length, so that a look-up
// costs a few comparisons and no lower-casing.
type nameSet [32][]string

func headerSet(names ...string) *nameSet {
	s := new(nameSet)
	for _, n := range names {
		s[len(n)] = append(s[len(n)], n)
	}
	return s
}

// has reports whether the set holds name, whatever its case.
func (s *nameSet) has(name string) bool {
	if len(name) >= len(s) {
		return false
	}
	for _, n := range s[len(name)] {
		if httpmsg.EqualFold(n, name) {
			return true
		}
	}
	return false
}
