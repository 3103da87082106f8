package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestFloodHTTP2 sends floods of frames to a running gateway. Each must end, or
// wait, before it costs much: memory, or more calls of the backend at once than
// a connection may have streams. Whoever behaves is served meanwhile.
func TestFloodHTTP2(t *testing.T) {
	t.Parallel()
	var calls, most, total atomic.Int64
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if now := calls.Add(1); now > most.Load() {
			most.Store(now)
		}
		total.Add(1)
		defer calls.Add(-1)
		if r.URL.Path == "/up/slow" {
			time.Sleep(time.Second)
		}
	})
	up := newRecorder(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: slow}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	p, _, secure := openDoors(t, map[string]string{"sec": securityAPI(t, map[string]string{"go": "http://" + ln.Addr().String()}, up.url)})

	get := func(path string) []line {
		return (&frameCase{lines: []line{{":path", "{up}" + path}}}).header("/prod/go")
	}
	bound := int64(128 << 20)
	if raceDetector {
		bound *= 8 // it keeps several bytes for each
	}
	request := block(get("/p/slow"))
	tests := map[string]struct {
		flood func(stream uint32) []byte // what is sent again and again
		end   string                     // how it ends; "" where it only waits
		cheap bool                       // it need not end: what is taken leaves nothing
	}{
		"rapid reset": {end: "closed ENHANCE_YOUR_CALM", flood: func(stream uint32) []byte {
			out := appendFrame(nil, frameHeaders, endStream|endHeaders, stream, request)
			return appendFrame(out, frameReset, 0, stream, []byte{0, 0, 0, 8})
		}},
		"requests without reading": {cheap: true, flood: func(stream uint32) []byte {
			return appendFrame(nil, frameHeaders, endStream|endHeaders, stream, request)
		}},
		"CONTINUATION": {end: "closed PROTOCOL_ERROR", flood: func(stream uint32) []byte {
			if stream == 1 {
				return appendFrame(nil, frameHeaders, endStream, 1, request)
			}
			return appendFrame(nil, frameContinuation, 0, 1, block([]line{{"x-a", strings.Repeat("a", 1000)}}))
		}},
		"PING": {flood: func(uint32) []byte {
			return appendFrame(nil, framePing, 0, 0, make([]byte, 8))
		}},
		"header bombs": {cheap: true, flood: func(stream uint32) []byte {
			header := request
			if stream == 1 { // a line of 3,900 bytes that goes into the table
				header = append(slices.Clone(request), block([]line{{"x-a", strings.Repeat("a", 3900)}})...)
				header[len(request)] = 0x40
			}
			bomb := bytes.Repeat([]byte{0x80 | 62}, 10_000) // each byte stands for it
			return appendFrame(nil, frameHeaders, endStream|endHeaders, stream, append(slices.Clone(header), bomb...))
		}},
		"SETTINGS": {cheap: true, flood: func(uint32) []byte {
			return appendFrame(nil, frameSettings, 0, 0, nil)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for calls.Load() > 0 {
				time.Sleep(time.Millisecond)
			}
			most.Store(0)
			before := resident(t, p)
			good := dialHTTP2(t, secure)
			c := dialHTTP2(t, secure)
			sent, enough := 0, 256<<20
			if tt.cheap {
				enough = 4 << 20
			}
			for stream := uint32(1); sent < enough; stream += 200 {
				var batch []byte
				for s := stream; s < stream+200; s += 2 {
					batch = append(batch, tt.flood(s)...)
				}
				_ = c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
				n, err := c.Write(batch)
				if sent += n; err != nil { // it has been ended, or waits
					break
				}
			}
			t.Logf("%d bytes were taken, %d calls at once, %d in all", sent, most.Load(), total.Load())
			if sent >= enough && !tt.cheap {
				t.Errorf("%d bytes were taken", sent)
			}
			if most.Load() > 250+1 {
				t.Errorf("%d calls of the backend at once", most.Load())
			}
			if tt.end != "" {
				if got, _ := c.outcome(1<<31 - 1); got != tt.end {
					t.Errorf("ended with %q, want %q", got, tt.end)
				}
			}
			_ = good.SetDeadline(time.Now().Add(patience))
			if got, _ := good.outcome(good.send(get("/p/x"), "", nil)); got != "200" {
				t.Errorf("who behaves got %s", got)
			}
			if grown := resident(t, p) - before; grown > bound {
				t.Errorf("%d bytes more in use", grown)
			}
		})
	}
}

// resident is the memory of a process, in bytes.
func resident(t *testing.T, p *process) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		t.Skip(err) // no Linux
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
