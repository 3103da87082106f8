package value

import (
	"strconv"
	"strings"
	"testing"
)

// order100 is a document of about 8 KB: a hundred objects of five members.
func order100() string {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := range 100 {
		if i > 0 {
			b.WriteByte(',')
		}
		n := strconv.Itoa(i)
		b.WriteString(`{"id":"i` + n + `","name":"item number ` + n + `","price":` + n + `.99,"stock":` + n + `,"tags":["t1","u2"]}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

func BenchmarkParse(b *testing.B) {
	docs := map[string]string{
		"small":  `{"name":"Ann","age":30,"tags":["x","y"],"addr":{"city":"Oslo","zip":"0150"}}`,
		"list":   order100(),
		"string": `"` + strings.Repeat("plain text ", 1000) + `"`,
		"escape": `"` + strings.Repeat(`a\nb\u00e9`, 1000) + `"`,
	}
	for name, doc := range docs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if _, err := Parse(doc, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	v := mustParse(b, order100())
	for name, print := range map[string]func([]byte) []byte{"json": v.AppendJSON, "text": v.AppendText} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = print(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkMapGet(b *testing.B) {
	for _, n := range []int{4, 16, 64} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			m := NewMap(n)
			for i := range n {
				m.Set("key"+strconv.Itoa(i), Int(int64(i)))
			}
			last := "key" + strconv.Itoa(n-1)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := m.Get(last); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}
