package openapi

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Options say how a definition is read. The zero value reads as the service does
// when it is given no parameters, with the variables left alone.
type Options struct {
	// File is the name that findings show, "" for the body of a request.
	// Load sets it.
	File string

	// APIID is the id of the API that the definition is for. Models refer to
	// each other by it; when it is empty the text {apiId} stands in its place.
	APIID string

	// BasePath is what becomes of the document's base path: the parameter
	// basepath of ImportRestApi.
	BasePath BasePath

	// IgnoreDocumentation makes no documentation of the document, neither of
	// x-amazon-apigateway-documentation nor of descriptions and their like: the
	// parameter ignore=documentation.
	IgnoreDocumentation bool

	// AccountID, Partition and Region replace ${AWS::AccountId},
	// ${AWS::Partition} and ${AWS::Region}. An empty one replaces nothing.
	AccountID, Partition, Region string

	// Lenient takes what the service refuses where its meaning is clear, so
	// that a definition which was not written for it can be served: OpenAPI
	// 3.1, model names of any characters, status codes such as 2XX, and
	// parameters that cannot be mapped are left out. Operations without an
	// integration answer with their examples. Of a document without any of
	// the service's extensions, models that it refuses are left out too.
	Lenient bool

	// Upstream is the base URL, of http or https, of a backend that serves the operations
	// without an integration in place of their examples, for Lenient alone. With
	// ServersUpstream it is the one that the document names. "" leaves them their examples.
	Upstream string

	// Schemes are security schemes that the document has from elsewhere, in place of its own of
	// the same names: SAM's transform adds those of a template to a definition in it.
	Schemes []SecurityScheme

	// MaxSize bounds each file, in bytes. 0 means the service's, the constant
	// MaxSize. What bounds the values in it grows with it.
	MaxSize int

	// RefRoot is the directory that files which Load reads must be in. ""
	// means that of the definition. RefRule says what RefRoot is, for the error
	// of a reference that leaves it; "" says no more than its name.
	RefRoot, RefRule string

	// Stop is asked now and then, on the caller's goroutine, whether the import is
	// to be given up: its error, such as that of a context, is then Parse's. Nil
	// never stops. The library that parses YAML does not ask it.
	Stop func() error

	// Memory, unless nil, is asked for what the tree of the document takes, and its
	// files' trees, before it does.
	Memory Meter
}

// A SecurityScheme is one that a document does not have itself. Authorizers are for the
// caller to add to the API.
type SecurityScheme struct {
	Name string

	// Kind is how a method that requires it is authorized, as AuthorizationType has it, or
	// API_KEY: then it requires an API key.
	Kind string
}

// stopEvery is how many values are read, or pieces of an import done, before Stop
// is asked again.
const stopEvery = 256

// maxSize is the size of the largest file.
func (o Options) maxSize() int {
	if o.MaxSize == 0 {
		return MaxSize
	}
	return o.MaxSize
}

// maxWeight is how many values a document may have.
func (o Options) maxWeight() int { return max(maxWeight, o.maxSize()/bytesPerValue) }

// A BasePath is what becomes of a document's base path.
type BasePath string

// The base path of /a/b and the path /e make the resource /e, /a/b/e or /b/e.
const (
	BasePathIgnore  BasePath = "ignore" // the default
	BasePathPrepend BasePath = "prepend"
	BasePathSplit   BasePath = "split"
)

// ParseBasePath returns the BasePath that the parameter basepath names, and
// whether there is one; "" is the default.
func ParseBasePath(s string) (BasePath, bool) {
	switch b := BasePath(s); b {
	case "":
		return BasePathIgnore, true
	case BasePathIgnore, BasePathPrepend, BasePathSplit:
		return b, true
	}
	return "", false
}

// An API is a definition in the terms of the service. It belongs to its caller.
type API struct {
	// Dialect is the version that the document declares: 2.0, 3.0.1.
	Dialect string `json:"dialect"`

	// RestAPI holds what the document says of the API as a whole. Name is
	// nil when the document has no title; what the service fills in is nil.
	RestAPI wire.RestAPI `json:"restApi"`

	// Resources are in the order of the document, each after its parent, the
	// root first. Resources between two paths are among them, without methods.
	Resources []Resource `json:"resources"`

	Models            []Model                 `json:"models,omitzero"`
	Authorizers       []Authorizer            `json:"authorizers,omitzero"` // Name tells them apart
	RequestValidators []wire.RequestValidator `json:"requestValidators,omitzero"`
	GatewayResponses  []wire.GatewayResponse  `json:"gatewayResponses,omitzero"`
	Documentation     *Documentation          `json:"documentation,omitzero"`

	// DocumentationIgnored says that Documentation was not to be read.
	DocumentationIgnored bool `json:"-"`

	UsagePlans []UsagePlan `json:"-"` // for Lenient alone

	// Warnings are the service's, in the order in which they were found.
	Warnings []string `json:"warnings,omitzero"`

	// Plain says that the document has none of the service's extensions: it was
	// not written for the service.
	Plain bool `json:"-"`

	// Errors are the service's for parts that cannot be created; the import
	// has failed when there are any. They are the beginning of ImportErrors.
	Errors []string `json:"errors,omitzero"`

	// Findings are all there is to say about the document, warnings and
	// errors included, in its order.
	Findings []Finding `json:"-"`

	// Features are the uses of what is more than routes, models and plain
	// integrations, for whoever serves the API to support or refuse: the first
	// 100 of each name.
	Features []Feature `json:"-"`

	docs *documents
}

// A Resource is a path and what it answers to.
type Resource struct {
	Path     string   `json:"path"`     // from the root: /pets/{id}
	PathPart string   `json:"pathPart"` // the last segment, "" for the root
	Methods  []Method `json:"methods,omitzero"`
	Ref      string   `json:"-"` // reference to the path item, "" for resources that only lead to others
}

