package control_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What Terraform's provider does to a thing that it made: it sends the patch
// from the old attributes to the new ones, in its own way, reads the thing
// back, and expects what a new one with these attributes would be. Otherwise
// the next plan shows a difference, for ever.

// A convergence is one kind of thing: how it is drawn, made, changed, read.
type convergence[In, Out any] struct {
	draw   func(t *rapid.T, label string) *In
	create func(in *In) (id string, err error)
	change func(from, to *In) patchList
	update func(id string, ops []wire.PatchOperation) (*Out, error)
	read   func(id string) (*Out, error)
	remove func(id string) error
	forget func(*Out) // members that no two things have in common
}

// check makes one thing, patches it into another, and compares it with that
// other made anew. A patch of nothing changes nothing.
func (c *convergence[In, Out]) check(t *rapid.T) {
	from, to := c.draw(t, "from"), c.draw(t, "to")
	id, err := c.create(from)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	ops := c.change(from, to)
	answered, err := c.update(id, ops)
	if err != nil {
		t.Fatalf("update with %s: %v", describe(ops), err)
	}
	got := c.get(t, id)
	if d := cmp.Diff(answered, got); d != "" {
		t.Fatalf("-answered +read after %s\n%s", describe(ops), d)
	}
	if _, err := c.update(id, nil); err != nil {
		t.Fatalf("update with nothing: %v", err)
	}
	again := c.get(t, id)
	if err := c.remove(id); err != nil {
		t.Fatalf("remove: %v", err)
	}
	if id, err = c.create(to); err != nil {
		t.Fatalf("create anew: %v", err)
	}
	want := c.get(t, id)
	if err := c.remove(id); err != nil {
		t.Fatalf("remove: %v", err)
	}
	for _, out := range []*Out{got, again, want} {
		c.forget(out)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("-new +patched with %s\n%s", describe(ops), d)
	}
	if d := cmp.Diff(got, again); d != "" {
		t.Fatalf("a patch of nothing: -before +after\n%s", d)
	}
}

func (c *convergence[In, Out]) get(t *rapid.T, id string) *Out {
	out, err := c.read(id)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return out
}

func describe(ops []wire.PatchOperation) string {
	text := ""
	for _, op := range ops {
		value := "null"
		if op.Value != nil {
			value = strconv.Quote(*op.Value)
		}
		text += fmt.Sprintf("[%s %s %s]", *op.Op, *op.Path, value)
	}
	return text
}

// A patchList grows by what the provider sends for attributes that differ.
type patchList []wire.PatchOperation

func (p *patchList) add(op, path string, value *string) {
	*p = append(*p, wire.PatchOperation{Op: &op, Path: &path, Value: value})
}

// text replaces a string; unset is the empty string.
func (p *patchList) text(path string, from, to *string) {
	if !cmp.Equal(unlessBlank(from), unlessBlank(to)) {
		p.add("replace", path, orElse(to, ""))
	}
}

// nullable replaces a string; unset is no value.
func (p *patchList) nullable(path string, from, to *string) {
	if !cmp.Equal(from, to) {
		p.add("replace", path, to)
	}
}

func (p *patchList) bool(path string, from, to *bool) {
	if f, t := *orElse(from, false), *orElse(to, false); f != t {
		p.add("replace", path, new(strconv.FormatBool(t)))
	}
}

// entries removes, adds and replaces the entries of a map, those that stay as
// they are too.
func (p *patchList) entries(path string, from, to map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(from)) {
		if _, ok := to[k]; !ok {
			p.add("remove", path+"/"+escaped(k), new(""))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(to)) {
		op := "add"
		if _, ok := from[k]; ok {
			op = "replace"
		}
		p.add(op, path+"/"+escaped(k), new(to[k]))
	}
}

// escaped is a key in a path: the provider escapes the slash alone.
func escaped(key string) string { return strings.ReplaceAll(key, "/", "~1") }

// texts are the values of a map as patches write them.
func texts[V any](m map[string]V) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		switch v := any(v).(type) {
		case *string:
			out[k] = *orElse(v, "")
		default:
			out[k] = fmt.Sprint(v)
		}
	}
	return out
}

func TestConvergeRestAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	policies := []string{"", `{"Version":"2012-10-17","Statement":[]}`, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:000000000000:x/*"}]}`}
	c := convergence[wire.CreateRestAPIRequest, wire.RestAPI]{
		draw: func(t *rapid.T, label string) *wire.CreateRestAPIRequest {
			e := &wire.EndpointConfiguration{Types: []string{rapid.SampledFrom([]string{"EDGE", "REGIONAL", "PRIVATE"}).Draw(t, label+" type")}, IPAddressType: new("dualstack")}
			if e.Types[0] == "PRIVATE" {
				e.VPCEndpointIDs = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"vpce-1", "vpce-2", "vpce-3"}), 0, 3, rapid.ID).Draw(t, label+" endpoints")
				slices.Sort(e.VPCEndpointIDs) // a set to the provider
			} else {
				e.IPAddressType = new(rapid.SampledFrom([]string{"ipv4", "dualstack"}).Draw(t, label+" ip"))
			}
			return &wire.CreateRestAPIRequest{
				Name: "n" + free.Draw(t, label+" name"), Description: maybe(t, label+" description", filledText), EndpointConfiguration: e,
				BinaryMediaTypes:       rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"image/png", "*/*", "a~b/c"}), 0, 3, rapid.ID).Draw(t, label+" binary"),
				MinimumCompressionSize: maybe(t, label+" compression", rapid.Int32Range(0, 10485760)), APIKeySource: maybe(t, label+" source", rapid.SampledFrom([]string{"HEADER", "AUTHORIZER"})),
				DisableExecuteAPIEndpoint: maybe(t, label+" disable", flag), Policy: maybe(t, label+" policy", rapid.SampledFrom(policies)),
			}
		},
		create: func(in *wire.CreateRestAPIRequest) (string, error) {
			out, err := b.CreateRestAPI(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: changeRestAPI,
		update: func(id string, ops []wire.PatchOperation) (*wire.RestAPI, error) {
			return b.UpdateRestAPI(ctx(), who, &wire.UpdateRestAPIRequest{RestAPIID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.RestAPI, error) {
			return b.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: id})
			return err
		},
		forget: func(a *wire.RestAPI) {
			a.ID, a.CreatedDate, a.RootResourceID = nil, nil, nil
			slices.Sort(a.EndpointConfiguration.VPCEndpointIDs)
		},
	}
	rapid.Check(t, c.check)
}

func changeRestAPI(from, to *wire.CreateRestAPIRequest) (p patchList) {
	p.text("/name", &from.Name, &to.Name)
	p.text("/description", from.Description, to.Description)
	p.text("/apiKeySource", orElse(from.APIKeySource, "HEADER"), orElse(to.APIKeySource, "HEADER"))
	p.bool("/disableExecuteApiEndpoint", from.DisableExecuteAPIEndpoint, to.DisableExecuteAPIEndpoint)
	p.text("/policy", from.Policy, to.Policy)
	size := func(n *int32) *string {
		if n == nil {
			return nil
		}
		return new(strconv.Itoa(int(*n)))
	}
	p.nullable("/minimumCompressionSize", size(from.MinimumCompressionSize), size(to.MinimumCompressionSize))
	if !slices.Equal(from.BinaryMediaTypes, to.BinaryMediaTypes) {
		for _, old := range from.BinaryMediaTypes {
			p.add("remove", "/binaryMediaTypes/"+pointer(old), nil)
		}
		for _, next := range to.BinaryMediaTypes {
			p.add("add", "/binaryMediaTypes/"+pointer(next), nil)
		}
	}
	f, t := from.EndpointConfiguration, to.EndpointConfiguration
	p.text("/endpointConfiguration/types/0", &f.Types[0], &t.Types[0])
	for _, old := range f.VPCEndpointIDs {
		if !slices.Contains(t.VPCEndpointIDs, old) {
			p.add("remove", "/endpointConfiguration/vpcEndpointIds", &old)
		}
	}
	for _, next := range t.VPCEndpointIDs {
		if !slices.Contains(f.VPCEndpointIDs, next) {
			p.add("add", "/endpointConfiguration/vpcEndpointIds", &next)
		}
	}
	p.add("replace", "/endpointConfiguration/ipAddressType", t.IPAddressType)
	return p
}

// pointer is a token of a JSON pointer; of media types the provider escapes
// the tilde too.
func pointer(s string) string { return escaped(strings.ReplaceAll(s, "~", "~0")) }
