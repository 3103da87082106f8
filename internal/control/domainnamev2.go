package control

import (
	"context"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The domain names of apigatewayv2 are the public ones of apigateway, in its own shape:
// what apigateway says of each type of endpoint stands in a configuration of its own. It
// reads all of them, and changes those that it manages (managedByV2).

// routingModesV2 are apigateway's routing modes in the words of apigatewayv2.
var routingModesV2 = map[string]string{
	snapshot.ByMappings: "API_MAPPING_ONLY", snapshot.ByRules: snapshot.ByRules, snapshot.ByRulesThenMappings: "ROUTING_RULE_THEN_API_MAPPING",
}

// routingModeOfV2 is a routing mode in the words of apigateway; one that is none stays.
func routingModeOfV2(mode *string) *string {
	for v1, v2 := range routingModesV2 {
		if text(mode) == v2 {
			return &v1
		}
	}
	return given(mode)
}

// shownV2OfDomain is a domain name as apigatewayv2 shows it.
func shownV2OfDomain(d *wire.DomainName) *wire.DomainNameV2 {
	out := &wire.DomainNameV2{
		DomainName: *d.DomainName, DomainNameARN: d.DomainNameARN, APIMappingSelectionExpression: new("$request.basepath"),
		RoutingMode: new(routingModesV2[*d.RoutingMode]), Tags: d.Tags,
	}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	if m := d.MutualTLSAuthentication; m != nil {
		out.MutualTLSAuthentication = &wire.MutualTLSAuthenticationV2{TruststoreURI: m.TruststoreURI, TruststoreVersion: m.TruststoreVersion, TruststoreWarnings: m.TruststoreWarnings}
	}
	for _, e := range domainEndpoints(d) {
		if !slices.Contains(d.EndpointConfiguration.Types, e.kind) {
			continue
		}
		out.DomainNameConfigurations = append(out.DomainNameConfigurations, wire.DomainNameConfiguration{
			APIGatewayDomainName: *e.name, HostedZoneID: *e.zone, EndpointType: &e.kind, IPAddressType: d.EndpointConfiguration.IPAddressType,
			CertificateARN: *e.certificate, CertificateName: *e.certificateName, CertificateUploadDate: new(d.CertificateUploadDate.DateTime()),
			DomainNameStatus: new("AVAILABLE"), SecurityPolicy: d.SecurityPolicy, OwnershipVerificationCertificateARN: d.OwnershipVerificationCertificateARN,
		})
	}
	return out
}

// configurationOf is the one configuration that a call may give a domain name. What answers
// alone have of it, such as its status, is passed over: clients send back what they read.
func configurationOf(list []wire.DomainNameConfiguration) (*wire.DomainNameConfiguration, error) {
	if len(list) > 1 {
		return nil, wire.BadRequest("Only one domain name configuration can be specified")
	}
	c := new(wire.DomainNameConfiguration)
	if len(list) == 1 {
		c = &list[0]
	}
	switch {
	case c.EndpointType != nil && *c.EndpointType != "REGIONAL" && *c.EndpointType != "EDGE":
		return nil, wire.BadRequest("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE")
	case text(c.EndpointType) == "EDGE":
		return nil, errOnlyRegional()
	case text(c.SecurityPolicy) == "TLS_1_0":
		return nil, errOnlyTLS12()
	case c.IPAddressType != nil && *c.IPAddressType != "ipv4" && *c.IPAddressType != "dualstack":
		return nil, errAddressType()
	}
	return c, nil
}

// CreateDomainNameV2 is CreateDomainName for a regional name.
func (s *Service) CreateDomainNameV2(ctx context.Context, who *wire.Caller, in *wire.CreateDomainNameRequestV2) (*wire.DomainNameV2, error) {
	c, err := configurationOf(in.DomainNameConfigurations)
	if err != nil {
		return nil, err
	}
	made := &wire.CreateDomainNameRequest{
		DomainName: in.DomainName, Tags: in.Tags, RoutingMode: routingModeOfV2(in.RoutingMode),
		EndpointConfiguration:  &wire.EndpointConfiguration{Types: []string{"REGIONAL"}, IPAddressType: c.IPAddressType},
		RegionalCertificateARN: c.CertificateARN, RegionalCertificateName: c.CertificateName,
		SecurityPolicy: c.SecurityPolicy, OwnershipVerificationCertificateARN: c.OwnershipVerificationCertificateARN,
	}
	if m := in.MutualTLSAuthentication; m != nil {
		made.MutualTLSAuthentication = &wire.MutualTLSAuthenticationInput{TruststoreURI: m.TruststoreURI, TruststoreVersion: m.TruststoreVersion}
	}
	if mode := made.RoutingMode; mode != nil && !slices.Contains(routingModes, *mode) {
		return nil, errRoutingModeV2()
	}
	return domainV2(s.CreateDomainName(ctx, who, made))
}

// domainV2 shows in apigatewayv2's shape what an operation of apigateway has answered.
func domainV2(d *wire.DomainName, err error) (*wire.DomainNameV2, error) {
	if err != nil {
		return nil, err
	}
	return shownV2OfDomain(d), nil
}

func errRoutingModeV2() error {
	return wire.BadRequest("Invalid routing mode specified. Valid options are API_MAPPING_ONLY,ROUTING_RULE_ONLY,ROUTING_RULE_THEN_API_MAPPING")
}

// GetDomainNameV2 reads one public domain name.
func (s *Service) GetDomainNameV2(ctx context.Context, who *wire.Caller, in *wire.GetDomainNameRequestV2) (*wire.DomainNameV2, error) {
	return domainV2(s.GetDomainName(ctx, who, &wire.GetDomainNameRequest{DomainName: in.DomainName}))
}

// GetDomainNamesV2 lists the caller's public domain names.
func (s *Service) GetDomainNamesV2(ctx context.Context, who *wire.Caller, in *wire.GetDomainNamesRequestV2) (*wire.DomainNamesV2, error) {
	limit, err := resultsOf(in.MaxResults)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.DomainNamesV2, error) {
		public := func(d *wire.DomainName) bool { return text(d.DomainNameID) == "" }
		names, next, err := pageOf(t, kindDomainName, "", in.NextToken, limit, public)
		out := &wire.DomainNamesV2{Items: make([]wire.DomainNameV2, len(names)), NextToken: next}
		for i := range names {
			out.Items[i] = *shownV2OfDomain(&names[i])
		}
		return out, err
	})
}

