package runtimes

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// python is the launch of a handler in Python.
func (m *Machine) python(p *Program, wanted string) (*Launch, error) {
	minor, _ := strconv.Atoi(strings.TrimPrefix(wanted, "3."))
	at, err := m.find(&search{
		first: virtualEnvironments(p.Dir),
		names: []string{"python" + wanted, "python3", "python"},
		globs: []string{
			".pyenv/versions/*/bin/python3", ".local/share/uv/python/cpython-*/bin/python3", ".asdf/installs/python/*/bin/python3",
			".local/share/mise/installs/python/*/bin/python3", "/opt/homebrew/opt/python@*/libexec/bin/python3", "/usr/local/opt/python@*/libexec/bin/python3",
		},
		ask:    []string{"-c", "import sys; print('%d.%d %s' % (sys.version_info[:2] + (sys.executable,)))"},
		least:  version{3, 7},
		wanted: version{3, minor},
		by:     func(v version) int { return v[1] },
	})
	if err != nil {
		return nil, fmt.Errorf("%s needs Python, and this machine has no python3 of version 3.7 or later in PATH, in the project's .venv or where version managers install: get it from https://www.python.org, or by apt-get install python3, brew install python@%s or uv python install %s", p.Runtime, wanted, wanted)
	}
	packages := append(inLayers(p, "python/lib/python"+wanted+"/site-packages"), inLayers(p, "python")...)
	env := []string{"PYTHONPATH=" + pathList(packages), "PYTHONDONTWRITEBYTECODE=1"} // at Lambda, too, the code's directory stays as it is
	if p.Debug != "" {
		if _, err := ask(at.path, p.Dir, env, "-c", "import debugpy"); err != nil {
			return nil, fmt.Errorf("debugging needs debugpy, which %s has not: %s -m pip install debugpy", at.path, at.path)
		}
	}
	file, err := m.bootstrap("python.py")
	if err != nil {
		return nil, err
	}
	launch := &Launch{Args: []string{at.path, file}, Env: env, bootstrap: "python.py"}
	if at.version[1] != minor {
		launch.Note = fmt.Sprintf("%s runs with Python %d.%d (%s), the nearest version that is here", p.Runtime, at.version[0], at.version[1], at.path)
	}
	return launch.debugged(p), nil
}

// virtualEnvironments are the interpreters of environments that are made for the code:
// their packages are of their version, so that they go before one of the right version.
func virtualEnvironments(dir string) (paths []string) {
	at := filepath.Join("bin", "python3")
	if runtime.GOOS == "windows" {
		at = filepath.Join("Scripts", "python.exe")
	}
	for _, env := range []string{filepath.Join(dir, ".venv"), filepath.Join(dir, "venv"), os.Getenv("VIRTUAL_ENV")} {
		path := filepath.Join(env, at)
		if _, err := os.Stat(path); env != "" && err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}
