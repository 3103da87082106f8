package iam

import (
	"context"
	"net/http"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
)

type getUserRequest struct {
	UserName string `min:"1" max:"128" pattern:"[\\w+=,.@-]+"`
}

func ownUser(c *operation.Call, in *getUserRequest) []operation.Permission {
	if in.UserName == "" {
		return c.On(c.Who.Principal)
	}
	return c.On(c.GlobalARN("iam", "user/"+in.UserName))
}

type userAnswer struct {
	Path       string `xml:",omitempty"`
	UserName   string `xml:",omitempty"`
	UserID     string `xml:"UserId"`
	ARN        string `xml:"Arn"`
	CreateDate string
}

type userResponse struct{ User *userAnswer }

// getUser tells who calls, as tools ask for it. Users are those of the credentials file,
// which has nothing else that could be told of them; when it was written is not known.
func (s *service) getUser(_ context.Context, c *operation.Call, in *getUserRequest) (*userResponse, error) {
	_, what, _ := strings.Cut(c.Who.Principal, ":"+c.Who.Account+":")
	kind, name, _ := strings.Cut(what, "/")
	out := &userAnswer{UserID: credentials.UserID(c.Who.Account, c.Who.Principal), ARN: c.Who.Principal, CreateDate: dateOf(0)}
	switch {
	case kind == "user":
		at := strings.LastIndexByte(name, '/') + 1
		out.Path, out.UserName = "/"+name[:at], name[at:]
	case in.UserName == "" && kind != "root":
		return nil, fail(http.StatusBadRequest, "ValidationError", "Must specify userName when calling with non-User credentials")
	}
	if in.UserName != "" && in.UserName != out.UserName {
		return nil, noSuch("The user with name %s cannot be found.", in.UserName)
	}
	return &userResponse{out}, nil
}

type listAliasesResponse struct {
	AccountAliases query.List[string]
	page
}

// listAliases lists none: accounts have their numbers alone.
func (s *service) listAliases(context.Context, *operation.Call, *listRequest) (*listAliasesResponse, error) {
	return new(listAliasesResponse), nil
}
