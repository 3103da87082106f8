package runtimes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// goHandler is a function as AWS's library for Go has it, which this test's executable
// is where a Runtime API is named.
func goHandler(ctx context.Context, event json.RawMessage) (any, error) {
	switch string(event) {
	case `"error"`:
		return nil, errors.New("no shoes")
	case `"stream"`:
		return &events.APIGatewayProxyStreamingResponse{StatusCode: 201, Headers: map[string]string{"X-A": "b"}, Body: io.MultiReader(strings.NewReader("first "), bytes.NewReader([]byte("second")))}, nil
	}
	known, _ := lambdacontext.FromContext(ctx)
	return map[string]any{"event": event, "request": known.AwsRequestID, "name": lambdacontext.FunctionName}, nil
}

// A program with AWS's library for Go runs as it is.
func TestGo(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	w := startWorker(t, Program{Runtime: "provided.al2023", Dir: dir})
	w.returns(`{"a":1}`, `{"event":{"a":1},"name":"orders","request":"8476a536"}`)
	if got := w.call(`"error"`); got.path != "invocation/8476a536/error" || got.body != `{"errorMessage":"no shoes","errorType":"errorString"}` {
		t.Errorf("got %s %s", got.path, got.body)
	}
	got := w.call(`"stream"`)
	if got.header.Get("Content-Type") != "application/vnd.awslambda.http-integration-response" || got.body != `{"statusCode":201,"headers":{"X-A":"b"}}`+strings.Repeat("\x00", 8)+"first second" {
		t.Errorf("got %+v", got)
	}
}
