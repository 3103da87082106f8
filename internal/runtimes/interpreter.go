package runtimes

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An interpreter is a program of this machine that runs code of a language.
type interpreter struct {
	path    string
	version version
	asked   bool // and not known by the name of its directory alone
}

// A version is the major and the minor number of an interpreter.
type version [2]int

// A search is how the interpreters of a language are looked for.
type search struct {
	first []string // paths that are taken before any other, whatever their version
	names []string // in PATH, those that say the version first
	globs []string // where version managers install, below the home directory where they are relative
	ask   []string // arguments that make an interpreter print its version, a space and its path
	least version  // what our bootstrap runs with
	// wanted is compared by the numbers that the language's runtimes are named after:
	// Node.js says its major number alone.
	wanted version
	by     func(version) int
}

var errNone = errors.New("there is none")

// find looks for the interpreter whose version is the wanted one, or else for the
// nearest: the next newer before the next older.
func (m *Machine) find(s *search) (interpreter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := strings.Join(slices.Concat(s.first, s.names), "\x00")
	if at, ok := m.found[key]; ok {
		return at, nil
	}
	best, err := s.best()
	if err != nil {
		return interpreter{}, err
	}
	if m.found == nil {
		m.found = make(map[string]interpreter)
	}
	m.found[key] = best
	return best, nil
}

func (s *search) best() (interpreter, error) {
	for _, path := range s.first {
		if at, ok := s.query(path); ok {
			return at, nil
		}
	}
	var list []interpreter
	for _, name := range s.names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		at, ok := s.query(path)
		if ok && s.by(at.version) == s.by(s.wanted) {
			return at, nil
		}
		if ok {
			list = append(list, at)
		}
	}
	list = append(list, s.installed()...)
	slices.SortStableFunc(list, func(a, b interpreter) int { return cmp.Compare(s.distance(a.version), s.distance(b.version)) })
	for _, at := range list {
		if at.asked {
			return at, nil
		}
		if at, ok := s.query(at.path); ok {
			return at, nil
		}
	}
	return interpreter{}, errNone
}

// distance is how far a version is from the wanted one, an older one twice as far as a
// newer.
func (s *search) distance(v version) int {
	if d := s.by(v) - s.by(s.wanted); d >= 0 {
		return d
	}
	return 2 * (s.by(s.wanted) - s.by(v))
}

// versionInPath is a version in the name of a directory that a version manager made.
var versionInPath = regexp.MustCompile(`^v?([0-9]{1,2})(?:\.([0-9]{1,2}))?(?:[./\\-]|$)`)

// installed lists what version managers have installed, by the names of directories.
func (s *search) installed() (list []interpreter) {
	home, err := os.UserHomeDir()
	for _, glob := range s.globs {
		if !filepath.IsAbs(glob) {
			if err != nil {
				continue
			}
			glob = filepath.Join(home, glob)
		}
		paths, _ := filepath.Glob(glob)
		for _, path := range paths {
			if at := versionInPath.FindStringSubmatch(differing(glob, path)); at != nil {
				major, _ := strconv.Atoi(at[1])
				minor, _ := strconv.Atoi(at[2])
				list = append(list, interpreter{path: path, version: version{major, minor}})
			}
		}
	}
	return list
}

// differing is what of a path a pattern leaves open, with what follows it.
func differing(glob, path string) string {
	return path[min(strings.IndexByte(glob, '*'), len(path)):]
}

// ask runs a program that is to answer at once, in a directory and with more variables,
// and returns what it writes. It may be of the code's own, and is not told the gateway's
// settings and credentials.
func ask(path, dir string, env []string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, path, args...)
	c.Dir = dir
	c.WaitDelay = time.Second // what it starts may keep its output open
	c.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(v, "GATEHOUSE_")
	}), env...)
	return c.Output()
}

// query asks an interpreter for its version, and where it really is: what is in PATH may
// be a script that chooses one each time.
func (s *search) query(path string) (interpreter, bool) {
	out, err := ask(path, "", nil, s.ask...)
	said, real, ok := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !ok {
		return interpreter{}, false
	}
	numbers := strings.SplitN(said, ".", 3)
	if len(numbers) < 2 {
		return interpreter{}, false
	}
	major, err1 := strconv.Atoi(numbers[0])
	minor, err2 := strconv.Atoi(numbers[1])
	v := version{major, minor}
	if err1 != nil || err2 != nil || slices.Compare(v[:], s.least[:]) < 0 {
		return interpreter{}, false
	}
	return interpreter{real, v, true}, true
}
