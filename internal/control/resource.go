package control

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// partPattern is what AWS takes for one path part. Its notes on REST APIs name
// commas and colons, which its refusal does not.
var partPattern = regexp.MustCompile(`^(?:[a-zA-Z0-9._:,-]+|\{[a-zA-Z0-9._:-]+\+?\})$`)

// Bounds on what a resource may be called. A URL has at most 10,240 characters
// at AWS, so that no longer path could be asked for.
const (
	maxPartLength = 1024
	maxPathLength = 10240
)

func errResource() error { return wire.NotFound("Invalid Resource identifier specified") }

// placesOf are the keys of kindChild, which hold a resource's place among its
// siblings. The root has none.
func placesOf(r *wire.Resource) []string {
	if r.ParentID == nil {
		return nil
	}
	return []string{placeOf(r)}
}

// resource reads a resource. An unknown API and an unknown resource are one
// answer.
func (t *tx) resource(id string) (*wire.Resource, error) {
	return load[wire.Resource](t, kindResource, id, errResource())
}

// requireResource refuses a resource that is not there.
func (t *tx) requireResource(id string) error { return t.require(kindResource, id, errResource()) }

// addRoot stores the resource that every API has.
func (t *tx) addRoot(api *wire.RestAPI) error {
	return t.save(kindResource, *api.RootResourceID, &wire.Resource{ID: api.RootResourceID, Path: new("/")})
}

// CreateResource adds a path part below a parent.
func (s *Service) CreateResource(ctx context.Context, who *wire.Caller, in *wire.CreateResourceRequest) (*wire.Resource, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Resource, error) {
		parent, err := t.resource(in.ParentID)
		if err != nil {
			return nil, err
		}
		return t.addResource(parent, in.PathPart)
	})
}

// addResource checks a new path part against its parent and siblings, and
// stores it.
func (t *tx) addResource(parent *wire.Resource, part string) (*wire.Resource, error) {
	if err := t.resourceQuota(); err != nil {
		return nil, err
	}
	id, err := t.freshID(kindResource)
	if err != nil {
		return nil, err
	}
	r := &wire.Resource{ID: &id, ParentID: parent.ID, PathPart: &part}
	if err := t.checkPlace(r, parent); err != nil {
		return nil, err
	}
	r.Path = new(joinPath(*parent.Path, part))
	if err := t.insert(kindResource, id, r, errSibling(part)); err != nil {
		return nil, err
	}
	if t.known != nil {
		*t.known++
	}
	return r, nil
}

// resourceQuota refuses an API's next resource when it has as many as it may. It
// counts them once, however many a transaction adds.
func (t *tx) resourceQuota() error {
	limit := t.svc.limits.ResourcesPerAPI
	if limit <= 0 {
		return nil
	}
	if t.known == nil {
		ids, err := t.ids(kindResource, "")
		if err != nil {
			return err
		}
		t.known = new(len(ids))
	}
	if over(*t.known+1, limit) {
		return errQuota("Resources", " for this API")
	}
	return nil
}

// placeOf is the id of a resource's place among its siblings; the root has
// none.
func placeOf(r *wire.Resource) string { return *r.ParentID + "/" + *r.PathPart }

func errSibling(part string) error {
	return wire.Conflict("Another resource with the same parent already has this name: %s", part)
}

// checkPlace checks a resource's path part and whether it can stand below a
// parent: not below a greedy variable, and not beside another variable.
func (t *tx) checkPlace(r, parent *wire.Resource) error {
	part := *r.PathPart
	if !partPattern.MatchString(part) || len(part) > maxPartLength {
		return wire.BadRequest("Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace.")
	}
	if p := text(parent.PathPart); isGreedy(p) {
		return errGreedyParent(p)
	}
	if len(*parent.Path)+1+len(part) > maxPathLength {
		return errLongPath()
	}
	if part[0] != '{' {
		return nil
	}
	variables, err := t.rowsWith(kindChild, *parent.ID+"/{")
	if err != nil {
		return err
	}
	for _, row := range variables {
		sibling := strings.TrimPrefix(row.ID, *parent.ID+"/")
		c, err := decode[entry](t, kindChild, row.ID, row.Doc)
		switch {
		case err != nil:
			return err
		case c.ID == *r.ID:
		case sibling == part:
			return errSibling(part)
		default:
			return wire.BadRequest("A sibling (%s) of this resource already has a variable path part -- only one is allowed", sibling)
		}
	}
	return nil
}

