package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A standIn is where the calls of services go in place of AWS.
type standIn struct {
	url      string
	endpoint *Endpoint
	base     string // path of the URL, without the last slash
}

// standIns are those of single services, by the name that URIs have for them, and of
// all others.
type standIns struct {
	services map[string]*standIn
	others   *standIn // nil is AWS
}

// newStandIns reads the URLs of options.
func newStandIns(o *AWSOptions) (in standIns, err error) {
	if o.EndpointURL != "" {
		if in.others, err = newStandIn(o.EndpointURL); err != nil {
			return in, fmt.Errorf("the endpoint URL of AWS: %w", err)
		}
	}
	in.services = make(map[string]*standIn, len(o.Endpoints))
	for _, service := range slices.Sorted(maps.Keys(o.Endpoints)) {
		if in.services[service], err = newStandIn(o.Endpoints[service]); err != nil {
			return in, fmt.Errorf("the endpoint URL of %s: %w", service, err)
		}
	}
	return in, nil
}

// Places are the names of the functions and of the services that have a URL of their
// own, sorted.
func (a *AWS) Places() (functions, services []string) {
	return slices.Sorted(maps.Keys(a.functions)), slices.Sorted(maps.Keys(a.standIns.services))
}

func newStandIn(url string) (*standIn, error) {
	ep, path, err := parseBase(url)
	if err != nil {
		return nil, err
	}
	return &standIn{url, ep, strings.TrimSuffix(path, "/")}, nil
}

// of returns what stands in for a service, nil where AWS itself is called.
func (in *standIns) of(service string) *standIn {
	if own := in.services[service]; own != nil {
		return own
	}
	return in.others
}

// take has a service called where it has its stand-in.
func (at *standIn) take(s *Service, u *ServiceURI) {
	s.Endpoint, s.Target, s.standIn = at.endpoint, at.base+s.Target, true
	if u.Subdomain != "" { // the host is the one thing that carries it
		s.host = u.prefix() + u.Service + "." + at.endpoint.Authority()
	}
}
