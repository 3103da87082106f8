package content

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestBinaryTypes(t *testing.T) {
	tests := map[string]struct {
		types BinaryTypes
		of    string
		want  bool
	}{
		"no types":                       {nil, "image/png", false},
		"its own":                        {BinaryTypes{"text/plain", "image/png"}, "image/png", true},
		"case of the list":               {BinaryTypes{"Image/PNG"}, "image/png", true},
		"family":                         {BinaryTypes{"image/*"}, "image/png", true},
		"another family":                 {BinaryTypes{"image/*"}, "images/png", false},
		"family without a subtype":       {BinaryTypes{"image/*"}, "image", false},
		"everything":                     {BinaryTypes{"*/*"}, "image/png", true},
		"everything, no type (recorded)": {BinaryTypes{"*/*"}, "", true},
		"wildcard before (recorded)":     {BinaryTypes{"*/png", "*"}, "image/png", false},
		"not its own text (recorded)":    {BinaryTypes{"*/png"}, "*/png", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.types.Has(tt.of); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestMediaType(t *testing.T) {
	for of, want := range map[string]string{
		"": "", "image/png": "image/png", " Image/PNG ; q=1": "image/png", "image/png, text/html": "image/png, text/html",
	} {
		if got := MediaType(of); got != want {
			t.Errorf("of %q got %q, want %q", of, got, want)
		}
	}
	if got := FirstMediaType("Image/PNG;q=0.1, text/html"); got != "image/png" {
		t.Errorf("the first is %q", got)
	}
}

func TestConversionsWithoutMemory(t *testing.T) {
	budget := httpmsg.NewBudget(1)
	for name, convert := range map[string]func(*httpmsg.Budget, []byte) (*httpmsg.Buffer, error){"encode": Encode, "decode": Decode, "text": Text} {
		if _, err := convert(budget, []byte("QUI=\xff")); !errors.Is(err, httpmsg.ErrBudget) || budget.Used() != 0 {
			t.Errorf("%s: got %v with %d bytes lent", name, err, budget.Used())
		}
	}
}

// An explosive writer panics.
type explosive struct{ deflater }

func (explosive) Reset(io.Writer) { panic("ouch") }

// What panics while it fills a buffer gives it back.
func TestPanicsGiveBack(t *testing.T) {
	budget := httpmsg.NewBudget(1 << 20)
	deflaters := NewDeflaters()
	deflaters.gzip.New = func() any { return explosive{} }
	for name, ouch := range map[string]func(){
		"convert": func() { _, _ = filled(budget, 100, func([]byte) ([]byte, error) { panic("ouch") }) },
		"deflate": func() { _, _ = deflaters.Deflate(budget, "gzip", []byte("text")) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil || budget.Used() != 0 {
					t.Errorf("%d bytes are still lent", budget.Used())
				}
			}()
			ouch()
		})
	}
}

// FuzzBase64 takes any payload there and back, and any text for base64.
func FuzzBase64(f *testing.F) {
	for _, text := range []string{"", "/wD+aGVsbG8=", "\xff\x00\xfehello", `"QUI="`, "QUI", "====", "\"\"", "\xe2\x82", "Q Q", " QUJD \r\n"} {
		f.Add([]byte(text))
	}
	budget := httpmsg.NewBudget(0)
	f.Fuzz(func(t *testing.T, payload []byte) {
		text, err := Encode(budget, payload)
		if err != nil || string(text.Bytes()) != base64.StdEncoding.EncodeToString(payload) {
			t.Fatalf("%q is %v, %v", payload, text, err)
		}
		back, err := Decode(budget, text.Bytes())
		if err != nil || !bytes.Equal(back.Bytes(), payload) {
			t.Fatalf("%q comes back as %v, %v", payload, back, err)
		}
		text.Free()
		back.Free()
		if out, err := Decode(budget, payload); err == nil {
			if len(out.Bytes()) > len(payload) {
				t.Fatalf("%q decodes to %q", payload, out.Bytes())
			}
			out.Free()
		}
		valid, err := Text(budget, payload)
		switch {
		case err != nil || !utf8.Valid(valid.Bytes()):
			t.Fatalf("%q as text is %v, %v", payload, valid, err)
		case utf8.Valid(payload) && !bytes.Equal(valid.Bytes(), payload):
			t.Fatalf("%q is text and became %q", payload, valid.Bytes())
		}
		valid.Free()
		if used := budget.Used(); used != 0 {
			t.Fatalf("%d bytes are still lent", used)
		}
	})
}
