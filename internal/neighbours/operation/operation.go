// Package operation takes a call of a service from its signature to its answer: who
// calls, what is called, whether they may, and what is said of it in the logs. The
// letters of it belong to a [Protocol], and what is done to an operation.
package operation

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/shape"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Call is one call of an operation. It belongs to the goroutine that does it.
type Call struct {
	Operation string
	RequestID string
	Who       *wire.Caller
	Now       time.Time
	Request   *http.Request // whose body has been read

	service *Service
}

// ARN is that of a thing of the caller's account, in the region of the call.
func (c *Call) ARN(service, resource string) string {
	return "arn:" + policy.Partition(c.Who.Region) + ":" + service + ":" + c.Who.Region + ":" + c.Who.Account + ":" + resource
}

// GlobalARN is that of a thing of the caller's account that is in no region: it is in the
// partition of the caller, whatever the region of the call.
func (c *Call) GlobalARN(service, resource string) string {
	return "arn:" + policy.PartitionOf(c.Who.Principal) + ":" + service + "::" + c.Who.Account + ":" + resource
}

// A Permission is an action on a resource, both as policies name them.
type Permission struct {
	Action, Resource string
	PassedTo         string // the service that gets the role, of iam:PassRole; "" for others
}

// PassRole is the permission to give a role to a service, such as lambda.amazonaws.com,
// which then acts under it.
func PassRole(role, service string) Permission {
	return Permission{Action: "iam:PassRole", Resource: role, PassedTo: service}
}

// On is what most operations need: the permission that has their name, on a resource.
func (c *Call) On(arn string) []Permission {
	return []Permission{{Action: c.service.Name + ":" + c.Operation, Resource: arn}}
}

// An Operation is one of a service, made by [Of].
type Operation struct {
	in     reflect.Type
	checks *shape.Checks
	run    func(ctx context.Context, c *Call, in any) (any, error)
	needs  func(c *Call, in any) []Permission
}

// Nothing is the input or output of operations that have none.
type Nothing struct{}

// Of makes an Operation of a function of the operation's own input and output, which are
// pointers to structs: the compiler makes this code once for all pointers, and once for
// each struct. Their fields are named as the protocol of the service wants it; what the tags of In ask for,
// see package shape, holds when do is called. needs says which permissions a call takes;
// nil is for none. An error that is a *wire.Error is told the client, any other logged
// and answered with status 500. do may be called concurrently.
func Of[In, Out any](needs func(*Call, In) []Permission, do func(context.Context, *Call, In) (Out, error)) Operation {
	input := reflect.TypeFor[In]().Elem()
	o := Operation{
		in: input, checks: shape.New(input),
		run: func(ctx context.Context, c *Call, in any) (any, error) {
			out, err := do(ctx, c, in.(In))
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
	if needs != nil {
		o.needs = func(c *Call, in any) []Permission { return needs(c, in.(In)) }
	}
	return o
}

// A Protocol is how calls and answers are written. Its methods may be called
// concurrently.
type Protocol interface {
	// Read finds the operation of a request, by its name, and returns what reads its
	// input into a pointer to a struct. The error is what the client is told. known has
	// the operations that there are.
	Read(r *http.Request, body []byte, known map[string]Operation) (name string, bind func(in any) error, err error)

	// Answer sends what an operation returned, and returns the status.
	Answer(w http.ResponseWriter, c *Call, out any) int

	// Refuse sends an error, and returns the status.
	Refuse(w http.ResponseWriter, c *Call, e *wire.Error) int

	// Invalid is the error for inputs that break the constraints of the model.
	Invalid(text string) error
}

// Names lists operations, for messages.
func Names(known map[string]Operation) string {
	return strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}
