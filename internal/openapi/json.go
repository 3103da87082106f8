package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// A syntaxError is why bytes are no document.
type syntaxError struct {
	line, column int
	text         string
}

func (e *syntaxError) Error() string { return e.text }

// A jsonReader turns JSON text into nodes. Unlike encoding/json it keeps the
// order of members, the text of numbers and where each value stands, and it
// refuses duplicate members.
type jsonReader struct {
	src   *source
	data  []byte
	dec   *json.Decoder
	depth int
	count int

	// The place up to which lines and columns were counted.
	offset, line, column int
}

// parseJSON reads data, which holds one JSON value.
func parseJSON(src *source, data []byte) (*node, error) {
	r := &jsonReader{src: src, data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1, column: 1}
	r.dec.UseNumber()
	n, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.errorf(int(r.dec.InputOffset()), "text after the end of the document")
	}
	return n, nil
}

// next returns the next token and the offset at which it starts.
func (r *jsonReader) next() (json.Token, int, error) {
	start := int(r.dec.InputOffset())
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	token, err := r.dec.Token()
	if err == nil {
		return token, start, nil
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, start, r.errorf(start, "%s", syntax.Error())
	}
	return nil, start, r.errorf(len(r.data), "the document ends too early")
}

// value reads one value.
func (r *jsonReader) value() (*node, error) {
	token, start, err := r.next()
	if err != nil {
		return nil, err
	}
	n, err := r.at(start)
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		err = r.members(n, t)
	case string:
		n.kind, n.value = text, t
		err = r.src.takeText(t)
	case json.Number:
		n.kind, n.value = number, t.String()
	case bool:
		n.kind, n.value = boolean, fmt.Sprint(t)
	}
	if err != nil {
		return nil, err
	}
	n.seal()
	return n, nil
}

// members reads what stands between the brackets of which open is the first.
func (r *jsonReader) members(n *node, open json.Delim) (err error) {
	if r.depth++; r.depth > maxDepth {
		return r.errorf(int(r.dec.InputOffset()), "nested more than %d levels deep", maxDepth)
	}
	defer func() { r.depth-- }()
	if open == '[' {
		n.kind, err = list, r.items(n)
	} else {
		n.kind, err = object, r.fields(n)
	}
	if err != nil {
		return err
	}
	_, _, err = r.next() // the closing bracket
	return err
}

func (r *jsonReader) items(n *node) error {
	for r.dec.More() {
		item, err := r.value()
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	return nil
}

func (r *jsonReader) fields(n *node) error {
	for r.dec.More() {
		token, start, err := r.next()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return r.errorf(start, "a member has to have a name")
		}
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
	}
	n.fields = slices.Clip(n.fields)
	return nil
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
