package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func TestColorful(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device, as terminals are
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tests := map[string]struct {
		env  map[string]string
		out  *os.File
		want bool
	}{
		"terminal":      {nil, device, true},
		"NO_COLOR":      {map[string]string{"NO_COLOR": "1"}, device, false},
		"dumb terminal": {map[string]string{"TERM": "dumb"}, device, false},
		"file":          {nil, file, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			t.Setenv("TERM", "xterm")
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			if got := colorful(tt.out); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
	if colorful(new(bytes.Buffer)) {
		t.Error("a buffer is no terminal")
	}
}

func TestIdentity(t *testing.T) {
	tests := map[string]struct{ principal, user string }{
		"root (recorded)": {"arn:aws:iam::111111111111:root", "111111111111"},
		"user":            {"arn:aws:iam::111111111111:user/team/alice", "alice"},
		"session":         {"arn:aws:sts::111111111111:assumed-role/deploy/ci", "ci"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id := identity(&wire.Caller{Account: "111111111111", Principal: tt.principal, AccessKey: "AKID", UserAgent: "me"})
			if id.AccountID != "111111111111" || id.User != tt.user || id.Caller != tt.user || id.UserARN != tt.principal || id.AccessKey != "AKID" || id.UserAgent != "me" {
				t.Errorf("got %+v", id)
			}
		})
	}
}
