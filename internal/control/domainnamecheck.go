package control

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What holds of a custom domain name: its name, the endpoints that it has and
// their certificates.

var routingModes = []string{snapshot.ByMappings, snapshot.ByRules, snapshot.ByRulesThenMappings}

// domainNamePattern takes host names in lower case of two labels at least, the last
// of which is no number, so that none is an address. A * may stand before them.
var domainNamePattern = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// maxDomainName is the longest name that DNS has, in characters.
const maxDomainName = 253

// checkName keeps names out that lead elsewhere: to APIs by their own hosts, to the
// services of AWS that clients of this server ask, and to its control plane. AWS's
// words are not known.
func (t *tx) checkName(name string) error {
	if len(name) > maxDomainName || !domainNamePattern.MatchString(name) {
		return wire.BadRequest("Invalid domain name specified: %s", wire.Truncated(name))
	}
	_, _, stages := httpmsg.SplitStageHost(name)
	if stages || strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".amazonaws.com.cn") {
		return wire.BadRequest("Invalid domain name specified: %s is a name of AWS's", wire.Truncated(name))
	}
	host := strings.Replace(name, "*", "x", 1)
	if t.svc.ownHost != nil && t.svc.ownHost(host) {
		return wire.BadRequest("Invalid domain name specified: %s is a name of this server's control plane", wire.Truncated(name))
	}
	return nil
}

// newDomainEndpoint fills in what a caller left out. The default is EDGE, as AWS's
// is.
func newDomainEndpoint(in *wire.EndpointConfiguration) (*wire.EndpointConfiguration, error) {
	out := &wire.EndpointConfiguration{Types: []string{"EDGE"}, IPAddressType: new("ipv4")}
	if in == nil {
		return out, nil
	}
	switch {
	case len(in.VPCEndpointIDs) > 0:
		return nil, wire.BadRequest("VPCEndpoints can only be specified with PRIVATE apis.")
	case in.Types == nil:
	case len(in.Types) == 0:
		return nil, errNoEndpoint()
	case len(in.Types) > 1:
		return nil, wire.BadRequest("Cannot create a domain name with multiple Endpoint Types.")
	default:
		out.Types = in.Types
	}
	out.IPAddressType = withDefault(given(in.IPAddressType), defaultIPAddressType(out.Types[0]))
	return out, nil
}

func errNoEndpoint() error {
	return wire.BadRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
}

// A domainEndpoint is what a domain name says of one of its types of endpoint.
type domainEndpoint struct {
	kind                         string
	name, zone                   **string // by which AWS's DNS knows the endpoint; nil for a private one
	certificate, certificateName **string
}

// domainEndpoints lists the types of endpoint that a domain name can have. A private one
// has the certificate that an edge-optimized one has elsewhere, and no name of AWS's.
func domainEndpoints(d *wire.DomainName) []domainEndpoint {
	first := domainEndpoint{"EDGE", &d.DistributionDomainName, &d.DistributionHostedZoneID, &d.CertificateARN, &d.CertificateName}
	if isPrivate(d.EndpointConfiguration) {
		first.kind, first.name, first.zone = "PRIVATE", nil, nil
	}
	return []domainEndpoint{first, {"REGIONAL", &d.RegionalDomainName, &d.RegionalHostedZoneID, &d.RegionalCertificateARN, &d.RegionalCertificateName}}
}

// edgeZone is the hosted zone of all distributions (documented).
const edgeZone = "Z2FDTNDATAQYW2"

// regionalZones are the hosted zones of regional endpoints (documented). A region
// that is not here has an endpoint without a zone.
var regionalZones = map[string]string{
	"us-east-1": "Z1UJRXOUMOOFQ8", "us-east-2": "ZOJJZC49E0EPZ", "us-west-1": "Z2MUQ32089INYE", "us-west-2": "Z2OJLYMUO9EFXC",
	"ca-central-1": "Z19DQILCV0OWEC", "sa-east-1": "ZCMLWB8V5SYIT",
	"eu-central-1": "Z1U9ULNL0V5AJ3", "eu-west-1": "ZLY8HYME6SFDD", "eu-west-2": "ZJ5UAJN8Y3Z2Q", "eu-west-3": "Z3KY65QIEKYHQQ", "eu-north-1": "Z3UWIKFBOOGXPP",
	"ap-south-1": "Z3VO1THU9YC4UR", "ap-northeast-1": "Z1YSHQZHG15GKL", "ap-northeast-2": "Z20JF4UZKIW1U8",
	"ap-southeast-1": "ZL327KTPIQFUL", "ap-southeast-2": "Z2RPCDW04V8134",
}

