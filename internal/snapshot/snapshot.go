// Package snapshot is what the control plane publishes and the data plane
// serves: deployed APIs, stages, domains, plans and keys as plain data.
//
// It is the only package that both planes know. Values are immutable once
// published: nobody writes to a Deployment or a Stage that another goroutine
// may read. They are stored as JSON; FormatOf says how old a stored form is.
// A form older than the current one is never read: the control plane builds it
// again, when it is loaded, from its own documents. A newer one is refused.
package snapshot

// DeploymentFormat is the number of the current stored form of a Deployment.
const DeploymentFormat = 1

// A Deployment is one API as it stood when CreateDeployment froze it.
type Deployment struct {
	Format                    int                        `json:"format"`
	ID                        string                     `json:"id"`
	APIID                     string                     `json:"apiId"`
	Account                   string                     `json:"account"`
	Region                    string                     `json:"region"`
	Created                   int64                      `json:"created"` // epoch seconds
	Resources                 []Resource                 `json:"resources"`
	Models                    map[string]Model           `json:"models,omitempty"`     // by name
	Validators                map[string]Validator       `json:"validators,omitempty"` // by id
	GatewayResponses          map[string]GatewayResponse `json:"gatewayResponses,omitempty"`
	BinaryMediaTypes          []string                   `json:"binaryMediaTypes,omitempty"`
	MinimumCompressionSize    *int32                     `json:"minimumCompressionSize,omitempty"`
	APIKeySource              string                     `json:"apiKeySource,omitempty"`
	DisableExecuteAPIEndpoint bool                       `json:"disableExecuteApiEndpoint,omitempty"`
	EndpointType              string                     `json:"endpointType,omitempty"`
	VPCEndpointIDs            []string                   `json:"vpcEndpointIds,omitempty"`     // that have a host name of the API
	EndpointAccessMode        string                     `json:"endpointAccessMode,omitempty"` // BASIC or STRICT, which protects
	Policy                    string                     `json:"policy,omitempty"`
	Authorizers               map[string]Authorizer      `json:"authorizers,omitempty"` // by id
}

// A Resource is one path of a deployed API.
type Resource struct {
	ID      string   `json:"id"`
	Path    string   `json:"path"` // template, such as /pets/{id} or /{proxy+}
	Methods []Method `json:"methods,omitempty"`
}

// A Method is one verb of a resource with all that answers it.
type Method struct {
	HTTPMethod          string                    `json:"httpMethod"` // a verb or ANY
	AuthorizationType   string                    `json:"authorizationType,omitempty"`
	AuthorizerID        string                    `json:"authorizerId,omitempty"`
	AuthorizationScopes []string                  `json:"authorizationScopes,omitempty"`
	APIKeyRequired      bool                      `json:"apiKeyRequired,omitempty"`
	OperationName       string                    `json:"operationName,omitempty"`
	RequestParameters   map[string]bool           `json:"requestParameters,omitempty"`
	RequestModels       map[string]string         `json:"requestModels,omitempty"`
	RequestValidatorID  string                    `json:"requestValidatorId,omitempty"`
	Integration         Integration               `json:"integration"`
	Responses           map[string]MethodResponse `json:"responses,omitempty"` // by status code
}

// An Authorizer is who says whether a caller may call the methods that name it.
type Authorizer struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	Type               string   `json:"type"`                   // TOKEN, REQUEST or COGNITO_USER_POOLS
	ProviderARNs       []string `json:"providerArns,omitempty"` // of user pools
	URI                string   `json:"uri,omitempty"`          // that invokes the function, with stage variables
	Credentials        string   `json:"credentials,omitempty"`
	IdentitySource     string   `json:"identitySource,omitempty"`     // expressions with commas between them
	IdentityValidation string   `json:"identityValidation,omitempty"` // a regular expression after Java
	ResultTTLSeconds   int32    `json:"resultTtlSeconds,omitempty"`   // 0 keeps no answer; what nobody set is written as AWS's 300
}

// A MethodResponse is what a method declares for one status code.
type MethodResponse struct {
	Parameters map[string]bool   `json:"parameters,omitempty"`
	Models     map[string]string `json:"models,omitempty"`
}

// An Integration is how a method reaches its backend.
type Integration struct {
	Type                 string                `json:"type"` // HTTP, HTTP_PROXY, AWS, AWS_PROXY or MOCK
	HTTPMethod           string                `json:"httpMethod,omitempty"`
	URI                  string                `json:"uri,omitempty"`
	Credentials          string                `json:"credentials,omitempty"`
	ConnectionType       string                `json:"connectionType,omitempty"`
	ConnectionID         string                `json:"connectionId,omitempty"`
	IntegrationTarget    string                `json:"integrationTarget,omitempty"` // ARN of the load balancer behind a VPC link
	RequestParameters    map[string]string     `json:"requestParameters,omitempty"`
	RequestTemplates     map[string]string     `json:"requestTemplates,omitempty"` // by media type; "" passes the body through
	PassthroughBehavior  string                `json:"passthroughBehavior,omitempty"`
	ContentHandling      string                `json:"contentHandling,omitempty"`
	TimeoutMillis        int                   `json:"timeoutMillis,omitempty"`
	CacheNamespace       string                `json:"cacheNamespace,omitempty"`
	CacheKeyParameters   []string              `json:"cacheKeyParameters,omitempty"`
	InsecureSkipVerify   bool                  `json:"insecureSkipVerify,omitempty"`
	ResponseTransferMode string                `json:"responseTransferMode,omitempty"`
	Responses            []IntegrationResponse `json:"responses,omitempty"` // in order of status code
}

