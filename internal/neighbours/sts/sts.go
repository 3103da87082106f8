// Package sts is what tools ask of STS: who they are, and for sessions.
package sts

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Version is that of the API which requests name.
const Version = "2011-06-15"

// New makes the service. callers gives the sessions; nil gives none.
func New(callers *credentials.Callers) *operation.Service {
	s := &service{callers}
	return &operation.Service{
		Name:     "sts",
		Protocol: &query.Protocol{Version: Version, Space: "https://sts.amazonaws.com/doc/2011-06-15/", Called: "STS"},
		Operations: map[string]operation.Operation{
			"GetCallerIdentity": operation.Of(nil, s.callerIdentity), // AWS needs no permission for it
			"AssumeRole":        operation.Of(nil, s.assumeRole),     // which the role's trust policy and the caller's decide
			"GetSessionToken":   operation.Of(nil, s.sessionToken),
		},
		MaxBody: maxForm,
	}
}

// maxForm bounds a request, in bytes.
const maxForm = 16 << 10

type service struct{ callers *credentials.Callers }

// An identity is the result of GetCallerIdentity.
type identity struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

func (s *service) callerIdentity(_ context.Context, c *operation.Call, _ *operation.Nothing) (*identity, error) {
	out := &identity{ARN: c.Who.Principal, UserID: credentials.UserID(c.Who.Account, c.Who.Principal), Account: c.Who.Account}
	if who, ok := s.callers.Judge(c.Who.AccessKey, c.Who.SessionToken, c.Now); ok {
		out.UserID = who.UserID // which knows the ids of roles
	}
	return out, nil
}

// sessionCredentials are the credentials of a session in an answer.
type sessionCredentials struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

func credentialsOf(s *credentials.Session) sessionCredentials {
	return sessionCredentials{s.AccessKeyID, s.SecretAccessKey, s.Token, s.Expires.Format(time.RFC3339)}
}

// What the actions take. Everything else that they take at AWS would change what the
// session may do, and is refused.
type (
	assumeRoleRequest struct {
		RoleARN         *string `json:"RoleArn" required:"" min:"20" max:"2048"`
		RoleSessionName *string `required:"" min:"2" max:"64" pattern:"[\\w+=,.@-]*"`
		Policy          *string `min:"1" max:"2048"`
		ExternalID      *string `json:"ExternalId" min:"2" max:"1224" pattern:"[\\w+=,.@:\\/-]*"`
		DurationSeconds *int    `min:"900" max:"43200"`
	}
	sessionTokenRequest struct {
		DurationSeconds *int `min:"900" max:"129600"`
	}
)

// How long sessions last where nothing is said (documented).
const (
	roleSession = time.Hour
	userSession = 12 * time.Hour
)

// An assumedRole is the result of AssumeRole.
type assumedRole struct {
	ID               string `xml:"AssumedRoleUser>AssumedRoleId"`
	ARN              string `xml:"AssumedRoleUser>Arn"`
	Credentials      sessionCredentials
	PackedPolicySize *int `xml:",omitempty"`
}

func (s *service) assumeRole(_ context.Context, c *operation.Call, in *assumeRoleRequest) (*assumedRole, error) {
	role := &credentials.RoleRequest{
		Role: *in.RoleARN, SessionName: *in.RoleSessionName, Policy: text(in.Policy),
		ExternalID: text(in.ExternalID), Duration: duration(in.DurationSeconds, roleSession), Region: c.Who.Region, Value: c.Who.Condition,
	}
	session, err := s.session(c, func(by *credentials.Caller) (*credentials.Session, error) {
		return s.callers.AssumeRole(by, role, c.Now)
	})
	if err != nil {
		return nil, err
	}
	out := &assumedRole{ID: session.UserID, ARN: session.Principal, Credentials: credentialsOf(session)}
	if role.Policy != "" {
		const whole = 2048
		out.PackedPolicySize = new(max(1, 100*len(role.Policy)/whole))
	}
	return out, nil
}

// A sessionToken is the result of GetSessionToken.
type sessionToken struct{ Credentials sessionCredentials }

func (s *service) sessionToken(_ context.Context, c *operation.Call, in *sessionTokenRequest) (*sessionToken, error) {
	session, err := s.session(c, func(by *credentials.Caller) (*credentials.Session, error) {
		return s.callers.SessionToken(by, duration(in.DurationSeconds, userSession), c.Now)
	})
	if err != nil {
		return nil, err
	}
	return &sessionToken{credentialsOf(session)}, nil
}

// session has give make a session for who calls.
func (s *service) session(c *operation.Call, give func(*credentials.Caller) (*credentials.Session, error)) (*credentials.Session, error) {
	by, ok := s.callers.Judge(c.Who.AccessKey, c.Who.SessionToken, c.Now)
	if !ok && s.callers.Known() {
		return nil, &wire.Error{Status: http.StatusForbidden, Type: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}
	}
	session, err := give(by)
	var refused *credentials.Error
	if !errors.As(err, &refused) {
		return session, err
	}
	status := http.StatusBadRequest
	if refused.Code == "AccessDenied" {
		status = http.StatusForbidden
	}
	return nil, &wire.Error{Status: status, Type: refused.Code, Message: refused.Message}
}

// duration is how long a session is to last.
func duration(seconds *int, otherwise time.Duration) time.Duration {
	if seconds == nil {
		return otherwise
	}
	return time.Duration(*seconds) * time.Second
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
