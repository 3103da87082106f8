package lambda

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// A live is a function as it is called: what its records say, without a look at them. It
// is never changed, but for what counts.
type live struct {
	ref      reference
	reserved *int
	versions map[string]*runnable
	aliases  map[string]*alias
	policies map[string][]statement // by qualifier
	active   *atomic.Int64          // calls at work of all versions
}

// A runnable is one version of a function, made ready to run when it is first called.
type runnable struct {
	service *Service
	ref     reference // with the version's number as the qualifier
	version version
	most    int // calls at once

	mu      sync.Mutex
	fn      *functions.Function // nil until it is ready
	retired bool                // another has its place: it is not made ready any more
}

// find returns a function, nil where there is none.
func (s *Service) find(ref reference) *live { return (*s.index.Load())[ref.arn()] }

// load has what is served of a function be what its records say.
func (s *Service) load(ctx context.Context, ref reference) error {
	ref.qualifier = ""
	s.loading.Lock()
	defer s.loading.Unlock()
	old := s.find(ref)
	fresh, err := s.readLive(context.WithoutCancel(ctx), ref, old)
	if err != nil {
		return fmt.Errorf("load the function %s: %w", ref.arn(), err)
	}
	index := maps.Clone(*s.index.Load())
	if fresh == nil {
		delete(index, ref.arn())
	} else {
		index[ref.arn()] = fresh
	}
	s.index.Store(&index)
	if old != nil {
		for number, r := range old.versions {
			if fresh == nil || fresh.versions[number] != r {
				r.retire()
			}
		}
	}
	return nil
}

// readLive reads the records of a function, nil where there is none. Versions that are as
// they were stay, with their workers.
func (s *Service) readLive(ctx context.Context, ref reference, old *live) (out *live, err error) {
	err = s.records.Read(ctx, ref.account, ref.region, func(tx *records.Tx) error {
		f, err := functionKind.Get(tx, ref.name)
		if err != nil || f == nil {
			return err
		}
		out = &live{ref: ref, reserved: f.Reserved, versions: make(map[string]*runnable), aliases: make(map[string]*alias), policies: make(map[string][]statement), active: new(atomic.Int64)}
		if old != nil {
			out.active = old.active
		}
		out.add(s, old, latest, &f.Latest)
		numbered, _, err := versionKind.List(tx, records.Prefix(ref.name), "", 0)
		if err != nil {
			return err
		}
		for _, v := range numbered {
			n, _ := strconv.Atoi(records.Last(v.ID))
			out.add(s, old, strconv.Itoa(n), v.Record)
		}
		named, _, err := aliasKind.List(tx, records.Prefix(ref.name), "", 0)
		if err != nil {
			return err
		}
		for _, a := range named {
			out.aliases[records.Last(a.ID)] = a.Record
		}
		kept, _, err := policyKind.List(tx, records.Prefix(ref.name), "", 0)
		for _, p := range kept {
			out.policies[records.Last(p.ID)] = p.Record.Statements
		}
		return err
	})
	return out, err
}

// add adds a version.
func (l *live) add(s *Service, old *live, number string, v *version) {
	ref := l.ref
	ref.qualifier = number
	r := &runnable{service: s, ref: ref, version: *v, most: functions.DefaultConcurrency}
	if l.reserved != nil {
		r.most = max(1, *l.reserved)
	}
	if old != nil {
		if was := old.versions[number]; was != nil && was.most == r.most && reflect.DeepEqual(was.version, r.version) {
			r = was
		}
	}
	l.versions[number] = r
}

// key is what the Set knows a version by.
func (r *runnable) key() string { return r.ref.qualified() }

// errRetired says that a version was changed or deleted after it was found.
var errRetired = errors.New("the version has been replaced")