// nameEndpoints gives each endpoint that is new a name and a zone, and takes them
// from those that have gone.
func (t *tx) nameEndpoints(d *wire.DomainName) {
	for _, e := range domainEndpoints(d) {
		switch active := slices.Contains(d.EndpointConfiguration.Types, e.kind); {
		case e.name == nil:
		case !active:
			*e.name, *e.zone = nil, nil
		case *e.name != nil:
		case e.kind == "EDGE":
			*e.name, *e.zone = new("d"+newID(13)+".cloudfront.net"), new(edgeZone)
		default:
			zone := regionalZones[t.who.Region]
			*e.name, *e.zone = new(executeAPIHost("d-"+newID(apiIDLength), t.who.Region)), given(&zone)
		}
	}
}

// executeAPIHost is the name by which the service serves an API, or a domain name, in a
// region.
func executeAPIHost(id, region string) string {
	suffix := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	return id + ".execute-api." + region + suffix
}

// checkDomainName checks what holds of a domain name between its members, and of
// those that a patch can set.
func (t *tx) checkDomainName(d *wire.DomainName) error {
	types := d.EndpointConfiguration.Types
	if len(types) == 0 {
		return errNoEndpoint()
	}
	for _, e := range domainEndpoints(d) {
		if err := t.checkCertificate(&e, types, keyOfDomain(d)); err != nil {
			return err
		}
	}
	if arn := text(d.OwnershipVerificationCertificateARN); arn != "" && certificateRegion(arn) == "" {
		return wire.BadRequest("Invalid certificate ARN: %s.", wire.Truncated(arn))
	}
	if err := checkSecurityPolicy(d.SecurityPolicy, d.EndpointAccessMode); err != nil {
		return err
	}
	if err := checkPolicyOfEndpoints(*d.SecurityPolicy, types); err != nil {
		return err
	}
	if err := checkMutualTLS(d); err != nil {
		return err
	}
	if err := t.checkPrivateDomain(d); err != nil {
		return err
	}
	return nil
}

func errPrivateOnly(setting string) error {
	return wire.BadRequest("%s is supported for private custom domain names only", setting)
}

// checkCertificate wants of an endpoint that there is a certificate from where its
// type has them, and of one that the domain name does not have that there is none.
func (t *tx) checkCertificate(e *domainEndpoint, types []string, key string) error {
	arn := text(*e.certificate)
	if !slices.Contains(types, e.kind) {
		if arn != "" || *e.certificateName != nil {
			return wire.BadRequest("Cannot import certificates for %s while %s is active.", e.kind, types[0])
		}
		return nil
	}
	if arn == "" {
		if uploaded, err := t.uploads(key); uploaded || err != nil {
			return err
		}
		return wire.BadRequest("A certificate was not provided for the endpoint type %s.", e.kind)
	}
	region, want := certificateRegion(arn), t.who.Region
	if e.kind == "EDGE" && strings.HasPrefix(arn, "arn:aws:") {
		want = "us-east-1"
	}
	switch region {
	case want:
		return nil
	case "":
		return wire.BadRequest("Invalid certificate ARN: %s.", wire.Truncated(arn))
	}
	return wire.BadRequest("Invalid certificate ARN: %s. Certificate must be in '%s'.", wire.Truncated(arn), want)
}

// certificateRegion is the region of the ARN of a certificate of ACM, "" where it is
// none: arn:{partition}:acm:{region}:{account}:certificate/{id}.
func certificateRegion(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || len(arn) > maxNameLength || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") || parts[2] != "acm" || parts[4] == "" {
		return ""
	}
	if id, ok := strings.CutPrefix(parts[5], "certificate/"); !ok || id == "" {
		return ""
	}
	return parts[3]
}

// checkPolicyOfEndpoints wants a TLS policy that a type of endpoint has: of the
// newer ones, those whose names end so are for EDGE alone, and the others for the
// rest (documented; AWS's words are not known). That of a name on its way from one type to
// the other is for either (seen).
func checkPolicyOfEndpoints(name string, types []string) error {
	fits := func(kind string) bool { return strings.HasSuffix(name, "_EDGE") == (kind == "EDGE") }
	if strings.HasPrefix(name, enhancedPolicy) && !slices.ContainsFunc(types, fits) {
		return wire.BadRequest("Security policy %s is not supported for the endpoint type %s", name, types[0])
	}
	return nil
}
