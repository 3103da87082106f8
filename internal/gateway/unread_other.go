//go:build !unix

package gateway

import "errors"

// canRest reports whether awaitInput can be used.
func (g *guest) canRest() bool { return false }

// awaitInput is not known how to do here.
func (g *guest) awaitInput() error { return errors.ErrUnsupported }

// hasUnread is not known here: what a client sends in the moment when its idle
// connection is closed may be lost.
func (g *guest) hasUnread() bool { return false }
