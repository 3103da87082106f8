package mapping

import (
	"errors"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// MaxTime is how long the templates and expressions of one side of a call may
// work. AWS says of none how long it may; a whole call ends after 29 s there.
const MaxTime = 5 * time.Second

var errTime = errors.New("templates and expressions take too long")

// memory is where the memory for what is made on a side comes from; nil for no
// bound.
func (s *Scope) memory(side Side) value.Meter {
	if side == ResponseSide {
		return s.ResponseMemory
	}
	return s.RequestMemory
}

// take asks for memory on a side.
func (s *Scope) take(side Side, n int) error {
	m := s.memory(side)
	if m == nil {
		return nil
	}
	return m.Take(n)
}

// giveUp notes the first reason why something could not be made where no error
// can be returned.
func (s *Scope) giveUp(err error) {
	if s.gaveUp == nil {
		s.gaveUp = err
	}
}

// due is when the work of a side must have ended. Its time begins when this is
// first asked.
func (s *Scope) due(side Side) time.Time {
	d := &s.dues[side]
	if d.IsZero() {
		*d = time.Now().Add(MaxTime)
		if !s.Deadline.IsZero() && s.Deadline.Before(*d) {
			*d = s.Deadline
		}
	}
	return *d
}

// inTime is asked by what goes through n bytes or members; for few the clock is
// not looked at.
func (s *Scope) inTime(side Side, n int) error {
	if n >= 4<<10 && !time.Now().Before(s.due(side)) {
		return errTime
	}
	return nil
}

// bounds are those of a path's evaluation on the body of a side.
func (s *Scope) bounds(side Side) *jsonpath.Bounds {
	s.pathBounds = jsonpath.Bounds{Deadline: s.due(side), Memory: s.memory(side)}
	return &s.pathBounds
}

const (
	firstPrint = 64 << 10 // room that printing has before it asks for more
	maxPrint   = 64 << 20 // where texts are cut
)

// A printer is value.Value's AppendJSONMax or AppendTextMax.
type printer func(v value.Value, dst []byte, max int) ([]byte, error)

// print returns the text of v, cut where it is longer than any use.
func (s *Scope) print(side Side, v value.Value, as printer) (string, error) {
	room, paid, buf := firstPrint, 0, s.scratch[:0]
	for {
		out, err := as(v, buf, room)
		if cap(out) <= firstPrint {
			s.scratch = out[:0]
		}
		if late := s.inTime(side, len(out)); late != nil {
			return "", late
		}
		if err != value.ErrTooLong || room >= maxPrint {
			err = s.take(side, len(out)-paid)
			return string(out), err
		}
		room *= 4
		if err := s.take(side, room-paid); err != nil {
			return "", err
		}
		paid, buf = room, make([]byte, 0, room)
	}
}

// text returns the text of a value as Java prints it.
func (s *Scope) text(side Side, v value.Value) (string, error) {
	if v.IsString() {
		return v.AsString(), nil
	}
	return s.print(side, v, value.Value.AppendTextMax)
}
