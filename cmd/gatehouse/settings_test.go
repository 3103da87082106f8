package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// loaded joins flags, an environment and a configuration file as a command does.
func loaded(t *testing.T, in command, args, environment []string, file string) (config, error) {
	t.Helper()
	given := defaults()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	given.flags(flags, in)
	if file != "" {
		name := filepath.Join(t.TempDir(), "gatehouse.yaml")
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		environment = append(environment, "GATEHOUSE_CONFIG="+name)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return load(in, flags, environment)
}

// Flags win over the environment, the environment over the file, and lists are
// replaced whole.
func TestSettingSources(t *testing.T) {
	c, err := loaded(t, inServe, []string{"--log-level", "debug", "--allow-host", "a", "--allow-host", "b,c"},
		[]string{"GATEHOUSE_LOG_LEVEL=warn", "GATEHOUSE_REGION=eu-west-1", "GATEHOUSE_ALLOW_HOST=d", "HOME=/"},
		"log-level: error\nregion: us-east-2\naccount: 000000000001\nallow-host: [e, f]\nmax-buffered-bytes: 64 MiB\nin-memory: yes\n"+
			"vpc-links: {orders: '127.0.0.1:1', stock: ['127.0.0.1:2', '127.0.0.1:3']}\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.LogLevel != "debug" || c.Region != "eu-west-1" || c.Account != "000000000001" || c.MaxBufferedBytes != 64<<20 || !c.InMemory {
		t.Errorf("got %+v", c)
	}
	if !slices.Equal(c.AllowHost, []string{"a", "b", "c"}) || len(c.VPCLinks["orders"]) != 1 || len(c.VPCLinks["stock"]) != 2 {
		t.Errorf("got %v, %v", c.AllowHost, c.VPCLinks)
	}
}

// A server reads its configuration again while what it runs has the last one: the two
// have no list in common.
func TestConfigurationsShareNothing(t *testing.T) {
	given := defaults()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	given.flags(flags, inDev)
	if err := flags.Parse([]string{"--parameter", "a=1", "--allow-host", "h"}); err != nil {
		t.Fatal(err)
	}
	first, err := load(inDev, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	first.Parameter[0], first.AllowHost[0] = "changed", "changed"
	second, err := load(inDev, flags, nil)
	if err != nil || second.Parameter[0] != "a=1" || second.AllowHost[0] != "h" {
		t.Errorf("got %v, %v, %v", second.Parameter, second.AllowHost, err)
	}
}

// What Kubernetes and Docker make for a service of our name is no setting, and what
// other commands have in the same environment is told.
func TestSharedEnvironment(t *testing.T) {
	kubernetes := []string{
		"GATEHOUSE_PORT=tcp://10.0.0.1:4566", "GATEHOUSE_SERVICE_HOST=10.0.0.1", "GATEHOUSE_SERVICE_PORT=4566", "GATEHOUSE_SERVICE_PORT_HTTP=4566",
		"GATEHOUSE_PORT_4566_TCP=tcp://10.0.0.1:4566", "GATEHOUSE_PORT_4566_TCP_PROTO=tcp", "GATEHOUSE_PORT_4566_TCP_PORT=4566", "GATEHOUSE_PORT_4566_TCP_ADDR=10.0.0.1",
		"GATEHOUSE_CONTROL_PORT=tcp://10.0.0.2:80", "GATEHOUSE_CONTROL_SERVICE_HOST=10.0.0.2", "GATEHOUSE_CONTROL_PORT_80_TCP_ADDR=10.0.0.2",
	}
	for _, in := range []command{inServe, inDev} {
		if c, err := loaded(t, in, nil, kubernetes, ""); err != nil || c.Port != devPort || c.warnings != nil {
			t.Errorf("got port %d, %v, %v", c.Port, c.warnings, err)
		}
	}
	c, err := loaded(t, inServe, nil, []string{"GATEHOUSE_PORT=3001"}, "")
	if err != nil || len(c.warnings) != 1 || !strings.HasPrefix(c.warnings[0], "GATEHOUSE_PORT has no effect in serve") {
		t.Errorf("got %v, %v", c.warnings, err)
	}
	c, err = loaded(t, inDev, nil, []string{"GATEHOUSE_PORT=3001", "GATEHOUSE_DATA_DIR=/data"}, "")
	if err != nil || c.Port != 3001 || len(c.warnings) != 1 || !strings.HasPrefix(c.warnings[0], "GATEHOUSE_DATA_DIR has no effect in dev") {
		t.Errorf("got %d, %v, %v", c.Port, c.warnings, err)
	}
}

// Commands at which nothing listens take the file of a server whose flags they are not
// given: what has no effect there may have one in the server.
func TestFilesOfServers(t *testing.T) {
	for name, file := range map[string]string{
		"certificates":   "certificates:\n  - {cert: cert.pem, key: key.pem}\n",
		"watch":          "watch: true\n",
		"gateway-health": "gateway-health: true\n",
		"https-redirect": "https-redirect: 443\n",
		"tls":            "tls: true\ncertificates:\n  - {cert: cert.pem, key: key.pem}\n",
	} {
		for _, in := range []command{inBackup, inCheck} {
			if c, err := loaded(t, in, nil, nil, file); err != nil || c.warnings != nil {
				t.Errorf("%s: got %v, %v", name, c.warnings, err)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "1048576": 1 << 20, "64MiB": 64 << 20, "64 mib": 64 << 20, "100MB": 100e6, "2GiB": 2 << 30, "1kb": 1000} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "1.5GiB", "1TB", "9223372036854775807KiB", "-9223372036854775808GiB", "0x10"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%s is taken for %d", text, got)
		}
	}
}