func errGreedyParent(part string) error {
	return wire.BadRequest("Cannot create a child of a resource with a greedy path variable: %s", part)
}

func errLongPath() error {
	return wire.BadRequest("A resource's path cannot be longer than %d characters", maxPathLength)
}

// isGreedy reports whether a path part takes the whole rest of a path.
func isGreedy(part string) bool { return strings.HasSuffix(part, "+}") }

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
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Resource, error) {
		r, err := t.resource(in.ResourceID)
		if err != nil {
			return nil, err
		}
		one := []wire.Resource{*r}
		_, err = t.attachMethods(one, embeds(in.Embed), store.Limit{})
		return &one[0], err
	})
}

// embeds reports whether a caller wants methods whole.
func embeds(embed []string) bool { return slices.Contains(embed, "methods") }

// GetResources lists an API's resources, the root first: some clients look for
// it on the first page alone.
func (s *Service) GetResources(ctx context.Context, who *wire.Caller, in *wire.GetResourcesRequest) (*wire.Resources, error) {
	run := read[wire.Resources]
	if embeds(in.Embed) {
		run = readPage[wire.Resources]
	}
	return run(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Resources, error) {
		api, err := t.restAPI()
		if err != nil {
			return nil, err
		}
		items, position, err := wire.Paginate(in.Position, in.Limit, orderOf, func(after string, n int) ([]wire.Resource, bool, error) {
			items, err := t.resources(*api.RootResourceID, after, n+1) // one more than is shown tells whether there are more
			if err != nil {
				return nil, false, err
			}
			shown := items[:min(n, len(items))]
			fit, err := t.attachPage(shown, embeds(in.Embed))
			return shown[:fit:fit], fit < len(items), err
		})
		return &wire.Resources{Items: items, Position: position}, err
	})
}

// rootOrder is the root's place in the order of resources. It sorts before
// every id.
const rootOrder = "/"

// orderOf is a resource's place in the order of resources.
func orderOf(r wire.Resource) string {
	if r.ParentID == nil {
		return rootOrder
	}
	return *r.ID
}

// resources reads at most n resources (0: all) in their order: the root, then
// the others by id. Other listings are in order of creation, for which each page
// goes through the keys of all items; an API may have 100,000 resources.
func (t *tx) resources(root, after string, n int) ([]wire.Resource, error) {
	var out []wire.Resource
	if after == "" {
		r, err := t.resource(root)
		if err != nil {
			return nil, err
		}
		if out = append(out, *r); n == 1 {
			return out, nil
		}
	}
	if after == rootOrder {
		after = ""
	}
	limit := n
	if n > 0 {
		limit = n + 1 // the root may be among them
	}
	rest, err := list[wire.Resource](t, kindResource, after, limit)
	if err != nil {
		return nil, err
	}
	rest = slices.DeleteFunc(rest, func(r wire.Resource) bool { return r.ParentID == nil })
	if out = append(out, rest...); n > 0 && len(out) > n {
		out = out[:n]
	}
	return out, nil
}

// attachPage puts their methods into the resources of a page and returns how many
// of them, from the first on, make one that is not too large. The first is always
// among them: the root, whatever its id, is out of the order of the others, too.
func (t *tx) attachPage(items []wire.Resource, whole bool) (fit int, err error) {
	if len(items) == 0 {
		return 0, nil
	}
	if _, err := t.attachMethods(items[:1], whole, store.Limit{}); err != nil {
		return 0, err
	}
	fit, err = t.attachMethods(items[1:], whole, store.Limit{Bytes: pageBytes})
	return 1 + fit, err
}

