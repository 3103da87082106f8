package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func TestErrorAnswers(t *testing.T) {
	tests := map[string]struct {
		err        error
		status     int
		typ        string
		message    string
		retryAfter string
	}{
		"bad request":     {BadRequest("Invalid patch path %s", "/<a>&"), 400, "BadRequestException", "Invalid patch path /<a>&", ""},
		"unauthorized":    {Unauthorized("no"), 401, "UnauthorizedException", "no", ""},
		"access denied":   {AccessDenied("no"), 403, "AccessDeniedException", "no", ""},
		"not found":       {NotFound("Invalid API identifier specified %s:%s", "1", "2"), 404, "NotFoundException", "Invalid API identifier specified 1:2", ""},
		"conflict":        {Conflict("Stage already exists"), 409, "ConflictException", "Stage already exists", ""},
		"limit":           {LimitExceeded("x"), 429, "LimitExceededException", "x", "1"},
		"too many":        {TooManyRequests("Too Many Requests"), 429, "TooManyRequestsException", "Too Many Requests", "1"},
		"unavailable":     {ServiceUnavailable("x"), 503, "ServiceUnavailableException", "x", "1"},
		"own retry":       {&Error{Status: 429, Type: "TooManyRequestsException", Message: "x", RetryAfter: 30}, 429, "TooManyRequestsException", "x", "30"},
		"wrapped":         {errors.Join(errors.New("while at it"), NotFound("gone")), 404, "NotFoundException", "gone", ""},
		"not implemented": {NotImplemented("GetAccount"), 501, "NotImplementedException", "The operation GetAccount is not implemented.", ""},
		"internal":        {errors.New("disk secret"), 500, "InternalFailure", "Internal server error", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, testOptions(recordAll(&recording{err: tt.err})))
			r := send(s, "GET", "/account", "")
			checkError(t, r, tt.status, tt.typ, tt.message)
			if got := r.Header.Get("Retry-After"); got != tt.retryAfter {
				t.Errorf("Retry-After is %q, want %q", got, tt.retryAfter)
			}
		})
	}
}

// The SDK reads our errors as the types of its model.
func TestSDKReadsErrors(t *testing.T) {
	rec := &recording{err: LimitExceeded("full")}
	srv := httptest.NewServer(newTestServer(t, testOptions(recordAll(rec))))
	defer srv.Close()
	client := newSDK(srv.URL)

	_, err := client.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: new("a")})
	var limit *types.LimitExceededException
	if !errors.As(err, &limit) || aws.ToString(limit.Message) != "full" || aws.ToString(limit.RetryAfterSeconds) != "1" {
		t.Errorf("the SDK reads %v as %+v", err, limit)
	}
	rec.err = NotFound("Invalid API identifier specified")
	_, err = client.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: new("a")})
	if !errors.As(err, new(*types.NotFoundException)) {
		t.Errorf("the SDK reads %v", err)
	}
}

