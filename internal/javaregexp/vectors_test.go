package javaregexp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A vector is a question to java.util.regex and its answer.
type vector struct {
	op, pattern, input, arg string
	want                    any
	err                     string
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []vector
	for sc := bufio.NewScanner(f); sc.Scan(); {
		out = append(out, parseVector(t, sc.Bytes()))
	}
	return out
}

func parseVector(t testing.TB, line []byte) vector {
	t.Helper()
	var row []any
	if err := json.Unmarshal(line, &row); err != nil {
		t.Fatal(err)
	}
	v := vector{op: row[0].(string), pattern: row[1].(string), input: row[2].(string), want: row[len(row)-1]}
	if len(row) > 4 {
		v.arg = row[3].(string)
	}
	if m, ok := v.want.(map[string]any); ok {
		v.want, v.err = nil, m["error"].(string)
	}
	return v
}

// unsupported are the patterns of the vectors that Java takes and we refuse.
var unsupported = map[string]bool{
	`\b{g}a`: true, `\X`: true, `\Ga`: true, `(?c)a`: true, `(?i)(a)\1`: true, `\uD83D`: true,
	`\p{InGreek}`: true, `\p{InBasicLatin}`: true, `\p{block=BasicLatin}`: true, `\p{IsLatn}`: true, `\p{sc=Grek}`: true,
	`[a&&]`: true, `[&&a]`: true, `[a&&&&b]`: true, `(?<=(a|bc))b`: true,
}

func TestJavaVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(fmt.Sprintf("%s %s on %q %s", v.op, v.pattern, v.input, v.arg), func(t *testing.T) {
			got, err := answer(v)
			if err != nil {
				kind := "run"
				if _, ok := err.(*SyntaxError); ok {
					kind = "syntax"
				}
				if !strings.HasPrefix(v.err, kind) && !(kind == "syntax" && unsupported[v.pattern]) {
					t.Fatalf("got error %v, want %v %s", err, v.want, v.err)
				}
				return
			}
			if v.err != "" {
				t.Fatalf("got %v, want error %s", got, v.err)
			}
			if unsupported[v.pattern] {
				t.Fatal("supported now: take it off the list")
			}
			if !reflect.DeepEqual(got, v.want) {
				t.Errorf("got  %v\nwant %v", got, v.want)
			}
		})
	}
}

// answer puts the question of v to this package. Results have the shape that
// encoding/json gives them.
func answer(v vector) (any, error) {
	re, err := Compile(v.pattern)
	if err != nil {
		return nil, err
	}
	switch v.op {
	case "matches":
		return re.Matches(v.input, Bounds{})
	case "replaceAll":
		return re.ReplaceAll(v.input, v.arg, Bounds{})
	case "replaceFirst":
		return re.ReplaceFirst(v.input, v.arg, Bounds{})
	case "split":
		limit, _ := strconv.Atoi(v.arg)
		parts, err := re.Split(v.input, limit, Bounds{})
		return anySlice(parts), err
	case "members":
		return members(re)
	}
	return findAll(re, v.input)
}

func anySlice(in []string) []any {
	out := []any{}
	for _, s := range in {
		out = append(out, s)
	}
	return out
}

func findAll(re *Regexp, s string) (any, error) {
	m, err := re.find()
	if err != nil {
		return nil, err
	}
	out := []any{}
	err = m.each(s, true, &Bounds{}, func(loc []int) error {
		groups := []any{}
		for i := 0; i < len(loc); i += 2 {
			if loc[i] < 0 {
				groups = append(groups, nil)
			} else {
				groups = append(groups, s[loc[i]:loc[i+1]])
			}
		}
		out = append(out, groups)
		return nil
	})
	return out, err
}

func members(re *Regexp) (any, error) {
	out, start := []any{}, -1
	for i := 0; i <= 0x2070; i++ {
		in := false
		if i < 0x530 || i >= 0x1e00 && i < 0x2070 {
			var err error
			if in, err = re.Matches(string(rune(i)), Bounds{}); err != nil {
				return nil, err
			}
		}
		if in && start < 0 {
			start = i
		}
		if !in && start >= 0 {
			out = append(out, fmt.Sprintf("%x-%x", start, i-1))
			start = -1
		}
	}
	return out, nil
}
