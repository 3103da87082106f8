package runtimes

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
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
	// Debug is the address, HOST:PORT, at which the program waits for a debugger before
	// it loads the code; "" for no debugger.
	Debug string
}

// A Launch is how a program is started.
type Launch struct {
	Args []string // the command line; the first is a path
	Env  []string // NAME=VALUE: what the runtime needs beside what every function has
	Note string   // what the user should know, such as that another version is used; "" for nothing

	bootstrap string // the embedded program that is the last of Args; "" for none
}

var (
	errNoCommand = errors.New("needs runtime, such as nodejs22.x, or command, a program that speaks Lambda's Runtime API")
	errTwo       = errors.New("has both runtime and command; a function has one of them")
	// ErrNUL is that of a text which no program can be given.
	ErrNUL   = errors.New("holds a NUL byte, which no variable and no argument of a program can hold")
	errDebug = errors.New("debugging is for functions in Node.js, Python and Java; start another program's debugger by its command")
)

// Check reports what of a program contradicts itself, whatever this machine has.
func (p *Program) Check() error {
	for name, texts := range map[string][]string{"handler": {p.Handler}, "dir": {p.Dir}, "command": p.Command, "layers": p.Layers} {
		if strings.ContainsRune(strings.Join(texts, ""), 0) {
			return fmt.Errorf("%s: %w", name, ErrNUL)
		}
	}
	switch {
	case p.Runtime == "" && len(p.Command) == 0:
		return errNoCommand
	case p.Runtime != "" && len(p.Command) > 0:
		return errTwo
	case p.Runtime == "":
		return nil
	}
	l, err := p.language()
	if err == nil && l.handler != "" && p.Handler == "" {
		err = fmt.Errorf("the runtime %s needs handler, such as %s", p.Runtime, l.handler)
	}
	return err
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
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	return &Launch{Args: append([]string{path}, p.Command[1:]...)}, nil
}
