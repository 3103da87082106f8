package lambda

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

type createAliasRequest struct {
	FunctionName    string   `uri:"FunctionName" json:"-"`
	Name            string   `required:"" min:"1" max:"128" pattern:"[a-zA-Z0-9-_]+"`
	FunctionVersion string   `required:"" pattern:"\\$LATEST|[0-9]+"`
	Description     string   `max:"256"`
	RoutingConfig   *routing `json:"RoutingConfig"`
}

type aliasRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	Name         string `uri:"Name" json:"-" pattern:"[a-zA-Z0-9-_]+" max:"128"`
}

type updateAliasRequest struct {
	FunctionName    string   `uri:"FunctionName" json:"-"`
	Name            string   `uri:"Name" json:"-" pattern:"[a-zA-Z0-9-_]+" max:"128"`
	FunctionVersion *string  `pattern:"\\$LATEST|[0-9]+"`
	Description     *string  `max:"256"`
	RoutingConfig   *routing `json:"RoutingConfig"`
	RevisionID      string   `json:"RevisionId"`
}

// A routing is which share of an alias's calls goes to another version.
type routing struct {
	AdditionalVersionWeights map[string]float64 `json:"AdditionalVersionWeights"`
}

type aliasAnswer struct {
	ARN             string   `json:"AliasArn"`
	Name            string   `json:"Name"`
	FunctionVersion string   `json:"FunctionVersion"`
	Description     string   `json:"Description"`
	RoutingConfig   *routing `json:"RoutingConfig,omitempty"`
	RevisionID      string   `json:"RevisionId"`
}

func tellAlias(ref reference, name string, a *alias) *aliasAnswer {
	ref.qualifier = name
	out := &aliasAnswer{ARN: ref.qualified(), Name: name, FunctionVersion: a.Version, Description: a.Description, RevisionID: a.Revision}
	if len(a.Weights) > 0 {
		out.RoutingConfig = &routing{a.Weights}
	}
	return out
}

// ofFunction reads the function of a request about its aliases.
func ofFunction(c *operation.Call, name string) (reference, error) {
	ref, err := parse(c, name, "")
	ref.qualifier = ""
	return ref, err
}

// maxAliases bounds the aliases of a function.
const maxAliases = 100

func (s *Service) createAlias(ctx context.Context, c *operation.Call, in *createAliasRequest) (*aliasAnswer, error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	if isNumber(in.Name) {
		return nil, invalid("The name of an alias %s is that of a version", in.Name)
	}
	a := &alias{Version: in.FunctionVersion, Description: in.Description, Revision: newRevision()}
	if in.RoutingConfig != nil {
		a.Weights = in.RoutingConfig.AdditionalVersionWeights
	}
	err = s.change(ctx, ref, func(tx *records.Tx, _ *function) error {
		id := records.ID(ref.name, in.Name)
		was, err := aliasKind.Get(tx, id)
		if err != nil {
			return err
		}
		if was != nil {
			named := ref
			named.qualifier = in.Name
			return conflict("Alias already exists: %s", named.qualified())
		}
		if n, err := aliasKind.Count(tx, records.Prefix(ref.name)); err != nil {
			return err
		} else if n >= maxAliases {
			return invalid("This server keeps %d aliases of a function, and no more", maxAliases)
		}
		if err := a.check(tx, ref); err != nil {
			return err
		}
		return aliasKind.Put(tx, id, a)
	})
	return tellAlias(ref, in.Name, a), err
}

