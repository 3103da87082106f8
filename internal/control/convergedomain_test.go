package control_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Of a domain name the provider patches its certificates first and then its type of
// endpoint, by index; what it does not have it sends as an empty value.
func TestConvergeDomainName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	certificate := rapid.SampledFrom([]string{acm + "a", acm + "b"})
	c := convergence[wire.CreateDomainNameRequest, wire.DomainName]{
		draw: func(t *rapid.T, label string) *wire.CreateDomainNameRequest {
			kind := rapid.SampledFrom([]string{"EDGE", "REGIONAL"}).Draw(t, label+" type")
			in := &wire.CreateDomainNameRequest{
				DomainName: "api.example.com", EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{kind}},
				SecurityPolicy: maybe(t, label+" policy", rapid.SampledFrom([]string{"TLS_1_0", "TLS_1_2"})), OwnershipVerificationCertificateARN: maybe(t, label+" owner", certificate),
			}
			if kind == "EDGE" {
				in.CertificateARN, in.CertificateName = new(certificate.Draw(t, label+" certificate")), maybe(t, label+" name", filledText)
			} else {
				in.RegionalCertificateARN, in.RegionalCertificateName = new(certificate.Draw(t, label+" certificate")), maybe(t, label+" name", filledText)
			}
			return in
		},
		create: func(in *wire.CreateDomainNameRequest) (string, error) {
			_, err := b.CreateDomainName(ctx(), who, in)
			return in.DomainName, err
		},
		change: func(from, to *wire.CreateDomainNameRequest) (p patchList) {
			p.text("/certificateName", from.CertificateName, to.CertificateName)
			p.text("/certificateArn", from.CertificateARN, to.CertificateARN)
			p.text("/regionalCertificateName", from.RegionalCertificateName, to.RegionalCertificateName)
			p.text("/regionalCertificateArn", from.RegionalCertificateARN, to.RegionalCertificateARN)
			p.text("/endpointConfiguration/types/0", &from.EndpointConfiguration.Types[0], &to.EndpointConfiguration.Types[0])
			p.text("/securityPolicy", orElse(from.SecurityPolicy, "TLS_1_2"), orElse(to.SecurityPolicy, "TLS_1_2")) // which it computes
			p.text("/ownershipVerificationCertificateArn", from.OwnershipVerificationCertificateARN, to.OwnershipVerificationCertificateARN)
			p.add("replace", "/mutualTlsAuthentication/truststoreUri", new(""))
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.DomainName, error) {
			return b.UpdateDomainName(ctx(), who, &wire.UpdateDomainNameRequest{DomainName: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.DomainName, error) {
			return b.GetDomainName(ctx(), who, &wire.GetDomainNameRequest{DomainName: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: id})
			return err
		},
		forget: func(d *wire.DomainName) {
			for _, drawn := range []**string{&d.DistributionDomainName, &d.RegionalDomainName} {
				if *drawn != nil {
					*drawn = new("some")
				}
			}
			d.CertificateUploadDate = nil
		},
	}
	rapid.Check(t, c.check)
}

// Of a mapping the provider sends an empty base path and an empty stage for none,
// and spells the API's id in a way of its own.
func TestConvergeBasePathMapping(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, _ := b.api()
	second, _ := b.api()
	b.deploy(first, "dev")
	b.deploy(second, "dev")
	b.domain(who, "api.example.com")
	at := "" // where the mapping is, which a patch moves
	c := convergence[wire.CreateBasePathMappingRequest, wire.BasePathMapping]{
		draw: func(t *rapid.T, label string) *wire.CreateBasePathMappingRequest {
			return &wire.CreateBasePathMappingRequest{
				DomainName: "api.example.com", RestAPIID: rapid.SampledFrom([]string{first, second}).Draw(t, label+" API"),
				BasePath: new(rapid.SampledFrom([]string{"", "orders", "pets"}).Draw(t, label+" path")), Stage: new(rapid.SampledFrom([]string{"", "dev"}).Draw(t, label+" stage")),
			}
		},
		create: func(in *wire.CreateBasePathMappingRequest) (string, error) {
			out, err := b.CreateBasePathMapping(ctx(), who, in)
			if err == nil {
				at = *out.BasePath
			}
			return at, err
		},
		change: func(from, to *wire.CreateBasePathMappingRequest) (p patchList) {
			p.text("/stage", from.Stage, to.Stage)
			p.text("/restapiId", &from.RestAPIID, &to.RestAPIID)
			p.text("/basePath", from.BasePath, to.BasePath)
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.BasePathMapping, error) {
			out, err := b.UpdateBasePathMapping(ctx(), who, &wire.UpdateBasePathMappingRequest{DomainName: "api.example.com", BasePath: at, PatchOperations: ops})
			if err == nil {
				at = *out.BasePath
			}
			return out, err
		},
		read: func(string) (*wire.BasePathMapping, error) {
			return b.GetBasePathMapping(ctx(), who, &wire.GetBasePathMappingRequest{DomainName: "api.example.com", BasePath: at})
		},
		remove: func(string) error {
			_, err := b.DeleteBasePathMapping(ctx(), who, &wire.DeleteBasePathMappingRequest{DomainName: "api.example.com", BasePath: at})
			return err
		},
		forget: func(*wire.BasePathMapping) {},
	}
	rapid.Check(t, c.check)
}

// Of a private domain name the provider patches the certificate and the policy, under the
// id that it got.
func TestConvergePrivateDomainName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	policies := rapid.SampledFrom([]string{anyoneMayInvoke, `{"Version":"2012-10-17","Statement":[]}`})
	c := convergence[wire.CreateDomainNameRequest, wire.DomainName]{
		draw: func(t *rapid.T, label string) *wire.CreateDomainNameRequest {
			return &wire.CreateDomainNameRequest{
				DomainName: "inner.example.com", EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"PRIVATE"}},
				CertificateARN: new(rapid.SampledFrom([]string{acm + "a", acm + "b"}).Draw(t, label+" certificate")), CertificateName: maybe(t, label+" name", filledText),
				Policy: maybe(t, label+" policy", policies),
			}
		},
		create: func(in *wire.CreateDomainNameRequest) (string, error) {
			out, err := b.CreateDomainName(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.DomainNameID, nil
		},
		change: func(from, to *wire.CreateDomainNameRequest) (p patchList) {
			p.text("/certificateName", from.CertificateName, to.CertificateName)
			p.text("/certificateArn", from.CertificateARN, to.CertificateARN)
			p.text("/policy", from.Policy, to.Policy)
			p.add("replace", "/mutualTlsAuthentication/truststoreUri", new(""))
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.DomainName, error) {
			return b.UpdateDomainName(ctx(), who, &wire.UpdateDomainNameRequest{DomainName: "inner.example.com", DomainNameID: &id, PatchOperations: ops})
		},
		read: func(id string) (*wire.DomainName, error) {
			return b.GetDomainName(ctx(), who, &wire.GetDomainNameRequest{DomainName: "inner.example.com", DomainNameID: &id})
		},
		remove: func(id string) error {
			_, err := b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: "inner.example.com", DomainNameID: &id})
			return err
		},
		forget: func(d *wire.DomainName) { d.CertificateUploadDate, d.DomainNameID, d.DomainNameARN = nil, nil, nil },
	}
	rapid.Check(t, c.check)
}
