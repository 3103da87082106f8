package control

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// undocumentedParts lists what an API defines and no part of its documentation is about,
// neither one of its own nor one that it inherits: AWS calls them parts without content.
// What AWS answers has not been seen; these are parts with a location and nothing else,
// since there is none that could have an id.
func (s *Service) undocumentedParts(ctx context.Context, who *wire.Caller, in *wire.GetDocumentationPartsRequest) (*wire.DocumentationParts, error) {
	ctx, leave, err := s.long.enter(ctx, who.Account) // each page reads all that the API defines
	if err != nil {
		return nil, err
	}
	defer leave()
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationParts, error) {
		src, err := t.source()
		if err != nil {
			return nil, err
		}
		documented, err := t.documented()
		if err != nil {
			return nil, err
		}
		items, position, err := wire.Paginate(in.Position, in.Limit, locationKey, func(after string, n int) ([]apidoc.Location, bool, error) {
			return undocumented(src, documented, partFilter(in), after, n)
		})
		out := &wire.DocumentationParts{Items: make([]wire.DocumentationPart, len(items)), Position: position}
		for i := range items {
			out.Items[i].Location = shownLocation(items[i])
		}
		return out, err
	})
}

// documented reads which locations have parts.
func (t *tx) documented() (*apidoc.Parts[struct{}], error) {
	parts := make(map[apidoc.Location]struct{})
	err := t.eachDocumentationPart(func(p *wire.DocumentationPart) error {
		parts[wholeLocation(p)] = struct{}{}
		return nil
	})
	return apidoc.NewParts(parts), err
}

// undocumented returns the first n entities of a definition that have no part, of those
// that keep takes and that stand behind the one with the key after, and whether there are
// more. That one may have got a part since.
func undocumented(src *source, documented *apidoc.Parts[struct{}], keep func(apidoc.Location) bool, after string, n int) (page []apidoc.Location, more bool, err error) {
	started := after == ""
	for entity := range entities(src) {
		if !started {
			started = locationKey(entity) == after
			continue
		}
		if _, ok := documented.Find(entity); ok || !keep(entity) {
			continue
		}
		if len(page) == n {
			return page, true, nil
		}
		page = append(page, entity)
	}
	if !started {
		return nil, false, wire.ErrPosition()
	}
	return page, false, nil
}

// entities yields the locations of all that a definition has and documentation can be
// about: the API, its authorizers and models in the order in which they were made, and
// then its resources by their paths, each with its methods.
func entities(src *source) iter.Seq[apidoc.Location] {
	return func(yield func(apidoc.Location) bool) {
		all := []apidoc.Location{{Type: "API"}}
		for i := range src.Authorizers {
			all = append(all, apidoc.Location{Type: "AUTHORIZER", Name: text(src.Authorizers[i].Name)})
		}
		for i := range src.Models {
			all = append(all, apidoc.Location{Type: "MODEL", Name: text(src.Models[i].Name)})
		}
		for _, l := range all {
			if !yield(l) {
				return
			}
		}
		resources := slices.SortedFunc(slices.Values(src.Resources), func(a, b wire.Resource) int { return strings.Compare(text(a.Path), text(b.Path)) })
		for i := range resources {
			if !resourceEntities(&resources[i], yield) {
				return
			}
		}
	}
}

// resourceEntities yields a resource and what its methods have, and reports whether yield
// wants more.
func resourceEntities(r *wire.Resource, yield func(apidoc.Location) bool) bool {
	if !yield(apidoc.Location{Type: "RESOURCE", Path: text(r.Path)}) {
		return false
	}
	for _, verb := range sortedKeys(r.ResourceMethods) {
		m := r.ResourceMethods[verb]
		for _, l := range methodEntities(text(r.Path), verb, &m) {
			if !yield(l) {
				return false
			}
		}
	}
	return true
}

// parameterKinds are the types of a method's parameters, by the places in their
// expressions.
var parameterKinds = map[string]string{"path": "PATH_PARAMETER", "querystring": "QUERY_PARAMETER", "header": "REQUEST_HEADER"}

// methodEntities lists a method with its parameters, bodies and responses.
func methodEntities(path, verb string, m *wire.Method) []apidoc.Location {
	of := func(kind string) apidoc.Location { return apidoc.Location{Type: kind, Path: path, Method: verb} }
	out := append([]apidoc.Location{of("METHOD")}, parameterEntities(of, m.RequestParameters)...)
	if len(m.RequestModels) > 0 {
		out = append(out, of("REQUEST_BODY"))
	}
	for _, status := range sortedKeys(m.MethodResponses) {
		r := m.MethodResponses[status]
		l := of("RESPONSE")
		l.StatusCode = status
		out = append(out, l)
		l.Type = "RESPONSE_HEADER"
		for _, expression := range sortedKeys(r.ResponseParameters) {
			l.Name = strings.TrimPrefix(expression, "method.response.header.")
			out = append(out, l)
		}
		if len(r.ResponseModels) > 0 {
			l.Type, l.Name = "RESPONSE_BODY", ""
			out = append(out, l)
		}
	}
	return out
}

// parameterEntities lists the parameters of a method, one of several values once, even
// where it is declared with a single one as well.
func parameterEntities(of func(kind string) apidoc.Location, parameters map[string]bool) []apidoc.Location {
	var out []apidoc.Location
	for expression := range parameters {
		place, name, _ := strings.Cut(strings.TrimPrefix(expression, "method.request."), ".")
		if kind := parameterKinds[strings.TrimPrefix(place, "multivalue")]; kind != "" {
			l := of(kind)
			l.Name = name
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b apidoc.Location) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
	return slices.Compact(out)
}

// shownLocation is a location as answers have it, without what it does not say.
func shownLocation(l apidoc.Location) *wire.DocumentationPartLocation {
	return &wire.DocumentationPartLocation{Type: l.Type, Path: given(&l.Path), Method: given(&l.Method), StatusCode: given(&l.StatusCode), Name: given(&l.Name)}
}
