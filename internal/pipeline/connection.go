package pipeline

import (
	"crypto/tls"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A route is an endpoint by way of a VPC link's addresses.
type route struct {
	upstream *integration.Upstream
	endpoint *integration.Endpoint
}

// newHTTPTarget resolves the integration of a method under the stage's
// settings.
func (s *Stage) newHTTPTarget(m *Method) *target {
	config, err := s.tlsConfig(m.insecure)
	if err != nil {
		return &target{err: err}
	}
	t := newTarget(m.uri, s.settings.Variables, config)
	if m.connection != nil {
		t.backends, t.linkID = s.services.Backends, m.connection.withStage(s.settings.Variables).text
		t.link = snapshot.OfAccount(s.settings.Account, s.settings.Region, t.linkID)
	}
	return t
}

// tlsConfig returns the settings of handshakes, nil for the usual ones. A
// certificate that the stage names and that is not there closes all backends:
// they count on it.
func (s *Stage) tlsConfig(insecure bool) (*tls.Config, error) {
	id := s.settings.ClientCertificateID
	switch {
	case id != "":
		c := s.services.Backends.certificate(snapshot.OfAccount(s.settings.Account, s.settings.Region, id))
		if c == nil {
			return nil, &refusal{"clientCertificateId", "client certificate " + id + " does not exist"}
		}
		return c.config(insecure), nil
	case insecure:
		return insecureTLS, nil
	}
	return nil, nil
}

// through returns the way to an endpoint: the endpoint itself or, where the
// integration takes a VPC link, the one by way of the link's addresses.
func (t *target) through(endpoint *integration.Endpoint) (*integration.Endpoint, error) {
	if t.link == "" {
		return endpoint, nil
	}
	upstream, err := t.backends.through(t.link, t.linkID)
	if err != nil {
		return nil, err
	}
	if endpoint != t.endpoint { // a path variable chose the host
		return endpoint.Via(upstream), nil
	}
	r := t.route.Load()
	if r == nil || r.upstream != upstream {
		r = &route{upstream, endpoint.Via(upstream)}
		t.route.Store(r)
	}
	return r.endpoint, nil
}

// Problems lists what cannot work under the stage's settings and this server's,
// beside what cannot work anywhere.
func (s *Stage) Problems() []Problem {
	var out []Problem
	if id := s.settings.ClientCertificateID; id != "" {
		c := s.services.Backends.certificate(snapshot.OfAccount(s.settings.Account, s.settings.Region, id))
		switch {
		case c == nil:
			return []Problem{{Field: "clientCertificateId", Text: "client certificate " + id + " does not exist"}}
		case time.Now().After(c.expires):
			out = append(out, Problem{Field: "clientCertificateId", Text: "client certificate " + id + " expired on " + c.expires.Format(time.DateOnly)})
		}
	}
	for _, m := range s.program.methods {
		if m.uri == nil || m.service && !strings.Contains(m.uri.text, stageVariableOpen) {
			continue
		}
		t := s.target(m)
		field, err := uriField, t.err
		if err == nil && t.link != "" {
			field = connectionField
			_, err = t.backends.through(t.link, t.linkID)
		}
		if err != nil {
			out = append(out, Problem{Resource: m.resourcePath, Method: m.verb, Field: field, Text: err.Error()})
		}
	}
	return out
}
