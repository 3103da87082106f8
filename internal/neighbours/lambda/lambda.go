// Package lambda is what tools ask of Lambda (API 2015-03-31): functions with versions
// and aliases, whose code it keeps and has run on this machine.
package lambda

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/restjson"
)

// Paths begin those of Lambda's operations.
var Paths = []string{"/2015-03-31/", "/2016-08-19/", "/2017-03-31/", "/2017-10-31/", "/2018-10-31/", "/2019-09-25/", "/2019-09-30/", "/2020-04-22/", "/2020-06-30/", "/2021-07-20/", "/2021-10-31/", "/2021-11-15/", "/2024-08-31/"}

// Options are the parts of a Service.
type Options struct {
	Records *records.Records
	// Set runs the functions, which it has of the Service alone.
	Set *functions.Set
	// Dir is a directory that the Service makes and empties, for the code that runs; ""
	// has a temporary one made when it is needed.
	Dir string
	// Refusal is why no code may be run here; "" lets it. Without it nothing can be
	// created, and what was created does not run.
	Refusal string
	// Account and Region are those of functions that integrations name without.
	Account, Region string
	// May reports whether an integration's role, or caller, may do something. Nil lets
	// every one.
	May func(by integration.By, action, resource string) bool
	// Assumes reports whether Lambda can assume a role. Nil takes every one.
	Assumes func(role string) bool
	// Shared is that other processes serve the same records: what they change is followed by
	// Follow, and what a start finds half done may be theirs.
	Shared bool
	// ReadOnly is that this process writes no records.
	ReadOnly bool
	// Changed is told that the directories have changed whose code functions run; nil for
	// nobody.
	Changed func()
	Log     *slog.Logger
}

// A Service is the functions of a server. It is safe for concurrent use.
type Service struct {
	Options
	records *records.Records

	index   atomic.Pointer[map[string]*live] // by the function's ARN; replaced, never changed
	loading sync.Mutex
	placing sync.Mutex // of the directories of archives
	ending  context.Context
	end     context.CancelFunc
	events  sync.WaitGroup
	waiting atomic.Int64 // events
}

// Open makes the functions ready that were created before. Close ends them.
func Open(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o, records: o.Records}
	s.ending, s.end = context.WithCancel(context.Background())
	s.index.Store(&map[string]*live{})
	if o.Dir != "" {
		if err := os.RemoveAll(o.Dir); err != nil { // what it holds is made again of the archives
			return nil, err
		}
	}
	return s, s.Reload(ctx)
}

// Follow has what is served of a function be what its records say, after any process has
// changed it. An error is of the store: the call is to be made again.
func (s *Service) Follow(ctx context.Context, arn string) error {
	ref, ok := parseARN(arn)
	if !ok {
		s.Log.Error("a published row is of no function", "id", arn)
		return nil
	}
	return s.load(ctx, ref)
}

