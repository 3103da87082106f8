package integration

import (
	"bytes"
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

var errQuery = errors.New("the URL has a query")

// A functionURL is where one function is invoked that does not live at AWS.
type functionURL struct {
	endpoint *Endpoint
	path     string // "" adds the path of the Invoke operation
}

func parseFunctionURL(url string) (functionURL, error) {
	ep, path, err := ParseURL(url, nil)
	if err == nil && strings.Contains(path, "?") {
		err = errQuery
	}
	if path == "/" {
		path = ""
	}
	return functionURL{ep, path}, err
}

// target is the path of an invocation that has the given one at AWS.
func (f *functionURL) target(invoke string) string {
	if f.path != "" {
		return f.path
	}
	return invoke
}

// functionURL finds the URL of a function, told by ARN or name: the most exact
// key wins.
func (a *AWS) functionURL(function string) (functionURL, bool) {
	if len(a.functions) == 0 {
		return functionURL{}, false
	}
	keys := []string{function}
	name := function
	if parts := strings.SplitN(function, ":", 8); len(parts) >= 7 && parts[0] == "arn" {
		name = strings.Join(parts[6:], ":")
		keys = append(keys, strings.Join(parts[:7], ":"))
	}
	bare, _, _ := strings.Cut(name, ":")
	for _, key := range append(keys, name, bare) {
		if f, ok := a.functions[key]; ok {
			return f, true
		}
	}
	return functionURL{}, false
}

// FunctionFailed reports whether Lambda's answer to an invocation says that the
// function failed. The Runtime Interface Emulator does not say it in a header;
// its answer has to look like an error.
func (s *Service) FunctionFailed(resp *httpmsg.Response) bool {
	if resp.Header.Has("X-Amz-Function-Error") {
		return true
	}
	return !s.Signed && looksFailed(resp.Body)
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
