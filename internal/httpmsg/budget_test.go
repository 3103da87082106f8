package httpmsg

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestClasses(t *testing.T) {
	tests := []struct{ size, room int }{
		{0, 1 << 10},
		{1, 1 << 10},
		{1 << 10, 1 << 10},
		{1<<10 + 1, 2 << 10},
		{64 << 10, 64 << 10},
		{1 << 23, 1 << 23},
		{1<<23 + 1, MaxBody},
		{MaxBody, MaxBody},
		{MaxBody + 1, MaxBody + 1},
	}
	for _, tt := range tests {
		class, room := classFor(tt.size)
		if room != tt.room {
			t.Errorf("classFor(%d) has room %d, want %d", tt.size, room, tt.room)
		}
		if again, same := classFor(room); again != class || same != room {
			t.Errorf("a buffer of class %d and %d bytes goes back to class %d", class, room, again)
		}
	}
}

func TestReadBody(t *testing.T) {
	broken := errors.New("broken")
	tests := map[string]struct {
		body  string
		size  int64 // announced
		limit int
		fails error // the reader's error behind body
		want  error
	}{
		"empty":                    {size: 0, limit: 10},
		"empty, length unknown":    {size: -1, limit: 10},
		"small":                    {body: "hello", size: 5, limit: 10},
		"length unknown":           {body: "hello", size: -1, limit: 10},
		"exactly the limit":        {body: "0123456789", size: 10, limit: 10},
		"limit, length unknown":    {body: "0123456789", size: -1, limit: 10},
		"one over":                 {body: "0123456789a", size: 11, limit: 10, want: ErrTooLarge},
		"one over, unknown":        {body: "0123456789a", size: -1, limit: 10, want: ErrTooLarge},
		"longer than announced":    {body: strings.Repeat("x", 5000), size: 10, limit: 1 << 20},
		"shorter than announced":   {body: "x", size: 1 << 19, limit: 1 << 20},
		"fills its class":          {body: strings.Repeat("x", 1<<10), size: 1 << 10, limit: 1 << 20},
		"grows":                    {body: strings.Repeat("abcdefg", 100_000), size: 700_000, limit: 1 << 20},
		"grows, unknown":           {body: strings.Repeat("abcdefg", 100_000), size: -1, limit: 1 << 20},
		"MaxBody":                  {body: strings.Repeat("m", MaxBody), size: MaxBody, limit: MaxBody},
		"MaxBody unknown":          {body: strings.Repeat("m", MaxBody), size: -1, limit: MaxBody},
		"MaxBody and one, unknown": {body: strings.Repeat("m", MaxBody+1), size: -1, limit: MaxBody, want: ErrTooLarge},
		"reader fails":             {body: "hel", size: 5, limit: 10, fails: broken, want: broken},
		"limit 0":                  {size: -1, limit: 0},
		"limit 0 with a byte":      {body: "x", size: -1, limit: 0, want: ErrTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := NewBudget(0)
			for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.DataErrReader, iotest.HalfReader} {
				var r io.Reader = strings.NewReader(tt.body)
				if tt.fails != nil {
					r = io.MultiReader(r, iotest.ErrReader(tt.fails))
				}
				buf, err := b.ReadBody(wrap(r), tt.size, tt.limit)
				if !errors.Is(err, tt.want) {
					t.Fatalf("error %v, want %v", err, tt.want)
				}
				if err == nil {
					if string(buf.Bytes()) != tt.body {
						t.Fatalf("read %d bytes, want %d", len(buf.Bytes()), len(tt.body))
					}
					buf.Free()
				}
				if b.Used() != 0 {
					t.Fatalf("%d bytes still lent", b.Used())
				}
			}
		})
	}
}

// A sender who announces 10 MB and sends nothing holds 16 KiB.
func TestAnnouncedLengthIsNotBelieved(t *testing.T) {
	b := NewBudget(100 << 10)
	buf, err := b.ReadBody(strings.NewReader("x"), MaxBody, MaxBody)
	if err != nil {
		t.Fatal(err)
	}
	if b.Used() != firstRoom {
		t.Errorf("%d bytes lent, want %d", b.Used(), firstRoom)
	}
	buf.Free()
}

