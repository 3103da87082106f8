package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// servedFiles are the APIs of --api: each is deployed from its file, at the start, at
// SIGHUP and, with --watch, when the file changes, and nobody else changes it.
type servedFiles struct {
	server *server

	mu   sync.Mutex // of deploy
	all  []*servedFile
	last config // that was deployed
}

// A servedFile is one of them.
type servedFile struct {
	*described
	given apiFile
	log   *slog.Logger
	stop  context.CancelFunc // of its watching
	good  bool               // what the file said when it was read last is deployed; guarded by described.mu
}

// deploy deploys what the configuration names, and ends the service of what it does
// not name any more. A file that is wrong keeps what was deployed of it before; the
// error tells of the first.
func (s *servedFiles) deploy(ctx context.Context, c *config) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = *c
	return s.deployAll(ctx, c)
}

// again deploys what has been deployed before, because all is gone. What it does not
// come to is deployed at the next SIGHUP.
func (s *servedFiles) again(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		f.forget()
	}
	err := s.deployAll(ctx, &s.last)
	if err != nil {
		s.server.log.Error("API file is wrong: it is not served", "error", err)
	}
	return err
}

// deployAll is deploy. The caller holds s.mu.
func (s *servedFiles) deployAll(ctx context.Context, c *config) error {
	list, err := c.apiFiles()
	if err != nil {
		return err
	}
	have, err := s.server.control.FileAPIs(ctx)
	if err != nil || len(list)+len(have)+len(s.all) == 0 {
		return err
	}
	problems := []error{s.drop(ctx, c, list, have)}
	old := s.all
	s.all = nil
	for _, a := range list {
		var former *servedFile
		if i := slices.IndexFunc(old, func(f *servedFile) bool { return f.given.id == a.id }); i >= 0 {
			former = old[i]
		}
		f, err := s.keep(ctx, c, former, a)
		if f != nil {
			s.all, a = append(s.all, f), f.given
		}
		if err != nil {
			problems = append(problems, &fileError{a, err})
		}
	}
	for _, f := range old {
		if !slices.Contains(s.all, f) {
			f.stop()
		}
	}
	return errors.Join(append(problems, s.publish(ctx, list))...)
}

// A fileError is what is wrong with a file of --api.
type fileError struct {
	of  apiFile // as the API is served, if it is
	err error
}

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// redeploy deploys what the configuration names, and logs what is wrong with it.
func (s *servedFiles) redeploy(ctx context.Context, c *config) {
	err := s.deploy(ctx, c)
	joined, ok := err.(interface{ Unwrap() []error })
	if err != nil && !ok {
		s.server.log.Error("API files are not deployed again", "error", err)
	}
	if !ok {
		return
	}
	who := &wire.Caller{Account: c.Account, Region: c.Region}
	for _, err := range joined.Unwrap() {
		var wrong *fileError
		if !errors.As(err, &wrong) {
			s.server.log.Error("API files are not deployed again", "error", err)
			continue
		}
		s.server.log.Error("API file is wrong: "+s.left(ctx, who, wrong.of.id, wrong.of.stage), "api", wrong.of.id, "error", err)
	}
}

// left says what is served of an API whose file is wrong.
func (s *servedFiles) left(ctx context.Context, who *wire.Caller, api, stage string) string {
	if _, err := s.server.control.GetStage(ctx, who, &wire.GetStageRequest{RestAPIID: api, StageName: stage}); err != nil {
		return "it is not served"
	}
	return "what was deployed of it before is still served"
}

// drop ends the service of those APIs of files that the configuration does not list
// any more.
func (s *servedFiles) drop(ctx context.Context, c *config, listed []apiFile, have []control.FileAPI) error {
	for _, api := range have {
		who := &wire.Caller{Account: api.Account, Region: api.Region}
		if api.Account == c.Account && api.Region == c.Region &&
			slices.ContainsFunc(listed, func(a apiFile) bool { return a.id == api.ID }) {
			continue
		}
		if _, err := s.server.control.DeleteRestAPI(ctx, who, &wire.DeleteRestAPIRequest{RestAPIID: api.ID}); err != nil {
			return fmt.Errorf("API %s, whose file is not listed any more: %w", api.ID, plainAnswer(err))
		}
		s.server.log.Info("an API whose file is not listed any more is gone", "api", api.ID, "file", api.File)
	}
	return nil
}

// keep deploys one file. former is what there is of the API, nil for nothing: it stays
// where the configuration says the same of it, and where what it says cannot be done.
func (s *servedFiles) keep(ctx context.Context, c *config, former *servedFile, a apiFile) (*servedFile, error) {
	f := former
	if f == nil || f.given != a {
		if err := refuseTemplate(a.file); err != nil {
			return former, err
		}
		d, err := newDescribed(s.server, a.file, a.id, a.stage, serveRefs)
		if err != nil {
			return former, err
		}
		d.upstream = a.upstream
		f = &servedFile{described: d, given: a, log: s.server.log, stop: func() {}}
	}
	for _, line := range f.links(ctx, c.VPCLinks) {
		s.server.log.Warn(line)
	}
	if err := s.server.control.KeepFileAPI(ctx, f.who, a.id, a.file); err != nil {
		return former, fmt.Errorf("%s: %w", a.file, plainAnswer(err))
	}
	if f.unchanged() {
		return f, nil
	}
	err := f.deploy(ctx)
	if err != nil && former != nil {
		return former, err
	}
	if c.Watch && f != former {
		var watching context.Context
		watching, f.stop = context.WithCancel(s.server.background)
		go watch(watching, newNotifier(), f)
	}
	return f, err
}

