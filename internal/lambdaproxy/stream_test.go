package lambdaproxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// message is one of Lambda's event stream: of a type, with an event's or exception's
// name, and a payload.
func message(kind, name, payload string) []byte {
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue("application/octet-stream"))
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func payloadChunk(text string) []byte { return message("event", "PayloadChunk", text) }

// An openBody has its bytes, and then nothing until its reads are limited.
type openBody struct {
	io.Reader
	limited chan time.Time
}

func (b *openBody) LimitTo(t time.Time) { b.limited <- t }

func (b *openBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		time.Sleep(time.Until(<-b.limited))
		return n, os.ErrDeadlineExceeded
	}
	return n, err
}

// A response that goes on behind the function's end keeps no client from its own.
func TestInvocationIsNotHeldOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := append(payloadChunk("one"), message("event", "InvokeComplete", "{}")...)
		begin := time.Now()
		got, err := io.ReadAll(NewInvocation(&openBody{bytes.NewReader(stream), make(chan time.Time, 1)}))
		if string(got) != "one" || err != nil || time.Since(begin) > bodyTime {
			t.Errorf("got %q, %v, after %v", got, err, time.Since(begin))
		}
	})
}

func TestInvocation(t *testing.T) {
	complete := message("event", "InvokeComplete", `{"LogResult":"x"}`)
	long := strings.Repeat("0123456789", 30_000)
	wrong := payloadChunk("wrong")
	wrong[len(wrong)-6] ^= 1
	tests := map[string]struct {
		stream [][]byte
		want   string
		err    string // "" for io.EOF
	}{
		"pieces":              {[][]byte{payloadChunk("one "), payloadChunk(""), payloadChunk("two"), complete}, "one two", ""},
		"a long one":          {[][]byte{payloadChunk(long), complete}, long, ""},
		"nothing":             {[][]byte{complete}, "", ""},
		"many without any":    {[][]byte{bytes.Repeat(payloadChunk(""), maxIdle), payloadChunk("one"), complete}, "one", ""},
		"too many":            {[][]byte{payloadChunk("one"), bytes.Repeat(message("event", "Later", "x"), maxIdle+1), complete}, "one", errNoPayload.Error()},
		"an empty completion": {[][]byte{payloadChunk("one"), message("event", "InvokeComplete", "")}, "one", ""},
		"events to come":      {[][]byte{message("event", "Later", "x"), payloadChunk("one"), message("event", "Later", "x"), complete}, "one", ""},
		"a function that throws": {[][]byte{payloadChunk("one"), message("event", "InvokeComplete", `{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorType\":\"Error\",\"errorMessage\":\"no\"}"}`)},
			"one", "the function failed: Unhandled: no"},
		"details that are text": {[][]byte{message("event", "InvokeComplete", `{"ErrorCode":"Runtime.ExitError","ErrorDetails":"it ended"}`)}, "", "the function failed: Runtime.ExitError: it ended"},
		"no details":            {[][]byte{message("event", "InvokeComplete", `{"ErrorCode":"Unhandled"}`)}, "", "the function failed: Unhandled"},
		"an exception":          {[][]byte{payloadChunk("one"), message("exception", "ServiceException", `{"Message":"no"}`)}, "one", "the function failed: ServiceException: no"},
		"no completion":         {[][]byte{payloadChunk("one")}, "one", errIncomplete.Error()},
		"more behind it":        {[][]byte{complete, payloadChunk("one")}, "", errIncomplete.Error()},
		"half a message":        {[][]byte{payloadChunk("one"), complete[:20]}, "one", io.ErrUnexpectedEOF.Error()},
		"a wrong checksum":      {[][]byte{payloadChunk("one "), wrong}, "one ", "eventstream: a checksum is wrong"},
		"no event stream":       {[][]byte{[]byte(`{"statusCode": 200}`)}, "", "eventstream: a checksum is wrong"},
	}
	for name, tt := range tests {
		stream := bytes.Join(tt.stream, nil)
		for how, r := range map[string]io.Reader{"at once": bytes.NewReader(stream), "byte by byte": iotest.OneByteReader(bytes.NewReader(stream))} {
			got, err := io.ReadAll(NewInvocation(r))
			if !strings.HasPrefix(string(got), tt.want) || name != "a wrong checksum" && string(got) != tt.want || fmt.Sprint(err) != tt.err && (err != nil || tt.err != "") {
				t.Errorf("%s, %s: got %.100q, %v", name, how, got, err)
			}
		}
	}
}

// The delimiter is found wherever the pieces are cut, and nothing behind it is lost.
func TestCutMetadata(t *testing.T) {
	nuls := strings.Repeat("\x00", 8)
	for _, payload := range []string{"", "payload", "\x00", nuls, nuls + nuls} {
		text := []byte(`{"statusCode": 200}` + nuls + payload)
		found := len(text) - len(payload)
		for cut := range text {
			metadata, rest, ok := CutMetadata(text[:cut], 0)
			if ok != (cut >= found) || ok && (string(metadata) != `{"statusCode": 200}` || string(rest) != payload[:cut-found]) {
				t.Errorf("%q: %q, %q, %t", text[:cut], metadata, rest, ok)
			}
			if ok {
				continue
			}
			if metadata, rest, ok := CutMetadata(text, cut); !ok || string(metadata) != `{"statusCode": 200}` || string(rest) != payload {
				t.Errorf("%q behind %d: %q, %q, %t", text, cut, metadata, rest, ok)
			}
		}
	}
}

