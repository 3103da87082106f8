package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A bench is the service over a store in memory, whose functions are never started.
type bench struct {
	t       testing.TB
	store   *store.Store
	dir     string
	service *Service
	api     http.Handler
	denied  string // permission that the caller has not, ACTION ARN
}

func newBench(t testing.TB) *bench {
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, store: st, dir: filepath.Join(t.TempDir(), "code")}
	t.Cleanup(func() { _ = b.service.Close(); _ = st.Close() })
	b.open()
	return b
}

// open is a start of the server.
func (b *bench) open() {
	if b.service != nil {
		_ = b.service.Close()
	}
	kept, set, log := records.New(records.Options{Store: b.store}), functions.New(functions.Options{}), slog.New(slog.DiscardHandler)
	s, err := Open(context.Background(), Options{Records: kept, Set: set, Dir: b.dir, Account: "111122223333", Region: "us-east-1", Log: log})
	if err != nil {
		b.t.Fatal(err)
	}
	b.service = s
	b.api = s.API().Start(&operation.Host{
		Authenticate: func(string) func(*http.Request, string) (wire.Identify, error) {
			return func(*http.Request, string) (wire.Identify, error) {
				return func([]byte) (*wire.Caller, error) {
					return &wire.Caller{Account: "111122223333", Region: "us-east-1", Principal: "arn:aws:iam::111122223333:root"}, nil
				}, nil
			}
		},
		Authorize: func(_ context.Context, _ *wire.Caller, p operation.Permission) error {
			if p.Action+" "+p.Resource == b.denied {
				return wire.AccessDenied("denied")
			}
			return nil
		},
		Trail: wire.Trail{Log: log}, Bodies: httpmsg.NewBudget(1 << 20),
	})
}

// ask makes a call. The answer is its status and body.
func (b *bench) ask(method, path string, body any) string {
	text, ok := body.(string)
	if !ok && body != nil {
		raw, _ := json.Marshal(body)
		text = string(raw)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, r)
	return fmt.Sprintf("%d %s %s", w.Code, strings.Join(map[string][]string(w.Header())["x-amzn-ErrorType"], ","), w.Body)
}

// want makes a call, whose answer is to begin so.
func (b *bench) want(prefix, method, path string, body any) {
	b.t.Helper()
	if got := b.ask(method, path, body); !strings.HasPrefix(got, prefix) {
		b.t.Errorf("%s %s: got %.300s, want %s", method, path, got, prefix)
	}
}

// create is the request that makes a function.
func create(name string, archive []byte) map[string]any {
	return map[string]any{
		"FunctionName": name, "Runtime": "provided.al2023", "Role": "arn:aws:iam::111122223333:role/r", "Code": map[string]any{"ZipFile": base64.StdEncoding.EncodeToString(archive)},
	}
}

