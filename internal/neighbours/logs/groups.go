package logs

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A group is the record of a log group, under its name.
type group struct {
	Created   int64             `json:"created"`             // in milliseconds since 1970
	Retention int               `json:"retention,omitempty"` // in days; 0 is for ever
	Key       string            `json:"kmsKeyId,omitempty"`
	Protected bool              `json:"protected,omitempty"` // from deletion
	Tags      map[string]string `json:"tags,omitempty"`
}

// groups are the log groups of an account in a region that somebody has created or
// changed.
var groups = records.Kind[group]{Name: "loggroup"}

// maxGroups is how many groups an account has in a region.
const maxGroups = 10_000

// standard is the class of groups that there is.
const standard = "STANDARD"

type createGroupRequest struct {
	groupName
	Key       string            `json:"kmsKeyId" max:"256"`
	Tags      map[string]string `json:"tags" min:"1" max:"50"`
	Class     string            `json:"logGroupClass" enum:"STANDARD|INFREQUENT_ACCESS|DELIVERY|ESSENTIALS"`
	Protected bool              `json:"deletionProtectionEnabled"`
}

func (s *service) createGroup(ctx context.Context, c *operation.Call, in *createGroupRequest) (*operation.Nothing, error) {
	switch {
	case in.Class != "" && in.Class != standard:
		return nil, invalid("This server has log groups of the class STANDARD alone.")
	case strings.HasPrefix(in.Group, "aws/"):
		return nil, invalid("Log groups starting with aws/ are reserved for AWS.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return &operation.Nothing{}, s.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		switch _, err := s.find(tx, c.Who, in.Group); {
		case err == nil:
			return exists("The specified log group already exists")
		case !errors.Is(err, errNoGroup):
			return err
		}
		n, err := groups.Count(tx, "")
		if err != nil {
			return err
		}
		if n >= maxGroups {
			return limitExceeded()
		}
		return groups.Put(tx, in.Group, &group{Created: c.Now.UnixMilli(), Key: in.Key, Tags: in.Tags, Protected: in.Protected})
	})
}

func (s *service) deleteGroup(ctx context.Context, c *operation.Call, in *groupName) (*operation.Nothing, error) {
	s.Flush() // what was written before goes, too
	err := s.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		g, err := s.find(tx, c.Who, in.Group)
		if err != nil {
			return err
		}
		if g.Protected {
			return &wire.Error{Status: http.StatusBadRequest, Type: "ValidationException", Message: "The log group has deletion protection: disable it by PutLogGroupDeletionProtection first."}
		}
		if err := streams.DeletePrefix(tx, records.Prefix(in.Group)); err != nil {
			return err
		}
		return groups.Delete(tx, in.Group)
	})
	if err == nil {
		s.Events.Delete(events(c.Who, in.Group))
	}
	return &operation.Nothing{}, err
}

type protectGroupRequest struct {
	Identifier string `json:"logGroupIdentifier" required:"" min:"1" max:"2048" pattern:"[\\w#+=/:,.@-]*"`
	Protected  *bool  `json:"deletionProtectionEnabled" required:""`
}

func (in *protectGroupRequest) names() (group, stream string) { return nameOf(in.Identifier), "" }

func (s *service) protectGroup(ctx context.Context, c *operation.Call, in *protectGroupRequest) (*operation.Nothing, error) {
	name, err := groupOf(c, in.Identifier)
	if err != nil {
		return nil, err
	}
	return &operation.Nothing{}, s.change(ctx, c, name, func(_ *records.Tx, g *group) error {
		g.Protected = *in.Protected
		return nil
	})
}

type associateKeyRequest struct {
	groupName
	Key string `json:"kmsKeyId" required:"" max:"256"`
}

// associateKey keeps the name of a key: events are in memory alone, where nothing is
// encrypted at rest.
func (s *service) associateKey(ctx context.Context, c *operation.Call, in *associateKeyRequest) (*operation.Nothing, error) {
	return &operation.Nothing{}, s.change(ctx, c, in.Group, func(_ *records.Tx, g *group) error {
		g.Key = in.Key
		return nil
	})
}

func (s *service) disassociateKey(ctx context.Context, c *operation.Call, in *groupName) (*operation.Nothing, error) {
	return &operation.Nothing{}, s.change(ctx, c, in.Group, func(_ *records.Tx, g *group) error {
		g.Key = ""
		return nil
	})
}

// all returns the groups of the caller whose names a filter takes, sorted.
func (s *service) all(ctx context.Context, c *operation.Call, prefix string, takes func(name string) bool) (names []string, found map[string]*group, err error) {
	s.Flush()
	found = make(map[string]*group)
	for name, info := range s.Events.Groups(c.Who.Account, c.Who.Region) {
		if strings.HasPrefix(name, prefix) && takes(name) {
			found[name] = &group{Created: info.Created}
		}
	}
	err = s.Records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		items, _, err := groups.List(tx, prefix, "", 0)
		for _, item := range items {
			if takes(item.ID) {
				found[item.ID] = item.Record
			}
		}
		return err
	})
	return slices.Sorted(maps.Keys(found)), found, err
}

