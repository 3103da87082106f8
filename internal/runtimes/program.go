package runtimes

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// A Program is the code of a function, as its configuration names it.
type Program struct {
	// Runtime is Lambda's name of what runs the code, such as nodejs22.x; "" where
	// Command is set.
	Runtime string
	// Command is the command line of a program that speaks the Runtime API by itself.
	// A name without a slash is looked for in PATH, any other one from Dir.
	Command []string
	// Handler is what of the code is called, in the runtime's form, such as
	// index.handler. A program of Command finds it in its environment.
	Handler string
	// Dir is the directory of the code, an absolute path: the working directory of
	// the program.
	Dir string
	// Layers are the directories that Lambda lays over each other at /opt, the last on
	// top, as absolute paths.
	Layers []string
	// Memory is how many MiB the program may use.
	Memory int
}

// A Launch is how a program is started.
type Launch struct {
	Args []string // the command line; the first is a path
	Env  []string // NAME=VALUE: what the runtime needs beside what every function has
	Note string   // what the user should know, such as that another version is used; "" for nothing
}

var (
	errNoCommand = errors.New("needs runtime, such as nodejs22.x, or command, a program that speaks Lambda's Runtime API")
	errTwo       = errors.New("has both runtime and command; a function has one of them")
)

// Check reports what of a program contradicts itself, whatever this machine has.
func (p *Program) Check() error {
	switch {
	case p.Runtime == "" && len(p.Command) == 0:
		return errNoCommand
	case p.Runtime != "" && len(p.Command) > 0:
		return errTwo
	case p.Runtime != "":
		return fmt.Errorf("the runtime %q is unknown", p.Runtime)
	}
	return nil
}

// Launch finds how a program is started on this machine. scratch is a directory for
// files that the runtime needs; it stays for as long as programs run. An error says
// what is missing, and how to get it. Both are to be found out when a function is
// configured, and not by each start.
func (p *Program) Launch(scratch string) (*Launch, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return p.command()
}

// command is the launch of a program that speaks the Runtime API by itself.
func (p *Program) command() (*Launch, error) {
	name := p.Command[0]
	if filepath.Base(name) != name && !filepath.IsAbs(name) {
		name = filepath.Join(p.Dir, name)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	return &Launch{Args: append([]string{path}, p.Command[1:]...)}, nil
}