// attachMethods puts their methods into resources: only the verbs, or all of
// each method. The resources are in order of their id and without gaps, so that
// no other methods need be read. limit bounds what is read of each kind of document;
// fit is how many resources, from the first on, have got all of their methods.
func (t *tx) attachMethods(items []wire.Resource, whole bool, limit store.Limit) (fit int, err error) {
	if len(items) == 0 {
		return 0, nil
	}
	from, to := *items[0].ID+"/", *items[len(items)-1].ID+"0" // what comes after the slash
	byID := make(map[string]*wire.Resource, len(items))
	for i := range items {
		byID[*items[i].ID] = &items[i]
	}
	add := func(resource, verb string, m wire.Method) {
		r := byID[resource]
		if r == nil {
			return
		}
		if r.ResourceMethods == nil {
			r.ResourceMethods = make(map[string]wire.Method)
		}
		r.ResourceMethods[verb] = m
	}
	if !whole {
		ids, err := t.idsBetween(kindMethod, from, to)
		for _, id := range ids {
			resource, verb, _ := strings.Cut(id, "/")
			add(resource, verb, wire.Method{})
		}
		return len(items), err
	}
	methods, err := t.wholeMethods(func(k kind) ([]store.Row, error) {
		rows, err := t.rowsBetween(k, from, to, limit)
		if err == nil && limit.Cut(rows) {
			last, _, _ := strings.Cut(rows[len(rows)-1].ID, "/")
			to = last + "/" // some of its documents may not have been read
		}
		return rows, err
	})
	for _, m := range methods {
		add(m.resource, m.verb, *m.Method)
	}
	for fit < len(items) && *items[fit].ID+"/" < to {
		fit++
	}
	return fit, err
}

// DeleteResource removes a resource with its methods and all that is below it.
func (s *Service) DeleteResource(ctx context.Context, who *wire.Caller, in *wire.DeleteResourceRequest) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		r, err := t.resource(in.ResourceID)
		if err != nil {
			return err
		}
		if r.ParentID == nil {
			return wire.BadRequest("Root resource cannot be deleted.")
		}
		if t.brief {
			return t.eachBelow(r, t.removeResource)
		}
		return t.removeTree(r)
	})
}

// removeTree deletes a resource with all that is below it. It reads the resources
// of the API once, which takes less time than looking for the children of each
// where they are many.
func (t *tx) removeTree(r *wire.Resource) error {
	t.known = nil
	all, err := list[wire.Resource](t, kindResource, "", 0)
	if err != nil {
		return err
	}
	children := make(map[string][]*wire.Resource)
	for i := range all {
		if parent := all[i].ParentID; parent != nil {
			children[*parent] = append(children[*parent], &all[i])
		}
	}
	ids := []string{*r.ID}
	docs := map[string]any{*r.ID: r}
	for i := 0; i < len(ids); i++ {
		for _, child := range children[ids[i]] {
			ids = append(ids, *child.ID)
			docs[*child.ID] = child
		}
	}
	return t.removeEach(kindResource, ids, docs)
}

// removeResource deletes one resource with its methods.
func (t *tx) removeResource(r *wire.Resource) error {
	t.known = nil
	return t.remove(kindResource, *r.ID, errResource())
}

// eachBelow calls fn with a resource and then with all of its descendants,
// each after its parent.
func (t *tx) eachBelow(r *wire.Resource, fn func(*wire.Resource) error) error {
	for queue := []*wire.Resource{r}; len(queue) > 0; queue = queue[1:] {
		children, err := t.children(*queue[0].ID)
		if err != nil {
			return err
		}
		queue = append(queue, children...)
		if err := fn(queue[0]); err != nil {
			return err
		}
	}
	return nil
}

// children reads the resources right below one, in order of their path part.
func (t *tx) children(id string) ([]*wire.Resource, error) {
	rows, err := t.rowsWith(kindChild, id+"/")
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		c, err := decode[entry](t, kindChild, row.ID, row.Doc)
		if err != nil {
			return nil, err
		}
		ids[i] = c.ID
	}
	return loadMany[wire.Resource](t, kindResource, ids, errResource())
}
