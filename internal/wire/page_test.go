package wire

import (
	"cmp"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// after lists sorted ids as a store would.
func after(ids []string) func(string, int) ([]string, bool, error) {
	return func(after string, n int) ([]string, bool, error) {
		i, found := slices.BinarySearch(ids, after)
		if found {
			i++
		}
		return slices.Clone(ids[i:min(i+n, len(ids))]), i+n < len(ids), nil
	}
}

func self(id string) string { return id }

func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(100000 + i)
	}
	return ids
}

func TestPaginateSizes(t *testing.T) {
	tests := map[string]struct {
		items int
		limit *int32
		want  int
		more  bool
	}{
		"none":             {items: 0, want: 0},
		"default":          {items: 26, want: 25, more: true},
		"exactly default":  {items: 25, want: 25},
		"limit":            {items: 26, limit: new(int32(3)), want: 3, more: true},
		"largest":          {items: 501, limit: new(int32(500)), want: 500, more: true},
		"above":            {items: 501, limit: new(int32(501)), want: 500, more: true},
		"far above":        {items: 501, limit: new(int32(2147483647)), want: 500, more: true},
		"limit is the end": {items: 3, limit: new(int32(3)), want: 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			page, next, err := Paginate(nil, tt.limit, self, after(numbered(tt.items)))
			if err != nil {
				t.Fatal(err)
			}
			if len(page) != tt.want || (next != nil) != tt.more {
				t.Errorf("%d items, more: %v; want %d, %v", len(page), next != nil, tt.want, tt.more)
			}
		})
	}
}

func TestPaginateRefuses(t *testing.T) {
	const position, limit = "Invalid position parameter specified", "Invalid limit parameter specified"
	tests := map[string]struct {
		position *string
		limit    *int32
		want     string
	}{
		"limit 0":            {limit: new(int32(0)), want: limit},
		"limit below 0":      {limit: new(int32(-1)), want: limit},
		"no base64":          {position: new("%%"), want: position},
		"no prefix":          {position: new(base64.RawURLEncoding.EncodeToString([]byte("2:a"))), want: position},
		"no id":              {position: new(base64.RawURLEncoding.EncodeToString([]byte("1:"))), want: position},
		"padding":            {position: new(makePosition("a") + "="), want: position},
		"too long":           {position: new(makePosition(strings.Repeat("a", maxPosition))), want: position},
		"empty is the start": {position: new("")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := Paginate(tt.position, tt.limit, self, after(numbered(5)))
			if got := message(err); got != tt.want || (tt.want != "" && typeOf(err) != "BadRequestException") {
				t.Errorf("got the error %v, want %q", err, tt.want)
			}
		})
	}
	broken := errors.New("broken")
	_, _, err := Paginate(nil, nil, self, func(string, int) ([]string, bool, error) { return nil, false, broken })
	if err != broken {
		t.Errorf("got the error %v, want the listing's", err)
	}
}

// An empty listing is an empty page, which is an empty array on the wire.
func TestPaginateNothing(t *testing.T) {
	page, next, err := Paginate(nil, nil, self, func(string, int) ([]string, bool, error) { return nil, false, nil })
	if page == nil || len(page) != 0 || next != nil || err != nil {
		t.Errorf("got %#v, %v, %v", page, next, err)
	}
}

// Items that come and go between the pages neither repeat nor hide others.
func TestPaginateUnderWrites(t *testing.T) {
	ids := numbered(100)
	var seen []string
	var position *string
	for round := 0; ; round++ {
		page, next, err := Paginate(position, new(int32(7)), self, after(ids))
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, page...)
		if next == nil {
			break
		}
		position = next
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == page[len(page)-1] || id == page[0] })
		ids = slices.Insert(ids, 0, "000"+strconv.Itoa(round))
		slices.Sort(ids)
	}
	if want := numbered(100); !slices.Equal(seen, want) {
		t.Errorf("saw %d items, want the %d that were there from the start", len(seen), len(want))
	}
	if !slices.IsSortedFunc(seen, cmp.Compare[string]) {
		t.Error("not in order")
	}
}

func FuzzPosition(f *testing.F) {
	f.Add(makePosition("abc"))
	f.Add("MTo")
	f.Fuzz(func(t *testing.T, position string) {
		id, err := parsePosition(&position)
		if err == nil && position != "" && makePosition(id) != position {
			t.Fatalf("%q is read as %q, whose position is %q", position, id, makePosition(id))
		}
	})
}