func TestBudgetExhausted(t *testing.T) {
	b := NewBudget(10 << 10)
	first, err := b.Buffer(8 << 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Buffer(1); !errors.Is(err, ErrBudget) {
		t.Fatalf("over the limit: %v, want ErrBudget", err)
	}
	if _, err := first.Write(make([]byte, 9<<10)); !errors.Is(err, ErrBudget) {
		t.Fatalf("growing over the limit: %v, want ErrBudget", err)
	}
	first.Free()
	if _, err := b.ReadBody(strings.NewReader(strings.Repeat("x", 9<<10)), -1, MaxBody); !errors.Is(err, ErrBudget) {
		t.Fatalf("reading over the limit: %v, want ErrBudget", err)
	}
	if b.Used() != 0 {
		t.Errorf("%d bytes still lent", b.Used())
	}
}

func TestBufferWrite(t *testing.T) {
	b := NewBudget(0)
	buf, err := b.Buffer(0)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for i := range 3000 {
		chunk := bytes.Repeat([]byte{byte(i)}, i%97)
		want = append(want, chunk...)
		if n, err := buf.Write(chunk); n != len(chunk) || err != nil {
			t.Fatal(n, err)
		}
	}
	if !bytes.Equal(buf.Bytes(), want) {
		t.Error("content differs")
	}
	buf.FreeFunc()()
	if b.Used() != 0 {
		t.Errorf("%d bytes still lent", b.Used())
	}
}

func TestBudgetConcurrently(t *testing.T) {
	b := NewBudget(64 << 20)
	var wg sync.WaitGroup
	for id := range 8 {
		wg.Go(func() {
			body := bytes.Repeat([]byte{byte(id)}, 10_000*(id+1))
			for range 50 {
				buf, err := b.ReadBody(bytes.NewReader(body), int64(len(body)), MaxBody)
				if err != nil {
					t.Error(err)
					return
				}
				if !bytes.Equal(buf.Bytes(), body) {
					t.Error("another body's bytes")
				}
				buf.Free()
			}
		})
	}
	wg.Wait()
	if b.Used() != 0 {
		t.Errorf("%d bytes still lent", b.Used())
	}
}

func BenchmarkReadBody(b *testing.B) {
	for name, size := range map[string]int{"98B": 98, "10KB": 10_159, "1MB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			budget, body := NewBudget(1<<30), make([]byte, size)
			r := bytes.NewReader(nil)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				r.Reset(body)
				buf, err := budget.ReadBody(r, int64(size), MaxBody)
				if err != nil {
					b.Fatal(err)
				}
				buf.Free()
			}
		})
	}
}

// A body that comes grows in few steps while most of the budget is free, and holds
// less than twice what it has sent when it is not.
func TestGrowthFollowsTheBudget(t *testing.T) {
	for used, want := range map[int]int{0: ampleGrowth, 200 << 10: ampleGrowth, 300 << 10: growth} {
		b := NewBudget(1 << 20)
		b.used.Store(int64(used))
		if got := b.nextSize(firstRoom, MaxBody, MaxBody); got != want*firstRoom {
			t.Errorf("%d of 1 MiB used: %d bytes become %d, want %d times as many", used, firstRoom, got, want)
		}
	}
}

// What is asked for in vain is never counted, not for a moment: there is room for a
// small body whatever others ask for at the same time.
func TestBudgetCountsNothingInVain(t *testing.T) {
	b := NewBudget(1 << 20)
	full, err := b.Buffer(512 << 10)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Free()
	done := make(chan struct{})
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if b.take(512 << 10) {
					t.Error("there was room for a large body")
				}
			}
		})
	}
	for range 100_000 {
		if !b.take(1 << 10) {
			t.Error("there was no room for a small body")
			break
		}
		b.used.Add(-1 << 10)
	}
	close(done)
	others.Wait()
}
