package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// runTestFunction is a program that speaks Lambda's Runtime API: the command of
// functions in tests, which answer as testFunction does.
func runTestFunction() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		resp, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		event, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		text, failed, streams := testFunction(event)
		what := "/response"
		if failed {
			what = "/error"
		}
		req, _ := http.NewRequest(http.MethodPost, base+resp.Header.Get("Lambda-Runtime-Aws-Request-Id")+what, bytes.NewReader(text))
		if streams {
			req.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
		}
		if resp, err = http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}
}

// testFunctionAt is the same function at a URL.
func testFunctionAt(t testing.TB) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, _ := io.ReadAll(r.Body)
		text, failed, _ := testFunction(event)
		if failed {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// testFunction answers an event: an authorizer's with a policy, others as their path
// says, and where that says nothing with the event itself.
func testFunction(event []byte) (text []byte, failed, streams bool) {
	var e struct {
		Type, AuthorizationToken, MethodArn, Path string
		Headers                                   map[string]string
	}
	_ = json.Unmarshal(event, &e)
	switch {
	case e.AuthorizationToken == "fail", strings.HasSuffix(e.Path, "/fail"):
		return []byte(`{"errorType":"Error","errorMessage":"boom","trace":[]}`), true, false
	case e.Type == "TOKEN" || e.Type == "REQUEST":
		answer, _ := json.Marshal(map[string]any{
			"principalId": "p", "context": map[string]string{"event": string(event)},
			"policyDocument": map[string]any{"Statement": []any{map[string]string{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": e.MethodArn}}},
		})
		return answer, false, false
	case strings.HasSuffix(e.Path, "/exit"):
		os.Exit(1)
	case strings.HasSuffix(e.Path, "/pid"):
		return fmt.Appendf(nil, `{"statusCode": 200, "body": "%d"}`, os.Getpid()), false, false
	case strings.HasSuffix(e.Path, "/child"): // one that has left its parent, the group and the environment
		out, _ := exec.Command("sh", "-c", "(setsid env -i /bin/sh -c 'echo $$; exec sleep 1000 >/dev/null 2>&1' &)").Output()
		return fmt.Appendf(nil, `{"statusCode": 200, "body": "%d %s"}`, os.Getpid(), bytes.TrimSpace(out)), false, false
	case strings.HasSuffix(e.Path, "/slow"):
		fmt.Println("this takes a while")
		time.Sleep(300 * time.Millisecond)
	case strings.HasSuffix(e.Path, "/environment"):
		answer, _ := json.Marshal(map[string]any{"statusCode": 200, "body": strings.Join(os.Environ(), "\n")})
		return answer, false, false
	case strings.HasSuffix(e.Path, "/malformed"):
		return []byte(`["no output"]`), false, false
	case strings.HasSuffix(e.Path, "/looks-failed"):
		return []byte(`{"errorType": "no", "errorMessage": "error"}`), false, false
	case strings.HasSuffix(e.Path, "/stream"):
		return []byte(`{"statusCode": 203, "headers": {"X-Streamed": "yes"}}` + "\x00\x00\x00\x00\x00\x00\x00\x00" + "one two"), false, true
	case e.Path == "":
		return event, false, false
	}
	answer, _ := json.Marshal(map[string]any{"statusCode": 201, "headers": map[string]string{"X-Function": "yes"}, "body": string(event)})
	return answer, false, false
}
