package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const anyoneMayInvoke = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}}`

// privateDomain makes a private domain name and returns its id.
func (b *bench) privateDomain(who *wire.Caller, name string) *wire.DomainName {
	b.t.Helper()
	return must(b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{
		DomainName: name, CertificateARN: new(acm + "a"), EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"PRIVATE"}}, Policy: new(anyoneMayInvoke),
	}))(b.t)
}

// associate makes an access association of a VPC endpoint.
func (b *bench) associate(who *wire.Caller, arn, endpoint string) (*wire.DomainNameAccessAssociation, error) {
	return b.CreateDomainNameAccessAssociation(ctx(), who, &wire.CreateDomainNameAccessAssociationRequest{DomainNameARN: arn, AccessAssociationSourceType: "VPCE", AccessAssociationSource: endpoint})
}

// share has a private domain name let others make access associations.
func (b *bench) share(d *wire.DomainName, statement string) {
	b.t.Helper()
	must(b.UpdateDomainName(ctx(), who, &wire.UpdateDomainNameRequest{DomainName: *d.DomainName, DomainNameID: d.DomainNameID, PatchOperations: ops([3]string{"replace", "/managementPolicy", statement})}))(b.t)
}

// One whole life of a private domain name as the Go SDK sees it.
func TestPrivateDomainNamesOfTheSDK(t *testing.T) {
	f := newFixture(t)
	name := aws.String("inner.example.com")
	made, err := f.CreateDomainName(ctx(), &apigateway.CreateDomainNameInput{
		DomainName: name, CertificateArn: aws.String(acm + "a"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"PRIVATE"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if id := *made.DomainNameId; len(id) != 10 || *made.DomainNameArn != "arn:aws:apigateway:us-east-1:"+testAccount+":/domainnames/inner.example.com+"+id || made.Policy != nil || made.CertificateUploadDate == nil {
		t.Errorf("got %+v", made)
	}
	changed, err := f.UpdateDomainName(ctx(), &apigateway.UpdateDomainNameInput{DomainName: name, DomainNameId: made.DomainNameId, PatchOperations: append(
		patch("replace", "/policy", anyoneMayInvoke), patch("replace", "/managementPolicy", anyoneMayInvoke)...)})
	if err != nil || *changed.Policy != anyoneMayInvoke || *changed.ManagementPolicy != anyoneMayInvoke {
		t.Errorf("got %+v, %v", changed, err)
	}
	changed, err = f.UpdateDomainName(ctx(), &apigateway.UpdateDomainNameInput{DomainName: name, DomainNameId: made.DomainNameId, PatchOperations: append(
		patch("replace", "/policy", ""), patch("replace", "/managementPolicy", "")...)})
	if err != nil || changed.Policy != nil || changed.ManagementPolicy != nil {
		t.Errorf("got %+v, %v", changed, err)
	}
	association, err := f.CreateDomainNameAccessAssociation(ctx(), &apigateway.CreateDomainNameAccessAssociationInput{
		DomainNameArn: made.DomainNameArn, AccessAssociationSource: aws.String("vpce-0a1b"), AccessAssociationSourceType: types.AccessAssociationSourceTypeVpce,
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.GetDomainNameAccessAssociations(ctx(), &apigateway.GetDomainNameAccessAssociationsInput{ResourceOwner: types.ResourceOwnerSelf})
	if err != nil || len(list.Items) != 1 || *list.Items[0].DomainNameAccessAssociationArn != *association.DomainNameAccessAssociationArn {
		t.Errorf("got %+v, %v", list, err)
	}
	if _, err := f.RejectDomainNameAccessAssociation(ctx(), &apigateway.RejectDomainNameAccessAssociationInput{DomainNameArn: made.DomainNameArn, DomainNameAccessAssociationArn: association.DomainNameAccessAssociationArn}); err != nil {
		t.Error(err)
	}
	_, err = f.DeleteDomainNameAccessAssociation(ctx(), &apigateway.DeleteDomainNameAccessAssociationInput{DomainNameAccessAssociationArn: association.DomainNameAccessAssociationArn})
	wantError(t, err, "NotFound", "Invalid domain name access association identifier specified")
	if _, err := f.DeleteDomainName(ctx(), &apigateway.DeleteDomainNameInput{DomainName: name, DomainNameId: made.DomainNameId}); err != nil {
		t.Error(err)
	}
	_, err = f.GetDomainName(ctx(), &apigateway.GetDomainNameInput{DomainName: name, DomainNameId: made.DomainNameId})
	wantError(t, err, "NotFound", "Invalid domain name identifier specified")
}

// The data plane is told of private names, and of who may reach them, and of their end.
func TestServedPrivateDomainNames(t *testing.T) {
	b := newBench(t)
	d := b.privateDomain(who, "inner.example.com")
	key := "inner.example.com+" + *d.DomainNameID
	id := snapshot.OfAccount(testAccount, testRegion, key)
	want := snapshot.DomainName{
		Name: "inner.example.com", ID: *d.DomainNameID, Account: testAccount, Region: testRegion, EndpointTypes: []string{"PRIVATE"},
		CertificateARNs: []string{acm + "a"}, SecurityPolicy: "TLS_1_2", Policy: anyoneMayInvoke,
	}
	got, _ := served[snapshot.DomainName](b, snapshot.ServedDomainName, id)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got %s", d)
	}
	other := &wire.Caller{Account: "111111111111", Region: testRegion, Principal: "arn:aws:iam::111111111111:root"}
	b.share(d, managed(*d.DomainNameARN, "Allow", "111111111111"))
	a := must(b.associate(other, *d.DomainNameARN, "vpce-1"))(t)
	row := snapshot.OfAccount(other.Account, testRegion, key+"/vpce-1")
	association := snapshot.AccessAssociation{Domain: key, Owner: testAccount, Account: other.Account, Region: testRegion, VPCEndpoint: "vpce-1"}
	if got, _ := served[snapshot.AccessAssociation](b, snapshot.ServedAccessAssociation, row); got != association {
		t.Errorf("got %+v, want %+v", got, association)
	}
	must(b.RejectDomainNameAccessAssociation(ctx(), who, &wire.RejectDomainNameAccessAssociationRequest{DomainNameARN: *d.DomainNameARN, DomainNameAccessAssociationARN: *a.DomainNameAccessAssociationARN}))(t)
	must(b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: "inner.example.com", DomainNameID: d.DomainNameID}))(t)
	for _, row := range []struct{ kind, id string }{{snapshot.ServedDomainName, id}, {snapshot.ServedAccessAssociation, row}} {
		if _, ok := served[struct{}](b, row.kind, row.id); ok {
			t.Errorf("%s %s is still served", row.kind, row.id)
		}
	}
	second := b.privateDomain(who, "inner.example.com")
	must(b.associate(who, *second.DomainNameARN, "vpce-1"))(t)
	if err := b.Reset(ctx()); err != nil {
		t.Fatal(err)
	}
	third := b.privateDomain(who, "inner.example.com")
	must(b.associate(who, *third.DomainNameARN, "vpce-1"))(t)
}

// managed is a management policy about other accounts.
func managed(arn, effect, account string) string {
	return fmt.Sprintf(`{"Statement":[{"Effect":"%s","Principal":{"AWS":"%s"},"Action":"apigateway:CreateAccessAssociation","Resource":"%s"}]}`, effect, account, arn)
}

// Whom the management policy lets make access associations, and who sees the name: its
// account, unless it is denied, and those that are allowed.
func TestSharedPrivateDomainNames(t *testing.T) {
	const consumer = "111111111111"
	const missing = "Invalid domain name identifier specified"
	tests := map[string]struct {
		policy    string // %s is the ARN of the domain name
		own, sees bool
	}{
		"none":                        {"", true, false},
		"another account is allowed":  {`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"apigateway:CreateAccessAssociation","Resource":"%s"}}`, true, true},
		"a third account is allowed":  {`{"Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"apigateway:CreateAccessAssociation","Resource":"%s"}}`, true, false},
		"everyone is":                 {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"apigateway:*","Resource":"*"}}`, true, true},
		"for another name":            {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"apigateway:CreateAccessAssociation","Resource":"%sx"}}`, true, false},
		"for another action":          {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"%s"}}`, true, false},
		"everyone but the consumer":   {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"apigateway:*","Resource":"*"},{"Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"apigateway:*","Resource":"*"}]}`, true, false},
		"nobody, its account neither": {`{"Statement":{"Effect":"Deny","Principal":"*","Action":"apigateway:CreateAccessAssociation","Resource":"%s"}}`, false, false},
		"the account is none of it":   {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"apigateway:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"000000000000"}}}}`, true, true},
		"those of an organization":    {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"apigateway:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}}`, true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			other := &wire.Caller{Account: consumer, Region: testRegion, Principal: "arn:aws:iam::" + consumer + ":root"}
			owner := &wire.Caller{Account: testAccount, Region: testRegion, Principal: "arn:aws:iam::" + testAccount + ":root"}
			d := b.privateDomain(who, "inner.example.com")
			if tt.policy != "" {
				b.share(d, strings.ReplaceAll(tt.policy, "%s", *d.DomainNameARN))
			}
			_, err := b.associate(owner, *d.DomainNameARN, "vpce-1")
			if (err == nil) != tt.own {
				t.Errorf("its account: %v", err)
			}
			list := must(b.GetDomainNames(ctx(), other, &wire.GetDomainNamesRequest{ResourceOwner: new("OTHER_ACCOUNTS")}))(t)
			_, err = b.associate(other, *d.DomainNameARN, "vpce-2")
			if !tt.sees {
				wantWireError(t, err, "NotFoundException", missing)
				if len(list.Items) != 0 {
					t.Errorf("got %+v", list.Items)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := []wire.DomainName{{DomainName: d.DomainName, DomainNameID: d.DomainNameID, DomainNameARN: d.DomainNameARN}}; !cmp.Equal(list.Items, want) {
				t.Error(cmp.Diff(want, list.Items))
			}
		})
	}
}

