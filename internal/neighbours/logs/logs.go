// Package logs is what tools ask of CloudWatch Logs: log groups and streams, which are
// records, and their events, of which the newest are in memory.
package logs

import (
	"context"
	"net/http"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/awsjson"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Target is what stands before the dot in X-Amz-Target.
const Target = "Logs_20140328"

// Options are what the service works with. All must be set.
type Options struct {
	Records *records.Records
	Events  *logevents.Store
	Flush   func() // returns when the events that have been written are in Events
}

// maxBody is the longest request, in bytes: a batch of events of a megabyte, in JSON that
// may escape much of it.
const maxBody = 4 << 20

// maxSearches is how many searches are done at once.
const maxSearches = 4

// New makes the service.
func New(o Options) *operation.Service {
	s := &service{Options: o, searches: make(chan struct{}, maxSearches)}
	return &operation.Service{
		Name:     "logs",
		Protocol: &awsjson.Protocol{Target: Target, Called: "CloudWatch Logs", Wrong: invalidParameter},
		MaxBody:  maxBody,
		Operations: map[string]operation.Operation{
			"CreateLogGroup":                operation.Of(onGroup, s.createGroup),
			"DescribeLogGroups":             operation.Of(onAny, s.describeGroups),
			"ListLogGroups":                 operation.Of(onAny, s.listGroups),
			"DeleteLogGroup":                operation.Of(onGroup, s.deleteGroup),
			"PutLogGroupDeletionProtection": operation.Of(onGroup, s.protectGroup),
			"AssociateKmsKey":               operation.Of(onGroup, s.associateKey),
			"DisassociateKmsKey":            operation.Of(onGroup, s.disassociateKey),
			"PutRetentionPolicy":            operation.Of(onGroup, s.putRetention),
			"DeleteRetentionPolicy":         operation.Of(onGroup, s.deleteRetention),
			"TagResource":                   operation.Of(onGroup, s.tagResource),
			"UntagResource":                 operation.Of(onGroup, s.untagResource),
			"ListTagsForResource":           operation.Of(onGroup, s.listResourceTags),
			"TagLogGroup":                   operation.Of(onGroup, s.tagGroup),
			"UntagLogGroup":                 operation.Of(onGroup, s.untagGroup),
			"ListTagsLogGroup":              operation.Of(onGroup, s.listGroupTags),
			"CreateLogStream":               operation.Of(onGroup, s.createStream),
			"DescribeLogStreams":            operation.Of(onGroup, s.describeStreams),
			"DeleteLogStream":               operation.Of(onGroup, s.deleteStream),
			"PutLogEvents":                  operation.Of(onGroup, s.putEvents),
			"GetLogEvents":                  operation.Of(onGroup, s.getEvents),
			"FilterLogEvents":               operation.Of(onGroup, s.filterEvents),
		},
	}
}

type service struct {
	Options
	searches chan struct{} // has one for each search that is done
}

// The service's errors.
const invalidParameter = "InvalidParameterException"

func invalid(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: invalidParameter, Message: text}
}

func notFound(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: "ResourceNotFoundException", Message: text}
}

func exists(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: "ResourceAlreadyExistsException", Message: text}
}

func limitExceeded() error {
	return &wire.Error{Status: http.StatusBadRequest, Type: "LimitExceededException", Message: "Resource limit exceeded."}
}

var (
	errNoGroup  = notFound("The specified log group does not exist.")
	errNoStream = notFound("The specified log stream does not exist.")
)

// A groupName is the input of operations that take a group by its name alone.
type groupName struct {
	Group string `json:"logGroupName" required:"" min:"1" max:"512" pattern:"[\\.\\-_/#A-Za-z0-9]+"`
}

func (in *groupName) names() (group, stream string) { return in.Group, "" }

// A groupChoice is the input of operations that take a group by its name, or by its name
// or ARN.
type groupChoice struct {
	Group      string `json:"logGroupName" min:"1" max:"512" pattern:"[\\.\\-_/#A-Za-z0-9]+"`
	Identifier string `json:"logGroupIdentifier" min:"1" max:"2048" pattern:"[\\w#+=/:,.@-]*"`
}

func (in *groupChoice) names() (group, stream string) {
	if in.Identifier != "" {
		return nameOf(in.Identifier), ""
	}
	return in.Group, ""
}

// check returns the name of the group, which is the caller's and in the call's region.
func (in *groupChoice) check(c *operation.Call) (string, error) {
	switch {
	case in.Group == "" && in.Identifier == "":
		return "", invalid("Either logGroupName or logGroupIdentifier must be provided")
	case in.Group != "" && in.Identifier != "":
		return "", invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case in.Group != "":
		return in.Group, nil
	}
	return groupOf(c, in.Identifier)
}

// nameOf is the name of a group that is named, or in an ARN.
func nameOf(identifier string) string {
	const members = 7 // arn:partition:logs:region:account:log-group:name
	if parts := strings.SplitN(identifier, ":", members); len(parts) == members && parts[0] == "arn" {
		name, _, _ := strings.Cut(parts[6], ":")
		return name
	}
	return identifier
}

// groupOf is the name of the caller's group that a name or an ARN says.
func groupOf(c *operation.Call, identifier string) (string, error) {
	name := nameOf(identifier)
	if own := c.ARN("logs", "log-group:"+name); name != identifier && identifier != own && identifier != own+":*" {
		return "", errNoGroup
	}
	return name, nil
}

// A named is an input that says what it is about.
type named interface {
	names() (group, stream string)
}

// onGroup is the permission for what is done to a group or a stream.
func onGroup[In any](c *operation.Call, in *In) []operation.Permission {
	group, stream := any(in).(named).names()
	return c.On(c.ARN("logs", "log-group:"+group+":log-stream:"+stream))
}

// onAny is the permission for lists of groups.
func onAny[In any](c *operation.Call, _ *In) []operation.Permission {
	return c.On(c.ARN("logs", "log-group::log-stream:"))
}

// events names a group among those with events.
func events(who *wire.Caller, group string) logevents.Group {
	return logevents.Group{Account: who.Account, Region: who.Region, Name: group}
}

// read calls fn with a group, which is not changed.
func (s *service) read(ctx context.Context, c *operation.Call, name string, fn func(*records.Tx, *group) error) error {
	return s.Records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		g, err := s.find(tx, c.Who, name)
		if err != nil {
			return err
		}
		return fn(tx, g)
	})
}

// change calls fn with a group, which is then kept as fn has left it.
func (s *service) change(ctx context.Context, c *operation.Call, name string, fn func(*records.Tx, *group) error) error {
	return s.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		g, err := s.find(tx, c.Who, name)
		if err != nil {
			return err
		}
		if err := fn(tx, g); err != nil {
			return err
		}
		return groups.Put(tx, name, g)
	})
}

// find finds a group: one that somebody has created, or that has come to be with its
// events.
func (s *service) find(tx *records.Tx, who *wire.Caller, name string) (*group, error) {
	g, err := groups.Get(tx, name)
	if g != nil || err != nil {
		return g, err
	}
	if info, ok := s.Events.Group(events(who, name)); ok {
		return &group{Created: info.Created}, nil
	}
	return nil, errNoGroup
}

// partition is that of the call's region.
func partition(c *operation.Call) string { return policy.Partition(c.Who.Region) }
