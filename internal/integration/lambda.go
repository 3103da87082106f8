package integration

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

var errQuery = errors.New("the URL has a query")

// A Runner is a function that runs on this machine. Its answers are those of Lambda's
// API, which its errors, each an *Error, keep from coming. It is safe for concurrent use.
type Runner interface {
	// Invoke runs the function that a URI names so, by the operation Invoke or, where
	// streams is set, InvokeWithResponseStream. Then the response of a function that was
	// run has a Stream, which is the payload itself and no event stream.
	Invoke(req *Request, name string, streams bool) (*httpmsg.Response, error)
}

// A functionPlace is where one function is invoked that runs somewhere else than at AWS.
type functionPlace struct {
	endpoint *Endpoint
	path     string // "" takes the path that the invocation has at AWS
	runner   Runner // in place of an endpoint; nil for none
}

func parseFunctionURL(url string) (functionPlace, error) {
	ep, path, err := parseBase(url)
	if path == "/" {
		path = ""
	}
	return functionPlace{endpoint: ep, path: path}, err
}

// take has the function of a service invoked where it has its place.
func (f *functionPlace) take(s *Service, u *ServiceURI) (err error) {
	s.Signed, s.Runner, s.Endpoint = false, f.runner, f.endpoint
	if f.runner != nil {
		host, _ := u.host()
		s.Endpoint, err = NewEndpoint("https", host, nil)
	}
	if f.path != "" {
		s.Target = f.path
	}
	return err
}

// functionName matches a function's name, and its version or alias.
var functionName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}(?::(?:\$LATEST|[a-zA-Z0-9_-]{1,128}))?$`)

// functionARN matches what stands before the name in a function's ARN.
var functionARN = regexp.MustCompile(`^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:`)

// IsFunction reports whether a text can name a Lambda function, as the keys of
// AWSOptions.Functions do: its name or its ARN, with or without a version or alias.
func IsFunction(text string) bool {
	return functionName.MatchString(text[len(functionARN.FindString(text)):])
}

// functionPlace finds the place that the options have for a function, which is
// named by its ARN or its name. The most exact key wins: the text itself, the
// ARN without its qualifier, the name with it, the name without. The key is "" where
// there is none.
func (a *AWS) functionPlace(function string) (_ functionPlace, key string) {
	if len(a.functions) == 0 {
		return functionPlace{}, ""
	}
	keys := []string{function}
	name := function
	if parts := strings.SplitN(function, ":", 8); len(parts) >= 7 && parts[0] == "arn" {
		name = strings.Join(parts[6:], ":")
		keys = append(keys, strings.Join(parts[:7], ":"))
	}
	bare, _, _ := strings.Cut(name, ":")
	for _, key = range append(keys, name, bare) {
		if f, ok := a.functions[key]; ok {
			return f, key
		}
	}
	return functionPlace{}, ""
}

// FunctionName is the name of a function that a URI names by its name or its ARN,
// without version or alias.
func FunctionName(function string) string {
	if parts := strings.SplitN(function, ":", 8); len(parts) >= 7 && parts[0] == "arn" {
		return parts[6]
	}
	name, _, _ := strings.Cut(function, ":")
	return name
}

// FunctionFailed reports whether the response to an invocation says that the
// function failed. Lambda says so in a header. The Runtime Interface Emulator
// does not, so that its response counts as a failure when it looks like one.
func (s *Service) FunctionFailed(resp *httpmsg.Response) bool {
	if resp.Header.Has("X-Amz-Function-Error") {
		return true
	}
	return !s.Signed && s.Runner == nil && looksFailed(resp.Body)
}

// looksFailed reports whether a body begins like the error of a function and
// holds the two members that each of them has.
func looksFailed(body []byte) bool {
	kind, message := []byte(`"errorType"`), []byte(`"errorMessage"`)
	first, object := bytes.CutPrefix(bytes.TrimSpace(body), []byte("{"))
	if first = bytes.TrimLeft(first, " \t\r\n"); !object {
		return false
	}
	return bytes.HasPrefix(first, kind) && bytes.Contains(first, message) || bytes.HasPrefix(first, message) && bytes.Contains(first, kind)
}