// What the owner of a name sees of the access associations of others, and who may end
// them.
func TestForeignAccessAssociations(t *testing.T) {
	b := newBench(t)
	other := &wire.Caller{Account: "111111111111", Region: testRegion, Principal: "arn:aws:iam::111111111111:root"}
	third := &wire.Caller{Account: "222222222222", Region: testRegion, Principal: "arn:aws:iam::222222222222:root"}
	abroad := &wire.Caller{Account: testAccount, Region: "eu-west-1"}
	d := b.privateDomain(who, "inner.example.com")
	b.share(d, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"apigateway:*","Resource":"*"}}`)
	must(b.associate(who, *d.DomainNameARN, "vpce-0"))(t)
	var arns []string
	for i, who := range []*wire.Caller{other, other, third} {
		arns = append(arns, *must(b.associate(who, *d.DomainNameARN, fmt.Sprintf("vpce-%d", i+1)))(t).DomainNameAccessAssociationARN)
	}
	var seen []string
	for position := (*string)(nil); ; {
		page := must(b.GetDomainNameAccessAssociations(ctx(), who, &wire.GetDomainNameAccessAssociationsRequest{ResourceOwner: new("OTHER_ACCOUNTS"), Limit: new(int32(2)), Position: position}))(t)
		for _, a := range page.Items {
			seen = append(seen, *a.DomainNameAccessAssociationARN)
		}
		if position = page.Position; position == nil {
			break
		}
	}
	if !cmp.Equal(seen, arns) {
		t.Error(cmp.Diff(arns, seen))
	}
	for _, stranger := range []*wire.Caller{other, abroad} {
		if got := must(b.GetDomainNameAccessAssociations(ctx(), stranger, &wire.GetDomainNameAccessAssociationsRequest{ResourceOwner: new("OTHER_ACCOUNTS")}))(t); len(got.Items) != 0 {
			t.Errorf("%s in %s sees %+v", stranger.Account, stranger.Region, got.Items)
		}
	}
	for _, stranger := range []*wire.Caller{who, third} {
		_, err := b.DeleteDomainNameAccessAssociation(ctx(), stranger, &wire.DeleteDomainNameAccessAssociationRequest{DomainNameAccessAssociationARN: arns[0]})
		wantWireError(t, err, "NotFoundException", "Invalid domain name access association identifier specified")
	}
	reject := &wire.RejectDomainNameAccessAssociationRequest{DomainNameARN: *d.DomainNameARN, DomainNameAccessAssociationARN: arns[0]}
	_, err := b.RejectDomainNameAccessAssociation(ctx(), other, reject)
	wantWireError(t, err, "NotFoundException", "Invalid domain name identifier specified")
	elsewhere := b.privateDomain(who, "elsewhere.example.com")
	_, err = b.RejectDomainNameAccessAssociation(ctx(), who, &wire.RejectDomainNameAccessAssociationRequest{DomainNameARN: *elsewhere.DomainNameARN, DomainNameAccessAssociationARN: arns[0]})
	wantWireError(t, err, "NotFoundException", "Invalid domain name access association identifier specified")
	must(b.RejectDomainNameAccessAssociation(ctx(), who, reject))(t)
	if got := must(b.GetDomainNameAccessAssociations(ctx(), other, &wire.GetDomainNameAccessAssociationsRequest{}))(t); len(got.Items) != 1 || *got.Items[0].DomainNameAccessAssociationARN != arns[1] {
		t.Errorf("got %+v", got.Items)
	}
	must(b.DeleteDomainNameAccessAssociation(ctx(), other, &wire.DeleteDomainNameAccessAssociationRequest{DomainNameAccessAssociationARN: arns[1]}))(t)
}

func TestPrivateDomainQuotas(t *testing.T) {
	b := newBench(t)
	b.Service = control.New(control.Options{Store: b.store, Limits: control.Limits{DomainNames: 1, PrivateDomainNames: 1, AccessAssociations: 1}})
	b.domain(who, "a.example.com")
	d := b.privateDomain(who, "a.example.com")
	_, err := b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: "b.example.com", CertificateARN: new(acm + "a"), EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"PRIVATE"}}})
	wantWireError(t, err, "LimitExceededException", "Maximum number of Private Domain Names has been reached.  Please contact AWS if you need additional Private Domain Names.")
	must(b.associate(who, *d.DomainNameARN, "vpce-1"))(t)
	_, err = b.associate(who, *d.DomainNameARN, "vpce-2")
	wantWireError(t, err, "LimitExceededException", "Maximum number of Domain Name Access Associations has been reached.  Please contact AWS if you need additional Domain Name Access Associations.")
}

// A VPC endpoint that is an account's is in the access associations of no other, and takes
// the place that another had before.
func TestOwnedVPCEndpoints(t *testing.T) {
	owner := ""
	b := newBench(t)
	b.Service = control.New(control.Options{Store: b.store, VPCEndpointOwner: func(id string) string { return map[string]string{"vpce-1": owner}[id] }})
	other := &wire.Caller{Account: "111111111111", Region: testRegion, Principal: "arn:aws:iam::111111111111:root"}
	own, foreign := b.privateDomain(who, "inner.example.com"), b.privateDomain(other, "inner.example.com")
	must(b.associate(other, *foreign.DomainNameARN, "vpce-1"))(t)
	owner = testAccount
	_, err := b.associate(other, *b.privateDomain(other, "second.example.com").DomainNameARN, "vpce-1")
	if want := wire.BadRequest("Invalid access association source specified: vpce-1"); err == nil || err.Error() != want.Error() {
		t.Errorf("got %v, want %v", err, want)
	}
	must(b.associate(other, *foreign.DomainNameARN, "vpce-2"))(t)
	must(b.associate(who, *own.DomainNameARN, "vpce-1"))(t)
	if _, err := b.associate(who, *b.privateDomain(who, "inner.example.com").DomainNameARN, "vpce-1"); err == nil {
		t.Error("the account has its own association twice")
	}
	list := must(b.GetDomainNameAccessAssociations(ctx(), other, &wire.GetDomainNameAccessAssociationsRequest{}))(t)
	if len(list.Items) != 1 || *list.Items[0].AccessAssociationSource != "vpce-2" {
		t.Errorf("the other account has %+v", list.Items)
	}
}
