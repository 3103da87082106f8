package control_test

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// owned is a control plane on a store in memory, for tests that need both.
type owned struct {
	*control.Service
	store *store.Store
}

func newOwned(t testing.TB) *owned {
	t.Helper()
	st, err := store.Open(ctx(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return &owned{control.New(control.Options{Store: st}), st}
}

// changes lists what was published after a revision.
func (o *owned) changes(t testing.TB, after store.Revision) []store.Served {
	t.Helper()
	rows, err := o.store.Changes(ctx(), after, 0)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// served lists what the data plane has to serve, "kind id" each.
func (o *owned) served(t testing.TB) []string {
	t.Helper()
	var list []string
	for _, row := range o.changes(t, 0) {
		if !row.Deleted {
			list = append(list, row.Kind+" "+row.ID)
		}
	}
	return list
}

// A server with nothing else but one thing of an account, for which it has to
// note that there is such an account, forgets it all the same.
func TestResetOfOneKind(t *testing.T) {
	link := &wire.CreateVPCLinkRequest{Name: "link", TargetARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/a/1"}}
	for _, tt := range []struct {
		name string
		make func(*owned) error
		list func(*owned) (*int, error)
	}{
		{"VPC link", func(o *owned) error { _, err := o.CreateVPCLink(ctx(), who, link); return err }, func(o *owned) (*int, error) {
			l, err := o.GetVPCLinks(ctx(), who, &wire.GetVPCLinksRequest{})
			return new(len(l.Items)), err
		}},
		{"client certificate", func(o *owned) error {
			_, err := o.GenerateClientCertificate(ctx(), who, &wire.GenerateClientCertificateRequest{})
			return err
		}, func(o *owned) (*int, error) {
			l, err := o.GetClientCertificates(ctx(), who, &wire.GetClientCertificatesRequest{})
			return new(len(l.Items)), err
		}},
		{"domain name", func(o *owned) error {
			_, err := o.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: "api.example.com", CertificateARN: new(acm + "a")})
			return err
		}, func(o *owned) (*int, error) {
			l, err := o.GetDomainNames(ctx(), who, &wire.GetDomainNamesRequest{})
			return new(len(l.Items)), err
		}},
		{"API", func(o *owned) error {
			_, err := o.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop"})
			return err
		}, func(o *owned) (*int, error) {
			l, err := o.GetRestAPIs(ctx(), who, &wire.GetRestAPIsRequest{})
			return new(len(l.Items)), err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwned(t)
			if err := tt.make(o); err != nil {
				t.Fatal(err)
			}
			if err := o.Reset(ctx()); err != nil {
				t.Fatal(err)
			}
			if n := *must(tt.list(o))(t); n != 0 {
				t.Errorf("%d are left", n)
			}
			if left := o.served(t); len(left) != 0 {
				t.Errorf("still served: %v", left)
			}
		})
	}
}

// The settings of an account outlive a reset. The role, which logs want, is none of
// those without effect.
func TestResetKeepsAccounts(t *testing.T) {
	o := newOwned(t)
	role := "arn:aws:iam::000000000000:role/logs"
	must(o.UpdateAccount(ctx(), who, &wire.UpdateAccountRequest{PatchOperations: []wire.PatchOperation{
		{Op: new("replace"), Path: new("/cloudwatchRoleArn"), Value: &role}}}))(t)
	if err := o.Reset(ctx()); err != nil {
		t.Fatal(err)
	}
	if got := *must(o.GetAccount(ctx(), who, &wire.GetAccountRequest{}))(t).CloudwatchRoleARN; got != role {
		t.Errorf("the role is %s", got)
	}
	if kept := keptBy(t, o.Service); len(kept) != 0 {
		t.Errorf("settings without effect: %v", kept)
	}
}

func keptBy(t *testing.T, s *control.Service) []control.Kept {
	t.Helper()
	list, err := s.Kept(ctx())
	if err != nil {
		t.Fatal(err)
	}
	return list
}
