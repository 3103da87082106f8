package functions

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

// A Config is what a function is made of. Zero values are the defaults named beside
// them.
type Config struct {
	// Name is the function's name, without version or alias.
	Name string
	// Version is the version that it is of the function; "" means $LATEST.
	Version string
	// Region and Account are those of Options where they are "".
	Region, Account string
	// Program is its code. Program.Memory is how many MiB a worker may use (512). With
	// Program.Debug there is one worker, and nothing ends it because of the time that it
	// takes.
	Program runtimes.Program
	// Code is the directories in which a change of a file is one of the code, see
	// Set.Reload.
	Code []string
	// Role is the ARN of the role whose credentials the function has, as
	// Options.Environment gives them; "" for none.
	Role string
	// Environment are the function's own variables. They go before what Lambda sets,
	// but for those that Lambda reserves.
	Environment map[string]string
	// Timeout is how long a call may take (3 s).
	Timeout time.Duration
	// Concurrency is how many calls there may be at once, each with a worker (10).
	Concurrency int
}

// The defaults of a Config, and its bounds.
const (
	DefaultMemory      = 512
	DefaultTimeout     = 3 * time.Second
	DefaultConcurrency = 10

	MaxMemory      = 10240 // MiB, as at Lambda
	MinMemory      = 32
	MaxTimeout     = 15 * time.Minute // as at Lambda
	MaxConcurrency = 1000             // as an account has at Lambda
)

// Complete fills in the defaults.
func (c *Config) Complete() {
	if c.Program.Memory == 0 {
		c.Program.Memory = DefaultMemory
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Concurrency == 0 {
		c.Concurrency = DefaultConcurrency
	}
	if c.Program.Debug != "" {
		c.Concurrency = 1
	}
}

// Check reports what of a configuration cannot be, whatever this machine has. Its
// errors do not name the function.
func (c *Config) Check() error {
	switch {
	case c.Program.Memory != 0 && (c.Program.Memory < MinMemory || c.Program.Memory > MaxMemory):
		return fmt.Errorf("memory is %d, not from %d to %d (MiB)", c.Program.Memory, MinMemory, MaxMemory)
	case c.Timeout < 0 || c.Timeout > MaxTimeout || c.Timeout%time.Second != 0:
		return fmt.Errorf("timeout is %v, not from 1 to %d seconds, in whole ones", c.Timeout.Seconds(), MaxTimeout/time.Second)
	case c.Concurrency < 0 || c.Concurrency > MaxConcurrency:
		return fmt.Errorf("concurrency is %d, not from 1 to %d", c.Concurrency, MaxConcurrency)
	case !filepath.IsAbs(c.Program.Dir):
		return errors.New("dir, the directory of the code, is missing")
	}
	for name, value := range c.Environment {
		if strings.ContainsRune(value, 0) {
			return fmt.Errorf("environment: %s: %w", name, runtimes.ErrNUL)
		}
	}
	var refused []string
	for _, name := range reserved {
		if _, ok := c.Environment[name]; ok {
			refused = append(refused, name)
		}
	}
	if len(refused) > 0 {
		return fmt.Errorf("environment: Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys "+
			"that are currently not supported for modification. Reserved keys used in this request: %s", strings.Join(refused, ", "))
	}
	return c.Program.Check()
}

// reserved are the variables that Lambda lets no function set (documented). It
// reserves those of credentials too, which a function here may want to have its own of.
var reserved = []string{
	"AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
	"LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "_HANDLER", "_X_AMZN_TRACE_ID",
}
