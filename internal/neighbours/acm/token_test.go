package acm

import (
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
)

// A request that comes again while its certificate is issued has that one, and what is kept
// of it goes with the certificate.
func TestTokens(t *testing.T) {
	r := newRig(t, secrets.New())
	in := &acm.RequestCertificateInput{DomainName: aws.String("a.example.com"), IdempotencyToken: aws.String("again"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1}
	var meanwhile string
	issue := r.Issue
	r.Issue = func(template *x509.Certificate, public any) ([][]byte, error) {
		r.Issue = issue
		meanwhile = *must(r.RequestCertificate(ctx, in))(t).CertificateArn
		return issue(template, public)
	}
	arn := *must(r.RequestCertificate(ctx, in))(t).CertificateArn
	if arn != meanwhile {
		t.Errorf("one request has %s and %s", meanwhile, arn)
	}
	in.DomainName = aws.String("b.example.com")
	other := *must(r.RequestCertificate(ctx, in))(t).CertificateArn
	kept := func() (n int) {
		t.Helper()
		err := r.Records.Read(ctx, "111122223333", "us-east-1", func(tx *records.Tx) (err error) {
			n, err = tokens.Count(tx, "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, arn := range []string{arn, other} { // the second has the token since
		must(r.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &arn}))(t)
		if n := kept(); n != 1-i {
			t.Errorf("%d tokens are kept after %d deletions", n, i+1)
		}
	}
}

// A certificate that cannot be issued again keeps no other from it.
func TestRenewOthers(t *testing.T) {
	r := newRig(t, secrets.New())
	const bad, good = 2, 5
	for i := range bad + good {
		name := fmt.Sprintf("%d.example.com", i)
		must(r.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: &name, KeyAlgorithm: types.KeyAlgorithmEcPrime256v1}))(t)
	}
	issue := r.Issue
	r.Issue = func(template *x509.Certificate, public any) ([][]byte, error) {
		if template.DNSNames[0] < fmt.Sprint(bad) {
			return nil, errors.New("out of order")
		}
		return issue(template, public)
	}
	n, err := r.Renew(ctx, time.Now().Add(336*24*time.Hour))
	if n != good || err == nil {
		t.Errorf("%d were renewed: %v", n, err)
	}
}

// A list has the first 100 names of a certificate.
func TestManyNames(t *testing.T) {
	r := newRig(t, secrets.New())
	for _, n := range []int{100, 101} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("%d.example.com", i)
		}
		cert, key := selfSigned(t, "a", names)
		body, private := pemOf(t, cert, key)
		arn := must(r.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: body, PrivateKey: private}))(t).CertificateArn
		listed := must(r.ListCertificates(ctx, &acm.ListCertificatesInput{Includes: &types.Filters{KeyTypes: []types.KeyAlgorithm{types.KeyAlgorithmEcPrime256v1}}}))(t).CertificateSummaryList
		if len(listed) != 1 || len(listed[0].SubjectAlternativeNameSummaries) != 100 || *listed[0].HasAdditionalSubjectAlternativeNames != (n > 100) {
			t.Errorf("of %d names: %+v", n, listed)
		}
		must(r.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: arn}))(t)
	}
}