// kept is how many chunks of archives there are, and how many bytes they count for.
func (b *bench) kept() (chunks int, bytes int64) {
	b.t.Helper()
	err := b.service.records.Read(context.Background(), "111122223333", "us-east-1", func(tx *records.Tx) (err error) {
		all, err := storageKind.Get(tx, storageID)
		if all != nil {
			bytes = all.Bytes
		}
		if err == nil {
			chunks, err = chunkKind.Count(tx, "")
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return chunks, bytes
}

const functionsPath = "/2015-03-31/functions"

// An archive is kept as long as a version of any function uses it, and what a broken
// upload has left behind goes at the next start, or after a reset.
func TestArchivesGo(t *testing.T) {
	b := newBench(t)
	one, two := archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755}), archiveOf(t, entry{"bootstrap", "#!/bin/sh\necho two\n", 0o755})
	want := func(chunks int, archives ...[]byte) {
		t.Helper()
		size := int64(0)
		for _, a := range archives {
			size += int64(len(a))
		}
		if n, bytes := b.kept(); n != chunks || bytes != size {
			t.Errorf("%d chunks of %d bytes, want %d of %d", n, bytes, chunks, size)
		}
	}
	b.want("201", "POST", functionsPath, create("a", one))
	b.want("201", "POST", functionsPath, create("b", one))
	want(1, one)
	b.want("201", "POST", functionsPath+"/a/versions", "{}")
	b.want("200", "PUT", functionsPath+"/a/code", map[string]any{"ZipFile": two})
	want(2, one, two)
	b.want("204", "DELETE", functionsPath+"/b", nil)
	want(2, one, two)
	b.want("204", "DELETE", functionsPath+"/a?Qualifier=1", nil)
	want(1, two)
	if _, err := b.service.keep(context.Background(), reference{account: "111122223333", region: "us-east-1"}, one); err != nil {
		t.Fatal(err)
	}
	want(2, two)
	b.open()
	want(1, two)
	b.want("200", "GET", functionsPath+"/a", nil)
	b.want("200", "PUT", functionsPath+"/a/code", map[string]any{"ZipFile": one, "DryRun": true})
	want(1, two)
	if err := b.service.records.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := b.service.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	want(0)
	b.want("404 ResourceNotFoundException", "POST", functionsPath+"/a/invocations", "{}")
	b.want("201", "POST", functionsPath, create("a", two))
}

// The code of a function is unpacked below the directory, with what it may do, and goes
// when no version has it.
func TestCodeOnDisk(t *testing.T) {
	b := newBench(t)
	b.want("201", "POST", functionsPath, create("a", archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755})))
	info, err := os.Stat(b.dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	all, _ := filepath.Glob(filepath.Join(b.dir, "*", "bootstrap"))
	if len(all) != 1 {
		t.Fatalf("there is %v", all)
	}
	wrong := archiveOf(t, entry{"main", "#!/bin/sh\n", 0o755})
	chunks, bytes := b.kept()
	b.want("400 InvalidParameterValueException", "POST", functionsPath, create("b", wrong))
	b.want("400 InvalidParameterValueException", "PUT", functionsPath+"/a/code", map[string]any{"ZipFile": wrong})
	b.want("200", "PUT", functionsPath+"/a/code", map[string]any{"ZipFile": archiveOf(t, entry{"bootstrap", "#!/bin/sh\n:\n", 0o755}), "DryRun": true})
	if n, size := b.kept(); n != chunks || size != bytes {
		t.Errorf("code that no function has is kept: %d chunks, %d bytes", n, size)
	}
	if rest, _ := os.ReadDir(b.dir); len(rest) != 1 {
		t.Errorf("code that no function has is unpacked: %v", rest)
	}
	for i := range 3 { // of a function that nobody calls
		b.want("200", "PUT", functionsPath+"/a/code", map[string]any{"ZipFile": archiveOf(t, entry{"bootstrap", fmt.Sprintf("#!/bin/sh\n: %d\n", i), 0o755})})
	}
	b.service.events.Wait()
	if rest, _ := os.ReadDir(b.dir); len(rest) != 1 {
		t.Errorf("code of before is still unpacked: %v", rest)
	}
	b.open()
	if rest, _ := os.ReadDir(b.dir); len(rest) != 0 {
		t.Errorf("after a start there is %v", rest)
	}
}

// A call that has found a version which is replaced meanwhile does not bring it back.
func TestReplacedVersion(t *testing.T) {
	b := newBench(t)
	b.want("201", "POST", functionsPath, create("a", archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755})))
	found := func() *runnable {
		return b.service.find(reference{account: "111122223333", region: "us-east-1", name: "a"}).versions[latest]
	}
	never, change := found(), func(timeout int) {
		b.want("200", "PUT", functionsPath+"/a/configuration", map[string]int{"Timeout": timeout})
	}
	change(5)
	once := found()
	if _, err := once.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	change(6)
	fresh, err := found().ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*runnable{"never called": never, "called": once} {
		if _, err := r.ready(t.Context()); !errors.Is(err, errRetired) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if b.service.Set.Functions()[once.key()] != fresh {
		t.Error("the version has not the key that is its own")
	}
}

// Each operation asks for the permission of its name, on the function's ARN.
func TestPermissions(t *testing.T) {
	b := newBench(t)
	archive := archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755})
	const arn = "arn:aws:lambda:us-east-1:111122223333:function:a"
	for denied, call := range map[string]struct {
		method, path string
		body         any
	}{
		"lambda:CreateFunction " + arn:                  {"POST", functionsPath, create("a", archive)},
		"iam:PassRole arn:aws:iam::111122223333:role/r": {"POST", functionsPath, create("a", archive)},
		"lambda:GetFunction " + arn:                     {"GET", functionsPath + "/a", nil},
		"lambda:GetFunctionConfiguration " + arn:        {"GET", functionsPath + "/a/configuration?Qualifier=1", nil},
		"lambda:ListFunctions *":                        {"GET", functionsPath, nil},
		"lambda:UpdateFunctionCode " + arn:              {"PUT", functionsPath + "/a/code", "{}"},
		"lambda:UpdateFunctionConfiguration " + arn:     {"PUT", functionsPath + "/a/configuration", "{}"},
		"lambda:DeleteFunction " + arn:                  {"DELETE", functionsPath + "/a", nil},
		"lambda:InvokeFunction " + arn:                  {"POST", functionsPath + "/a/invocations", "{}"},
		"lambda:InvokeFunction " + arn + ":live":        {"POST", "/2021-11-15/functions/a/response-streaming-invocations?Qualifier=live", "{}"},
		"lambda:AddPermission " + arn:                   {"POST", functionsPath + "/" + arn + "/policy", map[string]any{"StatementId": "a", "Action": "lambda:*", "Principal": "*"}},
		"lambda:TagResource " + arn:                     {"POST", "/2017-03-31/tags/" + arn, map[string]any{"Tags": map[string]string{"a": "b"}}},
		"lambda:PutFunctionConcurrency " + arn:          {"PUT", "/2017-10-31/functions/a/concurrency", map[string]any{"ReservedConcurrentExecutions": 1}},
		"lambda:CreateAlias " + arn:                     {"POST", functionsPath + "/a/aliases", map[string]any{"Name": "live", "FunctionVersion": "1"}},
	} {
		b.denied = denied
		b.want("403 AccessDeniedException", call.method, call.path, call.body)
	}
}