// An IntegrationResponse is how one kind of backend answer becomes a method
// response.
type IntegrationResponse struct {
	StatusCode       string            `json:"statusCode"`
	SelectionPattern string            `json:"selectionPattern,omitempty"` // "" makes it the default
	Parameters       map[string]string `json:"parameters,omitempty"`
	Templates        map[string]string `json:"templates,omitempty"` // by media type
	ContentHandling  string            `json:"contentHandling,omitempty"`
}

// A Model is a JSON schema that requests or responses may follow.
type Model struct {
	ContentType string `json:"contentType"`
	Schema      string `json:"schema"`
}

// A Validator says which parts of a request are checked.
type Validator struct {
	Body       bool `json:"body,omitempty"`
	Parameters bool `json:"parameters,omitempty"`
}

// A GatewayResponse is a customised answer of the gateway's own.
type GatewayResponse struct {
	StatusCode string            `json:"statusCode,omitempty"` // "" keeps the type's own
	Parameters map[string]string `json:"parameters,omitempty"`
	Templates  map[string]string `json:"templates,omitempty"`
}

// A Stage is a name under which a deployment is served, with the settings
// that change without a new deployment.
type Stage struct {
	APIID               string                   `json:"apiId"`
	Name                string                   `json:"name"`
	Account             string                   `json:"account"`
	Region              string                   `json:"region"`
	DeploymentID        string                   `json:"deploymentId"`
	Variables           map[string]string        `json:"variables,omitempty"`
	MethodSettings      map[string]MethodSetting `json:"methodSettings,omitempty"`
	ClientCertificateID string                   `json:"clientCertificateId,omitempty"`
	AccessLog           *AccessLog               `json:"accessLog,omitempty"`
	Canary              *Canary                  `json:"canary,omitempty"`
	Cache               *Cache                   `json:"cache,omitempty"`
	TracingEnabled      bool                     `json:"tracingEnabled,omitempty"`    // calls are sampled for traces; else those of callers are continued
	AuthorizerAnswers   string                   `json:"authorizerAnswers,omitempty"` // names what authorizers have answered; with another name there is none

	// SecurityPolicy is the API's, "" where nobody chose one; EndpointType is that of the
	// endpoint which it is of. They are the API's as it is, and not as it was deployed.
	SecurityPolicy string `json:"securityPolicy,omitempty"`
	EndpointType   string `json:"endpointType,omitempty"`
}

// A Canary is a second deployment that serves a part of a stage's requests, under
// the same settings but for what it overrides of the stage's variables.
type Canary struct {
	DeploymentID           string            `json:"deploymentId"`
	PercentTraffic         float64           `json:"percentTraffic"`                   // of the requests, 0 to 100
	StageVariableOverrides map[string]string `json:"stageVariableOverrides,omitempty"` // and more variables, which the stage does not have
	UseStageCache          bool              `json:"useStageCache,omitempty"`
}

// An AccessLog is where a stage's access log goes and what its lines are made
// of.
type AccessLog struct {
	DestinationARN string `json:"destinationArn"`
	Format         string `json:"format"` // one line with $context references
}

// A MethodSetting is what a stage sets for one method. Its key in
// Stage.MethodSettings is the path of the resource, "/" and the verb, such as
// "/pets/{id}/GET" and, for the root, "//GET"; "*/*" is for all methods that
// have no key of their own. Only members that a caller set act: a nil or zero
// member is AWS's default, which this gateway does not enforce by itself.
type MethodSetting struct {
	ThrottlingBurstLimit *int32   `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit  *float64 `json:"throttlingRateLimit,omitempty"`
	MetricsEnabled       bool     `json:"metricsEnabled,omitempty"`
	LoggingLevel         string   `json:"loggingLevel,omitempty"` // "", OFF, ERROR or INFO
	DataTraceEnabled     bool     `json:"dataTraceEnabled,omitempty"`

	CachingEnabled       bool   `json:"cachingEnabled,omitempty"`       // where the stage has a cache
	CachesEveryVerb      bool   `json:"cachesEveryVerb,omitempty"`      // caching was set for this method; else it is that of "*/*", of GET alone
	CacheTTLSeconds      *int32 `json:"cacheTtlSeconds,omitempty"`      // 0 caches nothing
	FreeCacheControl     bool   `json:"freeCacheControl,omitempty"`     // everybody may have an answer made anew
	CacheControlStrategy string `json:"cacheControlStrategy,omitempty"` // what becomes of who may not: FAIL_WITH_403, SUCCEED_WITH_RESPONSE_HEADER or SUCCEED_WITHOUT_RESPONSE_HEADER
}

// A Cache keeps the answers of a stage's methods for a time.
type Cache struct {
	Bytes int64  `json:"bytes"` // that it may hold
	Life  string `json:"life"`  // names what it holds; with another name it is empty
}

// An Account is what a caller set of an account in a region.
type Account struct {
	Account           string `json:"account"`
	Region            string `json:"region"`
	CloudWatchRoleARN string `json:"cloudWatchRoleArn,omitempty"`
}
