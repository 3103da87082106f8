package control

import "github.com/gatehouse-gw/gatehouse/internal/wire"

// What this file refuses is valid for AWS and changes answers, and the data
// plane does not do it yet. Refusing is what keeps a setting from being
// stored and ignored. Settings that protect are not here: they are accepted,
// and the data plane closes the requests they concern.

// unserved names a setting and its value in a refusal.
func unserved(setting, value string) error {
	return wire.BadRequest("This server does not support %s %s yet", setting, wire.Truncated(value))
}