func TestRefusals(t *testing.T) {
	options := testOptions(recordAll(&recording{}))
	options.MaxBody = 100
	delete(options.Handlers, "GetAccount")
	s := newTestServer(t, options)

	checkError(t, send(s, "GET", "/account", ""), 501, "NotImplementedException", "The operation GetAccount is not implemented.")
	checkError(t, send(s, "GET", "/nope", ""), 403, "MissingAuthenticationTokenException", "Missing Authentication Token")
	checkError(t, send(s, "GET", "/nope?X-Amz-Signature=1", ""), 403, "AccessDeniedException", "Unable to determine service/operation name to be authorized")
	checkError(t, send(s, "GET", "/restapis/%ff", ""), 400, "SerializationException", "The path is not valid UTF-8.")
	const tooLarge = "Request must be smaller than 100 bytes for the CreateRestApi operation"
	checkError(t, send(s, "POST", "/restapis", strings.Repeat(" ", 101)), 413, "RequestEntityTooLargeException", tooLarge)
	if r := send(s, "POST", "/restapis", `{"name":"a"}`+strings.Repeat(" ", 88)); r.StatusCode != 201 {
		t.Errorf("a body of 100 bytes is answered %d", r.StatusCode)
	}

	chunked := httptest.NewRequest("POST", "/restapis", io.NopCloser(strings.NewReader(strings.Repeat(" ", 101))))
	chunked.ContentLength = -1
	w := httptest.NewRecorder()
	s.ServeHTTP(w, chunked)
	checkError(t, w.Result(), 413, "RequestEntityTooLargeException", tooLarge)

	for err, want := range map[error]string{
		io.ErrUnexpectedEOF:           "The request body ended early.",
		errors.New("malformed chunk"): "The request body is malformed.",
	} {
		cut := httptest.NewRequest("POST", "/restapis", io.MultiReader(strings.NewReader("{"), errReader{err}))
		w = httptest.NewRecorder()
		s.ServeHTTP(w, cut)
		checkError(t, w.Result(), 400, "BadRequestException", want)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// Who calls is asked before what the call says is read, and whether they may
// before the operation runs.
func TestOrderOfSteps(t *testing.T) {
	var steps []string
	fail := ""
	step := func(name string) error {
		steps = append(steps, name)
		if fail == name {
			return AccessDenied("%s", name)
		}
		return nil
	}
	options := ServerOptions{
		Handlers: map[string]Handler{"PutMethodResponse": Op(func(_ context.Context, who *Caller, in *PutMethodResponseRequest) (*MethodResponse, error) {
			return &MethodResponse{}, step("run for " + who.Account + " " + in.StatusCode)
		})},
		Authenticate: func(r *http.Request, op string) (Identify, error) {
			return func(body []byte) (*Caller, error) {
				return &Caller{Account: "123456789012"}, step("identify " + string(body))
			}, step("authenticate " + op)
		},
		Authorize: func(_ context.Context, who *Caller, op *Operation, resource string) error {
			return step("authorize " + who.Account + " " + op.Method + " " + resource)
		},
		Log: slog.New(slog.DiscardHandler),
	}
	s := newTestServer(t, options)
	all := []string{
		"authenticate PutMethodResponse",
		`identify {"x":1}`,
		"authorize 123456789012 PUT /restapis/a/b/resources/c/methods/GET/responses/200",
		"run for 123456789012 200",
	}
	for i := range all {
		fail, steps = all[i], nil
		r := send(s, "PUT", "/restapis/a%2Fb/resources/c/methods/GET/responses/%3200", `{"x":1}`)
		if got, want := strings.Join(steps, "\n"), strings.Join(all[:i+1], "\n"); got != want || r.StatusCode != 403 {
			t.Errorf("answered %d after\n%s, want\n%s", r.StatusCode, got, want)
		}
	}
	fail, steps = all[1], nil
	send(s, "PUT", "/restapis/a/resources/c/methods/GET/responses/wrong", `{"x":1}`)
	if len(steps) != 2 {
		t.Errorf("an unknown caller's request was read: %q", steps)
	}
}

// A panic anywhere becomes an answer, and the log says what it was.
func TestPanics(t *testing.T) {
	places := map[string]func(*ServerOptions){
		"operation": func(o *ServerOptions) {
			o.Handlers["GetAccount"] = Op(func(context.Context, *Caller, *GetAccountRequest) (*Account, error) { panic("oops") })
		},
		"authenticate": func(o *ServerOptions) {
			o.Authenticate = func(*http.Request, string) (Identify, error) { panic("oops") }
		},
		"identify": func(o *ServerOptions) {
			o.Authenticate = func(*http.Request, string) (Identify, error) {
				return func([]byte) (*Caller, error) { panic("oops") }, nil
			}
		},
		"authorize": func(o *ServerOptions) {
			o.Authorize = func(context.Context, *Caller, *Operation, string) error { panic("oops") }
		},
	}
	for name, breakIt := range places {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			options := testOptions(recordAll(&recording{}))
			options.Log = slog.New(slog.NewTextHandler(&log, nil))
			breakIt(&options)
			r := send(newTestServer(t, options), "GET", "/account", "")
			checkError(t, r, 500, "InternalFailure", "Internal server error")
			for _, want := range []string{"level=ERROR", "oops", "server_test.go", header(r, "x-amzn-RequestId")} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log does not say %q: %s", want, log.String())
				}
			}
		})
	}
}

// An operation that breaks its contract is our fault, not a broken answer.
func TestBrokenOperations(t *testing.T) {
	options := testOptions(map[string]Handler{
		"GetAccount": Op(func(context.Context, *Caller, *GetAccountRequest) (*Account, error) { return nil, nil }),
		"CreateUsagePlan": Op(func(context.Context, *Caller, *CreateUsagePlanRequest) (*UsagePlan, error) {
			var zero Double
			return &UsagePlan{Throttle: &ThrottleSettings{RateLimit: new(1 / zero)}}, nil
		}),
		"DeleteRestApi": Op(func(context.Context, *Caller, *DeleteRestAPIRequest) (*Empty, error) { return nil, nil }),
	})
	s := newTestServer(t, options)
	checkError(t, send(s, "GET", "/account", ""), 500, "InternalFailure", "Internal server error")
	checkError(t, send(s, "POST", "/usageplans", `{"name":"a"}`), 500, "InternalFailure", "Internal server error")
	if r := send(s, "DELETE", "/restapis/a", ""); r.StatusCode != 202 {
		t.Errorf("a nil Empty is answered %d, want 202", r.StatusCode)
	}
}

