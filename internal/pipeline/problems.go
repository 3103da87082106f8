package pipeline

import (
	"errors"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// Problems lists what cannot work under the stage's settings and this server's,
// beside what cannot work anywhere.
func (s *Stage) Problems() []Problem {
	var out []Problem
	if id := s.settings.ClientCertificateID; id != "" {
		const field = "clientCertificateId"
		expires, err := s.services.Backends.Certificate(s.settings)
		if err != nil { // no call leaves the stage
			return []Problem{{Field: field, Text: err.Error()}}
		}
		if time.Now().After(expires) {
			out = append(out, Problem{Field: field, Text: "client certificate " + id + " expired on " + expires.Format(time.DateOnly)})
		}
	}
	for _, m := range s.program.methods {
		if m.uri == nil || m.service && !m.uri.HasStageVariable() {
			continue
		}
		err := s.target(m).Check()
		if err == nil {
			continue
		}
		field := uriField
		if missing, ok := errors.AsType[*target.ConfigError](err); ok {
			field = missing.Field
		}
		out = append(out, Problem{Resource: m.resourcePath, Method: m.verb, Field: field, Text: err.Error()})
	}
	return out
}
