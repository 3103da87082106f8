//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

// errUnix says that PostgreSQL is run for tests on Unix alone.
var errUnix = errors.New("tests with PostgreSQL need Unix")

func giveAway(string) error { return errUnix }

func asUser(*exec.Cmd) {}

func (s *Server) kill() error   { return errUnix }
func (s *Server) pause() error  { return errUnix }
func (s *Server) resume() error { return errUnix }
