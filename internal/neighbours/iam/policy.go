package iam

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A managed is the record of a policy that can be attached to roles.
type managed struct {
	Name        string    `json:"name"`
	Path        string    `json:"path"`
	ID          string    `json:"id"`
	ARN         string    `json:"arn"`
	Created     int64     `json:"created"` // in seconds since 1970
	Updated     int64     `json:"updated"`
	Description string    `json:"description,omitempty"`
	Tags        []tag     `json:"tags,omitempty"`
	Versions    []version `json:"versions"` // in their order
	Default     int       `json:"default"`  // number of the version that counts
	Last        int       `json:"last"`     // number of the newest that there was
}

// A version is one of a policy's.
type version struct {
	Number   int    `json:"number"`
	Document string `json:"document"`
	Created  int64  `json:"created"`
}

// policies are those of an account, by key of their names.
var policies = records.Kind[managed]{Name: "iampolicy"}

func (s *service) policyOperations() map[string]operation.Operation {
	return map[string]operation.Operation{
		"CreatePolicy": operation.Of(newPolicy, s.createPolicy),
		"GetPolicy":    operation.Of(onPolicy[*policyRequest], s.getPolicy),
		"ListPolicies": operation.Of(anything[*listPoliciesRequest], s.listPolicies),
		"DeletePolicy": operation.Of(onPolicy[*policyRequest], s.deletePolicy),

		"CreatePolicyVersion":     operation.Of(onPolicy[*newVersionRequest], s.createVersion),
		"GetPolicyVersion":        operation.Of(onPolicy[*versionRequest], s.getVersion),
		"ListPolicyVersions":      operation.Of(onPolicy[*listOfPolicyRequest], s.listVersions),
		"SetDefaultPolicyVersion": operation.Of(onPolicy[*versionRequest], s.setDefault),
		"DeletePolicyVersion":     operation.Of(onPolicy[*versionRequest], s.deleteVersion),

		"ListEntitiesForPolicy": operation.Of(onPolicy[*listEntitiesRequest], s.listEntities),

		"TagPolicy":      operation.Of(onPolicy[*tagPolicyRequest], s.tagPolicy),
		"UntagPolicy":    operation.Of(onPolicy[*untagPolicyRequest], s.untagPolicy),
		"ListPolicyTags": operation.Of(onPolicy[*listOfPolicyRequest], s.listPolicyTags),
	}
}

// A policyRequest names a policy.
type policyRequest struct {
	PolicyARN string `json:"PolicyArn" required:"" min:"20" max:"2048"`
}

func (r *policyRequest) policyARN() string { return r.PolicyARN }

// onPolicy needs the permission that has the operation's name, on the policy that a request
// names.
func onPolicy[In interface{ policyARN() string }](c *operation.Call, in In) []operation.Permission {
	return c.On(in.policyARN())
}

// nameOf is the name in the ARN of a policy.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// pathIn is the path in the ARN of a policy.
func pathIn(arn string) string {
	_, rest, _ := strings.Cut(arn, ":policy")
	return rest[:strings.LastIndexByte(rest, '/')+1]
}

// findPolicy returns the policy of an ARN, nil where there is none.
func findPolicy(tx *records.Tx, arn string) (*managed, error) {
	const parts = 6
	if strings.Count(arn, ":") < parts-1 || !strings.HasPrefix(arn, "arn:") {
		return nil, invalid("ARN %s is not valid.", arn)
	}
	p, err := policies.Get(tx, key(nameOf(arn)))
	if err != nil || p == nil || p.ARN != arn {
		return nil, err
	}
	return p, nil
}

// noPolicy is the error for a policy that there is not, or err.
func noPolicy(err error, format, arn string) error {
	if err != nil {
		return err
	}
	return noSuch(format, arn)
}

// policyOf returns the policy of an ARN, which may be one of AWS's that are known.
func policyOf(tx *records.Tx, arn string) (*managed, error) {
	if known, ok := managedByAWS(arn); ok {
		return known.record(policy.PartitionOf(arn)), nil
	}
	p, err := findPolicy(tx, arn)
	if err != nil || p == nil {
		return nil, noPolicy(err, "Policy %s was not found.", arn)
	}
	return p, nil
}

