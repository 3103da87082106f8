package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const badVPCLink = "Invalid Vpc Link identifier specified"

func errVPCLink() error { return wire.NotFound(badVPCLink) }

// A vpcLink is a link of either service. Those of apigatewayv2, of the second generation,
// have subnets of a VPC in place of a target: each integration names its own.
type vpcLink struct {
	wire.VPCLink
	Version          string          `json:"version,omitzero"` // "" for the first generation
	Created          *wire.Timestamp `json:"created,omitzero"` // of the second generation alone
	SubnetIDs        []string        `json:"subnetIds,omitzero"`
	SecurityGroupIDs []string        `json:"securityGroupIds,omitzero"`
}

// vpcLink reads a link of either generation. Of its status nothing is stored.
func (t *tx) vpcLink(id string) (*vpcLink, error) {
	return load[vpcLink](t, kindVPCLink, id, errVPCLink())
}

// vpcLinkOf reads a link of one generation: each service knows its own alone.
func (t *tx) vpcLinkOf(version, id string) (*vpcLink, error) {
	l, err := t.vpcLink(id)
	if err == nil && l.Version != version {
		return nil, errVPCLink()
	}
	return l, err
}

// vpcLinksOf lists the links of one generation, page by page.
func (t *tx) vpcLinksOf(version string, position *string, limit *int32) ([]vpcLink, *string, error) {
	return pageOf(t, kindVPCLink, "", position, limit, func(l *vpcLink) bool { return l.Version == version })
}

// CreateVPCLink makes a link. AWS takes minutes to set one up and says so with
// a status; here it is ready when the call returns, which the next read shows.
func (s *Service) CreateVPCLink(ctx context.Context, who *wire.Caller, in *wire.CreateVPCLinkRequest) (*wire.VPCLink, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.VPCLink, error) {
		l := &vpcLink{VPCLink: wire.VPCLink{Name: &in.Name, Description: given(in.Description), TargetARNs: in.TargetARNs, Tags: filled(in.Tags)}}
		if err := checkVPCLink(&l.VPCLink); err != nil {
			return nil, err
		}
		if err := checkTargets(l.TargetARNs); err != nil {
			return nil, err
		}
		if err := t.addVPCLink(l); err != nil {
			return nil, err
		}
		l.Status = new("PENDING")
		return &l.VPCLink, nil
	})
}

// addVPCLink stores and publishes a new link of either generation. A tag may choose its
// id, so that a definition can name it before it is made.
func (t *tx) addVPCLink(l *vpcLink) error {
	if err := checkTags(l.Tags); err != nil {
		return err
	}
	if err := t.accountQuota(kindVPCLink, t.svc.limits.VPCLinks, "Vpc Links"); err != nil {
		return err
	}
	id, chosen := l.Tags[customIDTag]
	if !chosen {
		var err error
		if id, err = t.freshID(kindVPCLink); err != nil {
			return err
		}
	} else if !customIDPattern.MatchString(id) {
		return errCustomID(id)
	}
	l.ID = &id
	return t.insertServed(kindVPCLink, id, l, wire.Conflict("Vpc Link id %s is already in use", id))
}

func checkVPCLink(l *wire.VPCLink) error {
	if strings.TrimSpace(text(l.Name)) == "" {
		return wire.BadRequest("Name cannot be empty")
	}
	if len(*l.Name) > maxNameLength {
		return wire.BadRequest("Name cannot be longer than %d characters", maxNameLength)
	}
	return nil
}

// checkTargets wants the ARN of one load balancer, of which only the form can
// be checked here.
func checkTargets(arns []string) error {
	switch len(arns) {
	case 0:
		return wire.BadRequest("No target arn specified for vpc link.")
	case 1:
	default:
		return wire.BadRequest("More than one target arn specified for vpc link.")
	}
	return checkTargetARN(arns[0])
}

// checkTargetARN wants an ARN by its form: whether there is such a load balancer only the
// configuration says.
func checkTargetARN(arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" || len(arn) > maxNameLength {
		return wire.BadRequest("Invalid ARN. ARN is not well formed %s", wire.Truncated(arn))
	}
	return nil
}

// servedVPCLink is what the data plane is told of a link.
func (t *tx) servedVPCLink(l *vpcLink) *snapshot.VPCLink {
	return &snapshot.VPCLink{ID: *l.ID, Account: t.who.Account, Region: t.who.Region, Name: *l.Name, Version: l.Version, TargetARNs: l.TargetARNs}
}

// shownVPCLink is a link as everything but its creation shows it.
func shownVPCLink(l *wire.VPCLink) *wire.VPCLink {
	l.Status, l.StatusMessage = new("AVAILABLE"), new("Your vpc link is ready for use")
	return l
}