// UpdateDomainNameV2 changes of a domain name what the input has; the rest stays.
func (s *Service) UpdateDomainNameV2(ctx context.Context, who *wire.Caller, in *wire.UpdateDomainNameRequestV2) (*wire.DomainNameV2, error) {
	c, err := configurationOf(in.DomainNameConfigurations)
	if err != nil {
		return nil, err
	}
	patched := []wire.PatchOperation{}
	set := func(path string, value *string) {
		if value != nil {
			patched = append(patched, wire.PatchOperation{Op: new("replace"), Path: &path, Value: value})
		}
	}
	set("/regionalCertificateArn", c.CertificateARN)
	set("/regionalCertificateName", c.CertificateName)
	set("/securityPolicy", c.SecurityPolicy)
	set("/endpointConfiguration/ipAddressType", c.IPAddressType)
	set("/ownershipVerificationCertificateArn", c.OwnershipVerificationCertificateARN)
	if m := in.MutualTLSAuthentication; m != nil {
		set("/mutualTlsAuthentication/truststoreUri", m.TruststoreURI)
		set("/mutualTlsAuthentication/truststoreVersion", m.TruststoreVersion)
	}
	mode := routingModeOfV2(in.RoutingMode)
	if mode != nil && !slices.Contains(routingModes, *mode) {
		return nil, errRoutingModeV2()
	}
	set("/routingMode", mode)
	if err := s.checkManagedByV2(ctx, who, in.DomainName); err != nil {
		return nil, err
	}
	return domainV2(s.UpdateDomainName(ctx, who, &wire.UpdateDomainNameRequest{DomainName: in.DomainName, PatchOperations: patched}))
}

// DeleteDomainNameV2 removes a public domain name with its API mappings and routing rules.
func (s *Service) DeleteDomainNameV2(ctx context.Context, who *wire.Caller, in *wire.DeleteDomainNameRequestV2) (*wire.Empty, error) {
	if err := s.checkManagedByV2(ctx, who, in.DomainName); err != nil {
		return nil, err
	}
	return s.DeleteDomainName(ctx, who, &wire.DeleteDomainNameRequest{DomainName: in.DomainName})
}

// checkManagedByV2 wants a domain name that apigatewayv2 may change. One that another call
// makes an edge-optimized one meanwhile is changed by apigateway's rules.
func (s *Service) checkManagedByV2(ctx context.Context, who *wire.Caller, name string) error {
	_, err := read(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) { return t.managedByV2(name) })
	return err
}
