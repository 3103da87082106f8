package gateway

import (
	"crypto/tls"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/tlspolicy"
)

// privateRow is the row of a private domain name of an account.
func privateRow(account, name, id string) DomainChange {
	d := &snapshot.DomainName{Name: name, ID: id, Account: account, Region: "us-east-1", EndpointTypes: []string{"PRIVATE"}, SecurityPolicy: "TLS_1_2", CertificateARNs: []string{"arn of " + id}}
	return DomainChange{ID: snapshot.OfAccount(account, "us-east-1", d.Key()), Domain: d}
}

// privateMapping has the root of a private domain name lead to a stage of abc123.
func privateMapping(account, name, id, stage string) MappingChange {
	m := &snapshot.BasePathMapping{Domain: snapshot.DomainKey(name, id), Account: account, Region: "us-east-1", APIID: "abc123", Stage: stage}
	return MappingChange{ID: snapshot.OfAccount(account, "us-east-1", snapshot.MappingID(m.Domain, "")), Mapping: m}
}

// associationRow lets a VPC endpoint reach a private domain name; by is who has made it.
func associationRow(by, owner, name, id, endpoint string) AssociationChange {
	a := &snapshot.AccessAssociation{Domain: snapshot.DomainKey(name, id), Owner: owner, Account: by, Region: "us-east-1", VPCEndpoint: endpoint}
	return AssociationChange{ID: snapshot.OfAccount(by, "us-east-1", snapshot.AssociationID(a.Domain, endpoint)), Association: a}
}

func gone(c AssociationChange) AssociationChange { return AssociationChange{ID: c.ID} }

// Private domain names are reached by the VPC endpoints that are associated with them, at
// the listeners of these and from their networks, and lead nowhere for everybody else.
func TestPrivateDomains(t *testing.T) {
	opts := Options{
		TrustedProxies: networks("127.0.0.0/8"),
		VPCEndpoints:   []VPCEndpoint{{&httpmsg.VPCEndpoint{ID: "vpce-1"}, networks("10.1.0.0/16")}, {&httpmsg.VPCEndpoint{ID: "vpce-2"}, networks("10.2.0.0/16")}},
	}
	shared := openAs(t, opts, Entrance{}, byDomain)
	private := openAs(t, opts, Entrance{VPCEndpoint: &httpmsg.VPCEndpoint{ID: "vpce-2"}}, byDomain)
	const name = "inner.example.com"
	first, second := associationRow("3", "1", name, "a", "vpce-1"), associationRow("2", "2", name, "b", "vpce-2")
	set := func(c DomainChanges) {
		shared.SetDomains(c)
		private.SetDomains(c)
	}
	expect := func(s *site, header, want string) {
		t.Helper()
		if resp, body := s.call(t, "GET /x HTTP/1.1\r\nHost: Inner.example.com:80\r\n"+header+"\r\n"); body != want {
			t.Errorf("%q: got %d %s, want %s", header, resp.StatusCode, body, want)
		}
	}
	const nowhere, byFirst, bySecond = `{"message":"Forbidden"}`, `dev /x /x by "" [PRIVATE] false`, `Prod /x /x by "" [PRIVATE] false`
	const one, two, none = "X-Forwarded-For: 10.1.0.1\r\n", "X-Forwarded-For: 10.2.0.1\r\n", ""

	set(DomainChanges{Associations: []AssociationChange{first}}) // before what it is about
	expect(shared, one, nowhere)
	set(DomainChanges{
		Names:    []DomainChange{privateRow("1", name, "a"), privateRow("2", name, "b")},
		Mappings: []MappingChange{privateMapping("1", name, "a", "dev"), privateMapping("2", name, "b", "Prod")},
	})
	expect(shared, one, byFirst)
	expect(shared, two, nowhere)
	expect(shared, none, nowhere)
	expect(shared, "X-Forwarded-For: 10.1.0.1, 192.0.2.1\r\n", nowhere)
	expect(private, none, nowhere)
	set(DomainChanges{Associations: []AssociationChange{second}})
	expect(shared, two, bySecond)
	expect(private, none, bySecond)
	expect(private, one, bySecond) // the listener says which endpoint it is
	if _, body := private.call(t, "GET /dev/x HTTP/1.1\r\nHost: other.example.com\r\nx-apigw-api-id: abc123\r\n\r\n"); body != "dev /x /x" {
		t.Errorf("beside it: %s", body)
	}

	// A public name of another account keeps its calls, and one of the same account gives
	// those of the VPC endpoint to the private one.
	public := domainRow(name) // of the account 1
	set(DomainChanges{Names: []DomainChange{public}, Mappings: []MappingChange{mappingRow(name, " abc123/Prod")}})
	const byPublic = `Prod /x /x by "" [REGIONAL] false`
	expect(shared, one, byFirst)
	expect(shared, two, byPublic)
	expect(shared, none, byPublic)
	expect(private, none, bySecond)
	set(DomainChanges{Names: []DomainChange{{ID: public.ID}}})

	set(DomainChanges{Names: []DomainChange{{ID: privateRow("2", name, "b").ID, Err: errors.New("not known")}}})
	expect(private, none, `{"message": "Internal server error"}`)
	set(DomainChanges{Names: []DomainChange{privateRow("2", name, "b")}, Associations: []AssociationChange{gone(second)}})
	expect(private, none, nowhere)
	set(DomainChanges{Names: []DomainChange{{ID: privateRow("1", name, "a").ID}}})
	expect(shared, one, nowhere)
	set(DomainChanges{Names: []DomainChange{{ID: privateRow("2", name, "b").ID}}})
	if resp, _ := shared.call(t, "GET /x HTTP/1.1\r\nHost: "+name+"\r\n\r\n"); resp.StatusCode != 403 {
		t.Errorf("nothing is left: got %d", resp.StatusCode)
	}
}

