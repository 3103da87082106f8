package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
)

// debugged splits the setting debug, FUNCTION or FUNCTION=HOST:PORT.
func (c *config) debugged() (name, address string) {
	name, address, _ = strings.Cut(c.Debug, "=")
	return name, address
}

// checkDebug refuses a function that cannot wait for a debugger, and an address at which
// others could have it do what they like. The functions of a template count, where they
// are run.
func (c *config) checkDebug(of *templateCode) error {
	if c.Debug == "" {
		return nil
	}
	if err := c.debuggable(of); err != nil {
		return fmt.Errorf("%s: %w", c.called("debug"), err)
	}
	return nil
}

func (c *config) debuggable(of *templateCode) error {
	name, address := c.debugged()
	f, known := c.LambdaFunctions[name]
	if !known || f.Code == nil {
		if why := of.notRun(name); why != "" && !known {
			return fmt.Errorf("%s: %s", name, why)
		}
		return fmt.Errorf("lambda-functions has no code of a function %q, and neither has a template", brief(name))
	}
	if _, err := f.Code.Program.DebugAddress(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if strings.Contains(c.Debug, "=") {
		host, port, err := net.SplitHostPort(address)
		if n, invalid := strconv.Atoi(port); err != nil || invalid != nil || n < 0 || n > 65535 {
			return fmt.Errorf("%q is no address, such as 127.0.0.1:9229, with a port up to 65535", brief(address))
		}
		if !loopback(host) {
			return errors.New("a debugger can run any code, so that it is waited for on 127.0.0.1 alone")
		}
	}
	return nil
}

// waiting is the function that is debugged, and the same with the address at which it
// waits for a debugger; nil for none.
func (c *config) waiting() (code, waits *functions.Config) {
	name, address := c.debugged()
	code = c.LambdaFunctions[name].Code
	if code == nil {
		return nil, nil
	}
	with := *code
	with.Program.Debug = address
	if address == "" {
		with.Program.Debug, _ = code.Program.DebugAddress() // checked when loaded
	}
	return code, &with
}
