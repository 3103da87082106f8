package integration

import (
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// canned answers every read on ln's connections with the same bytes.
func canned(tb testing.TB, answer string) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { ln.Close() })
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				buf, out := make([]byte, 64<<10), []byte(answer)
				for {
					if _, err := nc.Read(buf); err != nil {
						return
					}
					if _, err := nc.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

func BenchmarkDo(b *testing.B) {
	addr := canned(b, "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n"+
		"Content-Type: application/json\r\nContent-Length: 15\r\nConnection: keep-alive\r\nETag: \"abc\"\r\n\r\n{\"hello\":\"you\"}")
	ep, err := NewEndpoint("http", addr, nil)
	if err != nil {
		b.Fatal(err)
	}
	c := NewClient(Options{})
	defer c.Close()
	req := &Request{Method: "GET", Target: "/api/v1/res1/2/items/3?x=1", Header: httpmsg.Header{
		{Name: "Accept", Value: "*/*"}, {Name: "User-Agent", Value: "AmazonAPIGateway_abcdefghij"},
		{Name: "X-Amzn-Trace-Id", Value: "Root=1-67891233-abcdef012345678912345678"},
	}}
	benchmarkDo(b, c, req, ep, 15)
}

// BenchmarkDo10K has an answer that comes in one read and is copied once.
func BenchmarkDo10K(b *testing.B) {
	const size = 10_159
	addr := canned(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10159\r\n\r\n"+strings.Repeat("x", size))
	ep, err := NewEndpoint("http", addr, nil)
	if err != nil {
		b.Fatal(err)
	}
	c := NewClient(Options{})
	defer c.Close()
	benchmarkDo(b, c, &Request{Method: "GET", Target: "/"}, ep, size)
}

func benchmarkDo(b *testing.B, c *Client, req *Request, ep *Endpoint, size int) {
	b.ReportAllocs()
	for b.Loop() {
		resp, err := c.Do(req, ep)
		if err != nil || resp.Status != 200 || len(resp.Body) != size {
			b.Fatal(resp, err)
		}
		resp.Release()
	}
}

// BenchmarkDoParallel is calls at once, each of several goroutines a processor
// going to an endpoint of its own, or all to one.
func BenchmarkDoParallel(b *testing.B) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"hello\":\"you\"}"
	for _, endpoints := range []int{1, 16} {
		b.Run(strconv.Itoa(endpoints), func(b *testing.B) {
			var eps []*Endpoint
			for range endpoints {
				eps = append(eps, endpoint(b, "http", canned(b, answer), nil))
			}
			c := NewClient(Options{MaxConnections: 1000})
			defer c.Close()
			req := &Request{Method: "GET", Target: "/"}
			var next atomic.Int32
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for ep := eps[int(next.Add(1))%endpoints]; pb.Next(); {
					resp, err := c.Do(req, ep)
					if err != nil {
						b.Error(err)
						return
					}
					resp.Release()
				}
			})
		})
	}
}