type createPolicyRequest struct {
	PolicyName     string `required:"" min:"1" max:"128" pattern:"[\\w+=,.@-]+"`
	Path           string `min:"1" max:"512" pattern:"((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	PolicyDocument string `required:"" min:"1" max:"131072"`
	Description    string `max:"1000"`
	Tags           []tag  `max:"50"`
}

func newPolicy(c *operation.Call, in *createPolicyRequest) []operation.Permission {
	return c.On(c.GlobalARN("iam", "policy"+pathOf(in.Path)+in.PolicyName))
}

// A policyAnswer is a policy in an answer.
type policyAnswer struct {
	PolicyName                    string
	PolicyID                      string `xml:"PolicyId"`
	ARN                           string `xml:"Arn"`
	Path                          string
	DefaultVersionID              string `xml:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `xml:",omitempty"`
	CreateDate                    string
	UpdateDate                    string
	Tags                          *query.List[tag] `xml:",omitempty"`
}

type policyResponse struct{ Policy *policyAnswer }

// brief is the policy as lists have it, but for who uses it.
func (p *managed) brief() policyAnswer {
	return policyAnswer{
		PolicyName: p.Name, PolicyID: p.ID, ARN: p.ARN, Path: p.Path, DefaultVersionID: versionID(p.Default), IsAttachable: true,
		CreateDate: dateOf(p.Created), UpdateDate: dateOf(p.Updated),
	}
}

// used counts who uses a policy.
func (a *policyAnswer) used(tx *records.Tx) (err error) {
	if a.AttachmentCount, err = attachments.Count(tx, records.Prefix(a.ARN)); err != nil {
		return err
	}
	a.PermissionsBoundaryUsageCount, err = boundaries.Count(tx, records.Prefix(a.ARN))
	return err
}

func (s *service) createPolicy(ctx context.Context, c *operation.Call, in *createPolicyRequest) (*policyResponse, error) {
	if err := checkManaged(in.PolicyDocument); err != nil {
		return nil, err
	}
	path, now := pathOf(in.Path), c.Now.Unix()
	p := &managed{
		Name: in.PolicyName, Path: path, ID: newID("ANPA"), ARN: c.GlobalARN("iam", "policy"+path+in.PolicyName), Created: now, Updated: now,
		Description: in.Description, Versions: []version{{1, in.PolicyDocument, now}}, Default: 1, Last: 1,
	}
	var err error
	if p.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	err = s.write(ctx, c, func(tx *records.Tx) error {
		there, err := policies.Get(tx, key(p.Name))
		if err != nil {
			return err
		}
		if there != nil {
			return exists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
		}
		if err := room(tx, policies, "PoliciesPerAccount"); err != nil {
			return err
		}
		return savePolicy(tx, p)
	})
	out := p.brief()
	out.Tags = tagList(p.Tags)
	return &policyResponse{&out}, err
}

// checkManaged refuses a document that no policy can have.
func checkManaged(document string) error {
	if sizeOf(document) > maxManaged {
		return exceeded("Cannot exceed quota for PolicySize: %d", maxManaged)
	}
	return checkPolicy(document)
}

// savePolicy writes a policy, and publishes what it says now.
func savePolicy(tx *records.Tx, p *managed) error {
	if err := policies.Put(tx, key(p.Name), p); err != nil {
		return err
	}
	v, _ := p.version(p.Default)
	return tx.Publish(snapshot.ServedManagedPolicy, p.ARN, &snapshot.ManagedPolicy{ARN: p.ARN, Document: v.Document})
}

// changePolicy changes the policy of an ARN. AWS's own cannot be changed.
func (s *service) changePolicy(ctx context.Context, c *operation.Call, arn string, change func(p *managed) error) error {
	return s.write(ctx, c, func(tx *records.Tx) error {
		p, err := ownPolicy(tx, c, arn)
		if err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		return savePolicy(tx, p)
	})
}

// ownPolicy is policyOf for what is to be changed.
func ownPolicy(tx *records.Tx, c *operation.Call, arn string) (*managed, error) {
	if ofAWS(arn) {
		return nil, fail(403, "AccessDenied", "User: %s is not authorized to perform: iam:%s on resource: policy %s", c.Who.Principal, c.Operation, arn)
	}
	return policyOf(tx, arn)
}

func (s *service) getPolicy(ctx context.Context, c *operation.Call, in *policyRequest) (*policyResponse, error) {
	var out policyAnswer
	err := s.read(ctx, c, func(tx *records.Tx) error {
		p, err := policyOf(tx, in.PolicyARN)
		if err != nil {
			return err
		}
		out = p.brief()
		out.Description, out.Tags = p.Description, tagList(p.Tags)
		return out.used(tx)
	})
	return &policyResponse{&out}, err
}