// plainAnswer is an error without the type that clients get.
func plainAnswer(err error) error {
	var answer *wire.Error
	if errors.As(err, &answer) {
		return errors.New(answer.Message)
	}
	return err
}

// deploy reads the file and deploys it. The log has what of it is not served as the
// file says; the error has the first thing that is wrong.
func (f *servedFile) deploy(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	begin := time.Now()
	r := f.read(ctx)
	f.good = false
	if r.refused {
		if len(r.wrong) == 0 {
			r.wrong = f.problems(errors.New(strings.Join(r.def.Errors, "; ")))
		}
		more := ""
		if n := len(r.wrong) - 1; n > 0 {
			more = fmt.Sprintf(", and %s (gatehouse check %s tells all)", count(n, "more error", "more errors"), f.file)
		}
		return fmt.Errorf("%s%s", r.wrong[0], more)
	}
	if err := f.server.control.KeepFileStage(ctx, f.who, f.api, f.stage); err != nil {
		return fmt.Errorf("%s: %w", f.file, plainAnswer(err))
	}
	f.good = true
	f.tell(r)
	f.log.Info("API file deployed", "api", f.api, "file", f.file, "stage", f.stage, "routes", len(r.routes), "duration", time.Since(begin).Round(time.Millisecond))
	return nil
}

// tell logs what of a reading is not served as the file says.
func (f *servedFile) tell(r *reading) {
	for _, finding := range r.def.Findings {
		if finding.Concern != openapi.Detail {
			f.log.Warn("API file: "+finding.Text, "api", f.api, "at", finding.Position.String())
		}
	}
	if len(r.def.UsagePlans) > 0 {
		at, _ := r.def.Locate("#/" + openapi.UsagePlansKey)
		f.log.Warn("API file: "+openapi.UsagePlansKey+" has no effect here: methods that require an API key answer 403 until keys and usage plans are made through the API",
			"api", f.api, "at", at.String())
	}
	if reason := mockReason(r.routes); reason != "" {
		f.log.Warn("API file: "+reason, "api", f.api, "file", f.file)
	}
	for _, reason := range closedReasons(r.routes) {
		f.log.Warn("API file: "+reason, "api", f.api, "file", f.file)
	}
}

// unchanged reports whether what the file says is deployed.
func (f *servedFile) unchanged() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.good && same(look(slices.Collect(maps.Keys(f.files))), f.files)
}

// forget has the file deployed when it is looked at next, though it has not changed.
func (f *servedFile) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.good = false
}

// reload is for watch.
func (f *servedFile) reload(ctx context.Context) {
	if err := f.deploy(ctx); err != nil {
		f.log.Error("API file is wrong: "+f.server.files.left(ctx, f.who, f.api, f.stage), "api", f.api, "error", err)
	}
}

// publish tells the gateway of the base paths, and the control plane which APIs nobody
// changes: those that the store says are of files, whatever became of these. A base
// path that an API has from before goes to the one for which it is listed now.
func (s *servedFiles) publish(ctx context.Context, listed []apiFile) error {
	var bases []gateway.Base
	for _, f := range s.all {
		taken := slices.ContainsFunc(listed, func(a apiFile) bool { return a.based && a.base == f.given.base && a.id != f.api })
		if f.given.based && !taken {
			bases = append(bases, gateway.Base{Path: f.given.base, API: f.api, Stage: f.stage})
		}
	}
	s.server.gateway.SetBases(bases)
	have, err := s.server.control.FileAPIs(ctx)
	if err != nil {
		return err
	}
	files := make(map[string]string, len(have))
	for _, api := range have {
		files[api.ID] = api.File
	}
	s.server.readOnly.files.Store(&files)
	return nil
}

// announce prints where the APIs are.
func (s *servedFiles) announce(out io.Writer, stages string, ports *ports) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		url := stages + "/_aws/execute-api/" + f.api + "/" + f.stage + "/"
		switch {
		case f.given.based && ports.stages != nil:
			url = stages + f.given.base + "/"
		case f.given.based:
			url = "https://" + ports.secure.Addr().(*net.TCPAddr).String() + f.given.base + "/"
		}
		fmt.Fprintf(out, "API             %s (%s)\n", url, f.file)
	}
}

// readOnly keeps clients from changing the APIs that files describe.
type readOnly struct {
	files atomic.Pointer[map[string]string]
} // by the API's id

// authorize is a wire.ServerOptions.Authorize.
func (p *readOnly) authorize(_ context.Context, _ *wire.Caller, op *wire.Operation, resource string) error {
	files := p.files.Load()
	if files == nil || op.Method == "GET" || strings.HasPrefix(op.Name, "TestInvoke") {
		return nil
	}
	id := wire.APIOf(resource)
	if file, ok := (*files)[id]; ok {
		return wire.BadRequest("API %s is described by the file %s of the server's configuration (--api) and is read-only here: change the file", id, file)
	}
	return nil
}
