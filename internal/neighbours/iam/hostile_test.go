package iam

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// Many roles are listed in pages, also where nearly none of them is wanted.
func TestManyRoles(t *testing.T) {
	r := newRig(t)
	const n = 2000
	err := records.New(records.Options{Store: r.store}).Write(ctx, account, nowhere, func(tx *records.Tx) error {
		for i := range n {
			path := "/"
			if i == n-1 {
				path = "/last/"
			}
			name := fmt.Sprintf("role-%05d", i)
			if err := roles.Put(tx, name, &role{Name: name, Path: path, Trust: trust}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, pages := 0, iam.NewListRolesPaginator(r, &iam.ListRolesInput{MaxItems: aws.Int32(200)})
	for pages.HasMorePages() {
		seen += len(must(pages.NextPage(ctx))(t).Roles)
	}
	last := must(r.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/last/")}))(t)
	if seen != n || len(last.Roles) != 1 || last.IsTruncated {
		t.Errorf("%d roles are listed, and %d of the last path", seen, len(last.Roles))
	}
}

// FuzzIAM answers whatever comes with XML, and never by a fault of ours.
func FuzzIAM(f *testing.F) {
	r := newRig(f)
	must(r.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("app"), AssumeRolePolicyDocument: aws.String(trust)}))(f)
	for _, form := range []string{
		"Action=CreateRole&RoleName=a&AssumeRolePolicyDocument=" + url.QueryEscape(trust) + "&Tags.member.1.Key=a&Tags.member.1.Value=",
		"Action=AttachRolePolicy&RoleName=app&PolicyArn=arn:aws:iam::aws:policy/a%00b/c",
		"Action=AttachRolePolicy&RoleName=app&PolicyArn=arn:aws:iam::aws:policy/" + strings.Repeat("a/", 1000),
		"Action=ListPolicies&Marker=arn:%ff&MaxItems=1", "Action=ListRoles&Marker=%00&PathPrefix=/", "Action=GetPolicy&PolicyArn=arn:aws:iam::111122223333:policy/%00",
		"Action=PutRolePolicy&RoleName=app&PolicyName=a&PolicyDocument={}", "Action=GetUser", "Action=ListEntitiesForPolicy&PolicyArn=" + basic + "&EntityFilter=Role",
		"Action=PutRolePermissionsBoundary&RoleName=app&PermissionsBoundary=arn:aws:iam::aws:policy/AdministratorAccess",
	} {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form string) {
		if len(form) > 1<<16 {
			return
		}
		q := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form+"&Version="+Version))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.handler.ServeHTTP(w, q)
		if err := xml.Unmarshal(w.Body.Bytes(), new(struct{})); err != nil || w.Code == http.StatusInternalServerError {
			t.Errorf("%q: %d, %v: %.300s", form, w.Code, err, w.Body)
		}
	})
}