// Reload has what is served be what the records say, as after a reset.
func (s *Service) Reload(ctx context.Context) error {
	places, err := s.records.Places(ctx, functionKind.Name)
	if err != nil {
		return err
	}
	var known []reference
	for _, l := range *s.index.Load() {
		known = append(known, l.ref)
	}
	for _, p := range places {
		err := s.records.Read(ctx, p.Account, p.Region, func(tx *records.Tx) error {
			names, err := functionKind.IDs(tx, "")
			for _, name := range names {
				known = append(known, reference{account: p.Account, region: p.Region, name: name})
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, ref := range known {
		if err := s.load(ctx, ref); err != nil {
			return err
		}
	}
	if s.Shared { // what nobody claims may be an upload that goes on elsewhere
		return s.tellAll(ctx, known)
	}
	places, err = s.records.Places(ctx, chunkKind.Name)
	for _, p := range places {
		err = errors.Join(err, s.sweep(ctx, p.Account, p.Region))
	}
	return err
}

// tellAll has the other processes told once of functions from before there was anybody to
// tell: else nobody would learn that one is deleted.
func (s *Service) tellAll(ctx context.Context, known []reference) error {
	if s.ReadOnly {
		return nil
	}
	for _, ref := range known {
		var told *struct{}
		err := s.records.Read(ctx, ref.account, ref.region, func(tx *records.Tx) (err error) {
			told, err = toldKind.Get(tx, ref.name)
			return err
		})
		if err != nil {
			return err
		}
		if told != nil {
			continue
		}
		err = s.records.Write(ctx, ref.account, ref.region, func(tx *records.Tx) error {
			if f, err := functionKind.Get(tx, ref.name); f == nil || err != nil {
				return err
			}
			return tellChange(tx, ref)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Close ends the calls that wait. The Set is closed by who has made it.
func (s *Service) Close() error {
	s.end()
	s.events.Wait()
	s.placing.Lock()
	defer s.placing.Unlock()
	if s.Dir == "" {
		return nil
	}
	return os.RemoveAll(s.Dir)
}

// The bounds of requests.
const (
	// maxRequest holds an archive of maxArchive bytes in base64, as at Lambda.
	maxRequest = 70167211
	// maxPlain holds any other request, an event among them.
	maxPlain = 8 << 20
	// maxCall is above the time of the longest call.
	maxCall = 16 * time.Minute
)

// API makes the operations.
func (s *Service) API() *operation.Service {
	most := maxRequest
	if s.Refusal != "" { // no code is taken
		most = maxPlain
	}
	return &operation.Service{
		Name: "lambda", Protocol: restjson.New("Lambda", "ValidationException", routes), MaxBody: most, MaxTime: maxCall,
		Bodies: httpmsg.NewBudget(int64(most + most/2)).Named("bodies of Lambda's operations"),
		Operations: map[string]operation.Operation{
			"CreateFunction":               operation.Of(s.mayCreate, s.create),
			"GetFunction":                  operation.Of(onFunction, s.get),
			"GetFunctionConfiguration":     operation.Of(onFunction, s.getConfiguration),
			"ListFunctions":                operation.Of(onAll, s.list),
			"UpdateFunctionCode":           operation.Of(onCode, s.updateCode),
			"UpdateFunctionConfiguration":  operation.Of(onConfiguration, s.updateConfiguration),
			"DeleteFunction":               operation.Of(onFunction, s.delete),
			"PublishVersion":               operation.Of(onPublish, s.publish),
			"ListVersionsByFunction":       operation.Of(onVersions, s.listVersions),
			"CreateAlias":                  operation.Of(onNewAlias, s.createAlias),
			"GetAlias":                     operation.Of(onAlias, s.getAlias),
			"UpdateAlias":                  operation.Of(onChangedAlias, s.updateAlias),
			"DeleteAlias":                  operation.Of(onAlias, s.deleteAlias),
			"ListAliases":                  operation.Of(onAliases, s.listAliases),
			"Invoke":                       operation.Of(mayInvoke, s.invoke),
			"InvokeWithResponseStream":     operation.Of(mayStream, s.invokeStream),
			"AddPermission":                operation.Of(onNewPermission, s.addPermission),
			"RemovePermission":             operation.Of(onPermission, s.removePermission),
			"GetPolicy":                    operation.Of(onFunction, s.getPolicy),
			"TagResource":                  operation.Of(onNewTags, s.tag),
			"UntagResource":                operation.Of(onTagKeys, s.untag),
			"ListTags":                     operation.Of(onTags, s.listTags),
			"GetFunctionCodeSigningConfig": operation.Of(onFunction, s.codeSigning),
			"PutFunctionConcurrency":       operation.Of(onConcurrency, s.putConcurrency),
			"GetFunctionConcurrency":       operation.Of(onFunction, s.getConcurrency),
			"DeleteFunctionConcurrency":    operation.Of(onFunction, s.deleteConcurrency),
		},
	}
}

// routes are how the operations are called.
var routes = []restjson.Route{
	{Operation: "CreateFunction", Method: "POST", Path: "/2015-03-31/functions", Status: 201},
	{Operation: "ListFunctions", Method: "GET", Path: "/2015-03-31/functions"},
	{Operation: "GetFunction", Method: "GET", Path: "/2015-03-31/functions/{FunctionName}"},
	{Operation: "DeleteFunction", Method: "DELETE", Path: "/2015-03-31/functions/{FunctionName}", Status: 204},
	{Operation: "GetFunctionConfiguration", Method: "GET", Path: "/2015-03-31/functions/{FunctionName}/configuration"},
	{Operation: "UpdateFunctionConfiguration", Method: "PUT", Path: "/2015-03-31/functions/{FunctionName}/configuration"},
	{Operation: "UpdateFunctionCode", Method: "PUT", Path: "/2015-03-31/functions/{FunctionName}/code"},
	{Operation: "PublishVersion", Method: "POST", Path: "/2015-03-31/functions/{FunctionName}/versions", Status: 201},
	{Operation: "ListVersionsByFunction", Method: "GET", Path: "/2015-03-31/functions/{FunctionName}/versions"},
	{Operation: "CreateAlias", Method: "POST", Path: "/2015-03-31/functions/{FunctionName}/aliases", Status: 201},
	{Operation: "ListAliases", Method: "GET", Path: "/2015-03-31/functions/{FunctionName}/aliases"},
	{Operation: "GetAlias", Method: "GET", Path: "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
	{Operation: "UpdateAlias", Method: "PUT", Path: "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
	{Operation: "DeleteAlias", Method: "DELETE", Path: "/2015-03-31/functions/{FunctionName}/aliases/{Name}", Status: 204},
	{Operation: "Invoke", Method: "POST", Path: "/2015-03-31/functions/{FunctionName}/invocations"},
	{Operation: "InvokeWithResponseStream", Method: "POST", Path: "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"},
	{Operation: "AddPermission", Method: "POST", Path: "/2015-03-31/functions/{FunctionName}/policy", Status: 201},
	{Operation: "GetPolicy", Method: "GET", Path: "/2015-03-31/functions/{FunctionName}/policy"},
	{Operation: "RemovePermission", Method: "DELETE", Path: "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", Status: 204},
	{Operation: "TagResource", Method: "POST", Path: "/2017-03-31/tags/{Resource}", Status: 204},
	{Operation: "UntagResource", Method: "DELETE", Path: "/2017-03-31/tags/{Resource}", Status: 204},
	{Operation: "ListTags", Method: "GET", Path: "/2017-03-31/tags/{Resource}"},
	{Operation: "GetFunctionCodeSigningConfig", Method: "GET", Path: "/2020-06-30/functions/{FunctionName}/code-signing-config"},
	{Operation: "PutFunctionConcurrency", Method: "PUT", Path: "/2017-10-31/functions/{FunctionName}/concurrency"},
	{Operation: "DeleteFunctionConcurrency", Method: "DELETE", Path: "/2017-10-31/functions/{FunctionName}/concurrency", Status: 204},
	{Operation: "GetFunctionConcurrency", Method: "GET", Path: "/2019-09-30/functions/{FunctionName}/concurrency"},
}
