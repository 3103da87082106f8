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
// others could have it do what they like.
func (c *config) checkDebug() error {
	if c.Debug == "" {
		return nil
	}
	if err := c.debuggable(); err != nil {
		return fmt.Errorf("%s: %w", c.called("debug"), err)
	}
	return nil
}

func (c *config) debuggable() error {
	name, address := c.debugged()
	f, known := c.LambdaFunctions[name]
	if !known || f.Code == nil {
		return fmt.Errorf("lambda-functions has no code of a function %q", brief(name))
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

// waiting is a function with the address at which it waits for a debugger, if it is to.
func (c *config) waiting(name string, code *functions.Config) *functions.Config {
	debugged, address := c.debugged()
	if debugged != name {
		return code
	}
	waits := *code
	waits.Program.Debug = address
	if address == "" {
		waits.Program.Debug, _ = code.Program.DebugAddress() // checked when loaded
	}
	return &waits
}
