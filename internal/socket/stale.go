package socket

import "errors"

// ErrStale says that a kept connection is of no use: the other side has closed it, or has
// said something that nobody asked for.
var ErrStale = errors.New("the kept connection has been closed, or talks unasked")
