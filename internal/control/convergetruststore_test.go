package control_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// authorityPEM is a certificate that signs itself, for truststores.
func authorityPEM(t testing.TB) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clients"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// Of mutual TLS the provider sends the place and the version of the truststore, and an
// empty place for none, whatever has changed.
func TestConvergeTruststore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := authorityPEM(t)
	b.Service = control.New(control.Options{Store: b.store, Truststore: func(context.Context, string, string) ([]byte, error) { return text, nil }})
	version := rapid.SampledFrom([]string{"v1", "v2"})
	place := rapid.SampledFrom([]string{"s3://trust/a.pem", "s3://trust/b.pem"})
	c := convergence[wire.CreateDomainNameRequest, wire.DomainName]{
		draw: func(t *rapid.T, label string) *wire.CreateDomainNameRequest {
			in := &wire.CreateDomainNameRequest{DomainName: "api.example.com", RegionalCertificateARN: new(acm + "a"), EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}}}
			if rapid.Bool().Draw(t, label+" mutual TLS") {
				in.MutualTLSAuthentication = &wire.MutualTLSAuthenticationInput{TruststoreURI: new(place.Draw(t, label+" place")), TruststoreVersion: maybe(t, label+" version", version)}
			}
			return in
		},
		create: func(in *wire.CreateDomainNameRequest) (string, error) {
			_, err := b.CreateDomainName(ctx(), who, in)
			return in.DomainName, err
		},
		change: func(from, to *wire.CreateDomainNameRequest) (p patchList) {
			m := to.MutualTLSAuthentication
			if m == nil {
				p.add("replace", "/mutualTlsAuthentication/truststoreUri", new(""))
				return p
			}
			was := from.MutualTLSAuthentication
			if was == nil {
				was = &wire.MutualTLSAuthenticationInput{}
			}
			p.text("/mutualTlsAuthentication/truststoreUri", was.TruststoreURI, m.TruststoreURI)
			p.text("/mutualTlsAuthentication/truststoreVersion", was.TruststoreVersion, m.TruststoreVersion)
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
		forget: func(d *wire.DomainName) { d.RegionalDomainName, d.CertificateUploadDate = new("some"), nil },
	}
	rapid.Check(t, c.check)
}

// Of an access association the provider reads all of its account's to find its own, changes
// its tags alone, and makes another one for all else.
func TestConvergeAccessAssociation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	made, err := f.CreateDomainName(ctx(), &apigateway.CreateDomainNameInput{DomainName: aws.String("inner.example.com"), CertificateArn: aws.String(acm + "a"),
		EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"PRIVATE"}}})
	if err != nil {
		t.Fatal(err)
	}
	find := func(arn string) (found *types.DomainNameAccessAssociation) {
		list, err := f.GetDomainNameAccessAssociations(ctx(), &apigateway.GetDomainNameAccessAssociationsInput{ResourceOwner: types.ResourceOwnerSelf})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			if *list.Items[i].DomainNameAccessAssociationArn == arn {
				found = &list.Items[i]
			}
		}
		return found
	}
	for _, source := range []string{"vpce-1", "vpce-2"} { // the second replaces the first, which goes before
		a, err := f.CreateDomainNameAccessAssociation(ctx(), &apigateway.CreateDomainNameAccessAssociationInput{DomainNameArn: made.DomainNameArn, AccessAssociationSource: &source,
			AccessAssociationSourceType: types.AccessAssociationSourceTypeVpce, Tags: map[string]string{"a": "b"}})
		if err != nil {
			t.Fatal(err)
		}
		arn := *a.DomainNameAccessAssociationArn
		if _, err := f.UntagResource(ctx(), &apigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.TagResource(ctx(), &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"c": "d"}}); err != nil {
			t.Fatal(err)
		}
		if got := find(arn); got == nil || *got.AccessAssociationSource != source || *got.DomainNameArn != *made.DomainNameArn || len(got.Tags) != 1 || got.Tags["c"] != "d" {
			t.Errorf("got %+v", got)
		}
		if _, err := f.DeleteDomainNameAccessAssociation(ctx(), &apigateway.DeleteDomainNameAccessAssociationInput{DomainNameAccessAssociationArn: &arn}); err != nil {
			t.Fatal(err)
		}
		if got := find(arn); got != nil {
			t.Errorf("it is still there: %+v", got)
		}
	}
	if _, err := f.DeleteDomainName(ctx(), &apigateway.DeleteDomainNameInput{DomainName: made.DomainName, DomainNameId: made.DomainNameId}); err != nil {
		t.Error(err)
	}
}