// page returns the names behind one, as many as fit, and the name to go on from; nil
// where there are no more.
func page(names []string, after string, limit int) ([]string, *string) {
	at, found := slices.BinarySearch(names, after)
	if found {
		at++
	}
	names = names[at:]
	if len(names) <= limit {
		return names, nil
	}
	names = names[:limit]
	return names, &names[limit-1]
}

// limitOf is a limit that may not be given.
func limitOf(given *int, otherwise int) int {
	if given == nil {
		return otherwise
	}
	return *given
}

type describeGroupsRequest struct {
	Prefix  string `json:"logGroupNamePrefix" min:"1" max:"512" pattern:"[\\.\\-_/#A-Za-z0-9]+"`
	Pattern string `json:"logGroupNamePattern" max:"512" pattern:"[\\.\\-_/#A-Za-z0-9]*"`
	Next    string `json:"nextToken" min:"1"`
	Limit   *int   `json:"limit" min:"1" max:"50"`
	Class   string `json:"logGroupClass" enum:"STANDARD|INFREQUENT_ACCESS|DELIVERY|ESSENTIALS"`
	Linked  bool   `json:"includeLinkedAccounts"`
}

// onlyOwn refuses to look for groups of other accounts, of which there are none that are
// linked.
func onlyOwn(linked bool) error {
	if linked {
		return invalid("This server has no linked accounts (includeLinkedAccounts).")
	}
	return nil
}

type describeGroupsResponse struct {
	Groups []groupAnswer `json:"logGroups"`
	Next   *string       `json:"nextToken,omitempty"`
}

type groupAnswer struct {
	Name      string `json:"logGroupName"`
	Created   int64  `json:"creationTime"`
	Retention int    `json:"retentionInDays,omitempty"`
	Filters   int    `json:"metricFilterCount"`
	ARN       string `json:"arn"`
	Bytes     int64  `json:"storedBytes"`
	Key       string `json:"kmsKeyId,omitempty"`
	Class     string `json:"logGroupClass"`
	GroupARN  string `json:"logGroupArn"`
	Protected bool   `json:"deletionProtectionEnabled"`
}

// defaultPage is how many groups or streams are listed where nothing is said (documented).
const defaultPage = 50

func (s *service) describeGroups(ctx context.Context, c *operation.Call, in *describeGroupsRequest) (*describeGroupsResponse, error) {
	if in.Prefix != "" && in.Pattern != "" {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	if err := onlyOwn(in.Linked); err != nil {
		return nil, err
	}
	none := in.Class != "" && in.Class != standard
	names, found, err := s.all(ctx, c, in.Prefix, func(name string) bool { return !none && strings.Contains(name, in.Pattern) })
	if err != nil {
		return nil, err
	}
	out := &describeGroupsResponse{Groups: []groupAnswer{}}
	names, out.Next = page(names, in.Next, limitOf(in.Limit, defaultPage))
	for _, name := range names {
		g, arn := found[name], c.ARN("logs", "log-group:"+name)
		info, _ := s.Events.Group(events(c.Who, name))
		out.Groups = append(out.Groups, groupAnswer{
			Name: name, Created: g.Created, Retention: g.Retention, ARN: arn + ":*", Bytes: info.Bytes, Key: g.Key, Class: standard, GroupARN: arn, Protected: g.Protected,
		})
	}
	return out, nil
}

type listGroupsRequest struct {
	Pattern string `json:"logGroupNamePattern" min:"3" max:"129" pattern:"(\\^?[\\.\\-_\\/#A-Za-z0-9]{3,24})(\\|\\^?[\\.\\-_\\/#A-Za-z0-9]{3,24}){0,4}"`
	Next    string `json:"nextToken" min:"1"`
	Limit   *int   `json:"limit" min:"1" max:"1000"`
	Class   string `json:"logGroupClass" enum:"STANDARD|INFREQUENT_ACCESS|DELIVERY|ESSENTIALS"`
	Linked  bool   `json:"includeLinkedAccounts"`
}

type listGroupsResponse struct {
	Groups []groupSummary `json:"logGroups"`
	Next   *string        `json:"nextToken,omitempty"`
}

type groupSummary struct {
	Name  string `json:"logGroupName"`
	ARN   string `json:"logGroupArn"`
	Class string `json:"logGroupClass"`
}

func (s *service) listGroups(ctx context.Context, c *operation.Call, in *listGroupsRequest) (*listGroupsResponse, error) {
	if err := onlyOwn(in.Linked); err != nil {
		return nil, err
	}
	none := in.Class != "" && in.Class != standard
	names, _, err := s.all(ctx, c, "", func(name string) bool { return !none && ofPattern(name, in.Pattern) })
	if err != nil {
		return nil, err
	}
	out := &listGroupsResponse{Groups: []groupSummary{}}
	names, out.Next = page(names, in.Next, limitOf(in.Limit, defaultPage))
	for _, name := range names {
		out.Groups = append(out.Groups, groupSummary{name, c.ARN("logs", "log-group:"+name), standard})
	}
	return out, nil
}

// ofPattern reports whether a name has one of the parts between the bars of a pattern,
// where there is a ^ at its beginning (documented).
func ofPattern(name, pattern string) bool {
	for part := range strings.SplitSeq(pattern, "|") {
		if begin, ok := strings.CutPrefix(part, "^"); ok && strings.HasPrefix(name, begin) || !ok && strings.Contains(name, part) {
			return true
		}
	}
	return false
}