// check checks the versions that an alias leads to.
func (a *alias) check(tx *records.Tx, ref reference) error {
	if len(a.Weights) > 1 {
		return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	if len(a.Weights) > 0 && a.Version == latest {
		return invalid("$LATEST is not supported for an alias pointing to more than 1 version")
	}
	if err := hasVersion(tx, ref, a.Version); err != nil {
		return err
	}
	for number, share := range a.Weights {
		switch {
		case number == latest:
			return invalid("$LATEST is not supported for an alias pointing to more than 1 version")
		case share < 0 || share > 1:
			return invalid("Invalid value for additional version weight %v: it is not from 0 to 1", share)
		case number == a.Version:
			return invalid("Version %s is named twice", number)
		}
		if err := hasVersion(tx, ref, number); err != nil {
			return err
		}
	}
	return nil
}

func hasVersion(tx *records.Tx, ref reference, number string) error {
	if number == latest {
		return nil
	}
	v, err := versionOf(tx, ref, number)
	if err == nil && v == nil {
		ref.qualifier = number
		err = notFound(ref)
	}
	return err
}

// aliasOf reads an alias.
func aliasOf(tx *records.Tx, ref reference, name string) (*alias, error) {
	a, err := aliasKind.Get(tx, records.ID(ref.name, name))
	if err == nil && a == nil {
		ref.qualifier = name
		err = missing("Cannot find alias arn: %s", ref.qualified())
	}
	return a, err
}

func (s *Service) getAlias(ctx context.Context, c *operation.Call, in *aliasRequest) (out *aliasAnswer, err error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, ref, func(tx *records.Tx, _ *function) error {
		a, err := aliasOf(tx, ref, in.Name)
		if err == nil {
			out = tellAlias(ref, in.Name, a)
		}
		return err
	})
	return out, err
}

func (s *Service) updateAlias(ctx context.Context, c *operation.Call, in *updateAliasRequest) (out *aliasAnswer, err error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, ref, func(tx *records.Tx, _ *function) error {
		a, err := aliasOf(tx, ref, in.Name)
		if err != nil {
			return err
		}
		if in.RevisionID != "" && in.RevisionID != a.Revision {
			return stale()
		}
		set(&a.Version, in.FunctionVersion)
		set(&a.Description, in.Description)
		if in.RoutingConfig != nil {
			a.Weights = in.RoutingConfig.AdditionalVersionWeights
		}
		a.Revision = newRevision()
		if err := a.check(tx, ref); err != nil {
			return err
		}
		out = tellAlias(ref, in.Name, a)
		return aliasKind.Put(tx, records.ID(ref.name, in.Name), a)
	})
	return out, err
}

func (s *Service) deleteAlias(ctx context.Context, c *operation.Call, in *aliasRequest) (*operation.Nothing, error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	return new(operation.Nothing), s.change(ctx, ref, func(tx *records.Tx, _ *function) error {
		if err := policyKind.Delete(tx, records.ID(ref.name, in.Name)); err != nil {
			return err
		}
		return aliasKind.Delete(tx, records.ID(ref.name, in.Name))
	})
}

type listAliasesRequest struct {
	FunctionName    string `uri:"FunctionName" json:"-"`
	FunctionVersion string `query:"FunctionVersion" json:"-" pattern:"\\$LATEST|[0-9]+"`
	Marker          string `query:"Marker" json:"-"`
	MaxItems        int    `query:"MaxItems" json:"-" min:"1" max:"10000"`
}

type aliasesAnswer struct {
	NextMarker *string        `json:"NextMarker"`
	Aliases    []*aliasAnswer `json:"Aliases"`
}

func (s *Service) listAliases(ctx context.Context, c *operation.Call, in *listAliasesRequest) (*aliasesAnswer, error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	out := &aliasesAnswer{Aliases: []*aliasAnswer{}}
	err = s.read(ctx, ref, func(tx *records.Tx, _ *function) error {
		after := ""
		if in.Marker != "" {
			after = records.ID(ref.name, in.Marker)
		}
		items, more, err := aliasKind.List(tx, records.Prefix(ref.name), after, pageSize(in.MaxItems))
		for _, item := range items {
			if in.FunctionVersion == "" || in.FunctionVersion == item.Record.Version {
				out.Aliases = append(out.Aliases, tellAlias(ref, records.Last(item.ID), item.Record))
			}
		}
		if more {
			out.NextMarker = new(records.Last(items[len(items)-1].ID))
		}
		return err
	})
	return out, err
}
