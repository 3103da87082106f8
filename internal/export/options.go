package export

import (
	"fmt"
	"strings"
)

// A Format is the specification that a document follows.
type Format string

// The formats, by the service's names for them.
const (
	Swagger   Format = "swagger" // 2.0
	OpenAPI30 Format = "oas30"   // 3.0.1
)

// Options say what a document holds and how it is written.
type Options struct {
	Format     Format
	YAML       bool // else it is JSON
	Extensions Extensions

	// Stop is asked before each method and what is documented, on the caller's goroutine,
	// whether the export is to be given up: its error, such as that of a context, is then
	// Document's. After an error it returns one each time. Nil never stops.
	Stop func() error
}

func (o Options) stopped() error {
	if o.Stop == nil {
		return nil
	}
	return o.Stop()
}

// Extensions say which of the service's extensions a document has. Paths, models,
// security schemes and what is documented of them are in all documents, as is
// x-amazon-apigateway-any-method, which stands for a method.
type Extensions struct {
	Integrations     bool // x-amazon-apigateway-integration
	Authorizers      bool // x-amazon-apigateway-authorizer
	Documentation    bool // x-amazon-apigateway-documentation
	Validators       bool // x-amazon-apigateway-request-validators, and which of them methods use
	GatewayResponses bool // x-amazon-apigateway-gateway-responses
	Settings         bool // those for the API as a whole, such as x-amazon-apigateway-policy
}

// everything is what a document has from which an import makes the same API again.
var everything = Extensions{Integrations: true, Authorizers: true, Documentation: true, Validators: true, GatewayResponses: true, Settings: true}

// extensions are the words of the parameter, with what each adds. What AWS writes for
// Postman is not known: here it is a document without extensions, which Postman reads.
var extensions = map[string]func(*Extensions){
	"integrations":     func(e *Extensions) { e.Integrations = true },
	"authorizers":      func(e *Extensions) { e.Authorizers = true },
	"documentation":    func(e *Extensions) { e.Documentation = true },
	"validators":       func(e *Extensions) { e.Validators = true },
	"gatewayresponses": func(e *Extensions) { e.GatewayResponses = true },
	"apigateway":       func(e *Extensions) { *e = everything },
	"postman":          func(*Extensions) {},
}

// ParseExtensions reads the parameter extensions of GetExport: words between commas.
// Without any a document has the documentation (documented).
func ParseExtensions(words string) (Extensions, error) {
	var e Extensions
	if strings.TrimSpace(words) == "" {
		return Extensions{Documentation: true}, nil
	}
	for word := range strings.SplitSeq(words, ",") {
		word = strings.TrimSpace(word)
		add, ok := extensions[word]
		if !ok {
			return e, fmt.Errorf("there is no extension '%s'", word)
		}
		add(&e)
	}
	return e, nil
}

// ExtensionNames lists the words that ParseExtensions takes, for messages.
const ExtensionNames = "integrations,authorizers,documentation,validators,gatewayresponses,apigateway,postman"
