package jsonpath

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// What a path goes through within a step counts as work: it ends at its deadline.
func TestDeadline(t *testing.T) {
	doc, err := value.Parse(`{"a":[`+strings.Repeat(`1,"x",`, 20_000)+`0],"o":[`+strings.Repeat(`{"k":"y"},`, 20_000)+`0]}`, value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{`$.o[?(@.k in $.a)]`, `$.o[?($.a subsetof $.a)]`, `$.o[?($.a contains @.k)]`, `$..[?($.o == $.o)]`} {
		p, err := Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err = p.GetWithin(doc, &Bounds{Deadline: begin.Add(20 * time.Millisecond)})
		var e *Error
		if took := time.Since(begin); !errors.As(err, &e) || took > 30*time.Second {
			t.Errorf("%s: %v after %v", path, err, took)
		}
	}
}

// A poor meter has no memory.
type poor struct{}

var errPoor = errors.New("poor")

func (poor) Take(n int) error {
	if n > 0 {
		return errPoor
	}
	return nil
}

// What a path makes of a document is asked of a meter.
func TestMemory(t *testing.T) {
	doc, err := value.Parse(`{"a":[`+strings.Repeat(`{"k":"y","l":2},`, 1_000)+`0],"s":["[1,2]"],"n":[1,2]}`, value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{`$..k`, `$.a[*]['k','l']`, `$.a[?(@.k in $.s)]`, `$.a.append(1)`, `$.n.sum()`, `$.a.keys()`, `$.s.concat("a")`} {
		p, err := Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.GetWithin(doc, &Bounds{Memory: poor{}}); err != errPoor {
			t.Errorf("%s: %v", path, err)
		}
	}
}
