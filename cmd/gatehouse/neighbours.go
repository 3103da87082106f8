package main

import (
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/acm"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/iam"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/lambda"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/logs"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/sts"
	"github.com/gatehouse-gw/gatehouse/internal/upstream"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// neighbourBodies bounds the bodies of all requests for the services beside API Gateway
// at one time, in bytes.
const neighbourBodies = 32 << 20

// spokenServices are what this server speaks, in messages.
const spokenServices = "API Gateway (apigateway) and parts of Lambda, STS, IAM, ACM and CloudWatch Logs"

// newNeighbours makes the services beside API Gateway. What is for API Gateway goes to
// next, what is for other services behind this server, where it has an upstream.
func newNeighbours(cs *callers, data *dataPlane, certificates *acm.Manager, behind *upstream.Server, trail wire.Trail, next http.Handler) http.Handler {
	others := neighbours.Refuse(spokenServices, trail)
	if behind != nil {
		others = behind.Serve
	}
	host := &operation.Host{
		Authenticate: func(service string) func(*http.Request, string) (wire.Identify, error) { return cs.signedFor(service) },
		Authorize:    cs.permit,
		Trail:        trail, Bodies: httpmsg.NewBudget(neighbourBodies).Named("bodies of the services beside API Gateway"),
	}
	return &neighbours.Front{
		Services: []neighbours.Service{
			{Name: "sts", Handler: sts.New(cs.known).Start(host), Version: sts.Version},
			{Name: "iam", Handler: iam.New(data.records, cs.known.HasFileRole).Start(host), Version: iam.Version},
			{Name: "lambda", Handler: data.lambda.API().Start(host), Paths: lambda.Paths},
			{Name: "acm", Handler: certificates.Service().Start(host), Target: acm.Target},
			{Name: "logs", Handler: logs.New(logs.Options{Records: data.records, Events: data.host.out.groups.events, Flush: data.host.out.groups.flush}).Start(host), Target: logs.Target},
		},
		Others: others,
		Next:   next,
	}
}