type listPoliciesRequest struct {
	listRequest
	Scope             string `enum:"All|AWS|Local"`
	OnlyAttached      bool
	PathPrefix        string `min:"1" max:"512" pattern:"((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	PolicyUsageFilter string `enum:"PermissionsPolicy|PermissionsBoundary"`
}

// wants reports whether a list is to have a policy.
func (r *listPoliciesRequest) wants(a *policyAnswer) bool {
	switch {
	case !strings.HasPrefix(a.Path, r.PathPrefix),
		r.OnlyAttached && a.AttachmentCount+a.PermissionsBoundaryUsageCount == 0,
		r.PolicyUsageFilter == "PermissionsPolicy" && a.AttachmentCount == 0,
		r.PolicyUsageFilter == "PermissionsBoundary" && a.PermissionsBoundaryUsageCount == 0:
		return false
	}
	return true
}

type listPoliciesResponse struct {
	Policies query.List[policyAnswer]
	page
}

// listPolicies lists an account's own policies, and behind them AWS's that are known.
func (s *service) listPolicies(ctx context.Context, c *operation.Call, in *listPoliciesRequest) (*listPoliciesResponse, error) {
	var out *listPoliciesResponse
	err := s.read(ctx, c, func(tx *records.Tx) (err error) {
		out = new(listPoliciesResponse)
		add := func(p *managed) bool {
			a := p.brief()
			if err == nil {
				err = a.used(tx)
			}
			wanted := err == nil && in.wants(&a)
			if wanted && len(out.Policies.Members) < in.size() {
				out.Policies.Members = append(out.Policies.Members, a)
			}
			return wanted
		}
		if in.Scope != "AWS" && !strings.HasPrefix(in.Marker, "arn:") {
			_, p, failed := list(tx, policies, in.listRequest, add)
			if out.page = p; failed != nil || err != nil {
				return errorOf(failed, err)
			}
		}
		if in.Scope == "Local" || out.IsTruncated {
			return err
		}
		partition := policy.PartitionOf(c.Who.Principal)
		for _, known := range knownPolicies {
			if strings.HasPrefix(in.Marker, "arn:") && known.arn(partition) <= in.Marker {
				continue
			}
			full := len(out.Policies.Members) == in.size()
			if add(known.record(partition)) && full {
				last := out.Policies.Members[in.size()-1]
				if out.page = (page{true, last.ARN}); !ofAWS(last.ARN) {
					out.Marker = key(last.PolicyName)
				}
				return err
			}
		}
		return err
	})
	return out, err
}

// errorOf is the first error.
func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *service) deletePolicy(ctx context.Context, c *operation.Call, in *policyRequest) (*operation.Nothing, error) {
	return none(s.write(ctx, c, func(tx *records.Tx) error {
		p, err := ownPolicy(tx, c, in.PolicyARN)
		if err != nil {
			return err
		}
		use := p.brief()
		if err := use.used(tx); err != nil {
			return err
		}
		switch {
		case use.AttachmentCount+use.PermissionsBoundaryUsageCount > 0:
			return inUse("Cannot delete a policy attached to entities.")
		case len(p.Versions) > 1:
			return inUse("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		if err := policies.Delete(tx, key(p.Name)); err != nil {
			return err
		}
		return tx.Retract(snapshot.ServedManagedPolicy, p.ARN)
	}))
}

type tagPolicyRequest struct {
	policyRequest
	Tags []tag `required:"" max:"50"`
}

func (s *service) tagPolicy(ctx context.Context, c *operation.Call, in *tagPolicyRequest) (*operation.Nothing, error) {
	return none(s.changePolicy(ctx, c, in.PolicyARN, func(p *managed) (err error) {
		p.Tags, err = tagged(p.Tags, in.Tags)
		return err
	}))
}

type untagPolicyRequest struct {
	policyRequest
	TagKeys []string `required:"" max:"50"`
}

func (s *service) untagPolicy(ctx context.Context, c *operation.Call, in *untagPolicyRequest) (*operation.Nothing, error) {
	return none(s.changePolicy(ctx, c, in.PolicyARN, func(p *managed) error {
		p.Tags = untagged(p.Tags, in.TagKeys)
		return nil
	}))
}

// A listOfPolicyRequest asks for a page of what a policy has.
type listOfPolicyRequest struct {
	policyRequest
	listRequest
}

func (s *service) listPolicyTags(ctx context.Context, c *operation.Call, in *listOfPolicyRequest) (out *tagsResponse, err error) {
	err = s.read(ctx, c, func(tx *records.Tx) error {
		p, err := policyOf(tx, in.PolicyARN)
		if err == nil {
			out = tagsPage(p.Tags, in.listRequest)
		}
		return err
	})
	return out, err
}
