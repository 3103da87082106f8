package functions

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := func() Config {
		return Config{Name: "orders", Program: runtimes.Program{Command: []string{"run"}, Dir: dir}}
	}
	tests := map[string]struct {
		change func(*Config)
		err    string // part of the error wanted, "" for none
	}{
		"defaults":             {change: func(*Config) {}},
		"longest":              {change: func(c *Config) { c.Timeout = MaxTimeout }},
		"too long":             {change: func(c *Config) { c.Timeout = MaxTimeout + time.Second }, err: "timeout"},
		"half a second":        {change: func(c *Config) { c.Timeout = time.Second / 2 }, err: "timeout"},
		"little memory":        {change: func(c *Config) { c.Program.Memory = 1 }, err: "memory is 1"},
		"much memory":          {change: func(c *Config) { c.Program.Memory = MaxMemory + 1 }, err: "memory is 10241"},
		"negative concurrency": {change: func(c *Config) { c.Concurrency = -1 }, err: "concurrency is -1"},
		"no directory":         {change: func(c *Config) { c.Program.Dir = "" }, err: "dir"},
		"no program":           {change: func(c *Config) { c.Program.Command = nil }, err: "needs runtime"},
		"two programs":         {change: func(c *Config) { c.Program.Runtime = "nodejs22.x" }, err: "both"},
		"NUL in a variable":    {change: func(c *Config) { c.Environment = map[string]string{"A": "b\x00"} }, err: "environment: A: "},
		"NUL in the handler":   {change: func(c *Config) { c.Program.Handler = "a.b\x00" }, err: "handler: "},
		"NUL in the command":   {change: func(c *Config) { c.Program.Command = []string{"run", "\x00"} }, err: "command: "},
		"NUL in dir":           {change: func(c *Config) { c.Program.Dir += "\x00" }, err: "dir: "},
		"NUL in a layer":       {change: func(c *Config) { c.Program.Layers = []string{"/a\x00"} }, err: "layers: "},
		"reserved variable":    {change: func(c *Config) { c.Environment = map[string]string{"_HANDLER": "x"} }, err: "Reserved keys used in this request: _HANDLER"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good()
			tt.change(&c)
			switch err := c.Check(); {
			case tt.err == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got %v, want an error with %q", err, tt.err)
			}
		})
	}
}