// The permission on tags is that of the function, however its ARN is written.
func TestPermissionOnTags(t *testing.T) {
	b := newBench(t)
	b.want("201", "POST", functionsPath, create("a", archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755})))
	b.denied = "lambda:TagResource arn:aws:lambda:us-east-1:111122223333:function:a"
	for _, arn := range []string{"arn:aws:lambda:us-east-1:111122223333:function:a", "arn::lambda:us-east-1:111122223333:a", "arn:aws-x:lambda:us-east-1:function:a"} {
		b.want("403 AccessDeniedException", "POST", "/2017-03-31/tags/"+arn, map[string]any{"Tags": map[string]string{"a": "b"}})
	}
}

// A version has its number in one form alone, so that what an alias leads to is not
// deleted under another.
func TestVersionNumbers(t *testing.T) {
	b := newBench(t)
	in := create("a", archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755}))
	in["Publish"] = true
	b.want("201", "POST", functionsPath, in)
	alias := map[string]string{"Name": "live", "FunctionVersion": "1"}
	b.want("201", "POST", functionsPath+"/a/aliases", alias)
	b.want("409", "DELETE", functionsPath+"/a?Qualifier=1", nil)
	b.want("204", "DELETE", functionsPath+"/a?Qualifier=01", nil)
	b.want("200", "GET", functionsPath+"/a?Qualifier=1", nil)
	b.want("404 ResourceNotFoundException", "GET", functionsPath+"/a?Qualifier=01", nil)
	b.want("404 ResourceNotFoundException", "POST", functionsPath+"/a/policy?Qualifier=01", map[string]any{"StatementId": "a", "Action": "lambda:*", "Principal": "*"})
	alias["Name"], alias["FunctionVersion"] = "next", "01"
	b.want("404 ResourceNotFoundException", "POST", functionsPath+"/a/aliases", alias)
	alias["Name"], alias["FunctionVersion"] = "99999999999999999999", "1"
	b.want("400 InvalidParameterValueException", "POST", functionsPath+"/a/aliases", alias)
	alias["Name"] = "-1"
	b.want("201", "POST", functionsPath+"/a/aliases", alias)
}

// The versions of all functions are listed page by page, and each once.
func TestListVersionsOfAll(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"a", "b", "c"} {
		in := create(name, archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755}))
		in["Publish"] = name != "c"
		b.want("201", "POST", functionsPath, in)
	}
	b.want("200", "PUT", functionsPath+"/a/configuration", map[string]int{"Timeout": 5})
	b.want("201", "POST", functionsPath+"/a/versions", "{}")
	for _, size := range []int{1, 2, 4, 50} {
		var all []string
		for marker, pages := "", 0; pages < 10; pages++ {
			var out struct {
				NextMarker string
				Functions  []struct{ FunctionName, Version string }
			}
			answer := b.ask("GET", fmt.Sprintf("%s?FunctionVersion=ALL&MaxItems=%d&Marker=%s", functionsPath, size, url.QueryEscape(marker)), nil)
			_, text, _ := strings.Cut(answer, "{")
			if err := json.Unmarshal([]byte("{"+text), &out); err != nil || len(out.Functions) > size {
				t.Fatalf("%v, %s", err, answer)
			}
			for _, f := range out.Functions {
				all = append(all, f.FunctionName+":"+f.Version)
			}
			if marker = out.NextMarker; marker == "" {
				break
			}
		}
		if got := strings.Join(all, " "); got != "a:$LATEST a:1 a:2 b:$LATEST b:1 c:$LATEST" {
			t.Errorf("by %d: %s", size, got)
		}
	}
}

