//go:build !linux

package store

import (
	"testing"
	"time"
)

func cpu() time.Duration { return 0 }

func mount(t *testing.T, _ string, _ int) { t.Skip("mounts only on Linux") }

func mountReadOnly(*testing.T, string) {}