// A Method is one operation. Its ids are nil: Authorizer and RequestValidator
// name what they will refer to. Its integration is nil when the document has
// none.
type Method struct {
	wire.Method
	Authorizer       string `json:"authorizer,omitzero"`
	RequestValidator string `json:"requestValidator,omitzero"`
	Mocked           bool   `json:"mocked,omitzero"`    // the integration was made from the operation's examples
	Upstream         bool   `json:"upstream,omitzero"`  // the integration is that of Options.Upstream
	Preflight        bool   `json:"preflight,omitzero"` // the operation is not the document's: it answers browsers' preflights
	Open             bool   `json:"-"`                  // its security has NONE: SAM's authorizer by default is not for it
	Sample           Sample `json:"-"`                  // a request to try the operation with; only when Options.Lenient
	Ref              string `json:"-"`                  // reference to the operation, for API.Locate
}

// A Model is a schema of the document as JSON text, with its references to other
// models in the service's form.
type Model struct {
	wire.Model
	Ref string `json:"-"` // reference to the schema
}

// An Authorizer is what a security scheme says of one. Its id is nil.
type Authorizer struct {
	wire.Authorizer
	Ref string `json:"-"` // reference to the extension
}

// A Documentation is the extension x-amazon-apigateway-documentation, and behind its parts
// those that are made of what the document says of its entities elsewhere, such as a
// description of a method. Several parts may be for one location: they are to be merged in
// this order, member by member.
type Documentation struct {
	Version string              `json:"version,omitzero"` // the extension's
	Parts   []DocumentationPart `json:"parts,omitzero"`
}

// A DocumentationPart is what is said of an entity. Its id is nil.
type DocumentationPart struct {
	wire.DocumentationPart
	from *cursor
}

// Ref is the reference to what the part is made of.
// It is "#", the whole document, for a part that no document was read for.
func (p *DocumentationPart) Ref() string {
	if p.from == nil {
		return "#"
	}
	return p.from.reference()
}

// A FeatureName names what a definition asks for, in the words of the service's
// documentation.
type FeatureName string

// The features that a definition can use.
const (
	FeatureAPIKeyRequired     FeatureName = "apiKeyRequired"
	FeatureAPIKeySource       FeatureName = "x-amazon-apigateway-api-key-source"
	FeatureAuthorizer         FeatureName = "x-amazon-apigateway-authorizer"
	FeatureAuthorizationScope FeatureName = "authorizationScopes"
	FeatureAWSIAM             FeatureName = "AWS_IAM"
	FeatureBinaryMediaTypes   FeatureName = "x-amazon-apigateway-binary-media-types"
	FeatureCacheKeys          FeatureName = "cacheKeyParameters"
	FeatureCompression        FeatureName = "x-amazon-apigateway-minimum-compression-size"
	FeatureContentHandling    FeatureName = "contentHandling"
	FeatureCredentials        FeatureName = "credentials"
	FeatureDisableEndpoint    FeatureName = "disableExecuteApiEndpoint"
	FeatureEndpointAccessMode FeatureName = "x-amazon-apigateway-endpoint-access-mode"
	FeatureGatewayResponses   FeatureName = "x-amazon-apigateway-gateway-responses"
	FeaturePolicy             FeatureName = "x-amazon-apigateway-policy"
	FeatureRequestValidator   FeatureName = "x-amazon-apigateway-request-validator"
	FeatureSecurityPolicy     FeatureName = "x-amazon-apigateway-security-policy"
	FeatureStreaming          FeatureName = "responseTransferMode"
	FeatureTLSConfig          FeatureName = "tlsConfig"
	FeatureVPCEndpoints       FeatureName = "vpcEndpointIds"
	FeatureVPCLink            FeatureName = "VPC_LINK"
)

// A Feature is one use of a feature in a definition.
type Feature struct {
	Name     FeatureName
	Position Position
	Path     string // a reference to the use, such as #/paths/~1/get/security
}

// maxUses bounds the uses of one feature that are recorded.
const maxUses = 100

// feature records that c uses the feature called name.
func (im *importer) feature(name FeatureName, c *cursor) {
	if im.uses[name]++; im.uses[name] > maxUses {
		return
	}
	im.api.Features = append(im.api.Features, Feature{Name: name, Position: c.place(), Path: c.reference()})
}

// Uses returns the first use of the feature called name, and whether there is one.
func (a *API) Uses(name FeatureName) (Feature, bool) {
	for _, f := range a.Features {
		if f.Name == name {
			return f, true
		}
	}
	return Feature{}, false
}

// Locate returns where the value stands that ref leads to: a method's Ref and,
// for instance, /x-amazon-apigateway-integration/uri. It follows references on
// the way.
func (a *API) Locate(ref string) (Position, bool) {
	if a.docs == nil {
		return Position{}, false
	}
	file, fragment, _ := strings.Cut(ref, "#")
	src := a.docs.main
	if file != "" {
		if src = a.docs.files[file]; src == nil || src.root == nil {
			return Position{}, false
		}
	}
	c, err := a.docs.resolve(src, "#"+strings.ReplaceAll(fragment, "%", "%25"))
	if err != nil {
		return Position{}, false
	}
	return c.place(), true
}

// Nearest is Locate, of the innermost value around it that is there when ref
// itself leads nowhere, and no position when there is none.
func (a *API) Nearest(ref string) Position {
	for ref != "" {
		if at, ok := a.Locate(ref); ok {
			return at
		}
		ref = ref[:max(strings.LastIndexByte(ref, '/'), 0)]
	}
	return Position{}
}
