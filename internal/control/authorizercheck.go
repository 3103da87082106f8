package control

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// userPools is the type of authorizers that are Cognito user pools.
const userPools = "COGNITO_USER_POOLS"

var authorizerTypes = []string{"REQUEST", userPools, "TOKEN"}

// How long the answers of an authorizer may be kept, in seconds.
const (
	defaultAuthorizerTTL = 300
	maxAuthorizerTTL     = 3600

	badAuthorizerTTL = "Authorizer result TTL outside allowable range. TTL must be between 0 and 3600 seconds."
)

// checkAuthorizer checks an authorizer against itself and the others of the API. The
// order of the checks is ours.
func (t *tx) checkAuthorizer(a *wire.Authorizer) error {
	if !slices.Contains(authorizerTypes, *a.Type) {
		return wire.BadRequest("Invalid authorizer type specified. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS")
	}
	if err := t.checkAuthorizerName(a); err != nil {
		return err
	}
	if ttl := a.AuthorizerResultTTLInSeconds; ttl != nil && (*ttl < 0 || *ttl > maxAuthorizerTTL) {
		return wire.BadRequest(badAuthorizerTTL)
	}
	if *a.Type == userPools {
		if err := checkUserPools(a.ProviderARNs); err != nil {
			return err
		}
	} else if !t.invokesFunction(text(a.AuthorizerURI)) {
		return wire.BadRequest("Invalid Authorizer URI: %s. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.",
			wire.Truncated(text(a.AuthorizerURI)))
	}
	if err := checkIdentitySource(a); err != nil {
		return err
	}
	if err := checkIdentityValidation(a); err != nil {
		return err
	}
	return t.checkAuthorizerRole(text(a.AuthorizerCredentials))
}

// checkAuthorizerName wants a name that no other authorizer of the API has. AWS's
// words for an empty one are not known.
func (t *tx) checkAuthorizerName(a *wire.Authorizer) error {
	if strings.TrimSpace(*a.Name) == "" {
		return wire.BadRequest("Authorizer name cannot be blank")
	}
	if len(*a.Name) > maxNameLength {
		return wire.BadRequest("Authorizer name cannot be longer than %d characters", maxNameLength)
	}
	all, err := list[wire.Authorizer](t, kindAuthorizer, "", 0)
	if err != nil {
		return err
	}
	for i := range all {
		if *all[i].Name == *a.Name && *all[i].ID != *a.ID {
			return wire.BadRequest("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", wire.Truncated(*a.Name))
		}
	}
	return nil
}

// invocation is the URI of an invocation of Lambda. The function may be named by a
// variable of the stage; the region of the service may not.
var invocation = regexp.MustCompile(`^arn:[a-z-]+:apigateway:([a-z0-9-]+):lambda:path/\d{4}-\d{2}-\d{2}/functions/[^/]+/invocations$`)

var awsRegion = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)

// invokesFunction reports whether a URI invokes a function of Lambda in some region:
// one that AWS may have, or the caller's.
func (t *tx) invokesFunction(uri string) bool {
	parts := invocation.FindStringSubmatch(uri)
	return parts != nil && (awsRegion.MatchString(parts[1]) || parts[1] == t.who.Region)
}

// checkUserPools wants the ARNs of one user pool or more. That AWS lists those it
// does not take on lines of their own has been seen; its words for none at all are
// not known.
func checkUserPools(arns []string) error {
	if len(arns) == 0 {
		return wire.BadRequest("ProviderARNs cannot be empty")
	}
	wrong := slices.DeleteFunc(slices.Clone(arns), func(arn string) bool {
		_, ok := snapshot.ParseUserPool(arn)
		return ok
	})
	if len(wrong) > 0 {
		return wire.BadRequest("ProviderARNs need to be valid Cognito Userpools. Invalid ARNs-\n%s", wire.Truncated(strings.Join(wrong, "\n")))
	}
	return nil
}

var (
	tokenSource   = regexp.MustCompile(`^method\.request\.header\.[a-zA-Z0-9._-]+$`)
	requestSource = regexp.MustCompile(`^(?:method\.request\.(?:querystring|header)|stageVariables|context)\.[a-zA-Z0-9._-]+$`)
)

// checkIdentitySource wants to know where in a request the identity is. A REQUEST
// authorizer needs no place when its answers are not kept. The words for a REQUEST
// authorizer are those of WebSocket APIs, with the prefix of ours.
func checkIdentitySource(a *wire.Authorizer) error {
	source := text(a.IdentitySource)
	if *a.Type != "REQUEST" {
		switch {
		case source == "":
			return wire.BadRequest("IdentitySource cannot be empty")
		case !tokenSource.MatchString(source):
			return wire.BadRequest("Invalid token source expression: %s. The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'.",
				wire.Truncated(source))
		}
		return nil
	}
	if source == "" {
		if authorizerTTL(a) > 0 {
			return wire.BadRequest("Invalid request input")
		}
		return nil
	}
	for expression := range strings.SplitSeq(source, ",") {
		if !requestSource.MatchString(strings.TrimSpace(expression)) {
			return wire.BadRequest("Invalid request identity source expression: %s. The sources must be separated by comma, and each source must be either "+
				"a request parameter, matching 'method.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching 'stageVariables.[a-zA-Z0-9._-]+', "+
				"or a context parameter, matching 'context.[a-zA-Z0-9._-]+'", wire.Truncated(source))
		}
	}
	return nil
}

// checkIdentityValidation wants a regular expression of Java's that the data plane knows:
// with another one the authorizer would let nobody in. A REQUEST authorizer does not use
// its own (documented). AWS's words are not known.
func checkIdentityValidation(a *wire.Authorizer) error {
	expression := text(a.IdentityValidationExpression)
	if *a.Type == "REQUEST" || expression == "" {
		return nil
	}
	if _, err := javaregexp.Compile(expression); err != nil {
		return wire.BadRequest("Invalid identity validation expression: %s. %s", wire.Truncated(expression), wire.Truncated(err.Error()))
	}
	return nil
}

// authorizerTTL is how long the answers of an authorizer are kept, in seconds.
func authorizerTTL(a *wire.Authorizer) int32 {
	return *withDefault(a.AuthorizerResultTTLInSeconds, defaultAuthorizerTTL)
}

// checkAuthorizerRole takes the ARN of a role under which the function is called.
// The identity of the caller, which integrations may take, is not known yet when an
// authorizer is asked.
func (t *tx) checkAuthorizerRole(role string) error {
	if isCaller(role) {
		return errARN()
	}
	return t.checkCredentials("AWS_PROXY", "", role)
}

// fits reports whether an authorizer is one that methods of an authorization type
// may name.
func fits(authorizationType string, a *wire.Authorizer) bool {
	return (*a.Type == userPools) == (authorizationType == userPools)
}
