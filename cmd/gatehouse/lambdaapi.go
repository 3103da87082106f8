package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/lambda"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// functionsDir is the directory in the data directory with the code of functions that
// Lambda's API has made, unpacked. It is made again at each start.
const functionsDir = "functions"

// openLambda makes ready the functions that clients make.
func openLambda(c *config, kept *records.Records, host *functionHost, known *credentials.Callers, log *slog.Logger) (*lambda.Service, error) {
	o := lambda.Options{
		Records: kept, Set: host.made, Refusal: c.functionRefusal(), Account: c.Account, Region: c.Region, Log: log, Changed: host.follow,
		Shared: c.Database != "", ReadOnly: !c.role().Controls(),
	}
	if !c.InMemory {
		var err error
		if o.Dir, err = filepath.Abs(filepath.Join(c.DataDir, functionsDir)); err != nil { // of which functions have their working directory
			return nil, err
		}
	}
	if !c.open() {
		o.May = mayCall(known, c.Region)
		o.Assumes = func(role string) bool {
			_, ok := known.RoleSession(credentials.Lambda, role, "test", time.Now())
			return ok
		}
	}
	return lambda.Open(context.Background(), o)
}

// functionRefusal is why clients may make no functions; "" lets them.
func (c *config) functionRefusal() string {
	switch {
	case c.exposed():
		return "This server runs no code of functions: other machines reach its control plane, which takes calls from anyone"
	case !c.requestLines && !c.AllowFunctions:
		return "This server runs no code of functions: start it with --allow-functions to let clients create them"
	}
	return ""
}

// mayCall makes a lambda.Options.May that asks the policies of the role, or the caller,
// by whose credentials an integration calls. What is of another account they cannot allow.
func mayCall(known *credentials.Callers, region string) func(integration.By, string, string) bool {
	return func(by integration.By, action, resource string) bool {
		now := time.Now()
		if by.Role != "" {
			session, ok := known.RoleSession(credentials.APIGateway, by.Role, "BackplaneAssumeRoleSession", now)
			if !ok {
				return false
			}
			by.AccessKeyID, by.SessionToken = session.AccessKeyID, session.Token
		}
		caller, ok := known.Judge(by.AccessKeyID, by.SessionToken, now)
		if !ok || caller.Account != policy.AccountOf(resource) {
			return false
		}
		facts := &policy.Facts{Received: now, Region: region, Signer: caller.Signer()}
		return caller.DecideAll(&policy.Request{Principal: caller.Principal, Action: action, Resource: resource, Context: facts.Values}) == policy.Allow
	}
}
