package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// A syntaxError is why bytes are no document.
type syntaxError struct {
	line, column int
	text         string
}

func (e *syntaxError) Error() string { return e.text }

// A jsonReader turns JSON text into nodes, which say where each value stands. It
// refuses duplicate members.
type jsonReader struct {
	jsontext.Reader
	src   *source
	data  []byte
	count int

	// The place up to which lines and columns were counted.
	offset, line, column int
}

// parseJSON reads data, which holds one JSON value.
func parseJSON(src *source, data []byte) (*node, error) {
	r := &jsonReader{Reader: jsontext.NewReader(data, maxDepth, utf8.RuneError), src: src, data: data, line: 1, column: 1}
	n, err := r.value()
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, r.placed(err)
	}
	return n, nil
}

// placed gives an error of the text its line and column.
func (r *jsonReader) placed(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntaxError](err); ok {
		return r.errorf(syntax.Offset, "%s", syntax.Problem)
	}
	if deep, ok := errors.AsType[*jsontext.DepthError](err); ok {
		return r.errorf(deep.Offset, "%v", deep)
	}
	return err
}

// value reads one value.
func (r *jsonReader) value() (*node, error) {
	found, err := r.Peek()
	if err != nil {
		return nil, err
	}
	n, err := r.at(r.Offset())
	if err != nil {
		return nil, err
	}
	switch found {
	case jsontext.Null:
		err = r.Null()
	case jsontext.Bool:
		var b bool
		b, err = r.Bool()
		n.kind, n.value = boolean, strconv.FormatBool(b)
	case jsontext.Number:
		var digits []byte
		digits, err = r.Number()
		n.kind, n.value = number, string(digits)
	case jsontext.String:
		n.kind = text
		if n.value, err = r.Text(); err == nil {
			err = r.src.takeText(n.value)
		}
	case jsontext.Array:
		n.kind, err = list, r.items(n)
	case jsontext.Object:
		n.kind, err = object, r.fields(n)
	}
	if err != nil {
		return nil, err
	}
	n.seal()
	return n, nil
}

func (r *jsonReader) items(n *node) error {
	return r.Array(func() error {
		item, err := r.value()
		n.items = append(n.items, item)
		return err
	})
}

func (r *jsonReader) fields(n *node) error {
	err := r.Object(func(key []byte) error {
		start, name := r.NameOffset(), string(key)
		if n.field(name) != nil {
			return r.errorf(start, "duplicate key %q", name)
		}
		if err := r.src.takeField(n, name); err != nil {
			return err
		}
		line, column := r.place(start)
		value, err := r.value()
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{name: name, line: line, column: column, value: value})
		n.index()
		return nil
	})
	n.fields = slices.Clip(n.fields)
	return err
}

// at makes the node of a value that starts at offset.
func (r *jsonReader) at(offset int) (*node, error) {
	if r.count++; r.count > r.src.maxWeight {
		return nil, r.errorf(offset, "more than %d values", r.src.maxWeight)
	}
	if err := r.src.stopped(r.count); err != nil {
		return nil, err
	}
	if err := r.src.take(sizeOfNode); err != nil {
		return nil, err
	}
	line, column := r.place(offset)
	return &node{src: r.src, line: line, column: column}, nil
}

// place turns an offset into a line and a column. Offsets mostly grow; looking
// back starts again from the top.
func (r *jsonReader) place(offset int) (line, column int) {
	offset = min(offset, len(r.data))
	if offset < r.offset {
		r.offset, r.line, r.column = 0, 1, 1
	}
	for _, b := range r.data[r.offset:offset] {
		switch {
		case b == '\n':
			r.line, r.column = r.line+1, 1
		case utf8.RuneStart(b):
			r.column++
		}
	}
	r.offset = offset
	return r.line, r.column
}

func (r *jsonReader) errorf(offset int, format string, args ...any) error {
	line, column := r.place(offset)
	return &syntaxError{line: line, column: column, text: fmt.Sprintf(format, args...)}
}