// A VPC endpoint that is an account's reaches private names by the associations of that
// account alone, at its listener and from its networks.
func TestOwnedVPCEndpoints(t *testing.T) {
	const name = "inner.example.com"
	for account, want := range map[string]string{"3": `dev /x /x by "" [PRIVATE] false`, "4": `{"message":"Forbidden"}`} {
		endpoint := &httpmsg.VPCEndpoint{ID: "vpce-1", Owner: account}
		opts := Options{VPCEndpoints: []VPCEndpoint{{endpoint, networks("127.0.0.0/8")}}}
		for at, entrance := range map[string]Entrance{"a network": {}, "the listener": {VPCEndpoint: endpoint}} {
			s := openAs(t, opts, entrance, byDomain)
			s.SetDomains(DomainChanges{
				Names: []DomainChange{privateRow("1", name, "a")}, Mappings: []MappingChange{privateMapping("1", name, "a", "dev")},
				Associations: []AssociationChange{associationRow("3", "1", name, "a", "vpce-1")},
			})
			if _, body := s.call(t, "GET /x HTTP/1.1\r\nHost: "+name+"\r\n\r\n"); body != want {
				t.Errorf("%s of account %s: got %s, want %s", at, account, body, want)
			}
			if found := s.Handshake(name, endpoint).Row != ""; found != (account == "3") {
				t.Errorf("the handshake at an endpoint of account %s finds the name: %t", account, found)
			}
		}
	}
}

// A policy that only a later version knows is taken for the default one, in handshakes and
// for calls by the connections of other names; the rest of the domain name holds.
func TestHandshakeOfUnknownPolicy(t *testing.T) {
	g := New(Options{})
	row := domainRow("api.example.com")
	row.Domain.SecurityPolicy, row.Domain.Certificate, row.Domain.CertificateARNs = "SecurityPolicy_OF_LATER", "f1", []string{"arn"}
	g.SetDomains(DomainChanges{Names: []DomainChange{row}})
	want := Handshake{Domain: "api.example.com", Policy: tlspolicy.Default, CertificateARNs: []string{"arn"}, Uploaded: "f1", Row: row.ID}
	if got := g.Handshake("api.example.com", nil); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	peer := &httpmsg.Peer{TLSVersion: tls.VersionTLS11, CipherSuite: tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	if d := g.domains.find("api.example.com"); takes(d.others.policy, peer) {
		t.Error("a call by TLS 1.1 is taken")
	}
}

// The certificates that clients are shown are those of the name that the listener's VPC
// endpoint reaches.
func TestCertificatesOfPrivateDomains(t *testing.T) {
	g := New(Options{})
	const name = "inner.example.com"
	g.SetDomains(DomainChanges{
		Names:        []DomainChange{privateRow("2", name, "b"), privateRow("1", name, "a"), privateRow("1", "both.example.com", "c"), domainRow("both.example.com")},
		Associations: []AssociationChange{associationRow("1", "1", name, "a", "vpce-1"), associationRow("2", "2", name, "b", "vpce-2"), associationRow("1", "1", "both.example.com", "c", "vpce-1")},
	})
	for _, tt := range []struct {
		name, endpoint string
		want           []string
	}{
		{name, "vpce-1", []string{"arn of a"}}, {"INNER.example.com", "vpce-2", []string{"arn of b"}}, {name, "vpce-3", nil}, {name, "", []string{"arn of a"}},
		{"both.example.com", "", nil}, {"both.example.com", "vpce-1", []string{"arn of c"}}, {"nobody.example.com", "vpce-1", nil}, {"", "vpce-1", nil},
	} {
		var at *httpmsg.VPCEndpoint
		if tt.endpoint != "" {
			at = &httpmsg.VPCEndpoint{ID: tt.endpoint}
		}
		if got := g.Handshake(tt.name, at).CertificateARNs; !slices.Equal(got, tt.want) {
			t.Errorf("%s at %q: got %q, want %q", tt.name, tt.endpoint, got, tt.want)
		}
	}
}
