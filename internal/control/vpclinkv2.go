package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The VPC links of apigatewayv2, of the second generation: they lead into a VPC, and each
// integration says to which load balancer there. REST APIs take both generations.

// versionTwo marks links of the second generation, in AWS's word.
const versionTwo = "V2"

// shownV2 is a link of the second generation as apigatewayv2 shows it.
func (l *vpcLink) shownV2() *wire.VPCLinkV2 {
	out := &wire.VPCLinkV2{
		VPCLinkID: *l.ID, Name: *l.Name, SubnetIDs: l.SubnetIDs, SecurityGroupIDs: l.SecurityGroupIDs, Tags: l.Tags,
		CreatedDate: new(l.Created.DateTime()), VPCLinkVersion: new(versionTwo),
		VPCLinkStatus: new("AVAILABLE"), VPCLinkStatusMessage: new("VPC link is ready to route traffic"),
	}
	if out.SecurityGroupIDs == nil {
		out.SecurityGroupIDs = []string{}
	}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out
}

// checkNetwork wants the subnets of a link. Of what VPC they are nobody here knows, and
// AWS's words are not known.
func (l *vpcLink) checkNetwork() error {
	if len(l.SubnetIDs) == 0 {
		return wire.BadRequest("At least one subnet id must be specified")
	}
	for _, id := range slices.Concat(l.SubnetIDs, l.SecurityGroupIDs) {
		if strings.TrimSpace(id) == "" || len(id) > maxNameLength {
			return wire.BadRequest("Invalid subnet or security group id specified: %s", wire.Truncated(id))
		}
	}
	if len(*l.Name) > maxVPCLinkName {
		return wire.BadRequest("Name cannot be longer than %d characters", maxVPCLinkName)
	}
	return checkVPCLink(&l.VPCLink)
}

// maxVPCLinkName is the longest name that apigatewayv2 takes, in characters.
const maxVPCLinkName = 128

// CreateVPCLinkV2 makes a link. It is ready when the call returns, and the next read says so.
func (s *Service) CreateVPCLinkV2(ctx context.Context, who *wire.Caller, in *wire.CreateVPCLinkRequestV2) (*wire.VPCLinkV2, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.VPCLinkV2, error) {
		l := &vpcLink{VPCLink: wire.VPCLink{Name: &in.Name, Tags: filled(in.Tags)}, Version: versionTwo, Created: &t.now,
			SubnetIDs: in.SubnetIDs, SecurityGroupIDs: in.SecurityGroupIDs}
		if err := l.checkNetwork(); err != nil {
			return nil, err
		}
		if err := t.addVPCLink(l); err != nil {
			return nil, err
		}
		out := l.shownV2()
		out.VPCLinkStatus, out.VPCLinkStatusMessage = new("PENDING"), new("VPC link is provisioning ENIs")
		return out, nil
	})
}

// GetVPCLinkV2 reads one link.
func (s *Service) GetVPCLinkV2(ctx context.Context, who *wire.Caller, in *wire.GetVPCLinkRequestV2) (*wire.VPCLinkV2, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.VPCLinkV2, error) {
		l, err := t.vpcLinkOf(versionTwo, in.VPCLinkID)
		if err != nil {
			return nil, err
		}
		return l.shownV2(), nil
	})
}

// GetVPCLinksV2 lists the caller's links of the second generation.
func (s *Service) GetVPCLinksV2(ctx context.Context, who *wire.Caller, in *wire.GetVPCLinksRequestV2) (*wire.VPCLinksV2, error) {
	limit, err := resultsOf(in.MaxResults)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.VPCLinksV2, error) {
		links, next, err := t.vpcLinksOf(versionTwo, in.NextToken, limit)
		out := &wire.VPCLinksV2{Items: make([]wire.VPCLinkV2, len(links)), NextToken: next}
		for i := range links {
			out.Items[i] = *links[i].shownV2()
		}
		return out, err
	})
}

// UpdateVPCLinkV2 gives a link another name, which alone can change. What the new name
// stands for is served at once.
func (s *Service) UpdateVPCLinkV2(ctx context.Context, who *wire.Caller, in *wire.UpdateVPCLinkRequestV2) (*wire.VPCLinkV2, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.VPCLinkV2, error) {
		l, err := t.vpcLinkOf(versionTwo, in.VPCLinkID)
		if err != nil {
			return nil, err
		}
		if in.Name != nil {
			l.Name = in.Name
		}
		if err := l.checkNetwork(); err != nil {
			return nil, err
		}
		return l.shownV2(), t.saveServed(kindVPCLink, *l.ID, l)
	})
}

// DeleteVPCLinkV2 removes a link that no stage's methods take. That AWS, too, keeps one
// that is in use is inferred from what it does with those of the first generation.
func (s *Service) DeleteVPCLinkV2(ctx context.Context, who *wire.Caller, in *wire.DeleteVPCLinkRequestV2) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, "", func(t *tx) error {
		return t.deleteVPCLink(versionTwo, in.VPCLinkID)
	})
}
