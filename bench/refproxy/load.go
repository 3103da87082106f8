package main

// load: sends requests at a constant rate, and tells how long they took. A request's time begins when it is due to be
// sent, also where the answer before it has not come on its connection: a system that stops for a while is charged
// with all the requests that wait.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

type loadResult struct {
	N    int     `json:"n"`
	Bad  int     `json:"bad"`  // answers that were not 200
	Late int     `json:"late"` // requests that were due and never sent, as too many waited
	P50  float64 `json:"p50"`  // microseconds
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
}

// loadConn sends the requests that are due on one connection, until due is closed.
func loadConn(addr string, reqs [][]byte, due <-chan time.Time, end time.Time, took *[]time.Duration, bad *int) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(end) // a system that answers no more ends the measurement
	r := bufio.NewReaderSize(nc, 64<<10)
	i := 0
	for at := range due {
		if _, err := nc.Write(reqs[i%len(reqs)]); err != nil {
			log.Fatal(err)
		}
		i++
		ok, err := readAnswer(r)
		if err != nil {
			log.Fatal(err)
		}
		if !ok {
			*bad++
		}
		*took = append(*took, time.Since(at))
	}
}

// readAnswer reads an answer with a Content-Length, or in chunks, and reports whether it is a 200.
func readAnswer(r *bufio.Reader) (ok bool, err error) {
	length, chunked := 0, false
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			ok = len(line) > 12 && string(line[9:12]) == "200"
			continue
		}
		if len(line) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		} else if bytes.EqualFold(name, []byte("Transfer-Encoding")) {
			chunked = true
		}
	}
	if !chunked {
		_, err = r.Discard(length)
		return ok, err
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return false, err
		}
		if _, err := r.Discard(int(size) + 2); err != nil || size == 0 {
			return ok, err
		}
	}
}

// load has the requests of a file, which end with a line of "--", sent in turn over conns connections, rate of them a
// second.
func load(addr, file string, conns int, rate float64, seconds int) {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	var reqs [][]byte
	for r := range bytes.SplitSeq(text, []byte("--\n")) {
		if len(r) > 0 {
			reqs = append(reqs, r)
		}
	}
	var all sync.WaitGroup
	due, took, bad := make([]chan time.Time, conns), make([][]time.Duration, conns), make([]int, conns)
	end := time.Now().Add(time.Duration(seconds)*time.Second + 20*time.Second)
	for i := range conns {
		due[i] = make(chan time.Time, 1<<10)
		took[i] = make([]time.Duration, 0, int(rate)*(seconds+1)/conns+1)
		all.Go(func() { loadConn(addr, reqs[i%len(reqs):], due[i], end, &took[i], &bad[i]) })
	}
	runtime.LockOSThread()
	out := loadResult{}
	begin, total := time.Now(), int(rate*float64(seconds))
	for n := 0; n < total; {
		for ; n < total && time.Since(begin) >= time.Duration(float64(n)/rate*1e9); n++ {
			select {
			case due[n%conns] <- time.Now():
			default:
				out.Late++
			}
		}
		ts := syscall.NsecToTimespec(20_000) // the timers of Go's are good to a millisecond
		_ = syscall.Nanosleep(&ts, nil)
	}
	for _, c := range due {
		close(c)
	}
	all.Wait()
	times := slices.Concat(took...)
	slices.Sort(times)
	for _, n := range bad {
		out.Bad += n
	}
	if out.N = len(times); out.N > 0 {
		at := func(part float64) float64 { return float64(times[int(part*float64(out.N-1))].Nanoseconds()) / 1e3 }
		out.P50, out.P90, out.P99, out.P999 = at(0.5), at(0.9), at(0.99), at(0.999)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}
