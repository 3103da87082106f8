package integration

import (
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A ServiceURI is an integration's URI of an AWS service, taken apart:
//
//	arn:{partition}:apigateway:{region}:{service or subdomain.service}:{path|action}/{rest}
type ServiceURI struct {
	Partition string // aws, aws-cn, …
	Region    string
	Service   string // by the name of its endpoint, such as sqs or runtime.sagemaker
	Subdomain string // what comes before the service's own name, such as a bucket; "" for none
	Action    bool   // Rest names an action, and parameters behind "&"; else it is a path and query
	Rest      string // without the leading slash
}

var (
	errARN      = errors.New("the URI is not an ARN of API Gateway: arn:{partition}:apigateway:{region}:{service}:{path|action}/…")
	errARNForm  = errors.New("the ARN holds neither path/ nor action/")
	errNoAction = errors.New("the ARN names no action")
)

// ParseServiceURI takes an integration's URI apart. Rest is taken as it stands
// and may hold {variables}; the parts before it must not.
func ParseServiceURI(uri string) (ServiceURI, error) {
	var u ServiceURI
	parts := strings.SplitN(uri, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "apigateway" {
		return u, errARN
	}
	u.Partition, u.Region, u.Service = parts[1], parts[3], strings.ToLower(parts[4])
	for _, s := range []string{u.Partition, u.Region, u.Service} {
		if !httpmsg.ValidHostname(strings.ToLower(s)) {
			return u, errARN
		}
	}
	form, rest, ok := strings.Cut(parts[5], "/")
	if u.Rest = rest; !ok || form != "path" && form != "action" {
		return u, errARNForm
	}
	if u.Action = form == "action"; u.Action && (rest == "" || rest[0] == '&') {
		return u, errNoAction
	}
	if _, known := signingNames[u.Service]; !known {
		if dot := strings.LastIndexByte(u.Service, '.'); dot >= 0 {
			u.Subdomain, u.Service = u.Service[:dot], u.Service[dot+1:]
		}
	}
	return u, nil
}

// Function returns the function that a URI of Lambda's operations Invoke and
// InvokeWithResponseStream names, as the URI spells it: an ARN or a name. ok is false
// for any other URI.
func (u *ServiceURI) Function() (name string, ok bool) {
	if name, ok = u.invoked(invokeVersion, "/invocations"); ok {
		return name, true
	}
	return u.invoked(streamVersion, "/response-streaming-invocations")
}

// Streams reports whether a URI is of Lambda's operation InvokeWithResponseStream.
func (u *ServiceURI) Streams() bool {
	_, ok := u.invoked(streamVersion, "/response-streaming-invocations")
	return ok
}

// invoked returns the function that a URI of one of Lambda's operations names.
func (u *ServiceURI) invoked(version, operation string) (name string, ok bool) {
	if u.Service != "lambda" || u.Action || u.Subdomain != "" {
		return "", false
	}
	if name, ok = strings.CutPrefix(u.Rest, version+"/functions/"); !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, operation)
	return name, ok && name != "" && !strings.Contains(name, "/")
}

// The versions of Lambda's operations Invoke and InvokeWithResponseStream.
const (
	invokeVersion = "2015-03-31"
	streamVersion = "2021-11-15"
)

// domains returns the domain that the endpoints of a partition are in.
func domains(partition string) string {
	switch partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	case "aws-iso":
		return "c2s.ic.gov"
	case "aws-iso-b":
		return "sc2s.sgov.gov"
	case "aws-iso-e":
		return "cloud.adc-e.uk"
	case "aws-iso-f":
		return "csp.hci.ic.gov"
	}
	return "amazonaws.com"
}

// host is the host of the service's endpoint at AWS, and the region that
// signatures for it name.
func (u *ServiceURI) host() (host, region string) {
	domain, service := domains(u.Partition), u.Service
	if u.Partition == "aws" && globalServices[service] {
		return u.prefix() + service + "." + domain, "us-east-1"
	}
	if service == "states" && u.Action && strings.HasPrefix(u.Rest, "StartSyncExecution") {
		service = "sync-states" // the one operation with an endpoint of its own
	}
	return u.prefix() + service + "." + u.Region + "." + domain, u.Region
}

func (u *ServiceURI) prefix() string {
	if u.Subdomain == "" {
		return ""
	}
	return u.Subdomain + "."
}
