package pipeline

import (
	"regexp"
	"testing"
)

func TestTraceID(t *testing.T) {
	const hex = "[0-9a-f]"
	tests := map[string]struct{ in, want string }{
		"none":             {"", "Root=1-65abcdef-" + hex + "{24};Parent=" + hex + "{16};Sampled=0"},
		"all":              {"Root=1-a-b;Parent=c;Sampled=1", "Root=1-a-b;Parent=c;Sampled=1"},
		"root only":        {"Root=1-a-b", "Root=1-a-b;Parent=" + hex + "{16};Sampled=0"},
		"without sampled":  {"Root=1-a-b;Parent=c", "Root=1-a-b;Parent=c;Sampled=1"},
		"other fields":     {"Root=1-a-b;Parent=c;Sampled=1;Lineage=x:0", "Root=1-a-b;Parent=c;Sampled=1;Lineage=x:0"},
		"no fields at all": {"hello", "Root=1-65abcdef-" + hex + "{24};Parent=" + hex + "{16};Sampled=0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := newTraceID(tt.in, 0x65abcdef); !regexp.MustCompile("^" + tt.want + "$").MatchString(got) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
