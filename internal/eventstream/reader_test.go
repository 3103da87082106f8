package eventstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// encoded is messages as the SDK writes them.
func encoded(t testing.TB, messages ...eventstream.Message) []byte {
	t.Helper()
	var out bytes.Buffer
	e := eventstream.NewEncoder()
	for _, m := range messages {
		if err := e.Encode(&out, m); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func event(kind, payload string) eventstream.Message {
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":message-type", eventstream.StringValue("event"))
	m.Headers.Set(":event-type", eventstream.StringValue(kind))
	return m
}

// told is the messages of a stream as text, and the error behind them.
func told(r io.Reader) (string, error) {
	var out strings.Builder
	for in := NewReader(r); ; {
		if err := in.Next(); err != nil {
			return out.String(), err
		}
		payload, err := io.ReadAll(in)
		fmt.Fprintf(&out, "%s=%s;", in.Header(":event-type"), payload)
		if err != nil {
			return out.String(), err
		}
	}
}

// What the SDK writes is read, in whatever pieces it comes.
func TestReader(t *testing.T) {
	all := event("All", "all types")
	for name, value := range map[string]eventstream.Value{
		"a": eventstream.BoolValue(true), "b": eventstream.BoolValue(false), "c": eventstream.Int8Value(1), "d": eventstream.Int16Value(1),
		"e": eventstream.Int32Value(1), "f": eventstream.Int64Value(1), "g": eventstream.BytesValue("All"), "h": eventstream.TimestampValue{}, "i": eventstream.UUIDValue{},
	} {
		all.Headers.Set(name, value)
	}
	long := strings.Repeat("0123456789", 100_000)
	stream := encoded(t, event("One", "first"), all, event("Empty", ""), event("Long", long), eventstream.Message{})
	want := "One=first;All=all types;Empty=;Long=" + long + ";=;"
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(stream), "byte by byte": iotest.OneByteReader(bytes.NewReader(stream)), "with its end": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		if got, err := told(r); got != want || err != io.EOF {
			t.Errorf("%s: %.200q, %v", name, got, err)
		}
	}
	in := NewReader(bytes.NewReader(stream))
	for _, kind := range []string{"One", "All", "Empty", "Long", ""} { // payloads left unread
		if err := in.Next(); err != nil || in.Header(":event-type") != kind || in.Header("g") != "" {
			t.Errorf("%s: %q, %v", kind, in.Header(":event-type"), err)
		}
	}
	if err := in.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// A stream that ends within a message, or in which a byte is wrong, never ends well.
func TestReaderRefuses(t *testing.T) {
	stream := encoded(t, event("One", "first"))
	for n := 1; n < len(stream); n++ {
		if got, err := told(bytes.NewReader(stream[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %q, %v", n, got, err)
		}
	}
	for at := range stream {
		wrong := bytes.Clone(stream)
		wrong[at] ^= 1
		if got, err := told(bytes.NewReader(wrong)); err == io.EOF || err == nil {
			t.Errorf("byte %d: %q, %v", at, got, err)
		}
	}
	many := event("One", "first")
	many.Headers.Set("x", eventstream.StringValue(strings.Repeat("x", MaxHeaders)))
	if _, err := told(bytes.NewReader(encoded(t, many))); err != errLengths {
		t.Errorf("long headers: %v", err)
	}
}

// A payload costs no memory, however long it is.
func TestReaderMemory(t *testing.T) {
	stream := encoded(t, event("Long", strings.Repeat("x", 8<<20)))
	buf := make([]byte, 16<<10)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			in := NewReader(bytes.NewReader(stream))
			for err := in.Next(); err == nil; {
				_, err = in.Read(buf)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 1<<10 {
		t.Errorf("%d bytes for one message", allocated)
	}
}

// What this reader takes, the SDK's takes too, and reads the same.
func FuzzReader(f *testing.F) {
	f.Add(encoded(f, event("PayloadChunk", "hello"), event("InvokeComplete", "{}")))
	f.Add(encoded(f, eventstream.Message{}))
	f.Add(encoded(f, event("One", "first"))[:20])
	f.Add([]byte{0, 0, 0, 16, 0, 0, 0, 0, 5, 194, 72, 235, 125, 152, 200, 255})
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, err := told(bytes.NewReader(stream))
		if err != io.EOF {
			return
		}
		var want strings.Builder
		in, d := bytes.NewReader(stream), eventstream.NewDecoder()
		for in.Len() > 0 {
			m, err := d.Decode(in, nil)
			if err != nil {
				t.Fatalf("the SDK refuses it: %v", err)
			}
			kind, _ := m.Headers.Get(":event-type").(eventstream.StringValue)
			fmt.Fprintf(&want, "%s=%s;", string(kind), m.Payload)
		}
		if got != want.String() {
			t.Errorf("got %q, the SDK %q", got, want.String())
		}
	})
}
