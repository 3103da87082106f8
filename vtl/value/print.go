package value

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"unsafe"
)

// Errors of printing within a limit.
var (
	// ErrTooLong says that a text would be longer than allowed.
	ErrTooLong = errors.New("text is too long")
	// ErrTooDeep says that lists and maps are nested too deep to print; one
	// may contain itself.
	ErrTooDeep = errors.New("lists and maps are nested too deep")
)

const (
	// maxPrint bounds what one call of AppendText or AppendJSON appends: a
	// few lists that hold one another many times over could fill any memory.
	maxPrint = 64 << 20
	// maxPrintDepth bounds nesting, which is endless in a list that contains
	// one that contains it.
	maxPrintDepth = 1000
)

// Text returns v as Java's toString prints it, see [Value.AppendText].
func (v Value) Text() string {
	if v.IsString() {
		return v.AsString()
	}
	return string(v.AppendText(nil))
}

// AppendText appends v as Java's toString prints it: a map is `{a=1, b=x}`, a
// list `[1, x]`, a string itself, null `null`. A JSON list, and all within it,
// is JSON with `/` written `\/`, as json-smart prints it. Text is cut at 64
// MiB and at 1,000 lists within one another.
func (v Value) AppendText(dst []byte) []byte {
	dst, _ = v.AppendTextMax(dst, len(dst)+maxPrint)
	return dst
}

// AppendTextMax is AppendText for a dst that shall not grow beyond max bytes.
// If it would, or lists are nested too deep, it stops with [ErrTooLong] or
// [ErrTooDeep].
func (v Value) AppendTextMax(dst []byte, max int) ([]byte, error) {
	if s, ok := v.any.(textPtr); ok { // most of what templates print
		if int(v.num) > max-len(dst) {
			return dst, ErrTooLong
		}
		return append(dst, unsafe.String((*byte)(s), int(v.num))...), nil
	}
	if out, ok := appendScalar(dst, v); ok {
		if len(out) > max {
			return dst, ErrTooLong
		}
		return out, nil
	}
	p := Printer{buf: dst, max: max, web: true}
	p.Text(v)
	return p.result()
}

// AppendJSON appends v as compact JSON, as $input.json prints it: `/` stays as
// it is, U+007F to U+009F and U+2000 to U+20FF are escaped, doubles are in
// Java's form, an infinity is null. Text is cut as AppendText's is.
func (v Value) AppendJSON(dst []byte) []byte {
	dst, _ = v.AppendJSONMax(dst, len(dst)+maxPrint)
	return dst
}

// AppendJSONMax is AppendJSON for a dst that shall not grow beyond max bytes,
// with the errors of AppendTextMax.
func (v Value) AppendJSONMax(dst []byte, max int) ([]byte, error) {
	p := Printer{buf: dst, max: max}
	p.JSON(v)
	return p.result()
}

// A Printer collects the text of a value, as far as there is room. An Object
// that contains values prints them with it, see [TextPrinter].
type Printer struct {
	buf   []byte
	max   int
	depth int
	web   bool // write / as \/ in JSON
	err   error
}

func (p *Printer) result() ([]byte, error) {
	if p.err == nil && len(p.buf) > p.max {
		p.err = ErrTooLong
	}
	if p.err == ErrTooLong && len(p.buf) > p.max && p.max >= 0 {
		p.buf = p.buf[:p.max]
	}
	return p.buf, p.err
}

// enter goes a level down and reports whether there is room for anything.
func (p *Printer) enter() bool {
	p.depth++
	switch {
	case p.err != nil:
	case len(p.buf) > p.max:
		p.err = ErrTooLong
	case p.depth > maxPrintDepth:
		p.err = ErrTooDeep
	}
	return p.err == nil
}

// String appends s.
func (p *Printer) String(s string) {
	if p.err != nil {
		return
	}
	if len(s) > p.max-len(p.buf) {
		p.err = ErrTooLong
		return
	}
	p.buf = append(p.buf, s...)
}

// appendScalar appends v if it is a number, a boolean or null.
func appendScalar(dst []byte, v Value) ([]byte, bool) {
	switch x := v.any.(type) {
	case nil:
		return append(dst, "null"...), true
	case Kind:
		switch x {
		case KindBool:
			return strconv.AppendBool(dst, v.num != 0), true
		case KindFloat:
			return AppendFloat(dst, float32(math.Float64frombits(v.num))), true
		case KindDouble:
			return AppendDouble(dst, math.Float64frombits(v.num)), true
		}
		return strconv.AppendInt(dst, int64(v.num), 10), true
	case *big.Int:
		return x.Append(dst, 10), true
	case *Decimal:
		return x.AppendText(dst), true
	}
	return dst, false
}

// scalar appends v if it is a number, a boolean or null.
func (p *Printer) scalar(v Value) (ok bool) {
	p.buf, ok = appendScalar(p.buf, v)
	return ok
}

// Text appends v as [Value.AppendText] does.
func (p *Printer) Text(v Value) {
	if p.err != nil || p.scalar(v) {
		return
	}
	if v.IsString() {
		p.String(v.AsString())
		return
	}
	if p.enter() {
		p.container(v)
	}
	p.depth--
}

func (p *Printer) container(v Value) {
	switch x := v.any.(type) {
	case *List:
		if x.json {
			p.JSON(v)
		} else {
			p.list(x)
		}
	case *Map:
		p.mapping(x)
	case TextPrinter:
		x.PrintText(p)
	case TextAppender:
		p.buf = x.AppendText(p.buf)
	case Entries:
		p.entries(x)
	}
}

func (p *Printer) list(l *List) {
	p.buf = append(p.buf, '[')
	for i, e := range l.Values() {
		if i > 0 {
			p.buf = append(p.buf, ", "...)
		}
		if e.AsList() == l {
			p.String("(this Collection)")
		} else if p.Text(e); p.err != nil {
			return
		}
	}
	p.buf = append(p.buf, ']')
}

func (p *Printer) mapping(m *Map) {
	p.buf = append(p.buf, '{')
	for i, v := range m.vals {
		if i > 0 {
			p.buf = append(p.buf, ", "...)
		}
		if m.shape.odd == nil {
			p.String(m.shape.keys[i])
		} else {
			p.Text(m.Key(i))
		}
		p.buf = append(p.buf, '=')
		if v.AsMap() == m {
			p.String("(this Map)")
		} else {
			p.Text(v)
		}
		if p.err != nil {
			return
		}
	}
	p.buf = append(p.buf, '}')
}

func (p *Printer) entries(es Entries) {
	p.buf = append(p.buf, '{')
	for i := range es.Len() {
		if i > 0 {
			p.buf = append(p.buf, ", "...)
		}
		key, v := es.At(i)
		p.String(key)
		p.buf = append(p.buf, '=')
		if p.Text(v); p.err != nil {
			return
		}
	}
	p.buf = append(p.buf, '}')
}
