package runtimes

import (
	"fmt"
	"path/filepath"
	"strconv"
)

// node is the launch of a handler in Node.js.
func (m *Machine) node(p *Program, wanted string) (*Launch, error) {
	major, _ := strconv.Atoi(wanted)
	at, err := m.find(&search{
		names: []string{"node" + wanted, "node", "nodejs"},
		globs: []string{
			".nvm/versions/node/v*/bin/node", ".local/share/fnm/node-versions/v*/installation/bin/node", ".volta/tools/image/node/*/bin/node",
			".asdf/installs/nodejs/*/bin/node", ".local/share/mise/installs/node/*/bin/node",
			"/opt/homebrew/opt/node@*/bin/node", "/usr/local/opt/node@*/bin/node", "/usr/local/n/versions/node/*/bin/node",
		},
		ask:    []string{"-p", "process.versions.node + ' ' + process.execPath"},
		least:  version{16, 0},
		wanted: version{major, 0},
		by:     func(v version) int { return v[0] },
	})
	if err != nil {
		return nil, fmt.Errorf("%s needs Node.js, and this machine has no node of version 16 or later in PATH or where version managers install: get it from https://nodejs.org, or by apt-get install nodejs or brew install node@%s", p.Runtime, wanted)
	}
	file, err := m.bootstrap("node.cjs")
	if err != nil {
		return nil, err
	}
	launch := &Launch{Args: []string{at.path, fmt.Sprintf("--max-old-space-size=%d", p.Memory*9/10), file}, bootstrap: "node.cjs"}
	packages := append(inLayers(p, "nodejs/node"+wanted+"/node_modules"), inLayers(p, "nodejs/node_modules")...)
	launch.Env = append(launch.Env, "NODE_PATH="+pathList(append(packages, filepath.Join(p.Dir, "node_modules"), p.Dir)))
	if at.version[0] != major {
		launch.Note = fmt.Sprintf("%s runs with Node.js %d (%s), the nearest version that is here", p.Runtime, at.version[0], at.path)
	}
	return launch.debugged(p), nil
}

// debugged has one of our bootstraps wait for a debugger.
func (l *Launch) debugged(p *Program) *Launch {
	if p.Debug != "" {
		l.Env = append(l.Env, "GATEHOUSE_DEBUG="+p.Debug)
	}
	return l
}
