package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// Options are the settings of a Set.
type Options struct {
	// Region and Account are those of functions that are called by their names alone.
	Region, Account string
	// Environment returns what a function has beside what Lambda sets, such as
	// credentials, NAME=VALUE; its own variables go before. It is called when a worker is
	// started, which takes no call after until; zero is for ever. Nil for nothing.
	Environment func(*Config) (env []string, until time.Time)
	// Keeper makes the command of a process that calls Keep, which ends the workers
	// when the gateway is killed; nil for none.
	Keeper func() *exec.Cmd
	// Output gets what functions print, line by line, and must not wait; nil for nobody.
	Output func(*Line)
	// Events and Answers lend the memory for what functions are told and return; nil
	// lends without bounds.
	Events, Answers *httpmsg.Budget
	// Log is told what is wrong with workers that no call learns of; nil for nobody.
	Log *slog.Logger
}

// A Set is the functions of a gateway. It is safe for concurrent use.
type Set struct {
	options Options
	log     *slog.Logger
	marker  mark // the workers' marks begin with it
	machine runtimes.Machine
	spawner chan func()
	keeper  *keeper
	cgroups *cgroupHost // ownCgroups, but for tests

	initTime time.Duration // initTime, but for tests
	markless sync.Once     // tells that processes cannot be marked

	running sync.WaitGroup // workers
	stop    chan struct{}

	mu        sync.Mutex
	functions map[string]*Function // by what calls name them by
	all       []*Function          // those that retire are among them, until they have no workers
	begun     bool
	closed    bool

	toldOfMemory bool // that this system does not bound it
	marks        int
}

// New makes a set without functions. It starts nothing.
func New(o Options) *Set {
	if o.Events == nil {
		o.Events = httpmsg.NewBudget(0)
	}
	if o.Answers == nil {
		o.Answers = httpmsg.NewBudget(0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Set{options: o, log: o.Log, marker: newSetMark(), functions: make(map[string]*Function), cgroups: &ownCgroups, stop: make(chan struct{}), initTime: initTime}
	s.keeper = &keeper{command: o.Keeper, marker: s.marker, log: s.log}
	return s
}

// Prepare makes the functions of a configuration, whose keys are what calls name them
// by. Those whose configuration is as it was stay, with their workers. commit takes
// the new ones in and has those retire that are no more; without it nothing has
// changed. A *ConfigError says which function cannot run on this machine, and why. A
// configuration under two keys is one function.
func (s *Set) Prepare(configs map[string]*Config) (functions map[string]*Function, commit func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	functions = make(map[string]*Function, len(configs))
	made := make(map[*Config]*Function, len(configs))
	for _, key := range slices.Sorted(maps.Keys(configs)) {
		c := *configs[key]
		c.Complete()
		f := made[configs[key]]
		if known := s.functions[key]; f == nil && known != nil && reflect.DeepEqual(known.config, c) {
			f = known
		}
		if f == nil {
			if f, err = s.newFunction(&c); err != nil {
				return nil, nil, &ConfigError{key, err}
			}
		}
		functions[key], made[configs[key]] = f, f
	}
	return functions, func() { s.take(functions) }, nil
}

// A ConfigError says what is wrong with a function of a configuration.
type ConfigError struct {
	Key string // what calls name it by
	Err error
}

// Error implements error.
func (e *ConfigError) Error() string { return e.Key + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *ConfigError) Unwrap() error { return e.Err }

// newFunction finds out how a function's workers are started.
func (s *Set) newFunction(c *Config) (*Function, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	switch info, err := os.Stat(c.Program.Dir); {
	case err != nil:
		return nil, fmt.Errorf("dir: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("dir: %s is no directory", c.Program.Dir)
	}
	launch, err := s.machine.Launch(&c.Program)
	if err != nil {
		return nil, err
	}
	return &Function{set: s, config: *c, launch: launch, workers: make(map[*worker]struct{})}, nil
}

// take makes functions those of the set.
func (s *Set) take(functions map[string]*Function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, stay := distinct(s.functions), distinct(functions)
	for f := range before {
		if !stay[f] {
			f.retire()
		}
	}
	s.all = slices.DeleteFunc(s.all, (*Function).over)
	if len(functions) > 0 {
		s.cgroups.ready(s.log)
	}
	if !holdsMemory && len(functions) > 0 && !s.toldOfMemory {
		s.toldOfMemory = true
		s.log.Warn("the memory of functions is not bounded on this system, but by what their runtimes are told", "system", runtime.GOOS)
	}
	for f := range stay {
		if slices.Contains(s.all, f) {
			continue
		}
		s.all = append(s.all, f)
		if f.launch.Note != "" {
			s.log.Warn("a function runs otherwise than at Lambda", "function", f.config.Name, "reason", f.launch.Note)
		}
	}
	s.functions = functions
}

// distinct are functions, each of them once.
func distinct(functions map[string]*Function) map[*Function]bool {
	all := make(map[*Function]bool, len(functions))
	for _, f := range functions {
		all[f] = true
	}
	return all
}

// Functions returns the functions by what calls name them by.
func (s *Set) Functions() map[string]*Function {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.functions)
}

// closeTime bounds how long Close waits for killed processes to be gone.
const closeTime = 5 * time.Second

// Close kills the workers with all that they have started. Calls that they do fail.
func (s *Set) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	all := slices.Clone(s.all)
	s.mu.Unlock()
	for _, f := range all {
		f.kill()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	gone := make(chan struct{})
	go func() { s.running.Wait(); close(gone) }()
	var err error
	select {
	case <-gone:
	case <-ctx.Done():
		err = errors.New("workers of functions do not end")
	}
	close(s.stop)
	s.keeper.close()
	return errors.Join(err, s.machine.Close())
}

// begin readies the set for another worker of a function, whose mark it returns.
func (s *Set) begin(f *Function) (mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, errClosed
	}
	if !s.begun {
		s.begun = true
		s.spawner = make(chan func())
		go s.runSpawner()
		go s.watchMemory()
	}
	if !slices.Contains(s.all, f) { // it has retired, and its caller had found it before
		s.all = append(s.all, f)
	}
	s.marks++
	return s.marker.worker(s.marks), nil
}
