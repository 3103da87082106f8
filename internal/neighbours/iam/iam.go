// Package iam is what tools ask of IAM: roles with their policies, and the instance
// profiles that they expect beside them. The roles can be assumed, since they are published
// to who knows the callers of both planes; who signs with the credentials of one may do
// what its policies say.
package iam

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Version is that of the API which requests name.
const Version = "2010-05-08"

// New makes the service over its records. taken reports whether an account has a role of a
// name that is not among them, such as one of the credentials file; nil is for none.
func New(r *records.Records, taken func(account, name string) bool) *operation.Service {
	s := &service{r, taken}
	all := map[string]operation.Operation{
		"GetUser":            operation.Of(ownUser, s.getUser),
		"ListAccountAliases": operation.Of(anything[*listRequest], s.listAliases),
	}
	for _, part := range []map[string]operation.Operation{s.roleOperations(), s.policyOperations(), s.profileOperations()} {
		for name, op := range part {
			all[name] = op
		}
	}
	return &operation.Service{
		Name:       "iam",
		Protocol:   &query.Protocol{Version: Version, Space: "https://iam.amazonaws.com/doc/2010-05-08/", Called: "IAM"},
		Operations: all,
	}
}

type service struct {
	records *records.Records
	taken   func(account, name string) bool
}

// IAM is in no region.
const nowhere = ""

// read calls fn with the records of who calls.
func (s *service) read(ctx context.Context, c *operation.Call, fn func(*records.Tx) error) error {
	return s.records.Read(ctx, c.Who.Account, nowhere, fn)
}

// write is read for what changes them.
func (s *service) write(ctx context.Context, c *operation.Call, fn func(*records.Tx) error) error {
	return s.records.Write(ctx, c.Who.Account, nowhere, fn)
}

// anything needs the permission that has the operation's name, on no resource of its own.
func anything[In any](c *operation.Call, _ In) []operation.Permission { return c.On("*") }

// newID makes the unique id of a thing: what AWS begins those of its kind with, and 17
// characters.
func newID(prefix string) string {
	var random [idLength]byte
	_, _ = rand.Read(random[:])
	return prefix + base32.StdEncoding.EncodeToString(random[:])[:idLength]
}

const idLength = 17

// dateOf is a time in an answer.
func dateOf(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

// escaped is a document in an answer: percent-encoded, as RFC 3986 has it.
func escaped(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// key is the id of a record by its name. IAM has one of a name, whatever the case of its
// letters.
func key(name string) string { return strings.ToLower(name) }

func fail(status int, code, format string, args ...any) error {
	return &wire.Error{Status: status, Type: code, Message: fmt.Sprintf(format, args...)}
}

func noSuch(format string, args ...any) error {
	return fail(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func exists(format string, args ...any) error {
	return fail(http.StatusConflict, "EntityAlreadyExists", format, args...)
}

func inUse(text string) error { return fail(http.StatusConflict, "DeleteConflict", "%s", text) }

func exceeded(format string, args ...any) error {
	return fail(http.StatusConflict, "LimitExceeded", format, args...)
}

// mostOfAKind is how many roles, policies and instance profiles each an account may have.
// AWS has 1,000 to 1,500 and raises them on request.
const mostOfAKind = 5000

// room refuses one more than an account may have of a kind; quota is AWS's name for it.
func room[T any](tx *records.Tx, kind records.Kind[T], quota string) error {
	n, err := kind.Count(tx, "")
	if err == nil && n >= mostOfAKind {
		err = exceeded("Cannot exceed quota for %s: %d", quota, mostOfAKind)
	}
	return err
}

func invalid(format string, args ...any) error {
	return fail(http.StatusBadRequest, "InvalidInput", format, args...)
}

func malformed(text string) error {
	return fail(http.StatusBadRequest, "MalformedPolicyDocument", "%s", text)
}

// none is the output of an operation that returns nothing.
func none(err error) (*operation.Nothing, error) { return new(operation.Nothing), err }
