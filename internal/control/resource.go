package control

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// partPattern is what AWS takes for one path part.
var partPattern = regexp.MustCompile(`^(?:[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})$`)

func errResource() error { return wire.NotFound("Invalid Resource identifier specified") }

// A childDoc is what lies at a resource's place among its siblings.
type childDoc struct {
	ID string `json:"id"`
}

// resource reads a resource. An unknown API and an unknown resource are one
// answer.
func (t *tx) resource(api, id string) (*wire.Resource, error) {
	return load[wire.Resource](t, kindResource, api, id, errResource())
}

// addRoot stores the resource that every API has.
func (t *tx) addRoot(api *wire.RestAPI) error {
	id := *api.RootResourceID
	return t.save(kindResource, *api.ID, id, &wire.Resource{ID: &id, Path: new("/")})
}

// CreateResource adds a path part below a parent.
func (s *Service) CreateResource(ctx context.Context, who *wire.Caller, in *wire.CreateResourceRequest) (*wire.Resource, error) {
	var out *wire.Resource
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		parent, err := t.resource(in.RestAPIID, in.ParentID)
		if err != nil {
			return err
		}
		out, err = t.addResource(in.RestAPIID, parent, in.PathPart)
		return err
	})
	return out, err
}

// addResource checks a new path part against its parent and siblings, and
// stores it.
func (t *tx) addResource(api string, parent *wire.Resource, part string) (*wire.Resource, error) {
	if err := checkPart(part); err != nil {
		return nil, err
	}
	if err := t.checkPlace(api, parent, part); err != nil {
		return nil, err
	}
	id := newID(childIDLength)
	r := &wire.Resource{ID: &id, ParentID: parent.ID, PathPart: &part, Path: new(joinPath(*parent.Path, part))}
	place := *parent.ID + "/" + part
	if err := t.insert(kindChild, api, place, childDoc{id}, errSibling(part)); err != nil {
		return nil, err
	}
	return r, t.insert(kindResource, api, id, r, errors.New("resource id drawn twice"))
}

// maxPartLength bounds a path part; a URL is at most 10,240 characters.
const maxPartLength = 1024

func checkPart(part string) error {
	if !partPattern.MatchString(part) || len(part) > maxPartLength {
		return wire.BadRequest("Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace.")
	}
	return nil
}

func errSibling(part string) error {
	return wire.Conflict("Another resource with the same parent already has this name: %s", part)
}

// checkPlace refuses a child below a greedy variable and a second variable
// below one parent.
func (t *tx) checkPlace(api string, parent *wire.Resource, part string) error {
	if p := text(parent.PathPart); strings.HasSuffix(p, "+}") {
		return wire.BadRequest("Cannot create a child of a resource with a greedy path variable: %s", p)
	}
	if part[0] != '{' {
		return nil
	}
	variables, err := t.ids(kindChild, api, *parent.ID+"/{")
	if err != nil || len(variables) == 0 {
		return err
	}
	sibling := strings.TrimPrefix(variables[0], *parent.ID+"/")
	if sibling == part {
		return errSibling(part)
	}
	return wire.BadRequest("A sibling (%s) of this resource already has a variable path part -- only one is allowed", sibling)
}

// joinPath is the path of a part below a parent's path.
func joinPath(parent, part string) string {
	if parent == "/" {
		return "/" + part
	}
	return parent + "/" + part
}

// GetResource reads one resource, with its methods whole when they are
// embedded.
func (s *Service) GetResource(ctx context.Context, who *wire.Caller, in *wire.GetResourceRequest) (*wire.Resource, error) {
	var out *wire.Resource
	err := s.read(ctx, who, func(t *tx) error {
		r, err := t.resource(in.RestAPIID, in.ResourceID)
		if err != nil {
			return err
		}
		out = r
		rows, err := t.withPrefix(kindMethod, in.RestAPIID, in.ResourceID+"/")
		if err != nil {
			return err
		}
		return attachMethods(r, rows, slices.Contains(in.Embed, "methods"))
	})
	return out, err
}