// fullVPCLink is a link with the member tags, which Get and Update always show.
func fullVPCLink(l *wire.VPCLink) *wire.VPCLink {
	if l.Tags == nil {
		l.Tags = map[string]string{}
	}
	return shownVPCLink(l)
}

// GetVPCLink reads one link.
func (s *Service) GetVPCLink(ctx context.Context, who *wire.Caller, in *wire.GetVPCLinkRequest) (*wire.VPCLink, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.VPCLink, error) {
		l, err := t.vpcLinkOf("", in.VPCLinkID)
		if err != nil {
			return nil, err
		}
		return fullVPCLink(&l.VPCLink), nil
	})
}

// GetVPCLinks lists the caller's links.
func (s *Service) GetVPCLinks(ctx context.Context, who *wire.Caller, in *wire.GetVPCLinksRequest) (*wire.VPCLinks, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.VPCLinks, error) {
		links, position, err := t.vpcLinksOf("", in.Position, in.Limit)
		out := &wire.VPCLinks{Items: make([]wire.VPCLink, len(links)), Position: position}
		for i := range links {
			out.Items[i] = *shownVPCLink(&links[i].VPCLink)
		}
		return out, err
	})
}

// UpdateVPCLink patches a link. What its new name stands for is served at once.
func (s *Service) UpdateVPCLink(ctx context.Context, who *wire.Caller, in *wire.UpdateVPCLinkRequest) (*wire.VPCLink, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.VPCLink, error) {
		l, err := t.vpcLinkOf("", in.VPCLinkID)
		if err != nil {
			return nil, err
		}
		if err := vpcLinkPatch.Apply(t, &l.VPCLink, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := checkVPCLink(&l.VPCLink); err != nil {
			return nil, err
		}
		if err := t.saveServed(kindVPCLink, *l.ID, l); err != nil {
			return nil, err
		}
		return fullVPCLink(&l.VPCLink), nil
	})
}

// vpcLinkPatch is every path that UpdateVpcLink takes.
var vpcLinkPatch = patchTable[wire.VPCLink]{
	Dialect: vpcLinkDialect,
	Paths: []patchPath[wire.VPCLink]{
		{At: "/name", Replace: keepText(func(l *wire.VPCLink) **string { return &l.Name })},
		{At: "/description", Replace: setText(func(l *wire.VPCLink) **string { return &l.Description })},
	},
}

// vpcLinkDialect is the wording of UpdateVpcLink: targets are for good.
func vpcLinkDialect(op *patch.Op, known, paths []string) error {
	if head, _, _ := strings.Cut(strings.TrimPrefix(op.Path, "/"), "/"); head == "targetArns" {
		return wire.BadRequest("Target arns are not allowed to be changed/added.")
	}
	return patch.Listed(op, known, paths)
}

// DeleteVPCLink removes a link that no stage's methods take.
func (s *Service) DeleteVPCLink(ctx context.Context, who *wire.Caller, in *wire.DeleteVPCLinkRequest) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, "", func(t *tx) error { return t.deleteVPCLink("", in.VPCLinkID) })
}

func (t *tx) deleteVPCLink(version, id string) error {
	if _, err := t.vpcLinkOf(version, id); err != nil {
		return err
	}
	uses, err := t.vpcLinkUses(id)
	if err != nil {
		return err
	}
	if len(uses) > 0 {
		return wire.BadRequest("Cannot delete vpc link. Vpc link '%s', is referenced in [%s] in format of [RESTApiId:Method:Resource:Stage].", id, strings.Join(uses, ", "))
	}
	return t.remove(kindVPCLink, id, errVPCLink())
}

// checkConnection wants of a connection through a VPC link that the link is there, and
// that the integration names a load balancer if the link itself does not. One that a
// stage's variable names is known when the stage is.
func (t *tx) checkConnection(i *wire.Integration) error {
	target := text(i.IntegrationTarget)
	if text(i.ConnectionType) != "VPC_LINK" {
		if target != "" {
			return wire.BadRequest("IntegrationTarget is supported only for connection type VPC_LINK")
		}
		return nil
	}
	if kinds := []string{"HTTP", "HTTP_PROXY"}; !slices.Contains(kinds, *i.Type) {
		return wire.BadRequest("Connection type VPC_LINK is supported only for integrations of type HTTP and HTTP_PROXY")
	}
	if target != "" {
		if err := checkTargetARN(target); err != nil {
			return err
		}
	}
	id := text(i.ConnectionID)
	if stageVariable.MatchString(id) {
		return nil
	}
	l, err := load[vpcLink](t, kindVPCLink, id, wire.BadRequest(badVPCLink))
	if err == nil && l.Version != "" && target == "" {
		return wire.BadRequest("IntegrationTarget is required for VpcLinkV2 %s.", id)
	}
	return err
}
