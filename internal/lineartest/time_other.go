//go:build !linux

package lineartest

import "time"

var epoch = time.Now()

// threadTime returns the time of the clock: other systems do not count that of a
// thread.
func threadTime() time.Duration { return time.Since(epoch) }