// ready returns the function that runs the version. errRetired says that another has
// taken its place since it was found: made ready again, it would take the other's key.
func (r *runnable) ready(ctx context.Context) (*functions.Function, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.retired:
		return nil, errRetired
	case r.fn != nil:
		return r.fn, nil
	}
	config, err := r.config(context.WithoutCancel(ctx)) // it is for the calls behind this one, too
	if err == nil {
		r.fn, err = r.service.Set.Add(r.key(), config)
	}
	if err == nil && r.version.Code.Dir != "" && r.service.Changed != nil {
		r.service.Changed()
	}
	return r.fn, err
}

// config is what the version is made of, with its code unpacked.
func (r *runnable) config(ctx context.Context) (*functions.Config, error) {
	v := &r.version
	dir, err := r.service.directory(ctx, r.ref, &v.Code)
	if err != nil {
		return nil, err
	}
	c := &functions.Config{
		Name: r.ref.name, Version: r.ref.qualifier, Region: r.ref.region, Account: r.ref.account, Role: v.Role, Environment: v.Environment,
		Program: runtimes.Program{Runtime: v.Runtime, Handler: v.Handler, Dir: dir, Memory: v.Memory},
		Timeout: time.Duration(v.Timeout) * time.Second, Concurrency: r.most,
	}
	if v.Code.Dir != "" {
		c.Code = []string{dir}
	}
	return c, nil
}

// retire has what runs the version end behind its calls.
func (r *runnable) retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retired = true
	if r.fn != nil {
		r.service.Set.Retire(r.key(), r.fn)
	}
	r.service.collect(r.fn, r.version.Code.SHA)
	r.fn = nil
}

var errGone = errors.New("the code is in no directory")

// directory is where a code is on the disk. An archive is unpacked when it is first
// asked for, beside, and is there when it is whole.
func (s *Service) directory(ctx context.Context, ref reference, c *code) (string, error) {
	if c.Dir != "" {
		info, err := os.Stat(c.Dir)
		if err == nil && !info.IsDir() {
			err = errGone
		}
		return c.Dir, err
	}
	s.placing.Lock()
	defer s.placing.Unlock()
	if err := s.makeDir(); err != nil {
		return "", err
	}
	dir := filepath.Join(s.Dir, c.SHA)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	archive, err := s.archive(ctx, ref, c)
	if err != nil {
		return "", err
	}
	return dir, s.place(archive, dir)
}

// makeDir makes the directory of all code. The caller holds s.placing.
func (s *Service) makeDir() (err error) {
	if s.Dir == "" {
		s.Dir, err = os.MkdirTemp("", "gatehouse-functions-")
		return err
	}
	return os.MkdirAll(s.Dir, 0o700)
}

// place unpacks an archive into a directory of its own, where none of it is yet.
func (s *Service) place(archive []byte, dir string) error {
	part, err := os.MkdirTemp(s.Dir, "part-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(part) }() // of what has been renamed there is nothing left
	if err := unpack(archive, part, maxUnpacked); err != nil {
		return err
	}
	return os.Rename(part, dir)
}

// lookEvery is how often it is looked whether a function that retires still runs.
const lookEvery = time.Second

// collect removes the directory of an archive that no version has any more, when the
// function that ran it has no workers. f is nil where it was never called.
func (s *Service) collect(f *functions.Function, sha string) {
	if sha == "" {
		return
	}
	s.events.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for f != nil && works(f) {
			select {
			case <-tick.C:
			case <-s.ending.Done():
				return // Close removes all
			}
		}
		s.clean(sha)
	})
}

// works reports whether a function has workers.
func works(f *functions.Function) bool {
	all, _ := f.Workers()
	return all > 0
}

// clean removes the directory of an archive that no version has.
func (s *Service) clean(sha string) {
	s.placing.Lock()
	defer s.placing.Unlock()
	if s.Dir != "" && !s.uses(sha) {
		_ = os.RemoveAll(filepath.Join(s.Dir, sha)) // else the next start removes it
	}
}

// uses reports whether a version has an archive.
func (s *Service) uses(sha string) bool {
	for _, l := range *s.index.Load() {
		for _, r := range l.versions {
			if r.version.Code.SHA == sha {
				return true
			}
		}
	}
	return false
}
