package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A frameFlood is frames without end, made from the number of a stream.
type frameFlood struct {
	frames func(stream uint32) []byte // what is sent again and again
	end    string                     // how it ends; "" where it only waits
	cheap  bool                       // it need not end: what is taken leaves nothing
	fast   bool                       // it ends if it is faster than the calls that it begins, and else is taken at their pace
}

// frameFloods are floods with requests of that header block.
func frameFloods(request []byte) map[string]frameFlood {
	return map[string]frameFlood{
		"rapid reset": {end: "closed ENHANCE_YOUR_CALM", fast: true, frames: func(stream uint32) []byte {
			out := appendFrame(nil, frameHeaders, endStream|endHeaders, stream, request)
			return appendFrame(out, frameReset, 0, stream, []byte{0, 0, 0, 8})
		}},
		"requests without reading": {cheap: true, frames: func(stream uint32) []byte {
			return appendFrame(nil, frameHeaders, endStream|endHeaders, stream, request)
		}},
		"CONTINUATION": {end: "closed PROTOCOL_ERROR", frames: func(stream uint32) []byte {
			if stream == 1 {
				return appendFrame(nil, frameHeaders, endStream, 1, request)
			}
			return appendFrame(nil, frameContinuation, 0, 1, block([]line{{"x-a", strings.Repeat("a", 1000)}}))
		}},
		"header bombs": {cheap: true, frames: func(stream uint32) []byte {
			header := request
			if stream == 1 { // a line of 3,900 bytes that goes into the table
				header = append(slices.Clone(request), block([]line{{"x-a", strings.Repeat("a", 3900)}})...)
				header[len(request)] = 0x40
			}
			bomb := bytes.Repeat([]byte{0x80 | 62}, 10_000) // each byte stands for it
			return appendFrame(nil, frameHeaders, endStream|endHeaders, stream, append(slices.Clone(header), bomb...))
		}},
		"PING": {frames: func(uint32) []byte {
			return appendFrame(nil, framePing, 0, 0, make([]byte, 8))
		}},
		"SETTINGS": {cheap: true, frames: func(uint32) []byte {
			return appendFrame(nil, frameSettings, 0, 0, nil)
		}},
	}
}

// pour sends a flood until the connection ends or, where it need not, waits, or
// enough was taken. It returns how many bytes were taken.
func (f *frameFlood) pour(c *framed, enough int) (sent int) {
	wait := 500 * time.Millisecond
	if f.end != "" && !f.fast {
		wait = patience
	}
	for stream := uint32(1); sent < enough; stream += 200 {
		var batch []byte
		for s := stream; s < stream+200; s += 2 {
			batch = append(batch, f.frames(s)...)
		}
		_ = c.SetWriteDeadline(time.Now().Add(wait))
		n, err := c.Write(batch)
		if sent += n; err != nil {
			break
		}
	}
	return sent
}

// A busyBackend takes a second for what is called slow, and counts the calls of each
// path: of one whose client is gone the backend learns late, and it may go on while
// the next flood has begun.
type busyBackend struct {
	mu        sync.Mutex
	now, most map[string]int
}

// ServeHTTP implements http.Handler.
func (b *busyBackend) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	b.count(r.URL.Path, 1)
	defer b.count(r.URL.Path, -1)
	if strings.HasPrefix(r.URL.Path, "/up/slow/") {
		time.Sleep(time.Second)
	}
}

func (b *busyBackend) count(path string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now[path] += n
	b.most[path] = max(b.most[path], b.now[path])
}

// mostOf returns how many calls of a path there were at once.
func (b *busyBackend) mostOf(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most[path]
}

// TestFloodHTTP2 sends floods of frames to a running gateway. Each must end, or
// wait, before it costs much: memory, or more calls of the backend at once than
// a connection may have streams. Whoever behaves is served meanwhile.
func TestFloodHTTP2(t *testing.T) {
	t.Parallel()
	back := &busyBackend{now: map[string]int{}, most: map[string]int{}}
	server := httptest.NewServer(back)
	t.Cleanup(server.Close)
	p, _, secure := openDoors(t, map[string]string{"sec": securityAPI(t, map[string]string{"go": server.URL}, server.URL)})
	get := func(path string) []line {
		return (&frameCase{lines: []line{{":path", "{up}" + path}}}).header("/prod/go")
	}
	bound := int64(128 << 20)
	if raceDetector {
		bound *= 4 // it keeps several bytes for each
	}
	for _, name := range slices.Sorted(maps.Keys(frameFloods(nil))) {
		t.Run(name, func(t *testing.T) {
			path := "/slow/" + strings.ReplaceAll(name, " ", "-")
			flood := frameFloods(block(get("/p" + path)))[name]
			before, enough := resident(t, p), 256<<20
			if flood.cheap {
				enough = 4 << 20
			}
			good, c := dialHTTP2(t, secure), dialHTTP2(t, secure)
			sent := flood.pour(c, enough)
			most := back.mostOf("/up" + path)
			t.Logf("%d bytes were taken, %d calls at once", sent, most)
			if sent >= enough && !flood.cheap {
				t.Errorf("%d bytes were taken", sent)
			}
			if most > 128 {
				t.Errorf("%d calls of the backend at once", most)
			}
			if flood.end != "" {
				wait := patience
				if flood.fast {
					wait = 10 * time.Second
				}
				_ = c.SetReadDeadline(time.Now().Add(wait))
				if got, _ := c.outcome(1<<31 - 1); got != flood.end && !(flood.fast && got == "closed") {
					t.Errorf("ended with %q, want %q", got, flood.end)
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
		skipElsewhere(t, err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