func TestReadMetadata(t *testing.T) {
	const whole = "not an object of statusCode, headers, multiValueHeaders and cookies with eight NULs behind it, in the first 16 KB"
	tests := map[string]struct{ text, want, err string }{
		"nothing said": {`{}`, "200", ""},
		"all": {`{"statusCode": 201, "headers": {"A": "1", "b": "2"}, "multiValueHeaders": {"B": ["3", "4"]}, "cookies": ["c=1", "d=2; Path=/"]}`,
			"201 B:3 B:4 A:1 B:2 Set-Cookie:c=1 Set-Cookie:d=2; Path=/", ""},
		"nulls":                     {`{"statusCode": null, "headers": null, "multiValueHeaders": null, "cookies": null}`, "200", ""},
		"a body":                    {`{"body": "x"}`, "", `"body" is not a member of a streamed output's metadata, which are statusCode, headers, multiValueHeaders and cookies`},
		"base64":                    {`{"isBase64Encoded": false}`, "", `"isBase64Encoded" is not a member of a streamed output's metadata, which are statusCode, headers, multiValueHeaders and cookies`},
		"another member":            {`{"x": 1}`, "", `"x" is not a member of a streamed output's metadata, which are statusCode, headers, multiValueHeaders and cookies`},
		"no JSON":                   {`hello`, "", whole},
		"text behind it":            {`{}{}`, "", whole},
		"a status out of bounds":    {`{"statusCode": 600}`, "", "statusCode is not from 200 to 599"},
		"cookies that are text":     {`{"cookies": "a=b"}`, "", badCookies.Error()},
		"a cookie that is a number": {`{"cookies": [1]}`, "", badCookies.Error()},
		"a cookie of two lines":     {`{"cookies": ["a=b\r\nX: y"]}`, "", `the header "Set-Cookie" is not one whose name and value can be sent`},
		"too many cookies":          {`{"cookies": [` + strings.Repeat(`"",`, maxLines) + `""]}`, "", badCookies.Error()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var o Output
			for range 2 { // in memory that was used before
				err := o.ReadMetadata([]byte(tt.text))
				if tt.err != "" {
					if err == nil || err.Error() != tt.err {
						t.Errorf("got %v, want %s", err, tt.err)
					}
					continue
				}
				got := fmt.Sprint(o.Status)
				for _, f := range o.AppendHeader(nil) {
					got += " " + f.Name + ":" + f.Value
				}
				if got != tt.want || err != nil {
					t.Errorf("got %s, %v", got, err)
				}
			}
		})
	}
}

// What a function that streams returns to an invocation that does not: its metadata
// count (documented).
func TestBufferedMetadata(t *testing.T) {
	var o Output
	if err := o.Read([]byte(`{"statusCode": 201, "headers": {"A": "1"}}` + " " + string(delimiter) + "payload")); err != nil || o.Status != 201 || len(o.Body) > 0 {
		t.Errorf("%v, %d, %q", err, o.Status, o.Body)
	}
	if err := o.Read([]byte(`{"statusCode": 201}` + string(delimiter[1:]) + "payload")); err == nil {
		t.Error("seven NULs are taken for a delimiter")
	}
}

// Whatever Lambda sends, an invocation ends, and a proper end has a completion.
func FuzzInvocation(f *testing.F) {
	f.Add(append(payloadChunk("hello"), message("event", "InvokeComplete", "{}")...))
	f.Add(append(payloadChunk("hello"), message("event", "InvokeComplete", `{"ErrorCode":"Unhandled","ErrorDetails":"{"}`)...))
	f.Add(message("exception", "ServiceException", `{"Message":"no"}`))
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, err := io.ReadAll(NewInvocation(bytes.NewReader(stream)))
		if len(got) > len(stream) {
			t.Errorf("%d bytes of %d", len(got), len(stream))
		}
		if err == nil && !bytes.Contains(stream, []byte("InvokeComplete")) {
			t.Errorf("%q ends well", stream)
		}
		if errors.Is(err, io.EOF) && err != io.EOF {
			t.Errorf("an error that wraps io.EOF: %v", err)
		}
	})
}

// Metadata lead to an answer that can be sent, or to an error.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"statusCode": 201, "headers": {"A": "1"}, "multiValueHeaders": {"B": ["3"]}, "cookies": ["c=1"]}`))
	f.Add([]byte(`{"cookies": ["` + "\\r\\n" + `"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var o Output
		if o.ReadMetadata(text) != nil {
			return
		}
		if o.Status < 200 || o.Status > 599 || len(o.Body) > 0 {
			t.Errorf("status %d, body %q", o.Status, o.Body)
		}
		for _, f := range o.AppendHeader(nil) {
			if strings.ContainsAny(f.Name+f.Value, "\r\n\x00") {
				t.Errorf("the header %q: %q", f.Name, f.Value)
			}
		}
	})
}
