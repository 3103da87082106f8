package observe

import (
	"encoding/binary"
	"io"
	"log/slog"
)

// An Appender takes lines without their ends. It copies them, never waits and never fails.
// It is safe for concurrent use.
type Appender interface{ Append(line []byte) }

// A Taker takes whole lines with their ends, and lines without them.
type Taker interface {
	io.Writer
	Appender
}

// Named gives lines to a function under the name of what they are for, in batches, as a
// Directory gives them to files: nobody who logs waits, and all names together have the
// bound of one Lines. It is safe for concurrent use.
type Named struct{ lines *Lines }

// NewNamed starts giving lines to a function, which one goroutine calls with whole lines
// and their ends. They are its own only until it returns.
func NewNamed(take func(name string, lines []byte), log *slog.Logger) *Named {
	l := newLines(&namedWriter{take: take})
	l.log = log
	go l.run()
	return &Named{l}
}

// For returns what takes the lines of a name.
func (n *Named) For(name string) Taker { return &fileIn{n.lines, name} }

// Flush waits until everything that was added before is taken, for a second at the most.
func (n *Named) Flush() { n.lines.Flush() }

// Close gives away what is pending, for a second at the most, and stops.
func (n *Named) Close() { n.lines.Close() }

// A namedWriter is the writer of a Named's Lines.
type namedWriter struct {
	take func(name string, lines []byte)
	sorted
}

// Write takes what add has added. It always takes all of it.
func (w *namedWriter) Write(p []byte) (int, error) {
	w.split(p)
	for _, name := range w.order {
		w.take(name, w.batch[name])
	}
	w.clear()
	return len(p), nil
}

// sorted is what a batch of lines has for each name.
type sorted struct {
	batch map[string][]byte
	order []string // the names in batch, as they came
}

func (s *sorted) clear() {
	clear(s.batch)
	s.order = s.order[:0]
}

// split sorts what add has added by names. The lines of a name stay where they are unless
// those of others came between.
func (s *sorted) split(p []byte) {
	if s.batch == nil {
		s.batch = make(map[string][]byte)
	}
	for len(p) > 0 {
		named, n := binary.Uvarint(p)
		name := string(p[n : n+int(named)])
		p = p[n+int(named):]
		length := int(binary.BigEndian.Uint32(p))
		lines := p[lengthSize : lengthSize+length : lengthSize+length]
		p = p[lengthSize+length:]
		if had, ok := s.batch[name]; ok {
			lines = append(had, lines...)
		} else {
			s.order = append(s.order, name)
		}
		s.batch[name] = lines
	}
}