func TestLogLine(t *testing.T) {
	var log bytes.Buffer
	options := testOptions(recordAll(&recording{}))
	options.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := newTestServer(t, options)
	tests := map[string]struct{ method, target, want string }{
		"success":           {"GET", "/restapis/a?position=secret", `level=INFO msg=request operation=GetRestApi path=/restapis/a status=200 duration=\S+ requestId=\S+ api=a account=000000000000 caller="" client=192.0.2.1\n`},
		"refusal":           {"GET", "/usageplans/a/usage?startDate=secret", `level=INFO msg=request operation=GetUsage path=/usageplans/a/usage status=400 duration=\S+ requestId=\S+ account=000000000000 caller="" client=192.0.2.1 error=ValidationException\n`},
		"unknown operation": {"GET", "/nope?secret", `level=INFO msg=request method=GET path=/nope status=403 duration=\S+ requestId=\S+ client=192.0.2.1 error=MissingAuthenticationTokenException message="Missing Authentication Token"\n`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			log.Reset()
			send(s, tt.method, tt.target, `{"name":"secret"}`)
			if !regexp.MustCompile(`^time=\S+ ` + tt.want + `$`).MatchString(log.String()) {
				t.Errorf("logged %s, want %s", log.String(), tt.want)
			}
		})
	}
}

// Answers without a body say so, on a real connection.
func TestEmptyAnswers(t *testing.T) {
	srv := httptest.NewServer(newTestServer(t, testOptions(recordAll(&recording{}))))
	defer srv.Close()
	tests := map[string]struct {
		method, path  string
		status        int
		contentLength string
	}{
		"202 of a delete": {"DELETE", "/restapis/a", 202, "0"},
		"204 of a delete": {"DELETE", "/restapis/a/resources/b/methods/GET", 204, ""},
		"202 of a flush":  {"DELETE", "/restapis/a/stages/b/cache/data", 202, "0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, tt.method+" "+tt.path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			raw, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
			want := "HTTP/1.1 " + http.StatusText(tt.status)
			if !strings.HasPrefix(head, "HTTP/1.1 2") || !strings.Contains(head, http.StatusText(tt.status)) || body != "" {
				t.Errorf("answered %q, want %s", raw, want)
			}
			if !strings.Contains(head, "\r\nx-amzn-RequestId: ") || strings.Contains(head, "Content-Type") {
				t.Errorf("headers %q", head)
			}
			if got := strings.Contains(head, "\r\nContent-Length: 0"); got != (tt.contentLength == "0") {
				t.Errorf("Content-Length in %q, want %q", head, tt.contentLength)
			}
		})
	}
}

func TestNewServerRefuses(t *testing.T) {
	good := Op(func(context.Context, *Caller, *GetAccountRequest) (*Account, error) { return nil, nil })
	tests := map[string]func(*ServerOptions){
		"no Authenticate":   func(o *ServerOptions) { o.Authenticate = nil },
		"no Log":            func(o *ServerOptions) { o.Log = nil },
		"unknown operation": func(o *ServerOptions) { o.Handlers["GetAcount"] = good },
		"zero handler":      func(o *ServerOptions) { o.Handlers["GetAccount"] = Handler{} },
		"wrong input":       func(o *ServerOptions) { o.Handlers["UpdateAccount"] = good },
		"wrong output": func(o *ServerOptions) {
			o.Handlers["GetAccount"] = Op(func(context.Context, *Caller, *GetAccountRequest) (*Stage, error) { return nil, nil })
		},
		"output where none is": func(o *ServerOptions) {
			o.Handlers["DeleteStage"] = Op(func(context.Context, *Caller, *DeleteStageRequest) (*Stage, error) { return nil, nil })
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			options := testOptions(map[string]Handler{"GetAccount": good})
			spoil(&options)
			if _, err := NewServer(options); err == nil {
				t.Error("NewServer took it")
			}
		})
	}
}

// Request ids are random UUIDs of version 4.
func TestRequestIDs(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := make(map[string]bool)
	for range 100 {
		id := newRequestID()
		if !uuid.MatchString(id) || seen[id] {
			t.Fatalf("request id %q, seen before: %v", id, seen[id])
		}
		seen[id] = true
	}
}

// Calls at the same time do not see each other's bodies.
func TestConcurrentCalls(t *testing.T) {
	s := newTestServer(t, testOptions(map[string]Handler{
		"CreateRestApi": Op(func(_ context.Context, _ *Caller, in *CreateRestAPIRequest) (*RestAPI, error) {
			return &RestAPI{Name: &in.Name, Tags: in.Tags}, nil
		}),
	}))
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				name := strings.Repeat(strconv.Itoa(worker), i+1)
				want := `{"name":"` + name + `","tags":{"k":"` + name + `"}}`
				if got := readAll(t, send(s, "POST", "/restapis", want)); got != want {
					t.Errorf("answered %s, want %s", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A payload belongs to the operation, also after later requests.
func TestPayloadIsKept(t *testing.T) {
	var rec recording
	s := newTestServer(t, testOptions(recordAll(&rec)))
	send(s, "POST", "/restapis?mode=import", "first")
	first := rec.in.(*ImportRestAPIRequest)
	for range 10 {
		send(s, "POST", "/restapis?mode=import", "other")
		send(s, "POST", "/restapis", `{"name":"a"}`)
	}
	if string(first.Body) != "first" {
		t.Errorf("the payload became %q", first.Body)
	}
}
