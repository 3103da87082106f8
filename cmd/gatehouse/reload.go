package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// A configSource is where a server's configuration comes from, at the start and
// again at each SIGHUP.
type configSource struct {
	in    command
	flags *pflag.FlagSet

	code *templateCode // of the file that dev serves; nil elsewhere
}

func (s *configSource) read() (config, error) {
	c, err := load(s.in, s.flags, os.Environ())
	if s.in == inDev || s.in == inCheck {
		c.InMemory = true
		_, said := c.given["aws"]
		c.AWS = c.AWS && said
		c.requestLines = true
	}
	if s.code != nil && err == nil {
		s.code.extend(&c)
	}
	if err == nil {
		err = c.checkDebug(s.code)
	}
	return c, err
}

// files are the configuration file, or nothing where there is none.
func (s *configSource) files() []string {
	variables, _ := ownVariables(os.Environ()) // read tells what is wrong
	if name, _, given := namedFile(s.flags, variables); given {
		return []string{name}
	}
	return nil
}

// takeOver gives a running server's settings the values that they have in next,
// as far as they can change while it runs. It returns the names of those that
// differ and need a restart.
func (c *config) takeOver(next *config) (restart []string) {
	for i := range settings {
		s := &settings[i]
		switch have, want := c.field(s.name), next.field(s.name); {
		case reflect.DeepEqual(have.Interface(), want.Interface()):
		case s.live:
			have.Set(want)
		default:
			restart = append(restart, s.name)
		}
	}
	c.given = next.given
	return restart
}

// field is the field of a setting: gateway-tls-listen is GatewayTLSListen.
func (c *config) field(setting string) reflect.Value {
	name := strings.ReplaceAll(setting, "-", "")
	return reflect.ValueOf(c).Elem().FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
}

// A livePart is a part of a server whose settings can change while it runs. It
// does all that can fail and changes nothing; what it returns takes the settings
// over.
type livePart func(*config) (commit func(), err error)

// refreshTime bounds how long programs of stages are loaded before new settings
// act on them.
const refreshTime = 10 * time.Second

// reload does what operators send SIGHUP for: it opens log files again and takes
// over what has changed in the configuration and the files that it names. When
// any of that is wrong nothing changes. Requests are not disturbed.
func (s *server) reload(ctx context.Context) {
	s.log.Info("SIGHUP: log files are opened again, and the configuration is read")
	s.reopen()
	s.reconfigure(ctx, "SIGHUP")
}

// reconfigure takes over what has changed in the configuration, or says why not. The
// log's lines begin with why it was asked to.
func (s *server) reconfigure(ctx context.Context, why string) {
	next, err := s.source.read()
	if err == nil {
		err = s.adopt(ctx, why, &next)
	}
	if err != nil {
		s.log.Error(why+": the configuration is wrong: nothing of it is taken over", "error", err)
	}
}

// adopt takes over the settings of a configuration that can change while the
// server runs, and logs which cannot.
func (s *server) adopt(ctx context.Context, why string, next *config) error {
	merged := *s.config()
	restart := merged.takeOver(next)
	if merged.open() != s.config().open() {
		merged.Credentials = s.config().Credentials
		restart = append(restart, "credentials")
	}
	if err := errors.Join(merged.checkTogether(s.source.in), merged.checkDebug(s.source.code)); err != nil {
		return fmt.Errorf("%w (as long as %s, whose changes need a restart, stay as they are)", err, strings.Join(restart, ", "))
	}
	var commits []func()
	for _, prepare := range s.live {
		commit, err := prepare(&merged)
		if err != nil {
			return err
		}
		commits = append(commits, commit)
	}
	for _, commit := range commits {
		commit()
	}
	s.known.Store(&merged)
	bounded, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	s.gateway.Refresh(bounded)
	s.files.redeploy(ctx, &merged)
	if len(restart) > 0 {
		s.log.Warn(why+": a change of these settings needs a restart", "settings", strings.Join(restart, ", "))
	}
	s.log.Info(why + ": the configuration is taken over")
	return nil
}
