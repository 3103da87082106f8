package eventstream_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	own "github.com/gatehouse-gw/gatehouse/internal/eventstream"
)

// The SDK reads what is appended.
func TestAppendMessage(t *testing.T) {
	stream := own.AppendMessage(nil, []own.Header{{Name: ":message-type", Value: "event"}, {Name: ":event-type", Value: ""}}, []byte("one"))
	stream = own.AppendMessage(stream, nil, nil)
	from, d := bytes.NewReader(stream), eventstream.NewDecoder()
	first, err := d.Decode(from, nil)
	if err != nil || string(first.Payload) != "one" || first.Headers.Get(":message-type").String() != "event" || first.Headers.Get(":event-type").String() != "" || len(first.Headers) != 2 {
		t.Errorf("got %v, %v", first, err)
	}
	if second, err := d.Decode(from, nil); err != nil || len(second.Payload)+len(second.Headers) != 0 || from.Len() != 0 {
		t.Errorf("got %v, %v, %d bytes left", second, err, from.Len())
	}
}
