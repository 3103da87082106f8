package iam

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// maxVersions is how many a policy may have (documented).
const maxVersions = 5

func versionID(number int) string { return "v" + strconv.Itoa(number) }

// version returns a version, and whether there is one of this number.
func (p *managed) version(number int) (version, bool) {
	for _, v := range p.Versions {
		if v.Number == number {
			return v, true
		}
	}
	return version{}, false
}

// find returns the number of a version that there is.
func (p *managed) find(id string) (int, error) {
	for _, v := range p.Versions {
		if versionID(v.Number) == id {
			return v.Number, nil
		}
	}
	return 0, noSuch("Policy %s version %s does not exist or is not attachable.", p.ARN, id)
}

type newVersionRequest struct {
	policyRequest
	PolicyDocument string `required:"" min:"1" max:"131072"`
	SetAsDefault   bool
}

// A versionAnswer is a version in an answer.
type versionAnswer struct {
	Document         string `xml:",omitempty"`
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

type versionResponse struct{ PolicyVersion *versionAnswer }

// answer is a version as lists have it, without its document.
func (p *managed) answer(v version) versionAnswer {
	return versionAnswer{VersionID: versionID(v.Number), IsDefaultVersion: v.Number == p.Default, CreateDate: dateOf(v.Created)}
}

func (s *service) createVersion(ctx context.Context, c *operation.Call, in *newVersionRequest) (*versionResponse, error) {
	if err := checkManaged(in.PolicyDocument); err != nil {
		return nil, err
	}
	var out versionAnswer
	err := s.changePolicy(ctx, c, in.PolicyARN, func(p *managed) error {
		if len(p.Versions) >= maxVersions {
			return exceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		p.Last++
		p.Updated = c.Now.Unix()
		v := version{p.Last, in.PolicyDocument, p.Updated}
		if p.Versions = append(p.Versions, v); in.SetAsDefault {
			p.Default = v.Number
		}
		out = p.answer(v)
		return nil
	})
	return &versionResponse{&out}, err
}

type versionRequest struct {
	policyRequest
	VersionID string `json:"VersionId" required:"" pattern:"v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"`
}

func (s *service) getVersion(ctx context.Context, c *operation.Call, in *versionRequest) (*versionResponse, error) {
	var out versionAnswer
	err := s.read(ctx, c, func(tx *records.Tx) error {
		p, err := policyOf(tx, in.PolicyARN)
		if err != nil {
			return err
		}
		number, err := p.find(in.VersionID)
		if err != nil {
			return err
		}
		v, _ := p.version(number)
		out = p.answer(v)
		out.Document = escaped(v.Document)
		return nil
	})
	return &versionResponse{&out}, err
}

type listVersionsResponse struct {
	Versions query.List[versionAnswer]
	page
}

// listVersions lists the newest first.
func (s *service) listVersions(ctx context.Context, c *operation.Call, in *listOfPolicyRequest) (*listVersionsResponse, error) {
	out := new(listVersionsResponse)
	err := s.read(ctx, c, func(tx *records.Tx) error {
		p, err := policyOf(tx, in.PolicyARN)
		if err != nil {
			return err
		}
		newest := slices.Clone(p.Versions)
		slices.Reverse(newest)
		const most = 1 << 30
		found, next := cut(newest, in.listRequest, func(v version) string { return fmt.Sprintf("%010d", most-v.Number) })
		out.Versions.Members = nil
		for _, v := range found {
			out.Versions.Members = append(out.Versions.Members, p.answer(v))
		}
		out.page = next
		return nil
	})
	return out, err
}

func (s *service) setDefault(ctx context.Context, c *operation.Call, in *versionRequest) (*operation.Nothing, error) {
	return none(s.changePolicy(ctx, c, in.PolicyARN, func(p *managed) (err error) {
		p.Updated = c.Now.Unix()
		p.Default, err = p.find(in.VersionID)
		return err
	}))
}

func (s *service) deleteVersion(ctx context.Context, c *operation.Call, in *versionRequest) (*operation.Nothing, error) {
	return none(s.changePolicy(ctx, c, in.PolicyARN, func(p *managed) error {
		number, err := p.find(in.VersionID)
		if err != nil {
			return err
		}
		if number == p.Default {
			return inUse("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.DeleteFunc(p.Versions, func(v version) bool { return v.Number == number })
		return nil
	}))
}
