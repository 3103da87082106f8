package pipeline

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// An outgoing is a request that a call sends, with what it is made of. A call that
// asks another backend beside its integration has one for each, so that neither
// changes the other.
type outgoing struct {
	integration.Request
	endpoint *integration.Endpoint
	paths    []target.Value // what fills in the URI
	target   []byte         // buffer of Target
	body     []byte         // buffer of Body
}

// reset empties o. Its buffers keep their memory, unless a large call made them
// grow.
func (o *outgoing) reset() {
	*o = outgoing{
		Request: integration.Request{Header: emptied(o.Header)},
		paths:   emptied(o.paths), target: unlessLarge(o.target), body: unlessLarge(o.body),
	}
}

// aim fills in the URI of a target and decides the endpoint, and the request
// target as far as the definition and its variables say it.
func (o *outgoing) aim(t *target.Target) error {
	endpoint, dst, err := t.Resolve(o.target[:0], o.paths)
	if errors.Is(err, target.ErrMisleads) {
		return badRequest(err)
	}
	if missing, ok := errors.AsType[*target.ConfigError](err); ok {
		return configurationError(missing.Reason, nil).at(missing.Field)
	}
	if err != nil {
		return configurationError("Invalid endpoint address", err).at(uriField)
	}
	o.endpoint, o.target = endpoint, dst
	return nil
}
