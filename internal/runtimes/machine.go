package runtimes

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Machine is this computer with the interpreters that it has. It remembers what it
// has found, and many goroutines may use it. The zero value is ready.
type Machine struct {
	// Scratch is a directory for files that programs are started with, to which only the
	// user of this process may write. "" has one made when it is needed.
	Scratch string

	mu        sync.Mutex
	temporary bool                   // Close removes Scratch
	found     map[string]interpreter // by what was looked for
}

// Launch finds how a program is started on this machine. An error says what is missing
// and how to get it. It may take a second, and is for the time when a function is
// configured: a launch can be used as often as the function is started.
func (m *Machine) Launch(p *Program) (*Launch, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	launch, err := m.launch(p)
	if err != nil {
		return nil, err
	}
	launch.Env = append(launch.Env, layerPaths(p)...)
	return launch, nil
}

func (m *Machine) launch(p *Program) (*Launch, error) {
	if p.Runtime == "" {
		if p.Debug != "" {
			return nil, errDebug
		}
		return p.command()
	}
	l, err := p.language()
	if err != nil {
		return nil, err
	}
	return l.launch(m, p, l.runtime.FindStringSubmatch(p.Runtime)[1])
}

// layerPaths are the variables by which the programs and libraries of layers are found,
// as those below /opt are at Lambda.
func layerPaths(p *Program) (env []string) {
	if bin := inLayers(p, "bin"); len(bin) > 0 {
		env = append(env, "PATH="+pathList(append(bin, os.Getenv("PATH"))))
	}
	if lib := inLayers(p, "lib"); len(lib) > 0 {
		env = append(env, "LD_LIBRARY_PATH="+pathList(append([]string{p.Dir, filepath.Join(p.Dir, "lib")}, lib...)))
	}
	return env
}

// inLayers are the directories of a name that the layers have, the topmost first.
func inLayers(p *Program, name string) (dirs []string) {
	for i := len(p.Layers) - 1; i >= 0; i-- {
		dir := filepath.Join(p.Layers[i], filepath.FromSlash(name))
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func pathList(dirs []string) string { return strings.Join(dirs, string(os.PathListSeparator)) }
