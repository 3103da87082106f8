//go:build !linux

package lineartest

import "time"

var epoch = time.Now()

// spent returns the time of the clock, since other systems count differently.
func spent() time.Duration { return time.Since(epoch) }
