package functions

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// A Line is a line that a function has printed, or that tells what became of it.
type Line struct {
	Function  string // its name
	Account   string // whose it is
	Region    string
	RequestID string // of the call that its worker did; "" for none
	Stream    string // the log stream that its worker is told it has
	Time      time.Time
	Text      []byte // without the line's end; the reader's again when Output returns
}

const (
	// maxLine is where longer lines are cut, in bytes.
	maxLine = 64 << 10
	// outputBurst and outputRate are how much of a worker's output is passed on: so many
	// bytes at once, and so many a second. What is beyond is counted.
	outputBurst = 4 << 20
	outputRate  = 1 << 20
	// leastLine is what a line counts for at least: an empty one costs who reads it as
	// much as a short one, with the time and the names around it.
	leastLine = 128
)

// readLines reads a worker's output until its end. It never stops reading, so that the
// worker does not wait for who reads the lines.
func readLines(from io.Reader, print func([]byte)) {
	r := lineReader{print: print, left: outputBurst, at: time.Now()}
	buf := make([]byte, 4<<10)
	for {
		n, err := from.Read(buf)
		r.take(buf[:n])
		if n == len(buf) && len(buf) < maxLine { // there is much
			buf = make([]byte, maxLine)
		}
		if err != nil {
			r.flush()
			return
		}
	}
}

// A lineReader makes lines of what comes in pieces.
type lineReader struct {
	print   func([]byte)
	part    []byte // of a line whose end has not come
	left    int64  // bytes that may be passed on
	at      time.Time
	dropped int64
}

// take takes a piece.
func (r *lineReader) take(p []byte) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			r.keep(p)
			return
		}
		line := p[:end]
		p = p[end+1:]
		if len(r.part) > 0 {
			r.keep(line)
			line = r.part
		}
		r.pass(line)
		r.part = r.part[:0]
	}
}

// keep adds to the line that has not ended, and cuts it where it is too long.
func (r *lineReader) keep(p []byte) {
	for len(r.part)+len(p) > maxLine {
		n := maxLine - len(r.part)
		r.pass(append(r.part, p[:n]...))
		r.part, p = r.part[:0], p[n:]
	}
	r.part = append(r.part, p...)
}

// flush passes on what has no end.
func (r *lineReader) flush() {
	if len(r.part) > 0 {
		r.pass(r.part)
	}
	r.tellDropped()
}

// pass passes on a line, if the worker may still print.
func (r *lineReader) pass(line []byte) {
	for len(line) > maxLine {
		r.pass(line[:maxLine])
		line = line[maxLine:]
	}
	cost := max(int64(len(line))+1, leastLine)
	if r.left < cost {
		now := time.Now()
		r.left = min(outputBurst, r.left+int64(now.Sub(r.at).Seconds()*outputRate))
		r.at = now
	}
	if r.left < cost {
		r.dropped += int64(len(line)) + 1
		return
	}
	r.left -= cost
	r.tellDropped()
	r.print(bytes.TrimSuffix(line, []byte{'\r'}))
}

// tellDropped says how much was not passed on, when something is again.
func (r *lineReader) tellDropped() {
	if r.dropped > 0 {
		r.print(fmt.Appendf(nil, "… %d bytes of output are left out: the function prints too much", r.dropped))
		r.dropped = 0
	}
}
