package sdktest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// A busy connection returns from its writes late, as on a machine whose
// processors do something else.
type busy struct{ net.Conn }

func (b busy) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	time.Sleep(50 * time.Millisecond)
	return n, err
}

// The answer comes, and is read, while the request is not quite sent.
func TestAnswerBeforeTheRequestIsOver(t *testing.T) {
	schema := strings.Repeat(" ", 16<<10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer, _ := json.Marshal(map[string]string{"name": "Pet", "schema": schema})
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(answer[:8<<10])
		_ = http.NewResponseController(w).Flush()
		time.Sleep(200 * time.Millisecond)
		_, _ = w.Write(answer[8<<10:])
	}))
	defer srv.Close()
	client := new(Client)
	client.Transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		return busy{nc}, err
	}}
	defer client.CloseIdleConnections()
	sdk := apigateway.New(apigateway.Options{
		Region: "us-east-1", BaseEndpoint: &srv.URL, Retryer: aws.NopRetryer{}, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	out, err := sdk.CreateModel(t.Context(), &apigateway.CreateModelInput{
		RestApiId: aws.String("abc"), Name: aws.String("Pet"), ContentType: aws.String("application/json"), Schema: &schema,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(out.Schema); got != schema {
		t.Errorf("%d bytes of schema, want %d", len(got), len(schema))
	}
}
