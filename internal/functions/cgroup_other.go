//go:build !linux

package functions

import "log/slog"

// A cgroupHost is nothing here: only Linux has control groups.
type cgroupHost struct{}

var ownCgroups cgroupHost

func (*cgroupHost) ready(*slog.Logger) {}
