package neighbours

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

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

// An assumedRole is the result of AssumeRole.
type assumedRole struct {
	XMLName          xml.Name `xml:"AssumeRoleResult"`
	ID               string   `xml:"AssumedRoleUser>AssumedRoleId"`
	ARN              string   `xml:"AssumedRoleUser>Arn"`
	Credentials      sessionCredentials
	PackedPolicySize *int `xml:",omitempty"`
}

// A sessionToken is the result of GetSessionToken.
type sessionToken struct {
	XMLName     xml.Name `xml:"GetSessionTokenResult"`
	Credentials sessionCredentials
}

// A parameter is a member of a request of STS, with what AWS's model says of it.
type parameter struct {
	name     string
	required bool
	shortest int // characters
	longest  int // 0 for any number
	pattern  *regexp.Regexp
	number   bool // shortest and longest are its value
}

// What the actions take. Everything else that they take at AWS would change what the
// session may do, and is refused.
var (
	assumeRoleParameters = []parameter{
		{name: "RoleArn", required: true, shortest: 20, longest: 2048},
		{name: "RoleSessionName", required: true, shortest: 2, longest: 64, pattern: regexp.MustCompile(`^[\w+=,.@-]*$`)},
		{name: "Policy", shortest: 1, longest: 2048},
		{name: "ExternalId", shortest: 2, longest: 1224, pattern: regexp.MustCompile(`^[\w+=,.@:\/-]*$`)},
		{name: "DurationSeconds", number: true, shortest: 900, longest: 43200},
	}
	sessionTokenParameters = []parameter{{name: "DurationSeconds", number: true, shortest: 900, longest: 129600}}
)

// How long sessions last where nothing is said (documented).
const (
	roleSession = time.Hour
	userSession = 12 * time.Hour
)

func (s *STS) assumeRole(c *stsCall) (any, error) {
	if err := c.check(assumeRoleParameters); err != nil {
		return nil, err
	}
	in := &credentials.RoleRequest{
		Role: c.form.Get("RoleArn"), SessionName: c.form.Get("RoleSessionName"), Policy: c.form.Get("Policy"),
		ExternalID: c.form.Get("ExternalId"), Duration: c.duration(roleSession), Region: c.who.Region, Value: c.who.Condition,
	}
	session, err := s.session(c, func(by *credentials.Caller) (*credentials.Session, error) { return s.Callers.AssumeRole(by, in, c.now) })
	if err != nil {
		return nil, err
	}
	out := &assumedRole{ID: session.UserID, ARN: session.Principal, Credentials: credentialsOf(session)}
	if in.Policy != "" {
		const whole = 2048
		out.PackedPolicySize = new(max(1, 100*len(in.Policy)/whole))
	}
	return out, nil
}

func (s *STS) sessionToken(c *stsCall) (any, error) {
	if err := c.check(sessionTokenParameters); err != nil {
		return nil, err
	}
	session, err := s.session(c, func(by *credentials.Caller) (*credentials.Session, error) {
		return s.Callers.SessionToken(by, c.duration(userSession), c.now)
	})
	if err != nil {
		return nil, err
	}
	return &sessionToken{Credentials: credentialsOf(session)}, nil
}

// session has give make a session for who calls.
func (s *STS) session(c *stsCall, give func(*credentials.Caller) (*credentials.Session, error)) (*credentials.Session, error) {
	by, ok := s.Callers.Judge(c.who.AccessKey, c.who.SessionToken, c.now)
	if !ok && s.Callers.Known() {
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

// duration is how long the session is to last.
func (c *stsCall) duration(otherwise time.Duration) time.Duration {
	if seconds, err := strconv.Atoi(c.form.Get("DurationSeconds")); err == nil {
		return time.Duration(seconds) * time.Second
	}
	return otherwise
}

// check holds the request to what the action takes. It reports all that is wrong, in
// AWS's words.
func (c *stsCall) check(takes []parameter) error {
	for _, name := range slices.Sorted(maps.Keys(c.form)) {
		known := slices.ContainsFunc(takes, func(p parameter) bool { return p.name == name })
		if !known && name != "Action" && name != "Version" && !strings.HasPrefix(name, "X-Amz-") {
			return validation("This server does not support the parameter " + wire.Truncated(name) + " of " + c.action + ".")
		}
	}
	var wrong []string
	for i := range takes {
		if text := takes[i].wrong(c.form.Get(takes[i].name), c.form.Has(takes[i].name)); text != "" {
			wrong = append(wrong, text)
		}
	}
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: " + wrong[0])
	}
	return validation(fmt.Sprintf("%d validation errors detected: %s", len(wrong), strings.Join(wrong, "; ")))
}

func validation(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: "ValidationError", Message: text}
}

// wrong is what is wrong with a value, "" for nothing.
func (p *parameter) wrong(value string, given bool) string {
	member := strings.ToLower(p.name[:1]) + p.name[1:]
	if !given {
		if p.required {
			return "Value null at '" + member + "' failed to satisfy constraint: Member must not be null"
		}
		return ""
	}
	said := "Value '" + wire.Truncated(value) + "' at '" + member + "' failed to satisfy constraint: Member must "
	if p.number {
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
			return said + "be an integer"
		case n < p.shortest:
			return said + fmt.Sprintf("have value greater than or equal to %d", p.shortest)
		case n > p.longest:
			return said + fmt.Sprintf("have value less than or equal to %d", p.longest)
		}
		return ""
	}
	n := utf8.RuneCountInString(value)
	switch {
	case n < p.shortest:
		return said + fmt.Sprintf("have length greater than or equal to %d", p.shortest)
	case n > p.longest:
		return said + fmt.Sprintf("have length less than or equal to %d", p.longest)
	case p.pattern != nil && !p.pattern.MatchString(value):
		return said + "satisfy regular expression pattern: " + strings.Trim(p.pattern.String(), "^$")
	}
	return ""
}
