// Package apimodel is what models of APIs say: it checks their schemas and the
// references between them, puts those that a model refers to into its schema, and
// makes mapping templates of them. Where models are kept is its callers' matter.
package apimodel

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A Source has the models of one API. An error of its methods ends what asked.
type Source interface {
	// Model returns a model with its schema, or an error where there is none.
	Model(name string) (*wire.Model, error)
	// HasModel reports whether there is a model.
	HasModel(name string) (bool, error)
}

// An API is the models of one API. It is as safe for concurrent use as its Source.
type API struct {
	ID     string // which references to its models have
	Models Source
}

// IsJSON reports whether a model's content type is a kind of JSON. The schemas of
// others say nothing to AWS.
func IsJSON(contentType string) bool { return strings.Contains(contentType, "json") }

// Document returns the JSON document that a schema begins with. AWS's parser stops
// where the document ends: a sample of its guide has a brace too many.
func Document(schema string) string {
	r := jsontext.NewReader([]byte(schema), value.DefaultDepth, utf8.RuneError)
	if r.Skip() != nil {
		return schema // which its parser will refuse
	}
	return schema[:r.Offset()]
}

// parse parses the document of a schema.
func parse(schema string) (value.Value, error) {
	return value.ParseStrict(Document(schema), value.Limits{})
}

// referencePattern is the form in which a model refers to another.
var referencePattern = regexp.MustCompile(`^https://apigateway\.amazonaws\.com(?:\.cn)?/restapis/([^/]+)/models/([a-zA-Z0-9]+)$`)

// referred returns the name of the model of this API that a reference leads to,
// "" for none.
func (a API) referred(reference string) string {
	m := referencePattern.FindStringSubmatch(reference)
	if m == nil || m[1] != a.ID {
		return ""
	}
	return m[2]
}

// CheckReferences wants the references of a model, which Checker.Check returned,
// to be in AWS's form and to lead to models that exist; a model may refer to
// itself.
func (a API) CheckReferences(model string, references []string) error {
	for _, ref := range references {
		if !referencePattern.MatchString(ref) {
			return invalid(badSchema, "Model reference must be in canonical form")
		}
		name := a.referred(ref)
		if name == model {
			continue
		}
		found := false
		if name != "" {
			var err error
			if found, err = a.Models.HasModel(name); err != nil {
				return err
			}
		}
		if !found {
			return invalid(badSchema, "Model reference does not exist: "+wire.Truncated(ref))
		}
	}
	return nil
}

// Refers reports whether a model refers to the one called name.
func (a API) Refers(c *Checker, m *wire.Model, name string) bool {
	contentType, schema := text(m.ContentType), text(m.Schema)
	if !IsJSON(contentType) || !strings.Contains(schema, "/models/"+name) {
		return false
	}
	refs, err := c.Check(contentType, schema)
	return err == nil && slices.ContainsFunc(refs, func(ref string) bool { return a.referred(ref) == name })
}

// text is what s points to, "" for nil.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