// attachMethods puts a resource's methods into it: their verbs, or all of them.
func attachMethods(r *wire.Resource, rows []store.Row, whole bool) error {
	for _, row := range rows {
		_, verb, _ := strings.Cut(row.ID, "/")
		if r.ResourceMethods == nil {
			r.ResourceMethods = make(map[string]wire.Method)
		}
		if !whole {
			r.ResourceMethods[verb] = wire.Method{}
			continue
		}
		m, err := decode[wire.Method](kindMethod, row.ID, row.Doc)
		if err != nil {
			return err
		}
		r.ResourceMethods[verb] = *m
	}
	return nil
}

// GetResources lists an API's resources.
func (s *Service) GetResources(ctx context.Context, who *wire.Caller, in *wire.GetResourcesRequest) (*wire.Resources, error) {
	var out *wire.Resources
	err := s.read(ctx, who, func(t *tx) error {
		if _, err := t.restAPI(in.RestAPIID); err != nil {
			return err
		}
		items, position, err := page(t, kindResource, in.RestAPIID, in.Position, in.Limit, func(r wire.Resource) string { return *r.ID })
		if err != nil {
			return err
		}
		out = &wire.Resources{Items: items, Position: position}
		return t.attachToAll(in.RestAPIID, items, slices.Contains(in.Embed, "methods"))
	})
	return out, err
}

// attachToAll puts their methods into resources that are sorted by id, with
// one scan over the methods between the first and the last of them.
func (t *tx) attachToAll(api string, items []wire.Resource, whole bool) error {
	if len(items) == 0 {
		return nil
	}
	last := *items[len(items)-1].ID
	after, i := *items[0].ID+"/", 0
	const batch = 1000
	for {
		rows, err := t.List(t.who.Account, t.who.Region, string(kindMethod), api, after, batch)
		if err != nil {
			return err
		}
		for _, row := range rows {
			id, _, _ := strings.Cut(row.ID, "/")
			if id > last {
				return nil
			}
			for i < len(items) && *items[i].ID < id {
				i++
			}
			if i < len(items) && *items[i].ID == id {
				if err := attachMethods(&items[i], []store.Row{row}, whole); err != nil {
					return err
				}
			}
		}
		if len(rows) < batch {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}

// DeleteResource removes a resource with its methods and all that is below it.
func (s *Service) DeleteResource(ctx context.Context, who *wire.Caller, in *wire.DeleteResourceRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		r, err := t.resource(in.RestAPIID, in.ResourceID)
		if err != nil {
			return err
		}
		if r.ParentID == nil {
			return wire.BadRequest("Root resource cannot be deleted.")
		}
		return t.removeSubtree(in.RestAPIID, r)
	})
}

// removeSubtree deletes a resource and its descendants, deepest first.
func (t *tx) removeSubtree(api string, r *wire.Resource) error {
	children, err := t.children(api, *r.ID)
	if err != nil {
		return err
	}
	for i := range children {
		if err := t.removeSubtree(api, children[i]); err != nil {
			return err
		}
	}
	methods, err := t.ids(kindMethod, api, *r.ID+"/")
	if err != nil {
		return err
	}
	for _, id := range methods {
		if err := t.Delete(t.key(kindMethod, api, id)); err != nil {
			return err
		}
	}
	place := *r.ParentID + "/" + *r.PathPart
	return errors.Join(t.Delete(t.key(kindChild, api, place)), t.Delete(t.key(kindResource, api, *r.ID)))
}

// children reads the resources right below one, in order of their path part.
func (t *tx) children(api, id string) ([]*wire.Resource, error) {
	rows, err := t.withPrefix(kindChild, api, id+"/")
	if err != nil {
		return nil, err
	}
	out := make([]*wire.Resource, len(rows))
	for i, row := range rows {
		c, err := decode[childDoc](kindChild, row.ID, row.Doc)
		if err != nil {
			return nil, err
		}
		if out[i], err = t.resource(api, c.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}