// What calls may not say.
func TestWrongRequests(t *testing.T) {
	b := newBench(t)
	archive := archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755})
	b.want("201", "POST", functionsPath, create("a", archive))
	with := func(member string, value any) map[string]any {
		in := create("b", archive)
		in[member] = value
		return in
	}
	for name, tt := range map[string]struct {
		method, path string
		body         any
		want         string
	}{
		"no function":        {"GET", functionsPath + "/nobody", nil, "404 ResourceNotFoundException {\"Message\":\"Function not found: arn:aws:lambda:us-east-1:111122223333:function:nobody\""},
		"no version":         {"GET", functionsPath + "/a?Qualifier=7", nil, "404 ResourceNotFoundException {\"Message\":\"Function not found: arn:aws:lambda:us-east-1:111122223333:function:a:7\""},
		"another account":    {"GET", functionsPath + "/arn:aws:lambda:us-east-1:111122223334:function:a", nil, "403 AccessDeniedException"},
		"another region":     {"GET", functionsPath + "/arn:aws:lambda:eu-west-1:111122223333:function:a", nil, "404 ResourceNotFoundException"},
		"two qualifiers":     {"GET", functionsPath + "/a:1?Qualifier=2", nil, "400 InvalidParameterValueException {\"Type\":\"User\",\"message\":\"The derived qualifier"},
		"no name":            {"GET", functionsPath + "/a%20b", nil, "400 InvalidParameterValueException"},
		"an unknown member":  {"POST", functionsPath, with("Nothing", 1), "400 ValidationException {\"Type\":\"User\",\"message\":\"This server does not support the member \\\"Nothing\\\" of CreateFunction."},
		"an unknown query":   {"GET", functionsPath + "?Nothing=1", nil, "400 ValidationException"},
		"a VPC":              {"POST", functionsPath, with("VpcConfig", map[string]any{"SubnetIds": []string{"a"}}), "400 InvalidParameterValueException {\"Type\":\"User\",\"message\":\"This server does not support VpcConfig\""},
		"no VPC":             {"POST", functionsPath, with("VpcConfig", map[string]any{"SubnetIds": []string{}, "Ipv6AllowedForDualStack": false}), "201"},
		"tracing":            {"POST", functionsPath, with("TracingConfig", map[string]any{"Mode": "Active"}), "400 InvalidParameterValueException"},
		"an architecture":    {"POST", functionsPath, with("Architectures", []string{"vax"}), "400 InvalidParameterValueException"},
		"many variables":     {"POST", functionsPath, with("Environment", map[string]any{"Variables": map[string]string{"A": strings.Repeat("a", 5000)}}), "400 InvalidParameterValueException"},
		"an AWS tag":         {"POST", functionsPath, with("Tags", map[string]string{"aws:a": "b"}), "400 InvalidParameterValueException"},
		"$LATEST":            {"DELETE", functionsPath + "/a?Qualifier=$LATEST", nil, "400 InvalidParameterValueException"},
		"a number as alias":  {"POST", functionsPath + "/a/aliases", map[string]any{"Name": "7", "FunctionVersion": "$LATEST"}, "400 InvalidParameterValueException"},
		"weights of $LATEST": {"POST", functionsPath + "/a/aliases", map[string]any{"Name": "l", "FunctionVersion": "$LATEST", "RoutingConfig": map[string]any{"AdditionalVersionWeights": map[string]float64{"1": 0.5}}}, "400 InvalidParameterValueException"},
		"a policy's token":   {"POST", functionsPath + "/a/policy", map[string]any{"StatementId": "a", "Action": "lambda:*", "Principal": "*", "EventSourceToken": "x"}, "400 InvalidParameterValueException"},
		"a signing config":   {"GET", "/2020-06-30/functions/b7/code-signing-config", nil, "404 ResourceNotFoundException"},
		"another operation":  {"GET", "/2018-10-31/layers", nil, "501 UnknownOperationException"},
		"a large policy":     {"POST", functionsPath + "/a/policy", map[string]any{"StatementId": "a", "Action": "lambda:*", "Principal": strings.Repeat("p", 257)}, "400 ValidationException"},
		"no JSON":            {"POST", functionsPath, "{", "400 SerializationException"},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.want(tt.want, tt.method, tt.path, tt.body)
		})
	}
}

// FuzzOperations answers whatever comes, and never by a fault of ours.
func FuzzOperations(f *testing.F) {
	b := newBench(f)
	f.Add("POST", functionsPath, `{"FunctionName":"a","Role":"arn:aws:iam::111122223333:role/r","Code":{"ZipFile":"UEs="},"Runtime":"provided"}`)
	f.Add("PUT", functionsPath+"/a/configuration", `{"VpcConfig":[{"a":null}],"Environment":{"Variables":null}}`)
	f.Add("GET", functionsPath+"/a%3A1/versions?MaxItems=x&Marker=%00", "")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		if err != nil || method == "" {
			return
		}
		w := httptest.NewRecorder()
		b.api.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError || w.Body.Len() > 64<<10 {
			t.Errorf("%s %q %q: %d, %d bytes: %.300s", method, path, body, w.Code, w.Body.Len(), w.Body)
		}
	})
}
